//! How long an entry is served, and who is notified when it changes.

use crate::support::client::Options;
use crate::support::{Client, World};
use serde_json::json;
use workflow_db::platform::Clock;

fn with_workflow() -> (World, Client, String) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "A"}));
    (world, ada, workflow)
}

fn asks(world: &World, ada: &Client, workflow: &str) -> bool {
    world.take_requests();
    ada.does("getWorkflow", json!([workflow]));
    world.count_requests() > 0
}

#[test]
fn an_entry_answers_until_it_expires() {
    let (world, ada, workflow) = with_workflow();
    assert!(asks(&world, &ada, &workflow));
    world.pass(299_999.0);
    assert!(!asks(&world, &ada, &workflow));
    world.pass(1.0);
    assert!(asks(&world, &ada, &workflow));
}

#[test]
fn an_entry_expires_by_the_wall_clock_while_the_machine_sleeps() {
    let (world, ada, workflow) = with_workflow();
    assert!(asks(&world, &ada, &workflow));
    world.pass(1_000.0);
    ada.sim().slept_ms.set(1_000.0);
    ada.sim().wall_skew_ms.set(300_000.0);
    assert!(asks(&world, &ada, &workflow));
}

#[test]
fn setting_the_wall_clock_back_does_not_extend_an_entry() {
    let (world, ada, workflow) = with_workflow();
    assert!(asks(&world, &ada, &workflow));
    ada.sim().wall_skew_ms.set(-3_600_000.0);
    assert!(!asks(&world, &ada, &workflow));
    world.pass(300_000.0);
    assert!(asks(&world, &ada, &workflow));
}

#[test]
fn the_entry_that_expires_first_leaves_in_time_after_the_wall_clock_was_set_back() {
    let (world, ada, workflow) = with_workflow();
    let ttl = |ttl_ms| Options { ttl_ms: Some(ttl_ms), ..Options::default() };
    ada.call_with(ttl(60_000.0), "getWorkflows", json!([ada.id()])).value();
    ada.call_with(ttl(30.0), "getWorkflow", json!([workflow])).value();
    ada.sim().wall_skew_ms.set(-60_000.0);
    world.pass(1_500.0);
    assert_eq!(ada.mirror().keys(), [format!("workflows:{}", ada.id())]);
}

#[test]
fn after_a_clock_change_copies_answer_until_the_earlier_expiry() {
    let (world, ada, workflow) = with_workflow();
    ada.does("getWorkflow", json!([workflow]));
    world.pass(200_000.0);
    ada.sim().wall_skew_ms.set(-3_600_000.0);
    ada.engine.clocks_changed();
    let now_ms = ada.sim().now().wall_ms;
    let key = format!("workflow:{workflow}");
    assert!(ada.mirror().answer(&key, now_ms + 99_900.0).is_some());
    assert!(ada.mirror().answer(&key, now_ms + 100_000.0).is_none());
}

#[test]
fn waking_up_drops_expired_entries() {
    let (world, ada, workflow) = with_workflow();
    ada.does("getWorkflow", json!([workflow]));
    ada.sim().wall_skew_ms.set(300_000.0);
    ada.mirror().take_told();
    ada.engine.clocks_changed();
    assert_eq!(ada.keys(), Vec::<String>::new());
    assert_eq!(ada.mirror().take_told(), [format!("workflow:{workflow}")]);
    world.quiesce();
}

#[test]
fn an_unused_entry_expires_by_itself() {
    let (world, ada, workflow) = with_workflow();
    ada.does("getWorkflow", json!([workflow]));
    ada.call_with(Options { ttl_ms: Some(1_000.0), ..Options::default() }, "getWorkflows", json!([ada.id()]))
        .value();
    world.pass(301_000.0);
    assert_eq!(ada.mirror().keys(), Vec::<String>::new());
    assert_eq!(ada.engine.stats().0.expirations, 2.0);
}

#[test]
fn a_call_may_set_the_lifetime_of_its_entry() {
    let (world, ada, workflow) = with_workflow();
    let brief = Options { ttl_ms: Some(1_000.0), ..Options::default() };
    ada.call_with(brief, "getWorkflow", json!([workflow])).value();
    world.pass(999.0);
    assert!(!asks(&world, &ada, &workflow));
    world.pass(1.0);
    assert!(asks(&world, &ada, &workflow));
}

#[test]
fn a_stale_entry_answers_at_once_and_is_refreshed_once() {
    let (world, ada, workflow) = with_workflow();
    ada.configure(|settings| settings.cache.stale_ms = Some(10_000.0));
    ada.does("getWorkflow", json!([workflow]));
    world.server().change("workflows", &workflow, json!({"name": "B"}));
    world.take_requests();
    world.pass(9_999.0);
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
    assert_eq!(world.count_requests(), 0);
    world.pass(1.0);
    let now_ms = world.now_ms();
    let reads: Vec<_> = (0..5).map(|_| ada.call("getWorkflow", json!([workflow]))).collect();
    for read in reads {
        assert_eq!(read.value().text("name"), "A");
    }
    assert_eq!(world.now_ms(), now_ms, "nobody waited");
    world.pass(100.0);
    assert_eq!(world.count_requests(), 1);
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "B");
}

#[test]
fn a_failed_refresh_keeps_the_entry_and_is_retried() {
    let (world, ada, workflow) = with_workflow();
    ada.configure(|settings| settings.cache.stale_ms = Some(10_000.0));
    ada.does("getWorkflow", json!([workflow]));
    world.pass(20_000.0);
    world.network().once("GET workflows", crate::support::Fault::Refused(403, "42501"));
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "A");
    world.pass(1_000.0);
    world.server().change("workflows", &workflow, json!({"name": "B"}));
    ada.does("getWorkflow", json!([workflow]));
    world.pass(1_000.0);
    assert_eq!(ada.does("getWorkflow", json!([workflow])).text("name"), "B");
}

#[test]
fn observers_are_notified_exactly_when_an_entry_changes() {
    let (world, ada, workflow) = with_workflow();
    let other = world.server().add("workflows", json!({"user_id": ada.id(), "name": "other"}));
    let (key, other_key) = (format!("workflow:{workflow}"), format!("workflow:{other}"));
    ada.does("getWorkflow", json!([workflow]));
    assert_eq!(ada.mirror().take_told(), [key.as_str()]);
    ada.does("getWorkflow", json!([workflow]));
    assert_eq!(ada.mirror().take_told(), Vec::<String>::new(), "a hit is no change");
    let fresh = Options { fresh: true, ..Options::default() };
    ada.call_with(fresh, "getWorkflow", json!([workflow])).value();
    assert_eq!(ada.mirror().take_told(), Vec::<String>::new(), "equal rows are no change");
    ada.does("getWorkflow", json!([other]));
    ada.does("updateWorkflow", json!([workflow, {"name": "B"}]));
    assert_eq!(ada.mirror().take_told(), [other_key, key.clone()], "only the one that changed");
    ada.engine.invalidate(&key);
    assert_eq!(ada.mirror().take_told(), [key.as_str()]);
    ada.engine.invalidate(&key);
    assert_eq!(ada.mirror().take_told(), Vec::<String>::new(), "it is gone already");
}

#[test]
fn observers_of_a_missing_row_are_notified_when_it_appears() {
    let (_world, ada, workflow) = with_workflow();
    ada.does("updateWorkflow", json!([workflow, {"name": "B"}]));
    assert_eq!(ada.mirror().take_told(), [format!("workflow:{workflow}")]);
}

#[test]
fn observers_are_notified_when_another_user_signs_in() {
    let (world, ada, workflow) = with_workflow();
    world.signed_in("bob");
    ada.does("getWorkflow", json!([workflow]));
    ada.mirror().take_told();
    ada.switch_to(Some("bob"));
    world.settle();
    assert_eq!(ada.mirror().take_told(), [format!("workflow:{workflow}")]);
}

#[test]
fn the_least_recently_used_entry_is_evicted_first_and_hits_in_the_package_count_as_use() {
    let (world, ada, _) = with_workflow();
    ada.configure(|settings| settings.cache.max_size = 3);
    let ids: Vec<String> = (0..4)
        .map(|n| world.server().add("workflows", json!({"user_id": ada.id(), "name": format!("{n}")})))
        .collect();
    for id in &ids[..3] {
        ada.does("getWorkflow", json!([id]));
    }
    // Answered by the copy in the package: the engine notices this only when it asks.
    ada.does("getWorkflow", json!([ids[0]]));
    ada.does("getWorkflow", json!([ids[3]]));
    let mut expected: Vec<String> = [0, 2, 3].iter().map(|n| format!("workflow:{}", ids[*n])).collect();
    expected.sort_unstable();
    assert_eq!(ada.keys(), expected);
    assert_eq!(ada.mirror().keys(), expected);
    assert_eq!(ada.engine.stats().0.evictions, 1.0);
}

#[test]
fn copies_answer_exactly_as_long_as_the_entry_lives_by_either_clock() {
    let (world, ada, workflow) = with_workflow();
    world.pass(10_000.0);
    let stored_wall_ms = ada.sim().now().wall_ms + 20.0;
    ada.does("getWorkflow", json!([workflow]));
    let key = format!("workflow:{workflow}");
    assert_eq!(ada.mirror().until_wall_ms(&key), Some(stored_wall_ms + 300_000.0));
    world.pass(50_000.0);
    for (skew_ms, until_wall_ms) in [
        (0.0, stored_wall_ms + 300_000.0),
        (100_000.0, stored_wall_ms + 300_000.0),
        (-100_000.0, stored_wall_ms - 100_000.0 + 300_000.0),
    ] {
        ada.sim().wall_skew_ms.set(skew_ms);
        ada.engine.clocks_changed();
        assert_eq!(ada.mirror().until_wall_ms(&key), Some(until_wall_ms), "{skew_ms}");
    }
}

#[test]
fn entries_that_expire_in_quick_succession_are_removed_together() {
    let (world, ada, _) = with_workflow();
    for number in 0..10 {
        ada.engine.set(&format!("number:{number}"), json!([]).into(), Some(f64::from(number) * 50.0 + 1.0));
    }
    ada.mirror().take_told();
    world.pass(999.0);
    assert_eq!(ada.mirror().take_told(), Vec::<String>::new());
    world.pass(1.0);
    assert_eq!(ada.mirror().take_told().len(), 10);
}
