//! A write: an idempotent request, then the change that it made.

use super::call::{CallOptions, Sent, Stage};
use super::writes::WriteGuard;
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::flows::{Condition, Write, WriteFlow, Written};
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
        let stage = Stage::default();
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
            let outcome = self.make(write.clone(), timeout_ms, &sent).await;
            guard.settle(&write, outcome)
        };
        self.supervise(options.cancelled, &stage, work.boxed_local()).await
    }

    /// Sends the write and records which version of the workflow it made from which.
    async fn make(
        self: &Rc<Self>,
        write: Write,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<Written<P::Data>, Error> {
        let versioned = write.versioned_row().map(str::to_owned);
        let write = match &versioned {
            Some(id) => self.on_version(&write, id),
            None => write,
        };
        let before = write.id().and_then(|id| self.state.borrow().store.latest(write.table(), &id));
        let mut flow = WriteFlow::new(write, before);
        let outcome = self.run(&mut flow, timeout_ms, sent).await;
        if let (Some(id), Ok(Written::Row(row) | Written::Called(row))) = (&versioned, &outcome) {
            if let Some(after) = row.column("updated_at").text() {
                let before = flow.version_before().map(str::to_owned);
                self.state.borrow_mut().versions.wrote(id, before, after.to_owned());
            }
        }
        outcome
    }

    /// Sets the version of the workflow that the write expects.
    ///
    /// A version that the caller passed is replaced by the one that own writes have made of it since. Without one,
    /// the write names the version it assumes: if the assumption holds, no other write came between that version and
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
