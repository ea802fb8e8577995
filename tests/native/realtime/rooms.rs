//! A room from the perspective of one client.
//!
//! All tests are in one file because each rule of a room depends on the others: who is listed, what is sent and when.

use super::rig::{token, Manners, Rig, GOOD, ROOM};
use serde_json::{json, Value};
use workflow_db::data::Data;
use workflow_db::realtime::{is_event_name, OwnState, Presence, MAX_STATE_BYTES};
use workflow_db::time::{REFUSED_BACKOFF, TRACK_GAP_MS};

const DENIED: &str = "Unauthorized: You do not have permissions to read from this Channel topic: workflow:a";

/// A client alone in the room, with all reports taken.
pub fn inside() -> Rig {
    let mut rig = Rig::new(GOOD);
    rig.open_room(1);
    rig.hear_in_room("presence_state", json!({}));
    rig.wait(20.0);
    rig.told();
    rig
}

pub fn entry(reference: &str, tab: &str, at: u64, x: u64) -> Value {
    json!({"phx_ref": reference, "tab": tab, "name": "Bea", "since": 5, "at": at, "state": {"x": x}})
}

pub fn comes(rig: &mut Rig, user: &str, entry: &Value) {
    rig.hear_in_room("presence_diff", json!({"joins": {user: {"metas": [entry]}}, "leaves": {}}));
}

pub fn leaves(rig: &mut Rig, user: &str, entry: &Value) {
    rig.hear_in_room("presence_diff", json!({"joins": {}, "leaves": {user: {"metas": [entry]}}}));
}

pub fn shows(rig: &mut Rig, tab: &str, at: u64, x: u64) {
    let payload = json!({"tab": tab, "at": at, "state": {"x": x}});
    rig.hear_in_room(
        "broadcast",
        json!({"type": "broadcast", "event": "workflow-db:state", "payload": payload}),
    );
}

/// What was reported within one screen frame.
pub fn told(rig: &mut Rig) -> Vec<String> {
    rig.wait(20.0);
    rig.told()
}

/// The broadcast states.
fn shown(rig: &Rig) -> Vec<Value> {
    let broadcasts = rig.sent.iter().filter(|sent| sent.event == "broadcast");
    broadcasts.map(|sent| sent.payload["payload"]["state"].clone()).collect()
}

#[test]
fn a_room_is_a_private_channel_with_the_user_as_the_key_of_its_presence() {
    let mut rig = Rig::new(GOOD);
    rig.token = Some(token("jwt", rig.now.wall_ms + 1e9));
    rig.open_room(1);
    let join = rig.last("phx_join");
    assert_eq!(join.topic, ROOM);
    let config = json!({
        "broadcast": {"ack": false, "self": false}, "presence": {"key": "ada", "enabled": true},
        "postgres_changes": [], "private": true,
    });
    assert_eq!(join.payload, json!({"config": config, "access_token": "jwt"}));
    assert_eq!(rig.told(), ["ask", "connect", "join workflow:a", "ready 1", "presence workflow:a"]);
}

#[test]
fn a_client_enters_the_presence_after_each_join() {
    let mut rig = inside();
    let first = rig.last("presence").payload;
    let payload = json!({
        "name": "Ada", "since": 1_795_000_000_000_u64, "tab": "ada-1", "at": 1_795_000_000_000_u64,
        "state": {"x": 0},
    });
    assert_eq!(first, json!({"type": "presence", "event": "track", "payload": payload}));
    rig.show(1, &json!({"x": 7}));
    rig.closed();
    rig.wait(10_000.0);
    let second = rig.last("presence").payload["payload"].clone();
    assert_eq!((&second["tab"], &second["since"]), (&payload["tab"], &payload["since"]));
    assert_eq!(second["state"], json!({"x": 7}));
    assert_eq!(rig.last("presence").join_ref.as_deref(), Some(&*rig.last("phx_join").reference));
}

#[test]
fn a_person_with_two_tabs_is_listed_once_with_the_latest_state() {
    let mut rig = inside();
    let (one, two) = (entry("r1", "bea-1", 10, 1), entry("r2", "bea-2", 20, 2));
    comes(&mut rig, "bea", &one);
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":1}]"#]);
    comes(&mut rig, "bea", &two);
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":2}]"#]);
    shows(&mut rig, "bea-1", 30, 3);
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":3}]"#]);
    leaves(&mut rig, "bea", &one);
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":2}]"#]);
    leaves(&mut rig, "bea", &two);
    assert_eq!(told(&mut rig), ["others 1 []"]);
}

#[test]
fn the_user_s_own_tabs_are_not_listed() {
    let mut rig = inside();
    comes(&mut rig, "ada", &entry("r1", "ada-2", 10, 1));
    assert_eq!(told(&mut rig), [""; 0]);
}

#[test]
fn a_tab_that_changes_its_state_neither_leaves_nor_arrives_twice() {
    let mut rig = inside();
    let (before, after) = (entry("r1", "bea-1", 10, 1), entry("r2", "bea-1", 20, 2));
    comes(&mut rig, "bea", &before);
    told(&mut rig);
    let update = json!({"joins": {"bea": {"metas": [after]}}, "leaves": {"bea": {"metas": [before]}}});
    rig.hear_in_room("presence_diff", update);
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":2}]"#]);
    leaves(&mut rig, "bea", &after);
    assert_eq!(told(&mut rig), ["others 1 []"]);
}

#[test]
fn a_reconnected_tab_stays_when_the_server_drops_its_dead_connection() {
    for is_new_listed_first in [true, false] {
        let mut rig = inside();
        let (old, new) = (entry("r1", "bea-1", 10, 1), entry("r2", "bea-1", 10, 1));
        let metas = if is_new_listed_first { [&new, &old] } else { [&old, &new] };
        rig.hear_in_room("presence_state", json!({"bea": {"metas": metas}}));
        assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":1}]"#]);
        leaves(&mut rig, "bea", &old);
        assert_eq!(told(&mut rig), [""; 0]);
        leaves(&mut rig, "bea", &new);
        assert_eq!(told(&mut rig), ["others 1 []"]);
    }
}

#[test]
fn people_stay_listed_during_a_reconnection_and_appear_once_afterwards() {
    let mut rig = inside();
    comes(&mut rig, "bea", &entry("r1", "bea-1", 10, 1));
    shows(&mut rig, "bea-1", 20, 2);
    comes(&mut rig, "cid", &entry("r2", "cid-1", 10, 1));
    told(&mut rig);
    rig.closed();
    rig.wait(10_000.0);
    let everybody = json!({"bea": {"metas": [entry("r1", "bea-1", 10, 1)]}});
    assert!(!rig.told().iter().any(|told| told.starts_with("others")));
    rig.hear_in_room("presence_state", everybody);
    // Cid left in the meantime. Bea's last state had already been received.
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":2}]"#]);
}

#[test]
fn a_difference_that_arrives_before_the_presence_is_applied() {
    let mut rig = Rig::new(GOOD);
    rig.open_room(1);
    let (bea, cid) = (entry("r1", "bea-1", 10, 1), entry("r2", "cid-1", 10, 1));
    leaves(&mut rig, "bea", &bea);
    comes(&mut rig, "cid", &cid);
    rig.told();
    assert_eq!(told(&mut rig), [""; 0]);
    rig.hear_in_room("presence_state", json!({"bea": {"metas": [bea]}}));
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":1}]"#]);
}

#[test]
fn a_state_is_sent_at_most_twenty_times_a_second_and_the_last_one_arrives() {
    let mut rig = inside();
    let start_ms = rig.now.monotonic_ms;
    let mut sent_ms = Vec::new();
    for x in 1..=3_000 {
        rig.show(1, &json!({"x": x}));
        sent_ms.resize(shown(&rig).len(), rig.now.monotonic_ms - start_ms);
        rig.wait(1.0);
        sent_ms.resize(shown(&rig).len(), rig.now.monotonic_ms - start_ms);
    }
    assert!(sent_ms.windows(21).all(|window| window[20] - window[0] >= 1_000.0), "{sent_ms:?}");
    assert!((58..=61).contains(&sent_ms.len()), "{}", sent_ms.len());
    rig.wait(50.0);
    assert_eq!(shown(&rig).last(), Some(&json!({"x": 3_000})));
    let at: Vec<u64> = rig
        .sent
        .iter()
        .filter(|sent| sent.event == "broadcast")
        .map(|sent| sent.payload["payload"]["at"].as_u64().expect("a time"))
        .collect();
    assert!(at.windows(2).all(|pair| pair[0] < pair[1]), "{at:?}");
}

#[test]
fn a_new_state_is_sent_at_once_and_an_equal_one_not_at_all() {
    let mut rig = inside();
    rig.show(1, &json!({"x": 1}));
    assert_eq!(shown(&rig), [json!({"x": 1})]);
    rig.show(1, &json!({"x": 1}));
    rig.wait(60.0);
    assert_eq!(shown(&rig).len(), 1);
}

#[test]
fn the_later_state_wins_even_if_a_clock_was_set_back() {
    let mut rig = inside();
    rig.show(1, &json!({"x": 1}));
    rig.now.wall_ms -= 3_600_000.0;
    rig.wait(60.0);
    rig.show(1, &json!({"x": 2}));
    let at = |place: usize| {
        let sent = rig.sent.iter().filter(|sent| sent.event == "broadcast").nth(place);
        sent.expect("a broadcast").payload["payload"]["at"].as_f64()
    };
    assert!(at(0) < at(1));
}

/// Hosted servers close a channel at the sixth update in 30 seconds.
#[test]
fn the_presence_is_updated_every_ten_seconds_at_most_and_contains_the_last_state() {
    let mut rig = inside();
    for x in 0..600 {
        rig.show(1, &json!({"x": x}));
        rig.wait(100.0);
    }
    let tracked = rig.count("presence");
    assert!((5..=7).contains(&tracked), "{tracked}");
    rig.wait(TRACK_GAP_MS);
    assert_eq!(rig.last("presence").payload["payload"]["state"], json!({"x": 599}));
}

#[test]
fn a_person_who_joins_receives_a_state_that_is_not_in_the_presence_yet() {
    let mut rig = inside();
    comes(&mut rig, "bea", &entry("r1", "bea-1", 10, 1));
    rig.wait(100.0);
    assert_eq!(shown(&rig), [json!(null); 0]);
    rig.show(1, &json!({"x": 1}));
    rig.wait(100.0);
    comes(&mut rig, "cid", &entry("r2", "cid-1", 10, 1));
    assert_eq!(shown(&rig), [json!({"x": 1}), json!({"x": 1})]);
    // Once it does, nothing more is sent.
    rig.wait(TRACK_GAP_MS);
    comes(&mut rig, "dan", &entry("r3", "dan-1", 10, 1));
    rig.wait(100.0);
    assert_eq!(shown(&rig).len(), 2);
}

#[test]
fn people_are_reported_once_per_screen_frame_at_most() {
    let mut rig = inside();
    for tab in 0..50 {
        comes(&mut rig, &format!("user-{tab}"), &entry(&format!("r{tab}"), &format!("t{tab}"), 1, 0));
    }
    rig.told();
    for at in 2..1_002_u64 {
        for tab in 0..50 {
            shows(&mut rig, &format!("t{tab}"), at, at);
        }
        rig.wait(1.0);
    }
    let tellings = rig.told().len();
    assert!((55..=64).contains(&tellings), "{tellings}");
    rig.wait(20.0);
    assert!(rig.others[&1].iter().all(|member| member.state.to_value() == json!({"x": 1_001})));
}

#[test]
fn an_unchanged_member_keeps_the_same_state_object() {
    let mut rig = inside();
    comes(&mut rig, "bea", &entry("r1", "bea-1", 10, 1));
    told(&mut rig);
    let before = rig.others[&1][0].state.clone();
    comes(&mut rig, "cid", &entry("r2", "cid-1", 10, 2));
    told(&mut rig);
    // The same state again, beside a change.
    shows(&mut rig, "bea-1", 20, 1);
    shows(&mut rig, "cid-1", 20, 3);
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":1}, Bea {"x":3}]"#]);
    let bea = rig.others[&1].iter().find(|member| member.user_id == "bea").expect("she is there");
    assert!(bea.state.is_same(&before));
}

#[test]
fn people_are_sorted_by_arrival_and_each_has_a_color() {
    let mut rig = inside();
    let came = |since: u64, tab: &str| json!({"phx_ref": tab, "tab": tab, "name": tab, "since": since, "at": 1, "state": {}});
    for (user, since) in [("eve", 30), ("bea", 20), ("dan", 20), ("cid", 10)] {
        comes(&mut rig, user, &came(since, user));
    }
    told(&mut rig);
    let members = &rig.others[&1];
    let names: Vec<&str> = members.iter().map(|member| &*member.user_id).collect();
    assert_eq!(names, ["cid", "bea", "dan", "eve"]);
    let colors: Vec<&str> = members.iter().map(|member| member.color).collect();
    rig.closed();
    rig.wait(10_000.0);
    rig.hear_in_room("presence_state", json!({"bea": {"metas": [came(99, "bea")]}}));
    told(&mut rig);
    assert_eq!(rig.others[&1][0].color, colors[1]);
    assert!(colors.iter().any(|color| *color != colors[0]), "{colors:?}");
}

#[test]
fn a_refusal_is_reported_at_once_and_retried_with_growing_delays() {
    let mut rig = Rig::new(Manners { joins: false, ..GOOD });
    rig.open_room(1);
    rig.told();
    let join = rig.last("phx_join");
    rig.reply(&join, "error", json!({"reason": DENIED}));
    assert_eq!(rig.told(), [format!("refused 1: {DENIED}")]);
    for _ in 0..20 {
        let before = rig.count("phx_join");
        while rig.count("phx_join") == before {
            rig.wait(1_000.0);
        }
        let join = rig.last("phx_join");
        rig.reply(&join, "error", json!({"reason": DENIED}));
    }
    assert_eq!(rig.told().iter().filter(|told| told.starts_with("refused")).count(), 0);
    let before = rig.count("phx_join");
    rig.wait(REFUSED_BACKOFF.max_ms / 2.0 - 1.0);
    assert_eq!(rig.count("phx_join"), before);
    // Access was granted in the meantime.
    rig.manners = GOOD;
    rig.wait(REFUSED_BACKOFF.max_ms * 1.5);
    assert!(rig.told().contains(&"ready 1".to_owned()));
}

#[test]
fn a_new_token_is_tried_at_once_after_a_refusal() {
    let mut rig = Rig::new(Manners { joins: false, ..GOOD });
    rig.token = Some(token("stranger", rig.now.wall_ms + 1e9));
    rig.open_room(1);
    let join = rig.last("phx_join");
    rig.reply(&join, "error", json!({"reason": DENIED}));
    let joins = rig.count("phx_join");
    let member = token("member", rig.now.wall_ms + 1e9);
    rig.hand_token(Ok(Some(member)));
    rig.wait(100.0);
    assert_eq!(rig.count("phx_join"), joins + 1);
    assert_eq!(rig.last("phx_join").payload["access_token"], json!("member"));
}

#[test]
fn no_one_is_listed_after_access_ends() {
    let mut rig = inside();
    comes(&mut rig, "bea", &entry("r1", "bea-1", 10, 1));
    told(&mut rig);
    let reason = "You no longer have permission to read from this Channel topic: workflow:a";
    let payload =
        json!({"extension": "system", "status": "error", "message": reason, "channel": "workflow:a"});
    rig.hear_in_room("system", payload);
    assert_eq!(rig.told(), [format!("refused 1: {reason}"), "others 1 []".to_owned()]);
}

#[test]
fn no_one_is_listed_after_a_long_disconnection() {
    let mut rig = inside();
    comes(&mut rig, "bea", &entry("r1", "bea-1", 10, 1));
    told(&mut rig);
    rig.manners = Manners { connects: false, ..GOOD };
    rig.closed();
    rig.wait(30_000.0);
    let told = rig.told();
    let failing = told.iter().position(|told| told.starts_with("failing 1")).expect("failing");
    assert_eq!(told[failing + 1], "others 1 []");
}

#[test]
fn a_message_is_sent_only_while_the_room_is_joined() {
    let mut rig = inside();
    assert!(rig.send_message(1, "wave", &json!({"to": "all"})));
    let payload = json!({"type": "broadcast", "event": "wave", "payload": {"to": "all"}});
    assert_eq!(rig.last("broadcast").payload, payload);
    assert!(!rig.send_message(2, "wave", &json!(1)));
    rig.closed();
    assert!(!rig.send_message(1, "wave", &json!(1)));
}

#[test]
fn a_message_is_not_sent_before_the_server_lets_the_client_in() {
    let mut rig = Rig::new(Manners { joins: false, ..GOOD });
    rig.open_room(1);
    assert!(!rig.send_message(1, "wave", &json!(1)));
    assert_eq!(rig.count("broadcast"), 0);
}

#[test]
fn a_received_message_is_reported_with_any_payload() {
    let mut rig = inside();
    for payload in [json!({"a": 1}), json!(null), json!([1]), json!("text")] {
        rig.hear_in_room(
            "broadcast",
            json!({"type": "broadcast", "event": "wave", "payload": payload.clone()}),
        );
        assert_eq!(rig.told(), [format!("message 1 \"wave\" {payload}")]);
    }
}

#[test]
fn a_room_that_was_left_reports_nothing_and_can_be_joined_again() {
    let mut rig = inside();
    rig.close(1);
    assert_eq!(rig.last("phx_leave").topic, ROOM);
    rig.open_room(2);
    rig.told();
    comes(&mut rig, "bea", &entry("r1", "bea-1", 10, 1));
    rig.hear_in_room("presence_state", json!({}));
    assert_eq!(told(&mut rig), [r#"others 2 [Bea {"x":1}]"#]);
}

#[test]
fn what_the_server_sent_for_an_earlier_join_is_not_reported() {
    let mut rig = inside();
    let earlier = rig.last("phx_join").reference;
    rig.close(1);
    rig.open_room(2);
    rig.hear_in_room("presence_state", json!({}));
    rig.told();
    let people = json!({"joins": {"bea": {"metas": [entry("r1", "bea-1", 10, 1)]}}, "leaves": {}});
    let frame = rig.frame(Some(&earlier), None, ROOM, "presence_diff", people);
    rig.hear(frame);
    assert_eq!(told(&mut rig), [""; 0]);
}

#[test]
fn entries_of_other_or_malicious_clients_are_shown_as_far_as_valid() {
    let mut rig = inside();
    let everybody = json!({
        "bea": {"metas": [{"phx_ref": "r1", "at": 1}]},
        "cid": {"metas": [{"phx_ref": "r2", "name": 7, "since": -1e300, "at": 1e300, "state": [1], "tab": {}}]},
        "dan": {"metas": "none"},
        "eve": 7,
    });
    rig.hear_in_room("presence_state", everybody);
    assert_eq!(told(&mut rig), ["others 1 [ {},  {}]"]);
    assert!(rig.others[&1].iter().all(|member| (0.0..=8.64e15).contains(&member.since_ms)));
    for payload in [json!(7), json!({"event": "workflow-db:state"}), json!({"joins": 1, "leaves": []})] {
        rig.hear_in_room("broadcast", payload.clone());
        rig.hear_in_room("presence_diff", payload.clone());
        rig.hear_in_room("presence_state", payload);
    }
}

#[test]
fn the_recorded_arrivals_and_departures_are_reported() {
    let mut presence = Presence::default();
    let text =
        include_str!("../../../examples/local-stack/test/fixtures/realtime/broadcast-presence-vsn1.jsonl");
    let mut seen = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let Some(data) = line["data"].as_str().filter(|_| line["dir"] == "in") else { continue };
        let frame = crate::support::Json::parse(data).expect("JSON");
        let payload = frame.child("payload").expect("a payload");
        match frame.column("event").text() {
            Some("presence_state") => presence.replace(&payload),
            Some("presence_diff") => drop(presence.apply(&payload)),
            _ => continue,
        }
        seen.push(
            presence.others("somebody else").iter().map(|member| member.user_id.clone()).collect::<Vec<_>>(),
        );
    }
    assert_eq!(seen, [vec![], vec!["me".to_owned()], vec![]]);
}

fn patch(members: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    members.iter().map(|(name, json)| ((*name).to_owned(), json.map(str::to_owned))).collect()
}

#[test]
fn a_patch_replaces_adds_and_removes_state_members() {
    let state = OwnState::default().merged(patch(&[("a", Some("1")), ("b", Some("{}"))])).expect("small");
    let state = state.merged(patch(&[("b", None), ("a", Some("null")), ("\"c", Some("[2]")), ("d", None)]));
    assert_eq!(state.expect("small").json(), r#"{"a":null,"\"c":[2]}"#);
}

#[test]
fn a_second_component_adds_only_missing_state_members() {
    let state = OwnState::default().merged(patch(&[("a", Some("1"))])).expect("small");
    let state = state.completed(patch(&[("a", Some("2")), ("b", Some("3"))])).expect("small");
    assert_eq!(state.json(), r#"{"a":1,"b":3}"#);
}

#[test]
fn a_state_of_more_than_a_kilobyte_is_refused() {
    // {"a":"…"}: 8 bytes in addition to the string, whose letters take two bytes each.
    let text = |letters: usize| format!("\"{}\"", "é".repeat(letters));
    let letters = (MAX_STATE_BYTES - 8) / 2;
    let state = OwnState::default();
    let full = state.merged(patch(&[("a", Some(&text(letters)))])).expect("it fits");
    assert_eq!(full.json().len(), MAX_STATE_BYTES);
    assert!(state
        .merged(patch(&[("a", Some(&text(letters + 1)))]))
        .expect_err("too large")
        .is("INVALID_INPUT"));
    assert!(full.merged(patch(&[("b", Some("1"))])).expect_err("too large in all").is("INVALID_INPUT"));
    assert!(full.merged(patch(&[("b", Some("1")), ("a", None)])).is_ok());
}

#[test]
fn the_package_s_own_event_name_is_reserved() {
    assert!(is_event_name("state") && !is_event_name("") && !is_event_name("workflow-db:state"));
}
