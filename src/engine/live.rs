//! Subscriptions, and the session whose channels carry them.
//!
//! Each combination of table, scope and filter is one subscription, regardless of the number of followers.

use super::auth::End;
use super::rereads::Rereads;
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::platform::Platform;
use crate::realtime::{Effect, Session, Step, Token, Vsn};
use crate::subscriptions::{
    Echoes, Extent, Missing, Notice, Notification, Notifications, Selection, Status, Subscription,
    Subscriptions,
};
use crate::time::DEFAULT_RESYNC_MS;
use futures_util::future::{select, Either};
use std::pin::pin;
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
    last_number: u32,
    /// Whether subscriptions wait for the end of this tick to be opened.
    pub(super) is_opening: bool,
    /// Whether a notification is being delivered.
    is_telling: bool,
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
            last_number: 0,
            is_opening: false,
            is_telling: false,
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

    /// When the next action is due (monotonic milliseconds).
    fn next_due_ms(&mut self, settings: LiveSettings) -> f64 {
        let session = self.session.poll_timeout().unwrap_or(f64::INFINITY);
        let reading = self.subscriptions.reading_due_ms(self.resync_ms(settings));
        session.min(self.echoes.overdue_ms()).min(reading)
    }

    /// The subscriptions that may have missed changes, because the echo of an own write is missing. In that case the
    /// server lost changes of every table, so these are all live subscriptions that were not read since.
    fn deaf(&mut self, now_ms: f64) -> Vec<u32> {
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
    /// Follows the selected rows, with handlers (`is_told`) or only to keep the cache up to date. Returns the
    /// subscription's number, which followers of the same selection share.
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

    /// Removes a follower. The last one ends the subscription; nothing is delivered for it afterwards.
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
            live.wake_ms = None;
            if let Some(channel) = channel.filter(|channel| live.carried_by(*channel).is_empty()) {
                live.session.close(self.step(), channel);
            }
        }
        self.drive();
    }

    /// The time and the random number for one step of the session.
    pub(super) fn step(&self) -> Step {
        Step { now: self.platform.now(), random: self.platform.random() }
    }

    /// Performs the session's effects, then delivers notifications.
    pub(super) fn drive(self: &Rc<Self>) {
        loop {
            let effect = self.state.borrow_mut().live.session.poll_effect();
            match effect {
                None => break,
                Some(Effect::AskToken(rejected)) => self.ask_token(rejected),
                Some(Effect::Connect) => self.platform.connect(),
                Some(Effect::Send(text)) => self.platform.transmit(&text),
                Some(Effect::Disconnect) => self.platform.disconnect(),
                Some(Effect::Ready(channel)) => self.channel_ready(channel),
                Some(Effect::Down(channel)) => {
                    self.state.borrow_mut().live.echoes.clear();
                    self.channel_stands(channel, Status::Reconnecting, None);
                }
                Some(Effect::Refused(channel, error)) => self.channel_refused(channel, &error),
                Some(Effect::Failing(channel, error)) => {
                    self.channel_stands(channel, Status::Error, Some(&error));
                }
                Some(Effect::Change(channel, matched, frame)) => self.incoming(channel, &matched, &frame),
            }
        }
        self.tell_all();
        self.set_timer();
    }

    /// Asks the platform to wake the engine when the next action is due.
    pub(super) fn set_timer(&self) {
        let due_ms = {
            let mut state = self.state.borrow_mut();
            let settings = state.settings.live;
            let live = &mut state.live;
            let due_ms = live.next_due_ms(settings);
            // Most frames do not change it, and setting a timer costs as much as handling a frame.
            if live.wake_ms == Some(due_ms) {
                return;
            }
            live.wake_ms = Some(due_ms);
            due_ms
        };
        self.platform.wake_in(due_ms - self.platform.now().monotonic_ms);
    }

    /// Delivers all notifications. Those that handlers cause are delivered afterwards; otherwise the next handler of
    /// the current row would receive it after the row that followed.
    pub(super) fn tell_all(&self) {
        if std::mem::replace(&mut self.state.borrow_mut().live.is_telling, true) {
            return;
        }
        while let Some(told) = self.next_told() {
            self.platform.tell(told);
        }
        self.state.borrow_mut().live.is_telling = false;
    }

    /// The next notification. While it is undecided who is signed in, rows are held back: they may be another user's.
    fn next_told(&self) -> Option<Notification<P::Data>> {
        let mut state = self.state.borrow_mut();
        let knows_user = state.auth.knows_user();
        let is_told = |told: &Notification<P::Data>| knows_user || matches!(told.news, Notice::Status(..));
        let notifications = &mut state.live.notifications;
        let place = notifications.iter().position(is_told)?;
        notifications.remove(place)
    }

    fn ask_token(self: &Rc<Self>, rejected: Option<String>) {
        let engine = Rc::downgrade(self);
        let (epoch, timeout) = (self.epoch(), self.platform.sleep_in_background(self.settings().timeout_ms));
        self.platform.spawn(async move {
            let Some(engine) = engine.upgrade() else { return };
            let token = match select(pin!(engine.authorize(rejected.as_deref())), pin!(timeout)).await {
                Either::Left((token, _)) => token,
                Either::Right(_) => Err(Error::timeout()),
            };
            // Another user's session did not ask for this token.
            if epoch.end().is_some() {
                return;
            }
            let token = token.map(|token| token.map(|text| engine.token(text)));
            engine.state.borrow_mut().live.session.handle_token(engine.step(), token);
            engine.drive();
        });
    }

    fn token(&self, text: String) -> Token {
        let expires_wall_ms = self.expiry_of(&text).map(|expiry| expiry.wall_ms);
        Token { text, expires_wall_ms }
    }

    /// Passes the current user's token to realtime, if it is a new one.
    pub(super) fn token_renewed(self: &Rc<Self>, text: String) {
        let token = self.token(text);
        self.state.borrow_mut().live.session.handle_token(self.step(), Ok(Some(token)));
        self.drive();
    }

    fn channel_ready(self: &Rc<Self>, channel: u32) {
        self.channel_stands(channel, Status::Live, None);
        let carried = self.state.borrow().live.carried_by(channel);
        for number in carried {
            if let Some(subscription) = self.state.borrow_mut().live.subscriptions.get_mut(number) {
                subscription.is_proven = true;
            }
            self.look_for_gap(number);
        }
        self.open_soon();
    }

    fn channel_refused(&self, channel: u32, error: &Error) {
        let is_split = {
            let mut state = self.state.borrow_mut();
            let settings = state.settings.live;
            state.live.split(self.step(), settings, channel)
        };
        if !is_split {
            self.channel_stands(channel, Status::Error, Some(error));
        }
    }

    fn channel_stands(&self, channel: u32, status: Status, error: Option<&Error>) {
        let mut state = self.state.borrow_mut();
        for number in state.live.carried_by(channel) {
            state.live.set_status(number, status, error.cloned());
        }
    }

    /// The socket opened.
    pub fn socket_opened(self: &Rc<Self>) {
        self.state.borrow_mut().live.session.handle_open(self.step());
        self.drive();
    }

    /// The socket received a frame.
    pub fn socket_frame(self: &Rc<Self>, frame: &P::Data) {
        self.state.borrow_mut().live.session.handle_frame(self.step(), frame);
        self.drive();
    }

    /// The socket closed, or failed to open. `status` is the HTTP status of a refusal, if the socket reports it.
    pub fn socket_closed(self: &Rc<Self>, status: Option<u16>) {
        self.state.borrow_mut().live.session.handle_closed(self.step(), status);
        self.drive();
    }

    /// The time passed to `Platform::wake_in` has come.
    pub fn woken(self: &Rc<Self>) {
        let now_ms = self.platform.now().monotonic_ms;
        let (due, deaf) = {
            let mut state = self.state.borrow_mut();
            let settings = state.settings.live;
            let live = &mut state.live;
            live.wake_ms = None;
            if live.session.poll_timeout().is_some_and(|due_ms| due_ms <= now_ms) {
                live.session.handle_timeout(self.step());
            }
            let deaf = live.deaf(now_ms);
            let resync_ms = live.resync_ms(settings);
            let is_due =
                |subscription: &&Subscription<P::Data>| subscription.is_reading_due(resync_ms, now_ms);
            let due: Vec<u32> =
                live.subscriptions.iter().filter(is_due).map(|subscription| subscription.number).collect();
            (due, deaf)
        };
        for number in &deaf {
            self.look_for_gap(*number);
        }
        for number in due.into_iter().filter(|number| !deaf.contains(number)) {
            self.read_scope(number);
        }
        self.drive();
    }

    /// The page became visible, focused or online again. The socket may be dead, and the server does not report what
    /// it failed to send in the meantime.
    pub fn shown(self: &Rc<Self>) {
        let doubtful = {
            let mut state = self.state.borrow_mut();
            let live = &mut state.live;
            let step = self.step();
            live.session.handle_shown(step);
            let is_doubtful = |subscription: &&Subscription<P::Data>| subscription.is_unconfirmed(step.now);
            live.subscriptions
                .iter()
                .filter(is_doubtful)
                .map(|subscription| subscription.number)
                .collect::<Vec<_>>()
        };
        for number in doubtful {
            self.read_scope(number);
        }
        self.drive();
    }

    /// The page became hidden or visible.
    pub fn set_hidden(self: &Rc<Self>, is_hidden: bool) {
        self.state.borrow_mut().live.is_hidden = is_hidden;
        self.drive();
    }

    /// Ends the previous user's subscriptions, or all of them when the client closes. Subscriptions that were not
    /// opened yet, or were opened while no user was signed in, belong to the new user.
    pub(super) fn end_subscriptions(&self, end: End) {
        let mut state = self.state.borrow_mut();
        let live = &mut state.live;
        if matches!(end, End::SignedIn | End::Unknown) {
            live.restart_subscriptions(end == End::Unknown);
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
        for number in ended {
            let error = Error::aborted("The user changed, or the client was closed");
            live.set_status(number, Status::Closed, Some(error));
        }
        live.subscriptions.remove(is_over);
        live.session.close_all();
        live.echoes.clear();
        live.rereads.clear();
    }
}
