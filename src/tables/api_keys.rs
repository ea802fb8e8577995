//! API keys: a user's secrets for other services.

use super::Action::{Insert, OfService, Special, Update};
use super::{table, Cached, GatewayType, KeyFormat, Timestamp, Uuid, WITHOUT_SECRETS};

table! {
    /// A user's API key for one service.
    ApiKey, NewApiKey, ApiKeyPatch => API_KEYS = "api_keys",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        /// Unique per user.
        service_name: String = required,
        /// The secret as the app stores it. If keys are encrypted at rest, it is ciphertext, which `revealApiKey`
        /// decrypts.
        encrypted_key: String = required,
        is_master_key: bool = defaulted,
        gateway_type: GatewayType = nullable,
        gateway_endpoint: String = nullable,
        last_used_at: Timestamp = nullable,
        /// Whether `getApiKeys` and `getApiKey` return it.
        is_active: bool = defaulted,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    {
        /// A user's active API keys, including their secrets: as ciphertext if keys are encrypted at rest. Use
        /// `getApiKeysPublic` to show a list.
        /// @example const keys = await db.getApiKeys(userId);
        getApiKeys "(userId: string): Promise<ApiKey[]>" = Special(Cached::List(""));
        /// A user's active API keys without their secrets, which are not requested from the server either.
        /// @example const keys = await db.getApiKeysPublic(userId);
        getApiKeysPublic "(userId: string): Promise<ApiKeyPublic[]>" = Special(Cached::List(WITHOUT_SECRETS));
        /// A user's active API key for a service, or null. Calls of one tick share a request.
        /// @example const key = await db.getApiKey(userId, 'openai');
        getApiKey "(userId: string, service: string): Promise<ApiKey | null>" = OfService;
        /// Creates an API key. Stores `encrypted_key` as given; use `storeApiKey` to encrypt it at rest.
        /// @throws `23505` if the user has a key for the service.
        /// @example await db.createApiKey({ user_id: userId, service_name: 'openai', encrypted_key: ciphertext });
        createApiKey "(key: NewApiKey): Promise<ApiKey>" = Insert(None);
        /// Changes an API key.
        /// @param patch - the columns to change.
        /// @throws `NOT_FOUND` if there is no API key with this id that the user may change.
        /// @example await db.updateApiKey(keyId, { is_active: false });
        updateApiKey "(id: string, patch: ApiKeyPatch): Promise<ApiKey>" = Update("id");
        /// Deletes a user's API key. Does nothing if it does not exist.
        /// @example await db.deleteApiKey(keyId, userId);
        deleteApiKey "(id: string, userId: string): Promise<void>" = Special(Cached::No);
        /// Saves several API keys in one transaction. The result contains no secrets.
        /// @param batch - `overwrite`: whether to replace keys that exist.
        /// @throws `CONFLICT` if a key exists and `overwrite` is not set.
        /// @throws `MIGRATION_REQUIRED` if the database lacks the package's functions.
        /// @example await db.batchSaveApiKeys({ keys: [{ user_id: userId, service_name: 'openai', encrypted_key: ciphertext }], overwrite: true });
        batchSaveApiKeys "(batch: NewApiKeyBatch): Promise<ApiKeyPublic[]>" = Special(Cached::No);
        /// Stores a secret for a service encrypted, and replaces an earlier one. The result does not contain the
        /// secret.
        /// @param options - further columns to set; those left out stay unchanged.
        /// @throws `MIGRATION_REQUIRED` if the database does not encrypt keys at rest.
        /// @example await db.storeApiKey(userId, 'openai', secret);
        storeApiKey "(userId: string, service: string, secret: string, options?: StoreApiKeyOptions): Promise<ApiKeyPublic>"
            = Special(Cached::No);
        /// Decrypts the secret of an API key. It is never cached: each call asks the server and adds an entry to the
        /// audit log. Every script in the page can read the result.
        /// @throws `NOT_FOUND` if the user has no API key with this id.
        /// @throws `MIGRATION_REQUIRED` if the database does not encrypt keys at rest.
        /// @example const secret = await db.revealApiKey(keyId);
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
