//! Saved templates: a user's selection from the gallery.

use super::Action::{Ensure, OfUser, Remove};
use super::{table, KeyFormat, MissingPolicy, Timestamp, Uuid};

table! {
    /// A template saved by a user.
    SavedTemplate, NewSavedTemplate, SavedTemplatePatch => SAVED_TEMPLATES = "saved_templates",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        template_id: Uuid = required,
        created_at: Timestamp = defaulted,
    }
    {
        /// The templates that a user saved, in the order in which they were saved.
        /// @example const saved = await db.getSavedTemplates(userId);
        getSavedTemplates "(userId: string): Promise<SavedTemplate[]>" = OfUser;
        /// Saves a template for a user. Returns the existing row if it is saved already.
        /// @example await db.saveTemplate(userId, templateId);
        saveTemplate "(userId: string, templateId: string): Promise<SavedTemplate>" = Ensure;
        /// Removes a template from those that a user saved. Does nothing if it is not among them.
        /// @example await db.unsaveTemplate(userId, templateId);
        unsaveTemplate "(userId: string, templateId: string): Promise<void>" = Remove;
    }
    list_key: Some(KeyFormat::new("saved_templates:", &["user_id"])),
    natural_key: "user_id,template_id",
    missing_policies: &[MissingPolicy::Insert],
    scopes: &["user_id"],
}
