//! Integrations: services that a user connected.

use super::Action::{OfService, OfUser, Remove, Upsert};
use super::{table, JsonObject, KeyFormat, Timestamp, Uuid};

table! {
    /// A service that a user connected. At most one row for each user and service.
    Integration, NewIntegration, IntegrationPatch => INTEGRATIONS = "integrations",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        service_name: String = required,
        is_connected: bool = defaulted,
        encrypted_token: String = nullable,
        metadata: JsonObject = defaulted,
        last_verified_at: Timestamp = nullable,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    {
        /// The services that a user connected, in the order of their creation.
        getIntegrations "(userId: string): Promise<Integration[]>" = OfUser;
        /// One of them, or null. Asked together with others of the same tick.
        getIntegration "(userId: string, service: string): Promise<Integration | null>" = OfService;
        /// Changes it, or makes it.
        upsertIntegration "(userId: string, service: string, patch: IntegrationPatch): Promise<Integration>" = Upsert;
        /// Deletes it, if it is there.
        deleteIntegration "(userId: string, service: string): Promise<void>" = Remove;
    }
    row_key: Some(KeyFormat::pair("integrations:", &["user_id", "service_name"], "?service=")),
    list_key: Some(KeyFormat::new("integrations:", &["user_id"])),
    natural_key: "user_id,service_name",
    audited: true,
    scopes: &["user_id"],
    names: &["service_name"],
}
