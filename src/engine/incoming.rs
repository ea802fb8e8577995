//! Handles a frame: completes the row, applies the change, then notifies subscribers.

use super::log::Record;
use super::rereads::Reading;
use super::{Engine, State};
use crate::cache::{Change, Source};
use crate::data::Data;
use crate::error::Error;
use crate::flows::Lookup;
use crate::platform::Platform;
use crate::realtime::{ChangeKind, Incoming};
use crate::subscriptions::{id_of, Origin, Sign};
use crate::tables::{table_named, Table};
use futures_util::future::{select, FutureExt};
use std::pin::pin;
use std::rc::Rc;

/// The result of reading a row by id.
struct RereadAnswer<D> {
    row: Result<Option<D>, Error>,
    /// The frames that caused the read.
    sign: Sign,
    /// Whether no frame arrived in the meantime.
    is_last_word: bool,
}

impl<P: Platform> Engine<P> {
    /// Handles a change from the server for the bindings `matched` of `channel`.
    pub(super) fn incoming(self: &Rc<Self>, channel: u32, matched: &[usize], frame: &Incoming<P::Data>) {
        let Some(table) = table_named(&frame.table) else { return };
        if frame.kind == ChangeKind::Delete {
            if let Some(id) = frame.old.as_ref().and_then(id_of) {
                self.row_deleted(table, &id, frame.commit_timestamp.as_deref().map(Rc::from));
            }
            return;
        }
        // A frame without a key concerns a row that the user may not see, or that has no key.
        let Some((record, id)) = frame.record.as_ref().and_then(|record| Some((record, id_of(record)?)))
        else {
            return;
        };
        let sign = self.state.borrow_mut().live.subscriptions.sign(table, channel, matched, frame);
        // A row that is being read is read once more afterwards.
        if self.state.borrow_mut().live.rereads.hear(table, &id, &sign) {
            return self.state.borrow_mut().note(Record::Heard { table, id });
        }
        if let Some(row) = self.whole(table, &id, record, &sign, frame.has_errors) {
            self.row_changed(table, &id, &row, sign);
        } else {
            self.state.borrow_mut().note(Record::Heard { table, id: id.clone() });
            self.reread(table, &id, sign);
        }
    }

    /// The complete row. A frame may lack large columns that an update did not touch (recording:
    /// basic-insert-update-delete); they come from the previous state of the row, which a subscription knows if it
    /// receives every change. `None` if no previous state is known, or if the frame lacks columns that did change.
    fn whole(
        &self,
        table: &'static Table,
        id: &str,
        record: &P::Data,
        sign: &Sign,
        has_errors: bool,
    ) -> Option<P::Data> {
        if has_errors {
            return None;
        }
        if table.columns.iter().all(|column| record.has(column.name)) {
            return Some(record.clone());
        }
        Some(self.state.borrow().live.subscriptions.before(sign, id)?.merged(record))
    }

    fn row_changed(self: &Rc<Self>, table: &'static Table, id: &str, row: &P::Data, sign: Sign) {
        let now_ms = self.platform.now().monotonic_ms;
        let origin = self.state.borrow_mut().live.echoes.judge(table, id, Some(row), now_ms);
        // The late echo of an own write is older than the response to the next one.
        if matches!(origin, Origin::Crossed | Origin::Foreign) {
            self.state.borrow_mut().note(Record::Heard { table, id: id.to_owned() });
        }
        match origin {
            Origin::Crossed => return self.reread(table, id, sign),
            // The cache already has this state, or a later one.
            Origin::Echo | Origin::OldEcho => self.state.borrow_mut().live.subscriptions.hear_echo(&sign),
            Origin::Foreign => {
                let source = Source::Row(row.clone());
                if !self.apply(&Change { table, id: Some(id.to_owned()), source }) {
                    return self.reread(table, id, sign);
                }
            }
        }
        self.tell_row(table, id, row, &sign, origin == Origin::OldEcho);
    }

    /// Notifies the subscriptions that include the row, and those that no longer do.
    fn tell_row(&self, table: &'static Table, id: &str, row: &P::Data, sign: &Sign, is_old_echo: bool) {
        let live = &mut self.state.borrow_mut().live;
        let echoes = is_old_echo.then_some(&live.echoes);
        live.notifications.extend(live.subscriptions.take_row(table, id, row, sign, echoes));
    }

    /// Handles a delete. The row may exist again: saving a graph deletes a changed connection and inserts it again with
    /// the same id, and a server that sends deletes to every binding sends the insert only to matching ones. Reads the
    /// row in that case, unless a subscription would receive the insert.
    fn row_deleted(self: &Rc<Self>, table: &'static Table, id: &str, commit_timestamp: Option<Rc<str>>) {
        let (cached, is_told) = {
            let state = self.state.borrow();
            (state.store.row(table, id), state.live.rereads.is_told_gone(table, id))
        };
        let is_heard = |row| self.state.borrow_mut().live.subscriptions.hear_of(table, row);
        let may_be_back = cached.as_ref().is_some_and(|row| !is_heard(row));
        let now_ms = self.platform.now().monotonic_ms;
        let origin = self.state.borrow_mut().live.echoes.judge(table, id, None, now_ms);
        let is_echo = matches!(origin, Origin::Echo | Origin::OldEcho);
        if !is_echo {
            self.state.borrow_mut().note(Record::Heard { table, id: id.to_owned() });
        }
        let known = self.leave_subscriptions(table, id, cached, is_told, commit_timestamp.as_ref());
        if may_be_back && !is_echo {
            let sign = Sign::of_nobody(ChangeKind::Insert, commit_timestamp);
            self.reread(table, id, sign);
        } else if known.is_none() || !is_echo {
            self.row_gone(table, id, known);
        }
    }

    /// Notifies the subscriptions that the row is gone. `cached` is the row from the cache; `is_told` states whether the
    /// subscriptions that do not know all of their rows have received it already. Returns the previous state of the row, if it
    /// was known.
    fn leave_subscriptions(
        &self,
        table: &'static Table,
        id: &str,
        cached: Option<P::Data>,
        is_told: bool,
        commit_timestamp: Option<&Rc<str>>,
    ) -> Option<P::Data> {
        let live = &mut self.state.borrow_mut().live;
        live.rereads.end(table, id);
        let untold = cached.as_ref().filter(|_| !is_told);
        let (told, known) = live.subscriptions.take_leave(table, id, untold, commit_timestamp);
        live.notifications.extend(told);
        known.or(cached)
    }

    /// Applies that the row does not exist. Servers send deletes of all users' rows, so the deletion of an unknown
    /// row is ignored.
    fn row_gone(self: &Rc<Self>, table: &'static Table, id: &str, known: Option<P::Data>) {
        let deleted = |known| Change { table, id: Some(id.to_owned()), source: Source::Deleted(known) };
        if known.is_some() {
            self.apply(&deleted(known));
            return;
        }
        // A response in transit may still contain it.
        self.state.borrow_mut().note(Record::Gone { table, id: id.to_owned() });
        // Subscriptions forget old rows of such a table, but pages may still contain them.
        if table.is_append_only {
            self.apply(&deleted(None));
        }
    }

    /// Reads the row by id, in one request with other rows of this tick. Repeats if it changes in the meantime.
    fn reread(self: &Rc<Self>, table: &'static Table, id: &str, sign: Sign) {
        let id: Rc<str> = id.into();
        {
            let mut state = self.state.borrow_mut();
            let asked = state.log.place();
            state.live.rereads.begin(table, id.clone(), sign, asked);
        }
        let (engine, epoch) = (self.clone(), self.epoch());
        self.platform.spawn(async move {
            let work = async {
                while let Some(found) = engine.reread_once(table, &id).await {
                    engine.reread_landed(table, &id, found.row, &found.sign);
                    engine.drive();
                    if found.is_last_word {
                        break;
                    }
                }
            };
            select(pin!(work.boxed_local()), pin!(epoch.ended())).await;
        });
    }

    /// The current row. `None` if the read was ended in the meantime.
    async fn reread_once(
        self: &Rc<Self>,
        table: &'static Table,
        id: &Rc<str>,
    ) -> Option<RereadAnswer<P::Data>> {
        loop {
            {
                let mut state = self.state.borrow_mut();
                let asked = state.log.place();
                state.live.rereads.ask(id, asked)?;
            }
            let lookup = Lookup { table, column: "id", value: id.to_string(), within: Vec::new() };
            let (rows, _) = self.in_batch(lookup, self.settings().timeout_ms);
            let row = rows.await.map(|rows| (!rows.is_empty()).then(|| rows.item(0)));
            let mut state = self.state.borrow_mut();
            let State { live, log, .. } = &mut *state;
            match live.rereads.answered(id, log, row.is_err())? {
                Reading::Outdated => {}
                Reading::Newer { sign, is_last_word } => {
                    return Some(RereadAnswer { row, sign, is_last_word });
                }
            }
        }
    }

    fn reread_landed(
        self: &Rc<Self>,
        table: &'static Table,
        id: &str,
        row: Result<Option<P::Data>, Error>,
        sign: &Sign,
    ) {
        self.state.borrow_mut().live.echoes.forget(table, id);
        match row {
            Ok(Some(row)) => {
                self.apply(&Change { table, id: Some(id.to_owned()), source: Source::Current(row.clone()) });
                self.tell_row(table, id, &row, sign, false);
            }
            Ok(None) => {
                let cached = self.state.borrow().store.row(table, id);
                let timestamp = sign.commit_timestamp.as_ref();
                let known = self.leave_subscriptions(table, id, cached, sign.is_told_gone, timestamp);
                self.row_gone(table, id, known);
            }
            Err(error) => {
                let source = Source::after(&error);
                self.apply(&Change { table, id: Some(id.to_owned()), source });
                for number in sign.meant() {
                    self.look_for_gap(number);
                }
            }
        }
    }

    /// Handles the response to an own write: its echo is not news to the cache, and earlier responses are older.
    pub(super) fn wrote(&self, table: &'static Table, id: &str, row: Option<&P::Data>) {
        let now_ms = self.platform.now().monotonic_ms;
        // The echo may have arrived before the response. While other echoes are outstanding, what frames reported is
        // older than all of them.
        let is_awaited = self.state.borrow().live.echoes.is_awaited(table, id);
        let was_told = !is_awaited && row.is_some_and(|row| self.was_told(table, id, row));
        let is_followed = {
            let mut state = self.state.borrow_mut();
            state.note(Record::RowWritten { table, id: id.to_owned() });
            let live = &mut state.live;
            let is_followed = live.subscriptions.wrote(table, id, row);
            if is_followed && !was_told {
                live.echoes.wrote(table, id, row.cloned(), now_ms);
            }
            is_followed
        };
        if is_followed {
            self.set_timer();
        }
    }

    /// The row in the state that one of the subscriptions knows.
    pub(super) fn known_to_subscriptions(&self, table: &'static Table, id: &str) -> Option<P::Data> {
        self.state
            .borrow()
            .live
            .subscriptions
            .knowing(table, id)
            .find_map(|subscription| subscription.known(id))
    }

    /// Whether subscribers of the row were last notified of exactly this state.
    pub(super) fn was_told(&self, table: &'static Table, id: &str, row: &P::Data) -> bool {
        let state = self.state.borrow();
        let mut subscriptions = state.live.subscriptions.knowing(table, id);
        subscriptions.any(|subscription| subscription.known(id).is_some_and(|known| known.is_equal(row)))
    }
}
