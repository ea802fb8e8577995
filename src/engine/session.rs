//! Drives the realtime session: passes it the events of the socket and the clock, and performs the effects that it
//! requests.

use super::Engine;
use crate::error::Error;
use crate::platform::Platform;
use crate::realtime::{Effect, Step, Token};
use crate::subscriptions::{Notice, Notification, RoomNews, Status, Subscription};
use futures_util::future::{select, Either};
use std::pin::pin;
use std::rc::Rc;

impl<P: Platform> Engine<P> {
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
                Some(Effect::Others(channel, others)) => self.tell_room(channel, RoomNews::Others(others)),
                Some(Effect::Message(channel, message)) => {
                    self.tell_room(channel, RoomNews::Message(message));
                }
            }
        }
        self.tell_all();
        self.set_timer();
    }

    /// Asks the platform to wake the engine when the next action is due.
    pub(super) fn set_timer(&self) {
        let changed_ms = {
            let mut state = self.state.borrow_mut();
            let settings = state.settings.live;
            state.live.changed_wake_ms(settings)
        };
        if let Some(due_ms) = changed_ms {
            self.platform.wake_in(due_ms - self.platform.now().monotonic_ms);
        }
    }

    /// Delivers all notifications.
    pub(super) fn tell_all(&self) {
        while let Some(told) = self.next_told() {
            self.platform.tell(told);
        }
        while let Some(told) = self.next_told_of_rooms() {
            self.platform.tell_room(told);
        }
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
            // Another user's session requested this token.
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
        state.live.rooms.set_channel_status(channel, status, error);
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

    /// The time passed to `Platform::wake_in` is reached.
    pub fn woken(self: &Rc<Self>) {
        let now_ms = self.platform.now().monotonic_ms;
        let (due, deaf) = {
            let mut state = self.state.borrow_mut();
            let settings = state.settings.live;
            let live = &mut state.live;
            live.forget_wake();
            if live.session.poll_timeout().is_some_and(|due_ms| due_ms <= now_ms) {
                live.session.handle_timeout(self.step());
            }
            let deaf = live.deaf(now_ms);
            (live.due(settings, now_ms), deaf)
        };
        for number in &deaf {
            self.look_for_gap(*number);
        }
        for number in due.into_iter().filter(|number| !deaf.contains(number)) {
            self.read_scope(number);
        }
        self.drive();
    }

    /// The page became visible, focused or online again. The socket may be dead, and the server does not report which
    /// frames it failed to send.
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
        self.state.borrow_mut().live.set_hidden(is_hidden);
        self.drive();
    }
}
