//! Writes on their way to the server, and answers.

use super::stored::{delete, insert, outage, refusal, text, update, update_if, Stored};
use serde_json::{json, Value};
use workflow_db::offline::Outbox;

#[test]
fn writes_are_sent_in_the_order_in_which_they_were_made() {
    let mut stored = Stored::default();
    stored.queue_all([delete("a 1"), update("b 2", json!({})), delete("a 3")]);
    let mut sent = Vec::new();
    while let Some(id) = stored.records.first().map(|record| record["id"].clone()) {
        let begun = stored.begin();
        assert_eq!(begun["id"], id);
        sent.push(text(&begun["plan"]["key"]).to_owned());
        assert_eq!(stored.settle(&begun, Value::Null), "done");
    }
    assert_eq!(sent, ["1", "2", "3"]);
    assert_eq!(stored.begin(), Value::Null);
}

#[test]
fn a_write_is_stored_as_being_sent_before_it_is_sent() {
    let mut stored = Stored::default();
    stored.queue(delete("a 1"));
    let begun = stored.begin();
    assert_eq!((&begun["attempt"], &begun["isResent"]), (&json!(1), &json!(false)));
    assert_eq!(stored.list(), ["delete a 1 sending"]);
    assert_eq!(stored.records[0]["attempts"], 1);
    assert_eq!(stored.view()["isSending"], true);
    stored.settle(&begun, outage());
    assert_eq!(stored.view()["isSending"], false);
}

#[test]
fn a_write_without_an_answer_is_sent_again_as_one_that_may_have_been_made() {
    let mut stored = Stored::default();
    stored.queue(insert("a 1", &[]));
    assert_eq!(stored.send(outage()), "retry");
    assert_eq!(stored.list(), ["insert a 1 pending"]);
    assert_eq!(stored.records[0]["error"], outage());
    let begun = stored.begin();
    assert_eq!((&begun["attempt"], &begun["isResent"]), (&json!(2), &json!(true)));
    assert_eq!(begun["plan"], insert("a 1", &[]));
}

#[test]
fn what_a_crashed_tab_was_sending_is_sent_again() {
    let mut stored = Stored::default();
    stored.queue_all([insert("a 1", &[]), insert("a 2", &[])]);
    let before = stored.begin();
    assert_eq!(stored.step(json!("recover")), Value::Null);
    assert_eq!(stored.list(), ["insert a 1 pending", "insert a 2 pending"]);
    let again = stored.begin();
    assert_eq!((&again["id"], &again["isResent"]), (&before["id"], &json!(true)));
}

#[test]
fn even_without_recovery_the_write_that_was_being_sent_comes_first() {
    let mut stored = Stored::default();
    stored.queue_all([insert("a 1", &[]), insert("a 2", &[])]);
    assert_eq!(stored.begin_row(), "a 1");
    assert_eq!(stored.begin_row(), "a 1");
}

#[test]
fn failures_that_pass_are_told_from_refusals() {
    let error = |code: &str, status: Option<u16>, retryable: bool| json!({"code": code, "message": "m", "status": status, "retryable": retryable});
    let outcomes = [
        (error("NETWORK", None, false), "retry"),
        (error("TIMEOUT", None, false), "retry"),
        (error("ABORTED", None, false), "retry"),
        (error("RETRY_EXHAUSTED", None, false), "retry"),
        (error("NOT_CONFIGURED", None, false), "retry"),
        (error("ENGINE_RESTARTED", None, true), "retry"),
        (error("UNKNOWN_ERROR", Some(500), false), "retry"),
        (error("UNKNOWN_ERROR", Some(503), false), "retry"),
        (error("UNKNOWN_ERROR", Some(429), false), "retry"),
        (error("UNKNOWN_ERROR", Some(408), false), "retry"),
        (error("PGRST301", Some(401), false), "retry"),
        (error("57014", Some(500), false), "refused"),
        (error("42501", Some(403), false), "refused"),
        (error("23505", Some(409), false), "refused"),
        (error("23514", Some(400), false), "refused"),
        (error("CONFLICT", None, false), "refused"),
        (error("NOT_FOUND", None, false), "refused"),
        (error("UNKNOWN_ERROR", Some(499), false), "refused"),
        (json!({"message": "no code"}), "refused"),
        (json!("no object"), "refused"),
    ];
    for (error, expected) in outcomes {
        let mut stored = Stored::default();
        stored.queue(delete("a 1"));
        assert_eq!(stored.send(error.clone()), expected, "{error}");
        assert_eq!(stored.records[0]["error"], error);
    }
}

#[test]
fn a_late_success_counts_whichever_attempt_it_answers() {
    let mut stored = Stored::default();
    stored.queue(insert("a 1", &[]));
    let first = stored.begin();
    stored.step(json!("recover"));
    let second = stored.begin();
    assert_eq!(stored.settle(&first, Value::Null), "done");
    assert_eq!(stored.list(), [""; 0]);
    assert_eq!(stored.settle(&second, outage()), "stale");
    assert_eq!(stored.settle(&second, Value::Null), "stale");
}

#[test]
fn a_late_failure_of_an_earlier_attempt_counts_for_nothing() {
    let mut stored = Stored::default();
    stored.queue(insert("a 1", &[]));
    let first = stored.begin();
    stored.step(json!("recover"));
    stored.begin();
    assert_eq!(stored.settle(&first, refusal()), "stale");
    assert_eq!(stored.list(), ["insert a 1 sending"]);
}

#[test]
fn a_late_success_of_a_refused_write_lets_the_blocked_ones_go_on() {
    let mut stored = Stored::default();
    stored.queue_all([insert("a 1", &[]), insert("b 2", &["a 1"])]);
    let first = stored.begin();
    stored.step(json!("recover"));
    assert_eq!(stored.send(refusal()), "refused");
    assert_eq!(stored.settle(&first, Value::Null), "done");
    assert_eq!(stored.list(), ["insert b 2 pending"]);
}

#[test]
fn an_answer_to_a_refused_write_is_not_counted_twice() {
    let mut stored = Stored::default();
    stored.queue(insert("a 1", &[]));
    let begun = stored.begin();
    assert_eq!(stored.settle(&begun, refusal()), "refused");
    assert_eq!(stored.settle(&begun, outage()), "stale");
    assert_eq!(stored.list(), ["insert a 1 failed"]);
}

#[test]
fn a_version_that_only_an_own_write_replaced_still_matches() {
    let mut stored = Stored::default();
    stored.queue(update_if("a 1", json!({"label": 1}), "v1"));
    let begun = stored.begin();
    stored.queue_all([
        update_if("a 1", json!({"label": 2}), "v1"),
        update_if("a 2", json!({"label": 2}), "v1"),
    ]);
    let settle = json!({"id": begun["id"], "attempt": 1, "error": null, "updatedAt": "v2"});
    assert_eq!(stored.step(json!({ "settle": settle })), "done");
    let versions: Vec<_> = stored.records.iter().map(|record| text(&record["plan"]["ifUpdatedAt"])).collect();
    assert_eq!(versions, ["v2", "v1"]);
}

#[test]
fn a_version_that_the_own_write_did_not_start_from_may_be_anothers() {
    for first in [update("a 1", json!({"label": 1})), update_if("a 1", json!({"label": 1}), "v0")] {
        let mut stored = Stored::default();
        stored.queue(first);
        let begun = stored.begin();
        stored.queue(update_if("a 1", json!({"label": 2}), "v1"));
        stored.queue(update("a 1", json!({"label": 3})));
        stored.step(json!({"settle": {"id": begun["id"], "attempt": 1, "error": null, "updatedAt": "v2"}}));
        assert_eq!(stored.records[0]["plan"]["ifUpdatedAt"], "v1");
    }
}

#[test]
fn a_version_of_a_row_that_was_just_created_is_that_of_the_server() {
    let mut stored = Stored::default();
    stored.queue(insert("a 1", &[]));
    let begun = stored.begin();
    stored.queue(update_if("a 1", json!({"label": 2}), "guessed"));
    stored.step(json!({"settle": {"id": begun["id"], "attempt": 1, "error": null, "updatedAt": "v1"}}));
    assert_eq!(stored.records[0]["plan"]["ifUpdatedAt"], "v1");
}

#[test]
fn writes_without_a_version_get_none() {
    let mut stored = Stored::default();
    stored.queue(insert("a 1", &[]));
    let begun = stored.begin();
    stored.queue(update("a 1", json!({"label": 2})));
    stored.step(json!({"settle": {"id": begun["id"], "attempt": 1, "error": null, "updatedAt": "v1"}}));
    assert_eq!(stored.records[0]["plan"]["ifUpdatedAt"], Value::Null);
}

#[test]
fn what_waits_or_is_being_sent_is_shown_in_order() {
    let mut stored = Stored::default();
    stored.queue_all([insert("a 1", &[]), delete("b 1"), insert("a 2", &[]), delete("b 2")]);
    stored.send(refusal());
    stored.begin();
    let view = stored.view();
    let writes = view["writes"].as_array().unwrap().iter();
    let shown: Vec<_> = writes
        .filter(|write| !write["overlay"].is_null())
        .map(|write| (text(&write["entry"]["id"]), write["place"].as_u64()))
        .collect();
    assert_eq!(shown, [("w2", Some(2)), ("w3", Some(3)), ("w4", Some(4))]);
}

#[test]
fn the_status_counts_and_lists_writes_without_their_values() {
    let mut stored = Stored::default();
    let [refused, ..] = stored.queue_all([
        insert("a 1", &[]),
        insert("b 2", &["a 1"]),
        update("c 3", json!({"label": "confidential"})),
        delete("d 4"),
    ]);
    stored.send(refusal());
    stored.begin();
    let view = stored.view();
    let counts = ["pending", "failed", "blocked", "isSending"].map(|name| view[name].clone());
    assert_eq!(counts, [json!(2), json!(1), json!(1), json!(true)]);
    let entries: Vec<_> = view["writes"].as_array().unwrap().iter().map(|write| &write["entry"]).collect();
    assert!(!format!("{entries:?}").contains("confidential"), "{entries:?}");
    let first = json!({"id": refused, "table": "a", "action": "insert", "rowId": "1", "createdAt": 1_000,
        "state": "failed", "attempts": 1, "error": refusal()});
    assert_eq!(*entries[0], first);
    let listed: Vec<_> = entries.iter().map(|entry| text(&entry["state"])).collect();
    assert_eq!(listed, ["failed", "blocked", "sending", "pending"]);
    assert_eq!(entries[1].get("error"), None);
}

#[test]
fn an_empty_outbox_has_a_view() {
    let empty = json!({"pending": 0, "failed": 0, "blocked": 0, "isSending": false, "writes": []});
    assert_eq!(Stored::default().view(), empty);
}

#[test]
fn what_is_no_record_and_no_input_is_refused() {
    let mut stored = Stored::default();
    stored.queue(delete("a 1"));
    for member in ["id", "seq", "scope", "plan", "createdAt", "state", "attempts"] {
        let mut record = stored.records[0].clone();
        record.as_object_mut().unwrap().remove(member);
        let records = json!([record]).to_string();
        let message = Outbox::parse(&records).unwrap_err().message.clone();
        assert_eq!(message, "records: expected records of the outbox", "without {member}");
    }
    for member in ["action", "table", "key", "refs", "body", "rest"] {
        let mut record = stored.records[0].clone();
        record["plan"].as_object_mut().unwrap().remove(member);
        assert!(Outbox::parse(&json!([record]).to_string()).is_err(), "without {member}");
    }
    for (member, wrong) in [("rowId", json!(1)), ("ifUpdatedAt", json!([])), ("action", json!("truncate"))] {
        let mut record = stored.records[0].clone();
        record["plan"][member] = wrong;
        assert!(Outbox::parse(&json!([record]).to_string()).is_err(), "{member}");
    }
    for input in ["", "\"other\"", "{}", r#"{"discard":{}}"#, r#"{"settle":{"id":"w1"}"#] {
        let message = Outbox::default().step(input).unwrap_err().message.clone();
        assert_eq!(message, "input: expected an input of a step", "{input}");
    }
    for records in ["", "{}", "[1]", "[", "null"] {
        assert!(Outbox::parse(records).is_err(), "{records}");
    }
}

#[test]
fn a_step_returns_a_view_of_what_it_changed() {
    let mut stored = Stored::default();
    stored.queue_all([insert("a 1", &[]), insert("b 2", &["a 1"]), delete("c 3")]);
    let sent = stored.begin();
    let step = json!({"settle": {"id": sent["id"], "attempt": 1, "error": refusal()}});
    let view = stored.transact(step)["view"].take();
    let counts = ["pending", "failed", "blocked"].map(|name| view[name].clone());
    assert_eq!(counts, [json!(1), json!(1), json!(1)]);
    let changed = view["writes"].as_array().unwrap().iter();
    let changed: Vec<_> = changed.map(|write| (text(&write["entry"]["id"]), &write["overlay"])).collect();
    assert_eq!(changed, [("w1", &Value::Null), ("w2", &Value::Null)]);
}
