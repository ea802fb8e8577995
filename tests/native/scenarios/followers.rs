//! Several followers of the same rows share a subscription.

use super::live::{follow, names, take_told};
use crate::support::random::uuid_of;
use crate::support::{Client, World};
use serde_json::json;
use workflow_db::subscriptions::Selection;

/// Follows Ada's workflows without handlers, to keep the cache up to date.
fn follow_silently(client: &Client) -> u32 {
    let selection = Selection::new("workflows", Some(uuid_of("ada")), None);
    client.engine.follow(selection.expect("it is valid"), false)
}

fn follow_workflows(client: &Client) -> u32 {
    follow(client, "workflows", Some(&uuid_of("ada")), None)
}

/// The number of times that the scope was read since the last call.
fn readings(world: &World) -> usize {
    world.take_requests().iter().filter(|seen| seen.line.starts_with("GET workflows?")).count()
}

/// The server is cold: the channel is ready only seconds after the first subscription was opened.
fn cold() -> (World, Client) {
    let world = World::new();
    let client = world.signed_in("ada");
    world.core.realtime.cold_ms.set(10_000.0);
    world.core.realtime.is_cold.set(true);
    (world, client)
}

#[test]
fn a_subscription_ends_with_its_last_follower() {
    let world = World::new();
    let client = world.signed_in("ada");
    let followers = [(); 3].map(|()| follow_workflows(&client));
    world.pass(3_000.0);
    let subscription = followers[0];
    assert_eq!(followers, [subscription; 3]);
    for name in ["a", "b", "c"] {
        world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": name}));
        world.pass(300.0);
        assert_eq!(names(&take_told(&client, subscription), "name"), [format!("INSERT {name}")]);
        client.engine.unfollow(subscription);
    }
    world.pass(5_000.0);
    assert_eq!(world.core.realtime.connection_count(), 0);
    world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "d"}));
    world.pass(300.0);
    assert_eq!(take_told(&client, subscription), []);
}

#[test]
fn without_handlers_rows_are_read_once_the_channel_is_ready() {
    let (world, client) = cold();
    follow_silently(&client);
    world.pass(4_000.0);
    assert_eq!(readings(&world), 0);
    world.pass(20_000.0);
    assert_eq!(readings(&world), 1);
}

#[test]
fn the_first_subscriber_with_handlers_has_the_rows_read_before_the_channel_is_ready() {
    let (world, client) = cold();
    follow_silently(&client);
    world.pass(1_000.0);
    follow_silently(&client);
    world.pass(1_000.0);
    assert_eq!(readings(&world), 0, "no one is told of the rows");
    follow_workflows(&client);
    world.pass(1_000.0);
    assert_eq!(readings(&world), 1);
    follow_workflows(&client);
    follow_silently(&client);
    world.pass(1_000.0);
    assert_eq!(readings(&world), 0, "the rows are known");
    world.pass(20_000.0);
    assert_eq!(readings(&world), 1, "changes flow");
    follow_workflows(&client);
    world.pass(1_000.0);
    assert_eq!(readings(&world), 0, "the rows are known");
}

#[test]
fn handlers_that_follow_in_the_same_tick_have_the_rows_read_once() {
    let (world, client) = cold();
    follow_silently(&client);
    follow_workflows(&client);
    world.pass(1_000.0);
    assert_eq!(readings(&world), 1);
}

#[test]
fn the_second_of_two_handlers_is_not_the_first_that_needs_the_rows() {
    let (world, client) = cold();
    world.network().slow("GET workflows?", 0.0, 500.0);
    follow_workflows(&client);
    world.pass(100.0);
    follow_workflows(&client);
    world.pass(1_000.0);
    assert_eq!(readings(&world), 1);
}

#[test]
fn handlers_that_join_rows_which_are_known_already_cause_no_reading() {
    let world = World::new();
    let client = world.signed_in("ada");
    follow_silently(&client);
    world.pass(3_000.0);
    readings(&world);
    let subscription = follow_workflows(&client);
    world.pass(3_000.0);
    assert_eq!(readings(&world), 0);
    world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "new"}));
    world.pass(300.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["INSERT new"]);
}
