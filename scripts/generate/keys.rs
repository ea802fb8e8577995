//! The cache keys, and which of them each read uses.

use super::{camel, comment};
use workflow_db::tables::{Action, Cached, KeyFormat, Kind, Presence, Table, TABLES};

const DOCS: [&str; 5] = [
    "The cache keys, in fixed formats: `cacheKeys.workflow(id)` is the key of the entry that `db.getWorkflow(id)` reads.",
    "Variants of a query (with archived workflows, a page, a filter) append `?…`. Invalidating the base key drops them too.",
    "",
    "@example",
    "getCacheManager().invalidate(cacheKeys.workflows(userId));",
];

const READ_DOCS: [&str; 2] = [
    "The key of the entry that answers a read, computed from the first two arguments. Reads that are missing here, or for",
    "which the key is undefined, always ask the engine.",
];

pub fn module() -> String {
    let mut members = String::new();
    for (index, (table, format)) in formats().enumerate() {
        if is_first_of_its_prefix(index, format) {
            members.push_str(&format!("  {}: {},\n", name_of(format), key_function(table, format, "")));
        }
    }
    let mut reads = String::new();
    for table in TABLES {
        for function in table.functions {
            if let Some(key) = read_key(table, function.action) {
                reads.push_str(&format!("  {}: {key},\n", function.name));
            }
        }
    }
    format!(
        "import {{ canonical, named, variantIf, type KeyOf }} from '../key-parts.js';\n\
         import type {{ DbFunctions }} from './functions.js';\n\n\
         {}export const cacheKeys = {{\n{members}}} as const;\n\n\
         {}export const READ_KEYS: Partial<Record<keyof DbFunctions, KeyOf>> = {{\n{reads}}};\n",
        comment("", &DOCS),
        comment("", &READ_DOCS),
    )
}

/// Every key format. A list's format comes before the format of a row with the same prefix, which is a variant of it.
fn formats() -> impl Iterator<Item = (&'static Table, &'static KeyFormat)> {
    let of_table = |table: &'static Table| {
        table.list_key.iter().chain(&table.row_key).chain(table.other_keys.iter().copied())
    };
    TABLES.iter().flat_map(move |table| of_table(table).map(move |format| (*table, format)))
}

fn is_first_of_its_prefix(index: usize, format: &KeyFormat) -> bool {
    formats().position(|(_, other)| other.prefix == format.prefix) == Some(index)
}

/// The name of a format in `cacheKeys`.
fn name_of(format: &KeyFormat) -> String {
    camel(format.prefix.split(':').next().unwrap_or_default())
}

/// A function that builds the key, or this variant of it, from its arguments.
fn key_function(table: &Table, format: &KeyFormat, variant: &str) -> String {
    let (mut parameters, mut values) = (Vec::new(), Vec::new());
    for column in format.columns {
        let name = argument(table, format, column);
        let is_uuid = table.column(column).is_some_and(|column| column.kind == Kind::Uuid);
        values.push(if is_uuid { format!("${{canonical({name})}}") } else { format!("${{{name}}}") });
        parameters.push(format!("{name}: string"));
    }
    let (parameters, values) = (parameters.join(", "), values.join(format.separator));
    format!("({parameters}) => `{}{values}{variant}`", format.prefix)
}

/// The argument name for a column. An id that the database does not generate is the user's id.
fn argument(table: &Table, format: &KeyFormat, column: &str) -> String {
    let is_own = table.column("id").is_some_and(|id| id.presence != Presence::Required);
    match column {
        "id" if is_own => name_of(format) + "Id",
        "id" => "userId".to_owned(),
        column => camel(column),
    }
}

/// The expression for a read's key. `None` for writes, and for reads that are not answered by a single entry.
fn read_key(table: &Table, action: Action) -> Option<String> {
    let (row, list) = (table.row_key.as_ref(), table.list_key.as_ref());
    Some(match action {
        Action::Row(..) => key_function(table, row?, ""),
        Action::Children(..) | Action::OfUser => key_function(table, list?, ""),
        Action::OfService => format!("named({})", key_function(table, row?, "")),
        Action::Special(Cached::Row(variant)) => key_function(table, row?, variant),
        Action::Special(Cached::Other(format)) => key_function(table, format, ""),
        Action::Special(Cached::List(variant)) => key_function(table, list?, variant),
        Action::Special(Cached::ListOr(variant)) => {
            format!("variantIf({}, '{variant}')", key_function(table, list?, ""))
        }
        _ => return None,
    })
}
