//! Brand settings: the look and the voice of a user's brand.

use super::Action::{Row, Upsert};
use super::{table, KeyFormat, MissingPolicy, Timestamp, Uuid};

table! {
    /// The look and the voice of a user's brand. At most one row per user.
    BrandSettings, NewBrandSettings, BrandSettingsPatch => BRAND_SETTINGS = "brand_settings",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        brand_name: String = nullable,
        primary_color: String = nullable,
        secondary_color: String = nullable,
        accent_color: String = nullable,
        logo_url: String = nullable,
        font_family: String = defaulted,
        font_size_base: i32 = defaulted,
        border_radius: i32 = defaulted,
        brand_voice: String = nullable,
        tagline: String = nullable,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    {
        /// A user's brand settings, or null.
        /// @example const brand = await db.getBrandSettings(userId);
        getBrandSettings "(userId: string): Promise<BrandSettings | null>" = Row("user_id", "userId");
        /// Changes a user's brand settings, or creates them with the database's defaults for the other columns.
        /// @param patch - the columns to change.
        /// @example await db.upsertBrandSettings(userId, { brand_name: 'Acme' });
        upsertBrandSettings "(userId: string, patch: BrandSettingsPatch): Promise<BrandSettings>" = Upsert;
    }
    row_key: Some(KeyFormat::new("brand_settings:", &["user_id"])),
    natural_key: "user_id",
    missing_policies: &[MissingPolicy::Insert],
    audited: true,
    scopes: &["user_id"],
}
