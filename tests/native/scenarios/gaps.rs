//! Changes without a frame, found by reading scopes again.

use super::live::{follow, names, take_told};
use crate::support::network::Fault;
use crate::support::random::uuid_of;
use crate::support::{realtime, Client, Json, World};
use serde_json::{json, Value};
use workflow_db::subscriptions::{Notice, Notification};

/// A live tab that subscribes to its user's workflows, with one workflow.
fn live(world: &World) -> (Client, u32, String) {
    let client = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "first"}));
    let subscription = follow(&client, "workflows", Some(&uuid_of("ada")), None);
    world.pass(3_000.0);
    (client, subscription, id)
}

/// Refusals that a firewall, a gateway or a server that reloads its schema may return once, and failures of all kinds.
const FAILURES: [Fault; 11] = [
    Fault::Gateway(400, None),
    Fault::Gateway(403, None),
    Fault::Gateway(404, None),
    Fault::Gateway(406, None),
    Fault::Gateway(500, None),
    Fault::Refused(401, "PGRST301"),
    Fault::Refused(403, "42501"),
    Fault::Refused(404, "PGRST205"),
    Fault::LostBefore,
    Fault::Truncated,
    Fault::HangBefore,
];

#[test]
fn a_scope_read_that_fails_once_is_repeated_after_any_failure() {
    for failure in FAILURES {
        let world = World::new();
        let (client, subscription, id) = live(&world);
        client.configure(|settings| settings.retry.max_attempts = 1);
        world.network().once("GET workflows?", failure);
        realtime::restart(&world.core);
        world.server().change("workflows", &id, json!({"name": "missed"}));
        world.pass(30_000.0);
        assert_eq!(names(&take_told(&client, subscription), "name"), ["UPDATE missed"], "{failure:?}");
    }
}

#[test]
fn a_scope_read_that_keeps_failing_is_retried_with_growing_delays_and_at_the_next_readiness() {
    let world = World::new();
    let (client, subscription, id) = live(&world);
    world.network().times(u32::MAX, "GET workflows?", Fault::Gateway(403, None));
    world.take_requests();
    realtime::restart(&world.core);
    world.server().change("workflows", &id, json!({"name": "missed"}));
    world.pass(3_600_000.0);
    let readings = world.count_requests();
    assert!((10..30).contains(&readings), "{readings} readings in an hour");
    assert_eq!(take_told(&client, subscription), []);
    world.network().heal();
    realtime::restart(&world.core);
    world.pass(10_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["UPDATE missed"]);
}

#[test]
fn a_scope_that_was_too_large_is_compared_again_after_it_shrank() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let rows = (0..5_001).map(|number| json!({"user_id": ada, "name": number.to_string()}));
    let ids: Vec<String> = rows.map(|row| world.server().add("workflows", row)).collect();
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.pass(10_000.0);
    assert_eq!(names(&take_told(&client, subscription), ""), ["gap "]);
    for id in &ids[100..] {
        world.server().remove("workflows", id);
    }
    realtime::restart(&world.core);
    world.pass(10_000.0);
    assert_eq!(names(&take_told(&client, subscription), ""), ["gap "]);
    realtime::restart(&world.core);
    world.server().change("workflows", &ids[0], json!({"name": "missed"}));
    world.pass(10_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["UPDATE missed"]);
}

#[test]
fn what_changed_between_a_read_and_the_subscription_is_reported_once() {
    let world = World::new();
    let client = world.signed_in("ada");
    let ada = uuid_of("ada");
    let add = |name: &str| world.server().add("workflows", json!({"user_id": ada, "name": name}));
    let (changed, gone, _) = (add("old"), add("gone"), add("same"));
    client.does("getWorkflows", json!([ada]));
    world.server().change("workflows", &changed, json!({"name": "new"}));
    world.server().remove("workflows", &gone);
    add("added");
    let subscription = follow(&client, "workflows", Some(&ada), None);
    world.pass(3_000.0);
    let mut told = names(&take_told(&client, subscription), "name");
    told.sort_unstable();
    assert_eq!(told, ["DELETE gone", "INSERT added", "UPDATE new"]);
    realtime::restart(&world.core);
    world.pass(10_000.0);
    assert_eq!(take_told(&client, subscription), []);
}

/// How often scopes were read since the last call.
fn take_readings(world: &World) -> usize {
    let requests = world.take_requests();
    requests.iter().filter(|request| request.line.starts_with("GET workflows?")).count()
}

fn rename(world: &World, id: &str, name: &str) {
    world.server().change("workflows", id, json!({"name": name}));
    // The server polls for changes every 100 ms.
    world.pass(200.0);
}

#[test]
fn a_missing_echo_makes_every_live_scope_of_the_table_be_read_again() {
    let world = World::new();
    let (client, subscription, id) = live(&world);
    let execution =
        world.server().add("workflow_executions", json!({"workflow_id": id, "user_id": uuid_of("ada")}));
    let other = follow(&client, "workflow_executions", Some(&uuid_of("ada")), None);
    world.pass(3_000.0);
    world.core.realtime.is_deaf.set(true);
    rename(&world, &id, "missed");
    world.server().change("workflow_executions", &execution, json!({"error_message": "missed"}));
    client.does("createWorkflow", json!([uuid_of("ada"), {"name": "own"}]));
    world.pass(200.0);
    world.core.realtime.is_deaf.set(false);
    world.pass(6_000.0);
    let is_of_other =
        |told: &Notification<Json>| told.subscription == other && matches!(told.news, Notice::Row { .. });
    assert!(client.sim().told.borrow().iter().any(is_of_other), "the other table's");
    let mut told = names(&take_told(&client, subscription), "name");
    told.sort_unstable();
    assert_eq!(told, ["INSERT own", "UPDATE missed"]);
}

#[test]
fn an_own_write_with_an_echo_causes_no_read() {
    let world = World::new();
    let (client, _, id) = live(&world);
    take_readings(&world);
    for number in 0..20 {
        client.does("updateWorkflow", json!([id, {"name": number.to_string()}]));
        let made = client.does("createWorkflow", json!([uuid_of("ada"), {"name": "short"}])).to_value();
        client.does("deleteWorkflow", json!([made["id"]]));
        world.pass(2_000.0);
    }
    assert_eq!(take_readings(&world), 0);
}

#[test]
fn a_table_without_echoes_is_read_with_growing_delays() {
    let world = World::new();
    let (client, _, id) = live(&world);
    client.configure(|settings| settings.live.resync_ms = f64::INFINITY);
    world.core.realtime.is_deaf.set(true);
    take_readings(&world);
    for number in 0..360 {
        client.does("updateWorkflow", json!([id, {"name": number.to_string()}]));
        world.pass(10_000.0);
    }
    let readings = take_readings(&world);
    assert!((4..8).contains(&readings), "{readings} readings in an hour");
}

#[test]
fn a_missing_delete_echo_causes_no_read_because_some_servers_send_none() {
    let world = World::new();
    let (client, _, id) = live(&world);
    world.core.realtime.is_deaf.set(true);
    take_readings(&world);
    client.does("updateWorkflow", json!([id, {"name": "short"}]));
    client.does("deleteWorkflow", json!([id]));
    world.pass(30_000.0);
    assert_eq!(take_readings(&world), 0);
}

#[test]
fn scopes_unconfirmed_for_a_minute_are_read_when_the_page_becomes_visible() {
    let world = World::new();
    let (client, subscription, id) = live(&world);
    world.core.realtime.is_deaf.set(true);
    rename(&world, &id, "missed");
    world.core.realtime.is_deaf.set(false);
    take_readings(&world);
    world.pass(40_000.0);
    client.engine.shown();
    world.pass(1_000.0);
    assert_eq!(take_readings(&world), 0, "it was read less than a minute ago");
    world.pass(20_000.0);
    for _ in 0..5 {
        client.engine.shown();
        world.pass(100.0);
    }
    assert_eq!(take_readings(&world), 1);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["UPDATE missed"]);
}

#[test]
fn scopes_are_read_after_sleep_even_if_the_clock_stood_still() {
    let world = World::new();
    let (client, subscription, id) = live(&world);
    world.core.realtime.is_deaf.set(true);
    rename(&world, &id, "missed");
    world.core.realtime.is_deaf.set(false);
    client.sim().wall_skew_ms.set(3_600_000.0);
    client.engine.shown();
    world.pass(1_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["UPDATE missed"]);
}

#[test]
fn live_scopes_are_read_every_quarter_of_an_hour_unless_the_page_is_hidden() {
    let world = World::new();
    let (client, subscription, id) = live(&world);
    world.core.realtime.is_deaf.set(true);
    rename(&world, &id, "missed");
    take_readings(&world);
    world.pass(600_000.0);
    assert_eq!(take_readings(&world), 0);
    world.pass(300_000.0);
    assert_eq!(take_readings(&world), 1);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["UPDATE missed"]);
    client.engine.set_hidden(true);
    world.pass(3_600_000.0);
    assert_eq!(take_readings(&world), 0);
    client.engine.set_hidden(false);
    client.engine.shown();
    world.pass(1_000.0);
    assert_eq!(take_readings(&world), 1);
}

#[test]
fn clients_disconnected_at_the_same_time_read_at_different_times() {
    let world = World::new();
    let clients: Vec<Client> = (0..40).map(|_| world.signed_in("ada")).collect();
    for client in &clients {
        follow(client, "workflows", Some(&uuid_of("ada")), None);
    }
    world.pass(3_000.0);
    world.take_requests();
    world.pass(900_000.0);
    let mut times: Vec<f64> = world.take_requests().iter().map(|request| request.at_ms).collect();
    times.sort_by(f64::total_cmp);
    assert_eq!(times.len(), clients.len());
    let most =
        times.iter().map(|at| times.iter().filter(|other| (*other - at).abs() < 10_000.0).count()).max();
    assert!(most < Some(15), "{most:?} of 40 within 20 s");
}

/// Reads a page of a workflow's executions, then applies `happens` before the channel is ready. Returns the page that
/// is cached afterwards, if any.
fn page_after(happens: impl Fn(&World, &str, &[String])) -> Option<Value> {
    let world = World::new();
    world.core.realtime.cold_ms.set(4_000.0);
    world.core.realtime.is_cold.set(true);
    let client = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "w"}));
    let row = || json!({"workflow_id": workflow, "user_id": uuid_of("ada")});
    let ids: Vec<String> = (0..5).map(|_| world.server().add("workflow_executions", row())).collect();
    // Newest first: of five executions, this page shows the second and third.
    client.does("getExecutionHistory", json!([workflow, 2, 1]));
    follow(&client, "workflow_executions", Some(&workflow), None);
    world.pass(500.0);
    happens(&world, &workflow, &ids);
    world.pass(20_000.0);
    let key = client.keys().into_iter().find(|key| key.starts_with("executions:"));
    key.and_then(|key| client.cached(&key)).map(|page| page.to_value())
}

#[test]
fn a_row_on_a_page_is_compared_when_changes_start_to_flow() {
    let page = page_after(|world, _, ids| {
        world.server().change("workflow_executions", &ids[3], json!({"status": "failed"}));
    });
    let shown = page.expect("it is patched in place");
    assert_eq!(shown["data"][0]["status"], "failed");
}

#[test]
fn a_page_is_requested_again_if_rows_changed_but_not_their_number() {
    let row = |workflow: &str| json!({"workflow_id": workflow, "user_id": uuid_of("ada")});
    for gone in 0..5 {
        let page = page_after(|world, workflow, ids| {
            world.server().remove("workflow_executions", &ids[gone]);
            world.server().add("workflow_executions", row(workflow));
        });
        assert_eq!(page, None, "row {gone} went");
    }
}

#[test]
fn a_correct_page_is_not_requested_again_when_changes_start_to_flow() {
    let page = page_after(|_, _, _| {});
    assert_eq!(page.expect("it stays")["total"], 5);
}

/// Reads the page of an audit trail at this offset, then applies `happens` before the channel is ready.
fn audit_page_after(offset: u32, happens: impl Fn(&World, &[String])) -> Option<Value> {
    let world = World::new();
    world.core.realtime.cold_ms.set(4_000.0);
    world.core.realtime.is_cold.set(true);
    let client = world.signed_in("ada");
    let row = |action: &str| json!({"user_id": uuid_of("ada"), "action": action, "resource_type": "t"});
    let ids: Vec<String> = (0..5).map(|_| world.server().add("audit_logs", row("a"))).collect();
    client.does("getAuditLogs", json!([uuid_of("ada"), 3, offset]));
    follow(&client, "audit_logs", Some(&uuid_of("ada")), None);
    world.pass(500.0);
    happens(&world, &ids);
    world.pass(20_000.0);
    let key = client.keys().into_iter().find(|key| key.starts_with("audit_logs:"));
    key.and_then(|key| client.cached(&key)).map(|page| page.to_value())
}

#[test]
fn a_page_of_an_audit_trail_is_compared_with_the_newest_rows() {
    let row = json!({"user_id": uuid_of("ada"), "action": "new", "resource_type": "t"});
    let came_and_went = |world: &World, ids: &[String]| {
        world.server().remove("audit_logs", &ids[4]);
        world.server().add("audit_logs", row.clone());
    };
    assert_eq!(audit_page_after(0, came_and_went), None);
    assert_eq!(audit_page_after(0, |world, ids| world.server().remove("audit_logs", &ids[4])), None);
    assert_eq!(audit_page_after(3, came_and_went), None);
    assert!(audit_page_after(0, |_, _| {}).is_some());
}

#[test]
fn a_row_cached_in_an_old_and_a_current_state_is_patched_where_it_is_old() {
    let world = World::new();
    world.core.realtime.cold_ms.set(4_000.0);
    world.core.realtime.is_cold.set(true);
    let client = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "old"}));
    client.does("getWorkflows", json!([uuid_of("ada")]));
    follow(&client, "workflows", Some(&uuid_of("ada")), None);
    world.pass(500.0);
    world.server().change("workflows", &id, json!({"name": "new"}));
    client.does("getWorkflow", json!([id]));
    world.pass(20_000.0);
    let listed = client.cached(&format!("workflows:{}", uuid_of("ada")));
    assert_eq!(listed.expect("the list").to_value()[0]["name"], "new");
}

/// A frame without columns makes the client read the row by id. The next reading of the scope, which finds a later state,
/// overtakes the response.
#[test]
fn a_row_read_by_id_does_not_undo_what_a_later_scope_read_found() {
    let world = World::new();
    let (client, subscription, id) = live(&world);
    client.does("getWorkflows", json!([uuid_of("ada")]));
    world.core.realtime.rows_are_too_large.set(true);
    world.network().slow("GET workflows?select=*&id=", 0.0, 9_000.0);
    rename(&world, &id, "new");
    realtime::restart(&world.core);
    world.server().change("workflows", &id, json!({"name": "missed"}));
    world.pass(60_000.0);
    assert_eq!(names(&take_told(&client, subscription), "name"), ["UPDATE missed"]);
    let listed = client.cached(&format!("workflows:{}", uuid_of("ada")));
    assert_eq!(listed.expect("the list").texts("name"), ["missed"]);
}
