//! What happens to a call before it is sent: it is refused, or gets a cache key of its own.

use crate::support::client::{argument, id};
use crate::support::{Fault, World};
use serde_json::{json, Value as V};
use workflow_db::api::{operation, Argument, Call, Operation};
use workflow_db::data::Value;
use workflow_db::flows::{DatabaseFunction, FunctionCall, Write};
use workflow_db::input::Field;

const BASE_URL_LENGTH: usize = 40;

fn operation_of(name: &str, arguments: Vec<Argument>) -> Result<Operation, String> {
    let uuid = || id("new");
    let call = Call { arguments, uuid: &uuid, base_url_length: BASE_URL_LENGTH };
    operation(name, &call).map_err(|error| {
        assert!(error.is("INVALID_INPUT"), "{error:?}");
        error.message.to_string()
    })
}

fn asked(name: &str, arguments: &V) -> Result<Operation, String> {
    operation_of(name, arguments.as_array().expect("a list").iter().map(argument).collect())
}

#[track_caller]
fn refusal(name: &str, arguments: &V) -> String {
    asked(name, arguments).err().unwrap_or_else(|| panic!("{name} takes {arguments}"))
}

#[track_caller]
fn key(name: &str, arguments: &V) -> String {
    match asked(name, arguments) {
        Ok(Operation::Read(read)) => read.key,
        Ok(Operation::Write(_) | Operation::Service(_)) => panic!("{name} is no read"),
        Err(message) => panic!("{name}: {message}"),
    }
}

#[test]
fn a_row_that_was_read_may_be_written_back_with_its_natural_key() {
    let row =
        |user: &str, service: &str| json!([id("ada"), "Gh", {"user_id": user, "service_name": service}]);
    for user in [id("ada"), id("ada").to_uppercase()] {
        let Ok(Operation::Write(Write::Upsert { body, .. })) = asked("upsertIntegration", &row(&user, "Gh"))
        else {
            panic!("no upsert of {user}")
        };
        let sent: V = serde_json::from_str(&body).expect("JSON");
        assert_eq!((&sent["user_id"], &sent["service_name"]), (&json!(id("ada")), &json!("Gh")));
    }
    for (user, service, named) in [
        (id("bob"), "Gh", "user_id"),
        (id("ada"), "gh", "service_name"),
        (id("ada"), "other", "service_name"),
    ] {
        let message = refusal("upsertIntegration", &row(&user, service));
        assert!(message.starts_with(named), "{message}");
    }
}

#[test]
fn a_duplicate_name_in_a_graph_is_refused_with_the_position_of_the_second_row() {
    let node = |name: &str| json!({"node_id": name, "node_type": "t"});
    let connection =
        |name: &str| json!({"source_node_id": "a", "target_node_id": "b", "connection_id": name});
    let save = |nodes: [&str; 3], connections: [&str; 2]| {
        let (nodes, connections) = (nodes.map(node), connections.map(connection));
        json!([id("w"), {"nodes": nodes, "connections": connections}])
    };
    assert!(asked("saveWorkflowGraph", &save(["a", "b", "c"], ["a", "b"])).is_ok());
    for (graph, named) in [
        (save(["a", "b", "a"], ["a", "b"]), "nodes[2].node_id: expected "),
        (save(["a", "b", "c"], ["a", "a"]), "connections[1].connection_id: expected "),
    ] {
        let message = refusal("saveWorkflowGraph", &graph);
        assert!(message.starts_with(named), "{message}");
    }
}

#[test]
fn arguments_are_named_in_camel_case_without_the_trailing_name() {
    for (function, arguments, named) in [
        ("upsertIntegration", json!(["x", "gh", {}]), "userId: "),
        ("upsertIntegration", json!([id("ada"), 1, {}]), "service: "),
        ("addFavorite", json!([id("ada"), "x"]), "workflowId: "),
    ] {
        let message = refusal(function, &arguments);
        assert!(message.starts_with(named), "{message}");
    }
}

#[test]
fn a_row_with_a_natural_key_belongs_to_the_user_in_it() {
    for (function, arguments) in [
        ("upsertIntegration", json!([id("ada"), "gh", {"is_connected": true}])),
        ("addFavorite", json!([id("ada"), id("w")])),
    ] {
        let Ok(Operation::Write(Write::Upsert { user_id, .. } | Write::Ensure { user_id, .. })) =
            asked(function, &arguments)
        else {
            panic!("{function} neither updates nor creates a row")
        };
        assert_eq!(user_id, id("ada"), "{function}");
    }
}

#[test]
fn the_url_of_a_service_call_has_at_most_8000_characters() {
    let around = "functions/v1/api-relay/gh/".len() + BASE_URL_LENGTH;
    let call = |length: usize| json!(["gh", "x".repeat(length)]);
    assert!(asked("callService", &call(8_000 - around)).is_ok());
    let message = refusal("callService", &call(8_001 - around));
    assert!(message.starts_with("path: "), "{message}");
}

#[test]
fn an_address_has_text_on_both_sides_and_less_than_320_characters() {
    let invite = |address: &str| json!([id("w"), {"email": address, "role": "viewer"}]);
    for length in [1, 160, 318] {
        let address = ["a".repeat(length), "b".repeat(319 - length)].join("@");
        assert!(asked("inviteToWorkflow", &invite(&address)).is_ok(), "{length}");
    }
    for address in ["", "a", "@", "a@", "@b", "a@b@c", "a @b", &["a".repeat(160), "b".repeat(160)].join("@")]
    {
        let message = refusal("inviteToWorkflow", &invite(address));
        assert!(message.starts_with("email: "), "{message}");
    }
}

fn function_call(name: &str, arguments: Vec<Argument>) -> Result<FunctionCall, String> {
    match operation_of(name, arguments)? {
        Operation::Write(Write::Call(call)) => Ok(call),
        _ => panic!("{name} calls no function of the database"),
    }
}

#[test]
fn a_graph_is_merged_only_if_its_base_is_json() {
    let empty = json!({"nodes": [], "connections": []});
    let save = |base: Field| {
        let arguments = [json!(id("w")), empty.clone()];
        let options = Argument::Object(vec![base]);
        function_call("saveWorkflowGraph", arguments.iter().map(argument).chain([options]).collect())
    };
    let base = |value, json: &str| Field::plain("base".to_owned(), value, json.to_owned());
    let merged = save(base(Value::Json, &empty.to_string())).expect("a graph");
    assert!(merged.function == DatabaseFunction::SaveMergedGraph);
    assert_eq!(merged.base, Some(empty.to_string()));
    let plain = save(base(Value::Absent, "")).expect("undefined is no base");
    assert!(plain.function == DatabaseFunction::SaveGraph);
    assert_eq!(plain.base, None);
    for refused in [base(Value::Null, "null"), base(Value::Json, "")] {
        let message = save(refused).err().expect("no base");
        assert!(message.starts_with("base: "), "{message}");
    }
}

#[test]
fn the_rows_of_a_batch_are_an_argument_of_its_database_function() {
    let sent = |name: &str, batch: V| -> V {
        let call = function_call(name, vec![argument(&batch)]).expect("a batch");
        serde_json::from_str(&call.body).expect("JSON")
    };
    let node = json!({"node_id": "a", "node_type": "t"});
    let workflow = json!({"user_id": id("ada"), "name": "W", "nodes": [node], "connections": []});
    let workflows = sent("batchSaveWorkflows", json!({"workflows": [workflow]}));
    assert_eq!(workflows["p_workflows"][0]["name"], "W");
    assert_eq!(workflows["p_workflows"][0]["nodes"][0]["node_id"], "a");
    let key = json!({"user_id": id("ada"), "service_name": "gh", "encrypted_key": "k"});
    let keys = sent("batchSaveApiKeys", json!({"keys": [key], "overwrite": true}));
    assert_eq!((&keys["p_keys"][0]["service_name"], &keys["p_overwrite"]), (&json!("gh"), &json!(true)));
}

#[test]
fn an_undefined_member_of_a_query_is_ignored() {
    let members = |name: &str| {
        let absent = Field::plain(name.to_owned(), Value::Absent, String::new());
        vec![Argument::Object(vec![Field::text("userId", &id("ada")), absent])]
    };
    for name in ["limit", "sortBy", "unheardOf"] {
        assert!(operation_of("getWorkflows", members(name)).is_ok(), "{name}");
    }
}

#[test]
fn different_filters_have_different_keys() {
    let templates = |category: &str, featured: V| {
        key("getTemplates", &json!([{"category": category, "featured": featured}]))
    };
    assert_ne!(templates("x&is_featured=true", V::Null), templates("x", json!(true)));
    assert_ne!(templates("x%26", V::Null), templates("x&", V::Null));
    assert_eq!(templates("x?a=b&c%", V::Null), "templates:all?category=x%3Fa%3Db%26c%25");
    let logs = |query: V| key("getAuditLogs", &query);
    let user = id("ada");
    assert_ne!(
        logs(json!([{"userId": user, "resourceType": "a&action=b"}])),
        logs(json!([{"userId": user, "resourceType": "a", "action": "b"}]))
    );
}

#[test]
fn events_and_keys_of_a_page_do_not_contain_its_cursor() {
    let world = World::new();
    let ada = world.signed_in("ada");
    for name in ["SECRET A", "SECRET B"] {
        world.server().add("workflows", json!({"user_id": ada.id(), "name": name}));
    }
    let page = |cursor: &V| {
        let query = json!([{"userId": ada.id(), "sortBy": "name", "pageSize": 1, "cursor": cursor}]);
        (ada.does("getWorkflowsPage", query.clone()).to_value(), key("getWorkflowsPage", &query))
    };
    let (first, _) = page(&V::Null);
    let (second, after) = page(&first["nextCursor"]);
    let (_, before) = page(&second["prevCursor"]);
    assert_eq!(second["data"][0]["name"], "SECRET A");
    assert_ne!(after, before);
    let told = ada.take_events("").join("\n") + &after + &before;
    assert!(!told.contains("SECRET"), "{told}");
}

#[test]
fn refusing_the_user_s_own_template_indicates_a_missing_policy() {
    let (ada, bob) = (id("ada"), id("bob"));
    for (user, creator, code) in [
        (Some("ada"), None, "MIGRATION_REQUIRED"),
        (Some("ada"), Some(json!(ada)), "MIGRATION_REQUIRED"),
        (Some("ada"), Some(json!(bob)), "42501"),
        (Some("ada"), Some(V::Null), "42501"),
        (None, None, "42501"),
    ] {
        let world = World::new();
        let client = world.signed_in("ada");
        client.switch_to(user);
        world.network().once("POST workflow_templates", Fault::Refused(403, "42501"));
        let mut template = json!({"name": "T", "workflow_data": {"nodes": [], "connections": []}});
        if let Some(creator) = creator {
            template["created_by"] = creator;
        }
        let error = client.call("createTemplate", json!([template])).fails_with(code);
        assert_eq!(error.attempts, 1);
    }
}
