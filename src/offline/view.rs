//! What the application sees of the outbox.

use super::json::{list, object};
use super::overlay::overlay_json;
use super::record::{Record, State};

/// The view of records in order: what the cache shows on top of its entries, and how far the writes are. Writes that
/// failed, and those that they block, are not shown.
pub(super) fn view(records: &[Record]) -> String {
    let overlays = records.iter().filter(|record| record.is_due()).map(overlay_json);
    object([("overlays", list(overlays)), ("status", status(records))])
}

fn status(records: &[Record]) -> String {
    let count = |is_counted: fn(&Record) -> bool| {
        records.iter().filter(|record| is_counted(record)).count().to_string()
    };
    let is_sending = records.iter().any(|record| record.state == State::Sending);
    object([
        ("pending", count(Record::is_due)),
        ("failed", count(|record| record.state == State::Failed)),
        ("blocked", count(|record| record.state == State::Blocked)),
        ("isSending", is_sending.to_string()),
        ("entries", list(records.iter().map(Record::entry_json))),
    ])
}
