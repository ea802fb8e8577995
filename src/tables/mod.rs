//! What the library knows of each table, in one place: a 15th table is one file and one line here.
//!
//! A file of this folder declares one table with `table!`: its columns once, and from them the row, new-row and
//! patch types that TypeScript sees, and the [`Table`] that the engine works from.

mod account_settings;
mod api_keys;
mod audit_logs;
mod brand_settings;
mod column;
mod execution_node_results;
mod integrations;
mod saved_templates;
mod user_profiles;
mod workflow_connections;
mod workflow_executions;
mod workflow_favorites;
mod workflow_nodes;
mod workflow_templates;
mod workflows;

use crate::data::{Data, Value};
pub use account_settings::{AccountSettings, AccountSettingsPatch, NewAccountSettings, ACCOUNT_SETTINGS};
pub use api_keys::{ApiKey, ApiKeyPatch, NewApiKey, API_KEYS};
pub use audit_logs::{AuditLog, AuditLogPatch, NewAuditLog, AUDIT_LOGS};
pub use brand_settings::{BrandSettings, BrandSettingsPatch, NewBrandSettings, BRAND_SETTINGS};
pub use column::{
    AuditDetails, Column, ColumnType, ExecutionStatus, GatewayType, JsonObject, Kind, Presence, TemplateData,
    Theme, Timestamp, Uuid,
};
pub use execution_node_results::{
    ExecutionNodeResult, ExecutionNodeResultPatch, NewExecutionNodeResult, EXECUTION_NODE_RESULTS,
};
pub use integrations::{Integration, IntegrationPatch, NewIntegration, INTEGRATIONS};
pub use saved_templates::{NewSavedTemplate, SavedTemplate, SavedTemplatePatch, SAVED_TEMPLATES};
pub use user_profiles::{NewUserProfile, UserProfile, UserProfilePatch, USER_PROFILES};
pub use workflow_connections::{
    NewWorkflowConnection, WorkflowConnection, WorkflowConnectionPatch, WORKFLOW_CONNECTIONS,
};
pub use workflow_executions::{
    NewWorkflowExecution, WorkflowExecution, WorkflowExecutionPatch, WORKFLOW_EXECUTIONS,
};
pub use workflow_favorites::{
    NewWorkflowFavorite, WorkflowFavorite, WorkflowFavoritePatch, WORKFLOW_FAVORITES,
};
pub use workflow_nodes::{NewWorkflowNode, WorkflowNode, WorkflowNodePatch, WORKFLOW_NODES};
pub use workflow_templates::{
    NewWorkflowTemplate, WorkflowTemplate, WorkflowTemplatePatch, WORKFLOW_TEMPLATES,
};
pub use workflows::{NewWorkflow, Workflow, WorkflowPatch, WORKFLOWS};

/// Every table, each once.
pub static TABLES: [&Table; 14] = [
    &USER_PROFILES,
    &WORKFLOWS,
    &WORKFLOW_NODES,
    &WORKFLOW_CONNECTIONS,
    &WORKFLOW_EXECUTIONS,
    &EXECUTION_NODE_RESULTS,
    &API_KEYS,
    &BRAND_SETTINGS,
    &ACCOUNT_SETTINGS,
    &INTEGRATIONS,
    &WORKFLOW_TEMPLATES,
    &SAVED_TEMPLATES,
    &AUDIT_LOGS,
    &WORKFLOW_FAVORITES,
];

/// The table of that name.
pub fn table_named(name: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.name == name)
}

/// One table, as the engine sees it.
pub struct Table {
    /// Its name in the database.
    pub name: &'static str,
    /// Its columns, in the database's order.
    pub columns: &'static [Column],
    /// The cache key of one row: a prefix and the columns that complete it.
    pub row_key: Option<KeyFormat>,
    /// The cache key of the list of one scope's rows.
    pub list_key: Option<KeyFormat>,
    /// Tables whose rows go when a row of this one is deleted.
    pub cascades: &'static [Cascade],
    /// Whether triggers write `audit_logs` for it, so that a write outdates the user's audit entries.
    pub audited: bool,
    /// The column that must be true for `row_key` to answer the row.
    pub active: Option<&'static str>,
    /// The column that public lists never ask for.
    pub secret: Option<&'static str>,
    /// The column that tells whether `secret` is ciphertext, in a database that encrypts it. It is the database's own:
    /// never asked for by name, never sent.
    pub secret_format: Option<&'static str>,
    /// The columns that the database does not take from a user: it keeps its own value whatever is sent.
    pub curated: &'static [&'static str],
    /// The columns, joined by commas, that name a row where the app knows no id.
    pub natural_key: &'static str,
    /// Text columns by which functions find rows. Their values are never empty, as arguments are not.
    pub names: &'static [&'static str],
    /// The columns by whose value a subscription may name the rows that it means. No two of them hold the same id.
    pub scopes: &'static [&'static str],
    /// Whether rows are never changed, and only ever added.
    pub is_append_only: bool,
    /// What the production database refuses to a row's owner until the migrations ran.
    pub holes: &'static [Hole],
}

/// A row security policy that the production database lacks (`supabase/migrations/…_missing_policies.sql` adds it).
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Hole {
    /// A new row, or an upsert, answers 42501.
    Insert,
    /// An update answers 200 and changes nothing.
    Update,
    /// A delete answers 200 and deletes nothing.
    Delete,
}

/// A cache key made of a fixed prefix and one row's columns.
pub struct KeyFormat {
    /// Everything before the first value, with the colon.
    pub prefix: &'static str,
    /// The columns whose values follow.
    pub columns: &'static [&'static str],
    /// What stands between two values.
    pub separator: &'static str,
}

impl KeyFormat {
    /// A prefix, and the value of at most one column.
    pub const fn new(prefix: &'static str, columns: &'static [&'static str]) -> Self {
        Self::pair(prefix, columns, "")
    }

    /// A prefix, and the values of two columns.
    pub const fn pair(
        prefix: &'static str,
        columns: &'static [&'static str],
        separator: &'static str,
    ) -> Self {
        Self { prefix, columns, separator }
    }
}

/// A foreign key with `on delete cascade` that points here.
pub struct Cascade {
    /// The table that refers.
    pub table: &'static Table,
    /// Its column that does.
    pub column: &'static str,
}

impl Table {
    /// What holds for a table unless it says otherwise.
    pub const PLAIN: Self = Self {
        name: "",
        columns: &[],
        row_key: None,
        list_key: None,
        cascades: &[],
        audited: false,
        active: None,
        secret: None,
        secret_format: None,
        curated: &[],
        natural_key: "",
        names: &[],
        scopes: &[],
        is_append_only: false,
        holes: &[],
    };

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether deleting a row of this table may delete rows of `table`, which refers to this one or to one that does.
    pub fn cascades_to(&self, table: &Table) -> bool {
        self.cascades.iter().any(|cascade| *cascade.table == *table || cascade.table.cascades_to(table))
    }

    /// Whether a read by `row_key` finds the row.
    pub fn is_active<D: Data>(&self, row: &D) -> bool {
        self.active.is_none_or(|column| row.column(column) == Value::Bool(true))
    }

    /// Whether the server keeps the time of the last change in `updated_at`.
    pub fn has_updated_at(&self) -> bool {
        self.column("updated_at").is_some()
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Declares one table: three TypeScript types and the [`Table`].
///
/// A column is `name: Type = presence`, where presence is
/// - `required`: not null, no default. Must be given for a new row.
/// - `generated`: not null, with a default. May be left out, may not be null.
/// - `defaulted`: has a default, though the database allows NULL.
/// - `nullable`: NULL unless given.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $row:ident, $new:ident, $patch:ident => $statics:ident = $name:literal,
        { $( $(#[$column_doc:meta])* $column:ident: $type:ident = $presence:ident, )* }
        $($setting:ident: $value:expr,)*
    ) => {
        $crate::tables::table! { @row [$(#[$doc])*] $row {} $( [$(#[$column_doc])*] $column: $type = $presence, )* }
        $crate::tables::table! {
            @new [$(#[$doc])* #[doc = "\n\nAs given to create one: what has a default may be left out."]] $new {} $( [$(#[$column_doc])*] $column: $type = $presence, )*
        }
        $crate::tables::table! {
            @patch [$(#[$doc])* #[doc = "\n\nAs given to change one: what is left out stays as it is."]] $patch {} $( [$(#[$column_doc])*] $column: $type = $presence, )*
        }

        #[doc = concat!("The table `", $name, "`.")]
        pub static $statics: $crate::tables::Table = $crate::tables::Table {
            name: $name,
            columns: &[ $( $crate::tables::Column {
                name: stringify!($column),
                kind: <$type as $crate::tables::ColumnType>::KIND,
                presence: $crate::tables::table!(@presence $presence),
            }, )* ],
            $($setting: $value,)*
            ..$crate::tables::Table::PLAIN
        };
    };

    (@presence required) => { $crate::tables::Presence::Required };
    (@presence generated) => { $crate::tables::Presence::Generated };
    (@presence defaulted) => { $crate::tables::Presence::Defaulted };
    (@presence nullable) => { $crate::tables::Presence::Nullable };

    // Each of the following moves one column at a time into the struct's fields.
    (@row [$($doc:tt)*] $row:ident { $($done:tt)* }) => {
        $($doc)*
        #[derive(tsify::Tsify)]
        #[tsify(missing_as_null)]
        #[allow(missing_docs, reason = "a column whose name says it all carries no comment")]
        pub struct $row { $($done)* }
    };
    (@row $doc:tt $row:ident { $($done:tt)* } [$($note:tt)*] $column:ident: $type:ident = nullable, $($rest:tt)*) => {
        $crate::tables::table! { @row $doc $row { $($done)* $($note)* pub $column: Option<$type>, } $($rest)* }
    };
    (@row $doc:tt $row:ident { $($done:tt)* } [$($note:tt)*] $column:ident: $type:ident = $presence:ident, $($rest:tt)*) => {
        $crate::tables::table! { @row $doc $row { $($done)* $($note)* pub $column: $type, } $($rest)* }
    };

    (@new [$($doc:tt)*] $new:ident { $($done:tt)* }) => {
        $($doc)*
        #[derive(tsify::Tsify)]
        #[tsify(missing_as_null)]
        #[allow(missing_docs, reason = "a column whose name says it all carries no comment")]
        pub struct $new { $($done)* }
    };
    (@new $doc:tt $new:ident { $($done:tt)* } [$($note:tt)*] $column:ident: $type:ident = required, $($rest:tt)*) => {
        $crate::tables::table! { @new $doc $new { $($done)* $($note)* pub $column: $type, } $($rest)* }
    };
    (@new $doc:tt $new:ident { $($done:tt)* } [$($note:tt)*] $column:ident: $type:ident = nullable, $($rest:tt)*) => {
        $crate::tables::table! {
            @new $doc $new { $($done)* $($note)* #[tsify(optional)] pub $column: Option<Option<$type>>, } $($rest)*
        }
    };
    (@new $doc:tt $new:ident { $($done:tt)* } [$($note:tt)*] $column:ident: $type:ident = $presence:ident, $($rest:tt)*) => {
        $crate::tables::table! {
            @new $doc $new { $($done)* $($note)* #[tsify(optional)] pub $column: Option<$type>, } $($rest)*
        }
    };

    (@patch [$($doc:tt)*] $patch:ident { $($done:tt)* }) => {
        $($doc)*
        #[derive(tsify::Tsify)]
        #[tsify(missing_as_null)]
        #[allow(missing_docs, reason = "a column whose name says it all carries no comment")]
        pub struct $patch { $($done)* }
    };
    (@patch $doc:tt $patch:ident { $($done:tt)* } [$($note:tt)*] $column:ident: $type:ident = nullable, $($rest:tt)*) => {
        $crate::tables::table! {
            @patch $doc $patch { $($done)* $($note)* #[tsify(optional)] pub $column: Option<Option<$type>>, } $($rest)*
        }
    };
    (@patch $doc:tt $patch:ident { $($done:tt)* } [$($note:tt)*] $column:ident: $type:ident = $presence:ident, $($rest:tt)*) => {
        $crate::tables::table! {
            @patch $doc $patch { $($done)* $($note)* #[tsify(optional)] pub $column: Option<$type>, } $($rest)*
        }
    };
}
pub(crate) use table;
