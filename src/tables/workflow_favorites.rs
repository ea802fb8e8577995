//! Favourites: workflows that a user marked.

use super::Action::{Ensure, OfUser, Remove};
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
    {
        /// The workflows that a user marked, in the order in which that was done.
        getFavorites "(userId: string): Promise<WorkflowFavorite[]>" = OfUser;
        /// Marks a workflow; answers the row that is there when it was done before.
        addFavorite "(userId: string, workflowId: string): Promise<WorkflowFavorite>" = Ensure;
        /// Takes the mark away, if it is there.
        removeFavorite "(userId: string, workflowId: string): Promise<void>" = Remove;
    }
    list_key: Some(KeyFormat::new("favorites:", &["user_id"])),
    natural_key: "user_id,workflow_id",
    scopes: &["user_id", "workflow_id"],
}
