//! Several clients in the room of a workflow.

use crate::support::random::uuid_of;
use crate::support::tokens::Answer;
use crate::support::{realtime, Client, Json, World};
use serde_json::{json, Value};
use workflow_db::error::Error;
use workflow_db::subscriptions::{RoomNews, Status, Wish};

const LONG: &str = "\
    0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
    and more";

fn workflow() -> String {
    uuid_of("workflow")
}

fn topic() -> String {
    ["realtime:workflow:", &workflow()].concat()
}

fn join(client: &Client, state: &Value) -> u32 {
    client.engine.join_room(wish(state)).expect("it is valid")
}

fn wish(state: &Value) -> Wish {
    Wish::new(&workflow(), None, members(state)).expect("it is valid")
}

fn members(state: &Value) -> Vec<(String, Option<String>)> {
    let members = state.as_object().expect("an object").iter();
    members.map(|(name, value)| (name.clone(), Some(value.to_string()))).collect()
}

fn show(client: &Client, room: u32, state: &Value) {
    client.engine.set_room_state(room, members(state)).expect("it is small");
}

/// What was reported to a client about its rooms since the last call.
pub fn told(client: &Client) -> Vec<String> {
    let told: Vec<_> = client.sim().told_of_rooms.borrow_mut().drain(..).collect();
    let line = |news: RoomNews<Json>| match news {
        RoomNews::Status(status, error) => {
            let code = error.map(|error: Error| format!(" {}", error.code)).unwrap_or_default();
            format!("{}{code}", status.as_str())
        }
        RoomNews::Others(others) => {
            let shown: Vec<String> = others
                .iter()
                .map(|member| format!("{}{}", name(&member.user_id), member.state.to_value()))
                .collect();
            format!("[{}]", shown.join(" "))
        }
        RoomNews::Message(message) => {
            format!("{} {}", message.to_value()["event"], message.to_value()["payload"])
        }
    };
    told.into_iter().map(|told| line(told.news)).collect()
}

fn name(user: &str) -> &'static str {
    ["ada", "bob"].into_iter().find(|name| uuid_of(name) == user).unwrap_or("nobody")
}

#[test]
fn two_people_see_each_other_s_state_and_departure() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    let room = join(&ada, &json!({"x": 1}));
    world.pass(1_000.0);
    assert_eq!(told(&ada), ["live"]);
    let other = join(&bob, &json!({"x": 2}));
    world.pass(1_000.0);
    assert_eq!(told(&ada), [r#"[bob{"x":2}]"#]);
    assert_eq!(told(&bob), ["live", r#"[ada{"x":1}]"#]);
    show(&ada, room, &json!({"y": 3}));
    world.pass(1_000.0);
    assert_eq!(told(&bob), [r#"[ada{"x":1,"y":3}]"#]);
    bob.engine.leave_room(other);
    world.pass(1_000.0);
    assert_eq!(told(&ada), ["[]"]);
    assert_eq!(told(&bob), ["closed"]);
    assert_eq!(world.core.realtime.room_size(&topic()), 1);
}

#[test]
fn all_components_of_a_client_join_the_room_once() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    join(&bob, &json!({}));
    let first = join(&ada, &json!({"x": 1}));
    let second = join(&ada, &json!({"x": 2, "y": 2}));
    world.pass(1_000.0);
    assert_eq!(first, second);
    assert_eq!(world.core.realtime.room_size(&topic()), 2);
    // Members that are already set stay; the second call adds only missing ones.
    assert_eq!(told(&bob).last().map(String::as_str), Some(r#"[ada{"x":1,"y":2}]"#));
    ada.engine.leave_room(first);
    world.pass(1_000.0);
    assert_eq!(told(&ada).len(), 2, "it is still in the room");
    ada.engine.leave_room(second);
    world.pass(1_000.0);
    assert_eq!(told(&ada), ["closed"]);
    assert_eq!(told(&bob).last().map(String::as_str), Some("[]"));
}

#[test]
fn leaving_and_joining_in_one_tick_does_not_leave_the_room() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    let room = join(&ada, &json!({"x": 1}));
    join(&bob, &json!({}));
    world.pass(1_000.0);
    let joins = world.core.realtime.joins.get();
    told(&bob);
    ada.engine.leave_room(room);
    assert_eq!(join(&ada, &json!({"x": 2})), room);
    world.pass(1_000.0);
    assert_eq!(world.core.realtime.joins.get(), joins);
    assert_eq!(told(&bob), [r#"[ada{"x":2}]"#]);
}

#[test]
fn after_a_reconnection_the_state_is_restored_and_no_one_is_listed_twice() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    let room = join(&ada, &json!({"x": 1}));
    join(&bob, &json!({"x": 9}));
    world.pass(1_000.0);
    show(&ada, room, &json!({"x": 2}));
    world.pass(1_000.0);
    told(&ada);
    realtime::restart(&world.core);
    world.pass(10_000.0);
    assert_eq!(told(&ada)[..2], ["reconnecting", "live"]);
    assert_eq!(told(&bob).last().map(String::as_str), Some(r#"[ada{"x":2}]"#));
    show(&ada, room, &json!({"x": 3}));
    world.pass(1_000.0);
    assert_eq!(told(&bob), [r#"[ada{"x":3}]"#]);
}

#[test]
fn a_person_with_a_dead_connection_leaves_when_the_server_drops_it() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    join(&ada, &json!({}));
    join(&bob, &json!({"x": 1}));
    world.pass(1_000.0);
    told(&ada);
    bob.sim().cut(true);
    world.pass(50_000.0);
    assert_eq!(told(&ada), [""; 0]);
    world.pass(15_000.0);
    assert_eq!(told(&ada), ["[]"]);
    // Bob's client reports that the connection failed, and shows no one.
    let told = told(&bob);
    assert_eq!(told.iter().filter(|told| told.starts_with("error")).count(), 1, "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some("[]"));
}

#[test]
fn a_room_that_row_security_closes_is_an_error_and_opens_once_access_is_granted() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    world.core.realtime.outsiders.borrow_mut().push(uuid_of("bob"));
    join(&ada, &json!({}));
    join(&bob, &json!({"x": 1}));
    world.pass(1_000.0);
    assert_eq!(told(&bob), ["error 42501"]);
    assert_eq!(told(&ada), ["live"]);
    world.core.realtime.outsiders.borrow_mut().clear();
    world.pass(3_600_000.0);
    assert!(told(&bob).contains(&"live".to_owned()));
    assert_eq!(told(&ada).last().map(String::as_str), Some(r#"[bob{"x":1}]"#));
}

#[test]
fn another_user_is_not_in_the_room_of_the_previous_one() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    let room = join(&ada, &json!({"x": 1}));
    join(&bob, &json!({}));
    world.pass(1_000.0);
    told(&ada);
    ada.switch_to(Some("bob"));
    world.pass(1_000.0);
    assert_eq!(told(&ada), ["closed ABORTED"]);
    assert_eq!(told(&bob).last().map(String::as_str), Some("[]"));
    assert_eq!(world.core.realtime.room_size(&topic()), 1);
    // The handle of the closed room no longer works.
    show(&ada, room, &json!({"x": 2}));
    assert!(!ada.engine.send_to_room(room, "wave", "1").expect("it is a name"));
    ada.engine.leave_room(room);
    world.pass(1_000.0);
    assert_eq!(told(&ada), [""; 0]);
}

#[test]
fn a_user_who_signs_out_leaves() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    join(&ada, &json!({"x": 1}));
    join(&bob, &json!({}));
    world.pass(1_000.0);
    ada.switch_to(None);
    world.pass(1_000.0);
    assert_eq!(told(&ada).last().map(String::as_str), Some("closed ABORTED"));
    assert_eq!(told(&bob).last().map(String::as_str), Some("[]"));
}

#[test]
fn a_user_who_signs_in_later_enters_then() {
    let world = World::new();
    let bob = world.signed_in("bob");
    join(&bob, &json!({}));
    let ada = world.signed_in("ada");
    ada.switch_to(None);
    world.pass(1_000.0);
    join(&ada, &json!({"x": 1}));
    world.pass(1_000.0);
    assert_eq!(told(&ada), ["error 42501"]);
    ada.switch_to(Some("ada"));
    world.pass(1_000.0);
    assert!(told(&ada).contains(&"live".to_owned()));
    assert_eq!(told(&bob).last().map(String::as_str), Some(r#"[ada{"x":1}]"#));
}

#[test]
fn a_room_reports_nothing_while_the_user_is_unknown() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    join(&ada, &json!({}));
    let room = join(&bob, &json!({"x": 1}));
    world.pass(1_000.0);
    told(&ada);
    ada.tokens().next(Answer::After(5_000.0));
    ada.switch_to(Some("bob"));
    show(&bob, room, &json!({"x": 2}));
    assert!(bob.engine.send_to_room(room, "wave", "1").expect("it is a name"));
    world.pass(10_000.0);
    assert_eq!(told(&ada), ["closed ABORTED"]);
}

#[test]
fn messages_reach_only_the_others() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    let room = join(&ada, &json!({}));
    assert!(!ada.engine.send_to_room(room, "wave", "1").expect("it is a name"));
    join(&bob, &json!({}));
    world.pass(1_000.0);
    told(&ada);
    told(&bob);
    assert!(ada.engine.send_to_room(room, "wave", r#"{"to":"all"}"#).expect("it is a name"));
    world.pass(1_000.0);
    assert_eq!(told(&bob), [r#""wave" {"to":"all"}"#]);
    assert_eq!(told(&ada), [""; 0]);
    assert!(ada.engine.send_to_room(room, "", "1").expect_err("no name").is("INVALID_INPUT"));
}

#[test]
fn a_state_that_is_too_large_is_refused_and_the_previous_one_stays() {
    let world = World::new();
    let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
    let room = join(&ada, &json!({"x": 1}));
    join(&bob, &json!({}));
    let large = json!({"x": "x".repeat(1_100)});
    let refused = ada.engine.set_room_state(room, members(&large)).expect_err("too large");
    assert!(refused.is("INVALID_INPUT"));
    assert!(bob.engine.join_room(wish(&large)).expect_err("too large").is("INVALID_INPUT"));
    world.pass(1_000.0);
    assert_eq!(told(&bob).last().map(String::as_str), Some(r#"[ada{"x":1}]"#));
}

#[test]
fn a_room_needs_a_workflow_id_and_a_short_name() {
    let refused = |workflow: &str, name: &str| {
        Wish::new(workflow, Some(name.to_owned()), Vec::new()).err().map(|error| error.message.to_string())
    };
    assert_eq!(refused("1", "Ada").as_deref(), Some("workflowId: expected a uuid"));
    assert_eq!(
        refused(&workflow(), &"é".repeat(101)).as_deref(),
        Some("name: expected a text of at most 100 characters")
    );
    assert_eq!(refused(&workflow(), &"é".repeat(100)), None);
}

#[test]
fn a_name_comes_from_the_application_or_from_the_token() {
    let names = [
        (json!({"email": "ada@example.com"}), None, "ada"),
        (json!({"email": "ada@example.com", "user_metadata": {"name": "Ada L."}}), None, "Ada L."),
        (json!({"user_metadata": {"name": "A", "full_name": "Ada Lovelace"}}), None, "Ada Lovelace"),
        (json!({"user_metadata": {"full_name": ""}, "email": ""}), None, ""),
        (json!({"email": "ada@example.com"}), Some("The Countess"), "The Countess"),
        (json!({"user_metadata": {"name": LONG}}), None, &LONG[..100]),
    ];
    for (mut claims, given, expected) in names {
        let world = World::new();
        let (ada, bob) = (world.signed_in("ada"), world.signed_in("bob"));
        claims["sub"] = json!(uuid_of("ada"));
        ada.tokens().claim(claims);
        let wish = Wish::new(&workflow(), given.map(str::to_owned), Vec::new()).expect("it is valid");
        ada.engine.join_room(wish).expect("it is valid");
        world.pass(1_000.0);
        join(&bob, &json!({}));
        world.pass(1_000.0);
        let told = bob.sim().told_of_rooms.borrow();
        let others = told.iter().find_map(|told| match &told.news {
            RoomNews::Others(others) => Some(others),
            _ => None,
        });
        assert_eq!(others.expect("they were told")[0].name, expected);
    }
}

#[test]
fn a_room_without_a_connection_reports_an_error_after_a_delay() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.core.realtime.is_down.set(true);
    join(&ada, &json!({}));
    world.pass(20_000.0);
    assert_eq!(told(&ada), ["error NETWORK"]);
    world.core.realtime.is_down.set(false);
    world.pass(60_000.0);
    assert_eq!(told(&ada), ["live"]);
    assert_eq!(Status::Live.as_str(), "live");
}

#[test]
fn a_room_is_an_error_while_the_token_provider_does_not_answer() {
    let world = World::new();
    let ada = world.signed_in("ada");
    ada.tokens().next(Answer::Hangs);
    join(&ada, &json!({}));
    world.pass(9_000.0);
    assert_eq!(told(&ada), ["error TIMEOUT"]);
    // The provider is asked again.
    world.pass(60_000.0);
    assert_eq!(told(&ada), ["live"]);
}

#[test]
fn a_room_ends_with_its_user_even_if_the_provider_failed_in_between() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.signed_in("bob");
    join(&ada, &json!({"x": 1}));
    world.pass(1_000.0);
    ada.tokens().next(Answer::Throws);
    ada.switch_to(Some("bob"));
    world.pass(60_000.0);
    assert_eq!(told(&ada).last().map(String::as_str), Some("closed ABORTED"));
    assert_eq!(world.core.realtime.room_size(&topic()), 0);
}

#[test]
fn a_room_that_was_not_opened_yet_is_opened_for_the_next_user() {
    let world = World::new();
    let ada = world.signed_in("ada");
    world.signed_in("bob");
    ada.does("getWorkflows", json!([ada.id()]));
    join(&ada, &json!({"x": 1}));
    ada.switch_to(Some("bob"));
    world.pass(3_000.0);
    assert_eq!(told(&ada).last().map(String::as_str), Some("live"));
    assert_eq!(world.core.realtime.room_size(&topic()), 1);
}
