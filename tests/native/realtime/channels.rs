//! Channels: joining, readiness, refusals, losses, leaving.

use super::rig::{every_change, granted, topic, Manners, Rig, Sent, GOOD};
use serde_json::json;
use workflow_db::data::{Data, Value};
use workflow_db::query::Comparison;
use workflow_db::realtime::{Binding, Vsn};
use workflow_db::time::{JOIN_TIMEOUT_MS, READY_TIMEOUT_MS};

const MUTE: Manners = Manners { joins: false, ..GOOD };
const BAD: &str = "{:error, \"invalid column for filter nope\"}";

#[test]
fn a_join_has_the_same_payload_as_the_official_client() {
    let mut rig = Rig::new(MUTE);
    let value = "\"q\" \\ 😀\u{1}\n";
    let filter = Some(Comparison::equal("name", value));
    let filtered = Binding { event: "DELETE", table: "workflows", filter };
    rig.open_with(7, vec![every_change("workflow_nodes"), filtered]);
    let config = json!({
        "broadcast": {"ack": false, "self": false},
        "presence": {"key": "", "enabled": false},
        "postgres_changes": [
            {"event": "*", "schema": "public", "table": "workflow_nodes"},
            {"event": "DELETE", "schema": "public", "table": "workflows", "filter": format!("name=eq.{value}")},
        ],
        "private": false,
    });
    let join = rig.last("phx_join");
    assert_eq!(join.payload, json!({"config": config}));
    assert_eq!(join.join_ref, Some(join.reference));
}

#[test]
fn a_channel_is_ready_after_the_system_message_and_not_after_the_reply() {
    for vsn in [Vsn::V1, Vsn::V2] {
        let mut rig = Rig::speaking(vsn, MUTE);
        rig.open(1);
        rig.told();
        rig.accept(1);
        rig.wait(29_000.0);
        assert_eq!(rig.told(), ["heartbeat phoenix"]);
        rig.subscribed(1);
        rig.subscribed(1);
        assert_eq!(rig.told(), ["ready 1", "ready 1"]);
    }
}

#[test]
fn opening_a_channel_twice_changes_nothing() {
    let mut rig = Rig::live();
    rig.open_with(1, vec![every_change("workflow_nodes")]);
    assert!(rig.told().is_empty());
}

#[test]
fn a_join_without_a_reply_is_repeated() {
    let mut rig = Rig::live();
    rig.manners = MUTE;
    rig.open(2);
    rig.wait(JOIN_TIMEOUT_MS + 501.0);
    assert_eq!(rig.told(), ["join wdb-2", "failing 2 TIMEOUT", "join wdb-2"]);
}

#[test]
fn a_join_whose_timer_was_late_gets_more_time_once() {
    let mut rig = Rig::live();
    rig.manners = MUTE;
    rig.open(2);
    rig.told();
    rig.pass(60_000.0);
    rig.fire();
    assert_eq!(rig.told(), ["heartbeat phoenix"]);
    rig.pass(60_000.0);
    rig.fire();
    rig.wait(501.0);
    assert_eq!(rig.told(), ["heartbeat phoenix", "failing 2 TIMEOUT", "join wdb-2"]);
}

#[test]
fn unsent_frames_are_not_sent_on_the_next_socket() {
    let mut rig = Rig::live();
    let step = rig.step();
    rig.session.open(step, 2, vec![every_change("workflows")]);
    rig.closed();
    assert_eq!(rig.told(), ["down 1"]);
}

#[test]
fn a_channel_that_never_gets_ready_is_joined_again() {
    let mut rig = Rig::new(MUTE);
    rig.open(1);
    rig.accept(1);
    rig.wait(READY_TIMEOUT_MS - 1.0);
    assert_eq!(rig.count("phx_join"), 1);
    rig.wait(502.0);
    assert_eq!(rig.count("phx_join"), 2);
}

#[test]
fn replies_to_an_earlier_join_are_ignored() {
    for vsn in [Vsn::V1, Vsn::V2] {
        let mut rig = Rig::speaking(vsn, MUTE);
        rig.open(1);
        let first = rig.last("phx_join");
        rig.wait(JOIN_TIMEOUT_MS + 501.0);
        rig.told();
        rig.reply(&first, "error", json!({"reason": "late"}));
        rig.accept(1);
        // As in the recording duplicate-topic-join: first the new reply, then the end of the old join.
        rig.server_closes(1, &first.reference);
        rig.reply(&first, "error", json!({"reason": "later"}));
        rig.subscribed(1);
        assert_eq!(rig.told(), ["ready 1"]);
        let current = rig.join_ref(1);
        rig.server_closes(1, &current);
        assert_eq!(rig.told(), ["down 1"]);
    }
}

#[test]
fn a_closed_channel_is_joined_again() {
    let mut rig = Rig::live();
    let join_ref = rig.join_ref(1);
    rig.server_closes(1, &join_ref);
    rig.wait(501.0);
    assert_eq!(rig.told(), ["down 1", "join wdb-1", "ready 1"]);
    let frame = rig.frame(None, None, &topic(1), "phx_error", json!({}));
    rig.hear(frame);
    rig.wait(1_001.0);
    assert_eq!(rig.told(), ["down 1", "join wdb-1", "ready 1"]);
}

#[test]
fn a_refusal_is_reported_once_until_it_changes() {
    let mut rig = Rig::new(MUTE);
    rig.open(1);
    rig.accept(1);
    rig.told();
    for _ in 0..5 {
        rig.system(1, "postgres_changes", "error", BAD);
    }
    rig.system(1, "postgres_changes", "error", "another");
    assert_eq!(rig.told(), [format!("refused 1: {BAD}"), "refused 1: another".to_owned()]);
    rig.subscribed(1);
    assert_eq!(rig.told(), ["ready 1"]);
}

#[test]
fn a_refused_channel_joins_again_with_growing_delays() {
    let mut rig = Rig::new(MUTE);
    let mut joins = Vec::new();
    rig.open(1);
    while rig.now.monotonic_ms < 1_000_000.0 + 3_600_000.0 {
        if rig.count("phx_join") > joins.len() {
            joins.push(rig.now.monotonic_ms);
            rig.accept(1);
            rig.system(1, "postgres_changes", "error", BAD);
        }
        rig.wait(1_000.0);
    }
    let gaps: Vec<f64> = joins.windows(2).map(|pair| ((pair[1] - pair[0]) / 1_000.0).round()).collect();
    assert_eq!(gaps, [60.0, 120.0, 240.0, 480.0, 600.0, 600.0, 600.0, 600.0]);
    let refusals = rig.told().iter().filter(|told| told.starts_with("refused")).count();
    assert_eq!(refusals, 1);
    rig.manners = GOOD;
    rig.wait(601_000.0);
    assert!(rig.told().contains(&"ready 1".to_owned()));
}

#[test]
fn at_most_fifty_joins_are_sent_per_second() {
    let mut rig = Rig::new(GOOD);
    let mut times = Vec::new();
    for channel in 0..200 {
        rig.open(channel);
    }
    while times.len() < 200 {
        times.resize(rig.count("phx_join"), rig.now.monotonic_ms);
        rig.wait(1.0);
    }
    assert!(times.windows(51).all(|window| window[50] - window[0] >= 1_000.0), "{times:?}");
    let took_ms = times[199] - times[0];
    assert!((4_000.0..6_000.0).contains(&took_ms), "{took_ms}");
}

#[test]
fn a_join_rate_limit_does_not_request_a_token_and_is_retried_later() {
    let mut rig = Rig::live();
    rig.manners = MUTE;
    for reason in ["Too many joins per second", "Too many channels"] {
        let joins = rig.count("phx_join");
        rig.open(2);
        rig.told();
        rig.refuse_join(2, reason);
        assert!(rig.told().is_empty());
        rig.wait(2_000.0);
        assert!(rig.count("phx_join") > joins);
    }
    rig.manners = GOOD;
    rig.wait(JOIN_TIMEOUT_MS + 30_000.0);
    // As in the recording rate-limits: the reply is ok, and the channel closes in the same millisecond.
    let join_ref = rig.join_ref(2);
    rig.told();
    rig.system(2, "system", "error", "Too many messages per second");
    rig.server_closes(2, &join_ref);
    assert_eq!(rig.told(), ["down 2"]);
    rig.wait(30_000.0);
    assert!(rig.told().contains(&"ready 2".to_owned()));
}

#[test]
fn a_channel_that_the_server_forgot_is_joined_again() {
    let mut rig = Rig::live();
    let newer = super::rig::token("two", rig.now.wall_ms + 3_600_000.0);
    rig.hand_token(Ok(Some(newer)));
    let push = rig.last("access_token");
    rig.told();
    rig.reply(&push, "error", json!({"reason": "unmatched topic"}));
    rig.wait(501.0);
    assert_eq!(rig.told(), ["down 1", "join wdb-1", "ready 1"]);
}

#[test]
fn a_reply_with_other_bindings_than_requested_is_a_failure() {
    let mut rig = Rig::new(MUTE);
    rig.open(1);
    let join = rig.last("phx_join");
    rig.told();
    rig.reply(&join, "ok", json!({"postgres_changes": []}));
    rig.wait(501.0);
    assert_eq!(rig.told(), ["join wdb-1"]);
}

#[test]
fn nothing_is_reported_for_a_closed_channel() {
    let mut rig = Rig::live();
    let step = rig.step();
    let payload = json!({"ids": [100], "data": {"type": "INSERT", "table": "workflows", "record": {}}});
    let frame = rig.frame(None, None, &topic(1), "postgres_changes", payload);
    // Closed between the frame and its report.
    rig.session.handle_frame(step, &crate::support::Json::from(frame.clone()));
    let join_ref = rig.join_ref(1);
    rig.close(1);
    rig.hear(frame);
    rig.server_closes(1, &join_ref);
    assert_eq!(rig.told(), ["leave wdb-1"]);
    assert_eq!(rig.last("phx_leave").join_ref, Some(join_ref));
}

#[test]
fn a_change_is_reported_to_the_bindings_that_match_it() {
    let mut rig = Rig::new(GOOD);
    let deletes = Binding { event: "DELETE", ..every_change("workflows") };
    rig.open_with(1, vec![every_change("workflows"), deletes, every_change("workflow_nodes")]);
    rig.told();
    let data =
        |kind: &str| json!({"type": kind, "table": "workflows", "record": {"id": "a"}, "errors": null});
    rig.change(1, &[101.0, 100.0], data("INSERT"));
    rig.change(1, &[101.0, 100.0], data("DELETE"));
    rig.change(1, &[102.0], data("UPDATE"));
    // Some servers apply `event`, others do not. The kind of the change decides.
    rig.change(1, &[101.0], data("UPDATE"));
    rig.change(1, &[999.0], data("INSERT"));
    rig.change(1, &[100.0], data("TRUNCATE"));
    assert_eq!(rig.told(), ["insert 1 [0]", "delete 1 [0, 1]", "update 1 [2]"]);
    let (_, _, incoming) = &rig.changes[0];
    assert_eq!(incoming.table, "workflows");
    let record = incoming.record.as_ref().expect("a record");
    assert_eq!(record.column("id"), Value::Text("a".to_owned()));
    assert!(!incoming.has_errors && incoming.old.is_none() && incoming.commit_timestamp.is_none());
}

#[test]
fn a_readiness_message_counts_only_for_the_accepted_join() {
    let mut rig = Rig::new(MUTE);
    rig.open(1);
    rig.told();
    rig.subscribed(1);
    rig.accept(1);
    let payload = json!({"extension": "postgres_changes", "status": "ok"});
    let foreign = rig.frame(Some("0"), None, &topic(1), "system", payload);
    rig.hear(foreign);
    assert!(rig.told().is_empty());
    rig.subscribed(1);
    assert_eq!(rig.told(), ["ready 1"]);
}

#[test]
fn only_the_reply_to_a_join_accepts_it() {
    let mut rig = Rig::new(MUTE);
    rig.open(1);
    let join = rig.last("phx_join");
    let other = Sent { reference: "0".to_owned(), ..join.clone() };
    rig.told();
    rig.reply(&other, "ok", granted(&join));
    rig.subscribed(1);
    assert!(rig.told().is_empty());
}

#[test]
fn a_repeated_join_reply_does_not_affect_a_live_channel() {
    let mut rig = Rig::live();
    rig.accept(1);
    rig.wait(READY_TIMEOUT_MS + 1_000.0);
    assert_eq!(rig.count("phx_join"), 1);
}

#[test]
fn an_ok_system_message_does_not_end_a_channel() {
    let mut rig = Rig::live();
    rig.system(1, "system", "ok", "all is well");
    assert!(rig.told().is_empty());
}

#[test]
fn the_delay_after_a_refusal_has_jitter() {
    let mut rig = Rig::new(MUTE);
    rig.random = Box::new(|| 0.25);
    rig.open(1);
    rig.accept(1);
    rig.system(1, "postgres_changes", "error", BAD);
    rig.wait(44_999.0);
    assert_eq!(rig.count("phx_join"), 1);
    rig.wait(1.0);
    assert_eq!(rig.count("phx_join"), 2);
}

#[test]
fn a_channel_that_was_live_for_ten_seconds_rejoins_quickly() {
    let mut rig = Rig::live();
    for _ in 0..4 {
        rig.wait(10_000.0);
        let join_ref = rig.join_ref(1);
        rig.told();
        rig.server_closes(1, &join_ref);
        rig.wait(500.0);
        assert_eq!(rig.told(), ["down 1", "join wdb-1", "ready 1"]);
    }
}

#[test]
fn a_join_whose_timer_was_late_gets_the_same_time_again() {
    let mut rig = Rig::live();
    rig.manners = MUTE;
    rig.open(2);
    rig.pass(60_000.0);
    rig.fire();
    rig.told();
    rig.wait(JOIN_TIMEOUT_MS - 1.0);
    assert!(rig.told().is_empty());
    rig.wait(1.0);
    assert_eq!(rig.told(), ["failing 2 TIMEOUT"]);
}

#[test]
fn ten_joins_are_sent_at_once_and_the_rest_one_by_one() {
    let mut rig = Rig::new(GOOD);
    for channel in 0..30 {
        rig.open(channel);
    }
    assert_eq!(rig.count("phx_join"), 10);
    rig.wait(24.0);
    assert_eq!(rig.count("phx_join"), 10);
    rig.wait(1.0);
    assert_eq!(rig.count("phx_join"), 11);
}

#[test]
fn a_join_contains_the_schema_that_was_configured_last() {
    let mut rig = Rig::new(MUTE);
    rig.session.configure("other".to_owned());
    rig.open(1);
    assert_eq!(rig.last("phx_join").payload["config"]["postgres_changes"][0]["schema"], "other");
}

#[test]
fn the_socket_url_contains_the_serialization_version() {
    assert_eq!([Vsn::V1, Vsn::V2].map(Vsn::parameter), ["1.0.0", "2.0.0"]);
}
