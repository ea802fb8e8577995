//! Saved templates: what a user put aside from the gallery.

use super::{table, Hole, KeyFormat, Timestamp, Uuid};

table! {
    /// A template that a user put aside.
    SavedTemplate, NewSavedTemplate, SavedTemplatePatch => SAVED_TEMPLATES = "saved_templates",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        template_id: Uuid = required,
        created_at: Timestamp = defaulted,
    }
    list_key: Some(KeyFormat::new("saved_templates:", &["user_id"])),
    natural_key: "user_id,template_id",
    holes: &[Hole::Insert],
    scopes: &["user_id"],
}
