//! Integrations: external services connected by a user.

use super::Action::{OfService, OfUser, Remove, Upsert};
use super::{table, JsonObject, KeyFormat, Timestamp, Uuid};

table! {
    /// An external service connected by a user. At most one row per user and service.
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
        /// All integrations of a user, ordered by creation.
        /// @example const integrations = await db.getIntegrations(userId);
        getIntegrations "(userId: string): Promise<Integration[]>" = OfUser;
        /// A user's integration with a service, or null. Calls of one tick share a request.
        /// @example const slack = await db.getIntegration(userId, 'slack');
        getIntegration "(userId: string, service: string): Promise<Integration | null>" = OfService;
        /// Changes a user's integration with a service, or creates it.
        /// @param patch - the columns to change.
        /// @example await db.upsertIntegration(userId, 'slack', { is_connected: true });
        upsertIntegration "(userId: string, service: string, patch: IntegrationPatch): Promise<Integration>" = Upsert;
        /// Deletes a user's integration with a service. Does nothing if it does not exist.
        /// @example await db.deleteIntegration(userId, 'slack');
        deleteIntegration "(userId: string, service: string): Promise<void>" = Remove;
    }
    row_key: Some(KeyFormat::pair("integrations:", &["user_id", "service_name"], "?service=")),
    list_key: Some(KeyFormat::new("integrations:", &["user_id"])),
    natural_key: "user_id,service_name",
    audited: true,
    scopes: &["user_id"],
    names: &["service_name"],
}
