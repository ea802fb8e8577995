//! Applies the result of a database function, which can contain several rows.

use super::log::Record;
use super::Engine;
use crate::cache::{relations_of, Change, Source};
use crate::data::{Data, Form};
use crate::flows::{DatabaseFunction, FunctionCall, Parts};
use crate::platform::Platform;
use crate::subscriptions::id_of;
use crate::tables::{Table, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES, WORKFLOW_TEMPLATES};
use std::rc::Rc;

/// A workflow that was saved with its nodes and connections.
pub(super) struct Graph<D> {
    id: String,
    parts: Parts<D>,
}

impl<P: Platform> Engine<P> {
    /// Applies the result of a function and returns what the caller gets. A workflow for which `is_outdated` is true
    /// is dropped from the cache.
    pub(super) fn called(
        self: &Rc<Self>,
        call: &FunctionCall,
        answer: P::Data,
        is_outdated: impl Fn(&Graph<P::Data>) -> bool,
    ) -> Option<P::Data> {
        if let Some(id) = &call.template_id {
            self.apply_unknown(&WORKFLOW_TEMPLATES, Some(id.clone()));
        }
        let saved = |whole: &P::Data| self.saved_graph(whole, &is_outdated);
        Some(match call.function {
            DatabaseFunction::AcceptInvitation => {
                self.joined(&answer);
                answer
            }
            DatabaseFunction::LeaveWorkflow => {
                self.left(call, &answer);
                return None;
            }
            DatabaseFunction::SaveKeys | DatabaseFunction::StoreKey | DatabaseFunction::RevealKey => {
                self.apply_unknown(call.function.table(), None);
                answer
            }
            DatabaseFunction::SaveWorkflows => {
                P::Data::list(&answer.items().iter().map(saved).collect::<Vec<_>>())
            }
            DatabaseFunction::SaveGraph
            | DatabaseFunction::SaveMergedGraph
            | DatabaseFunction::FromTemplate => saved(&answer),
        })
    }

    fn saved_graph(
        self: &Rc<Self>,
        whole: &P::Data,
        is_outdated: impl Fn(&Graph<P::Data>) -> bool,
    ) -> P::Data {
        let workflow = P::Data::object(Some(whole), &["nodes", "connections"], &[]);
        let id = workflow.column("id").text().unwrap_or_default().to_owned();
        let children = |name| whole.child(name).filter(|rows| rows.is(Form::Rows));
        let graph = children("nodes").zip(children("connections")).map(|(nodes, connections)| Graph {
            id: id.clone(),
            parts: Parts { workflow, nodes, connections },
        });
        let Some(Graph { parts, .. }) = graph.filter(|graph| !is_outdated(graph)) else {
            self.apply_unknown(&WORKFLOWS, Some(id));
            return whole.clone();
        };
        // Reads of its children that were sent earlier may return the old ones.
        let children_changed = Record::Changed { table: &WORKFLOWS, id: Some(id.clone()), may_cascade: true };
        self.state.borrow_mut().note(children_changed);
        let source = Source::Row(parts.workflow.clone());
        self.apply(&Change { table: &WORKFLOWS, id: Some(id.clone()), source });
        self.wrote(&WORKFLOWS, &id, Some(&parts.workflow));
        self.wrote_children(&WORKFLOW_NODES, &id, &parts.nodes);
        self.wrote_children(&WORKFLOW_CONNECTIONS, &id, &parts.connections);
        // Other pages read its children again.
        for table in [&WORKFLOW_NODES, &WORKFLOW_CONNECTIONS] {
            self.platform.row_changed(&Change { table, id: None, source: Source::Unknown });
        }
        let saved = self.keep_parts(true, &relations_of(&id), parts, None);
        self.flush();
        saved
    }

    /// Whether subscribers know the row in a state other than the saved one.
    pub(super) fn was_told_otherwise(&self, table: &'static Table, id: &str, saved: &Graph<P::Data>) -> bool {
        let rows = if *table == WORKFLOW_NODES {
            &saved.parts.nodes
        } else if *table == WORKFLOW_CONNECTIONS {
            &saved.parts.connections
        } else {
            return *table == WORKFLOWS && id == saved.id && !self.was_told(table, id, &saved.parts.workflow);
        };
        if let Some(place) = rows.position(id) {
            return !self.was_told(table, id, &rows.item(place));
        }
        let known = self.known_to_subscriptions(table, id);
        known.is_some_and(|row| row.column("workflow_id").text() == Some(&saved.id))
    }

    /// Records that a save left the workflow with exactly these rows of the table.
    fn wrote_children(&self, table: &'static Table, workflow_id: &str, rows: &P::Data) {
        let key = table.list_key(&[workflow_id]);
        let cached = {
            let mut state = self.state.borrow_mut();
            state.live.subscriptions.supersede_readings_of(table, workflow_id);
            state.store.peek(&key).map(|entry| entry.data.clone())
        };
        for row in rows.items() {
            let Some(id) = id_of(&row) else { continue };
            let before = match &cached {
                Some(rows) => rows.position(&id).map(|place| rows.item(place)),
                None => self.known_to_subscriptions(table, &id),
            };
            if before.as_ref().is_some_and(|before| before.is_equal(&row)) {
                continue;
            }
            // A changed connection is deleted and inserted again.
            if before.is_some() && *table == WORKFLOW_CONNECTIONS {
                self.wrote(table, &id, None);
            }
            self.wrote(table, &id, Some(&row));
        }
        for id in cached.iter().flat_map(Data::items).filter_map(|row| id_of(&row)) {
            if rows.position(&id).is_none() {
                self.wrote(table, &id, None);
            }
        }
    }

    fn apply_unknown(self: &Rc<Self>, table: &'static Table, id: Option<String>) {
        self.apply(&Change { table, id, source: Source::Unknown });
    }
}
