//! Subscriptions, and the session whose channels carry them.
//!
//! Each combination of table, scope and filter is one subscription, regardless of the number of followers.

use super::auth::End;
use super::rereads::Rereads;
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::platform::Platform;
use crate::realtime::{Session, Vsn};
use crate::subscriptions::{
    Echoes, Extent, Missing, Notice, Notification, Notifications, Rooms, Selection, Status, Subscription,
    Subscriptions,
};
use crate::time::DEFAULT_RESYNC_MS;
use std::rc::Rc;

/// Default maximum of channels. The server allows 100 on one socket.
const MAX_CHANNELS: usize = 50;

/// Realtime settings.
#[derive(Clone, Copy, PartialEq)]
pub struct LiveSettings {
    /// Whether to ask for deletes without a filter, for databases whose tables lack `replica identity full`.
    pub unfiltered_deletes: bool,
    /// How often to read scopes again without a sign of a gap, in milliseconds.
    pub resync_ms: f64,
    /// Above this number of channels, those that can be merged are.
    pub max_channels: usize,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self { unfiltered_deletes: false, resync_ms: DEFAULT_RESYNC_MS, max_channels: MAX_CHANNELS }
    }
}

/// The realtime state of one client.
pub struct Live<D: Data> {
    pub(super) subscriptions: Subscriptions<D>,
    pub(super) session: Session<D>,
    pub(super) echoes: Echoes<D>,
    pub(super) rereads: Rereads,
    pub(super) notifications: Notifications<D>,
    pub(super) rooms: Rooms<D>,
    last_number: u32,
    /// Whether subscriptions wait for the end of this tick to be opened.
    pub(super) is_opening: bool,
    /// Whether the page is hidden. A hidden page does not read its scopes without a sign of a gap.
    is_hidden: bool,
    /// When the platform will wake the engine (monotonic milliseconds); `None` if it was not asked to.
    wake_ms: Option<f64>,
}

impl<D: Data> Default for Live<D> {
    fn default() -> Self {
        Self {
            subscriptions: Subscriptions::default(),
            session: Session::new(Vsn::V2, String::new()),
            echoes: Echoes::default(),
            rereads: Rereads::default(),
            notifications: Notifications::new(),
            rooms: Rooms::default(),
            last_number: 0,
            is_opening: false,
            is_hidden: false,
            wake_ms: None,
        }
    }
}

impl<D: Data> Live<D> {
    pub(super) fn tell(&mut self, subscription: u32, news: Notice<D>) {
        if let Some(table) =
            self.subscriptions.get(subscription).map(|subscription| subscription.selection.table.name)
        {
            self.notifications.push_back(Notification { subscription, table, news });
        }
    }

    pub(super) fn set_status(&mut self, number: u32, status: Status, error: Option<Error>) {
        match self.subscriptions.get_mut(number) {
            Some(subscription) if subscription.status != status => subscription.status = status,
            _ => return,
        }
        self.tell(number, Notice::Status(status, error));
    }

    pub(super) fn carried_by(&self, channel: u32) -> Vec<u32> {
        self.subscriptions
            .iter()
            .filter(|subscription| subscription.is_carried_by(channel))
            .map(|subscription| subscription.number)
            .collect()
    }

    pub(super) fn next_number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }

    /// Takes the subscriptions off their channels. With `keeps_owner`, opened subscriptions stay with their user and
    /// continue from the rows they know; otherwise they start again.
    fn restart_subscriptions(&mut self, keeps_owner: bool) {
        self.subscriptions.restart(keeps_owner);
        let live = |subscription: &&Subscription<D>| subscription.status == Status::Live;
        for number in
            self.subscriptions.iter().filter(live).map(|subscription| subscription.number).collect::<Vec<_>>()
        {
            self.set_status(number, Status::Reconnecting, None);
        }
    }

    /// How often to read scopes without a sign of a gap; never in a hidden page.
    fn resync_ms(&self, settings: LiveSettings) -> f64 {
        if self.is_hidden {
            f64::INFINITY
        } else {
            settings.resync_ms
        }
    }

    pub(super) fn set_hidden(&mut self, is_hidden: bool) {
        self.is_hidden = is_hidden;
    }

    /// When the next action is due (monotonic milliseconds), if the platform was last asked to wake the engine at
    /// another time. Most frames do not change it, and setting a timer costs as much as handling a frame.
    pub(super) fn changed_wake_ms(&mut self, settings: LiveSettings) -> Option<f64> {
        let session = self.session.poll_timeout().unwrap_or(f64::INFINITY);
        let reading = self.subscriptions.reading_due_ms(self.resync_ms(settings));
        let due_ms = session.min(self.echoes.overdue_ms()).min(reading);
        (self.wake_ms.replace(due_ms) != Some(due_ms)).then_some(due_ms)
    }

    /// The platform no longer has a timer, or needs a new one.
    pub(super) fn forget_wake(&mut self) {
        self.wake_ms = None;
    }

    /// The subscriptions whose scopes are due to be read.
    pub(super) fn due(&self, settings: LiveSettings, now_ms: f64) -> Vec<u32> {
        let resync_ms = self.resync_ms(settings);
        let is_due = |subscription: &&Subscription<D>| subscription.is_reading_due(resync_ms, now_ms);
        self.subscriptions.iter().filter(is_due).map(|subscription| subscription.number).collect()
    }

    /// The subscriptions that may have missed changes, because the echo of an own write is missing. In that case the
    /// server lost changes of every table, so these are all live subscriptions that were not read since.
    pub(super) fn deaf(&mut self, now_ms: f64) -> Vec<u32> {
        let mut lost_ms: Option<f64> = None;
        for Missing { table, row, written_ms } in self.echoes.take_missing(now_ms) {
            for subscription in
                self.subscriptions.iter_mut().filter(|subscription| *subscription.selection.table == *table)
            {
                if !subscription.is_read_since(written_ms) && subscription.miss_echo(&row, now_ms) {
                    lost_ms = Some(written_ms);
                }
            }
        }
        let Some(lost_ms) = lost_ms else { return Vec::new() };
        let is_deaf = |subscription: &&Subscription<D>| {
            subscription.status == Status::Live && !subscription.is_read_since(lost_ms)
        };
        self.subscriptions.iter().filter(is_deaf).map(|subscription| subscription.number).collect()
    }
}

impl<P: Platform> Engine<P> {
    /// Subscribes to the selected rows, with handlers (`is_told`) or only to keep the cache up to date. Returns the
    /// subscription's number, which subscribers with the same selection share.
    pub fn follow(self: &Rc<Self>, selection: Selection, is_told: bool) -> u32 {
        let (number, is_new) = {
            let mut state = self.state.borrow_mut();
            let live = &mut state.live;
            let known =
                live.subscriptions.iter_mut().find(|subscription| subscription.selection == selection);
            if let Some(subscription) = known {
                subscription.followers += 1;
                let is_first_told = is_told && !subscription.is_told;
                subscription.is_told = subscription.is_told || is_told;
                if !is_first_told || subscription.channel.is_none() || subscription.extent != Extent::Unread {
                    return subscription.number;
                }
                (subscription.number, false)
            } else {
                let number = live.next_number();
                live.subscriptions.push(Subscription::new(number, selection, is_told));
                (number, true)
            }
        };
        if is_new {
            self.open_soon();
        } else {
            self.read_scope(number);
        }
        number
    }

    /// Removes a subscriber. The last one ends the subscription; nothing is delivered for it afterwards.
    pub fn unfollow(self: &Rc<Self>, number: u32) {
        {
            let mut state = self.state.borrow_mut();
            let live = &mut state.live;
            let Some(subscription) = live.subscriptions.get_mut(number) else { return };
            subscription.followers -= 1;
            if subscription.followers > 0 {
                return;
            }
            let channel = subscription.channel.map(|(channel, _)| channel);
            live.subscriptions.remove(|subscription| subscription.number == number);
            // Set the timer again: without subscriptions it must not keep a Node process alive.
            live.forget_wake();
            if let Some(channel) = channel.filter(|channel| live.carried_by(*channel).is_empty()) {
                live.session.close(self.step(), channel);
            }
        }
        self.drive();
    }

    /// Ends the previous user's subscriptions, or all of them when the client closes. Subscriptions that were not
    /// opened yet, or were opened while no user was signed in, belong to the new user.
    pub(super) fn end_subscriptions(&self, end: End) {
        let mut state = self.state.borrow_mut();
        let live = &mut state.live;
        if matches!(end, End::SignedIn | End::Unknown) {
            live.rooms.restart(end == End::Unknown);
        }
        let is_over = |subscription: &Subscription<P::Data>| match end {
            End::Closed => true,
            End::UserChanged => subscription.is_owned,
            End::SignedIn | End::Unknown => false,
        };
        let ended: Vec<u32> = live
            .subscriptions
            .iter()
            .filter(|subscription| is_over(subscription))
            .map(|subscription| subscription.number)
            .collect();
        // Drop pending notifications: they contain the previous user's rows.
        live.notifications.retain(|told| !ended.contains(&told.subscription));
        let error = Error::aborted("The user changed, or the client was closed");
        for number in ended {
            live.set_status(number, Status::Closed, Some(error.clone()));
        }
        if matches!(end, End::UserChanged | End::Closed) {
            live.rooms.end(end == End::UserChanged, &error);
        }
        live.subscriptions.remove(is_over);
        // Includes unopened ones: their rows may have been read for the previous user.
        live.restart_subscriptions(end == End::Unknown);
        live.session.close_all();
        live.echoes.clear();
        live.rereads.clear();
    }
}
