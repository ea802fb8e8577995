//! A write: an idempotent request, then the resulting change.

use super::call::{CallOptions, Sent, Stage};
use super::writes::WriteGuard;
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::flows::{Condition, FunctionCall, MergingSave, Write, WriteFlow, Written};
use crate::platform::Platform;
use crate::tables::WORKFLOWS;
use crate::time::timestamp;
use futures_util::future::FutureExt;
use std::cmp::Ordering;
use std::rc::Rc;

impl<P: Platform> Engine<P> {
    /// Sends the write and returns the row; `None` for a delete.
    ///
    /// When this resolves, everything cached of that row is up to date. If the outcome is unknown (the response was
    /// lost or the call was aborted), every entry that the write may have touched is dropped.
    pub async fn write(
        self: &Rc<Self>,
        write: Write,
        options: CallOptions,
    ) -> Result<Option<P::Data>, Error> {
        let stage = Stage::of(&options);
        let sent = Sent::default();
        stage.waits_for(&sent);
        let timeout_ms = options.timeout_ms.unwrap_or_else(|| self.settings().timeout_ms);
        let work = async {
            self.settled().await;
            let _turn = match write.versioned_row() {
                Some(id) => Some(self.turn(id).await?),
                None => None,
            };
            let guard = WriteGuard::begin(self, &write, &sent);
            let outcome = self.make(write.clone(), timeout_ms, &sent, options.is_resent).await;
            guard.settle(&write, outcome)
        };
        self.supervise(options.cancelled, &stage, work.boxed_local()).await
    }

    /// Sends the write and records which version of the workflow it derived from which.
    async fn make(
        self: &Rc<Self>,
        write: Write,
        timeout_ms: f64,
        sent: &Sent,
        is_resent: bool,
    ) -> Result<Written<P::Data>, Error> {
        let versioned = write.versioned_row().map(str::to_owned);
        let write = match &versioned {
            Some(id) => self.on_version(&write, id),
            None => write,
        };
        if let Write::Call(call @ FunctionCall { base: Some(base), .. }) = &write {
            return self.merge_and_save(call.clone(), base, timeout_ms, sent).await;
        }
        let before = write.id().and_then(|id| self.state.borrow().store.latest(write.table(), &id));
        let mut flow = WriteFlow::new(write, before).resent(is_resent);
        let outcome = self.run(&mut flow, timeout_ms, sent).await;
        if let (Some(id), Ok(Written::Row(row) | Written::Called(row))) = (&versioned, &outcome) {
            self.wrote_version(id, flow.version_before(), row);
        }
        outcome
    }

    /// Saves an edited graph, merged with concurrent saves since `base`.
    async fn merge_and_save(
        self: &Rc<Self>,
        call: FunctionCall,
        base: &str,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<Written<P::Data>, Error> {
        // Concurrent saves must not be read from an HTTP cache.
        sent.go_past_http_cache();
        let id = call.workflow_id.clone().unwrap_or_default();
        let engine = self.clone();
        let to_json = Box::new(move |data: &P::Data| engine.platform.json(data));
        let flow = MergingSave::new(call, base, self.state.borrow().saved_graphs.last(&id), to_json);
        let mut flow = flow?;
        let outcome = self.run(&mut flow, timeout_ms, sent).await?;
        if let Written::Called(saved) = &outcome {
            self.wrote_version(&id, flow.version_before(), saved);
            self.state.borrow_mut().saved_graphs.saved(&id, flow.saved(saved.clone()));
        }
        Ok(outcome)
    }

    /// Records that an own write derived this row of the workflow from the version `before`, as far as that is known.
    fn wrote_version(&self, id: &str, before: Option<&str>, row: &P::Data) {
        if let Some(after) = row.column("updated_at").text() {
            self.state.borrow_mut().versions.wrote(id, before.map(str::to_owned), after.to_owned());
        }
    }

    /// Sets the version of the workflow that the write expects.
    ///
    /// A version that the caller passed is replaced by the one that own writes have derived from it since. Without one,
    /// the write names the version it assumes: if the assumption is right, no other write came between that version and
    /// the new one.
    fn on_version(&self, write: &Write, id: &str) -> Write {
        let condition = match write.condition() {
            Some(wanted) => {
                let current = self.state.borrow().versions.current(id, wanted.updated_at());
                Some(Condition::Wanted(current))
            }
            None => self.latest_version(id).map(Condition::Assumed),
        };
        write.on(condition)
    }

    /// The latest version of the workflow that this client knows.
    fn latest_version(&self, id: &str) -> Option<String> {
        let state = self.state.borrow();
        let row = state.store.latest(&WORKFLOWS, id);
        let read = row.and_then(|row| row.column("updated_at").text().map(str::to_owned));
        let own = state.versions.last(id).map(str::to_owned);
        match (read, own) {
            (Some(read), Some(own)) => {
                let is_older = timestamp::compare(&read, &own) == Some(Ordering::Less);
                Some(if is_older { own } else { read })
            }
            (read, own) => read.or(own),
        }
    }
}
