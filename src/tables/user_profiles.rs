//! Profiles: the application's data about an auth user.

use super::Action::{Row, Update};
use super::{table, KeyFormat, Timestamp, Uuid};

table! {
    /// A user of the application.
    UserProfile, NewUserProfile, UserProfilePatch => USER_PROFILES = "user_profiles",
    {
        /// The auth user's id.
        id: Uuid = required,
        email: String = required,
        full_name: String = nullable,
        avatar_url: String = nullable,
        organization: String = nullable,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    {
        /// A user's profile, or null.
        /// @example const profile = await db.getUserProfile(userId);
        getUserProfile "(userId: string): Promise<UserProfile | null>" = Row("id", "userId");
        /// Changes a user's profile.
        /// @param patch - the columns to change.
        /// @throws `NOT_FOUND` if the user has no profile.
        /// @example await db.updateUserProfile(userId, { full_name: 'Ada Lovelace' });
        updateUserProfile "(userId: string, patch: UserProfilePatch): Promise<UserProfile>" = Update("userId");
    }
    row_key: Some(KeyFormat::new("user_profile:", &["id"])),
    scopes: &["id"],
}
