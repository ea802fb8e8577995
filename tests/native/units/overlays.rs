//! Waiting writes: their plans, and what the app sees of them.

use crate::support::client::argument;
use crate::support::Json;
use serde_json::{json, Value as V};
use std::rc::Rc;
use workflow_db::api::{operation, Call, Operation};
use workflow_db::cache::{
    entries_of_new, expected, holds_secrets, patched, row_in, shape_of_key, shown, Change, Effect, Overlay,
    Shape, Source,
};
use workflow_db::data::Data;
use workflow_db::flows::{columns_of, Plan};
use workflow_db::query::{Query, Test};
use workflow_db::tables::table_named;

const ADA: &str = "00000000-0000-4000-8000-00000000000a";
const ONE: &str = "10000000-0000-4000-8000-000000000001";
const TWO: &str = "20000000-0000-4000-8000-000000000002";
const STAMP: &str = "2024-01-01T00:00:00";

fn plan_of(name: &str, arguments: &V) -> Option<Plan> {
    let call = Call {
        arguments: arguments.as_array().expect("a list").iter().map(argument).collect(),
        uuid: &|| ONE.to_owned(),
        base_url_length: 0,
    };
    match operation(name, &call) {
        Ok(Operation::Write(write)) => write.plan::<Json>(),
        Ok(_) => panic!("{name} is no write"),
        Err(error) => panic!("{name}: {}", error.message),
    }
}

fn overlay(table: &str, id: &str, effect: Effect<Json>) -> Overlay<Json> {
    Overlay { table: table_named(table).expect("a table"), columns: vec![("id", id.to_owned())], effect }
}

fn row_of(table: &str, values: V) -> Overlay<Json> {
    let id = values["id"].as_str().expect("an id").to_owned();
    overlay(table, &id, Effect::Row(Json::from(values)))
}

fn patch(id: &str, values: V) -> Overlay<Json> {
    overlay("workflows", id, Effect::Patch(Json::from(values)))
}

fn workflow(id: &str, name: &str) -> V {
    json!({"id": id, "user_id": ADA, "name": name, "archived_at": null, "created_at": STAMP, "updated_at": STAMP})
}

fn node(id: &str, workflow_id: &str) -> V {
    json!({"id": id, "workflow_id": workflow_id, "node_id": id, "created_at": STAMP})
}

/// Ada's workflows in use, most recently changed first.
fn list_of_ada() -> Shape {
    let query = Query::of(table_named("workflows").expect("a table"))
        .filter("user_id", Test::Eq(ADA.to_owned()))
        .filter("archived_at", Test::IsNull)
        .ordered_by("updated_at", true);
    Shape::List(Rc::new(query))
}

/// What is shown of an entry. Some overlay that may concern the entry must account for each difference.
fn see(overlays: &[Overlay<Json>], key: &str, shape: &Shape, base: Option<V>) -> Option<V> {
    let seen = shown(overlays, key, shape, base.clone().map(Json::from)).map(|data| data.to_value());
    if seen != base {
        assert!(overlays.iter().any(|own| own.may_concern(key, shape)), "{key}: {base:?} became {seen:?}");
    }
    seen
}

fn names(list: Option<V>) -> Vec<String> {
    Json::from(list.expect("a list")).texts("name")
}

#[test]
fn a_plan_names_its_row_by_id_or_by_natural_key() {
    let pairs = format!(r#"[["user_id","{ADA}"],["workflow_id","{ONE}"]]"#);
    let quoted = format!(r#"[["workflow_id","{ONE}"],["connection_id","a \"b\""]]"#);
    let graph = json!([ONE, {"nodes": [], "connections": []}]);
    let cases = [
        ("createWorkflow", json!([ADA, {"name": "a"}]), "insert", "workflows", ONE),
        ("updateWorkflow", json!([ONE, {"name": "b"}]), "update", "workflows", ONE),
        ("archiveWorkflow", json!([ONE]), "update", "workflows", ONE),
        ("deleteWorkflow", json!([ONE]), "delete", "workflows", ONE),
        ("deleteWorkflowConnection", json!([ONE, "a \"b\""]), "delete", "workflow_connections", &quoted),
        ("addFavorite", json!([ADA, ONE]), "ensure", "workflow_favorites", &pairs),
        ("removeFavorite", json!([ADA, ONE]), "delete", "workflow_favorites", &pairs),
        ("saveWorkflowGraph", graph, "save", "workflows", ONE),
    ];
    for (name, arguments, action, table, key) in cases {
        let plan = plan_of(name, &arguments).unwrap_or_else(|| panic!("{name} can wait"));
        assert_eq!((plan.action, plan.table, plan.key.as_str()), (action, table, key), "{name}");
    }
    let settings = plan_of("upsertAccountSettings", &json!([ADA, {"theme": "dark"}])).expect("a plan");
    assert_eq!(settings.key, format!(r#"[["user_id","{ADA}"]]"#));
    assert_eq!((settings.action, settings.row_id), ("upsert", None));
}

#[test]
fn the_columns_of_a_key_identify_the_row() {
    let table = table_named("workflow_connections").expect("a table");
    let key = plan_of("deleteWorkflowConnection", &json!([ONE, "a \"b\""])).expect("a plan").key;
    let columns = columns_of::<Json>(table, &key);
    assert_eq!(columns, Some(vec![("workflow_id", ONE.to_owned()), ("connection_id", "a \"b\"".to_owned())]));
    assert_eq!(columns_of::<Json>(table, ONE), Some(vec![("id", ONE.to_owned())]));
    assert_eq!(columns_of::<Json>(table, r#"[["no_column","a"]]"#), None);
}

#[test]
fn a_plan_leaves_the_time_of_the_change_to_the_database() {
    let body = |name, arguments| plan_of(name, &arguments).expect("a plan").body;
    assert_eq!(body("updateWorkflow", json!([ONE, {"name": "b"}])), r#"{"name":"b"}"#);
    assert_eq!(body("updateWorkflow", json!([ONE, {"updated_at": STAMP, "name": "b"}])), r#"{"name":"b"}"#);
    assert_eq!(body("updateWorkflow", json!([ONE, {"updated_at": STAMP}])), r#"{"updated_at":"now"}"#);
    assert_eq!(body("archiveWorkflow", json!([ONE])), r#"{"archived_at":"now"}"#);
    assert_eq!(body("deleteWorkflow", json!([ONE])), "");
}

#[test]
fn a_plan_keeps_the_version_and_the_graph_that_the_edit_started_from() {
    let versioned = plan_of("updateWorkflow", &json!([ONE, {"name": "b"}, {"ifUpdatedAt": STAMP}]));
    assert_eq!(versioned.expect("a plan").if_updated_at.as_deref(), Some(STAMP));
    let graph = json!({"nodes": [], "connections": []});
    let merged = plan_of("saveWorkflowGraph", &json!([ONE, graph, {"base": graph}])).expect("a plan");
    assert_eq!(merged.base, Some(graph.to_string()));
}

#[test]
fn a_new_row_names_the_rows_that_it_belongs_to() {
    let plan =
        plan_of("createWorkflowNode", &json!([{"workflow_id": TWO, "node_id": "n", "node_type": "t"}]));
    assert_eq!(plan.expect("a plan").refs, [format!("workflows {TWO}")]);
    assert!(plan_of("updateWorkflow", &json!([ONE, {"name": "b"}])).expect("a plan").refs.is_empty());
}

#[test]
fn secrets_and_what_only_the_server_knows_cannot_wait() {
    let key = json!({"user_id": ADA, "service_name": "s", "encrypted_key": "k"});
    assert!(plan_of("createApiKey", &json!([key])).is_none());
    assert!(plan_of("upsertIntegration", &json!([ADA, "s", {"is_connected": true}])).is_none());
    assert!(plan_of("inviteToWorkflow", &json!([ONE, {"email": "a@b.c", "role": "viewer"}])).is_none());
    assert!(plan_of("createWorkflowFromTemplate", &json!([ADA, ONE])).is_none());
}

#[test]
fn entries_with_secrets_are_named_by_their_keys() {
    assert!(holds_secrets(&format!("api_keys:{ADA}?secrets=hidden")));
    assert!(holds_secrets(&format!("integrations:{ADA}")));
    assert!(!holds_secrets(&format!("workflows:{ADA}")));
}

#[test]
fn without_waiting_writes_entries_are_what_they_were() {
    let base = Json::from(json!([workflow(ONE, "a")]));
    let seen = shown(&[], "workflows:", &list_of_ada(), Some(base.clone())).expect("a list");
    assert!(seen.is_same(&base));
}

#[test]
fn a_new_row_enters_its_lists_in_their_order() {
    let mut newer = workflow(TWO, "new");
    newer["updated_at"] = json!("2025-01-01T00:00:00");
    let own = [row_of("workflows", newer)];
    assert_eq!(names(see(&own, "l", &list_of_ada(), Some(json!([workflow(ONE, "a")])))), ["new", "a"]);
    let mut foreign = workflow(TWO, "new");
    foreign["user_id"] = json!(ONE);
    let others = [row_of("workflows", foreign)];
    assert_eq!(names(see(&others, "l", &list_of_ada(), Some(json!([workflow(ONE, "a")])))), ["a"]);
}

#[test]
fn a_new_row_is_an_entry_of_its_own_with_empty_lists_of_children() {
    let own = row_of("workflows", workflow(ONE, "new"));
    let keys: Vec<_> = entries_of_new(&own).into_iter().map(|(key, _)| key).collect();
    let wanted = [
        "workflow:ID",
        "workflow_nodes:ID",
        "workflow_connections:ID",
        "workflow_members:ID",
        "workflow:ID?relations",
    ];
    for key in wanted {
        assert!(keys.contains(&key.replace("ID", ONE)), "{key} in {keys:?}");
    }
    assert!(!keys.iter().any(|key| key.starts_with("executions:")), "{keys:?}");
    assert!(entries_of_new(&patch(ONE, json!({}))).is_empty());
}

#[test]
fn a_new_workflow_has_its_new_nodes_before_the_server_knows_it() {
    let all = [row_of("workflows", workflow(ONE, "new")), row_of("workflow_nodes", node(TWO, ONE))];
    let key = format!("workflow:{ONE}?relations");
    let whole = see(&all, &key, &Shape::Relations, None).expect("a workflow");
    assert_eq!(whole["name"], "new");
    assert_eq!(whole["nodes"].as_array().map(Vec::len), Some(1));
    assert_eq!(whole["connections"], json!([]));
    assert!(see(&all, &format!("workflow:{TWO}?relations"), &Shape::Relations, None).is_none());
    assert!(see(&all, &format!("workflow:{TWO}"), &shape_of_key("workflow:x"), None).is_none());
}

#[test]
fn an_update_changes_the_row_everywhere_and_may_move_or_remove_it() {
    let base = json!([workflow(ONE, "a"), workflow(TWO, "b")]);
    let later = [patch(TWO, json!({"name": "c", "updated_at": "2025-01-01T00:00:00"}))];
    assert_eq!(names(see(&later, "l", &list_of_ada(), Some(base.clone()))), ["c", "a"]);
    let archived = [patch(ONE, json!({ "archived_at": STAMP }))];
    assert_eq!(names(see(&archived, "l", &list_of_ada(), Some(base))), ["b"]);
    let row = see(&later, &format!("workflow:{TWO}"), &shape_of_key("workflow:x"), Some(workflow(TWO, "b")));
    assert_eq!(row.expect("a row")["name"], "c");
    let other =
        see(&later, &format!("workflow:{ONE}"), &shape_of_key("workflow:x"), Some(workflow(ONE, "a")));
    assert_eq!(other.expect("a row")["name"], "a");
}

#[test]
fn a_delete_hides_the_row() {
    let gone = [overlay("workflows", ONE, Effect::Delete)];
    let base = json!([workflow(ONE, "a"), workflow(TWO, "b")]);
    assert_eq!(names(see(&gone, "l", &list_of_ada(), Some(base))), ["b"]);
    let key = format!("workflow:{ONE}");
    assert!(see(&gone, &key, &shape_of_key(&key), Some(workflow(ONE, "a"))).is_none());
}

#[test]
fn a_waiting_write_may_concern_only_entries_that_could_show_it() {
    let table = |name| table_named(name).expect("a table");
    let mut foreign = workflow(TWO, "new");
    foreign["user_id"] = json!(ONE);
    let renamed = patch(ONE, json!({"name": "b"}));
    let new = row_of("workflows", foreign);
    let gone = overlay("workflows", ONE, Effect::Delete);
    let saved = overlay("workflows", ONE, Effect::Graph(Json::from(json!({"nodes": [], "connections": []}))));
    let seen =
        |key: &str| [&renamed, &new, &gone, &saved].map(|own| own.may_concern(key, &shape_of_key(key)));
    assert_eq!(seen(&format!("workflow:{ONE}")), [true, false, true, true]);
    assert_eq!(seen(&format!("workflow:{TWO}")), [false, true, false, false]);
    assert_eq!(seen(&format!("workflow:{ONE}?relations")), [true, false, true, true]);
    assert_eq!(seen(&format!("workflow_nodes:{ONE}")), [false, false, true, true]);
    assert_eq!(seen(&format!("account_settings:{ADA}")), [false; 4]);
    assert_eq!([&renamed, &new, &gone].map(|own| own.may_concern("l", &list_of_ada())), [true, false, true]);
    let templates = Shape::List(Rc::new(Query::of(table("workflow_templates"))));
    assert_eq!([&renamed, &new, &gone, &saved].map(|own| own.may_concern("l", &templates)), [false; 4]);
}

#[test]
fn a_delete_hides_the_rows_that_the_database_deletes_with_it() {
    let gone = [overlay("workflows", ONE, Effect::Delete)];
    let others = [overlay("workflow_nodes", ONE, Effect::Delete), patch(ONE, json!({"name": "B"}))];
    let run = |workflow_id: &str| json!({"id": TWO, "workflow_id": workflow_id, "user_id": ADA});
    let nodes_key = format!("workflow_nodes:{ONE}");
    let nodes = || Some(json!([node(ADA, ONE)]));
    assert_eq!(see(&gone, &nodes_key, &shape_of_key(&nodes_key), nodes()), Some(json!([])));
    assert_eq!(see(&others, &nodes_key, &shape_of_key(&nodes_key), nodes()), nodes());
    let favorites = Shape::List(Rc::new(Query::of(table_named("workflow_favorites").expect("a table"))));
    let of_ada = Some(json!([run(ONE), run(TWO)]));
    assert_eq!(see(&gone, "favorites:x", &favorites, of_ada), Some(json!([run(TWO)])));
    let execution_key = format!("execution:{TWO}");
    let execution =
        |workflow_id| see(&gone, &execution_key, &shape_of_key(&execution_key), Some(run(workflow_id)));
    assert_eq!([execution(ONE), execution(TWO)], [None, Some(run(TWO))]);
}

#[test]
fn a_delete_by_natural_key_hides_the_row_that_it_names() {
    let table = table_named("workflow_favorites").expect("a table");
    let columns = vec![("user_id", ADA.to_owned()), ("workflow_id", ONE.to_owned())];
    let gone = [Overlay { table, columns, effect: Effect::Delete }];
    let query = Query::of(table).filter("user_id", Test::Eq(ADA.to_owned()));
    let favorite = |id: &str| json!({"id": id, "user_id": ADA, "workflow_id": id, "created_at": STAMP});
    let seen =
        see(&gone, "favorites:", &Shape::List(Rc::new(query)), Some(json!([favorite(ONE), favorite(TWO)])));
    assert_eq!(Json::from(seen.expect("a list")).ids(), [TWO]);
}

#[test]
fn a_page_keeps_its_length_and_shows_changed_rows() {
    let page = |rows: V| json!({"data": rows, "total": 2});
    let Shape::List(query) = list_of_ada() else { panic!("a list") };
    let shape = Shape::Page(Rc::new(query.as_ref().clone().page(1, 0)));
    let moved = [
        patch(ONE, json!({"name": "c", "updated_at": "2025-01-01T00:00:00"})),
        row_of("workflows", workflow(TWO, "new")),
    ];
    let seen = see(&moved, "p", &shape, Some(page(json!([workflow(ONE, "a")])))).expect("a page");
    assert_eq!(names(Some(seen["data"].clone())), ["c"]);
    assert_eq!(seen["total"], 2);
}

#[test]
fn a_saved_graph_replaces_nodes_and_connections() {
    let graph = json!({"nodes": [node(TWO, ONE)], "connections": []});
    let saved = [overlay("workflows", ONE, Effect::Graph(Json::from(graph)))];
    let key = format!("workflow_nodes:{ONE}");
    let nodes = see(&saved, &key, &shape_of_key(&key), Some(json!([node(ONE, ONE)])));
    assert_eq!(Json::from(nodes.expect("nodes")).ids(), [TWO]);
    let other = format!("workflow_nodes:{TWO}");
    let untouched = see(&saved, &other, &shape_of_key(&other), Some(json!([node(ONE, TWO)])));
    assert_eq!(Json::from(untouched.expect("nodes")).ids(), [ONE]);
}

#[test]
fn the_expected_row_has_the_effect_of_all_its_waiting_writes() {
    let table = table_named("workflows").expect("a table");
    let columns = [("id", ONE.to_owned())];
    let all = [
        patch(ONE, json!({"name": "b"})),
        patch(TWO, json!({"name": "x"})),
        patch(ONE, json!({"description": "c"})),
    ];
    let row = expected(&all, table, &columns, Some(Json::from(workflow(ONE, "a"))));
    assert_eq!(
        (row.text("name"), row.text("description"), row.text("user_id")),
        ("b".into(), "c".into(), ADA.into())
    );
    let unknown = expected(&all, table, &columns, None);
    assert_eq!((unknown.text("id"), unknown.text("name")), (ONE.into(), "b".into()));
}

#[test]
fn the_expected_row_is_unaffected_by_other_tables_and_has_its_saved_graph() {
    let table = table_named("workflows").expect("a table");
    let graph = json!({"nodes": [node(TWO, ONE)], "connections": []});
    let all = [
        overlay("workflow_nodes", ONE, Effect::Patch(Json::from(json!({"name": "of a node"})))),
        overlay("workflows", ONE, Effect::Graph(Json::from(graph))),
    ];
    let row = expected(&all, table, &[("id", ONE.to_owned())], Some(Json::from(workflow(ONE, "a"))));
    assert_eq!(row.text("name"), "a");
    assert_eq!(row.child("nodes").expect("nodes").ids(), [TWO]);
}

#[test]
fn entries_of_earlier_visits_follow_changes() {
    let table = table_named("workflow_nodes").expect("a table");
    let change = |source| Change { table, id: Some(TWO.to_owned()), source };
    let key = format!("workflow:{ONE}?relations");
    let mut whole = workflow(ONE, "a");
    whole["nodes"] = json!([]);
    whole["connections"] = json!([]);
    let added = change(Source::Row(Json::from(node(TWO, ONE))));
    let after = patched(&added, &key, &Shape::Relations, Json::from(whole.clone())).expect("known");
    assert_eq!(after.child("nodes").expect("nodes").ids(), [TWO]);
    assert!(patched(&change(Source::Unknown), &key, &Shape::Relations, Json::from(whole)).is_none());
    let other = format!("workflow_nodes:{TWO}");
    let list = Json::from(json!([]));
    let same = patched(&added, &other, &shape_of_key(&other), list.clone()).expect("known");
    assert!(same.is_same(&list));
}

#[test]
fn a_change_may_concern_entries_of_its_table_and_of_those_that_it_cascades_to() {
    let table = |name| table_named(name).expect("a table");
    let change =
        |name, id: &str, source| Change::<Json> { table: table(name), id: Some(id.to_owned()), source };
    let renamed = change("workflows", ONE, Source::Current(Json::from(workflow(ONE, "b"))));
    let gone = change("workflows", ONE, Source::Deleted(None));
    let placed = change("workflow_nodes", TWO, Source::Current(Json::from(node(TWO, ONE))));
    let cases = [
        (format!("workflow:{ONE}"), [true, true, false]),
        (format!("workflow:{TWO}"), [false, false, false]),
        (format!("workflow:{ONE}?relations"), [true, true, true]),
        (format!("workflow_nodes:{ONE}"), [false, true, true]),
        (format!("workflows:{ADA}"), [true, true, false]),
        (format!("account_settings:{ADA}"), [false, false, false]),
    ];
    for (key, expected) in cases {
        let shape = shape_of_key(&key);
        let seen = [&renamed, &gone, &placed].map(|change| change.may_concern(&key, &shape));
        assert_eq!(seen, expected, "{key}");
    }
    assert!(renamed.may_concern("any", &list_of_ada()));
    assert!(!placed.may_concern("any", &list_of_ada()));
}

#[test]
fn a_row_is_found_in_every_kind_of_entry_by_its_id_or_natural_key() {
    let table = |name| table_named(name).expect("a table");
    let by_id = |id: &str| vec![("id", id.to_owned())];
    let found = |shape: &Shape, base: V, name, columns: &[(&'static str, String)]| {
        row_in(shape, Json::from(base), table(name), columns).map(|row| row.to_value())
    };
    let all = json!([workflow(ONE, "a"), workflow(TWO, "b")]);
    assert_eq!(found(&list_of_ada(), all.clone(), "workflows", &by_id(TWO)), Some(workflow(TWO, "b")));
    assert_eq!(found(&list_of_ada(), all, "workflow_nodes", &by_id(TWO)), None);
    let query = Query::of(table("workflow_favorites")).filter("user_id", Test::Eq(ADA.to_owned()));
    let shape = Shape::List(Rc::new(query));
    let favorite = json!({"id": TWO, "user_id": ADA, "workflow_id": ONE});
    let pair = [("user_id", ADA.to_owned()), ("workflow_id", ONE.to_owned())];
    assert_eq!(found(&shape, json!([favorite]), "workflow_favorites", &pair), Some(favorite));
    let mut whole = workflow(ONE, "a");
    whole["nodes"] = json!([node(TWO, ONE)]);
    whole["connections"] = json!([]);
    let relations = Shape::Relations;
    assert_eq!(found(&relations, whole.clone(), "workflows", &by_id(ONE)), Some(workflow(ONE, "a")));
    assert_eq!(found(&relations, whole.clone(), "workflow_nodes", &by_id(TWO)), Some(node(TWO, ONE)));
    assert_eq!(found(&relations, whole, "workflow_nodes", &by_id(ONE)), None);
    let row = Shape::Row(table("workflows"));
    assert_eq!(found(&row, workflow(ONE, "a"), "workflows", &by_id(TWO)), None);
    assert_eq!(found(&row, workflow(ONE, "a"), "workflows", &by_id(ONE)), Some(workflow(ONE, "a")));
    assert_eq!(found(&row, workflow(ONE, "a"), "workflow_nodes", &by_id(ONE)), None);
    let Shape::List(query) = list_of_ada() else { panic!("a list") };
    let page = Shape::Page(Rc::new(query.as_ref().clone().page(1, 0)));
    let shown = || json!({"data": [workflow(ONE, "a")], "total": 1});
    assert_eq!(found(&page, shown(), "workflows", &by_id(ONE)), Some(workflow(ONE, "a")));
    assert_eq!(found(&page, shown(), "workflow_nodes", &by_id(ONE)), None);
}

#[test]
fn a_row_that_is_there_already_is_neither_replaced_nor_shown_twice() {
    let table = table_named("workflow_favorites").expect("a table");
    let favorite = |id: &str| json!({"id": id, "user_id": ADA, "workflow_id": ONE, "created_at": STAMP});
    let columns = vec![("user_id", ADA.to_owned()), ("workflow_id", ONE.to_owned())];
    let effect = Effect::Row(Json::from(favorite(TWO)));
    let again = [Overlay { table, columns: columns.clone(), effect }];
    let query = Query::of(table).filter("user_id", Test::Eq(ADA.to_owned()));
    let shape = Shape::List(Rc::new(query));
    let see_list = |base| see(&again, "favorites:x", &shape, Some(base));
    assert_eq!(see_list(json!([favorite(ONE)])), Some(json!([favorite(ONE)])));
    assert_eq!(see_list(json!([])), Some(json!([favorite(TWO)])));
    let known = |known: Option<V>| expected(&again, table, &columns, known.map(Json::from)).to_value();
    assert_eq!(known(Some(favorite(ONE))), favorite(ONE));
    assert_eq!(known(None), favorite(TWO));
}

#[test]
fn a_write_by_natural_key_is_shown_in_the_row_of_that_key_alone() {
    let table = table_named("account_settings").expect("a table");
    let settings = |user: &str, theme: &str| json!({"user_id": user, "theme": theme});
    let write = |effect| [Overlay { table, columns: vec![("user_id", ADA.to_owned())], effect }];
    let seen = |own: &[Overlay<Json>], user: &str, base: Option<V>| {
        let key = format!("account_settings:{user}");
        see(own, &key, &shape_of_key(&key), base)
    };
    let changed = write(Effect::Patch(Json::from(json!({"theme": "dark"}))));
    assert_eq!(seen(&changed, ADA, Some(settings(ADA, "light"))), Some(settings(ADA, "dark")));
    assert_eq!(seen(&changed, ONE, Some(settings(ONE, "light"))), Some(settings(ONE, "light")));
    let gone = write(Effect::Delete);
    assert_eq!(seen(&gone, ADA, Some(settings(ADA, "light"))), None);
    assert_eq!(seen(&gone, ONE, Some(settings(ONE, "light"))), Some(settings(ONE, "light")));
    let new = write(Effect::Row(Json::from(settings(ADA, "dark"))));
    assert_eq!(seen(&new, ADA, None), Some(settings(ADA, "dark")));
    assert_eq!(seen(&new, ONE, None), None);
}

#[test]
fn an_upsert_of_a_whole_row_changes_the_row_or_is_it() {
    let table = table_named("account_settings").expect("a table");
    let settings = |user: &str, id: &str, theme: &str| json!({"id": id, "user_id": user, "theme": theme, "created_at": id});
    let effect = Effect::Upsert(Json::from(settings(ADA, TWO, "dark")));
    let columns = vec![("user_id", ADA.to_owned())];
    let own = [Overlay { table, columns: columns.clone(), effect }];
    let seen = |user: &str, base: Option<V>| {
        let key = format!("account_settings:{user}");
        see(&own, &key, &shape_of_key(&key), base)
    };
    let (new, changed) = (settings(ADA, TWO, "dark"), settings(ADA, ONE, "dark"));
    assert_eq!(seen(ADA, None), Some(new.clone()));
    assert_eq!(seen(ADA, Some(settings(ADA, ONE, "light"))), Some(changed.clone()));
    assert_eq!(seen(ONE, None), None);
    assert_eq!(seen(ONE, Some(settings(ONE, ONE, "light"))), Some(settings(ONE, ONE, "light")));
    let entries: Vec<_> =
        entries_of_new(&own[0]).into_iter().map(|(key, row)| (key, row.map(|row| row.to_value()))).collect();
    assert_eq!(entries, [(format!("account_settings:{ADA}"), Some(new.clone()))]);
    let known = |row: Option<V>| expected(&own, table, &columns, row.map(Json::from)).to_value();
    assert_eq!(known(None), new);
    assert_eq!(known(Some(settings(ADA, ONE, "light"))), changed);
}

#[test]
fn a_new_row_is_shown_under_its_own_key_alone() {
    let new = [row_of("workflows", workflow(ONE, "new"))];
    let seen = |id: &str| {
        let key = format!("workflow:{id}");
        see(&new, &key, &shape_of_key(&key), None)
    };
    assert_eq!(seen(ONE), Some(workflow(ONE, "new")));
    assert_eq!(seen(TWO), None);
}
