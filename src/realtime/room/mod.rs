//! A room: the people in it, the state of each person, and messages between them.
//!
//! Presence lists the people; broadcasts contain their states. Hosted servers accept 5 presence updates per channel in
//! 30 seconds and close the channel at the next one. So a new state is broadcast at once, and added to the presence
//! every ten seconds, for people who join later.

mod own_state;
mod presence;

pub use own_state::{OwnState, Patch, MAX_STATE_BYTES};
pub use presence::{Member, Presence};

use super::outbox::Outbox;
use super::wire::Frame;
use super::{ChannelId, Effect, Step};
use crate::data::Data;
use crate::json::json_text;
use crate::time::{Moment, SHOW_GAP_MS, STATE_GAP_MS, TRACK_GAP_MS};

/// The event name of broadcasts that contain a tab's state.
const STATE_EVENT: &str = "workflow-db:state";
/// Presence differences that arrive before the complete presence are queued. A server that does not send the presence
/// sends no differences either, so there are few of them.
const MAX_WAITING: usize = 1_000;

/// Everything needed to join a room.
#[derive(Clone, Debug, Default)]
pub struct RoomJoin {
    /// The topic, without `realtime:`.
    pub topic: String,
    /// The user's id, which is the presence key; empty if no one is signed in.
    pub user: String,
    /// Identifies this tab; unique per tab.
    pub tab: String,
    /// The user's display name.
    pub name: String,
    /// When the room was first joined (milliseconds since 1970).
    pub since_ms: f64,
    /// The state to show, as a JSON object.
    pub state: String,
}

/// Whether the application may use this event name for its own messages.
pub fn is_event_name(event: &str) -> bool {
    !event.is_empty() && event != STATE_EVENT
}

pub(super) struct Room<D> {
    join: RoomJoin,
    /// When the state was set. Only increases, so that the later of two states wins.
    at_ms: f64,
    /// The state, or a newer presence entry, has not been broadcast.
    is_unsent: bool,
    /// The presence does not contain the state yet.
    is_untracked: bool,
    /// When the state may be sent again (monotonic milliseconds).
    send_ms: f64,
    track_ms: f64,
    presence: Presence<D>,
    /// Presence differences that arrived before the complete presence. `None` afterwards.
    waiting: Option<Vec<D>>,
    /// The other people, as last reported.
    told: Vec<Member<D>>,
    is_changed: bool,
    /// When they may be reported again.
    show_ms: f64,
}

impl<D: Data> Room<D> {
    pub fn new(join: RoomJoin, now: Moment) -> Self {
        Self {
            join,
            at_ms: now.wall_ms,
            is_unsent: false,
            is_untracked: false,
            send_ms: f64::NEG_INFINITY,
            track_ms: f64::NEG_INFINITY,
            presence: Presence::default(),
            waiting: None,
            told: Vec::new(),
            is_changed: false,
            show_ms: f64::NEG_INFINITY,
        }
    }

    /// The channel configuration for the payload of a join (recording `broadcast-presence-vsn1`).
    pub fn config(&self) -> String {
        let start = "{\"broadcast\":{\"ack\":false,\"self\":false},\"presence\":{\"key\":";
        let end = ",\"enabled\":true},\"postgres_changes\":[],\"private\":true}";
        [start, &json_text(&self.join.user), end].concat()
    }

    /// The server accepted this client as a new participant, and will send the presence.
    pub fn enter(&mut self) {
        self.waiting = Some(Vec::new());
        (self.is_unsent, self.is_untracked) = (false, true);
        (self.send_ms, self.track_ms) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    }

    /// Replaces the state that this client shows.
    pub fn show(&mut self, state: String, now: Moment) {
        if self.join.state == state {
            return;
        }
        self.join.state = state;
        self.at_ms = now.wall_ms.max(self.at_ms + 1.0);
        (self.is_unsent, self.is_untracked) = (true, true);
    }

    /// The event and payload of an application message.
    pub fn message(event: &str, payload: &str) -> String {
        broadcast(&json_text(event), payload)
    }

    /// Handles a frame on the channel.
    pub fn handle_frame(&mut self, id: ChannelId, frame: &Frame<D>, outbox: &mut Outbox<D>) {
        match &*frame.event {
            "presence_state" => {
                self.presence.replace(&frame.payload);
                for diff in self.waiting.take().into_iter().flatten() {
                    self.presence.apply(&diff);
                }
                self.is_changed = true;
            }
            "presence_diff" => match &mut self.waiting {
                Some(waiting) if waiting.len() < MAX_WAITING => waiting.push(frame.payload.clone()),
                Some(_) => {}
                None => {
                    // A person who joins finds a state in the presence that is up to ten seconds old.
                    self.is_unsent |= self.presence.apply(&frame.payload) && self.is_untracked;
                    self.is_changed = true;
                }
            },
            "broadcast" if frame.says("event") == STATE_EVENT => {
                if let Some(shown) = frame.payload.child("payload") {
                    self.presence.hear(&shown);
                    self.is_changed = true;
                }
            }
            "broadcast" => outbox.push(Effect::Message(id, frame.payload.clone())),
            _ => {}
        }
    }

    /// Performs what is due while the room is joined.
    pub fn advance(
        &mut self,
        step: Step,
        id: ChannelId,
        join_ref: &str,
        topic: &str,
        outbox: &mut Outbox<D>,
    ) {
        let now_ms = step.now.monotonic_ms;
        if self.is_untracked && self.track_ms <= now_ms {
            self.is_untracked = false;
            self.track_ms = now_ms + TRACK_GAP_MS;
            outbox.send(Some(join_ref), topic, "presence", &self.entry());
        }
        if self.is_unsent && self.send_ms <= now_ms {
            self.is_unsent = false;
            self.send_ms = now_ms + STATE_GAP_MS;
            outbox.send(Some(join_ref), topic, "broadcast", &self.shown());
        }
        if self.is_changed && self.show_ms <= now_ms {
            self.is_changed = false;
            self.tell(id, now_ms, outbox);
        }
    }

    /// When something is due while the room is joined.
    pub fn due_ms(&self) -> f64 {
        let due = |is_wanted: bool, due_ms: f64| if is_wanted { due_ms } else { f64::INFINITY };
        let sent_ms = due(self.is_untracked, self.track_ms).min(due(self.is_unsent, self.send_ms));
        sent_ms.min(due(self.is_changed, self.show_ms))
    }

    /// Forgets the other people: this client has no access to the room, or cannot reach it.
    pub fn forget(&mut self, id: ChannelId, outbox: &mut Outbox<D>) {
        self.presence = Presence::default();
        self.is_changed = false;
        self.tell(id, self.show_ms, outbox);
    }

    fn tell(&mut self, id: ChannelId, now_ms: f64, outbox: &mut Outbox<D>) {
        self.show_ms = now_ms + SHOW_GAP_MS;
        let mut others = self.presence.others(&self.join.user);
        for member in &mut others {
            if let Some(known) = self.told.iter().find(|known| known.user_id == member.user_id) {
                member.state = known.state.reuse(member.state.clone());
            }
        }
        let is_same = others.len() == self.told.len()
            && others.iter().zip(&self.told).all(|(one, other)| one.is_same(other));
        if !is_same {
            self.told.clone_from(&others);
            outbox.push(Effect::Others(id, others));
        }
    }

    /// The entry for the presence.
    fn entry(&self) -> String {
        let name = json_text(&self.join.name);
        let since = whole(self.join.since_ms);
        let own = self.own();
        [
            "{\"type\":\"presence\",\"event\":\"track\",\"payload\":{\"name\":",
            &name,
            ",\"since\":",
            &since,
            ",",
            &own,
            "}",
        ]
        .concat()
    }

    /// The broadcast with the state.
    fn shown(&self) -> String {
        broadcast(&json_text(STATE_EVENT), &["{", &self.own()].concat())
    }

    /// The remaining members of an object that describes this tab.
    fn own(&self) -> String {
        let (tab, at) = (json_text(&self.join.tab), whole(self.at_ms));
        ["\"tab\":", &tab, ",\"at\":", &at, ",\"state\":", &self.join.state, "}"].concat()
    }
}

/// Milliseconds since 1970, rounded down.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn whole(ms: f64) -> String {
    (ms as u64).to_string()
}

fn broadcast(event: &str, payload: &str) -> String {
    ["{\"type\":\"broadcast\",\"event\":", event, ",\"payload\":", payload, "}"].concat()
}
