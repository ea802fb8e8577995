//! Adds a write to the outbox, or merges it with a waiting one.
//!
//! Merging moves a write in the order, past the writes in between. The server must end up with the same rows, and it checks
//! uniqueness, references and access with each write. So a write moves only if it cannot affect the writes in between.

use super::json::Object;
use super::outbox::Outbox;
use super::record::{Action, Plan, Record, State};

/// Columns in foreign keys or unique constraints. A write to one of them may allow or prevent other writes.
pub const STRUCTURAL_COLUMNS: [&str; 13] = [
    "connection_id",
    "created_by",
    "email",
    "execution_id",
    "id",
    "name",
    "node_id",
    "service_name",
    "source_node_id",
    "target_node_id",
    "template_id",
    "user_id",
    "workflow_id",
];

/// The tables of the rows that a saved graph replaces.
const GRAPH_TABLES: [&str; 3] = ["workflows", "workflow_nodes", "workflow_connections"];

/// How a write merges with the earlier write to the same row.
enum Merged {
    /// The earlier write remains, with this body.
    Earlier { body: String },
    /// Only the later write remains.
    Later,
}

impl Outbox {
    /// Adds a write. Returns its record, or `None` if it is a deletion that cancelled out with an unsent insert.
    pub fn enqueue(&mut self, plan: Plan, id: String, scope: String, now_ms: u64) -> Option<&Record> {
        if let Some(family) = self.unborn(&plan) {
            self.remove_all(&family);
            return None;
        }
        let id = match self.merged(&plan) {
            Some((index, Merged::Earlier { body })) => self.replace_body(index, body, &plan),
            Some((index, Merged::Later)) => {
                self.remove(index);
                self.append(plan, id, scope, now_ms)
            }
            None => self.append(plan, id, scope, now_ms),
        };
        self.block();
        self.records.iter().find(|record| record.id == id)
    }

    /// The writes that this deletion cancels: the unsent insert of its row, and the writes to the row and to rows created
    /// below it. `None` if an existing row was moved below it, because the deletion has to delete that one.
    fn unborn(&self, deletion: &Plan) -> Option<Vec<usize>> {
        if deletion.action != Action::Delete {
            return None;
        }
        let is_birth =
            |record: &Record| record.plan.action == Action::Insert && record.plan.is_same_row(deletion);
        let birth = self.records.iter().rposition(is_birth)?;
        let record = &self.records[birth];
        if !record.is_unsent() {
            return None;
        }
        let family = self.family(birth);
        let is_moved_in = |(index, record): (usize, &Record)| {
            record.plan.action == Action::Update
                && !family.contains(&index)
                && family.iter().any(|member| record.plan.refers_to(&self.records[*member].plan))
        };
        (!self.records.iter().enumerate().any(is_moved_in)).then_some(family)
    }

    /// The record that the write merges with, and how.
    fn merged(&self, plan: &Plan) -> Option<(usize, Merged)> {
        let index = self.records.iter().rposition(|record| record.plan.is_same_row(plan))?;
        let earlier = &self.records[index];
        // A write that the server may have received must be repeated unchanged.
        if !earlier.is_unsent() {
            return None;
        }
        let merged = merge(&earlier.plan, plan)?;
        let may_move =
            self.records[index + 1..].iter().all(|between| may_pass(&between.plan, &earlier.plan, plan));
        may_move.then_some((index, merged))
    }

    fn replace_body(&mut self, index: usize, body: String, later: &Plan) -> String {
        let record = &mut self.records[index];
        record.plan.body = body;
        for reference in &later.refs {
            if !record.plan.refs.contains(reference) {
                record.plan.refs.push(reference.clone());
            }
        }
        record.is_changed = true;
        record.id.clone()
    }

    fn append(&mut self, plan: Plan, id: String, scope: String, now_ms: u64) -> String {
        let seq = self.records.last().map_or(0, |last| last.seq) + 1;
        self.records.push(Record {
            id: id.clone(),
            seq,
            scope,
            plan,
            created_at: now_ms,
            state: State::Pending,
            attempts: 0,
            error: None,
            is_changed: true,
        });
        id
    }
}

/// Merges two writes to one row. `None` if both have to be sent.
fn merge(earlier: &Plan, later: &Plan) -> Option<Merged> {
    match (earlier.action, later.action) {
        (Action::Insert, Action::Update) => {
            let mut body = Object::parse(&earlier.body)?;
            let changes = Object::parse(&later.body)?;
            // A new row cannot contain `now`, the time of the server's clock.
            if changes.holds("\"now\"") {
                return None;
            }
            body.extend(changes);
            Some(Merged::Earlier { body: body.json() })
        }
        (Action::Update, Action::Update) | (Action::Upsert, Action::Upsert) => {
            // Only the later write requires a version, which may be newer than the one that the earlier write met.
            let has_later_version = earlier.if_updated_at.is_none() && later.if_updated_at.is_some();
            if has_later_version || earlier.rest != later.rest {
                return None;
            }
            let mut body = Object::parse(&earlier.body)?;
            body.extend(Object::parse(&later.body)?);
            Some(Merged::Earlier { body: body.json() })
        }
        (Action::Ensure, Action::Ensure) => Some(Merged::Earlier { body: earlier.body.clone() }),
        (Action::Save, Action::Save) if has_base(earlier) == has_base(later) => {
            Some(Merged::Earlier { body: later.body.clone() })
        }
        // The row may have existed before, so the deletion has to be sent.
        (Action::Update | Action::Upsert | Action::Ensure | Action::Save, Action::Delete) => {
            Some(Merged::Later)
        }
        _ => None,
    }
}

/// Whether the server merges a saved graph with concurrent saves.
fn has_base(save: &Plan) -> bool {
    Object::parse(&save.rest).is_some_and(|rest| rest.get("base").is_some())
}

/// Whether two writes to one row may merge although `between`, a write to another row, was made in between.
fn may_pass(between: &Plan, earlier: &Plan, later: &Plan) -> bool {
    if (between.action, later.action) == (Action::Save, Action::Save) {
        return true;
    }
    let is_graph = |plan: &Plan| GRAPH_TABLES.contains(&plan.table.as_str());
    if between.action == Action::Save || later.action == Action::Save {
        return !is_graph(between) || !is_graph(later);
    }
    // One write names its row by id and the other by its natural key, so both may name the same row.
    let may_be_same_row = between.table == later.table && between.row_id.is_some() != later.row_id.is_some();
    !may_be_same_row && !is_structural(earlier, later)
}

/// Whether merging moves the value of a column that other writes may depend on. A value that both writes contain does not
/// move.
fn is_structural(earlier: &Plan, later: &Plan) -> bool {
    let (moved, fixed) = match later.action {
        Action::Delete => (Object::parse(&earlier.body), Some(Object::default())),
        _ => (Object::parse(&later.body), Object::parse(&earlier.body)),
    };
    let (Some(moved), Some(fixed)) = (moved, fixed) else {
        return true;
    };
    let is_any_structural = moved.differing_from(&fixed).any(|name| STRUCTURAL_COLUMNS.contains(&name));
    is_any_structural
}
