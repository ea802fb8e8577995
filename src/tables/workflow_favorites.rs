//! Favorites: workflows marked by a user.

use super::Action::{Ensure, OfUser, Remove};
use super::{table, KeyFormat, Timestamp, Uuid};

table! {
    /// A user's favorite workflow.
    WorkflowFavorite, NewWorkflowFavorite, WorkflowFavoritePatch => WORKFLOW_FAVORITES = "workflow_favorites",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        workflow_id: Uuid = required,
        created_at: Timestamp = defaulted,
    }
    {
        /// A user's favorite workflows, in the order in which they were added.
        /// @example const favorites = await db.getFavorites(userId);
        getFavorites "(userId: string): Promise<WorkflowFavorite[]>" = OfUser;
        /// Adds a workflow to a user's favorites. Returns the existing row if it is one already.
        /// @example await db.addFavorite(userId, workflowId);
        addFavorite "(userId: string, workflowId: string): Promise<WorkflowFavorite>" = Ensure;
        /// Removes a workflow from a user's favorites. Does nothing if it is not one.
        /// @example await db.removeFavorite(userId, workflowId);
        removeFavorite "(userId: string, workflowId: string): Promise<void>" = Remove;
    }
    list_key: Some(KeyFormat::new("favorites:", &["user_id"])),
    natural_key: "user_id,workflow_id",
    scopes: &["user_id", "workflow_id"],
}
