//! Changes without a frame, found by reading scopes again.

use super::live::{follow, names, take_told};
use crate::support::network::Fault;
use crate::support::random::uuid_of;
use crate::support::{realtime, Client, Json, World};
use serde_json::{json, Value};
use workflow_db::subscriptions::{Notice, Notification};

/// A tab that follows its user's workflows, one of which is there, and is live.
fn live(world: &World) -> (Client, u32, String) {
    let client = world.signed_in("ada");
    let id = world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "first"}));
    let subscription = follow(&client, "workflows", Some(&uuid_of("ada")), None);
    world.pass(3_000.0);
    (client, subscription, id)
}

/// Refusals that a firewall, a gateway or a server that reloads its schema may answer once, and failures of all kinds.
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
fn a_reading_of_a_scope_that_fails_once_is_made_again_whatever_the_failure() {
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
fn a_reading_that_is_refused_for_long_is_made_ever_more_rarely_and_at_the_next_readiness() {
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
fn a_scope_that_was_too_large_is_compared_again_when_it_has_shrunk() {
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

/// How often scopes were read since the last call.
fn take_readings(world: &World) -> usize {
    let requests = world.take_requests();
    requests.iter().filter(|request| request.line.starts_with("GET workflows?")).count()
}

fn rename(world: &World, id: &str, name: &str) {
    world.server().change("workflows", id, json!({"name": name}));
    // The server looks for changes every 100 ms.
    world.pass(200.0);
}

#[test]
fn an_own_write_without_an_echo_makes_every_live_scope_be_read_again() {
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
fn an_own_write_whose_echo_comes_makes_nothing_be_read() {
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
fn a_table_whose_echoes_never_come_is_read_ever_more_rarely() {
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
fn a_delete_is_not_waited_for_as_some_servers_tell_none() {
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
fn what_was_not_confirmed_for_a_minute_is_read_when_the_page_is_looked_at_again() {
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
fn a_machine_that_slept_reads_what_is_followed_though_its_clock_stood_still() {
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
fn live_scopes_are_read_every_quarter_of_an_hour_and_not_while_the_page_is_hidden() {
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
fn clients_that_were_thrown_out_together_do_not_read_together_ever_after() {
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

/// A page of a workflow's executions that was read before changes flow, and what happens until they do. The page as it is
/// cached when they flow, if it is.
fn page_after(happens: impl Fn(&World, &str, &[String])) -> Option<Value> {
    let world = World::new();
    world.core.realtime.cold_ms.set(4_000.0);
    world.core.realtime.is_cold.set(true);
    let client = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": uuid_of("ada"), "name": "w"}));
    let row = || json!({"workflow_id": workflow, "user_id": uuid_of("ada")});
    let ids: Vec<String> = (0..5).map(|_| world.server().add("workflow_executions", row())).collect();
    // The newest come first: of five, this page shows the second and third.
    client.does("getExecutionHistory", json!([workflow, 2, 1]));
    follow(&client, "workflow_executions", Some(&workflow), None);
    world.pass(500.0);
    happens(&world, &workflow, &ids);
    world.pass(20_000.0);
    let key = client.keys().into_iter().find(|key| key.starts_with("executions:"));
    key.and_then(|key| client.cached(&key)).map(|page| page.to_value())
}

#[test]
fn a_row_that_a_page_shows_is_compared_when_changes_begin_to_flow() {
    let page = page_after(|world, _, ids| {
        world.server().change("workflow_executions", &ids[3], json!({"status": "failed"}));
    });
    let shown = page.expect("it is patched in place");
    assert_eq!(shown["data"][0]["status"], "failed");
}

#[test]
fn a_page_is_asked_for_again_when_rows_came_and_went_without_changing_their_number() {
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
fn a_page_that_is_right_when_changes_begin_to_flow_is_not_asked_for_again() {
    let page = page_after(|_, _, _| {});
    assert_eq!(page.expect("it stays")["total"], 5);
}

/// The page of an audit trail with this many rows, and what happens until changes flow.
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
fn a_row_that_is_cached_in_an_old_and_in_the_current_state_is_patched_where_it_is_old() {
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
