//! Rows as JavaScript objects.

use js_sys::JSON;
use wasm_bindgen_test::wasm_bindgen_test as test;
use workflow_db::data::{Data, Holders, Index, Member, Value};
use workflow_db::io::Row;

fn row(json: &str) -> Row {
    Row(JSON::parse(json).expect("valid JSON of the test"))
}

fn json(row: &Row) -> String {
    JSON::stringify(&row.0).expect("plain data").into()
}

#[test]
fn a_column_is_read_with_its_type() {
    let row = row(r#"{"id":"a","n":1.5,"flag":true,"nothing":null,"config":{"x":1}}"#);
    assert_eq!(row.column("id"), Value::Text("a".into()));
    assert_eq!(row.column("n"), Value::Number(1.5));
    assert_eq!(row.column("flag"), Value::Bool(true));
    assert_eq!(row.column("nothing"), Value::Null);
    assert_eq!(row.column("config"), Value::Json);
    assert_eq!(row.column("missing"), Value::Absent);
}

#[test]
fn names_with_a_common_prefix_are_distinguished() {
    let row = row(r#"{"node":"short","node_count":"long"}"#);
    let both: &'static str = "node_count";
    assert_eq!(row.column(&both[..4]), Value::Text("short".into()));
    assert_eq!(row.column(both), Value::Text("long".into()));
}

#[test]
fn equal_rows_keep_their_identity_in_a_fresh_list() {
    let old = row(r#"[{"id":"a","config":{"x":1,"y":2}},{"id":"b","n":1}]"#);
    let fresh = old.reuse(row(r#"[{"id":"b","n":2},{"id":"a","config":{"y":2,"x":1}}]"#));
    assert!(fresh.item(1).0 == old.item(0).0, "an unchanged row is the same object");
    assert!(fresh.item(0).0 != old.item(1).0, "a changed row is a new one");
    assert_eq!(json(&fresh.item(0)), r#"{"id":"b","n":2}"#);
}

#[test]
fn an_equal_list_is_the_same_list() {
    let old = row(r#"[{"id":"a"},{"id":"b"}]"#);
    assert!(old.reuse(row(r#"[{"id":"a"},{"id":"b"}]"#)).0 == old.0);
    assert!(old.reuse(row(r#"[{"id":"b"},{"id":"a"}]"#)).0 != old.0, "another order is another list");
    assert!(old.reuse(row(r#"[{"id":"a"}]"#)).0 != old.0, "a shorter list is another list");
}

#[test]
fn a_row_covers_the_sent_values_in_any_member_order() {
    let stored = row(r#"{"id":"a","config":{"x":[1,{"y":null}],"z":0},"n":1}"#);
    assert!(stored.covers(&row(r#"{"config":{"z":0,"x":[1,{"y":null}]}}"#)));
    assert!(!stored.covers(&row(r#"{"config":{"z":0}}"#)));
    assert!(!stored.covers(&row(r#"{"n":"1"}"#)));
    assert!(!stored.covers(&row(r#"{"missing":1}"#)));
}

#[test]
fn assembling_an_object_does_not_change_its_base() {
    let base = row(r#"{"id":"a","count":[{"count":2}]}"#);
    let nodes = row("[]");
    let whole = Row::object(
        Some(&base),
        &["count"],
        &[("nodes", Member::Data(&nodes)), ("total", Member::Number(2.0))],
    );
    assert_eq!(json(&whole), r#"{"id":"a","nodes":[],"total":2}"#);
    assert_eq!(json(&base), r#"{"id":"a","count":[{"count":2}]}"#);
}

#[test]
fn grouping_rows_keeps_their_order() {
    let rows = row(r#"[{"w":"a","n":1},{"w":"b","n":2},{"w":"a","n":3},{"w":"z","n":4}]"#);
    let groups = rows.group_by("w", &["b".into(), "a".into(), "none".into()]);
    let texts: Vec<String> = groups.iter().map(json).collect();
    assert_eq!(texts, [r#"[{"w":"b","n":2}]"#, r#"[{"w":"a","n":1},{"w":"a","n":3}]"#, "[]"]);
}

#[test]
fn the_last_of_duplicate_rows_is_kept() {
    let rows = row(r#"[{"id":"a","n":1},{"id":"b","n":2},{"id":"a","n":3}]"#);
    assert_eq!(json(&rows.latest_of_each()), r#"[{"id":"b","n":2},{"id":"a","n":3}]"#);
}

/// JSON with `depth` nested lists around `inner`.
fn nested(depth: usize, inner: &str) -> Row {
    row(&[r#"{"id":"a","config":"#, &"[".repeat(depth), inner, &"]".repeat(depth), "}"].concat())
}

#[test]
fn json_of_any_depth_is_compared() {
    const DEPTH: usize = 10_000;
    let known = nested(DEPTH, "1");
    assert!(known.is_equal(&nested(DEPTH, "1")));
    assert!(!known.is_equal(&nested(DEPTH, "2")));
    assert!(!known.is_equal(&nested(DEPTH + 1, "1")));
    assert!(known.covers(&nested(DEPTH, "1")));
    assert!(known.reuse(nested(DEPTH, "1")).0 == known.0);
    let deep_list = row(&["[".repeat(DEPTH), "]".repeat(DEPTH)].concat());
    assert!(!deep_list.is(workflow_db::data::Form::Rows), "a list of lists is not a list of rows");
}

#[test]
fn json_of_any_width_is_compared() {
    let wide =
        |last: &str| row(&[r#"{"id":"a","config":["#, &r#"{"x":1},"#.repeat(200_000), last, "]}"].concat());
    assert!(wide("1").is_equal(&wide("1")));
    assert!(!wide("1").is_equal(&wide("2")));
}

#[test]
fn a_partial_row_is_merged_into_the_known_one() {
    let known = row(r#"{"id":"a","config":{"big":1},"label":"old"}"#);
    assert_eq!(
        json(&known.merged(&row(r#"{"id":"a","label":null}"#))),
        r#"{"id":"a","config":{"big":1},"label":null}"#
    );
    assert_eq!(known.column("label"), Value::Text("old".into()), "the known row is unchanged");
}

#[test]
fn changing_a_list_copies_it() {
    let rows = row(r#"[{"id":"a"},{"id":"b"},{"id":"c"}]"#);
    assert_eq!(rows.position("b"), Some(1));
    assert_eq!(rows.position("x"), None);
    assert_eq!(json(&rows.spliced(1, 1, None)), r#"[{"id":"a"},{"id":"c"}]"#);
    assert_eq!(
        json(&rows.spliced(0, 0, Some(&row(r#"{"id":"x"}"#)))),
        r#"[{"id":"x"},{"id":"a"},{"id":"b"},{"id":"c"}]"#
    );
    assert_eq!(rows.len(), 3);
}

#[test]
fn the_difference_between_two_sets_of_rows_is_found() {
    let mut index = <Row as Data>::Index::default();
    for row in row(r#"[{"id":"gone","n":1},{"id":"same","n":2},{"id":"other","n":3}]"#).items() {
        let id = row.column("id").text().unwrap_or_default().to_owned();
        index.put(&id, &row);
    }
    let found = index.differences(&row(r#"[{"id":"other","n":4},{"id":"same","n":2},{"id":"new","n":5}]"#));
    let pairs: Vec<_> = found
        .iter()
        .map(|difference| (difference.old.as_ref().map(json), difference.new.as_ref().map(json)))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        pairs,
        [
            (text(r#"{"id":"gone","n":1}"#), None),
            (text(r#"{"id":"other","n":3}"#), text(r#"{"id":"other","n":4}"#)),
            (None, text(r#"{"id":"new","n":5}"#)),
        ]
    );
    assert!(index.remove("gone").is_some() && index.get("gone").is_none());
}

#[test]
fn values_of_lists_keep_their_types() {
    let list = row(r#"[1, "a", null, {}]"#);
    let values: Vec<_> = list.items().iter().map(Data::value).collect();
    assert_eq!(values, [Value::Number(1.0), Value::Text("a".into()), Value::Null, Value::Json]);
}

#[test]
fn the_entries_that_contain_a_row_are_found_by_its_id() {
    let mut holders = <Row as Data>::Holders::default();
    let list = row(r#"[{"id":"a"},{"id":"b"},{"id":"a"},{"id":7},null]"#);
    holders.replace(1, None, Some(&list));
    holders.replace(2, None, Some(&row(r#"{"id":"a"}"#)));
    holders.set(3, "a", true);
    assert_eq!(sorted(holders.of("a")), [1, 2, 3]);
    assert_eq!((holders.of("b"), holders.of("c")), (vec![1], vec![]));
    let later = row(r#"[{"id":"b"},{"id":"c"}]"#);
    holders.replace(1, Some(&list), Some(&later));
    holders.set(3, "a", false);
    holders.set(9, "a", false);
    assert_eq!((holders.of("a"), holders.of("b"), holders.of("c")), (vec![2], vec![1], vec![1]));
    holders.replace(1, Some(&later), None);
    assert_eq!((holders.of("b"), holders.of("c")), (vec![], vec![]));
}

fn sorted(mut entries: Vec<u32>) -> Vec<u32> {
    entries.sort_unstable();
    entries
}
