//! The query objects that functions of `db` accept.

#[cfg(not(target_arch = "wasm32"))]
use {
    crate::tables::{ExecutionStatus, Uuid},
    tsify::Tsify,
};

/// Declares a query object: its TypeScript type and the names of its members.
macro_rules! query {
    ($(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident: $type:ty, )* }) => {
        $(#[$doc])*
        #[cfg(not(target_arch = "wasm32"))]
        #[derive(Tsify)]
        #[allow(non_snake_case, reason = "the names are the application's")]
        pub struct $name { $( $(#[$field_doc])* pub $field: $type, )* }

        $(#[$doc])*
        #[cfg(target_arch = "wasm32")]
        pub struct $name;

        impl $name {
            /// The names of the members.
            pub const FIELDS: &'static [&'static str] = &[ $( stringify!($field), )* ];
        }
    };
}

query! {
    /// Selects workflows and their order.
    WorkflowQuery {
        /// The owner's id.
        userId: Uuid,
        /// Maximum number of rows; all by default.
        #[tsify(optional)]
        limit: Option<u32>,
        /// Number of rows to skip.
        #[tsify(optional)]
        offset: Option<u32>,
        /// Whether to include archived workflows.
        #[tsify(optional)]
        includeArchived: Option<bool>,
        /// `updated_at` by default.
        #[tsify(optional, type = "'created_at' | 'updated_at' | 'name'")]
        sortBy: Option<String>,
        /// `desc` by default.
        #[tsify(optional, type = "'asc' | 'desc'")]
        sortOrder: Option<String>,
    }
}

query! {
    /// Selects workflows page by page, with cursors.
    WorkflowPageQuery {
        /// The owner's id.
        userId: Uuid,
        /// Whether to include archived workflows.
        #[tsify(optional)]
        includeArchived: Option<bool>,
        /// `updated_at` by default. With `created_at`, pages are stable under inserts.
        #[tsify(optional, type = "'created_at' | 'updated_at' | 'name'")]
        sortBy: Option<String>,
        /// `desc` by default.
        #[tsify(optional, type = "'asc' | 'desc'")]
        sortOrder: Option<String>,
        /// Page size; 50 by default.
        #[tsify(optional)]
        pageSize: Option<u32>,
        /// `nextCursor` or `prevCursor` of another page of the same list; the first page by default.
        #[tsify(optional, type = "string | null")]
        cursor: Option<String>,
    }
}

query! {
    /// Selects executions.
    ExecutionHistoryQuery {
        /// Limits the result to one workflow.
        #[tsify(optional)]
        workflowId: Option<Uuid>,
        /// The user's id.
        userId: Uuid,
        /// Limits the result to this status.
        #[tsify(optional)]
        status: Option<ExecutionStatus>,
        /// Page size; 50 by default.
        #[tsify(optional)]
        limit: Option<u32>,
        /// Number of rows to skip.
        #[tsify(optional)]
        offset: Option<u32>,
        /// Earliest creation time.
        #[tsify(optional)]
        startDate: Option<String>,
        /// Latest creation time; a date without time includes that whole day.
        #[tsify(optional)]
        endDate: Option<String>,
    }
}

query! {
    /// Selects executions page by page, with cursors.
    ExecutionPageQuery {
        /// Limits the result to one workflow.
        #[tsify(optional)]
        workflowId: Option<Uuid>,
        /// The user's id.
        userId: Uuid,
        /// Limits the result to this status.
        #[tsify(optional)]
        status: Option<ExecutionStatus>,
        /// Earliest creation time.
        #[tsify(optional)]
        startDate: Option<String>,
        /// Latest creation time; a date without time includes that whole day.
        #[tsify(optional)]
        endDate: Option<String>,
        /// Page size; 50 by default.
        #[tsify(optional)]
        pageSize: Option<u32>,
        /// `nextCursor` or `prevCursor` of another page of the same list; the first page by default.
        #[tsify(optional, type = "string | null")]
        cursor: Option<String>,
    }
}

query! {
    /// Selects audit entries.
    AuditLogQuery {
        /// The user's id.
        userId: Uuid,
        /// Earliest creation time.
        #[tsify(optional)]
        startDate: Option<String>,
        /// Latest creation time; a date without time includes that whole day.
        #[tsify(optional)]
        endDate: Option<String>,
        /// Limits the result to this type of resource, such as `workflow`.
        #[tsify(optional)]
        resourceType: Option<String>,
        /// Limits the result to this action, such as `workflow_created`.
        #[tsify(optional)]
        action: Option<String>,
        /// Page size; 100 by default.
        #[tsify(optional)]
        limit: Option<u32>,
        /// Number of rows to skip.
        #[tsify(optional)]
        offset: Option<u32>,
    }
}

query! {
    /// Selects audit entries page by page, with cursors.
    AuditLogPageQuery {
        /// The user's id.
        userId: Uuid,
        /// Earliest creation time.
        #[tsify(optional)]
        startDate: Option<String>,
        /// Latest creation time; a date without time includes that whole day.
        #[tsify(optional)]
        endDate: Option<String>,
        /// Limits the result to this type of resource, such as `workflow`.
        #[tsify(optional)]
        resourceType: Option<String>,
        /// Limits the result to this action, such as `workflow_created`.
        #[tsify(optional)]
        action: Option<String>,
        /// Page size; 100 by default.
        #[tsify(optional)]
        pageSize: Option<u32>,
        /// `nextCursor` or `prevCursor` of another page of the same list; the first page by default.
        #[tsify(optional, type = "string | null")]
        cursor: Option<String>,
    }
}

query! {
    /// Selects templates.
    TemplateQuery {
        /// Limits the result to this category.
        #[tsify(optional)]
        category: Option<String>,
        /// `true` selects featured templates only, `false` the others.
        #[tsify(optional)]
        featured: Option<bool>,
    }
}

/// The declarations of these types.
#[cfg(not(target_arch = "wasm32"))]
pub static QUERY_TYPES: [&str; 7] = [
    WorkflowQuery::DECL,
    WorkflowPageQuery::DECL,
    ExecutionHistoryQuery::DECL,
    ExecutionPageQuery::DECL,
    AuditLogQuery::DECL,
    AuditLogPageQuery::DECL,
    TemplateQuery::DECL,
];
