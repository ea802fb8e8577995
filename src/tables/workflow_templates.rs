//! Templates: workflows to start from, shared by all users.

use super::Action::{Delete, Insert, Row, Special, Update};
use super::{
    table, Cached, Cascade, KeyFormat, MissingPolicy, TemplateData, Timestamp, Uuid, SAVED_TEMPLATES,
};

table! {
    /// A workflow to start from.
    WorkflowTemplate, NewWorkflowTemplate, WorkflowTemplatePatch => WORKFLOW_TEMPLATES = "workflow_templates",
    {
        id: Uuid = generated,
        /// Unique among all templates.
        name: String = required,
        description: String = nullable,
        category: String = defaulted,
        /// The nodes and connections that a workflow created from the template starts with.
        workflow_data: TemplateData = required,
        thumbnail_url: String = nullable,
        /// Number of workflows created from the template. Only a server sets this column, `rating` and `is_featured`.
        usage_count: i32 = defaulted,
        rating: f64 = defaulted,
        /// The creator, who alone may change it.
        created_by: Uuid = nullable,
        is_featured: bool = defaulted,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    {
        /// All templates, ordered by creation, or those that a query selects.
        /// @example const featured = await db.getTemplates({ featured: true });
        getTemplates "(query?: TemplateQuery): Promise<WorkflowTemplate[]>" = Special(Cached::No);
        /// A template, or null. Calls of one tick share a request.
        /// @example const template = await db.getTemplate(templateId);
        getTemplate "(id: string): Promise<WorkflowTemplate | null>" = Row("id", "id");
        /// Creates a template.
        /// @throws `23505` if there is a template of that name.
        /// @example await db.createTemplate({ name: 'Digest', category: 'reports', workflow_data: { nodes, connections } });
        createTemplate "(template: NewWorkflowTemplate): Promise<WorkflowTemplate>" = Insert(None);
        /// Changes a template.
        /// @param patch - the columns to change.
        /// @throws `NOT_FOUND` if there is no template with this id that the user may change.
        /// @example await db.updateTemplate(templateId, { description: 'A weekly digest' });
        updateTemplate "(id: string, patch: WorkflowTemplatePatch): Promise<WorkflowTemplate>" = Update("id");
        /// Deletes a template. Does nothing if it does not exist.
        /// @example await db.deleteTemplate(templateId);
        deleteTemplate "(id: string): Promise<void>" = Delete(false);
    }
    row_key: Some(KeyFormat::new("template:", &["id"])),
    list_key: Some(KeyFormat::new("templates:all", &[])),
    cascades: &[Cascade { table: &SAVED_TEMPLATES, column: "template_id" }],
    curated: &["is_featured", "usage_count", "rating"],
    scopes: &["created_by", "id"],
    missing_policies: &[MissingPolicy::Insert],
    names: &["category"],
}
