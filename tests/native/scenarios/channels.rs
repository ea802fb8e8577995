//! Which feeds share a channel.

use crate::support::random::uuid_of;
use crate::support::{Client, World};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use workflow_db::feeds::{Interest, News, Status};

fn follow(client: &Client, table: &str, scope: &str, filter: Option<&str>) -> u32 {
    let filter = filter.map(str::to_owned);
    client.engine.follow(Interest::new(table, Some(scope.to_owned()), filter).expect("it is valid"), true)
}

/// How every feed stands, and which ids it was told of.
fn heard(client: &Client) -> (BTreeMap<u32, Status>, BTreeMap<u32, BTreeSet<String>>) {
    let (mut statuses, mut ids) = (BTreeMap::new(), BTreeMap::<u32, BTreeSet<String>>::new());
    for told in client.sim().told.borrow().iter() {
        match &told.news {
            News::Status(status, _) => drop(statuses.insert(told.feed, *status)),
            News::Row { row, .. } => {
                let id = row.to_value()["id"].as_str().expect("an id").to_owned();
                ids.entry(told.feed).or_default().insert(id);
            }
            News::Gap => panic!("the scopes are small"),
        }
    }
    (statuses, ids)
}

#[test]
fn many_feeds_that_are_opened_one_after_the_other_stay_below_the_limit_of_channels_and_miss_nothing() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let workflows: Vec<String> = (0..150)
        .map(|number| {
            let id = uuid_of(&number.to_string());
            let name = number.to_string();
            world.server().add("workflows", json!({"id": id, "user_id": ada, "name": name}));
            id
        })
        .collect();
    let mut feeds = Vec::new();
    let mut added = Vec::new();
    for (number, workflow) in workflows.iter().enumerate() {
        let filter = (number % 3 == 0).then_some("node_type=eq.t");
        feeds.push(follow(&client, "workflow_nodes", workflow, filter));
        world.pass(if number % 2 == 0 { 300.0 } else { 3.0 });
        // Feeds move while this is committed.
        for (place, workflow) in workflows.iter().enumerate().take(number).step_by(7) {
            let id = uuid_of(&["node", &number.to_string(), &place.to_string()].concat());
            let values = json!({"id": id, "workflow_id": workflow, "node_type": "t", "node_id": id});
            world.server().add("workflow_nodes", values);
            added.push((feeds[place], id));
        }
    }
    world.pass(60_000.0);
    let (statuses, ids) = heard(&client);
    for (feed, id) in added {
        assert!(ids.get(&feed).is_some_and(|ids| ids.contains(&id)), "{feed} was not told of {id}");
    }
    for feed in &feeds {
        assert_eq!(statuses.get(feed), Some(&Status::Live));
    }
    let most = world.core.realtime.most_channels.get();
    assert!(most <= 60, "{most} channels");
    for feed in feeds {
        client.engine.unfollow(feed);
    }
    world.pass(5_000.0);
    assert_eq!(world.core.realtime.connection_count(), 0);
}

#[test]
fn what_the_server_refuses_harms_nothing_that_was_opened_beside_it() {
    let world = World::new();
    world.core.realtime.refused_table.set("workflow_favorites");
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let good = follow(&client, "workflows", &ada, None);
    let refused = follow(&client, "workflow_favorites", &ada, None);
    let other = follow(&client, "workflow_executions", &ada, None);
    world.pass(3_000.0);
    let id = uuid_of("new");
    world.server().add("workflows", json!({"id": id, "user_id": ada, "name": "new"}));
    world.pass(1_000.0);
    let (statuses, ids) = heard(&client);
    assert_eq!(statuses[&good], Status::Live);
    assert_eq!(statuses[&other], Status::Live);
    assert_eq!(statuses[&refused], Status::Error);
    assert!(ids[&good].contains(&id));
    world.core.realtime.refused_table.set("");
    world.pass(120_000.0);
    assert_eq!(heard(&client).0[&refused], Status::Live);
}

#[test]
fn deletes_are_asked_for_as_configured_last_also_by_what_is_followed_already() {
    let world = World::new();
    let client = world.signed_in("ada");
    let feed = follow(&client, "workflows", &uuid_of("ada"), None);
    world.pass(3_000.0);
    let bindings = || world.core.realtime.binding_count();
    assert_eq!(bindings(), 2);
    client.configure(|settings| settings.live.unfiltered_deletes = true);
    world.pass(3_000.0);
    assert_eq!(bindings(), 3);
    assert_eq!(heard(&client).0[&feed], Status::Live);
}
