//! Inactive API keys are treated as missing, and no error quotes a secret.

use crate::support::network::Fault;
use crate::support::{Client, World};
use serde_json::json;

fn with_keys() -> (World, Client, [String; 2]) {
    let world = World::new();
    let ada = world.signed_in("ada");
    let ids = [("on", true), ("off", false)].map(|(service, is_active)| {
        let row = json!({"user_id": ada.id(), "service_name": service, "encrypted_key": "x", "is_active": is_active});
        world.server().add("api_keys", row)
    });
    (world, ada, ids)
}

fn is_there(ada: &Client, service: &str) -> bool {
    !ada.does("getApiKey", json!([ada.id(), service])).is_null()
}

#[test]
fn an_inactive_key_in_a_batch_is_null_and_never_leaves_the_server() {
    let (world, ada, _) = with_keys();
    let reads = ["on", "off"].map(|service| ada.call("getApiKey", json!([ada.id(), service])));
    let [on, off] = reads.map(|read| read.value());
    assert_eq!((on.text("service_name").as_str(), off.is_null()), ("on", true));
    let requests = world.take_requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].line.contains("is_active=eq.true"), "{}", requests[0].line);
}

#[test]
fn a_key_is_null_as_soon_as_a_write_disables_it_and_returns_when_enabled() {
    let (_world, ada, [on, _]) = with_keys();
    assert!(is_there(&ada, "on"));
    ada.does("updateApiKey", json!([on, {"is_active": false}]));
    assert_eq!(ada.cached(&format!("api_key:{}:on", ada.id())).map(|row| row.to_value()), None);
    assert!(!is_there(&ada, "on"));
    ada.mirror().take_told();
    ada.does("updateApiKey", json!([on, {"gateway_endpoint": "https://x.example"}]));
    assert_eq!(ada.mirror().take_told(), Vec::<String>::new(), "nobody hears of a key that is still none");
    ada.does("updateApiKey", json!([on, {"is_active": true}]));
    assert_eq!(ada.mirror().take_told(), [format!("api_key:{}:on", ada.id())]);
    assert!(is_there(&ada, "on"));
}

#[test]
fn a_key_disabled_by_another_client_is_null_after_the_frame() {
    let (world, ada, [on, _]) = with_keys();
    let selection = workflow_db::subscriptions::Selection::new("api_keys", Some(ada.id()), None);
    ada.engine.follow(selection.expect("it is valid"), false);
    world.pass(3_000.0);
    assert!(is_there(&ada, "on"));
    world.server().change("api_keys", &on, json!({"is_active": false}));
    world.pass(3_000.0);
    assert!(!is_there(&ada, "on"));
}

/// The database quotes the whole row that violates a constraint.
#[test]
fn an_error_of_a_call_with_a_secret_has_no_details() {
    const QUOTING: &str =
        r#"{"code": "23514", "message": "m", "details": "Failing row contains (sk-secret)."}"#;
    let (world, ada, [on, _]) = with_keys();
    let details_of = |name: &str, arguments| {
        world.network().once("", Fault::Replaced(400, QUOTING));
        ada.call(name, arguments).fails_with("23514").details.clone()
    };
    let key = json!({"user_id": ada.id(), "service_name": "new", "encrypted_key": "sk-secret"});
    for (name, arguments) in [
        ("createApiKey", json!([key])),
        ("updateApiKey", json!([on, {"encrypted_key": "sk-secret"}])),
        ("batchSaveApiKeys", json!([{"keys": [key]}])),
        ("storeApiKey", json!([ada.id(), "stored", "sk-secret"])),
        ("revealApiKey", json!([on])),
        ("upsertIntegration", json!([ada.id(), "slack", {"encrypted_token": "sk-secret"}])),
    ] {
        assert_eq!(details_of(name, arguments), None, "{name}");
    }
    let id = world.server().add("workflows", json!({"user_id": ada.id(), "name": "w"}));
    for (name, arguments) in [
        ("createWorkflow", json!([ada.id(), {"name": "w"}])),
        ("saveWorkflowGraph", json!([id, {"nodes": [], "connections": []}])),
    ] {
        assert!(details_of(name, arguments).is_some(), "{name}: elsewhere they help");
    }
}

#[test]
fn a_list_of_keys_is_read_again_after_a_batch_of_them_was_saved() {
    let (world, ada, _) = with_keys();
    let services = || ada.does("getApiKeys", json!([ada.id()])).texts("service_name");
    let before = services();
    let key = json!({"user_id": ada.id(), "service_name": "new", "encrypted_key": "k"});
    ada.does("batchSaveApiKeys", json!([{"keys": [key]}]));
    world.take_requests();
    let after = services();
    assert_eq!((after.len(), world.count_requests()), (before.len() + 1, 1));
    assert!(after.contains(&"new".to_owned()), "{after:?}");
}
