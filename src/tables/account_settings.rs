//! Account settings: a user's preferences.

use super::Action::{Row, Upsert};
use super::{table, KeyFormat, MissingPolicy, Theme, Timestamp, Uuid};

table! {
    /// A user's preferences. At most one row per user.
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
        /// A user's account settings, or null.
        /// @example const settings = await db.getAccountSettings(userId);
        getAccountSettings "(userId: string): Promise<AccountSettings | null>" = Row("user_id", "userId");
        /// Changes a user's account settings, or creates them with the database's defaults for the other columns.
        /// @param patch - the columns to change.
        /// @example await db.upsertAccountSettings(userId, { theme: 'dark' });
        upsertAccountSettings "(userId: string, patch: AccountSettingsPatch): Promise<AccountSettings>" = Upsert;
    }
    row_key: Some(KeyFormat::new("account_settings:", &["user_id"])),
    natural_key: "user_id",
    missing_policies: &[MissingPolicy::Insert],
    audited: true,
    scopes: &["user_id"],
}
