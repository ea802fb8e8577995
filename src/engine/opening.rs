//! The way of a subscription into a channel.
//!
//! Subscriptions that are opened in the same tick share a channel. One with a filter of the application's has a channel of its
//! own, because a binding that the server refuses takes its whole channel along. A channel that is refused all the same is
//! taken apart. When there are too many channels, those that can be put together are.

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

/// Bindings of one channel: all of them are checked by the server in one transaction.
const MAX_BINDINGS: usize = 50;

impl<D: Data> Live<D> {
    /// The channels that could be put together, when there are more than there should be; none when that is no use.
    fn crowd(&self, settings: LiveSettings) -> Vec<u32> {
        let mut channels: Vec<u32> = Vec::new();
        for (channel, _) in self.subscriptions.iter().filter_map(|subscription| subscription.channel) {
            // Sorting weighs kilobytes.
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

    /// Takes every subscription off its channel: what is asked of the server is not what it was.
    pub(super) fn unload_all(&mut self, step: Step) {
        let channels: Vec<u32> = self
            .subscriptions
            .iter()
            .filter_map(|subscription| subscription.channel.map(|(channel, _)| channel))
            .collect();
        self.unload(step, &channels);
    }

    /// Takes the subscriptions off these channels. What happens until they are on another one is found by reading again.
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

    /// The server refuses this channel. If it carries several subscriptions, each gets one of its own, to find out whose fault it
    /// is. Whether it did.
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

    /// Puts every subscription that has no channel on one. Which those were that were never read.
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
                // Who is told of nothing needs nothing to compare with.
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
    /// Opens what was asked for in this tick, as soon as it is known who asks.
    pub(super) fn open_soon(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            let settings = state.settings.live;
            let live = &mut state.live;
            let is_due = live.subscriptions.iter().any(|subscription| subscription.channel.is_none())
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
                // What is opened for the user who is signed in now must not go with the one before, whom nobody saw
                // leave.
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

    /// Tells of the subscriptions that are not on a channel yet that they do not get ready.
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
        for number in opened {
            self.read_scope(number);
        }
        self.drive();
    }
}

/// Whether nobody knows if the server takes it.
fn is_alone<D: Data>(subscription: &Subscription<D>) -> bool {
    (subscription.selection.filter.is_some() || subscription.is_suspect) && !subscription.is_proven
}
