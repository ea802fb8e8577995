//! Reads from one tick are sent together, but succeed or fail separately.

use crate::support::client::id;
use crate::support::{Client, Pending, World};
use serde_json::json;
use workflow_db::data::Data;

fn workflows(world: &World, ada: &Client, count: usize) -> Vec<String> {
    (0..count)
        .map(|n| world.server().add("workflows", json!({"user_id": ada.id(), "name": format!("{n}")})))
        .collect()
}

fn get_all(ada: &Client, ids: &[String]) -> Vec<Pending> {
    ids.iter().map(|id| ada.call("getWorkflow", json!([id]))).collect()
}

#[test]
fn missing_and_failing_members_do_not_affect_the_others() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let mut ids = workflows(&world, &ada, 20);
    world.server().poison(&ids[7], "P0001");
    ids.push(id("missing"));
    let reads = get_all(&ada, &ids);
    for (index, read) in reads.iter().enumerate() {
        match index {
            7 => {
                read.fails_with("P0001");
            }
            20 => assert!(read.value().is_null()),
            _ => assert_eq!(read.value().text("id"), ids[index]),
        }
    }
    // Halving 21 members leads to at most two groups on each of five levels below the first.
    let requests = world.count_requests();
    assert!(requests <= 11, "{requests} requests");
}

#[test]
fn the_search_for_a_failing_member_ends_if_all_fail() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let ids = workflows(&world, &ada, 8);
    for id in &ids {
        world.server().poison(id, "P0001");
    }
    for read in get_all(&ada, &ids) {
        read.fails_with("P0001");
    }
    assert!(world.count_requests() <= 15, "a tree of eight leaves");
}

#[test]
fn an_error_that_no_member_causes_fails_all_members_at_once() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let ids = workflows(&world, &ada, 8);
    world.network().once("GET workflows", crate::support::Fault::Refused(403, "42501"));
    for read in get_all(&ada, &ids) {
        read.fails_with("42501");
    }
    assert_eq!(world.count_requests(), 1);
}

#[test]
fn a_batch_beyond_max_rows_never_concludes_that_a_row_is_missing() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = 7;
    let ids = workflows(&world, &ada, 50);
    for (read, id) in get_all(&ada, &ids).iter().zip(&ids) {
        assert_eq!(read.value().text("id"), *id);
    }
}

#[test]
fn children_beyond_max_rows_all_reach_their_parent() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.server().max_rows = 7;
    let ids = workflows(&world, &ada, 5);
    for (count, workflow) in ids.iter().enumerate() {
        for n in 0..count * 5 {
            let node = json!({"workflow_id": workflow, "node_type": "t", "node_id": format!("{n}")});
            world.server().add("workflow_nodes", node);
        }
    }
    let reads: Vec<_> = ids.iter().map(|id| ada.call("getWorkflowNodes", json!([id]))).collect();
    for (count, read) in reads.iter().enumerate() {
        let expected: Vec<String> = (0..count * 5).map(|n| n.to_string()).collect();
        assert_eq!(read.value().texts("node_id"), expected, "complete and in the order of creation");
    }
}

#[test]
fn reads_of_different_tables_in_one_tick_are_sent_separately() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let ids = workflows(&world, &ada, 2);
    let reads: Vec<_> = ids
        .iter()
        .flat_map(|id| {
            [
                ada.call("getWorkflowNodes", json!([id])),
                ada.call("getWorkflowConnections", json!([id])),
                ada.call("getWorkflow", json!([id])),
            ]
        })
        .collect();
    for read in &reads {
        read.value();
    }
    assert_eq!(world.count_requests(), 3);
}

#[test]
fn a_thousand_members_are_split_into_short_enough_urls() {
    let world = World::new();
    let ada = world.signed_in("ada");
    let ids = workflows(&world, &ada, 1_000);
    // The simulated network refuses longer URLs.
    for (read, id) in get_all(&ada, &ids).iter().zip(&ids) {
        assert_eq!(read.value().text("id"), *id);
    }
    assert!(world.count_requests() <= 6);
}

#[test]
fn a_batch_returns_null_for_rows_of_other_users() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    let (own, others) = (workflows(&world, &ada, 2), workflows(&world, &bob, 2));
    let ids: Vec<String> = own.iter().chain(&others).cloned().collect();
    let rows: Vec<_> = get_all(&ada, &ids).iter().map(Pending::value).collect();
    assert_eq!(
        rows.iter().map(crate::support::Json::is_null).collect::<Vec<_>>(),
        [false, false, true, true]
    );
    assert!(ada.does("getWorkflows", json!([bob.id()])).is_empty());
}

#[test]
fn a_batch_is_as_long_as_its_url_may_be() {
    for (count, requests) in [(139, 1), (140, 2)] {
        let world = World::new();
        let ada = world.signed_in("ada");
        // 36 characters for the server's address, 44 and 14 for the user and the state of the keys, and 400 for the rest
        // leave 7 506 of 8 000: 139 names of 53 characters, each with its comma.
        let services: Vec<String> = (0..count).map(|number| format!("{number:0>53}")).collect();
        let reads: Vec<Pending> =
            services.iter().map(|service| ada.call("getApiKey", json!([ada.id(), service]))).collect();
        for read in reads {
            assert!(read.value().is_null());
        }
        assert_eq!(world.count_requests(), requests, "{count} keys");
    }
}
