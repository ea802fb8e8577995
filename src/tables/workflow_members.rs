//! Members: the people a workflow is shared with or offered to.

use super::Action::{Children, Delete, Special};
use super::{table, Cached, Column, KeyFormat, Kind, MemberRole, Presence, Table, Timestamp, Uuid};

/// The optional migration that creates the table.
pub const WORKFLOW_MEMBERS_MIGRATION: &str = "supabase/optional/20260301000000_workflow_members.sql";

/// The key of the invitations to a user.
pub static INVITATIONS_KEY: KeyFormat = KeyFormat::new("invitations:", &["user_id"]);
/// The key of the workflows that others share with a user.
pub static SHARED_WORKFLOWS_KEY: KeyFormat = KeyFormat::new("shared_workflows:", &["user_id"]);

table! {
    /// A member of a workflow, or an open invitation to one.
    WorkflowMember, NewWorkflowMember, WorkflowMemberPatch => WORKFLOW_MEMBERS = "workflow_members",
    {
        id: Uuid = generated,
        workflow_id: Uuid = required,
        /// The address that was invited, in lower case.
        email: String = required,
        /// Null until the invitation is accepted.
        user_id: Uuid = nullable,
        role: MemberRole = required,
        invited_by: Uuid = generated,
        created_at: Timestamp = defaulted,
        /// When the invitation was accepted; null until then.
        accepted_at: Timestamp = nullable,
    }
    {
        /// The members of a workflow and the people invited to it, ordered by invitation. Empty if the workflow is not
        /// shared with the user. Calls of one tick share a request.
        /// @throws `MIGRATION_REQUIRED` if the database has no members.
        /// @example const members = await db.getWorkflowMembers(workflowId);
        getWorkflowMembers "(workflowId: string): Promise<WorkflowMember[]>"
            = Children("workflow_id", "workflowId");
        /// Invites an email address. The result does not depend on whether the address has an account.
        /// @param invitation - the address, and the role that accepting grants.
        /// @throws `23505` if the address is invited or a member already.
        /// @throws `42501` if the user does not own the workflow.
        /// @throws `MIGRATION_REQUIRED` if the database has no members.
        /// @example await db.inviteToWorkflow(workflowId, { email: 'grace@example.com', role: 'editor' });
        inviteToWorkflow "(workflowId: string, invitation: { email: string; role: MemberRole }): Promise<WorkflowMember>"
            = Special(Cached::No);
        /// Changes the role of a member, or the role that an invitation offers.
        /// @param patch - the new role.
        /// @throws `NOT_FOUND` if there is no such member, or the user does not own the workflow.
        /// @throws `MIGRATION_REQUIRED` if the database has no members.
        /// @example await db.updateWorkflowMember(memberId, { role: 'viewer' });
        updateWorkflowMember "(memberId: string, patch: { role: MemberRole }): Promise<WorkflowMember>"
            = Special(Cached::No);
        /// Ends a membership, or withdraws an invitation. Does nothing if it does not exist, or if the user neither owns the
        /// workflow nor is that member.
        /// @throws `MIGRATION_REQUIRED` if the database has no members.
        /// @example await db.removeWorkflowMember(memberId);
        removeWorkflowMember "(memberId: string): Promise<void>" = Delete(false);
        /// The open invitations to the verified email address of the signed-in user, ordered by creation.
        /// @throws `MIGRATION_REQUIRED` if the database has no members.
        /// @example const invitations = await db.getInvitations();
        getInvitations "(): Promise<WorkflowInvitation[]>" = Special(Cached::No);
        /// Accepts an invitation: the signed-in user becomes a member.
        /// @throws `NOT_FOUND` if there is no such invitation to the user.
        /// @throws `42501` if the account's email address is not verified.
        /// @throws `MIGRATION_REQUIRED` if the database has no members.
        /// @example const member = await db.acceptInvitation(memberId);
        acceptInvitation "(memberId: string): Promise<WorkflowMember>" = Special(Cached::No);
        /// Declines an invitation to the signed-in user. Does nothing if it does not exist.
        /// @throws `MIGRATION_REQUIRED` if the database has no members.
        /// @example await db.declineInvitation(memberId);
        declineInvitation "(memberId: string): Promise<void>" = Delete(false);
        /// Ends the signed-in user's membership. Does nothing if there is none.
        /// @throws `MIGRATION_REQUIRED` if the database has no members.
        /// @example await db.leaveWorkflow(workflowId);
        leaveWorkflow "(workflowId: string): Promise<void>" = Special(Cached::No);
        /// The workflows that other users share with this user, ordered by creation.
        /// @throws `MIGRATION_REQUIRED` if the database has no members.
        /// @example const workflows = await db.getSharedWorkflows(userId);
        getSharedWorkflows "(userId: string): Promise<Workflow[]>"
            = Special(Cached::Other(&SHARED_WORKFLOWS_KEY));
    }
    list_key: Some(KeyFormat::new("workflow_members:", &["workflow_id"])),
    other_keys: &[&INVITATIONS_KEY, &SHARED_WORKFLOWS_KEY],
    audited: true,
    scopes: &["workflow_id", "user_id"],
    made_by: Some(WORKFLOW_MEMBERS_MIGRATION),
}

/// The result of the database function that lists the invitations to the signed-in user. It is read like a table.
pub static WORKFLOW_INVITATIONS: Table = Table {
    name: "rpc/workflow_invitations",
    columns: &[
        Column { name: "id", kind: Kind::Uuid, presence: Presence::Generated },
        Column { name: "created_at", kind: Kind::Timestamp, presence: Presence::Defaulted },
    ],
    made_by: Some(WORKFLOW_MEMBERS_MIGRATION),
    ..Table::PLAIN
};
