//! How subscriptions share channels.

use crate::support::random::uuid_of;
use crate::support::{Client, World};
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
