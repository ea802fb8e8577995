//! The change log, and the reads and writes in flight that it concerns.

mod log;
mod reads;
mod rereads;
mod versions;
mod writes;

use serde_json::{json, Value};
use workflow_db::engine::log::Record;
use workflow_db::tables::Table;

fn heard(table: &'static Table, id: &str) -> Record {
    Record::Heard { table, id: id.to_owned() }
}

fn gone(table: &'static Table, id: &str) -> Record {
    Record::Gone { table, id: id.to_owned() }
}

fn row(id: &str) -> Value {
    json!({ "id": id })
}
