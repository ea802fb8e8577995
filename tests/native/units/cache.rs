//! What a change does to an entry, and what the store counts.

use crate::support::random::uuid_of;
use crate::support::Json;
use serde_json::{json, Value};
use std::rc::Rc;
use workflow_db::cache::{Change, Effect, Entry, Freshness, Shape, Source, Store};
use workflow_db::query::{Query, Test};
use workflow_db::tables::{Table, EXECUTION_NODE_RESULTS, WORKFLOWS, WORKFLOW_EXECUTIONS, WORKFLOW_NODES};
use workflow_db::time::Moment;

fn workflow(name: &str, owner: &str) -> Value {
    json!({
        "id": uuid_of(name), "user_id": uuid_of(owner), "name": name,
        "created_at": "2024-01-01T00:00:00", "updated_at": "2024-01-01T00:00:00",
    })
}

fn workflows_of_ada() -> Query {
    Query::of(&WORKFLOWS).filter("user_id", Test::Eq(uuid_of("ada")))
}

fn change(table: &'static Table, id: &str, source: Source<Json>) -> Change<Json> {
    Change { table, id: Some(uuid_of(id)), source }
}

/// What `change` does to an entry with `data`.
fn effect(change: &Change<Json>, key: &str, data: Value, shape: Shape) -> &'static str {
    let stored = Moment::default();
    let entry = Entry { data: Json::from(data), shape, stored, ttl_ms: 1.0, slot: 0 };
    match change.effect_on(key, &entry) {
        Effect::Keep => "keep",
        Effect::Newer => "newer",
        Effect::Replace(..) => "replace",
        Effect::Drop => "drop",
    }
}

fn on_page(change: &Change<Json>) -> &'static str {
    let data = json!({"data": [workflow("a", "ada")], "total": 5});
    effect(change, "workflows:ada?limit=1", data, Shape::Page(Rc::new(workflows_of_ada().page(1, 0))))
}

#[test]
fn a_change_that_tells_what_is_known_keeps_the_entry() {
    let row = workflow("a", "ada");
    let key = ["workflow:", &uuid_of("a")].concat();
    for source in [Source::Row(Json::from(&row)), Source::Current(Json::from(&row))] {
        let same = change(&WORKFLOWS, "a", source);
        assert_eq!(effect(&same, &key, row.clone(), Shape::Row(&WORKFLOWS)), "keep");
        let list = Shape::List(Rc::new(workflows_of_ada()));
        assert_eq!(effect(&same, "workflows:ada", json!([row]), list), "keep");
    }
}

#[test]
fn a_deleted_row_that_never_matched_keeps_a_page_and_any_other_drops_it() {
    let deleted = |row: Option<Value>| change(&WORKFLOWS, "b", Source::Deleted(row.map(Json::from)));
    assert_eq!(on_page(&deleted(Some(workflow("b", "eve")))), "keep");
    assert_eq!(on_page(&deleted(Some(workflow("b", "ada")))), "drop");
    assert_eq!(on_page(&deleted(None)), "drop");
}

#[test]
fn a_row_that_left_the_filter_drops_a_page_it_is_not_on() {
    let moved = || change(&WORKFLOWS, "b", Source::Row(Json::from(workflow("b", "eve"))));
    assert_eq!(on_page(&moved()), "drop");
    let skipping = Query { offset: 5, ..workflows_of_ada() };
    let rows = || json!([workflow("a", "ada")]);
    assert_eq!(effect(&moved(), "workflows:ada?offset=5", rows(), Shape::List(Rc::new(skipping))), "drop");
    assert_eq!(effect(&moved(), "workflows:ada", rows(), Shape::List(Rc::new(workflows_of_ada()))), "keep");
}

#[test]
fn a_delete_that_cascades_drops_the_lists_of_its_own_children_only() {
    let results = |execution: &str| {
        let query = Query::of(&EXECUTION_NODE_RESULTS).filter("execution_id", Test::Eq(uuid_of(execution)));
        Shape::List(Rc::new(query))
    };
    let deleted = change(&WORKFLOW_EXECUTIONS, "x", Source::Deleted(None));
    assert_eq!(effect(&deleted, "execution_node_results:x", json!([]), results("x")), "drop");
    assert_eq!(effect(&deleted, "execution_node_results:y", json!([]), results("y")), "keep");
}

#[test]
fn only_a_delete_reaches_other_tables_and_only_those_that_refer_to_it() {
    let nodes =
        || Shape::List(Rc::new(Query::of(&WORKFLOW_NODES).filter("workflow_id", Test::Eq(uuid_of("a")))));
    let on_nodes = |change| effect(&change, "workflow_nodes:a", json!([]), nodes());
    assert_eq!(on_nodes(change(&WORKFLOWS, "a", Source::Deleted(None))), "drop");
    assert_eq!(on_nodes(change(&WORKFLOWS, "a", Source::Row(Json::from(workflow("a", "ada"))))), "keep");
    assert_eq!(on_nodes(change(&WORKFLOW_EXECUTIONS, "a", Source::Deleted(None))), "keep");
}

#[test]
fn the_store_counts_hits_misses_and_what_expired() {
    let mut store = Store::<Json>::default();
    let now = Moment::default();
    store.put("mine", Json::null(), Shape::Foreign, Some(10.0), now);
    assert!(store.get("other", now).is_none());
    assert!(matches!(store.get("mine", now), Some((_, Freshness::Fresh))));
    assert!(store.get("mine", now.later_by(9.0)).is_some());
    assert!(store.get("mine", now.later_by(10.0)).is_none(), "its time is over at its end");
    let stats = store.stats();
    assert_eq!((stats.hits, stats.misses, stats.expirations), (2.0, 2.0, 1.0));
}

#[test]
fn an_entry_is_fresh_until_the_end_of_its_time() {
    let mut store = Store::<Json>::default();
    let now = Moment::default();
    store.put("mine", Json::null(), Shape::Foreign, Some(10.0), now);
    assert!(store.is_fresh("mine", now.later_by(9.0)));
    assert!(!store.is_fresh("mine", now.later_by(10.0)));
    assert!(!store.is_fresh("other", now));
}

#[test]
fn the_store_names_the_time_of_the_next_expiry() {
    let mut store = Store::<Json>::default();
    assert_eq!(store.next_expiry_ms(), f64::INFINITY);
    let now = Moment { monotonic_ms: 100.0, wall_ms: 100.0 };
    store.put("long", Json::null(), Shape::Foreign, Some(50.0), now);
    store.put("short", Json::null(), Shape::Foreign, Some(10.0), now);
    assert_eq!(store.next_expiry_ms(), 110.0);
    store.sweep(now.later_by(20.0));
    assert_eq!(store.next_expiry_ms(), 150.0);
}

#[test]
fn the_store_counts_its_entries() {
    let mut store = Store::<Json>::default();
    assert!(store.is_empty());
    for key in ["a", "b"] {
        store.put(key, Json::null(), Shape::Foreign, None, Moment::default());
    }
    assert_eq!((store.len(), store.is_empty()), (2, false));
}

#[test]
fn the_number_of_an_entry_that_left_is_given_again() {
    let mut store = Store::<Json>::default();
    store.put("a", Json::null(), Shape::Foreign, None, Moment::default());
    let slot = store.peek("a").map(|entry| entry.slot);
    store.remove("a");
    store.put("b", Json::null(), Shape::Foreign, None, Moment::default());
    assert_eq!(store.peek("b").map(|entry| entry.slot), slot);
}

#[test]
fn invalidating_a_key_drops_its_variants_and_no_other_key() {
    let mut store = Store::<Json>::default();
    for key in ["workflows:1", "workflows:1?limit=2", "workflows:11"] {
        store.put(key, Json::null(), Shape::Foreign, None, Moment::default());
    }
    store.invalidate("workflows:1");
    let keys: Vec<_> = store.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(keys, ["workflows:11"]);
}
