//! How subscriptions share channels.

use crate::support::random::uuid_of;
use crate::support::tokens::Answer;
use crate::support::{realtime, Client, World};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use workflow_db::subscriptions::{Notice, Selection, Status};

fn follow(client: &Client, table: &str, scope: &str, filter: Option<&str>) -> u32 {
    let filter = filter.map(str::to_owned);
    client.engine.follow(Selection::new(table, Some(scope.to_owned()), filter).expect("it is valid"), true)
}

/// The status of every subscription, and the ids that were reported to it.
fn heard(client: &Client) -> (BTreeMap<u32, Status>, BTreeMap<u32, BTreeSet<String>>) {
    let (mut statuses, mut ids) = (BTreeMap::new(), BTreeMap::<u32, BTreeSet<String>>::new());
    for told in client.sim().told.borrow().iter() {
        match &told.news {
            Notice::Status(status, _) => drop(statuses.insert(told.subscription, *status)),
            Notice::Row { row, .. } => {
                let id = row.to_value()["id"].as_str().expect("an id").to_owned();
                ids.entry(told.subscription).or_default().insert(id);
            }
            Notice::Gap => panic!("the scopes are small"),
        }
    }
    (statuses, ids)
}

/// The statuses that were reported to a subscription, in order.
fn statuses(client: &Client, subscription: u32) -> Vec<Status> {
    let told = client.sim().told.borrow();
    let own = told.iter().filter(|told| told.subscription == subscription);
    own.filter_map(|told| match told.news {
        Notice::Status(status, _) => Some(status),
        _ => None,
    })
    .collect()
}

/// A client that may have this many channels before it merges them.
fn with_max_channels(max_channels: usize) -> (World, Client) {
    let world = World::new();
    let client = world.signed_in("ada");
    client.configure(|settings| settings.live.max_channels = max_channels);
    (world, client)
}

/// Follows the nodes of a workflow with this name, and waits until the subscription is live.
fn follow_nodes(world: &World, client: &Client, name: &str) -> u32 {
    let subscription = follow(client, "workflow_nodes", &uuid_of(name), None);
    world.pass(300.0);
    subscription
}

#[test]
fn up_to_the_limit_no_subscription_is_moved_to_another_channel() {
    let (world, client) = with_max_channels(3);
    let subscriptions = ["a", "b", "c"].map(|name| follow_nodes(&world, &client, name));
    assert_eq!((world.core.realtime.channel_count(), world.core.realtime.joins.get()), (3, 3));
    for subscription in subscriptions {
        assert_eq!(statuses(&client, subscription), [Status::Live]);
    }
}

#[test]
fn beyond_the_limit_the_channels_become_one_and_nothing_is_missed() {
    for max_channels in [1, 3] {
        let (world, client) = with_max_channels(max_channels);
        let names = ["a", "b", "c", "d"];
        let names = &names[..=max_channels];
        let subscriptions: Vec<u32> = names.iter().map(|name| follow_nodes(&world, &client, name)).collect();
        assert_eq!(world.core.realtime.channel_count(), 1, "at most {max_channels}");
        assert_eq!(
            statuses(&client, subscriptions[0]),
            [Status::Live, Status::Reconnecting, Status::Live],
            "its handlers are told that changes stop in between"
        );
        for (name, subscription) in names.iter().zip(subscriptions) {
            let workflow = uuid_of(name);
            let row = json!({"workflow_id": workflow, "node_type": "t", "node_id": name});
            let id = world.server().add("workflow_nodes", row);
            world.server().shows_everything = true;
            world.pass(300.0);
            assert!(heard(&client).1[&subscription].contains(&id), "{name}");
        }
    }
}

#[test]
fn a_channel_with_half_of_the_bindings_that_fit_is_not_merged() {
    let (world, client) = with_max_channels(1);
    let most: Vec<u32> = (0..25)
        .map(|number| follow(&client, "workflow_nodes", &uuid_of(&number.to_string()), None))
        .collect();
    world.pass(300.0);
    follow_nodes(&world, &client, "one more");
    world.pass(10_000.0);
    assert_eq!((world.core.realtime.channel_count(), world.core.realtime.joins.get()), (2, 2));
    assert_eq!(statuses(&client, most[0]), [Status::Live]);
}

#[test]
fn a_channel_holds_fifty_bindings() {
    for (bindings, channels) in [(50, 1), (51, 2)] {
        let world = World::new();
        let client = world.signed_in("ada");
        for number in 0..bindings {
            follow(&client, "workflow_nodes", &uuid_of(&number.to_string()), None);
        }
        world.pass(1_000.0);
        assert_eq!(world.core.realtime.channel_count(), channels, "{bindings} bindings");
        assert_eq!(world.core.realtime.binding_count(), bindings);
    }
}

#[test]
fn a_refused_subscription_is_not_merged_with_others() {
    let (world, client) = with_max_channels(1);
    world.core.realtime.refused_table.set("workflow_favorites");
    let refused = follow(&client, "workflow_favorites", &uuid_of("ada"), None);
    world.pass(300.0);
    let good = follow_nodes(&world, &client, "a");
    world.pass(10_000.0);
    assert_eq!(
        world.core.realtime.joins.get(),
        2,
        "each opened its channel, and the server was not asked again"
    );
    assert_eq!(statuses(&client, refused), [Status::Error]);
    assert_eq!(statuses(&client, good), [Status::Live]);
}

#[test]
fn a_filtered_subscription_is_merged_once_the_server_has_accepted_it() {
    let (world, client) = with_max_channels(1);
    world.core.realtime.cold_ms.set(4_000.0);
    world.core.realtime.is_cold.set(true);
    let filtered = follow(&client, "workflow_nodes", &uuid_of("a"), Some("node_type=eq.t"));
    world.pass(300.0);
    follow_nodes(&world, &client, "b");
    assert_eq!((world.core.realtime.channel_count(), world.core.realtime.joins.get()), (2, 2));
    assert_eq!(statuses(&client, filtered), []);
    world.pass(10_000.0);
    assert_eq!((world.core.realtime.channel_count(), world.core.realtime.joins.get()), (1, 3));
    assert_eq!(statuses(&client, filtered).last(), Some(&Status::Live));
}

#[test]
fn one_of_two_subscriptions_of_a_tick_is_refused_alone() {
    let world = World::new();
    world.core.realtime.refused_table.set("workflow_favorites");
    let client = world.signed_in("ada");
    let good = follow(&client, "workflows", &uuid_of("ada"), None);
    let refused = follow(&client, "workflow_favorites", &uuid_of("ada"), None);
    world.pass(3_000.0);
    assert_eq!(statuses(&client, good), [Status::Live]);
    assert_eq!(statuses(&client, refused), [Status::Error]);
}

#[test]
fn a_status_is_reported_when_it_changes_and_not_again_for_another_reason() {
    let world = World::new();
    world.core.realtime.refused_table.set("workflow_favorites");
    let client = world.signed_in("ada");
    client.tokens().next(Answer::Hangs);
    let refused = follow(&client, "workflow_favorites", &uuid_of("ada"), None);
    world.pass(10_000.0);
    assert_eq!(statuses(&client, refused), [Status::Error], "the token provider does not answer");
    world.pass(20_000.0);
    assert!(world.core.realtime.joins.get() > 0);
    assert_eq!(statuses(&client, refused), [Status::Error], "the server refuses it");
    world.core.realtime.refused_table.set("");
    world.pass(600_000.0);
    assert_eq!(statuses(&client, refused), [Status::Error, Status::Live]);
}

#[test]
fn a_subscription_that_waits_for_the_token_provider_reports_that() {
    let world = World::new();
    let client = world.signed_in("ada");
    client.tokens().next(Answer::Hangs);
    let subscription = follow(&client, "workflows", &uuid_of("ada"), None);
    world.pass(7_000.0);
    assert_eq!(statuses(&client, subscription), []);
    world.pass(2_000.0);
    assert_eq!(statuses(&client, subscription), [Status::Error]);
    world.pass(20_000.0);
    assert_eq!(statuses(&client, subscription), [Status::Error, Status::Live]);
}

#[test]
fn a_dead_connection_is_noticed_although_timers_fire_early() {
    let world = World::new();
    let client = world.signed_in("ada");
    client.sim().early_ms.set(1.0);
    let subscription = follow(&client, "workflows", &uuid_of("ada"), None);
    world.pass(100_000.0);
    realtime::die_silently(&world.core);
    world.pass(100_000.0);
    assert_eq!(statuses(&client, subscription), [Status::Live, Status::Reconnecting, Status::Live]);
}

#[test]
fn many_subscriptions_opened_one_by_one_stay_below_the_channel_limit_and_miss_nothing() {
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
    let mut subscriptions = Vec::new();
    let mut added = Vec::new();
    for (number, workflow) in workflows.iter().enumerate() {
        let filter = (number % 3 == 0).then_some("node_type=eq.t");
        subscriptions.push(follow(&client, "workflow_nodes", workflow, filter));
        world.pass(if number % 2 == 0 { 300.0 } else { 3.0 });
        // Subscriptions move between channels while these changes are committed.
        for (place, workflow) in workflows.iter().enumerate().take(number).step_by(7) {
            let id = uuid_of(&["node", &number.to_string(), &place.to_string()].concat());
            let values = json!({"id": id, "workflow_id": workflow, "node_type": "t", "node_id": id});
            world.server().add("workflow_nodes", values);
            added.push((subscriptions[place], id));
        }
    }
    world.pass(60_000.0);
    let (statuses, ids) = heard(&client);
    for (subscription, id) in added {
        assert!(
            ids.get(&subscription).is_some_and(|ids| ids.contains(&id)),
            "{subscription} was not told of {id}"
        );
    }
    for subscription in &subscriptions {
        assert_eq!(statuses.get(subscription), Some(&Status::Live));
    }
    let most = world.core.realtime.most_channels.get();
    assert!(most <= 60, "{most} channels");
    for subscription in subscriptions {
        client.engine.unfollow(subscription);
    }
    world.pass(5_000.0);
    assert_eq!(world.core.realtime.connection_count(), 0);
}

#[test]
fn a_refused_subscription_does_not_affect_others_opened_with_it() {
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
fn a_new_delete_setting_applies_to_existing_subscriptions() {
    let world = World::new();
    let client = world.signed_in("ada");
    let subscription = follow(&client, "workflows", &uuid_of("ada"), None);
    world.pass(3_000.0);
    let bindings = || world.core.realtime.binding_count();
    assert_eq!(bindings(), 2);
    client.configure(|settings| settings.live.unfiltered_deletes = true);
    world.pass(3_000.0);
    assert_eq!(bindings(), 3);
    assert_eq!(heard(&client).0[&subscription], Status::Live);
}

#[test]
fn live_subscriptions_reconnect_after_the_token_provider_failed() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = client.id();
    let live = follow(&client, "workflows", &ada, None);
    world.pass(3_000.0);
    let opening = follow(&client, "integrations", &ada, None);
    client.tokens().next(Answer::Throws);
    client.engine.auth_changed();
    world.pass(3_000.0);
    assert_eq!(statuses(&client, live), [Status::Live, Status::Reconnecting, Status::Live]);
    assert_eq!(statuses(&client, opening), [Status::Live]);
}
