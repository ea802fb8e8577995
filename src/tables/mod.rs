//! Everything that the library knows about the tables. A new table is one file here, and one line in this one.
//!
//! Each file of this folder declares one table with `table!`: its columns, its cache keys and its functions. This
//! yields the [`Table`] that the engine uses and, through `scripts/generate`, the TypeScript side of the table.
//! `tests/types/new-table.test.mjs` adds a table in this way.

mod column;
mod function;
mod key;

use crate::data::{Data, Value};
pub use column::*;
pub use function::*;
pub use key::KeyFormat;

/// Declares the tables: their modules, and a list of them all.
macro_rules! tables {
    ($( $module:ident: $table:ident, )*) => {
        $(
            mod $module;
            pub use $module::*;
        )*

        /// All tables.
        pub static TABLES: &[&Table] = &[$( &$table, )*];
    };
}

tables! {
    user_profiles: USER_PROFILES,
    workflows: WORKFLOWS,
    workflow_nodes: WORKFLOW_NODES,
    workflow_connections: WORKFLOW_CONNECTIONS,
    workflow_executions: WORKFLOW_EXECUTIONS,
    execution_node_results: EXECUTION_NODE_RESULTS,
    api_keys: API_KEYS,
    brand_settings: BRAND_SETTINGS,
    account_settings: ACCOUNT_SETTINGS,
    integrations: INTEGRATIONS,
    workflow_templates: WORKFLOW_TEMPLATES,
    saved_templates: SAVED_TEMPLATES,
    audit_logs: AUDIT_LOGS,
    workflow_favorites: WORKFLOW_FAVORITES,
    workflow_members: WORKFLOW_MEMBERS,
}

/// The table with this name.
pub fn table_named(name: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.name == name)
}

/// A table, as the engine sees it.
pub struct Table {
    /// The name in the database.
    pub name: &'static str,
    /// The columns, in the database's order.
    pub columns: &'static [Column],
    /// The table's functions in `db`.
    pub functions: &'static [Function],
    /// The TypeScript side of the table.
    #[cfg(not(target_arch = "wasm32"))]
    pub typescript: TypeScript,
    /// The cache key of a single row.
    pub row_key: Option<KeyFormat>,
    /// The cache key of a list of rows.
    pub list_key: Option<KeyFormat>,
    /// The cache keys of other lists whose content depends on its rows.
    pub other_keys: &'static [&'static KeyFormat],
    /// Tables whose rows are deleted with a row of this one.
    pub cascades: &'static [Cascade],
    /// Whether triggers record its changes in `audit_logs`, so that a write makes the user's audit entries outdated.
    pub audited: bool,
    /// The column that must be true for a read by `row_key` to return the row.
    pub active: Option<&'static str>,
    /// The column that public lists exclude.
    pub secret: Option<&'static str>,
    /// The column that states whether `secret` is ciphertext, in databases that encrypt it. It is maintained by the
    /// database, never requested by name and never sent.
    pub secret_format: Option<&'static str>,
    /// Columns that users cannot set: the database keeps its own value, regardless of the sent one.
    pub curated: &'static [&'static str],
    /// The columns, separated by commas, that identify a row for which the app knows no id.
    pub natural_key: &'static str,
    /// Text columns by which functions find rows. Neither arguments nor these columns may be empty.
    pub names: &'static [&'static str],
    /// The columns that a subscription's scope can refer to. No two of them contain the same id.
    pub scopes: &'static [&'static str],
    /// Whether rows are only ever added.
    pub is_append_only: bool,
    /// Operations that the production database refuses to a row's owner until the migrations have been applied.
    pub missing_policies: &'static [MissingPolicy],
    /// The optional migration that creates the table, if not every database has it.
    pub made_by: Option<&'static str>,
}

/// A row security policy that the production database lacks (`supabase/migrations/…_missing_policies.sql` adds it).
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum MissingPolicy {
    /// Inserts and upserts fail with 42501.
    Insert,
    /// Updates return 200 and change nothing.
    Update,
    /// Deletes return 200 and delete nothing.
    Delete,
}

/// A foreign key with `on delete cascade` that points here.
pub struct Cascade {
    /// The referring table.
    pub table: &'static Table,
    /// The referring column.
    pub column: &'static str,
}

impl Table {
    /// The defaults for a table.
    pub const PLAIN: Self = Self {
        name: "",
        columns: &[],
        functions: &[],
        #[cfg(not(target_arch = "wasm32"))]
        typescript: TypeScript { row: "", types: [""; 3], functions: &[] },
        row_key: None,
        list_key: None,
        other_keys: &[],
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
        missing_policies: &[],
        made_by: None,
    };

    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The key of the row with these values; empty for a table without row keys.
    pub fn row_key(&self, values: &[&str]) -> String {
        self.row_key.as_ref().map_or_else(String::new, |format| format.of(values))
    }

    /// The key of the list with these values; empty for a table without list keys.
    pub fn list_key(&self, values: &[&str]) -> String {
        self.list_key.as_ref().map_or_else(String::new, |format| format.of(values))
    }

    /// Whether deleting a row of this table may delete rows of `table`, directly or indirectly.
    pub fn cascades_to(&self, table: &Table) -> bool {
        self.cascades.iter().any(|cascade| *cascade.table == *table || cascade.table.cascades_to(table))
    }

    /// The key of the row's own entry. `None` if a read by `row_key` does not return the row.
    pub fn key_of_row<D: Data>(&self, row: &D) -> Option<String> {
        self.row_key.as_ref().filter(|_| self.is_active(row))?.of_row(row)
    }

    /// Whether a read by `row_key` returns the row.
    fn is_active<D: Data>(&self, row: &D) -> bool {
        self.active.is_none_or(|column| row.column(column) == Value::Bool(true))
    }

    /// Whether its rows contain secrets, encrypted or not.
    pub fn holds_secrets(&self) -> bool {
        self.columns.iter().any(|column| column.name.starts_with("encrypted_"))
    }

    /// Whether the table has `updated_at`, the time of the last change.
    pub fn has_updated_at(&self) -> bool {
        self.column("updated_at").is_some()
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Declares one table: three TypeScript types and the [`Table`]. Name, columns, functions and settings follow in this
/// order.
///
/// A column is `name: Type = presence`, with one of these presences:
/// - `required`: not null, without a default. Must be given for a new row.
/// - `generated`: not null, with a default. May be omitted, but not null.
/// - `defaulted`: with a default, but the database allows NULL.
/// - `nullable`: NULL by default.
///
/// A function is `name "signature" = action;`, where the signature is TypeScript and the action an [`Action`].
/// Further signatures of the same function follow after `or`.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $row:ident, $new:ident, $patch:ident => $statics:ident = $name:literal,
        { $( $(#[$column_doc:meta])* $column:ident: $type:ident = $presence:ident, )* }
        { $(
            $(#[doc = $function_doc:literal])* $function:ident $signature:literal
            $( $(#[doc = $overload_doc:literal])* or $overload:literal )*
            = $action:expr;
        )* }
        $($setting:ident: $value:expr,)*
    ) => {
        $crate::tables::table! { @row [$(#[$doc])*] $row {} $( [$(#[$column_doc])*] $column: $type = $presence, )* }
        $crate::tables::table! {
            @new [$(#[$doc])* #[doc = "\n\nThe input to create one. Columns with a default are optional."]] $new {} $( [$(#[$column_doc])*] $column: $type = $presence, )*
        }
        $crate::tables::table! {
            @patch [$(#[$doc])* #[doc = "\n\nThe input to change one. Omitted columns stay unchanged."]] $patch {} $( [$(#[$column_doc])*] $column: $type = $presence, )*
        }

        #[doc = concat!("The table `", $name, "`.")]
        pub static $statics: $crate::tables::Table = $crate::tables::Table {
            name: $name,
            columns: &[ $( $crate::tables::Column {
                name: stringify!($column),
                kind: <$type as $crate::tables::ColumnType>::KIND,
                presence: $crate::tables::table!(@presence $presence),
            }, )* ],
            functions: &[ $( $crate::tables::Function { name: stringify!($function), action: $action }, )* ],
            #[cfg(not(target_arch = "wasm32"))]
            typescript: $crate::tables::TypeScript {
                row: stringify!($row),
                types: [
                    <$row as tsify::Tsify>::DECL,
                    <$new as tsify::Tsify>::DECL,
                    <$patch as tsify::Tsify>::DECL,
                ],
                functions: &[ $( &[
                    $crate::tables::Signature { docs: &[ $($function_doc),* ], text: $signature },
                    $( $crate::tables::Signature { docs: &[ $($overload_doc),* ], text: $overload }, )*
                ], )* ],
            },
            $($setting: $value,)*
            ..$crate::tables::Table::PLAIN
        };
    };

    (@presence required) => { $crate::tables::Presence::Required };
    (@presence generated) => { $crate::tables::Presence::Generated };
    (@presence defaulted) => { $crate::tables::Presence::Defaulted };
    (@presence nullable) => { $crate::tables::Presence::Nullable };

    // Each of these rules moves one column into the struct's fields.
    (@row [$($doc:tt)*] $row:ident { $($done:tt)* }) => {
        $($doc)*
        #[cfg(not(target_arch = "wasm32"))]
        #[derive(tsify::Tsify)]
        #[tsify(missing_as_null)]
        #[allow(missing_docs, reason = "self-explanatory columns have no comment")]
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
        #[cfg(not(target_arch = "wasm32"))]
        #[derive(tsify::Tsify)]
        #[tsify(missing_as_null)]
        #[allow(missing_docs, reason = "self-explanatory columns have no comment")]
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
        #[cfg(not(target_arch = "wasm32"))]
        #[derive(tsify::Tsify)]
        #[tsify(missing_as_null)]
        #[allow(missing_docs, reason = "self-explanatory columns have no comment")]
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
