//! Templates: workflows to start from, shared by everybody.

use super::Action::{Delete, Insert, Row, Special, Update};
use super::{table, Cached, Cascade, MissingPolicy, KeyFormat, TemplateData, Timestamp, Uuid, SAVED_TEMPLATES};

table! {
    /// A workflow to start from.
    WorkflowTemplate, NewWorkflowTemplate, WorkflowTemplatePatch => WORKFLOW_TEMPLATES = "workflow_templates",
    {
        id: Uuid = generated,
        /// Unique among all templates.
        name: String = required,
        description: String = nullable,
        category: String = defaulted,
        /// What a workflow made from it begins with.
        workflow_data: TemplateData = required,
        thumbnail_url: String = nullable,
        /// How many workflows were made from it. Only a server sets this column, `rating` and `is_featured`.
        usage_count: i32 = defaulted,
        rating: f64 = defaulted,
        /// Who may change it: only its creator.
        created_by: Uuid = nullable,
        is_featured: bool = defaulted,
        created_at: Timestamp = defaulted,
        updated_at: Timestamp = defaulted,
    }
    {
        /// Templates in the order of their creation: all, of a category, or featured ones.
        getTemplates "(query?: TemplateQuery): Promise<WorkflowTemplate[]>" = Special(Cached::No);
        /// A template, or null. Asked together with others of the same tick.
        getTemplate "(id: string): Promise<WorkflowTemplate | null>" = Row("id", "id");
        /// Creates a template. Rejects with 23505 when there is one of that name.
        createTemplate "(template: NewWorkflowTemplate): Promise<WorkflowTemplate>" = Insert(None);
        /// Changes a template of the user. Rejects with NOT_FOUND.
        updateTemplate "(id: string, patch: WorkflowTemplatePatch): Promise<WorkflowTemplate>" = Update("id");
        /// Deletes a template of the user, if it is there.
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
