//! Account settings: what a user prefers.

use super::Action::{Row, Upsert};
use super::{table, MissingPolicy, KeyFormat, Theme, Timestamp, Uuid};

table! {
    /// What a user prefers. At most one row for each user.
    AccountSettings, NewAccountSettings, AccountSettingsPatch => ACCOUNT_SETTINGS = "account_settings",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        theme: Theme = defaulted,
        notifications_enabled: bool = defaulted,
        email_on_completion: bool = defaulted,
        email_on_error: bool = defaulted,
        timezone: String = defaulted,
        language: String = defaulted,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    {
        /// What a user prefers, or null.
        getAccountSettings "(userId: string): Promise<AccountSettings | null>" = Row("user_id", "userId");
        /// Changes it; what was never set begins with the database's defaults.
        upsertAccountSettings "(userId: string, patch: AccountSettingsPatch): Promise<AccountSettings>" = Upsert;
    }
    row_key: Some(KeyFormat::new("account_settings:", &["user_id"])),
    natural_key: "user_id",
    missing_policies: &[MissingPolicy::Insert],
    audited: true,
    scopes: &["user_id"],
}
