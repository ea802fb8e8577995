//! The objects that the query forms of `db`'s functions take.

#[cfg(not(target_arch = "wasm32"))]
use {
    crate::tables::{ExecutionStatus, Uuid},
    tsify::Tsify,
};

/// Declares a query object: its TypeScript type, and the names of its members.
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
    /// Which workflows, in which order.
    WorkflowQuery {
        /// Whose.
        userId: Uuid,
        /// At most so many; all when left out.
        #[tsify(optional)]
        limit: Option<u32>,
        /// After skipping so many.
        #[tsify(optional)]
        offset: Option<u32>,
        /// Archived ones too.
        #[tsify(optional)]
        includeArchived: Option<bool>,
        /// `updated_at` when left out.
        #[tsify(optional, type = "'created_at' | 'updated_at' | 'name'")]
        sortBy: Option<String>,
        /// `desc` when left out.
        #[tsify(optional, type = "'asc' | 'desc'")]
        sortOrder: Option<String>,
    }
}

query! {
    /// Which workflows, by pages with cursors.
    WorkflowPageQuery {
        /// Whose.
        userId: Uuid,
        /// Archived ones too.
        #[tsify(optional)]
        includeArchived: Option<bool>,
        /// `updated_at` when left out. Pages are stable under inserts for `created_at`.
        #[tsify(optional, type = "'created_at' | 'updated_at' | 'name'")]
        sortBy: Option<String>,
        /// `desc` when left out.
        #[tsify(optional, type = "'asc' | 'desc'")]
        sortOrder: Option<String>,
        /// Rows on a page; 50 when left out.
        #[tsify(optional)]
        pageSize: Option<u32>,
        /// `nextCursor` or `prevCursor` of another page of the same list; the first page when left out.
        #[tsify(optional, type = "string | null")]
        cursor: Option<String>,
    }
}

query! {
    /// Which executions.
    ExecutionHistoryQuery {
        /// Of one workflow; of all when left out.
        #[tsify(optional)]
        workflowId: Option<Uuid>,
        /// Whose.
        userId: Uuid,
        /// In this state.
        #[tsify(optional)]
        status: Option<ExecutionStatus>,
        /// Rows on a page; 50 when left out.
        #[tsify(optional)]
        limit: Option<u32>,
        /// After skipping so many.
        #[tsify(optional)]
        offset: Option<u32>,
        /// Made at this time or later.
        #[tsify(optional)]
        startDate: Option<String>,
        /// Made at this time or earlier; a date without time includes that whole day.
        #[tsify(optional)]
        endDate: Option<String>,
    }
}

query! {
    /// Which executions, by pages with cursors.
    ExecutionPageQuery {
        /// Of one workflow; of all when left out.
        #[tsify(optional)]
        workflowId: Option<Uuid>,
        /// Whose.
        userId: Uuid,
        /// In this state.
        #[tsify(optional)]
        status: Option<ExecutionStatus>,
        /// Made at this time or later.
        #[tsify(optional)]
        startDate: Option<String>,
        /// Made at this time or earlier; a date without time includes that whole day.
        #[tsify(optional)]
        endDate: Option<String>,
        /// Rows on a page; 50 when left out.
        #[tsify(optional)]
        pageSize: Option<u32>,
        /// `nextCursor` or `prevCursor` of another page of the same list; the first page when left out.
        #[tsify(optional, type = "string | null")]
        cursor: Option<String>,
    }
}

query! {
    /// Which audit entries.
    AuditLogQuery {
        /// Whose.
        userId: Uuid,
        /// Made at this time or later.
        #[tsify(optional)]
        startDate: Option<String>,
        /// Made at this time or earlier; a date without time includes that whole day.
        #[tsify(optional)]
        endDate: Option<String>,
        /// About this kind of thing, such as `workflow`.
        #[tsify(optional)]
        resourceType: Option<String>,
        /// Only this, such as `workflow_created`.
        #[tsify(optional)]
        action: Option<String>,
        /// Rows on a page; 100 when left out.
        #[tsify(optional)]
        limit: Option<u32>,
        /// After skipping so many.
        #[tsify(optional)]
        offset: Option<u32>,
    }
}

query! {
    /// Which audit entries, by pages with cursors.
    AuditLogPageQuery {
        /// Whose.
        userId: Uuid,
        /// Made at this time or later.
        #[tsify(optional)]
        startDate: Option<String>,
        /// Made at this time or earlier; a date without time includes that whole day.
        #[tsify(optional)]
        endDate: Option<String>,
        /// About this kind of thing, such as `workflow`.
        #[tsify(optional)]
        resourceType: Option<String>,
        /// Only this, such as `workflow_created`.
        #[tsify(optional)]
        action: Option<String>,
        /// Rows on a page; 100 when left out.
        #[tsify(optional)]
        pageSize: Option<u32>,
        /// `nextCursor` or `prevCursor` of another page of the same list; the first page when left out.
        #[tsify(optional, type = "string | null")]
        cursor: Option<String>,
    }
}

query! {
    /// Which templates.
    TemplateQuery {
        /// Of this category.
        #[tsify(optional)]
        category: Option<String>,
        /// Only featured ones, or only others.
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
