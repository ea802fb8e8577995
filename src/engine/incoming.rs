//! The way of a frame: the whole row, the one door for changes, then those who follow it.

use super::log::Record;
use super::Engine;
use crate::cache::{Change, Source};
use crate::data::Data;
use crate::error::Error;
use crate::flows::Lookup;
use crate::platform::Platform;
use crate::realtime::{ChangeKind as Kind, Incoming};
use crate::subscriptions::{id_of, Origin, Sign};
use crate::tables::{table_named, Table};
use futures_util::future::{select, FutureExt};
use std::pin::pin;
use std::rc::Rc;

/// A row that is read by its id, because a frame did not say all of it or may be older than what is known.
pub struct Reread {
    table: &'static Table,
    id: Rc<str>,
    /// What the frames said of it last.
    sign: Sign,
    /// Whether it changed once more since it was asked for, and by whom.
    again: Option<Again>,
}

/// Why a row is read once more.
#[derive(Clone, Copy, PartialEq)]
enum Again {
    /// A frame came.
    Heard,
    /// An own write was answered.
    Wrote,
}

/// An answer to the question what a row is.
struct Found<D> {
    row: Result<Option<D>, Error>,
    /// Of the frames that asked for it.
    sign: Sign,
    /// Whether no frame came meanwhile.
    is_last_word: bool,
}

impl Reread {
    /// Whether it was begun with this very id: the same row may be read again after a frame that ended it.
    pub(super) fn began_with(&self, id: &Rc<str>) -> bool {
        Rc::ptr_eq(&self.id, id)
    }

    pub(super) fn is_of(&self, table: &Table, id: &str) -> bool {
        *self.table == *table && *self.id == *id
    }
}

impl<P: Platform> Engine<P> {
    /// The server tells of a change, by the bindings `matched` of `channel`.
    pub(super) fn incoming(self: &Rc<Self>, channel: u32, matched: &[usize], frame: &Incoming<P::Data>) {
        let Some(table) = table_named(&frame.table) else { return };
        if frame.kind == Kind::Delete {
            if let Some(id) = frame.old.as_ref().and_then(id_of) {
                self.row_deleted(table, &id, frame.commit_timestamp.as_deref().map(Rc::from));
            }
            return;
        }
        // A frame without a key tells that the row may not be seen, or has none.
        let Some((record, id)) = frame.record.as_ref().and_then(|record| Some((record, id_of(record)?)))
        else {
            return;
        };
        let sign = self.state.borrow_mut().live.subscriptions.sign(table, channel, matched, frame);
        if self.waits_for_reread(table, &id, &sign) {
            return self.state.borrow_mut().note(Record::Heard { table, id });
        }
        if let Some(row) = self.whole(table, &id, record, &sign, frame.has_errors) {
            self.row_changed(table, &id, &row, sign);
        } else {
            self.state.borrow_mut().note(Record::Heard { table, id: id.clone() });
            self.reread(table, &id, sign);
        }
    }

    /// The whole row that a frame tells of. Columns that an update did not touch may be missing, if they are large
    /// (recording: basic-insert-update-delete); then the row as it was before this very change completes it, which a
    /// subscription knows that hears of each. None when there is none, or when the frame left out columns that did change.
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
        // The late echo of an own write is older than the answer to the next one.
        if matches!(origin, Origin::Crossed | Origin::Foreign) {
            self.state.borrow_mut().note(Record::Heard { table, id: id.to_owned() });
        }
        match origin {
            Origin::Crossed => return self.reread(table, id, sign),
            // It is cached already, as is what followed.
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

    /// Tells those who mean the row, and those who meant it and do not any more.
    fn tell_row(&self, table: &'static Table, id: &str, row: &P::Data, sign: &Sign, is_old_echo: bool) {
        let live = &mut self.state.borrow_mut().live;
        let echoes = is_old_echo.then_some(&live.echoes);
        live.notifications.extend(live.subscriptions.take_row(table, id, row, sign, echoes));
    }

    /// A frame says that the row was deleted. It may be back already: a graph save deletes a changed connection and inserts
    /// it again under the same id, and a server that tells deletes to every binding tells the insert only where it
    /// matches. Unless a subscription would hear of that, the server is asked.
    fn row_deleted(self: &Rc<Self>, table: &'static Table, id: &str, commit_timestamp: Option<Rc<str>>) {
        let cached = self.state.borrow().store.row(table, id);
        let is_heard = |row| self.state.borrow().live.subscriptions.hear_of(table, row);
        let may_be_back = cached.as_ref().is_some_and(|row| !is_heard(row));
        let now_ms = self.platform.now().monotonic_ms;
        let origin = self.state.borrow_mut().live.echoes.judge(table, id, None, now_ms);
        let is_echo = matches!(origin, Origin::Echo | Origin::OldEcho);
        if !is_echo {
            self.state.borrow_mut().note(Record::Heard { table, id: id.to_owned() });
        }
        let known = self.leave_subscriptions(table, id, cached.as_ref(), commit_timestamp.as_ref());
        if may_be_back && !is_echo {
            let sign = Sign::of_nobody(Kind::Insert, commit_timestamp);
            self.reread(table, id, sign);
        } else if known.is_none() || !is_echo {
            self.row_gone(table, id, known);
        }
    }

    /// Tells the subscriptions that the row is gone, which the cache holds like this. Answers the row as it was, if it was
    /// known.
    fn leave_subscriptions(
        &self,
        table: &'static Table,
        id: &str,
        cached: Option<&P::Data>,
        commit_timestamp: Option<&Rc<str>>,
    ) -> Option<P::Data> {
        let live = &mut self.state.borrow_mut().live;
        live.rereads.retain(|reread| !reread.is_of(table, id));
        let (told, known) = live.subscriptions.take_leave(table, id, cached, commit_timestamp);
        live.notifications.extend(told);
        known
    }

    /// There is no row with this id. Servers tell of everybody's deletes, so that one that nobody here knows is not ours.
    fn row_gone(self: &Rc<Self>, table: &'static Table, id: &str, known: Option<P::Data>) {
        let deleted = |known| Change { table, id: Some(id.to_owned()), source: Source::Deleted(known) };
        if known.is_some() {
            self.apply(&deleted(known));
            return;
        }
        // An answer on its way may still hold it.
        self.state.borrow_mut().note(Record::Gone { table, id: id.to_owned() });
        // Subscriptions forget the old rows of such a table, pages do not.
        if table.is_append_only {
            self.apply(&deleted(None));
        }
    }

    /// Whether the row is being read already; then it will be once more.
    fn waits_for_reread(&self, table: &'static Table, id: &str, sign: &Sign) -> bool {
        let mut state = self.state.borrow_mut();
        let Some(reread) = state.live.reread(table, id) else { return false };
        reread.again = reread.again.or(Some(Again::Heard));
        reread.sign.follow(sign.clone());
        true
    }

    /// Reads the row by its id: together with others that are read in the same tick. Once more while it changed meanwhile.
    fn reread(self: &Rc<Self>, table: &'static Table, id: &str, sign: Sign) {
        let id: Rc<str> = id.into();
        let reread = Reread { table, id: id.clone(), sign, again: None };
        self.state.borrow_mut().live.rereads.push(reread);
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

    /// The row as it is read now. None when nobody waits for it any more.
    async fn reread_once(self: &Rc<Self>, table: &'static Table, id: &Rc<str>) -> Option<Found<P::Data>> {
        loop {
            self.state.borrow_mut().live.reread_of(id)?.again = None;
            let lookup = Lookup { table, column: "id", value: id.to_string(), within: Vec::new() };
            let (rows, _) = self.in_batch(lookup, self.settings().timeout_ms);
            let row = rows.await.map(|rows| (!rows.is_empty()).then(|| rows.item(0)));
            let mut state = self.state.borrow_mut();
            let reread = state.live.reread_of(id)?;
            let sign = reread.sign.clone();
            // What is cached is newer than the answer.
            if reread.again == Some(Again::Wrote) {
                continue;
            }
            // With another frame, the answer is still newer than the one that asked for it.
            let is_last_word = reread.again.is_none() || row.is_err();
            if is_last_word {
                state.live.rereads.retain(|reread| !reread.is_of(table, id));
            }
            return Some(Found { row, sign, is_last_word });
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
                let known = self.leave_subscriptions(table, id, cached.as_ref(), timestamp);
                self.row_gone(table, id, known);
            }
            Err(_) => {
                self.apply(&Change { table, id: Some(id.to_owned()), source: Source::Unknown });
                for number in sign.meant() {
                    self.look_for_gap(number);
                }
            }
        }
    }

    /// An own write was answered: its echo is not news to the cache, and what was read before is older.
    pub(super) fn wrote(&self, table: &'static Table, id: &str, row: Option<&P::Data>) {
        let now_ms = self.platform.now().monotonic_ms;
        // The echo may have been faster than the answer. While others are awaited, what was told is older than all of them.
        let is_awaited = self.state.borrow().live.echoes.is_awaited(table, id);
        let was_told = !is_awaited && row.is_some_and(|row| self.was_told(table, id, row));
        let is_followed = {
            let mut state = self.state.borrow_mut();
            let live = &mut state.live;
            let is_followed = live.subscriptions.wrote(table, id, row);
            if let Some(reread) = live.reread(table, id) {
                reread.again = Some(Again::Wrote);
            }
            if is_followed && !was_told {
                live.echoes.wrote(table, id, row.cloned(), now_ms);
            }
            is_followed
        };
        if is_followed {
            self.set_timer();
        }
    }

    /// The row as some subscription knows it.
    pub(super) fn known_to_subscriptions(&self, table: &'static Table, id: &str) -> Option<P::Data> {
        self.state
            .borrow()
            .live
            .subscriptions
            .knowing(table, id)
            .find_map(|subscription| subscription.known(id))
    }

    /// Whether the last that those who follow the row know of it is this.
    pub(super) fn was_told(&self, table: &'static Table, id: &str, row: &P::Data) -> bool {
        let state = self.state.borrow();
        let mut subscriptions = state.live.subscriptions.knowing(table, id);
        subscriptions.any(|subscription| subscription.known(id).is_some_and(|known| known.is_equal(row)))
    }
}
