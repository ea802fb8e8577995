//! The socket, and all of its channels.

use super::channel::Channel;
use super::heartbeat::{Health, Heartbeat};
use super::outbox::Outbox;
use super::reconnect::{Pace, Reconnects, Trouble};
use super::token::Tokens;
use super::wire::{Frame, Vsn};
use super::{Binding, ChannelId, Effect, Step, Token};
use crate::data::Data;
use crate::error::{code, Error, Report};
use crate::time::{Moment, CONNECT_GAP_MS, CONNECT_TIMEOUT_MS, LATE_MS, LINGER_MS};

/// What there is of a socket.
enum Socket {
    /// None, and none is wanted.
    Idle,
    /// None yet: the token comes first, so that the joins carry it.
    Asking,
    /// Under way until this time.
    Connecting(f64),
    /// Open since that time.
    Open(f64, Heartbeat),
    /// None until this time, as the last one failed.
    Resting(f64),
}

/// One realtime socket with its channels, as far as decisions go.
///
/// The driver's part: carry out every effect in order, give back what the world did, and call
/// [`handle_timeout`](Self::handle_timeout) at [`poll_timeout`](Self::poll_timeout). After `Disconnect` nothing of that
/// socket may be handed in any more, and after [`close_all`](Self::close_all) no answer to an older `AskToken`.
pub struct Session<D> {
    schema: String,
    socket: Socket,
    channels: Vec<Channel>,
    outbox: Outbox<D>,
    tokens: Tokens,
    reconnects: Reconnects,
    /// Attempts to connect since a socket last worked.
    trouble: Trouble,
    /// Why the last of them failed.
    failure: Option<Error>,
    /// Whether the channels were told of it.
    is_failing: bool,
    pace: Pace,
    /// When the last attempt to connect began.
    tried_ms: f64,
    /// When to give up a socket without channels; infinite while there are some.
    linger_ms: f64,
    /// By how much the wall clock was ahead of the monotonic one at the last timer. It grows by what was slept.
    ahead_ms: f64,
    /// The last timer was late.
    is_drowsy: bool,
}

impl<D: Data> Session<D> {
    /// Without channels; connects when the first one is opened. `schema` is the database's, mostly `public`.
    pub fn new(vsn: Vsn, schema: String) -> Self {
        Self {
            schema,
            socket: Socket::Idle,
            channels: Vec::new(),
            outbox: Outbox::new(vsn),
            tokens: Tokens::default(),
            reconnects: Reconnects::default(),
            trouble: Trouble::default(),
            failure: None,
            is_failing: false,
            pace: Pace::default(),
            tried_ms: f64::NEG_INFINITY,
            linger_ms: f64::INFINITY,
            ahead_ms: f64::NAN,
            is_drowsy: false,
        }
    }

    /// The schema of joins from now on. Channels that are joined stay what they are: close them first.
    pub fn configure(&mut self, schema: String) {
        self.schema = schema;
    }

    /// Subscribes: joins when connected, connects when needed. A channel that is open already stays as it is.
    pub fn open(&mut self, step: Step, channel: ChannelId, bindings: Vec<Binding>) {
        if self.channels.iter().any(|known| known.id == channel) {
            return;
        }
        let now_ms = step.now.monotonic_ms;
        let mut new = Channel::new(channel, bindings, now_ms);
        if let Some(failure) = self.failure.as_ref().filter(|_| self.is_failing) {
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

    /// Ends a subscription: nothing more is told of it. Without channels the socket is closed after
    /// [`LINGER_MS`].
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

    /// Forgets every channel and the token, and disconnects: somebody else is signed in, or nobody needs this any more.
    pub fn close_all(&mut self) {
        self.outbox.clear();
        self.channels.clear();
        self.tokens = Tokens::default();
        self.tried_ms = f64::NEG_INFINITY;
        self.retire();
    }

    /// Lets go of the socket, in whatever state.
    fn retire(&mut self) {
        self.linger_ms = f64::INFINITY;
        self.forget_trouble();
        if matches!(self.socket, Socket::Connecting(_) | Socket::Open(..)) {
            self.outbox.push(Effect::Disconnect);
        }
        self.socket = Socket::Idle;
    }

    /// The socket opened.
    pub fn handle_open(&mut self, step: Step) {
        if matches!(self.socket, Socket::Connecting(_)) {
            self.socket = Socket::Open(step.now.monotonic_ms, Heartbeat::new(step.now));
            self.ahead_ms = ahead_ms(step.now);
            self.advance(step);
        }
    }

    /// A text frame came, parsed. What is no frame of a channel of ours is ignored.
    pub fn handle_frame(&mut self, step: Step, frame: &D) {
        if !matches!(self.socket, Socket::Open(..)) {
            return;
        }
        let Some(frame) = Frame::read(frame) else { return };
        self.forget_trouble();
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

    /// The socket was closed by the other side, was refused, or broke. Not to be called after `Disconnect`. `status` is
    /// the HTTP status of the refusal, which only some sockets tell.
    pub fn handle_closed(&mut self, step: Step, status: Option<u16>) {
        if matches!(self.socket, Socket::Connecting(_) | Socket::Open(..)) {
            if status.is_some_and(is_refusal) {
                self.trouble.refused();
            }
            self.lose(step, status.map_or_else(unreachable, refused_with));
        }
    }

    /// The token provider answered, or the auth library renewed the token of its own accord. None for nobody.
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
                self.trouble.refused();
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

    /// The tab is shown, the network is back, the machine woke: checks the socket now, or connects now.
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

    /// When to call [`handle_timeout`](Self::handle_timeout), in monotonic milliseconds; None for not at all.
    pub fn poll_timeout(&self) -> Option<f64> {
        let mut due_ms = self.linger_ms.min(self.tokens.give_up_ms());
        if !matches!(self.socket, Socket::Open(..)) && !self.is_failing {
            due_ms = due_ms.min(self.trouble.lasts_from_ms());
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

    /// The time of [`poll_timeout`](Self::poll_timeout) has come. Too early does nothing; too late tells of a hidden tab
    /// or of sleep, and then the socket is checked before anything is concluded from silence.
    pub fn handle_timeout(&mut self, step: Step) {
        let now_ms = step.now.monotonic_ms;
        let Some(due_ms) = self.poll_timeout().filter(|due_ms| *due_ms <= now_ms) else { return };
        let is_late = now_ms - due_ms > LATE_MS || ahead_ms(step.now) - self.ahead_ms > LATE_MS;
        self.ahead_ms = ahead_ms(step.now);
        // Forgives once: in a hidden tab every timer is late, and a dead server must be noticed there as well.
        let was_drowsy = std::mem::replace(&mut self.is_drowsy, is_late);
        let is_forgiving = is_late && !was_drowsy;
        if self.linger_ms <= now_ms {
            self.retire();
        }
        if self.tokens.give_up_ms() <= now_ms {
            self.handle_token(step, Err(Error::timeout()));
        }
        if !matches!(self.socket, Socket::Open(..)) {
            self.tell_trouble(step);
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
                if heartbeat.handle_timeout(step.now, is_late, &mut self.outbox) == Health::Dead {
                    self.abandon(step);
                } else {
                    self.attend(step, is_late, is_forgiving);
                }
            }
        }
        self.advance(step);
    }

    /// The timers of an open socket but its heartbeat.
    fn attend(&mut self, step: Step, is_late: bool, is_forgiving: bool) {
        if is_late {
            self.tokens.plan(step.now);
        }
        if self.tokens.refresh_ms() <= step.now.monotonic_ms {
            self.ask(step, None);
        }
        for channel in &mut self.channels {
            channel.handle_timeout(step, is_forgiving, &mut self.outbox);
        }
    }

    /// What to do next. Take all of them after every call but this one and [`poll_timeout`](Self::poll_timeout).
    pub fn poll_effect(&mut self) -> Option<Effect<D>> {
        self.outbox.pop()
    }

    fn ask(&mut self, step: Step, rejected: Option<String>) {
        if !self.tokens.is_asking {
            self.tokens.ask(step.now.monotonic_ms);
            self.outbox.push(Effect::AskToken(rejected));
        }
    }

    /// Asks for another token than the one that the server complained about.
    fn replace_token(&mut self, step: Step) {
        self.ask(step, self.tokens.text().map(str::to_owned));
    }

    fn start_if_rested(&mut self, step: Step) {
        let now_ms = step.now.monotonic_ms;
        if matches!(self.socket, Socket::Resting(until_ms) if until_ms <= now_ms) {
            self.tried_ms = now_ms;
            self.trouble.begin(now_ms);
            self.socket = Socket::Asking;
            self.ask(step, None);
        }
    }

    /// Does on an open socket what is due: joins, and showing the token.
    fn advance(&mut self, step: Step) {
        if !matches!(self.socket, Socket::Open(..)) {
            return;
        }
        let now_ms = step.now.monotonic_ms;
        let mut wants_token = false;
        for channel in &mut self.channels {
            if !channel.may_join(now_ms) {
                channel.show_token(&self.tokens, &mut self.outbox);
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

    /// Gives the socket up.
    fn abandon(&mut self, step: Step) {
        self.outbox.push(Effect::Disconnect);
        self.lose(step, unreachable());
    }

    /// There is no socket any more; another attempt follows after a wait.
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
        self.failure = Some(error);
        self.tell_trouble(step);
    }

    /// Tells every channel that there is no socket, if that lasts.
    fn tell_trouble(&mut self, step: Step) {
        if self.is_failing || !self.trouble.is_lasting(step.now.monotonic_ms) {
            return;
        }
        self.is_failing = true;
        // Nothing failed yet, and nothing answers.
        let failure = self.failure.get_or_insert_with(Error::timeout);
        for channel in &mut self.channels {
            channel.be_failing(failure, &mut self.outbox);
        }
    }

    /// The socket works, or none is wanted.
    fn forget_trouble(&mut self) {
        (self.trouble, self.failure, self.is_failing) = Default::default();
    }
}

/// Whether a status says that the same attempt will hardly succeed soon.
fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

/// The socket did not open, or broke. Browsers do not tell why.
fn unreachable() -> Error {
    Error::network("There is no connection to the realtime server", None, None)
}

fn refused_with(status: u16) -> Error {
    let message = ["The realtime server refuses the connection with status ", &status.to_string()].concat();
    Report { status: Some(status), retryable: true, ..Report::new(code::UNKNOWN_ERROR, message) }.into()
}

fn ahead_ms(now: Moment) -> f64 {
    now.wall_ms - now.monotonic_ms
}
