//! The functions of `db`: their types and their names.

use super::comment;
use std::collections::BTreeSet;
use workflow_db::tables::{Signature, TABLES};

const DOCS: [&str; 8] = [
    "The functions of `db`.",
    "",
    "Every function can reject with `INVALID_INPUT` (an argument is invalid, nothing was sent), `NOT_CONFIGURED`, `ABORTED`,",
    "the server's own code for errors that are not worth a retry, or `RETRY_EXHAUSTED`. Upserts, changes of executions,",
    "results and connections, and functions for members can also reject with `MIGRATION_REQUIRED`, whose `hint` names",
    "the migration to apply.",
    "",
    "Rows are shared with the cache: copy a row before you change it.",
];

/// TypeScript's built-in types.
const BUILT_IN: [&str; 2] = ["Omit", "Promise"];

pub fn module() -> String {
    let functions = TABLES.iter().flat_map(|table| table.functions.iter().zip(table.typescript.functions));
    let (mut members, mut names, mut types) = (String::new(), String::new(), BTreeSet::new());
    for (function, signatures) in functions {
        names.push_str(&format!("  '{}',\n", function.name));
        for Signature { docs, text } in *signatures {
            members.push_str(&comment("  ", docs));
            members.push_str(&format!("  {}{text};\n", function.name));
            types.extend(types_in(text));
        }
    }
    let types: Vec<_> = types.into_iter().collect();
    format!(
        "import type {{ {} }} from '../types.js';\n\n{}export interface DbFunctions {{\n{members}}}\n\n\
         /** The name of every function. */\nexport const NAMES: readonly (keyof DbFunctions)[] = [\n{names}];\n",
        types.join(", "),
        comment("", &DOCS),
    )
}

/// The types that a signature mentions.
fn types_in(signature: &str) -> impl Iterator<Item = &str> {
    signature
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| word.starts_with(|initial: char| initial.is_ascii_uppercase()))
        .filter(|word| !BUILT_IN.contains(word))
}
