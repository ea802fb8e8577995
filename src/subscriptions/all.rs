//! All subscriptions of a client. The cost of a frame does not depend on their number: it looks only at subscriptions
//! that include the row, know the row, or are being read.

use super::echoes::Echoes;
use super::notice::{Notice, Notification, Status};
use super::plan::Plan;
use super::subscription::{Extent, Reading, Subscription, Touch};
use crate::data::{Data, Difference, Holders};
use crate::realtime::{ChangeKind, Incoming};
use crate::tables::Table;
use std::rc::Rc;

/// The subscriptions, with indexes to find those that a frame affects.
pub struct Subscriptions<D: Data> {
    /// Sorted by number.
    all: Vec<Subscription<D>>,
    /// Which subscriptions know a row, by row id.
    knowers: D::Holders,
    /// `None` after a subscription changed.
    plan: Option<Plan>,
    /// How often scopes are read without a sign of a gap, and when the first is due. `None` after a subscription
    /// changed.
    due: Option<(f64, f64)>,
}

/// The content of a frame about a row, and the subscriptions that it concerns.
#[derive(Clone)]
pub struct Sign {
    /// What happened to the row.
    pub kind: ChangeKind,
    /// The server's time of the change.
    pub commit_timestamp: Option<Rc<str>>,
    /// For each channel that reported the row, the subscriptions whose bindings matched it.
    meant: Vec<(u32, Vec<u32>)>,
    /// Whether subscribers have received the row's deletion before. It may be back, so it is read, and cached until then.
    pub is_told_gone: bool,
}

impl Sign {
    /// A sign that names no subscriptions, for a row that was reported as deleted. If the row exists again, the frame of its
    /// insert names the subscriptions.
    pub fn of_nobody(kind: ChangeKind, commit_timestamp: Option<Rc<str>>) -> Self {
        Self { kind, commit_timestamp, meant: Vec::new(), is_told_gone: true }
    }

    /// The subscriptions that include the row.
    pub fn meant(&self) -> impl Iterator<Item = u32> + '_ {
        self.meant.iter().flat_map(|(_, subscriptions)| subscriptions.iter().copied())
    }

    /// Merges with the next frame for the same row. The content from other channels remains valid.
    pub fn follow(&mut self, mut next: Self) {
        self.meant.retain(|(channel, _)| next.meant.iter().all(|(other, _)| other != channel));
        next.meant.append(&mut self.meant);
        next.is_told_gone = self.is_told_gone;
        *self = next;
    }

    /// Whether the row has left the subscription. `is_in_scope` decides if the row has the columns for it.
    fn is_left_by<D: Data>(&self, subscription: &Subscription<D>, row: &D) -> bool {
        // The server does not report why a row does not match a filter.
        let is_filtered_out = subscription.selection.filter.is_some()
            && self.meant.iter().any(|(channel, _)| subscription.is_carried_by(*channel));
        is_filtered_out || subscription.selection.is_in_scope(row) == Some(false)
    }
}

impl<D: Data> Default for Subscriptions<D> {
    fn default() -> Self {
        Self { all: Vec::new(), knowers: D::Holders::default(), plan: None, due: None }
    }
}

impl<D: Data> Subscriptions<D> {
    /// Adds a subscription, whose number must be the highest.
    pub fn push(&mut self, subscription: Subscription<D>) {
        self.changed();
        self.all.push(subscription);
    }

    /// Removes the subscriptions for which `is_over` is true.
    pub fn remove(&mut self, is_over: impl Fn(&Subscription<D>) -> bool) {
        self.changed();
        let knowers = &mut self.knowers;
        self.all.retain_mut(|subscription| {
            let is_over = is_over(subscription);
            if is_over {
                subscription.known.clear(knowers);
            }
            !is_over
        });
    }

    /// The subscriptions, sorted by number.
    pub fn iter(&self) -> impl Iterator<Item = &Subscription<D>> {
        self.all.iter()
    }

    /// The subscriptions for modification, sorted by number.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Subscription<D>> {
        self.changed();
        self.all.iter_mut()
    }

    /// The subscription with this number.
    pub fn get(&self, number: u32) -> Option<&Subscription<D>> {
        Some(&self.all[self.place(number)?])
    }

    /// The subscription with this number, for modification.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Subscription<D>> {
        self.changed();
        let place = self.place(number)?;
        Some(&mut self.all[place])
    }

    fn place(&self, number: u32) -> Option<usize> {
        self.all.binary_search_by_key(&number, |subscription| subscription.number).ok()
    }

    /// The subscription, to change the rows it knows, and the index of which subscriptions know which rows.
    fn knower(&mut self, number: u32) -> Option<(&mut Subscription<D>, &mut D::Holders)> {
        let place = self.place(number)?;
        Some((&mut self.all[place], &mut self.knowers))
    }

    /// The subscriptions that know the row with this id.
    pub fn knowing(&self, table: &'static Table, id: &str) -> impl Iterator<Item = &Subscription<D>> {
        let known = self.knowers.of(id).into_iter().filter_map(|number| self.get(number));
        known.filter(move |subscription| *subscription.selection.table == *table)
    }

    /// Whether any subscription would receive the insert of this row.
    pub fn hear_of(&mut self, table: &'static Table, row: &D) -> bool {
        self.including(table, row).iter().any(|subscription| subscription.status == Status::Live)
    }

    /// Ignores the rows of a read in progress, and reads them once more.
    pub fn supersede_reading(&mut self, number: u32) {
        if let Some(subscription) = self.get_mut(number) {
            subscription.supersede_reading();
        }
    }

    /// Handles an own write that replaced all rows of this parent: reads in progress say nothing about them.
    pub fn supersede_readings_of(&mut self, table: &'static Table, parent_id: &str) {
        for subscription in self.iter_mut().filter(|subscription| *subscription.selection.table == *table) {
            if subscription.selection.scope.as_deref().is_none_or(|scope| scope == parent_id) {
                subscription.supersede_reading();
            }
        }
    }

    /// Handles a read of the subscription's scope. Returns the rows to report, and whether the scope must be read once
    /// more.
    pub fn take_rows(&mut self, number: u32, rows: &D) -> (Vec<Difference<D>>, bool) {
        self.changed();
        self.knower(number)
            .map_or_else(Default::default, |(subscription, knowers)| subscription.take_rows(rows, knowers))
    }

    /// Forgets the subscription's rows, because there are too many.
    pub fn forget_rows(&mut self, number: u32) {
        self.changed();
        if let Some((subscription, knowers)) = self.knower(number) {
            subscription.forget_rows(knowers);
        }
    }

    /// Takes all subscriptions off their channels. With `keeps_rows` they continue from the rows they know, otherwise
    /// they start again.
    pub fn restart(&mut self, keeps_rows: bool) {
        self.changed();
        for subscription in &mut self.all {
            if keeps_rows {
                subscription.suspend();
            } else {
                subscription.restart(&mut self.knowers);
            }
        }
    }

    /// The number of scopes being read.
    pub fn readings(&self) -> usize {
        self.all.iter().filter(|subscription| subscription.is_being_read()).count()
    }

    /// The next subscription to read, of those that are queued.
    pub fn waiting(&self) -> Option<u32> {
        self.all
            .iter()
            .find(|subscription| subscription.reading == Reading::Waiting)
            .map(|subscription| subscription.number)
    }

    /// When the next scope is to be read without a sign of a gap (monotonic milliseconds).
    pub fn reading_due_ms(&mut self, resync_ms: f64) -> f64 {
        match self.due {
            Some((known_ms, due_ms)) if known_ms.to_bits() == resync_ms.to_bits() => due_ms,
            _ => {
                let due_ms = self.all.iter().map(|subscription| subscription.reading_due_ms(resync_ms));
                let due_ms = due_ms.fold(f64::INFINITY, f64::min);
                self.due = Some((resync_ms, due_ms));
                due_ms
            }
        }
    }

    fn changed(&mut self) {
        (self.plan, self.due) = (None, None);
    }

    fn plan(&mut self) -> &Plan {
        self.plan.get_or_insert_with(|| Plan::new(&self.all))
    }

    /// The subscriptions of this table, without a filter, whose scope includes the row.
    fn including(&mut self, table: &'static Table, row: &D) -> Vec<&Subscription<D>> {
        let plan = self.plan.get_or_insert_with(|| Plan::new(&self.all));
        plan.including(&self.all, table, row)
    }

    /// The content of a frame that matched the bindings at these positions of the channel.
    pub fn sign(
        &mut self,
        table: &'static Table,
        channel: u32,
        matched: &[usize],
        frame: &Incoming<D>,
    ) -> Sign {
        let bound = self.plan().bound(channel, matched);
        let is_meant = |(number, own): &(u32, Vec<usize>)| {
            let subscription = self.get(*number);
            subscription.is_some_and(|subscription| {
                *subscription.selection.table == *table && subscription.selection.is_meant(own)
            })
        };
        let meant = bound.into_iter().filter(is_meant).map(|(number, _)| number).collect();
        let commit_timestamp = frame.commit_timestamp.as_deref().map(Rc::from);
        Sign { kind: frame.kind, commit_timestamp, meant: vec![(channel, meant)], is_told_gone: false }
    }

    /// The row before the current frame, as known by one of the subscriptions that include it and receive every
    /// change.
    pub fn before(&self, sign: &Sign, id: &str) -> Option<D> {
        let mut subscriptions = sign.meant().filter_map(|number| self.get(number));
        subscriptions
            .find_map(|subscription| subscription.hears_all().then(|| subscription.known(id)).flatten())
    }

    /// Records that realtime delivered the echo of an own write.
    pub fn hear_echo(&mut self, sign: &Sign) {
        for number in sign.meant() {
            if let Some((subscription, _)) = self.knower(number) {
                subscription.hear_echo();
            }
        }
    }

    /// Returns what to report for a row that now has this state: to the subscriptions that include it, and to those
    /// that it has left. With `echoes`, the frame is the late echo of an own write that was followed by others.
    pub fn take_row(
        &mut self,
        table: &'static Table,
        id: &str,
        row: &D,
        sign: &Sign,
        echoes: Option<&Echoes<D>>,
    ) -> Vec<Notification<D>> {
        let mut told = Vec::new();
        for number in self.concerned(id, sign.meant()) {
            let Some((subscription, knowers)) = self.knower(number) else { continue };
            if *subscription.selection.table != *table {
                continue;
            }
            let is_meant = sign.meant().any(|meant| meant == number);
            subscription.touch(id, if is_meant { Touch::Frame } else { Touch::Elsewhere(Some(row.clone())) });
            let news = if is_meant {
                // The row may have been read already with the result of a later own write.
                let is_later = |echoes: &Echoes<D>| {
                    subscription.known(id).is_some_and(|known| echoes.awaits(table, id, &known))
                };
                let knows_better = echoes.is_some_and(is_later);
                let news =
                    if knows_better { None } else { subscription.take_row(id, row, sign.kind, knowers) };
                news.map(|(kind, old)| {
                    let commit_timestamp = sign.commit_timestamp.clone();
                    Notice::Row { kind, row: row.clone(), old, commit_timestamp }
                })
            } else {
                let old = if sign.is_left_by(subscription, row) {
                    subscription.known.take(id, knowers)
                } else {
                    None
                };
                old.map(|old| gone(old, sign.commit_timestamp.as_ref()))
            };
            told.extend(news.map(|news| Notification { subscription: number, table: table.name, news }));
        }
        told
    }

    /// Returns what to report for a row that is gone, and its previous state. `cached` is the row from the cache, for
    /// subscriptions that do not know all of their rows.
    pub fn take_leave(
        &mut self,
        table: &'static Table,
        id: &str,
        cached: Option<&D>,
        commit_timestamp: Option<&Rc<str>>,
    ) -> (Vec<Notification<D>>, Option<D>) {
        let including = cached.map(|row| self.including(table, row)).unwrap_or_default();
        let partly: Vec<u32> = including
            .iter()
            .filter(|subscription| subscription.extent != Extent::Whole)
            .map(|subscription| subscription.number)
            .collect();
        let (mut told, mut known) = (Vec::new(), cached.cloned());
        for number in self.concerned(id, partly.iter().copied()) {
            let Some((subscription, knowers)) = self.knower(number) else { continue };
            if *subscription.selection.table != *table {
                continue;
            }
            let fallback = cached.filter(|_| partly.contains(&number)).cloned();
            let old = subscription.known.take(id, knowers).or(fallback);
            subscription.touch(id, if old.is_some() { Touch::Frame } else { Touch::UnknownGone });
            if let Some(old) = old {
                known = Some(old.clone());
                told.push(Notification {
                    subscription: number,
                    table: table.name,
                    news: gone(old, commit_timestamp),
                });
            }
        }
        (told, known)
    }

    /// Handles an own write that left the row in this state, or deleted it. Returns whether any subscription concerns
    /// the table.
    pub fn wrote(&mut self, table: &'static Table, id: &str, row: Option<&D>) -> bool {
        for number in self.plan().being_read.clone() {
            if let Some((subscription, _)) =
                self.knower(number).filter(|(subscription, _)| *subscription.selection.table == *table)
            {
                subscription.touch(id, Touch::Elsewhere(row.cloned()));
            }
        }
        self.all.iter().any(|subscription| *subscription.selection.table == *table)
    }

    /// The subscriptions that know the row, those that are being read, and those in `meant`: sorted by number,
    /// without duplicates.
    fn concerned(&mut self, id: &str, meant: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut concerned = self.plan().being_read.clone();
        for number in self.knowers.of(id).into_iter().chain(meant) {
            if let Err(place) = concerned.binary_search(&number) {
                concerned.insert(place, number);
            }
        }
        concerned
    }
}

fn gone<D: Clone>(row: D, commit_timestamp: Option<&Rc<str>>) -> Notice<D> {
    let commit_timestamp = commit_timestamp.cloned();
    Notice::Row { kind: ChangeKind::Delete, old: Some(row.clone()), row, commit_timestamp }
}
