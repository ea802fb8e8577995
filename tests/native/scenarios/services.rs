//! Calls of other services, by way of the API relay.

use crate::support::{Client, Fault, Pending, World};
use serde_json::json;

/// A model's list of names, requested of a service.
fn call(client: &Client) -> Pending {
    client.configure(|settings| settings.retry.max_attempts = 1);
    client.call("callService", json!(["openai", "v1/models"]))
}

#[test]
fn a_service_s_response_is_delivered_whatever_its_status() {
    for status in [200, 404, 500] {
        let world = World::new();
        let ada = world.signed_in("ada");
        world.network().once("GET openai/v1/models", Fault::Service(status, r#"{"data": ["m"]}"#));
        assert_eq!(call(&ada).value().to_value(), json!({"data": ["m"]}));
        assert_eq!(world.take_requests()[0].subject, Some(ada.id()), "in the user's name");
    }
}

#[test]
fn only_a_gateway_s_404_means_that_the_relay_is_not_deployed() {
    for (fault, code) in [
        (Fault::Gateway(404, None), "MIGRATION_REQUIRED"),
        (Fault::Gateway(400, None), "UNKNOWN_ERROR"),
        (Fault::Gateway(405, None), "UNKNOWN_ERROR"),
        (Fault::Refused(404, "UNKNOWN_SERVICE"), "UNKNOWN_SERVICE"),
        (Fault::Refused(403, "NO_KEY"), "NO_KEY"),
    ] {
        let world = World::new();
        let ada = world.signed_in("ada");
        world.network().once("GET openai/v1/models", fault);
        let error = call(&ada).fails_with(code);
        let is_missing =
            error.hint.as_ref().is_some_and(|hint| hint.contains("supabase/functions/api-relay"));
        assert_eq!(is_missing, code == "MIGRATION_REQUIRED", "{error:?}");
    }
}
