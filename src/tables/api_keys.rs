//! API keys: the secrets that a user gave the app for other services.

use super::{table, GatewayType, KeyFormat, Timestamp, Uuid};

table! {
    /// A user's key for one service.
    ApiKey, NewApiKey, ApiKeyPatch => API_KEYS = "api_keys",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        /// Unique among the user's keys.
        service_name: String = required,
        /// The secret, in whatever form the app stores it; ciphertext where keys are encrypted at rest, which
        /// `revealApiKey` opens.
        encrypted_key: String = required,
        is_master_key: bool = defaulted,
        gateway_type: GatewayType = nullable,
        gateway_endpoint: String = nullable,
        last_used_at: Timestamp = nullable,
        /// Whether `getApiKeys` and `getApiKey` give it.
        is_active: bool = defaulted,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    row_key: Some(KeyFormat::pair("api_key:", &["user_id", "service_name"], ":")),
    list_key: Some(KeyFormat::new("api_keys:", &["user_id"])),
    active: Some("is_active"),
    secret: Some("encrypted_key"),
    secret_format: Some("key_format"),
    audited: true,
    scopes: &["user_id"],
    names: &["service_name"],
}
