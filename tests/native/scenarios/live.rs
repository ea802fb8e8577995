//! What subscribers receive.

use crate::support::network::Fault;
use crate::support::random::uuid_of;
use crate::support::tokens::Answer;
use crate::support::{realtime, Client, World};
use serde_json::{json, Value};
use workflow_db::subscriptions::{Notice, Selection, Status};

pub(super) fn follow(client: &Client, table: &str, scope: Option<&str>, filter: Option<&str>) -> u32 {
    let selection = Selection::new(table, scope.map(str::to_owned), filter.map(str::to_owned));
    client.engine.follow(selection.expect("it is valid"), true)
}

/// The reports to a subscription since the last call: the kind of each change, and the row.
pub(super) fn take_told(client: &Client, subscription: u32) -> Vec<(&'static str, Value)> {
    let told: Vec<_> = client.sim().told.borrow_mut().drain(..).collect();
    let of_subscription = told.into_iter().filter(|told| told.subscription == subscription);
    let news = of_subscription.filter_map(|told| match told.news {
        Notice::Row { kind, row, .. } => Some((kind.as_str(), row.to_value())),
        Notice::Gap => Some(("gap", Value::Null)),
        Notice::Status(Status::Closed, _) => Some(("closed", Value::Null)),
        Notice::Status(..) => None,
    });
    news.collect()
}

fn audit_log(user: &str, action: &str) -> Value {
    json!({"user_id": user, "action": action, "resource_type": "test"})
}

pub(super) fn names(told: &[(&'static str, Value)], column: &str) -> Vec<String> {
    told.iter().map(|(kind, row)| format!("{kind} {}", row[column].as_str().unwrap_or_default())).collect()
}

#[test]
fn own_writes_in_quick_succession_are_reported_one_by_one() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.pass(3_000.0);
    let id = client.does("createWorkflow", json!([ada, {"name": "made"}])).to_value()["id"].clone();
    client.does("updateWorkflow", json!([id, {"name": "renamed"}]));
    // The server polls every 100 ms and does not report a row that is gone by then.
    world.pass(200.0);
    client.does("deleteWorkflow", json!([id]));
    world.pass(3_000.0);
    let told = take_told(&client, subscription);
    assert_eq!(names(&told, "name"), ["INSERT made", "UPDATE renamed", "DELETE renamed"]);
}

/// The row is read again after the delete, because it may be back, and stays cached until then.
#[test]
fn a_deleted_row_is_reported_once_to_a_subscription_that_has_not_read_its_rows() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let id = world.server().add("workflows", json!({"user_id": ada, "name": "w"}));
    client.does("getWorkflows", json!([ada]));
    follow(&client, "workflows", None, Some("name=eq.other"));
    world.pass(3_000.0);
    world.core.realtime.is_cold.set(true);
    world.core.realtime.cold_ms.set(3_000.0);
    world.network().once("GET workflows?select=*&or=", Fault::LostBefore);
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.network().slow("GET workflows?select=*&id=", 0.0, 5_000.0);
    world.server().remove("workflows", &id);
    world.pass(10_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["DELETE w"]);
    assert_eq!(client.does("getWorkflows", json!([ada])).to_value(), json!([]));
}

#[test]
fn an_update_without_a_large_column_is_not_completed_from_a_row_that_left_the_filter() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    world.core.realtime.large_columns.set(&["description"]);
    let row = json!({"user_id": ada, "name": "in", "description": "old"});
    let id = world.server().add("workflows", row);
    let subscription = follow(&client, "workflows", None, Some("name=eq.in"));
    world.pass(3_000.0);
    world.server().change("workflows", &id, json!({"name": "out", "description": "new"}));
    world.pass(3_000.0);
    world.server().change("workflows", &id, json!({"name": "in"}));
    world.pass(3_000.0);
    let told = take_told(&client, subscription);
    assert_eq!(names(&told, "description").last().expect("it was told"), "UPDATE new");
}

#[test]
fn an_update_without_a_large_column_is_not_completed_from_before_a_gap() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    world.core.realtime.large_columns.set(&["description"]);
    let row = json!({"user_id": ada, "name": "a", "description": "old"});
    let id = world.server().add("workflows", row);
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.pass(3_000.0);
    realtime::restart(&world.core);
    world.server().change("workflows", &id, json!({"description": "new"}));
    // The channel is ready again, but the scope has not been read yet.
    world.network().slow("GET workflows?", 0.0, 20_000.0);
    world.pass(10_000.0);
    world.server().change("workflows", &id, json!({"name": "b"}));
    world.pass(3_000.0);
    let told = take_told(&client, subscription);
    assert_eq!(names(&told, "description"), ["UPDATE new"]);
}

#[test]
fn a_deleted_account_takes_its_rows_and_leaves_its_templates_without_a_creator() {
    let world = World::new();
    let (ada, ben) = (world.signed_in("ada"), world.signed_in("ben"));
    world.server().add("workflows", json!({"user_id": ada.id(), "name": "w"}));
    let template = json!({"created_by": ada.id(), "name": "t", "workflow_data": {}});
    let template = world.server().add("workflow_templates", template);
    let own = follow(&ada, "workflows", Some(&ada.id()), None);
    let shared = follow(&ben, "workflow_templates", None, None);
    ada.does("getWorkflows", json!([ada.id()]));
    ben.does("getTemplate", json!([template]));
    world.pass(3_000.0);
    world.server().remove("user_profiles", &ada.id());
    world.pass(3_000.0);
    assert_eq!(names(&take_told(&ada, own), "name"), ["DELETE w"]);
    let told = take_told(&ben, shared);
    assert_eq!(names(&told, "name"), ["UPDATE t"]);
    assert_eq!(told[0].1["created_by"], Value::Null);
    assert_eq!(ada.does("getWorkflows", json!([ada.id()])).to_value(), json!([]));
    assert_eq!(ben.does("getTemplate", json!([template])).to_value()["created_by"], Value::Null);
}

#[test]
fn a_response_about_a_deleted_row_does_not_apply_to_the_row_that_returned() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let id = world.server().add("workflows", json!({"user_id": ada, "name": "first"}));
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.pass(3_000.0);
    // Frames without the row cause it to be read.
    world.core.realtime.rows_are_too_large.set(true);
    for back_ms in [1_000.0, 3_000.0] {
        world.network().slow("GET workflows?", 0.0, back_ms);
    }
    world.server().change("workflows", &id, json!({"name": "old"}));
    world.pass(200.0);
    world.server().remove("workflows", &id);
    world.pass(200.0);
    world.server().add("workflows", json!({"id": id, "user_id": ada, "name": "new"}));
    world.pass(5_000.0);
    let told = take_told(&client, subscription);
    assert_eq!(names(&told, "name"), ["DELETE first", "INSERT new"]);
}

#[test]
fn a_scope_that_is_too_large_is_reported_once_per_gap() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    for number in 0..5_001 {
        world.server().add("workflows", json!({"user_id": ada, "name": number.to_string()}));
    }
    // The channel becomes ready while the first read is in progress.
    world.network().slow("GET workflows?", 0.0, 1_000.0);
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.pass(500.0);
    world.network().times(10, "GET workflows?", Fault::LostBefore);
    world.pass(60_000.0);
    assert_eq!(names(&take_told(&client, subscription), ""), ["gap "]);
    let id = world.server().add("workflows", json!({"user_id": ada, "name": "new"}));
    world.pass(1_000.0);
    world.server().remove("workflows", &id);
    world.pass(1_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["INSERT new", "DELETE new"]);
}

#[test]
fn audit_rows_from_before_the_subscription_are_not_reported() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    for number in 0..150 {
        world.server().add("audit_logs", audit_log(&ada, &number.to_string()));
    }
    let subscription = follow(&client, "audit_logs", Some(&ada), None);
    world.pass(10_000.0);
    assert_eq!(take_told(&client, subscription), []);
    world.server().add("audit_logs", audit_log(&ada, "new"));
    world.pass(1_000.0);
    assert_eq!(names(&take_told(&client, subscription), "action"), ["INSERT new"]);
}

#[test]
fn all_audit_rows_of_a_gap_are_reported_in_order_if_the_trail_was_empty() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let subscription = follow(&client, "audit_logs", Some(&ada), None);
    world.pass(3_000.0);
    realtime::restart(&world.core);
    let expected: Vec<String> = (0..150).map(|number| format!("INSERT {number}")).collect();
    for number in 0..150 {
        world.server().add("audit_logs", audit_log(&ada, &number.to_string()));
    }
    world.pass(30_000.0);
    assert_eq!(names(&take_told(&client, subscription), "action"), expected);
}

#[test]
fn audit_rows_are_reported_once_regardless_of_their_number() {
    let world = World::new();
    world.core.realtime.duplicates.set(true);
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let subscription = follow(&client, "audit_logs", Some(&ada), None);
    world.pass(3_000.0);
    for number in 0..300 {
        world.server().add("audit_logs", audit_log(&ada, &number.to_string()));
        world.pass(1_000.0);
        if number % 50 == 49 {
            realtime::restart(&world.core);
            world.pass(10_000.0);
        }
    }
    let expected: Vec<String> = (0..300).map(|number| format!("INSERT {number}")).collect();
    assert_eq!(names(&take_told(&client, subscription), "action"), expected);
}

#[test]
fn a_deleted_audit_row_leaves_the_pages_and_is_reported_if_it_is_recent() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let old = world.server().add("audit_logs", audit_log(&ada, "old"));
    let subscription = follow(&client, "audit_logs", Some(&ada), None);
    for name in ["a", "b", "c"] {
        world.pass(100_000.0);
        world.server().add("audit_logs", audit_log(&ada, name));
    }
    world.pass(1_000.0);
    let last = world.server().add("audit_logs", audit_log(&ada, "last"));
    world.pass(1_000.0);
    take_told(&client, subscription);
    client.does("getAuditLogs", json!([{"userId": ada}]));
    world.server().remove("audit_logs", &last);
    world.pass(1_000.0);
    assert_eq!(names(&take_told(&client, subscription), "action"), ["DELETE last"]);
    client.does("getAuditLogs", json!([{"userId": ada}]));
    world.server().remove("audit_logs", &old);
    world.pass(1_000.0);
    let page = client.does("getAuditLogs", json!([{"userId": ada}])).to_value();
    assert_eq!(page["total"], 3);
}

#[test]
fn a_row_deleted_during_the_first_read_is_reported() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let id = world.server().add("workflows", json!({"user_id": ada, "name": "short"}));
    world.network().slow("GET workflows?", 0.0, 5_000.0);
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.pass(2_000.0);
    world.server().remove("workflows", &id);
    world.pass(10_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["DELETE short"]);
}

#[test]
fn a_row_too_large_for_frames_is_reported_while_it_keeps_changing() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let id = world.server().add("workflows", json!({"user_id": ada, "name": "first"}));
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.pass(3_000.0);
    world.core.realtime.rows_are_too_large.set(true);
    for number in 0..100 {
        world.server().change("workflows", &id, json!({"name": number.to_string()}));
        world.network().slow("GET workflows?", 100.0, 100.0);
        world.pass(50.0);
    }
    let while_changing = take_told(&client, subscription).len();
    assert!(while_changing > 5, "{while_changing} were told");
    world.pass(5_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name").last().expect("it was told"), "UPDATE 99");
}

/// Ada has a live subscription to her workflows. Ben has an account too.
fn ada_follows() -> (World, Client, u32) {
    let world = World::new();
    let client = world.signed_in("ada");
    world.signed_in("ben");
    let subscription = follow(&client, "workflows", Some(&uuid_of("ada")), None);
    world.pass(3_000.0);
    (world, client, subscription)
}

#[test]
fn a_subscription_survives_a_failing_provider_when_the_user_may_have_changed() {
    for answer in [Answer::Throws, Answer::Hangs] {
        let (world, client, subscription) = ada_follows();
        client.tokens().next(answer);
        client.engine.auth_changed();
        world.pass(60_000.0);
        world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "after"}));
        world.pass(3_000.0);
        assert_eq!(names(&take_told(&client, subscription), "name"), ["INSERT after"]);
    }
}

#[test]
fn a_provider_that_fails_and_then_names_another_user_closes_the_subscriptions_of_the_first() {
    let (world, client, subscription) = ada_follows();
    client.tokens().next(Answer::Throws);
    client.switch_to(Some("ben"));
    world.pass(60_000.0);
    world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "not for Ben"}));
    world.pass(3_000.0);
    assert_eq!(take_told(&client, subscription), [("closed", Value::Null)]);
}

#[test]
fn subscriptions_of_an_anonymous_user_continue_as_the_user_who_signs_in() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    client.switch_to(None);
    world.pass(1_000.0);
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.pass(3_000.0);
    client.switch_to(Some("ada"));
    world.pass(3_000.0);
    world.server().add("workflows", json!({"user_id": ada, "name": "mine"}));
    world.pass(3_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["INSERT mine"]);
    client.switch_to(Some("ben"));
    world.pass(3_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["closed "]);
}

#[test]
fn nothing_is_reported_while_a_change_of_user_is_unresolved() {
    for (next, expected) in [("ada", "INSERT meanwhile"), ("ben", "closed ")] {
        let (world, client, subscription) = ada_follows();
        client.tokens().next(Answer::After(2_000.0));
        client.switch_to(Some(next));
        world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "meanwhile"}));
        world.pass(1_000.0);
        assert_eq!(take_told(&client, subscription), []);
        world.pass(3_000.0);
        assert_eq!(names(&take_told(&client, subscription), "name"), [expected]);
    }
}

#[test]
fn rows_held_back_for_a_failing_provider_reach_no_other_user() {
    for (next, expected) in [("ada", "INSERT meanwhile"), ("ben", "closed ")] {
        let (world, client, subscription) = ada_follows();
        client.tokens().next(Answer::Hangs);
        client.switch_to(Some(next));
        world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "meanwhile"}));
        world.pass(10_000.0);
        assert_eq!(take_told(&client, subscription), []);
        world.pass(60_000.0);
        assert_eq!(names(&take_told(&client, subscription), "name"), [expected]);
    }
}

#[test]
fn a_subscription_between_two_channels_ends_with_its_user() {
    let (world, client, subscription) = ada_follows();
    client.switch_to(None);
    client.configure(|settings| settings.live.unfiltered_deletes = true);
    world.pass(3_000.0);
    let told = take_told(&client, subscription);
    assert_eq!(names(&told, "name").last().map(String::as_str), Some("closed "), "{told:?}");
}

#[test]
fn a_missing_echo_repeats_no_reading_that_began_after_the_write() {
    let (world, client, _) = ada_follows();
    world.core.realtime.is_deaf.set(true);
    client.does("createWorkflow", json!([uuid_of("ada"), {"name": "own"}]));
    world.pass(1_000.0);
    follow(&client, "workflow_executions", Some(&uuid_of("ada")), None);
    world.pass(1_000.0);
    world.take_requests();
    world.pass(10_000.0);
    let lines: Vec<String> = world.take_requests().into_iter().map(|seen| seen.line).collect();
    assert!(lines.iter().any(|line| line.starts_with("GET workflows?")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("GET workflow_executions?")), "{lines:?}");
}

#[test]
fn the_late_echo_of_the_first_of_two_writes_is_not_reported_after_the_second() {
    let (world, client, subscription) = ada_follows();
    let id = world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "a"}));
    // The server has just polled for changes, and the scope was read so long ago that it is read again.
    world.pass(70_000.0);
    take_told(&client, subscription);
    for name in ["b", "c"] {
        client.does("updateWorkflow", json!([id, {"name": name}]));
    }
    client.engine.shown();
    world.pass(1_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["UPDATE c"]);
}
