//! API keys: the secrets that a user gave the app for other services.

use super::Action::{Insert, OfService, Special, Update};
use super::{table, Cached, GatewayType, KeyFormat, Timestamp, Uuid, WITHOUT_SECRETS};

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
    {
        /// A user's active API keys, secrets included: as ciphertext where they are encrypted at rest.
        getApiKeys "(userId: string): Promise<ApiKey[]>" = Special(Cached::List(""));
        /// A user's active API keys without their secrets, which are not even asked for.
        getApiKeysPublic "(userId: string): Promise<ApiKeyPublic[]>" = Special(Cached::List(WITHOUT_SECRETS));
        /// A user's active API key for a service, or null. Asked together with others of the same tick.
        getApiKey "(userId: string, service: string): Promise<ApiKey | null>" = OfService;
        /// Creates an API key. Rejects with 23505 when the user has one for that service.
        createApiKey "(key: NewApiKey): Promise<ApiKey>" = Insert(None);
        /// Changes an API key. Rejects with NOT_FOUND.
        updateApiKey "(id: string, patch: ApiKeyPatch): Promise<ApiKey>" = Update("id");
        /// Deletes a user's API key, if it is there.
        deleteApiKey "(id: string, userId: string): Promise<void>" = Special(Cached::No);
        /// Saves API keys: all or none. Rejects with CONFLICT without `overwrite`.
        batchSaveApiKeys "(batch: NewApiKeyBatch): Promise<ApiKeyPublic[]>" = Special(Cached::No);
        /// Stores a user's secret for a service, encrypted, in the place of the one that was there. What `options` leaves
        /// out stays as it is. Answers the row without the secret. Rejects with MIGRATION_REQUIRED where keys are not
        /// encrypted at rest.
        storeApiKey "(userId: string, service: string, secret: string, options?: StoreApiKeyOptions): Promise<ApiKeyPublic>"
            = Special(Cached::No);
        /// The secret of an API key. It is never cached; each call asks the server, and leaves an entry in the audit log.
        /// From here on it is in the browser, where whatever runs in the page can read it. Rejects with NOT_FOUND when the
        /// user has no such key, and with MIGRATION_REQUIRED where keys are not encrypted at rest.
        revealApiKey "(id: string): Promise<string>" = Special(Cached::No);
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
