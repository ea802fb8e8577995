//! Hundreds of subscriptions.

use super::live::{follow, names, take_told};
use crate::support::json::looks;
use crate::support::network::Fault;
use crate::support::random::uuid_of;
use crate::support::World;
use serde_json::json;
use std::collections::HashSet;

/// How often the client inspects rows for the frames of an update and of a delete, with this many other subscriptions.
fn looks_at_frames(others: usize) -> (usize, usize) {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let id = world.server().add("workflows", json!({"user_id": ada, "name": "a"}));
    for number in 0..others {
        follow(&client, "workflows", Some(&uuid_of(&format!("other {number}"))), None);
    }
    let subscription = follow(&client, "workflows", Some(&ada), None);
    client.does("getWorkflow", json!([id]));
    world.pass(60_000.0);
    take_told(&client, subscription);
    let looked_at = |change: &dyn Fn(), told: &str| {
        let before = looks();
        change();
        world.pass(1_000.0);
        let looked = looks() - before;
        assert_eq!(names(&take_told(&client, subscription), "name"), [told]);
        looked
    };
    let updated = looked_at(&|| world.server().change("workflows", &id, json!({"name": "b"})), "UPDATE b");
    let deleted = looked_at(&|| world.server().remove("workflows", &id), "DELETE b");
    (updated, deleted)
}

#[test]
fn the_cost_of_a_frame_does_not_depend_on_the_number_of_other_subscriptions() {
    assert_eq!(looks_at_frames(10).0, looks_at_frames(300).0);
    // The server sends a delete to every channel, so the subscriptions must fit into one.
    assert_eq!(looks_at_frames(4), looks_at_frames(20));
}

#[test]
fn hundreds_of_scopes_are_all_read_at_most_twenty_at_a_time() {
    let world = World::new();
    let client = world.signed_in("ada");
    world.network().times(1_000, "GET workflows", Fault::HangAfter);
    for number in 0..100 {
        follow(&client, "workflows", Some(&uuid_of(&format!("scope {number}"))), None);
    }
    world.pass(3_000.0);
    assert_eq!(world.take_requests().len(), 20, "the others wait");
    world.network().heal();
    world.pass(120_000.0);
    let asked: HashSet<String> = world.take_requests().into_iter().map(|seen| seen.line).collect();
    assert_eq!(asked.len(), 100, "each scope was read");
}

#[test]
fn a_row_reported_by_two_channels_while_it_is_read_leaves_the_filter_of_the_first() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    world.core.realtime.large_columns.set(&["description"]);
    let row = json!({"user_id": ada, "name": "in", "description": "old"});
    let id = world.server().add("workflows", row);
    let filtered = follow(&client, "workflows", Some(&ada), Some("name=eq.in"));
    world.pass(3_000.0);
    let whole = follow(&client, "workflows", Some(&ada), Some("name=neq.none"));
    world.pass(3_000.0);
    take_told(&client, filtered);
    world.server().change("workflows", &id, json!({"name": "out"}));
    world.pass(3_000.0);
    let told: Vec<_> = client.sim().told.borrow_mut().drain(..).collect();
    let of = |subscription: u32| told.iter().filter(|told| told.subscription == subscription).count();
    assert_eq!((of(filtered), of(whole)), (1, 1), "one is told that it left, the other that it changed");
}
