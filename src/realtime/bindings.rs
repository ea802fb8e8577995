//! The bindings of a channel: which changes it asks for, and which of them a frame reports.

use super::wire::{changes_config, text, Frame};
use super::{Binding, ChangeKind, Incoming};
use crate::data::{Data, Value};

/// The changes that a channel reports.
pub(super) struct Bindings {
    wanted: Vec<Binding>,
    /// The server's ids of the bindings, which may be equal for several.
    ids: Vec<f64>,
}

impl Bindings {
    pub fn new(wanted: Vec<Binding>) -> Self {
        Self { wanted, ids: Vec::new() }
    }

    /// The configuration of the join.
    pub fn config(&self, schema: &str) -> String {
        changes_config(schema, &self.wanted)
    }

    /// Stores the ids in the reply to the join. Returns whether there is one for each binding.
    pub fn grant<D: Data>(&mut self, response: Option<D>) -> bool {
        let granted = response.and_then(|response| response.child("postgres_changes"));
        let granted = granted.iter().flat_map(Data::items);
        self.ids = granted.map(|granted| number(&granted.column("id"))).collect();
        self.ids.len() == self.wanted.len()
    }

    /// The change that the frame reports, with the positions of the bindings that it concerns.
    pub fn read<D: Data>(&self, frame: &Frame<D>) -> Option<(Vec<usize>, Incoming<D>)> {
        let (ids, data) = (frame.payload.child("ids")?, frame.payload.child("data")?);
        let kind_text = text(data.column("type")).unwrap_or_default();
        let kind = match &*kind_text {
            "INSERT" => ChangeKind::Insert,
            "UPDATE" => ChangeKind::Update,
            "DELETE" => ChangeKind::Delete,
            _ => return None,
        };
        let reported: Vec<f64> = ids.items().iter().map(|id| number(&id.value())).collect();
        let is_reported = |(binding, id): (&Binding, &f64)| {
            reported.contains(id) && (binding.event == "*" || binding.event == kind_text)
        };
        let bindings = self.wanted.iter().zip(&self.ids).enumerate();
        let places: Vec<usize> =
            bindings.filter(|(_, binding)| is_reported(*binding)).map(|(place, _)| place).collect();
        if places.is_empty() {
            return None;
        }
        let (record, old) = (data.child("record"), data.child("old_record"));
        let is_bare = record.is_none() && old.is_none();
        let incoming = Incoming {
            kind,
            table: text(data.column("table")).unwrap_or_default(),
            record,
            old,
            commit_timestamp: text(data.column("commit_timestamp")),
            has_errors: is_bare || !matches!(data.column("errors"), Value::Absent | Value::Null),
        };
        Some((places, incoming))
    }
}

/// The number, or NaN if the value is not a number.
fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => *number,
        _ => f64::NAN,
    }
}
