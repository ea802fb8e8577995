//! The rows that the signed-in user may see depend on the user's own memberships.

use super::Engine;
use crate::cache::{Change, Source};
use crate::data::Data;
use crate::flows::{DatabaseFunction, FunctionCall};
use crate::platform::Platform;
use crate::subscriptions::id_of;
use crate::tables::{Table, WORKFLOWS, WORKFLOW_MEMBERS};
use std::rc::Rc;

impl<P: Platform> Engine<P> {
    /// The signed-in user's own membership, if the change concerns it.
    pub(super) fn own_membership(&self, change: &Change<P::Data>) -> Option<P::Data> {
        if *change.table != WORKFLOW_MEMBERS {
            return None;
        }
        let user_id = self.user_id()?;
        let row = match &change.source {
            Source::Row(row) | Source::Current(row) | Source::Deleted(Some(row)) => Some(row.clone()),
            Source::Deleted(None) | Source::Unknown | Source::Lost => {
                let id = change.id.as_deref()?;
                let cached = self.state.borrow().store.row(&WORKFLOW_MEMBERS, id);
                cached.or_else(|| self.known_to_subscriptions(&WORKFLOW_MEMBERS, id))
            }
        };
        row.filter(|row| row.column("user_id").text() == Some(&user_id))
    }

    /// Handles a change of the signed-in user's own membership: if it ended or may have ended, drops the rows that it
    /// made visible; leaves the room; and lets subscriptions read the rows that are visible now.
    pub(super) fn membership_changed(self: &Rc<Self>, membership: &P::Data, change: &Change<P::Data>) {
        let dropped_as = match &change.source {
            Source::Row(_) | Source::Current(_) => None,
            Source::Deleted(_) => Some(Source::Deleted(None)),
            Source::Unknown | Source::Lost => Some(Source::Unknown),
        };
        let may_have_ended = dropped_as.is_some();
        if let (Some(source), Some(workflow_id)) = (dropped_as, membership.column("workflow_id").text()) {
            self.drop_workflow(workflow_id, source);
        }
        self.look_at_workflows(may_have_ended);
    }

    /// The signed-in user accepted an invitation. Frames may have reported a later state already.
    pub(super) fn joined(self: &Rc<Self>, member: &P::Data) {
        self.apply(&Change { table: &WORKFLOW_MEMBERS, id: id_of(member), source: Source::Unknown });
        self.look_at_workflows(false);
    }

    /// The signed-in user left a workflow. After a lost response, `gone` may not list the membership.
    pub(super) fn left(self: &Rc<Self>, call: &FunctionCall, gone: &P::Data) {
        for row in gone.items() {
            let id = id_of(&row);
            self.apply(&Change {
                table: &WORKFLOW_MEMBERS,
                id: id.clone(),
                source: Source::Deleted(Some(row)),
            });
            if let Some(id) = id {
                self.wrote(&WORKFLOW_MEMBERS, &id, None);
            }
        }
        if gone.is_empty() {
            self.may_have_left(call);
        }
    }

    /// It is unknown whether the signed-in user left a workflow.
    pub(super) fn may_have_left(self: &Rc<Self>, call: &FunctionCall) {
        if call.function != DatabaseFunction::LeaveWorkflow {
            return;
        }
        self.apply(&Change { table: &WORKFLOW_MEMBERS, id: None, source: Source::Unknown });
        if let Some(workflow_id) = &call.workflow_id {
            self.drop_workflow(workflow_id, Source::Unknown);
        }
        self.look_at_workflows(true);
    }

    fn drop_workflow(self: &Rc<Self>, workflow_id: &str, source: Source<P::Data>) {
        self.reenter_room(workflow_id);
        self.apply(&Change { table: &WORKFLOWS, id: Some(workflow_id.to_owned()), source });
    }

    /// Reads the scopes of all subscriptions to workflows and their children again: the server sends no frame when a
    /// membership makes rows visible or hides them. If the membership may have ended, rows that are being read are ignored:
    /// the server may have sent them before.
    pub(super) fn look_at_workflows(self: &Rc<Self>, may_have_ended: bool) {
        let numbers: Vec<u32> = {
            let state = self.state.borrow();
            let subscriptions = state.live.subscriptions.iter();
            let is_meant = |table: &Table| *table == WORKFLOWS || WORKFLOWS.cascades_to(table);
            let meant = subscriptions.filter(|subscription| {
                *subscription.selection.table != WORKFLOW_MEMBERS && is_meant(subscription.selection.table)
            });
            meant.map(|subscription| subscription.number).collect()
        };
        for number in numbers {
            if may_have_ended {
                self.state.borrow_mut().live.subscriptions.supersede_reading(number);
            }
            self.look_for_gap(number);
        }
    }
}
