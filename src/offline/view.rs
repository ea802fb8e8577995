//! What the application sees of the outbox.

use super::json::{list, object};
use super::outbox::Outbox;
use super::overlay::overlay_json;
use super::record::{Record, State};

impl Outbox {
    /// The view with all records.
    pub fn view(&self) -> String {
        self.view_of(self.records.iter())
    }

    /// The counts, and some of the `writes`: each with its place in the order, its entry in the list, and its overlay, which
    /// the cache applies to the entries that it shows. Failed and blocked writes have no overlay.
    pub(super) fn view_of<'a>(&self, records: impl Iterator<Item = &'a Record>) -> String {
        let count = |is_counted: fn(&Record) -> bool| {
            self.records.iter().filter(|record| is_counted(record)).count().to_string()
        };
        let is_sending = self.records.iter().any(|record| record.state == State::Sending);
        object([
            ("pending", count(Record::is_due)),
            ("failed", count(|record| record.state == State::Failed)),
            ("blocked", count(|record| record.state == State::Blocked)),
            ("isSending", is_sending.to_string()),
            ("writes", list(records.map(write_json))),
        ])
    }
}

fn write_json(record: &Record) -> String {
    let overlay = record.is_due().then(|| overlay_json(record));
    object([
        ("place", record.seq.to_string()),
        ("entry", record.entry_json()),
        ("overlay", overlay.unwrap_or_else(|| "null".to_owned())),
    ])
}
