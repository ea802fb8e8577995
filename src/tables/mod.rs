//! What the library knows of each table, in one place: a 15th table is one file and one line here.
//!
//! A file of this folder declares one table with `table!`: its columns, its cache keys and its functions. From these
//! come the [`Table`] that the engine works from and, by way of `scripts/generate`, everything that TypeScript knows of
//! the table. `tests/types/new-table.test.mjs` adds one.

mod column;
mod function;
mod key;

use crate::data::{Data, Value};
pub use column::*;
pub use function::*;
pub use key::KeyFormat;

/// Declares the tables: their modules, and the list of them all.
macro_rules! tables {
    ($( $module:ident: $table:ident, )*) => {
        $(
            mod $module;
            pub use $module::*;
        )*

        /// Every table, each once.
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
}

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
    /// The functions of `db` about it.
    pub functions: &'static [Function],
    /// What TypeScript is to know of it.
    #[cfg(not(target_arch = "wasm32"))]
    pub typescript: TypeScript,
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
    pub missing_policies: &'static [MissingPolicy],
}

/// A row security policy that the production database lacks (`supabase/migrations/…_missing_policies.sql` adds it).
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum MissingPolicy {
    /// A new row, or an upsert, answers 42501.
    Insert,
    /// An update answers 200 and changes nothing.
    Update,
    /// A delete answers 200 and deletes nothing.
    Delete,
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
        functions: &[],
        #[cfg(not(target_arch = "wasm32"))]
        typescript: TypeScript { row: "", types: [""; 3], functions: &[] },
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
        missing_policies: &[],
    };

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The key of the row with these values; empty for a table whose rows have none.
    pub fn row_key(&self, values: &[&str]) -> String {
        self.row_key.as_ref().map_or_else(String::new, |format| format.of(values))
    }

    /// The key of the list with these values; empty for a table whose lists have none.
    pub fn list_key(&self, values: &[&str]) -> String {
        self.list_key.as_ref().map_or_else(String::new, |format| format.of(values))
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

/// Declares one table: three TypeScript types and the [`Table`]. The name, the columns, the functions and the settings
/// follow one another.
///
/// A column is `name: Type = presence`, where presence is
/// - `required`: not null, no default. Must be given for a new row.
/// - `generated`: not null, with a default. May be left out, may not be null.
/// - `defaulted`: has a default, though the database allows NULL.
/// - `nullable`: NULL unless given.
///
/// A function is `name "signature" = action;`, where the signature is TypeScript and the action an [`Action`]. More
/// signatures of the same function follow an `or`.
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

    // Each of the following moves one column at a time into the struct's fields.
    (@row [$($doc:tt)*] $row:ident { $($done:tt)* }) => {
        $($doc)*
        #[cfg(not(target_arch = "wasm32"))]
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
        #[cfg(not(target_arch = "wasm32"))]
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
        #[cfg(not(target_arch = "wasm32"))]
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
