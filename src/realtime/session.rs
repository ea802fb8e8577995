//! The socket and all of its channels.

use super::channel::Channel;
use super::errors::{connection_refused, is_refusal, unreachable};
use super::heartbeat::{Health, Heartbeat};
use super::lateness::{Firing, Lateness};
use super::outbox::Outbox;
use super::reconnect::{Outage, Pace, Reconnects};
use super::room::{Room, RoomJoin};
use super::token::Tokens;
use super::wire::{Frame, Vsn};
use super::{Binding, ChannelId, Effect, Step, Token};
use crate::data::Data;
use crate::error::Error;
use crate::time::{CONNECT_GAP_MS, CONNECT_TIMEOUT_MS, LINGER_MS};

/// The state of the socket.
enum Socket {
    /// There is no socket, and none is needed.
    Idle,
    /// Not opened yet: the token is requested first, so that joins can contain it.
    Asking,
    /// Connecting, with this deadline.
    Connecting(f64),
    /// Open since this time.
    Open(f64, Heartbeat),
    /// Closed until this time, because the last one failed.
    Resting(f64),
}

/// One realtime socket with its channels, without I/O.
///
/// The driver must carry out every effect in order, report what happens, and call
/// [`handle_timeout`](Self::handle_timeout) at [`poll_timeout`](Self::poll_timeout). After `Disconnect` it must not
/// report events of that socket, and after [`close_all`](Self::close_all) no token for an older `AskToken`.
pub struct Session<D> {
    schema: String,
    socket: Socket,
    channels: Vec<Channel<D>>,
    outbox: Outbox<D>,
    tokens: Tokens,
    reconnects: Reconnects,
    outage: Outage,
    pace: Pace,
    /// When the last attempt to connect began.
    tried_ms: f64,
    /// When to close a socket without channels; infinity while there are channels.
    linger_ms: f64,
    lateness: Lateness,
}

impl<D: Data> Session<D> {
    /// Creates a session without channels, which connects when the first one is opened. `schema` is the database
    /// schema, usually `public`.
    pub fn new(vsn: Vsn, schema: String) -> Self {
        Self {
            schema,
            socket: Socket::Idle,
            channels: Vec::new(),
            outbox: Outbox::new(vsn),
            tokens: Tokens::default(),
            reconnects: Reconnects::default(),
            outage: Outage::default(),
            pace: Pace::default(),
            tried_ms: f64::NEG_INFINITY,
            linger_ms: f64::INFINITY,
            lateness: Lateness::default(),
        }
    }

    /// Sets the schema of future joins. It does not change joined channels: close them first.
    pub fn configure(&mut self, schema: String) {
        self.schema = schema;
    }

    /// Subscribes: joins if connected, connects if necessary. A channel that is already open stays unchanged.
    pub fn open(&mut self, step: Step, channel: ChannelId, bindings: Vec<Binding>) {
        if self.channels.iter().all(|known| known.id != channel) {
            self.add(step, Channel::of_changes(channel, bindings, step.now.monotonic_ms));
        }
    }

    /// Joins a room; connects if necessary.
    pub fn open_room(&mut self, step: Step, channel: ChannelId, join: RoomJoin) {
        self.add(step, Channel::of_room(channel, join, step.now));
    }

    /// Replaces the state, a JSON object, that the others in a room see. Sends it within a second; intermediate states
    /// may be skipped.
    pub fn show_state(&mut self, step: Step, channel: ChannelId, state: String) {
        let mut channels = self.channels.iter_mut();
        if let Some(room) = channels.find(|known| known.id == channel).and_then(Channel::room_mut) {
            room.show(state, step.now);
        }
        self.advance(step);
    }

    /// Sends a message with a JSON payload to the others in a room. Returns false if the room is not joined: the
    /// message is lost.
    pub fn send_message(&mut self, channel: ChannelId, event: &str, payload: &str) -> bool {
        let message = Room::<D>::message(event, payload);
        let mut channels = self.channels.iter();
        let room = channels.find(|known| known.id == channel);
        matches!(self.socket, Socket::Open(..))
            && room.is_some_and(|room| room.send_message(&message, &mut self.outbox))
    }

    fn add(&mut self, step: Step, mut new: Channel<D>) {
        if let Some(failure) = self.outage.reported() {
            new.be_failing(failure, &mut self.outbox);
        }
        self.channels.push(new);
        self.linger_ms = f64::INFINITY;
        if matches!(self.socket, Socket::Idle) {
            self.socket = Socket::Resting(self.tried_ms + CONNECT_GAP_MS);
            self.start_if_rested(step);
        }
        self.advance(step);
    }

    /// Ends a subscription; nothing more is reported for it. Without channels the socket closes after [`LINGER_MS`].
    pub fn close(&mut self, step: Step, channel: ChannelId) {
        let Some(place) = self.channels.iter().position(|known| known.id == channel) else { return };
        let gone = self.channels.remove(place);
        self.outbox.silence(channel);
        if matches!(self.socket, Socket::Open(..)) {
            gone.leave(&mut self.outbox);
        }
        if self.channels.is_empty() {
            self.linger_ms = step.now.monotonic_ms + LINGER_MS;
        }
    }

    /// Forgets all channels and the token, and disconnects: the user changed or the session is no longer needed.
    pub fn close_all(&mut self) {
        self.outbox.clear();
        self.channels.clear();
        self.tokens = Tokens::default();
        self.tried_ms = f64::NEG_INFINITY;
        self.retire();
    }

    /// Drops the socket, whatever its state.
    fn retire(&mut self) {
        self.linger_ms = f64::INFINITY;
        self.outage = Outage::default();
        if matches!(self.socket, Socket::Connecting(_) | Socket::Open(..)) {
            self.outbox.push(Effect::Disconnect);
        }
        self.socket = Socket::Idle;
    }

    /// The socket opened.
    pub fn handle_open(&mut self, step: Step) {
        if matches!(self.socket, Socket::Connecting(_)) {
            self.socket = Socket::Open(step.now.monotonic_ms, Heartbeat::new(step.now));
            self.lateness.begin(step.now);
            self.advance(step);
        }
    }

    /// Handles a parsed text frame. Ignores anything that is not a frame for one of the channels.
    pub fn handle_frame(&mut self, step: Step, frame: &D) {
        if !matches!(self.socket, Socket::Open(..)) {
            return;
        }
        let Some(frame) = Frame::read(frame) else { return };
        self.outage = Outage::default();
        let Socket::Open(_, heartbeat) = &mut self.socket else { return };
        if frame.topic == "phoenix" {
            if frame.event == "phx_reply" {
                heartbeat.answered(frame.reference.as_deref());
            }
            return;
        }
        let Some(channel) = self.channels.iter_mut().find(|channel| channel.topic == frame.topic) else {
            return;
        };
        let wants_token = channel.handle_frame(step, &frame, &self.tokens, &mut self.outbox);
        if wants_token && self.tokens.next_ask_ms() <= step.now.monotonic_ms {
            self.replace_token(step);
        }
        self.advance(step);
    }

    /// The socket was closed by the server, was refused, or broke. Must not be called after `Disconnect`. `status` is
    /// the HTTP status of a refusal, which only some sockets report.
    pub fn handle_closed(&mut self, step: Step, status: Option<u16>) {
        if matches!(self.socket, Socket::Connecting(_) | Socket::Open(..)) {
            if status.is_some_and(is_refusal) {
                self.outage.refused();
            }
            self.lose(step, status.map_or_else(unreachable, connection_refused));
        }
    }

    /// The token provider answered, or the auth library renewed the token by itself. `None`: no user is signed in.
    pub fn handle_token(&mut self, step: Step, token: Result<Option<Token>, Error>) {
        let was_asking = std::mem::replace(&mut self.tokens.is_asking, false);
        let failure = match token {
            Ok(token) => {
                self.tokens.replace(token, step.now);
                None
            }
            Err(error) if was_asking => {
                self.tokens.plan(step.now);
                Some(error)
            }
            Err(_) => return,
        };
        for channel in &mut self.channels {
            channel.handle_token(step, failure.as_ref(), &mut self.outbox);
        }
        if matches!(self.socket, Socket::Asking) {
            if let Some(error) = failure {
                self.outage.refused();
                self.lose(step, error);
            } else if self.channels.is_empty() {
                self.retire();
            } else {
                self.socket = Socket::Connecting(step.now.monotonic_ms + CONNECT_TIMEOUT_MS);
                self.outbox.push(Effect::Connect);
            }
        }
        self.advance(step);
    }

    /// The tab became visible, the network is back, or the machine woke up: checks the socket, or connects
    /// immediately.
    pub fn handle_shown(&mut self, step: Step) {
        match &mut self.socket {
            Socket::Open(_, heartbeat) => {
                heartbeat.check(step.now, &mut self.outbox);
                self.tokens.plan(step.now);
            }
            Socket::Resting(until_ms) => {
                *until_ms = until_ms.min(self.tried_ms + CONNECT_GAP_MS);
                self.start_if_rested(step);
            }
            Socket::Idle | Socket::Asking | Socket::Connecting(_) => {}
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), in monotonic milliseconds; `None` for never.
    pub fn poll_timeout(&self) -> Option<f64> {
        let mut due_ms = self.linger_ms.min(self.tokens.give_up_ms());
        if !matches!(self.socket, Socket::Open(..)) {
            due_ms = due_ms.min(self.outage.report_due_ms());
        }
        match &self.socket {
            Socket::Idle | Socket::Asking => {}
            Socket::Connecting(at_ms) | Socket::Resting(at_ms) => due_ms = due_ms.min(*at_ms),
            Socket::Open(_, heartbeat) => {
                due_ms = due_ms.min(heartbeat.due_ms()).min(self.tokens.refresh_ms());
                let (next_join_ms, is_asking) = (self.pace.next_ms(), self.tokens.is_asking);
                for channel in &self.channels {
                    due_ms = due_ms.min(channel.due_ms(next_join_ms, is_asking));
                }
            }
        }
        (due_ms < f64::INFINITY).then_some(due_ms)
    }

    /// The time of [`poll_timeout`](Self::poll_timeout) is reached. Calling it early does nothing. A late call
    /// indicates a hidden tab or sleep, so the socket is checked before silence is taken as a failure.
    pub fn handle_timeout(&mut self, step: Step) {
        let now_ms = step.now.monotonic_ms;
        let Some(due_ms) = self.poll_timeout().filter(|due_ms| *due_ms <= now_ms) else { return };
        let firing = self.lateness.fired(due_ms, step.now);
        if self.linger_ms <= now_ms {
            self.retire();
        }
        if self.tokens.give_up_ms() <= now_ms {
            self.handle_token(step, Err(Error::timeout()));
        }
        if !matches!(self.socket, Socket::Open(..)) {
            self.report_trouble(step);
        }
        match &mut self.socket {
            Socket::Idle | Socket::Asking => {}
            Socket::Connecting(until_ms) => {
                if *until_ms <= now_ms {
                    self.abandon(step);
                }
            }
            Socket::Resting(_) => self.start_if_rested(step),
            Socket::Open(_, heartbeat) => {
                if heartbeat.handle_timeout(step.now, firing.is_late, &mut self.outbox) == Health::Dead {
                    self.abandon(step);
                } else {
                    self.attend(step, firing);
                }
            }
        }
        self.advance(step);
    }

    /// Handles the timers of an open socket, except its heartbeat.
    fn attend(&mut self, step: Step, firing: Firing) {
        if firing.is_late {
            self.tokens.plan(step.now);
        }
        if self.tokens.refresh_ms() <= step.now.monotonic_ms {
            self.ask(step, None);
        }
        for channel in &mut self.channels {
            channel.handle_timeout(step, firing.is_forgiving, &mut self.outbox);
        }
    }

    /// The next effect. Take all of them after every call except this one and [`poll_timeout`](Self::poll_timeout).
    pub fn poll_effect(&mut self) -> Option<Effect<D>> {
        self.outbox.pop()
    }

    fn ask(&mut self, step: Step, rejected: Option<String>) {
        if !self.tokens.is_asking {
            self.tokens.ask(step.now.monotonic_ms);
            self.outbox.push(Effect::AskToken(rejected));
        }
    }

    /// Asks for a token to replace the one that the server rejected.
    fn replace_token(&mut self, step: Step) {
        self.ask(step, self.tokens.text().map(str::to_owned));
    }

    fn start_if_rested(&mut self, step: Step) {
        let now_ms = step.now.monotonic_ms;
        if matches!(self.socket, Socket::Resting(until_ms) if until_ms <= now_ms) {
            self.tried_ms = now_ms;
            self.outage.begin(now_ms);
            self.socket = Socket::Asking;
            self.ask(step, None);
        }
    }

    /// Sends what is due on an open socket: joins and the token.
    fn advance(&mut self, step: Step) {
        if !matches!(self.socket, Socket::Open(..)) {
            return;
        }
        let now_ms = step.now.monotonic_ms;
        let mut wants_token = false;
        for channel in &mut self.channels {
            if !channel.may_join(now_ms) {
                channel.show_token(now_ms, &self.tokens, &mut self.outbox);
                channel.advance_room(step, &mut self.outbox);
            } else if channel.wants_token() {
                wants_token = true;
            } else if self.pace.next_ms() <= now_ms {
                self.pace.took(now_ms);
                channel.join(now_ms, &self.schema, &self.tokens, &mut self.outbox);
            }
        }
        if wants_token {
            self.replace_token(step);
        }
    }

    /// Drops the socket, which does not respond.
    fn abandon(&mut self, step: Step) {
        self.outbox.push(Effect::Disconnect);
        self.lose(step, unreachable());
    }

    /// The socket is gone; connects again after a delay.
    fn lose(&mut self, step: Step, error: Error) {
        let now_ms = step.now.monotonic_ms;
        if let Socket::Open(since_ms, _) = self.socket {
            self.reconnects.lived(since_ms, now_ms);
        }
        self.outbox.unsend();
        for channel in &mut self.channels {
            channel.handle_lost(step, &mut self.outbox);
        }
        self.socket = Socket::Resting(now_ms + self.reconnects.wait_ms(step.random));
        self.outage.failed(error);
        self.report_trouble(step);
    }

    /// Reports to all channels that there is no socket, if that lasts.
    fn report_trouble(&mut self, step: Step) {
        if let Some(failure) = self.outage.report(step.now.monotonic_ms) {
            for channel in &mut self.channels {
                channel.be_failing(failure, &mut self.outbox);
            }
        }
    }
}
