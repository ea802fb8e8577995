//! Favourites: workflows that a user marked.

use super::{table, KeyFormat, Timestamp, Uuid};

table! {
    /// A workflow that a user marked.
    WorkflowFavorite, NewWorkflowFavorite, WorkflowFavoritePatch => WORKFLOW_FAVORITES = "workflow_favorites",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        workflow_id: Uuid = required,
        created_at: Timestamp = defaulted,
    }
    list_key: Some(KeyFormat::new("favorites:", &["user_id"])),
    natural_key: "user_id,workflow_id",
    scopes: &["user_id", "workflow_id"],
}
