//! A session with virtual time, and a server that follows the test's instructions.
//!
//! One file, because the session, its clock and its server form one state.

use crate::support::Json;
use serde_json::{json, Value};
use std::collections::HashMap;
use workflow_db::error::Error;
use workflow_db::realtime::{
    Binding, ChangeKind, ChannelId, Effect, Incoming, Member, RoomJoin, Session, Step, Token, Vsn,
};
use workflow_db::time::Moment;

/// The automatic replies of the server.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "any combination of them")]
pub struct Manners {
    pub asks: bool,
    pub connects: bool,
    pub joins: bool,
    pub heartbeats: bool,
}

pub const SILENT: Manners = Manners { asks: false, connects: false, joins: false, heartbeats: false };
pub const GOOD: Manners = Manners { asks: true, connects: true, joins: true, heartbeats: true };

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Socket {
    None,
    Connecting,
    Open,
}

/// A frame that the session sent.
#[derive(Clone)]
pub struct Sent {
    pub join_ref: Option<String>,
    pub reference: String,
    pub topic: String,
    pub event: String,
    pub payload: Value,
}

pub struct Rig {
    pub session: Session<Json>,
    pub vsn: Vsn,
    pub now: Moment,
    /// The next random number for each step.
    pub random: Box<dyn FnMut() -> f64>,
    pub manners: Manners,
    pub token: Option<Token>,
    pub socket: Socket,
    pub sent: Vec<Sent>,
    pub connects: Vec<f64>,
    pub asks: Vec<f64>,
    /// Tokens that the session asked to replace after the server rejected them.
    pub rejected: Vec<String>,
    /// The state that was last reported for each channel.
    pub states: HashMap<ChannelId, &'static str>,
    pub changes: Vec<(ChannelId, Vec<usize>, Incoming<Json>)>,
    /// The other people in each room, as last reported.
    pub others: HashMap<ChannelId, Vec<Member<Json>>>,
    /// The last join of each topic.
    pub joins: HashMap<String, Sent>,
    told: Vec<String>,
}

pub fn every_change(table: &'static str) -> Binding {
    Binding { event: "*", table, filter: None }
}

pub fn topic(channel: ChannelId) -> String {
    format!("realtime:wdb-{channel}")
}

/// The topic of the only room.
pub const ROOM: &str = "realtime:workflow:a";

pub fn token(text: &str, expires_wall_ms: f64) -> Token {
    Token { text: text.to_owned(), expires_wall_ms: Some(expires_wall_ms) }
}

impl Sent {
    fn read(text: &str) -> Self {
        let frame: Value = serde_json::from_str(text).expect("JSON");
        let at = |place: usize, name: &str| match &frame {
            Value::Array(items) => items[place].clone(),
            _ => frame[name].clone(),
        };
        let text = |value: Value| value.as_str().map(str::to_owned);
        Self {
            join_ref: text(at(0, "join_ref")),
            reference: text(at(1, "ref")).expect("a ref"),
            topic: text(at(2, "topic")).expect("a topic"),
            event: text(at(3, "event")).expect("an event"),
            payload: at(4, "payload"),
        }
    }
}

impl Rig {
    /// Starts at half past nine, with the monotonic clock at 1 000 s.
    pub fn new(manners: Manners) -> Self {
        Self::speaking(Vsn::V2, manners)
    }

    pub fn speaking(vsn: Vsn, manners: Manners) -> Self {
        Self {
            session: Session::new(vsn, "public".to_owned()),
            vsn,
            now: Moment { monotonic_ms: 1_000_000.0, wall_ms: 1_795_000_000_000.0 },
            random: Box::new(|| 0.5),
            manners,
            token: None,
            socket: Socket::None,
            sent: Vec::new(),
            connects: Vec::new(),
            asks: Vec::new(),
            rejected: Vec::new(),
            states: HashMap::new(),
            changes: Vec::new(),
            others: HashMap::new(),
            joins: HashMap::new(),
            told: Vec::new(),
        }
    }

    /// With channel 1 ready, and all reports taken.
    pub fn live() -> Self {
        let mut rig = Self::new(GOOD);
        rig.open(1);
        assert_eq!(rig.told().last().map(String::as_str), Some("ready 1"));
        rig
    }

    pub fn step(&mut self) -> Step {
        Step { now: self.now, random: (self.random)() }
    }

    pub fn open(&mut self, channel: ChannelId) {
        self.open_with(channel, vec![every_change("workflows")]);
    }

    pub fn open_with(&mut self, channel: ChannelId, bindings: Vec<Binding>) {
        let step = self.step();
        self.session.open(step, channel, bindings);
        self.drain();
    }

    /// Joins the room `workflow:a` as Ada's tab 1 with the state `{"x":0}`.
    pub fn open_room(&mut self, channel: ChannelId) {
        let join = RoomJoin {
            topic: "workflow:a".to_owned(),
            user: "ada".to_owned(),
            tab: "ada-1".to_owned(),
            name: "Ada".to_owned(),
            since_ms: self.now.wall_ms,
            state: "{\"x\":0}".to_owned(),
        };
        let step = self.step();
        self.session.open_room(step, channel, join);
        self.drain();
    }

    pub fn show(&mut self, channel: ChannelId, state: &Value) {
        let step = self.step();
        self.session.show_state(step, channel, state.to_string());
        self.drain();
    }

    pub fn send_message(&mut self, channel: ChannelId, event: &str, payload: &Value) -> bool {
        let is_sent = self.session.send_message(channel, event, &payload.to_string());
        self.drain();
        is_sent
    }

    /// The server sends a message in the room `workflow:a`.
    pub fn hear_in_room(&mut self, event: &str, payload: Value) {
        let frame = self.frame(None, None, ROOM, event, payload);
        self.hear(frame);
    }

    pub fn close(&mut self, channel: ChannelId) {
        let step = self.step();
        self.session.close(step, channel);
        self.drain();
    }

    pub fn close_all(&mut self) {
        self.session.close_all();
        self.drain();
    }

    /// The socket opens.
    pub fn opened(&mut self) {
        assert_eq!(self.socket, Socket::Connecting);
        self.socket = Socket::Open;
        let step = self.step();
        self.session.handle_open(step);
        self.drain();
    }

    /// The socket breaks.
    pub fn closed(&mut self) {
        self.closed_with(None);
    }

    /// The socket does not open, and reports the HTTP status of the refusal.
    pub fn closed_with(&mut self, status: Option<u16>) {
        self.socket = Socket::None;
        let step = self.step();
        self.session.handle_closed(step, status);
        self.drain();
    }

    pub fn hand_token(&mut self, token: Result<Option<Token>, Error>) {
        let step = self.step();
        self.session.handle_token(step, token);
        self.drain();
    }

    pub fn shown(&mut self) {
        let step = self.step();
        self.session.handle_shown(step);
        self.drain();
    }

    pub fn hear(&mut self, frame: Value) {
        let step = self.step();
        self.session.handle_frame(step, &Json::from(frame));
        self.drain();
    }

    /// A frame in the session's serialization.
    pub fn frame(
        &self,
        join_ref: Option<&str>,
        reference: Option<&str>,
        topic: &str,
        event: &str,
        payload: Value,
    ) -> Value {
        match self.vsn {
            Vsn::V1 => json!({"event": event, "payload": payload, "ref": reference, "topic": topic}),
            Vsn::V2 => json!([join_ref, reference, topic, event, payload]),
        }
    }

    pub fn join_ref(&self, channel: ChannelId) -> String {
        self.joins[&topic(channel)].reference.clone()
    }

    pub fn reply(&mut self, sent: &Sent, status: &str, response: Value) {
        let payload = json!({"status": status, "response": response});
        let frame =
            self.frame(sent.join_ref.as_deref(), Some(&sent.reference), &sent.topic, "phx_reply", payload);
        self.hear(frame);
    }

    pub fn accept(&mut self, channel: ChannelId) {
        let join = self.joins[&topic(channel)].clone();
        self.reply(&join, "ok", granted(&join));
    }

    pub fn refuse_join(&mut self, channel: ChannelId, reason: &str) {
        let join = self.joins[&topic(channel)].clone();
        self.reply(&join, "error", json!({"reason": reason}));
    }

    pub fn system(&mut self, channel: ChannelId, extension: &str, status: &str, message: &str) {
        let payload = json!({"channel": "wdb", "extension": extension, "status": status, "message": message});
        let join_ref = self.join_ref(channel);
        let frame = self.frame(Some(&join_ref), None, &topic(channel), "system", payload);
        self.hear(frame);
    }

    pub fn subscribed(&mut self, channel: ChannelId) {
        self.system(channel, "postgres_changes", "ok", "Subscribed to PostgreSQL");
    }

    /// The server closes the channel of the join with this reference.
    pub fn server_closes(&mut self, channel: ChannelId, join_ref: &str) {
        let frame = self.frame(Some(join_ref), Some(join_ref), &topic(channel), "phx_close", json!({}));
        self.hear(frame);
    }

    pub fn change(&mut self, channel: ChannelId, ids: &[f64], data: Value) {
        let payload = json!({"ids": ids, "data": data});
        let frame = self.frame(None, None, &topic(channel), "postgres_changes", payload);
        self.hear(frame);
    }

    /// Advances time; timers fire when they are due.
    pub fn wait(&mut self, ms: f64) {
        let until_ms = self.now.monotonic_ms + ms;
        let mut fired = 0;
        while let Some(due_ms) = self.session.poll_timeout().filter(|due_ms| *due_ms <= until_ms) {
            self.pass((due_ms - self.now.monotonic_ms).max(0.0));
            self.fire();
            fired += 1;
            assert!(fired < 100_000, "timers without end: {:?}", self.told);
        }
        self.pass(until_ms - self.now.monotonic_ms);
    }

    /// Advances both clocks without firing timers.
    pub fn pass(&mut self, ms: f64) {
        self.now.monotonic_ms += ms;
        self.now.wall_ms += ms;
    }

    pub fn fire(&mut self) {
        let step = self.step();
        self.session.handle_timeout(step);
        self.drain();
    }

    /// What was reported since the last call.
    pub fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    /// The last frame sent with this event.
    pub fn last(&self, event: &str) -> Sent {
        let last = self.sent.iter().rev().find(|sent| sent.event == event);
        last.expect("such a frame").clone()
    }

    pub fn count(&self, event: &str) -> usize {
        self.sent.iter().filter(|sent| sent.event == event).count()
    }

    pub fn drain(&mut self) {
        while let Some(effect) = self.session.poll_effect() {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect<Json>) {
        match effect {
            Effect::AskToken(rejected) => {
                self.tell("ask".to_owned());
                self.rejected.extend(rejected);
                self.asks.push(self.now.monotonic_ms);
                if self.manners.asks {
                    self.hand_token(Ok(self.token.clone()));
                }
            }
            Effect::Connect => {
                assert_eq!(self.socket, Socket::None, "a second socket: {:?}", self.told);
                self.socket = Socket::Connecting;
                self.connects.push(self.now.monotonic_ms);
                self.tell("connect".to_owned());
                if self.manners.connects {
                    self.opened();
                }
            }
            Effect::Send(text) => {
                assert_eq!(self.socket, Socket::Open, "sent {text} on no socket");
                self.take_frame(Sent::read(&text));
            }
            Effect::Disconnect => {
                assert_ne!(self.socket, Socket::None, "nothing to disconnect: {:?}", self.told);
                self.socket = Socket::None;
                self.tell("disconnect".to_owned());
            }
            Effect::Ready(channel) => {
                self.states.insert(channel, "ready");
                self.tell(format!("ready {channel}"));
            }
            Effect::Down(channel) => {
                let before = self.states.insert(channel, "down");
                assert_eq!(before, Some("ready"), "down");
                self.tell(format!("down {channel}"));
            }
            Effect::Refused(channel, error) => {
                self.states.insert(channel, "refused");
                assert!(!error.retryable && (error.is("UNKNOWN_ERROR") || error.is("42501")));
                self.tell(format!("refused {channel}: {}", error.details.as_deref().unwrap_or_default()));
            }
            Effect::Failing(channel, error) => {
                let before = self.states.insert(channel, "failing");
                assert!(!matches!(before, Some("ready" | "failing" | "refused")), "failing from {before:?}");
                let status = error.status.map(|status| format!(" {status}")).unwrap_or_default();
                let details = error.details.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
                self.tell(format!("failing {channel} {}{status}{details}", error.code));
            }
            Effect::Others(channel, others) => {
                let shown = |member: &Member<Json>| format!("{} {}", member.name, member.state.to_value());
                let shown: Vec<String> = others.iter().map(shown).collect();
                self.tell(format!("others {channel} [{}]", shown.join(", ")));
                self.others.insert(channel, others);
            }
            Effect::Message(channel, message) => {
                let message = message.to_value();
                self.tell(format!("message {channel} {} {}", message["event"], message["payload"]));
            }
            Effect::Change(channel, places, incoming) => {
                let kind = match incoming.kind {
                    ChangeKind::Insert => "insert",
                    ChangeKind::Update => "update",
                    ChangeKind::Delete => "delete",
                };
                self.tell(format!("{kind} {channel} {places:?}"));
                self.changes.push((channel, places, incoming));
            }
        }
    }

    fn tell(&mut self, what: String) {
        self.told.push(what);
    }

    fn take_frame(&mut self, sent: Sent) {
        let name = sent.topic.trim_start_matches("realtime:");
        self.tell(format!("{} {name}", sent.event.trim_start_matches("phx_")));
        self.sent.push(sent.clone());
        match &*sent.event {
            "phx_join" => {
                self.joins.insert(sent.topic.clone(), sent.clone());
                if self.manners.joins {
                    self.reply(&sent, "ok", granted(&sent));
                    if let Ok(channel) = name.trim_start_matches("wdb-").parse() {
                        self.subscribed(channel);
                    }
                }
            }
            "heartbeat" if self.manners.heartbeats => self.reply(&sent, "ok", json!({})),
            _ => {}
        }
    }
}

/// The server's payload in reply to a join: every binding with an id, which is 100 plus its index.
pub fn granted(join: &Sent) -> Value {
    let bindings = join.payload["config"]["postgres_changes"].as_array().expect("bindings");
    let with_id = |(place, binding): (usize, &Value)| {
        let mut binding = binding.clone();
        binding["id"] = json!(100 + place);
        binding
    };
    json!({"postgres_changes": bindings.iter().enumerate().map(with_id).collect::<Vec<Value>>()})
}
