//! The types of rows, queries and settings.

use tsify::Tsify;
use workflow_db::queries::QUERY_TYPES;
use workflow_db::retry::RetryConfig;
use workflow_db::tables::{COLUMN_TYPES, TABLES};

pub fn module() -> String {
    let of_tables = TABLES.iter().flat_map(|table| table.typescript.types);
    let all = COLUMN_TYPES.into_iter().chain(of_tables).chain(QUERY_TYPES).chain([RetryConfig::DECL]);
    let mut text: String = all.map(|declaration| format!("\n{declaration}\n")).collect();
    text.push_str("\n/** The row type of each table. */\nexport interface Tables {\n");
    for table in TABLES {
        text.push_str(&format!("  {}: {};\n", table.name, table.typescript.row));
    }
    text.push_str("}\n");
    text
}
