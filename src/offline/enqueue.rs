//! Adds a write to the outbox, or merges it with one that waits.
//!
//! Merging moves a write in the order, past those that were made in between. The result must be the same on the server,
//! which checks uniqueness, references and access with each write. So only writes that cannot matter to others move.

use super::json::Object;
use super::outbox::Outbox;
use super::record::{Action, Plan, Record, State};

/// Columns that a foreign key or a unique constraint holds. Writes to them may allow or prevent other writes.
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

/// How a write and the one before it to the same row become one.
enum Merged {
    /// The earlier one has this body, too.
    Earlier { body: String },
    /// The later one alone remains.
    Later,
}

impl Outbox {
    /// Adds a write. Returns the record that holds it, unless it and an insert that was not sent cancelled out.
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

    /// The writes that need not be made if this deletion follows: those of a row that was never sent, and of the rows
    /// below it. `None` if another row was moved below it: that one would be deleted, too.
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
        // One that the server may have seen stays as it was sent.
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

/// What two writes to one row come to, or `None` if both have to be made.
fn merge(earlier: &Plan, later: &Plan) -> Option<Merged> {
    match (earlier.action, later.action) {
        (Action::Insert, Action::Update) => {
            let mut body = Object::parse(&earlier.body)?;
            let changes = Object::parse(&later.body)?;
            // A new row cannot contain the time of the server's clock.
            if changes.holds("\"now\"") {
                return None;
            }
            body.extend(changes);
            Some(Merged::Earlier { body: body.json() })
        }
        (Action::Update, Action::Update) | (Action::Upsert, Action::Upsert) => {
            // A version that was seen after an earlier write, which did not ask for one.
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
        // The row may have been there before: the deletion still has to be made.
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

/// Whether two writes to one row may become one on one side of a write to another row, which was made in between.
fn may_pass(between: &Plan, earlier: &Plan, later: &Plan) -> bool {
    if (between.action, later.action) == (Action::Save, Action::Save) {
        return true;
    }
    let is_graph = |plan: &Plan| GRAPH_TABLES.contains(&plan.table.as_str());
    if between.action == Action::Save || later.action == Action::Save {
        return !is_graph(between) || !is_graph(later);
    }
    // An id and a natural key may be the same row's.
    let may_be_same_row = between.table == later.table && between.row_id.is_some() != later.row_id.is_some();
    !may_be_same_row && !is_structural(earlier, later)
}

/// Whether merging the two moves a value that may matter to writes to other rows, or they to it. What both spell alike
/// stays where it is.
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
