//! The way of a subscription, and the session that joins the channels which carry it.
//!
//! What one (table, scope, filter) asks is one subscription, however many follow it.

use super::auth::End;
use super::incoming::Reread;
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::platform::Platform;
use crate::realtime::{Effect, Session, Step, Token, Vsn};
use crate::subscriptions::{
    Echoes, Extent, Missing, Notice, Notification, Notifications, Selection, Status, Subscription,
    Subscriptions,
};
use crate::tables::Table;
use crate::time::DEFAULT_RESYNC_MS;
use futures_util::future::{select, Either};
use std::pin::pin;
use std::rc::Rc;

/// The server takes 100 channels of one socket.
const MAX_CHANNELS: usize = 50;

/// What may be set about realtime.
#[derive(Clone, Copy, PartialEq)]
pub struct LiveSettings {
    /// Whether deletes are asked for without a filter: for databases whose tables lack `replica identity full`.
    pub unfiltered_deletes: bool,
    /// How often scopes are read again without any sign of a gap, in milliseconds.
    pub resync_ms: f64,
    /// With more channels than this, those that can be put together are.
    pub max_channels: usize,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self { unfiltered_deletes: false, resync_ms: DEFAULT_RESYNC_MS, max_channels: MAX_CHANNELS }
    }
}

/// Everything realtime of one client.
pub struct Live<D: Data> {
    pub(super) subscriptions: Subscriptions<D>,
    pub(super) session: Session<D>,
    pub(super) echoes: Echoes<D>,
    pub(super) rereads: Vec<Reread>,
    pub(super) notifications: Notifications<D>,
    last_number: u32,
    /// Whether subscriptions wait for the end of this tick to be opened.
    pub(super) is_opening: bool,
    /// Whether somebody is being told.
    is_telling: bool,
    /// Whether the page is hidden. Its scopes are not read without a sign of a gap.
    is_hidden: bool,
    /// When the platform is to wake the engine (monotonic milliseconds); None when it was not asked to.
    wake_ms: Option<f64>,
}

impl<D: Data> Default for Live<D> {
    fn default() -> Self {
        Self {
            subscriptions: Subscriptions::default(),
            session: Session::new(Vsn::V2, String::new()),
            echoes: Echoes::default(),
            rereads: Vec::new(),
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
    /// The row that is being read by its id.
    pub(super) fn reread(&mut self, table: &'static Table, id: &str) -> Option<&mut Reread> {
        self.rereads.iter_mut().find(|reread| reread.is_of(table, id))
    }

    /// The reading of a row that began with this very id, unless it ended.
    pub(super) fn reread_of(&mut self, id: &Rc<str>) -> Option<&mut Reread> {
        self.rereads.iter_mut().find(|reread| reread.began_with(id))
    }

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

    /// Takes the subscriptions off their channels. With `keeps_owner`, those that were opened stay with their user and go on
    /// from what they know; otherwise they begin again.
    fn restart_subscriptions(&mut self, keeps_owner: bool) {
        self.subscriptions.restart(keeps_owner);
        let live = |subscription: &&Subscription<D>| subscription.status == Status::Live;
        for number in
            self.subscriptions.iter().filter(live).map(|subscription| subscription.number).collect::<Vec<_>>()
        {
            self.set_status(number, Status::Reconnecting, None);
        }
    }

    /// How often scopes are read without a sign of a gap: in a hidden page, never.
    fn resync_ms(&self, settings: LiveSettings) -> f64 {
        if self.is_hidden {
            f64::INFINITY
        } else {
            settings.resync_ms
        }
    }

    /// When something is to be done next (monotonic milliseconds).
    fn next_due_ms(&mut self, settings: LiveSettings) -> f64 {
        let session = self.session.poll_timeout().unwrap_or(f64::INFINITY);
        let reading = self.subscriptions.reading_due_ms(self.resync_ms(settings));
        session.min(self.echoes.overdue_ms()).min(reading)
    }

    /// The subscriptions that may have missed something, because the echo of an own write is missing. The server then lost
    /// changes of every table, so these are all that are live and were not read since.
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
    /// Follows the rows that are meant, to be told of changes or only to have what is cached kept right. Answers the
    /// subscription's number: a known one, if somebody follows the same rows.
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

    /// One follower less; with the last one the subscription ends. What is told of it after this call concerns nobody.
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
            // Set anew, the timer no longer keeps a Node process from ending if this was the last subscription.
            live.wake_ms = None;
            if let Some(channel) = channel.filter(|channel| live.carried_by(*channel).is_empty()) {
                live.session.close(self.step(), channel);
            }
        }
        self.drive();
    }

    /// Time and chance for one step of the session.
    pub(super) fn step(&self) -> Step {
        Step { now: self.platform.now(), random: self.platform.random() }
    }

    /// Does what the session asks for, then tells what there is to tell.
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

    /// Asks to be woken when something is to be done next.
    pub(super) fn set_timer(&self) {
        let due_ms = {
            let mut state = self.state.borrow_mut();
            let settings = state.settings.live;
            let live = &mut state.live;
            let due_ms = live.next_due_ms(settings);
            // Most frames change nothing about it, and setting a timer costs as much as taking one.
            if live.wake_ms == Some(due_ms) {
                return;
            }
            live.wake_ms = Some(due_ms);
            due_ms
        };
        self.platform.wake_in(due_ms - self.platform.now().monotonic_ms);
    }

    /// Tells everything that there is to tell. What comes of what handlers do is told after that: otherwise the next
    /// handler of the row at hand would hear of it later than of the row after.
    pub(super) fn tell_all(&self) {
        if std::mem::replace(&mut self.state.borrow_mut().live.is_telling, true) {
            return;
        }
        while let Some(told) = self.next_told() {
            self.platform.tell(told);
        }
        self.state.borrow_mut().live.is_telling = false;
    }

    /// What is to be told next. While it is open who is signed in, rows wait: they may be another user's.
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
            // Another user's session would not have asked for it.
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

    /// Shows realtime the token of the user who is signed in, if it is a new one.
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

    /// The socket is open.
    pub fn socket_opened(self: &Rc<Self>) {
        self.state.borrow_mut().live.session.handle_open(self.step());
        self.drive();
    }

    /// The socket brought this.
    pub fn socket_frame(self: &Rc<Self>, frame: &P::Data) {
        self.state.borrow_mut().live.session.handle_frame(self.step(), frame);
        self.drive();
    }

    /// The socket closed, or did not open. `status` is the HTTP status of a refusal, where the socket tells it.
    pub fn socket_closed(self: &Rc<Self>, status: Option<u16>) {
        self.state.borrow_mut().live.session.handle_closed(self.step(), status);
        self.drive();
    }

    /// The time has come that `Platform::wake_in` was told, or more.
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

    /// The page is shown, focused or online again: the socket may be dead, and the server does not tell what it lost
    /// meanwhile.
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

    /// The page is hidden, or not any more.
    pub fn set_hidden(self: &Rc<Self>, is_hidden: bool) {
        self.state.borrow_mut().live.is_hidden = is_hidden;
        self.drive();
    }

    /// Ends the subscriptions of the user who was signed in; at the end of the client, all of them. What was not opened yet,
    /// or while no user was signed in, belongs to the user who is signed in now.
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
        // What was not told yet is of rows that are nobody's business any more.
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
