//! One channel: joining, receiving changes, and joining again after a loss.

use super::bindings::Bindings;
use super::errors::{is_about_permission, join_refused, room_refused};
use super::outbox::Outbox;
use super::reconnect::{Reconnects, Trouble};
use super::room::{Room, RoomJoin};
use super::token::{is_blamed, Tokens};
use super::wire::{join_payload, text, token_payload, Frame};
use super::{Binding, ChannelId, Effect, Step};
use crate::data::Data;
use crate::error::Error;
use crate::time::{Moment, JOIN_TIMEOUT_MS, READY_TIMEOUT_MS, REFUSED_BACKOFF};

/// The channel's phase, which determines the meaning of `due_ms`.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// Not joined; may join from `due_ms` on.
    Waiting,
    /// The join was sent; its reply is expected until `due_ms`.
    Joining,
    /// The reply arrived. It does not mean that changes are delivered (recording `timing-cold-join`); the message that
    /// says so is expected until `due_ms`.
    Joined,
    /// Changes are being received.
    Live,
    /// The server refuses the bindings. Joins again at `due_ms`.
    Refused,
}

/// The last status reported to the application.
enum Notification {
    Nothing,
    Ready,
    /// The server refuses the bindings, or access to the room, with this message.
    Refused(String),
    /// The channel cannot get ready for another reason.
    Failing,
}

/// The purpose of a channel.
enum Purpose<D> {
    /// Reports the changes that these bindings select.
    Changes(Bindings),
    Room(Box<Room<D>>),
}

pub(super) struct Channel<D> {
    pub id: ChannelId,
    pub topic: String,
    purpose: Purpose<D>,
    phase: Phase,
    due_ms: f64,
    reported: Notification,
    join_ref: String,
    live_since_ms: f64,
    reconnects: Reconnects,
    /// Consecutive refusals of the bindings, or of access to the room.
    refusals: u32,
    /// Tracks failed joins.
    trouble: Trouble,
    /// The version of the token that the server received last.
    token_version: u32,
    /// The server rejected the newest token: do not join before the provider has returned another one.
    wants_token: bool,
}

impl<D: Data> Channel<D> {
    /// Creates a channel that reports changes.
    pub fn of_changes(id: ChannelId, bindings: Vec<Binding>, now_ms: f64) -> Self {
        // All joins of the channel use one topic, so that a new join replaces the previous one if it still exists on
        // the server (recording `duplicate-topic-join`).
        let topic = ["realtime:wdb-", &id.to_string()].concat();
        Self::new(id, topic, Purpose::Changes(Bindings::new(bindings)), now_ms)
    }

    /// Creates a channel for a room.
    pub fn of_room(id: ChannelId, join: RoomJoin, now: Moment) -> Self {
        let topic = ["realtime:", &join.topic].concat();
        Self::new(id, topic, Purpose::Room(Box::new(Room::new(join, now))), now.monotonic_ms)
    }

    fn new(id: ChannelId, topic: String, purpose: Purpose<D>, now_ms: f64) -> Self {
        Self {
            id,
            topic,
            purpose,
            phase: Phase::Waiting,
            due_ms: now_ms,
            reported: Notification::Nothing,
            join_ref: String::new(),
            live_since_ms: now_ms,
            reconnects: Reconnects::default(),
            refusals: 0,
            trouble: Trouble::default(),
            token_version: 0,
            wants_token: false,
        }
    }

    /// Whether the server knows the channel and its bindings.
    fn is_joined(&self) -> bool {
        matches!(self.phase, Phase::Joined | Phase::Live | Phase::Refused)
    }

    /// When the channel needs attention while the socket is open.
    pub fn due_ms(&self, next_join_ms: f64, is_asking: bool) -> f64 {
        match self.phase {
            Phase::Waiting if self.wants_token && is_asking => f64::INFINITY,
            Phase::Waiting => self.due_ms.max(next_join_ms),
            Phase::Live => self.room().map_or(self.due_ms, Room::due_ms),
            _ => self.due_ms,
        }
    }

    fn room(&self) -> Option<&Room<D>> {
        match &self.purpose {
            Purpose::Changes(_) => None,
            Purpose::Room(room) => Some(room),
        }
    }

    /// The room, if it is one.
    pub fn room_mut(&mut self) -> Option<&mut Room<D>> {
        match &mut self.purpose {
            Purpose::Changes(_) => None,
            Purpose::Room(room) => Some(room),
        }
    }

    /// Performs the due actions of a room.
    pub fn advance_room(&mut self, step: Step, outbox: &mut Outbox<D>) {
        if let (Phase::Live, Purpose::Room(room)) = (self.phase, &mut self.purpose) {
            room.advance(step, self.id, &self.join_ref, &self.topic, outbox);
        }
    }

    /// Sends a message to a room if it is joined. Returns whether it is.
    pub fn send_message(&self, payload: &str, outbox: &mut Outbox<D>) -> bool {
        let is_open = self.phase == Phase::Live && self.room().is_some();
        if is_open {
            outbox.send(Some(&self.join_ref), &self.topic, "broadcast", payload);
        }
        is_open
    }

    /// Whether it may join now.
    pub fn may_join(&self, now_ms: f64) -> bool {
        self.phase == Phase::Waiting && self.due_ms <= now_ms
    }

    /// Whether it needs a new token first.
    pub fn wants_token(&self) -> bool {
        self.wants_token
    }

    pub fn join(&mut self, now_ms: f64, schema: &str, tokens: &Tokens, outbox: &mut Outbox<D>) {
        let config = match &self.purpose {
            Purpose::Changes(bindings) => bindings.config(schema),
            Purpose::Room(room) => room.config(),
        };
        self.join_ref = outbox.send_join(&self.topic, &join_payload(&config, tokens.text()));
        self.token_version = tokens.version;
        self.phase = Phase::Joining;
        self.due_ms = now_ms + JOIN_TIMEOUT_MS;
        self.trouble.begin(now_ms);
    }

    /// Leaves the channel on the server.
    pub fn leave(&self, outbox: &mut Outbox<D>) {
        // The server ignores a leave with another join_ref (recording `duplicate-topic-join`).
        if self.phase != Phase::Waiting {
            outbox.send(Some(&self.join_ref), &self.topic, "phx_leave", "{}");
        }
    }

    /// Sends the token to the server, unless it has it already. The server confirms with another readiness message,
    /// seconds later (recording `access-token-refresh`).
    pub fn show_token(&mut self, now_ms: f64, tokens: &Tokens, outbox: &mut Outbox<D>) {
        if self.token_version == tokens.version {
            return;
        }
        if self.phase == Phase::Waiting && matches!(self.reported, Notification::Refused(_)) {
            self.due_ms = self.due_ms.min(now_ms);
        }
        if !self.is_joined() {
            return;
        }
        if let Some(text) = tokens.text() {
            self.token_version = tokens.version;
            outbox.send(Some(&self.join_ref), &self.topic, "access_token", &token_payload(text));
        }
    }

    /// The provider returned a token or failed with this error.
    pub fn handle_token(&mut self, step: Step, failure: Option<&Error>, outbox: &mut Outbox<D>) {
        let Some(failure) = failure else {
            self.wants_token = false;
            return;
        };
        if !self.wants_token {
            return;
        }
        self.trouble.refused();
        self.report_trouble(step, failure, outbox);
        if self.due_ms <= step.now.monotonic_ms {
            self.due_ms = step.now.monotonic_ms + self.reconnects.wait_ms(step.random);
        }
    }

    /// Handles a frame on its topic. Returns whether to ask for a new token.
    pub fn handle_frame(
        &mut self,
        step: Step,
        frame: &Frame<D>,
        tokens: &Tokens,
        outbox: &mut Outbox<D>,
    ) -> bool {
        let is_ours = frame.owner.as_ref().is_none_or(|owner| *owner == self.join_ref);
        let complaint = match &*frame.event {
            "postgres_changes" => {
                if let Purpose::Changes(bindings) = &self.purpose {
                    if let Some((places, incoming)) = bindings.read(frame) {
                        outbox.push(Effect::Change(self.id, places, incoming));
                    }
                }
                None
            }
            "phx_reply" => self.handle_reply(step, frame, outbox),
            "system" if is_ours && self.is_joined() => self.handle_system(step, frame, outbox),
            "phx_close" | "phx_error" if is_ours && self.phase != Phase::Waiting => Some(String::new()),
            _ if is_ours => {
                if let (Phase::Live, Purpose::Room(room)) = (self.phase, &mut self.purpose) {
                    room.handle_frame(self.id, frame, outbox);
                }
                None
            }
            _ => None,
        };
        let Some(complaint) = complaint else { return false };
        if self.room().is_some() && is_about_permission(&complaint) {
            self.refuse_room(step, complaint, outbox);
            return false;
        }
        self.trouble.refused();
        self.fail(step, &join_refused(complaint.clone()), outbox);
        self.wants_token = is_blamed(&complaint) && self.token_version == tokens.version;
        if self.wants_token && !tokens.is_asking {
            self.due_ms = self.due_ms.max(tokens.next_ask_ms());
        }
        self.wants_token
    }

    /// Handles a reply to the join, or the message that the channel is unknown to the server. Returns the error, if
    /// any.
    fn handle_reply(&mut self, step: Step, frame: &Frame<D>, outbox: &mut Outbox<D>) -> Option<String> {
        let response = frame.payload.child("response");
        let reason =
            response.as_ref().and_then(|response| text(response.column("reason"))).unwrap_or_default();
        if self.phase != Phase::Joining || frame.reference.as_ref() != Some(&self.join_ref) {
            return (self.is_joined() && reason == "unmatched topic").then_some(reason);
        }
        if frame.says("status") != "ok" {
            return Some(reason);
        }
        match &mut self.purpose {
            Purpose::Changes(bindings) => {
                if !bindings.grant(response) {
                    return Some(reason);
                }
                self.phase = Phase::Joined;
                self.due_ms = step.now.monotonic_ms + READY_TIMEOUT_MS;
            }
            Purpose::Room(room) => {
                room.enter();
                self.be_ready(step, outbox);
            }
        }
        None
    }

    /// Handles readiness, a refusal, or the announcement that the channel closes. Returns the error if the channel
    /// itself failed.
    fn handle_system(&mut self, step: Step, frame: &Frame<D>, outbox: &mut Outbox<D>) -> Option<String> {
        let is_ok = frame.says("status") == "ok";
        match &*frame.says("extension") {
            "postgres_changes" if is_ok => self.be_ready(step, outbox),
            "postgres_changes" => self.be_refused(step, frame.says("message"), join_refused, outbox),
            "system" if !is_ok => return Some(frame.says("message")),
            _ => {}
        }
        None
    }

    fn be_ready(&mut self, step: Step, outbox: &mut Outbox<D>) {
        if self.phase != Phase::Live {
            self.phase = Phase::Live;
            self.live_since_ms = step.now.monotonic_ms;
            self.due_ms = f64::INFINITY;
        }
        self.refusals = 0;
        self.trouble = Trouble::default();
        self.reported = Notification::Ready;
        outbox.push(Effect::Ready(self.id));
    }

    fn be_refused(&mut self, step: Step, text: String, error: fn(String) -> Error, outbox: &mut Outbox<D>) {
        if self.phase != Phase::Refused {
            self.settle(step);
            self.phase = Phase::Refused;
            let wait_ms = REFUSED_BACKOFF.wait_ms(self.refusals);
            self.refusals = self.refusals.saturating_add(1);
            self.due_ms = step.now.monotonic_ms + wait_ms * (0.5 + step.random);
        }
        if matches!(&self.reported, Notification::Refused(reported) if *reported == text) {
            return;
        }
        self.reported = Notification::Refused(text.clone());
        outbox.push(Effect::Refused(self.id, error(text)));
    }

    /// The user has no access to the room, or lost it. Asks again with growing delays, and with the next token.
    fn refuse_room(&mut self, step: Step, text: String, outbox: &mut Outbox<D>) {
        self.be_refused(step, text, room_refused, outbox);
        self.phase = Phase::Waiting;
        if let Purpose::Room(room) = &mut self.purpose {
            room.forget(self.id, outbox);
        }
    }

    /// The live phase ends: records how long it lasted.
    fn settle(&mut self, step: Step) {
        if self.phase == Phase::Live {
            self.reconnects.lived(self.live_since_ms, step.now.monotonic_ms);
        }
    }

    fn be_down(&mut self, due_ms: f64, outbox: &mut Outbox<D>) {
        self.phase = Phase::Waiting;
        self.due_ms = due_ms;
        // A refusal is reported once until the channel is ready; later attempts are not reported.
        if matches!(self.reported, Notification::Ready) {
            self.reported = Notification::Nothing;
            outbox.push(Effect::Down(self.id));
        }
    }

    /// The server ended the channel or never replied.
    fn fail(&mut self, step: Step, error: &Error, outbox: &mut Outbox<D>) {
        self.settle(step);
        self.trouble.begin(step.now.monotonic_ms);
        let wait_ms = self.reconnects.wait_ms(step.random);
        self.be_down(step.now.monotonic_ms + wait_ms, outbox);
        self.report_trouble(step, error, outbox);
    }

    /// Reports that joins fail if that lasts.
    fn report_trouble(&mut self, step: Step, error: &Error, outbox: &mut Outbox<D>) {
        if self.trouble.is_lasting(step.now.monotonic_ms) {
            self.be_failing(error, outbox);
        }
    }

    /// Reports that the channel cannot get ready, unless that was already reported.
    pub fn be_failing(&mut self, error: &Error, outbox: &mut Outbox<D>) {
        if matches!(self.reported, Notification::Nothing) {
            self.reported = Notification::Failing;
            outbox.push(Effect::Failing(self.id, error.clone()));
            if let Purpose::Room(room) = &mut self.purpose {
                room.forget(self.id, outbox);
            }
        }
    }

    /// The socket is gone, which does not count as a failure of the channel.
    pub fn handle_lost(&mut self, step: Step, outbox: &mut Outbox<D>) {
        self.settle(step);
        let due_ms = if self.phase == Phase::Waiting { self.due_ms } else { step.now.monotonic_ms };
        self.be_down(due_ms, outbox);
    }

    /// Handles a timer. With `is_forgiving`, the reply may be waiting behind a timer that fired late.
    pub fn handle_timeout(&mut self, step: Step, is_forgiving: bool, outbox: &mut Outbox<D>) {
        if self.due_ms > step.now.monotonic_ms {
            return;
        }
        match self.phase {
            Phase::Waiting | Phase::Live => {}
            Phase::Joining | Phase::Joined if is_forgiving => {
                self.due_ms = step.now.monotonic_ms + JOIN_TIMEOUT_MS;
            }
            Phase::Joining | Phase::Joined => self.fail(step, &Error::timeout(), outbox),
            // The status stays the same until the server replies.
            Phase::Refused => {
                self.phase = Phase::Waiting;
                self.due_ms = step.now.monotonic_ms;
            }
        }
    }
}
