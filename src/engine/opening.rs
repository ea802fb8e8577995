//! Assigns subscriptions to channels.
//!
//! Subscriptions opened in the same tick share a channel. One with a filter from the application gets its own
//! channel, because the server refuses a whole channel for one invalid binding. If a shared channel is refused
//! nevertheless, it is split. If there are too many channels, those that can be merged are.

use super::live::{Live, LiveSettings};
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::platform::Platform;
use crate::realtime::Step;
use crate::subscriptions::{Extent, Status, Subscription};
use crate::time::TROUBLE_MS;
use futures_util::future::{select, Either, FutureExt};
use std::pin::pin;
use std::rc::Rc;

/// Maximum bindings of one channel: the server checks all of them in one transaction.
const MAX_BINDINGS: usize = 50;

impl<D: Data> Live<D> {
    /// The channels that can be merged, if there are too many; empty if merging would not help.
    fn crowd(&self, settings: LiveSettings) -> Vec<u32> {
        let mut channels: Vec<u32> = Vec::new();
        for (channel, _) in self.subscriptions.iter().filter_map(|subscription| subscription.channel) {
            // Sorting functions would add kilobytes to the package.
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
        if channels.len() <= settings.max_channels {
            return Vec::new();
        }
        let can_move = |channel: &u32| {
            let carried =
                self.subscriptions.iter().filter(|subscription| subscription.is_carried_by(*channel));
            let mut bindings = 0;
            let mut is_sure = true;
            for subscription in carried {
                is_sure = is_sure && !is_alone(subscription) && subscription.status != Status::Error;
                bindings += subscription.selection.bindings(settings.unfiltered_deletes).len();
            }
            is_sure && bindings < MAX_BINDINGS / 2
        };
        channels.retain(can_move);
        if channels.len() < 2 {
            channels.clear();
        }
        channels
    }

    /// Takes all subscriptions off their channels, because their bindings have changed.
    pub(super) fn unload_all(&mut self, step: Step) {
        let channels: Vec<u32> = self
            .subscriptions
            .iter()
            .filter_map(|subscription| subscription.channel.map(|(channel, _)| channel))
            .collect();
        self.unload(step, &channels);
    }

    /// Takes the subscriptions off these channels. The next read of their scopes finds the changes missed in between.
    fn unload(&mut self, step: Step, channels: &[u32]) {
        for channel in channels {
            for number in self.carried_by(*channel) {
                if let Some(subscription) = self.subscriptions.get_mut(number) {
                    subscription.channel = None;
                    if subscription.status == Status::Live {
                        self.set_status(number, Status::Reconnecting, None);
                    }
                }
            }
            self.session.close(step, *channel);
        }
    }

    /// Splits a channel that the server refused, so that each subscription gets its own channel and only the invalid
    /// one fails. Returns whether there was more than one subscription.
    pub(super) fn split(&mut self, step: Step, settings: LiveSettings, channel: u32) -> bool {
        let carried = self.carried_by(channel);
        if carried.len() < 2 {
            return false;
        }
        for number in carried {
            if let Some(subscription) = self.subscriptions.get_mut(number) {
                (subscription.is_proven, subscription.is_suspect) = (false, true);
            }
        }
        self.unload(step, &[channel]);
        self.load(step, settings);
        true
    }

    /// Assigns a channel to every subscription that has none. Returns those whose rows were never read.
    fn load(&mut self, step: Step, settings: LiveSettings) -> Vec<u32> {
        let mut opened = Vec::new();
        loop {
            let channel = self.next_number();
            let mut bindings = Vec::new();
            for subscription in self.subscriptions.iter_mut() {
                let is_alone = is_alone(subscription);
                if subscription.channel.is_some() || (is_alone && !bindings.is_empty()) {
                    continue;
                }
                let own = subscription.selection.bindings(settings.unfiltered_deletes);
                if bindings.len() + own.len() > MAX_BINDINGS {
                    break;
                }
                subscription.channel = Some((channel, bindings.len()));
                subscription.is_owned = true;
                // Without handlers there is no need to know the rows.
                if subscription.extent == Extent::Unread && subscription.is_told {
                    opened.push(subscription.number);
                }
                bindings.extend(own);
                if is_alone {
                    break;
                }
            }
            if bindings.is_empty() {
                return opened;
            }
            self.session.open(step, channel, bindings);
        }
    }
}

impl<P: Platform> Engine<P> {
    /// Opens the subscriptions of this tick as soon as it is known who is signed in.
    pub(super) fn open_soon(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            let settings = state.settings.live;
            let live = &mut state.live;
            let is_due = live.subscriptions.iter().any(|subscription| subscription.channel.is_none())
                || live.rooms.is_waiting()
                || !live.crowd(settings).is_empty();
            if !is_due || live.is_opening || !self.platform.is_configured() {
                return;
            }
            live.is_opening = true;
        }
        let engine = Rc::downgrade(self);
        let (tick, timeout) =
            (self.platform.tick(), self.platform.sleep_in_background(self.settings().timeout_ms));
        let patience = self.platform.sleep_in_background(TROUBLE_MS);
        self.platform.spawn(async move {
            tick.await;
            let Some(engine) = engine.upgrade() else { return };
            let mut known = async {
                engine.settled().await;
                // Authorize first: if the user changed unnoticed, ending the old user's epoch must not close
                // subscriptions of the new one.
                select(pin!(engine.authorize(None)), pin!(timeout)).await;
            }
            .boxed_local();
            if let Either::Right(_) = select(&mut known, pin!(patience)).await {
                engine.waiting_stand(&Error::timeout());
                known.await;
            }
            engine.state.borrow_mut().live.is_opening = false;
            engine.open_waiting();
        });
    }

    /// Reports to subscriptions without a channel that they cannot get ready.
    fn waiting_stand(&self, error: &Error) {
        {
            let mut state = self.state.borrow_mut();
            let live = &mut state.live;
            let waiting: Vec<u32> = live
                .subscriptions
                .iter()
                .filter(|subscription| subscription.channel.is_none())
                .map(|subscription| subscription.number)
                .collect();
            for number in waiting {
                live.set_status(number, Status::Error, Some(error.clone()));
            }
            live.rooms.set_waiting_status(Status::Error, error);
        }
        self.tell_all();
    }

    fn open_waiting(self: &Rc<Self>) {
        if !self.platform.is_configured() {
            return;
        }
        let opened = {
            let mut state = self.state.borrow_mut();
            let settings = state.settings.live;
            let step = self.step();
            let live = &mut state.live;
            live.session.configure(self.platform.schema());
            let crowd = live.crowd(settings);
            live.unload(step, &crowd);
            live.load(step, settings)
        };
        self.open_rooms();
        for number in opened {
            self.read_scope(number);
        }
        self.drive();
    }
}

/// Whether it is unknown if the server accepts the subscription, so it must not share a channel.
fn is_alone<D: Data>(subscription: &Subscription<D>) -> bool {
    (subscription.selection.filter.is_some() || subscription.is_suspect) && !subscription.is_proven
}
