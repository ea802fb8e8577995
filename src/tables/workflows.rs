//! Workflows: what a user builds, and the root of nodes, connections and executions.

use super::Action::{Delete, Insert, Row, Special};
use super::{
    table, Cached, Cascade, KeyFormat, Timestamp, Uuid, RELATIONS, WITH_ARCHIVED, WORKFLOW_CONNECTIONS,
    WORKFLOW_EXECUTIONS, WORKFLOW_FAVORITES, WORKFLOW_NODES,
};

table! {
    /// A workflow of one user.
    Workflow, NewWorkflow, WorkflowPatch => WORKFLOWS = "workflows",
    {
        /// Made by the client when left out, so that a repeated request cannot create two rows.
        id: Uuid = generated,
        /// The owner.
        user_id: Uuid = required,
        /// Unique among the owner's workflows.
        name: String = required,
        description: String = nullable,
        /// Whether every signed-in user may read it.
        is_public: bool = defaulted,
        created_at: Timestamp = defaulted,
        /// Set by the database's clock at every update.
        updated_at: Timestamp = defaulted,
        /// When it was archived; null while it is in use.
        archived_at: Timestamp = nullable,
    }
    {
        /// A user's workflows that are not archived, last changed first. All of them, however many.
        getWorkflows "(userId: string, includeArchived?: boolean): Promise<Workflow[]>"
        /// A user's workflows, ordered and cut as the query says.
        or "(query: WorkflowQuery): Promise<Workflow[]>" = Special(Cached::ListOr(WITH_ARCHIVED));
        /// A workflow, or null when there is none that the user may see. Asked together with others of the same tick.
        getWorkflow "(id: string): Promise<Workflow | null>" = Row("id", "id");
        /// A workflow with its nodes and connections, in one request; also answers the reads of these three.
        getWorkflowWithRelations "(id: string): Promise<WorkflowWithRelations | null>"
            = Special(Cached::Row(RELATIONS));
        /// Creates a workflow. Rejects with 23505 when the user has one of that name.
        createWorkflow "(userId: string, workflow: Omit<NewWorkflow, 'user_id'> & { user_id?: string }): Promise<Workflow>"
            = Insert(Some("user_id"));
        /// A page of a user's workflows, which a cursor of a neighbouring page names.
        getWorkflowsPage "(query: WorkflowPageQuery): Promise<CursorPage<Workflow>>" = Special(Cached::No);
        /// Changes a workflow. Rejects with NOT_FOUND when there is none that the user may change, and with CONFLICT when
        /// `ifUpdatedAt` is given and the row has changed since.
        updateWorkflow "(id: string, patch: WorkflowPatch, options?: UpdateOptions): Promise<Workflow>"
            = Special(Cached::No);
        /// Sets `archived_at` to the database's time. Rejects with NOT_FOUND.
        archiveWorkflow "(id: string): Promise<Workflow>" = Special(Cached::No);
        /// Deletes a workflow with all that belongs to it. Rejects with NOT_FOUND.
        deleteWorkflow "(id: string): Promise<void>" = Delete(true);
        /// Makes a workflow's nodes and connections exactly these, in one transaction. Rows are matched by `node_id` and
        /// `connection_id` and keep their id and `created_at`. Rejects with NOT_FOUND, and with CONFLICT as
        /// `updateWorkflow` does.
        saveWorkflowGraph "(workflowId: string, graph: WorkflowGraph, options?: UpdateOptions): Promise<WorkflowWithRelations>"
            = Special(Cached::No);
        /// Saves workflows with all that is on their canvases: all or none. Rejects with CONFLICT without `overwrite`.
        batchSaveWorkflows "(batch: NewWorkflowBatch): Promise<WorkflowWithRelations[]>" = Special(Cached::No);
        /// Creates a workflow from a template, under its name or `name`; a taken name gets ` (2)`, ` (3)` and so on.
        /// Rejects with NOT_FOUND when there is no such template.
        createWorkflowFromTemplate "(userId: string, templateId: string, name?: string): Promise<WorkflowWithRelations>"
            = Special(Cached::No);
    }
    row_key: Some(KeyFormat::new("workflow:", &["id"])),
    list_key: Some(KeyFormat::new("workflows:", &["user_id"])),
    cascades: &[
        Cascade { table: &WORKFLOW_NODES, column: "workflow_id" },
        Cascade { table: &WORKFLOW_CONNECTIONS, column: "workflow_id" },
        Cascade { table: &WORKFLOW_EXECUTIONS, column: "workflow_id" },
        Cascade { table: &WORKFLOW_FAVORITES, column: "workflow_id" },
    ],
    audited: true,
    scopes: &["user_id", "id"],
}
