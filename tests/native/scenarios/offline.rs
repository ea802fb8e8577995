//! What `workflow-db/offline` asks of the engine: entries of earlier visits, waiting writes, and other pages.

use crate::support::client::{argument, Options};
use crate::support::{Client, Fault, Json, World};
use serde_json::{json, Value as V};
use std::collections::HashMap;
use workflow_db::api::{operation, Call, Operation};
use workflow_db::cache::{Change, Effect, Overlay, Source};
use workflow_db::data::Data;
use workflow_db::engine::CallOptions;
use workflow_db::flows::{columns_of, Plan, Write};
use workflow_db::platform::Tasks;
use workflow_db::tables::table_named;

const UNKNOWN: &str = "10000000-0000-4000-8000-000000000001";

/// A client whose earlier visit left these entries.
fn returning(entries: &[(&str, V)]) -> (World, Client) {
    let world = World::new();
    let ada = world.signed_in("ada");
    keep(&ada, entries);
    (world, ada)
}

fn keep(client: &Client, entries: &[(&str, V)]) {
    let entries = entries.iter().map(|(key, data)| ((*key).to_owned(), Json::from(data.clone())));
    *client.sim().disk.borrow_mut() = Some(entries.collect::<HashMap<_, _>>());
}

/// The write that a function of `db` stands for.
fn write_of(name: &str, arguments: &V) -> Write {
    let call = Call {
        arguments: arguments.as_array().expect("a list").iter().map(argument).collect(),
        uuid: &|| UNKNOWN.to_owned(),
        base_url_length: 0,
    };
    match operation(name, &call) {
        Ok(Operation::Write(write)) => write,
        _ => panic!("{name} is no write"),
    }
}

fn plan_of(name: &str, arguments: &V) -> Option<Plan> {
    write_of(name, arguments).plan::<Json>()
}

fn overlay(table: &str, id: &str, effect: Effect<Json>) -> Overlay<Json> {
    Overlay { table: table_named(table).expect("a table"), columns: vec![("id", id.to_owned())], effect }
}

fn row(table: &str, id: &str, values: V) -> Overlay<Json> {
    overlay(table, id, Effect::Row(Json::from(values)))
}

/// Sends the plan as a later page does.
fn resend(world: &World, client: &Client, plan: Plan, is_resent: bool) -> Result<Option<Json>, String> {
    let write = plan.write::<Json>().expect("a write");
    let engine = client.engine.clone();
    let result = std::rc::Rc::new(std::cell::RefCell::new(None));
    let slot = result.clone();
    client.sim().spawn(async move {
        let options = CallOptions { is_resent, ..CallOptions::default() };
        *slot.borrow_mut() = Some(engine.write(write, options).await);
    });
    world.quiesce();
    let outcome = result.borrow_mut().take().expect("an outcome");
    outcome.map_err(|error| error.code.to_string())
}

#[test]
fn an_entry_of_an_earlier_visit_is_shown_until_the_server_answers() {
    let (world, ada) = returning(&[]);
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "a"}));
    let key = format!("workflows:{}", ada.id());
    let before = ada.does("getWorkflows", json!([ada.id()]));
    ada.engine.invalidate_where(&|_| true);
    *ada.sim().disk.borrow_mut() = Some(HashMap::from([(key.clone(), before.clone())]));

    let read = ada.call("getWorkflows", json!([ada.id()]));
    world.pass(5.0);
    assert!(ada.cached(&key).expect("shown").is_equal(&before));
    assert!(ada.mirror().until_wall_ms(&key).expect("shown") < 0.0, "it answers no read");
    world.server().change("workflows", &id, json!({"name": "b"}));
    assert_eq!(read.value().item(0).text("name"), "b");
    assert!(ada.mirror().until_wall_ms(&key).expect("stored") > 0.0);
}

#[test]
fn an_equal_entry_of_an_earlier_visit_keeps_its_identity() {
    let (world, ada) = returning(&[]);
    world.server().add("workflows", json!({"user_id": ada.id(), "name": "a"}));
    let key = format!("workflows:{}", ada.id());
    let again = Json::from(ada.does("getWorkflows", json!([ada.id()])).to_value());
    ada.engine.invalidate_where(&|_| true);
    *ada.sim().disk.borrow_mut() = Some(HashMap::from([(key.clone(), again)]));
    let read = ada.call("getWorkflows", json!([ada.id()]));
    world.pass(5.0);
    let shown = ada.cached(&key).expect("shown");
    assert!(read.value().is_same(&shown));
}

#[test]
fn a_row_that_is_gone_is_not_restored_after_the_answer() {
    let (world, ada) = returning(&[(&format!("workflow:{UNKNOWN}"), json!({"id": UNKNOWN, "name": "old"}))]);
    assert!(ada.does("getWorkflow", json!([UNKNOWN])).is_null());
    world.pass(1_000.0);
    assert!(ada.cached(&format!("workflow:{UNKNOWN}")).is_none());
}

#[test]
fn a_read_is_answered_from_an_earlier_visit_if_the_server_cannot_be_reached() {
    let (_world, ada) = returning(&[(&format!("workflow:{UNKNOWN}"), json!({"id": UNKNOWN, "name": "old"}))]);
    ada.sim().cut(true);
    assert_eq!(ada.does("getWorkflow", json!([UNKNOWN])).text("name"), "old");
    let fresh = Options { fresh: true, ..Options::default() };
    assert!(ada.call_with(fresh, "getWorkflow", json!([UNKNOWN])).error().is("RETRY_EXHAUSTED"));
    assert!(ada.fails("getWorkflow", json!(["20000000-0000-4000-8000-000000000002"])).is("RETRY_EXHAUSTED"));
}

#[test]
fn a_refused_read_is_not_answered_from_an_earlier_visit() {
    let (world, ada) = returning(&[(&format!("workflow:{UNKNOWN}"), json!({"id": UNKNOWN}))]);
    world.network().times(9, "GET workflows", Fault::Refused(403, "42501"));
    assert!(ada.fails("getWorkflow", json!([UNKNOWN])).is("42501"));
}

#[test]
fn a_new_row_that_waits_is_in_its_lists_and_has_children() {
    let (world, ada) = returning(&[]);
    let user = ada.id();
    let id = world.server().add("workflows", json!({"user_id": user, "name": "known"}));
    ada.does("getWorkflows", json!([user]));
    let node = "30000000-0000-4000-8000-000000000003";
    let stamp = "2030-01-01T00:00:00";
    let workflow = json!({"id": UNKNOWN, "user_id": user, "name": "new", "archived_at": null, "created_at": stamp, "updated_at": stamp});
    let of_node = json!({"id": node, "workflow_id": UNKNOWN, "node_id": "n", "created_at": stamp});
    ada.engine.set_waiting(vec![row("workflows", UNKNOWN, workflow), row("workflow_nodes", node, of_node)]);

    let list = ada.cached(&format!("workflows:{user}")).expect("the list");
    let ids: Vec<_> = list.items().iter().map(|row| row.column("id")).collect();
    assert_eq!(ids.len(), 2);
    assert!(list.position(UNKNOWN).is_some() && list.position(&id).is_some());
    ada.sim().cut(true);
    let whole = ada.does("getWorkflowWithRelations", json!([UNKNOWN]));
    assert_eq!(whole.text("name"), "new");
    assert_eq!(whole.child("nodes").expect("nodes").len(), 1);
    assert!(whole.child("connections").expect("connections").is_empty());
    let key = format!("workflow:{UNKNOWN}?relations");
    assert_eq!(ada.cached(&key).expect("shown").child("nodes").expect("nodes").len(), 1);

    ada.engine.set_waiting(Vec::new());
    assert_eq!(ada.cached(&format!("workflows:{user}")).expect("the list").len(), 1);
    assert!(ada.fails("getWorkflow", json!([UNKNOWN])).is("RETRY_EXHAUSTED"));
    assert!(ada.cached(&key).is_none());
}

#[test]
fn waiting_updates_and_deletes_are_shown_and_rolled_back() {
    let (world, ada) = returning(&[]);
    let user = ada.id();
    let [first, second] =
        ["a", "b"].map(|name| world.server().add("workflows", json!({"user_id": user, "name": name})));
    let before = ada.does("getWorkflows", json!([user]));
    ada.does("getWorkflow", json!([second]));
    let renamed = Effect::Patch(Json::from(json!({"name": "renamed"})));
    ada.engine.set_waiting(vec![
        overlay("workflows", &first, renamed),
        overlay("workflows", &second, Effect::Delete),
    ]);

    let list = ada.does("getWorkflows", json!([user]));
    assert_eq!(list.len(), 1);
    assert_eq!(list.item(0).text("name"), "renamed");
    assert!(ada.does("getWorkflow", json!([second])).is_null());
    // The server's own state is what is stored.
    assert!(ada.engine.storable(&format!("workflows:{user}")).expect("stored").is_same(&before));

    ada.engine.set_waiting(Vec::new());
    assert!(ada.cached(&format!("workflows:{user}")).expect("shown").is_same(&before));
    assert!(!ada.does("getWorkflow", json!([second])).is_null());
}

#[test]
fn a_waiting_graph_replaces_the_shown_one() {
    let (world, ada) = returning(&[]);
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "a"}));
    world.server().add("workflow_nodes", json!({"workflow_id": id, "node_id": "old", "node_type": "t"}));
    ada.does("getWorkflowWithRelations", json!([id]));
    let graph = json!({"nodes": [{"id": UNKNOWN, "workflow_id": id, "node_id": "new"}], "connections": []});
    ada.engine.set_waiting(vec![overlay("workflows", &id, Effect::Graph(Json::from(graph)))]);
    let whole = ada.does("getWorkflowWithRelations", json!([id]));
    let nodes = whole.child("nodes").expect("nodes");
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes.item(0).text("node_id"), "new");
    assert_eq!(ada.cached(&format!("workflow_nodes:{id}")).expect("nodes").len(), 1);
}

#[test]
fn a_waiting_write_on_a_page_keeps_the_length_of_the_page() {
    let (world, ada) = returning(&[]);
    let user = ada.id();
    let id = world.server().add("workflows", json!({"user_id": user, "name": "a"}));
    ada.does("getWorkflowsPage", json!([{"userId": user}]));
    let page = |ada: &Client| {
        let page = ada.does("getWorkflowsPage", json!([{"userId": user}])).child("data").expect("rows");
        page.texts("name")
    };
    let renamed = Effect::Patch(Json::from(json!({"name": "renamed"})));
    ada.engine.set_waiting(vec![overlay("workflows", &id, renamed)]);
    assert_eq!(page(&ada), ["renamed"]);
}

#[test]
fn the_expected_row_has_the_effect_of_all_waiting_writes() {
    let (world, ada) = returning(&[]);
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "a"}));
    let _held = ada.does("getWorkflow", json!([id]));
    let patch = |values| overlay("workflows", &id, Effect::Patch(Json::from(values)));
    ada.engine.set_waiting(vec![patch(json!({"name": "b"})), patch(json!({"description": "c"}))]);
    let table = table_named("workflows").expect("a table");
    let row = ada.engine.expected(table, &[("id", id.clone())]);
    assert_eq!(row.text("name"), "b");
    assert_eq!(row.text("description"), "c");
    assert_eq!(row.text("user_id"), ada.id());
    let unknown = ada.engine.expected(table, &[("id", UNKNOWN.to_owned())]);
    assert_eq!(unknown.text("id"), UNKNOWN);
}

#[test]
fn a_plan_becomes_the_write_that_it_was_made_of() {
    let ids = ["a", "b"].map(|_| UNKNOWN);
    let node = json!({"workflow_id": UNKNOWN, "node_id": "n", "node_type": "t"});
    let writes = [
        ("createWorkflowNode", json!([node])),
        ("updateWorkflow", json!([UNKNOWN, {"name": "b"}, {"ifUpdatedAt": "2024-01-01T00:00:00"}])),
        ("archiveWorkflow", json!([UNKNOWN])),
        ("deleteWorkflow", json!([UNKNOWN])),
        ("deleteWorkflowConnection", json!([UNKNOWN, "quoted \"id\""])),
        ("upsertAccountSettings", json!([UNKNOWN, {"theme": "dark"}])),
        ("addFavorite", json!(ids)),
        ("removeFavorite", json!(ids)),
        ("saveWorkflowGraph", json!([UNKNOWN, {"nodes": [], "connections": []}])),
    ];
    for (name, arguments) in writes {
        let write = write_of(name, &arguments);
        let plan = write.plan::<Json>().unwrap_or_else(|| panic!("{name} can wait"));
        let (key, action) = (plan.key.clone(), plan.action.clone());
        let columns = columns_of::<Json>(write.table(), &key).expect("columns");
        assert!(!columns.is_empty(), "{name}");
        let again = plan.write::<Json>().and_then(|write| write.plan::<Json>()).expect("the same write");
        let plan = write.plan::<Json>().expect("a plan");
        assert_eq!(
            (plan.key, plan.body, plan.rest, plan.if_updated_at, plan.refs),
            (again.key, again.body, again.rest, again.if_updated_at, again.refs),
            "{name} {action}"
        );
    }
}

#[test]
fn a_new_row_names_the_rows_that_it_belongs_to() {
    let node = json!({"workflow_id": UNKNOWN, "node_id": "n", "node_type": "t"});
    let plan = plan_of("createWorkflowNode", &json!([node])).expect("a plan");
    assert_eq!(plan.refs, [format!("workflows {UNKNOWN}")]);
}

#[test]
fn secrets_and_what_only_the_server_knows_cannot_wait() {
    let key = json!({"user_id": UNKNOWN, "service_name": "s", "encrypted_key": "k"});
    assert!(plan_of("createApiKey", &json!([key])).is_none());
    assert!(plan_of("inviteToWorkflow", &json!([UNKNOWN, {"email": "a@b.c", "role": "viewer"}])).is_none());
    assert!(plan_of("createWorkflowFromTemplate", &json!([UNKNOWN, UNKNOWN])).is_none());
}

#[test]
fn a_write_that_is_sent_again_is_made_once() {
    let (world, ada) = returning(&[]);
    let workflow = json!([ada.id(), {"id": UNKNOWN, "name": "once"}]);
    let plan = || plan_of("createWorkflow", &workflow).expect("a plan");
    assert!(resend(&world, &ada, plan(), false).is_ok());
    assert!(resend(&world, &ada, plan(), true).expect("done").is_some());
    assert_eq!(world.server().rows("workflows").count(), 1);

    let taken = json!([ada.id(), {"id": UNKNOWN, "name": "another"}]);
    let another = plan_of("createWorkflow", &taken).expect("a plan");
    assert_eq!(resend(&world, &ada, another, true).unwrap_err(), "23505");

    let delete = || plan_of("deleteWorkflow", &json!([UNKNOWN])).expect("a plan");
    assert!(resend(&world, &ada, delete(), false).is_ok());
    assert!(resend(&world, &ada, delete(), true).is_ok());
}

#[test]
fn an_update_with_a_version_that_is_sent_again_is_no_conflict_with_itself() {
    let (world, ada) = returning(&[]);
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "a"}));
    let read = ada.does("getWorkflow", json!([id]));
    let version = read.text("updated_at");
    let plan = |name: &str| {
        let arguments = json!([id, {"name": name}, {"ifUpdatedAt": version}]);
        plan_of("updateWorkflow", &arguments).expect("a plan")
    };
    assert!(resend(&world, &ada, plan("b"), false).is_ok());
    // A later page knows nothing of the versions that this one made.
    let mut ada = ada;
    ada.restart();
    assert!(resend(&world, &ada, plan("b"), true).is_ok());
    world.server().change("workflows", &id, json!({"name": "x"}));
    assert_eq!(resend(&world, &ada, plan("c"), true).unwrap_err(), "CONFLICT");
}

#[test]
fn the_last_known_user_is_signed_in_until_a_token_says_otherwise() {
    let (world, ada) = returning(&[(&format!("workflow:{UNKNOWN}"), json!({"id": UNKNOWN, "name": "hers"}))]);
    let id = ada.id();
    ada.engine.assume_user(Json::from(json!({ "sub": id })));
    assert_eq!(ada.engine.user_id(), Some(id.clone()));
    ada.sim().cut(true);
    assert!(!ada.does("getWorkflow", json!([UNKNOWN])).is_null());
    // The same user's token changes nothing.
    assert!(ada.cached(&format!("workflow:{UNKNOWN}")).is_some());
    *ada.sim().disk.borrow_mut() = Some(HashMap::new());
    ada.switch_to(Some("eve"));
    world.pass(100.0);
    assert!(ada.cached(&format!("workflow:{UNKNOWN}")).is_none());
    assert!(ada.fails("getWorkflow", json!([UNKNOWN])).is("RETRY_EXHAUSTED"));
}

#[test]
fn other_pages_are_told_of_own_writes_and_not_of_their_own() {
    let (_world, ada) = returning(&[]);
    let made = ada.does("createWorkflow", json!([ada.id(), {"name": "a"}]));
    let id = made.text("id");
    assert_eq!(ada.sim().changes.take(), [format!("workflows {id} is known")]);
    ada.does("getWorkflow", json!([id]));
    let table = table_named("workflows").expect("a table");
    let renamed =
        Json::from(json!({"id": id, "user_id": ada.id(), "name": "b", "updated_at": "2999-01-01T00:00:00"}));
    ada.engine.heard_elsewhere(&Change { table, id: Some(id.clone()), source: Source::Row(renamed) });
    assert!(ada.sim().changes.take().is_empty());
    let shown = ada.cached(&format!("workflow:{id}")).expect("shown");
    assert_eq!(shown.text("name"), "b");
}

#[test]
fn entries_with_secrets_are_not_stored() {
    let (world, ada) = returning(&[]);
    world
        .server()
        .add("integrations", json!({"user_id": ada.id(), "service_name": "s", "encrypted_token": "t"}));
    ada.does("getIntegrations", json!([ada.id()]));
    ada.does("getApiKeys", json!([ada.id()]));
    ada.does("getFavorites", json!([ada.id()]));
    assert!(ada.engine.storable(&format!("integrations:{}", ada.id())).is_none());
    assert!(ada.engine.storable(&format!("api_keys:{}", ada.id())).is_none());
    assert!(ada.engine.storable(&format!("favorites:{}", ada.id())).is_some());
}
