//! Arguments of the application: accepted, refused with a message, or converted to the database's format.

use crate::support::random::uuid_of;
use serde_json::{json, Value as V};
use workflow_db::data::Value;
use workflow_db::error::{code, Error};
use workflow_db::input::{
    agree, count, flag, new_row, options, patch, refused, text, upsert, uuid, word, Field, QueryFields,
    RequestBody,
};
use workflow_db::tables::{
    Table, ACCOUNT_SETTINGS, API_KEYS, WORKFLOWS, WORKFLOW_EXECUTIONS, WORKFLOW_NODES,
};

const FUNCTION: Value = Value::Other("a function");

/// A field with the JSON that the shell adds.
fn field(name: &str, value: Value) -> Field {
    let json = match &value {
        Value::Null => V::Null,
        Value::Bool(flag) => json!(flag),
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Json => json!({"a": 1}),
        Value::Absent | Value::Other(_) => return Field::plain(name.to_owned(), value, String::new()),
    };
    Field::plain(name.to_owned(), value, json.to_string())
}

fn say(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn sent(body: &RequestBody) -> V {
    serde_json::from_str(&body.json()).expect("JSON")
}

#[track_caller]
fn message(result: Result<impl Sized, Error>) -> String {
    let error = result.err().expect("a refusal");
    assert!(error.is(code::INVALID_INPUT));
    error.message.to_string()
}

/// What is sent for one column of a patch.
#[track_caller]
fn written(table: &Table, column: &str, value: Value) -> V {
    sent(&patch(table, &[field(column, value)]).expect("a patch"))[column].clone()
}

fn refusal(table: &Table, column: &str, value: Value) -> String {
    message(patch(table, &[field(column, value)]))
}

#[test]
fn a_column_accepts_values_of_its_type() {
    let id = uuid_of("a");
    assert_eq!(written(&WORKFLOW_EXECUTIONS, "user_id", say(&id.to_uppercase())), json!(id));
    assert_eq!(written(&WORKFLOWS, "name", say("")), json!(""));
    assert_eq!(written(&WORKFLOWS, "is_public", Value::Bool(true)), json!(true));
    assert_eq!(written(&WORKFLOW_EXECUTIONS, "status", say("failed")), json!("failed"));
    assert_eq!(written(&WORKFLOW_NODES, "position_x", Value::Number(1.5)), json!(1.5));
    for text in ["NaN", "Infinity", "-Infinity"] {
        assert_eq!(written(&WORKFLOW_NODES, "position_x", say(text)), json!(text));
    }
    for number in [-2_147_483_648.0, 0.0, 2_147_483_647.0] {
        assert_eq!(written(&WORKFLOW_EXECUTIONS, "node_count", Value::Number(number)), json!(number));
    }
    let time = written(&WORKFLOW_EXECUTIONS, "started_at", say("2024-03-01T01:00:00+02:00"));
    assert_eq!(time, json!("2024-02-29T23:00:00"));
    for value in [Value::Json, say("a"), Value::Number(1.0), Value::Bool(false)] {
        let expected: V = serde_json::from_str(&field("", value.clone()).json).expect("JSON");
        assert_eq!(written(&WORKFLOW_NODES, "config", value), expected);
    }
}

#[test]
fn a_column_refuses_other_values_and_says_what_it_expects() {
    for (table, column, value, expected) in [
        (&WORKFLOW_EXECUTIONS, "user_id", say("1"), "a uuid"),
        (&WORKFLOWS, "name", Value::Number(1.0), "a string"),
        (&WORKFLOWS, "description", Value::Bool(true), "a string or null"),
        (&WORKFLOWS, "name", say("a\0"), "text without NUL characters"),
        (&WORKFLOWS, "is_public", say("true"), "true or false or null"),
        (&WORKFLOW_EXECUTIONS, "node_count", Value::Number(0.5), "an integer of 32 bits or null"),
        (&WORKFLOW_EXECUTIONS, "node_count", Value::Number(2_147_483_648.0), "an integer of 32 bits or null"),
        (
            &WORKFLOW_EXECUTIONS,
            "node_count",
            Value::Number(-2_147_483_649.0),
            "an integer of 32 bits or null",
        ),
        (&WORKFLOW_NODES, "position_x", Value::Number(f64::NAN), "a finite number or null"),
        (&WORKFLOW_NODES, "position_x", say("1.5"), "a finite number or null"),
        (
            &WORKFLOW_EXECUTIONS,
            "started_at",
            say("yesterday"),
            "a timestamp such as 2024-02-29T23:59:59Z or null",
        ),
        (&WORKFLOW_NODES, "config", FUNCTION, "a value that JSON can carry or null, not a function"),
        (&WORKFLOW_EXECUTIONS, "status", say("done"), "one of running, completed, failed"),
        (&API_KEYS, "gateway_type", say("own"), "one of together, replicate, custom or null"),
        (&WORKFLOWS, "colour", say("red"), "a column of workflows"),
    ] {
        assert_eq!(refusal(table, column, value), [column, ": expected ", expected].concat());
    }
}

#[test]
fn a_json_column_refuses_values_that_json_cannot_represent() {
    let cyclic = Field::plain("config".to_owned(), Value::Json, String::new());
    assert!(message(patch(&WORKFLOW_NODES, &[cyclic])).starts_with("config: expected"));
}

#[test]
fn null_is_accepted_for_nullable_columns() {
    assert_eq!(written(&WORKFLOWS, "description", Value::Null), V::Null);
    assert_eq!(written(&WORKFLOW_EXECUTIONS, "started_at", Value::Null), V::Null);
    assert_eq!(refusal(&WORKFLOWS, "name", Value::Null), "name: expected a string");
    assert_eq!(refusal(&WORKFLOWS, "id", Value::Null), "id: expected a uuid");
}

#[test]
fn a_row_name_is_not_empty() {
    assert_eq!(
        refusal(&API_KEYS, "service_name", say("")),
        "service_name: expected a string that is not empty"
    );
    assert_eq!(written(&API_KEYS, "service_name", say("github")), json!("github"));
}

#[test]
fn a_new_row_needs_every_required_column() {
    let user = || field("user_id", say(&uuid_of("ada")));
    assert_eq!(message(new_row(&WORKFLOWS, &[user()])), "name: expected a string");
    let absent = field("name", Value::Absent);
    assert_eq!(message(new_row(&WORKFLOWS, &[user(), absent])), "name: expected a string");
    let body = new_row(&WORKFLOWS, &[user(), field("name", say("W"))]).expect("a row");
    assert_eq!(sent(&body), json!({"user_id": uuid_of("ada"), "name": "W"}));
}

#[test]
fn a_patch_changes_at_least_one_column_and_updated_at() {
    let empty = "patch: expected at least one column to change";
    assert_eq!(message(patch(&WORKFLOWS, &[])), empty);
    assert_eq!(message(patch(&WORKFLOWS, &[field("name", Value::Absent)])), empty);
    let body = patch(&WORKFLOWS, &[field("updated_at", Value::Null)]).expect("a patch");
    assert_eq!(sent(&body), json!({"updated_at": "now"}));
    let body = patch(&WORKFLOW_EXECUTIONS, &[field("node_count", Value::Number(1.0))]).expect("a patch");
    assert_eq!(sent(&body), json!({"node_count": 1.0}));
}

#[test]
fn an_upsert_is_a_new_row_with_updated_at() {
    let user = || field("user_id", say(&uuid_of("ada")));
    assert_eq!(message(upsert(&ACCOUNT_SETTINGS, &[])), "user_id: expected a uuid");
    let body = upsert(&ACCOUNT_SETTINGS, &[user()]).expect("a row");
    assert_eq!(sent(&body), json!({"user_id": uuid_of("ada"), "updated_at": "now"}));
}

#[test]
fn the_encryption_marker_of_a_secret_is_never_sent() {
    let fields = [field("key_format", say("plain")), field("is_active", Value::Bool(true))];
    let body = patch(&API_KEYS, &fields).expect("a patch");
    assert_eq!(sent(&body), json!({"is_active": true, "updated_at": "now"}));
}

#[test]
fn a_column_set_twice_is_sent_once_with_the_last_value() {
    let mut body = RequestBody::default();
    assert!(body.is_empty());
    for json in ["1", "2"] {
        body.set("a", json.to_owned());
    }
    body.set("b", "null".to_owned());
    assert!(!body.is_empty());
    assert_eq!(body.json(), r#"{"a":2,"b":null}"#);
}

#[test]
fn options_set_their_columns() {
    const NAMES: [(&str, &str); 2] = [("isPublic", "is_public"), ("title", "name")];
    let read = |fields: &[Field]| options(&WORKFLOWS, fields, &NAMES);
    let body = read(&[field("title", say("T")), field("isPublic", Value::Absent)]).expect("options");
    assert_eq!(sent(&body), json!({"name": "T"}));
    assert_eq!(message(read(&[field("title", Value::Number(1.0))])), "title: expected a string");
    assert_eq!(message(read(&[field("name", say("T"))])), "name: expected one of isPublic, title");
}

#[test]
fn a_row_must_match_the_separate_id_argument() {
    let id = uuid_of("ada");
    let with = |table: &Table, name: &'static str, given: Value, value: &str| {
        let mut fields = vec![field(name, given)];
        agree(table, &mut fields, name, value).map(|()| fields)
    };
    for given in [say(&id), say(&id.to_uppercase()), Value::Absent] {
        assert!(with(&WORKFLOWS, "user_id", given, &id).is_ok());
    }
    let other = "the value that was passed as an argument, or nothing";
    for given in [say(&uuid_of("eve")), Value::Null, Value::Number(1.0)] {
        let refused = message(with(&WORKFLOWS, "user_id", given, &id));
        assert_eq!(refused, ["user_id: expected ", other].concat());
    }
    assert!(
        with(&API_KEYS, "service_name", say("GitHub"), "github").is_err(),
        "texts are told apart by case"
    );
    let added = with(&WORKFLOWS, "user_id", Value::Absent, &id).expect("agreement");
    assert_eq!(added.last().and_then(|field| field.value.text()), Some(id.as_str()));
}

#[test]
fn an_argument_is_a_uuid_in_any_case() {
    let id = uuid_of("a");
    assert_eq!(uuid("id", &say(&id.to_uppercase())).ok(), Some(id.clone()));
    for wrong in [
        id[1..].to_owned(),
        [&id, "0"].concat(),
        id.replace('-', "0"),
        id.replacen('-', "+", 1),
        ["g", &id[1..]].concat(),
    ] {
        assert_eq!(message(uuid("id", &say(&wrong))), "id: expected a uuid", "{wrong}");
    }
    assert_eq!(message(uuid("id", &FUNCTION)), "id: expected a uuid, not a function");
}

#[test]
fn an_argument_is_a_string_that_is_not_empty() {
    assert_eq!(text("service", &say("a")).ok().as_deref(), Some("a"));
    assert_eq!(message(text("service", &say(""))), "service: expected a string that is not empty");
    assert_eq!(message(text("service", &say("\0"))), "service: expected text without NUL characters");
    assert_eq!(
        message(text("service", &FUNCTION)),
        "service: expected a string that is not empty, not a function"
    );
}

#[test]
fn a_count_is_a_whole_number_within_its_bounds() {
    assert_eq!(count("limit", &Value::Absent, 1, 50).ok(), Some(50));
    for (number, least) in [(1.0, 1), (0.0, 0), (2_147_483_647.0, 1)] {
        let taken = count("limit", &Value::Number(number), least, 50).map(f64::from);
        assert_eq!(taken.ok(), Some(number));
    }
    for number in [0.0, -1.0, 1.5, 2_147_483_648.0, f64::NAN] {
        let refused = message(count("limit", &Value::Number(number), 1, 50));
        assert_eq!(refused, "limit: expected a whole number, 1 or more");
    }
    assert_eq!(message(count("offset", &say("1"), 0, 0)), "offset: expected a whole number, 0 or more");
}

#[test]
fn a_flag_is_a_boolean() {
    assert_eq!(flag("featured", &Value::Absent, true).ok(), Some(true));
    assert_eq!(flag("featured", &Value::Absent, false).ok(), Some(false));
    for given in [true, false] {
        assert_eq!(flag("featured", &Value::Bool(given), !given).ok(), Some(given));
    }
    assert_eq!(message(flag("featured", &say("true"), true)), "featured: expected true or false");
}

#[test]
fn a_keyword_is_one_of_the_allowed_values() {
    let read = |value: Value| word("sortOrder", &value, &["asc", "desc"]);
    assert_eq!(read(Value::Absent).ok(), Some(None));
    assert_eq!(read(say("desc")).ok(), Some(Some("desc")));
    assert_eq!(message(read(say("down"))), "sortOrder: expected one of asc, desc");
    assert_eq!(message(read(FUNCTION)), "sortOrder: expected one of asc, desc, not a function");
}

#[test]
fn a_refusal_names_the_kind_of_a_non_plain_value() {
    assert_eq!(refused("id", "a uuid", &FUNCTION).message, "id: expected a uuid, not a function");
    assert_eq!(refused("id", "a uuid", &say("secret")).message, "id: expected a uuid");
}

#[test]
fn a_query_object_has_only_known_members_and_null_means_absent() {
    let fields =
        [field("limit", Value::Number(1.0)), field("offset", Value::Null), field("x", Value::Absent)];
    let query = QueryFields::new(&fields, &["limit", "offset"]).expect("known members");
    assert_eq!(*query.get("limit"), Value::Number(1.0));
    assert_eq!(*query.get("offset"), Value::Absent);
    assert_eq!(*query.get("sortBy"), Value::Absent);
    let unknown = QueryFields::new(&fields, &["offset"]);
    assert_eq!(message(unknown), "limit: expected one of offset");
}
