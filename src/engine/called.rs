//! What a function of the database answered: several rows at once.

use super::log::Record;
use super::Engine;
use crate::cache::{relations_of, Change, Source};
use crate::data::{Data, Form};
use crate::flows::{Call, Function, Parts};
use crate::platform::Platform;
use crate::tables::{Table, WORKFLOWS, WORKFLOW_TEMPLATES};
use std::rc::Rc;

impl<P: Platform> Engine<P> {
    /// Takes over what a function answered, and answers what the caller gets. Where another write `crossed` it, nobody
    /// knows which came later, and what they touched is dropped.
    pub(super) fn called(self: &Rc<Self>, call: &Call, answer: P::Data, crossed: bool) -> P::Data {
        if let Some(id) = &call.template_id {
            self.apply_unknown(&WORKFLOW_TEMPLATES, Some(id.clone()));
        }
        match call.function {
            Function::SaveKeys | Function::StoreKey | Function::RevealKey => {
                self.apply_unknown(call.function.table(), None);
                answer
            }
            Function::SaveWorkflows => {
                let saved: Vec<_> =
                    answer.items().into_iter().map(|whole| self.saved_graph(&whole, crossed)).collect();
                P::Data::list(&saved)
            }
            Function::SaveGraph | Function::FromTemplate => self.saved_graph(&answer, crossed),
        }
    }

    fn saved_graph(self: &Rc<Self>, whole: &P::Data, crossed: bool) -> P::Data {
        let workflow = P::Data::object(Some(whole), &["nodes", "connections"], &[]);
        let id = workflow.column("id").text().unwrap_or_default().to_owned();
        let children = |name| whole.child(name).filter(|rows| rows.is(Form::Rows));
        let (Some(nodes), Some(connections), false) = (children("nodes"), children("connections"), crossed)
        else {
            self.apply_unknown(&WORKFLOWS, Some(id));
            return whole.clone();
        };
        // Reads of its nodes that were sent before may bring the old ones.
        let children_changed = Record::Changed { table: &WORKFLOWS, id: Some(id.clone()), may_cascade: true };
        self.state.borrow_mut().note(children_changed);
        self.apply(&Change {
            table: &WORKFLOWS,
            id: Some(id.clone()),
            source: Source::Row(workflow.clone()),
        });
        let parts = Parts { workflow, nodes, connections };
        let saved = self.keep_parts(true, &relations_of(&id), parts, None);
        self.flush();
        saved
    }

    fn apply_unknown(self: &Rc<Self>, table: &'static Table, id: Option<String>) {
        self.apply(&Change { table, id, source: Source::Unknown });
    }
}
