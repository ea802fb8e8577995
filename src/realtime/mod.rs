//! One realtime socket and its channels as a state machine: events in, effects out.
//!
//! A [`Session`] receives what the application wants (`open`, `close`, `close_all`), the time, and what happened
//! (`handle_…`), and queues [`Effect`]s. After every call that may change it, take them with
//! [`poll_effect`](Session::poll_effect) until there are none, then set one timer according to
//! [`poll_timeout`](Session::poll_timeout). The session has no socket, no clock and no randomness, and its driver
//! makes no decisions.
//!
//! The server's behavior was recorded from a real server; comments name the recording that a fact comes from.

mod bindings;
mod channel;
mod errors;
mod heartbeat;
mod lateness;
mod outbox;
mod reconnect;
mod room;
mod session;
mod token;
mod wire;

pub use room::{is_event_name, Member, OwnState, Patch, Presence, RoomJoin, MAX_STATE_BYTES};
pub use session::Session;
pub use wire::Vsn;

use crate::error::Error;
use crate::query::Comparison;
use crate::time::Moment;

/// The time and a random number for one step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The current time.
    pub now: Moment,
    /// Uniform in [0, 1).
    pub random: f64,
}

/// Identifies a channel. The caller chooses it and never reuses it.
pub type ChannelId = u32;

/// A binding to the changes of a table. A channel has one or more.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// `*` for all changes, or one of `INSERT`, `UPDATE`, `DELETE`.
    pub event: &'static str,
    /// The table, within the session's schema.
    pub table: &'static str,
    /// The condition on the rows; `None` for all rows that the token's user may see.
    pub filter: Option<Comparison>,
}

/// The token that tells the server what this user may see.
#[derive(Clone, PartialEq)]
pub struct Token {
    /// The JWT.
    pub text: String,
    /// Its `exp` in milliseconds since 1970. If it is `None`, the token is not renewed in time.
    pub expires_wall_ms: Option<f64>,
}

/// What the driver must do or report.
pub enum Effect<D> {
    /// Ask for the token and pass it to [`Session::handle_token`]. Only one such request is pending at a time. Contains
    /// the token that the server rejected, if any.
    AskToken(Option<String>),
    /// Open a socket. There is none at the moment.
    Connect,
    /// Send this text frame on the open socket.
    Send(String),
    /// Close the socket, even if it is not open yet, and report no more of its events.
    Disconnect,
    /// Changes committed from now on will be reported. Earlier ones may have been missed: each of these effects marks
    /// a possible gap, including the first one, the one after a new token, and the one after the server subscribed
    /// again.
    Ready(ChannelId),
    /// The channel is no longer ready and is being joined again.
    Down(ChannelId),
    /// The server refuses the bindings: a bad filter, an unknown table or role; or it does not let the user into the room.
    /// Reported once per error text, until `Ready`. Retried with growing delays.
    Refused(ChannelId, Error),
    /// The channel does not get ready for a reason other than its bindings: the connection, the join or the token is
    /// refused, or there is no reply. Reported once if it lasts, until `Ready`. Retried with growing delays.
    Failing(ChannelId, Error),
    /// A row changed, and the bindings at these positions in the list passed to [`Session::open`] matched it.
    Change(ChannelId, Vec<usize>, Incoming<D>),
    /// These are the others in the room now.
    Others(ChannelId, Vec<Member<D>>),
    /// A message from someone in the room: an object with `event` and `payload`.
    Message(ChannelId, D),
}

impl<D> Effect<D> {
    /// The channel that the effect concerns.
    fn channel(&self) -> Option<ChannelId> {
        match self {
            Self::Ready(id)
            | Self::Down(id)
            | Self::Refused(id, _)
            | Self::Failing(id, _)
            | Self::Change(id, ..)
            | Self::Others(id, _)
            | Self::Message(id, _) => Some(*id),
            Self::AskToken(_) | Self::Connect | Self::Send(_) | Self::Disconnect => None,
        }
    }
}

/// The type of a change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ChangeKind {
    /// It is new.
    Insert,
    /// The row changed, or was written again unchanged.
    Update,
    /// The row was deleted.
    Delete,
}

impl ChangeKind {
    /// Its name in frames and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// A change as reported by the server.
pub struct Incoming<D> {
    /// The type of the change. Taken from the change itself, because older servers send all types to a binding that
    /// asks for one (recording `two-bindings-one-channel`).
    pub kind: ChangeKind,
    /// The table.
    pub table: String,
    /// The new row; `None` for a delete. Large columns that an update did not touch are missing (recording
    /// `basic-insert-update-delete`), so merge it with the known row.
    pub record: Option<D>,
    /// The old row, usually with its primary key only; `None` for an insert.
    pub old: Option<D>,
    /// When it was committed, in ISO format with milliseconds; `None` if the server may not read the table.
    pub commit_timestamp: Option<String>,
    /// Whether data is missing: the server reports that the row is too large or may not be read, or sends a delete
    /// without naming the row (recording `errors-401-400`).
    pub has_errors: bool,
}
