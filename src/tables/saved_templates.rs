//! Saved templates: what a user put aside from the gallery.

use super::Action::{Ensure, OfUser, Remove};
use super::{table, MissingPolicy, KeyFormat, Timestamp, Uuid};

table! {
    /// A template that a user put aside.
    SavedTemplate, NewSavedTemplate, SavedTemplatePatch => SAVED_TEMPLATES = "saved_templates",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        template_id: Uuid = required,
        created_at: Timestamp = defaulted,
    }
    {
        /// The templates that a user put aside, in the order in which that was done.
        getSavedTemplates "(userId: string): Promise<SavedTemplate[]>" = OfUser;
        /// Puts a template aside; answers the row that is there when it was done before.
        saveTemplate "(userId: string, templateId: string): Promise<SavedTemplate>" = Ensure;
        /// Takes it back, if it was put aside.
        unsaveTemplate "(userId: string, templateId: string): Promise<void>" = Remove;
    }
    list_key: Some(KeyFormat::new("saved_templates:", &["user_id"])),
    natural_key: "user_id,template_id",
    missing_policies: &[MissingPolicy::Insert],
    scopes: &["user_id"],
}
