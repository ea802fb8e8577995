//! How changes affect entries, and what the store counts.

use crate::support::random::uuid_of;
use crate::support::Json;
use serde_json::{json, Value};
use std::rc::Rc;
use workflow_db::cache::{Change, Entry, Freshness, Patch, Shape, Source, Store};
use workflow_db::query::{Query, Test};
use workflow_db::tables::{
    Table, API_KEYS, EXECUTION_NODE_RESULTS, WORKFLOWS, WORKFLOW_EXECUTIONS, WORKFLOW_FAVORITES,
    WORKFLOW_NODES, WORKFLOW_TEMPLATES,
};
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

/// The effect of `change` on an entry with `data`.
fn patch(change: &Change<Json>, key: &str, data: Value, shape: Shape) -> &'static str {
    let stored = Moment::default();
    let entry = Entry { data: Json::from(data), shape, stored, ttl_ms: 1.0, slot: 0 };
    match change.patch_of(key, &entry) {
        Patch::Keep => "keep",
        Patch::Newer => "newer",
        Patch::Replace(..) => "replace",
        Patch::Drop => "drop",
    }
}

fn on_page(change: &Change<Json>) -> &'static str {
    let data = json!({"data": [workflow("a", "ada")], "total": 5});
    patch(change, "workflows:ada?limit=1", data, Shape::Page(Rc::new(workflows_of_ada().page(1, 0))))
}

#[test]
fn a_change_without_news_keeps_the_entry() {
    let row = workflow("a", "ada");
    let key = ["workflow:", &uuid_of("a")].concat();
    for source in [Source::Row(Json::from(&row)), Source::Current(Json::from(&row))] {
        let same = change(&WORKFLOWS, "a", source);
        assert_eq!(patch(&same, &key, row.clone(), Shape::Row(&WORKFLOWS)), "keep");
        let list = Shape::List(Rc::new(workflows_of_ada()));
        assert_eq!(patch(&same, "workflows:ada", json!([row]), list), "keep");
    }
}

#[test]
fn a_page_survives_the_delete_of_a_row_only_if_the_row_never_matched() {
    let deleted = |row: Option<Value>| change(&WORKFLOWS, "b", Source::Deleted(row.map(Json::from)));
    assert_eq!(on_page(&deleted(Some(workflow("b", "eve")))), "keep");
    assert_eq!(on_page(&deleted(Some(workflow("b", "ada")))), "drop");
    assert_eq!(on_page(&deleted(None)), "drop");
}

#[test]
fn a_row_that_left_the_filter_drops_a_page_that_does_not_contain_it() {
    let moved = || change(&WORKFLOWS, "b", Source::Row(Json::from(workflow("b", "eve"))));
    assert_eq!(on_page(&moved()), "drop");
    let skipping = Query { offset: 5, ..workflows_of_ada() };
    let rows = || json!([workflow("a", "ada")]);
    assert_eq!(patch(&moved(), "workflows:ada?offset=5", rows(), Shape::List(Rc::new(skipping))), "drop");
    assert_eq!(patch(&moved(), "workflows:ada", rows(), Shape::List(Rc::new(workflows_of_ada()))), "keep");
}

#[test]
fn a_cascading_delete_drops_only_the_lists_of_its_own_children() {
    let results = |execution: &str| {
        let query = Query::of(&EXECUTION_NODE_RESULTS).filter("execution_id", Test::Eq(uuid_of(execution)));
        Shape::List(Rc::new(query))
    };
    let deleted = change(&WORKFLOW_EXECUTIONS, "x", Source::Deleted(None));
    assert_eq!(patch(&deleted, "execution_node_results:x", json!([]), results("x")), "drop");
    assert_eq!(patch(&deleted, "execution_node_results:y", json!([]), results("y")), "keep");
}

#[test]
fn only_deletes_affect_other_tables_and_only_those_that_refer_to_the_row() {
    let nodes =
        || Shape::List(Rc::new(Query::of(&WORKFLOW_NODES).filter("workflow_id", Test::Eq(uuid_of("a")))));
    let on_nodes = |change| patch(&change, "workflow_nodes:a", json!([]), nodes());
    assert_eq!(on_nodes(change(&WORKFLOWS, "a", Source::Deleted(None))), "drop");
    assert_eq!(on_nodes(change(&WORKFLOWS, "a", Source::Row(Json::from(workflow("a", "ada"))))), "keep");
    assert_eq!(on_nodes(change(&WORKFLOW_EXECUTIONS, "a", Source::Deleted(None))), "keep");
}

#[test]
fn the_store_counts_hits_misses_and_expired_entries() {
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
fn the_store_returns_the_time_of_the_next_expiry() {
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
fn the_slot_of_a_removed_entry_is_reused() {
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

fn list_of(rows: Value, query: Query) -> (Json, Shape) {
    (Json::from(rows), Shape::List(Rc::new(query)))
}

fn workflows_of(owner: &str) -> Query {
    Query::of(&WORKFLOWS).filter("user_id", Test::Eq(uuid_of(owner)))
}

fn put(store: &mut Store<Json>, key: &str, (data, shape): (Json, Shape)) {
    store.put(key, data, shape, None, Moment::default());
}

/// Ada's workflow `a` and Eve's workflow `b`, in the lists of each, alone, and on a page of Eve's.
fn store_of_two() -> Store<Json> {
    let mut store = Store::default();
    for (name, owner) in [("a", "ada"), ("b", "eve")] {
        let row = workflow(name, owner);
        put(&mut store, &["list of ", owner].concat(), list_of(json!([row]), workflows_of(owner)));
        put(&mut store, &["row ", name].concat(), (Json::from(row), Shape::Row(&WORKFLOWS)));
    }
    put(&mut store, "page of eve", list_of(json!([workflow("b", "eve")]), workflows_of("eve").page(1, 0)));
    let by_name = Query::of(&WORKFLOWS).filter("name", Test::Eq("c".to_owned()));
    put(&mut store, "named c", list_of(json!([]), by_name));
    put(&mut store, "favorites", list_of(json!([]), Query::of(&WORKFLOW_FAVORITES)));
    put(&mut store, "mine", (Json::null(), Shape::Foreign));
    store
}

fn concerned(store: &Store<Json>, change: &Change<Json>) -> Vec<String> {
    let mut keys: Vec<String> = store.concerned(change).iter().map(|(key, _)| key.to_string()).collect();
    keys.sort();
    keys.dedup();
    keys
}

#[test]
fn a_row_affects_its_parent_s_list_entries_that_contain_it_and_entries_without_a_parent() {
    let store = store_of_two();
    let others = ["favorites", "mine", "named c", "page of eve"];
    let of_ada = change(&WORKFLOWS, "c", Source::Row(Json::from(workflow("c", "ada"))));
    assert_eq!(concerned(&store, &of_ada), [&["favorites", "list of ada"][..], &others[1..]].concat());
    let held = change(&WORKFLOWS, "a", Source::Row(Json::from(workflow("a", "bob"))));
    assert_eq!(
        concerned(&store, &held),
        [&["favorites", "list of ada"][..], &others[1..], &["row a"]].concat()
    );
}

#[test]
fn a_row_without_a_parent_affects_no_parent_s_list() {
    let mut store = Store::default();
    let by_ada = Query::of(&WORKFLOW_TEMPLATES).filter("created_by", Test::Eq(uuid_of("ada")));
    put(&mut store, "templates of ada", list_of(json!([]), by_ada));
    let template = |creator: Value| {
        let row = json!({"id": uuid_of("t"), "created_by": creator, "created_at": "2024-01-01T00:00:00"});
        change(&WORKFLOW_TEMPLATES, "t", Source::Row(Json::from(row)))
    };
    assert!(concerned(&store, &template(Value::Null)).is_empty());
    assert_eq!(concerned(&store, &template(json!(uuid_of("ada")))), ["templates of ada"]);
}

#[test]
fn a_deleted_row_affects_entries_that_contain_it_and_the_tables_it_cascades_to() {
    let store = store_of_two();
    let deleted = change(&WORKFLOWS, "a", Source::Deleted(None));
    let expected = ["favorites", "list of ada", "mine", "named c", "page of eve", "row a"];
    assert_eq!(concerned(&store, &deleted), expected);
}

#[test]
fn an_unknown_change_affects_its_table_and_entries_set_by_the_application() {
    let store = store_of_two();
    let unknown = Change { table: &WORKFLOW_FAVORITES, id: None, source: Source::Unknown };
    assert_eq!(concerned(&store, &unknown), ["favorites", "mine"]);
    let unknown = Change { table: &WORKFLOWS, id: None, source: Source::Unknown };
    assert_eq!(concerned(&store, &unknown).len(), 8);
}

#[test]
fn only_deletes_of_referenced_rows_cascade() {
    assert!(change(&WORKFLOWS, "a", Source::Deleted(None)).cascades());
    assert!(!change(&WORKFLOWS, "a", Source::Row(Json::from(workflow("a", "ada")))).cascades());
    assert!(!change(&WORKFLOW_FAVORITES, "a", Source::Deleted(None)).cascades());
}

#[test]
fn the_row_index_follows_rows_that_enter_or_leave_an_entry() {
    let mut store = Store::default();
    let (a, b) = (workflow("a", "ada"), workflow("b", "ada"));
    put(&mut store, "list", list_of(json!([a]), workflows_of_ada()));
    let deleted = change(&WORKFLOWS, "b", Source::Deleted(None));
    assert!(concerned(&store, &deleted).is_empty());
    store.replace("list", Json::from(json!([a, b])), &uuid_of("b"), true);
    assert_eq!(concerned(&store, &deleted), ["list"]);
    store.replace("list", Json::from(json!([a])), &uuid_of("b"), false);
    assert!(concerned(&store, &deleted).is_empty());
}

#[test]
fn a_removed_entry_is_not_among_the_entries_without_a_parent() {
    let mut store = Store::<Json>::default();
    for key in ["first", "second"] {
        put(&mut store, key, (Json::null(), Shape::Foreign));
    }
    store.remove("first");
    // This entry gets the slot of the one that left.
    put(&mut store, "row", (Json::from(workflow("a", "ada")), Shape::Row(&WORKFLOWS)));
    let others: Vec<String> = store.other_keys().map(ToString::to_string).collect();
    assert_eq!(others, ["second"]);
}

#[test]
fn a_row_is_found_in_entries_of_its_table_with_all_columns() {
    let row = || json!({"id": uuid_of("a"), "user_id": uuid_of("ada"), "service_name": "s"});
    let query = || Query::of(&API_KEYS).filter("user_id", Test::Eq(uuid_of("ada")));
    let found = |key: &str, (data, shape): (Json, Shape)| {
        let mut store = Store::<Json>::default();
        for filler in ["first", "second"] {
            put(&mut store, filler, (Json::null(), Shape::Foreign));
        }
        put(&mut store, key, (data, shape));
        store.row(&API_KEYS, &uuid_of("a"))
    };
    let whole = Some(Json::from(row()));
    assert_eq!(found("list", list_of(json!([row()]), query())), whole);
    assert_eq!(found("row", (Json::from(row()), Shape::Row(&API_KEYS))), whole);
    assert_eq!(found("public", list_of(json!([row()]), query().without_secret())), None);
    assert_eq!(found("other list", list_of(json!([row()]), Query::of(&WORKFLOWS))), None);
    assert_eq!(found("other row", (Json::from(row()), Shape::Row(&WORKFLOWS))), None);
}
