//! One Realtime socket and its channels: what was heard goes in, what is to be done comes out.
//!
//! A [`Session`] is told what the application wants (`open`, `close`, `close_all`), what time it is and what the world
//! did (`handle_…`), and queues [`Effect`]s. After every call that may change it, take them with
//! [`poll_effect`](Session::poll_effect) until there is none, then set one timer by
//! [`poll_timeout`](Session::poll_timeout). It has no socket, no clock and no randomness, and its driver no decisions.
//!
//! What the server does was recorded from a real one; comments name the recording that a fact is from.

mod channel;
mod heartbeat;
mod outbox;
mod reconnect;
mod session;
mod token;
mod wire;

pub use session::Session;
pub use wire::Vsn;

use crate::error::Error;
use crate::query::Comparison;
use crate::time::Moment;

/// What time it is, and a random number, for one step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Now.
    pub now: Moment,
    /// Uniform in [0, 1).
    pub random: f64,
}

/// Names a channel. The caller chooses it and never uses it again.
pub type ChannelId = u32;

/// One subscription to the changes of a table. A channel has one or more.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// `*` for every kind of change, or one of `INSERT`, `UPDATE`, `DELETE`.
    pub event: &'static str,
    /// The table, within the session's schema.
    pub table: &'static str,
    /// What holds for the rows; None for every row that the token may see.
    pub filter: Option<Comparison>,
}

/// What the server is shown, so that it sends what this user may see.
#[derive(Clone, PartialEq)]
pub struct Token {
    /// The JWT.
    pub text: String,
    /// Its `exp` in milliseconds since 1970; None when that is not known, and then it is not renewed in time.
    pub expires_wall_ms: Option<f64>,
}

/// What the driver is to do, or to tell.
pub enum Effect<D> {
    /// Ask for the token; the answer goes to [`Session::handle_token`]. One question is open at a time. The server no
    /// longer accepts the token that is given here, if one is.
    AskToken(Option<String>),
    /// Open a socket. There is none at this time.
    Connect,
    /// Send this text frame on the open socket.
    Send(String),
    /// Close the socket, whether it is open yet or not, and tell nothing more of it.
    Disconnect,
    /// Changes committed from now on will be told. What was committed before may have been missed: every one of these
    /// is a possible gap, the first, the one after a new token and the one after the server subscribed anew.
    Ready(ChannelId),
    /// What was ready is not any more. It is being joined again.
    Down(ChannelId),
    /// The server does not take the subscription: a bad filter, an unknown table or role. Told once for each text; ends
    /// with `Ready`. It is tried again, ever more rarely.
    Refused(ChannelId, Error),
    /// The channel does not get ready, for a reason that is not its bindings: the connection, the join or the token is
    /// refused, or nothing answers. Told when that lasts, once until `Ready`. It is tried again, ever more rarely.
    Failing(ChannelId, Error),
    /// A row changed, as the bindings at these places in the list given to [`Session::open`] asked to be told.
    Change(ChannelId, Vec<usize>, Incoming<D>),
}

impl<D> Effect<D> {
    /// The channel that it tells of.
    fn channel(&self) -> Option<ChannelId> {
        match self {
            Self::Ready(id)
            | Self::Down(id)
            | Self::Refused(id, _)
            | Self::Failing(id, _)
            | Self::Change(id, ..) => Some(*id),
            Self::AskToken(_) | Self::Connect | Self::Send(_) | Self::Disconnect => None,
        }
    }
}

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ChangeKind {
    /// It is new.
    Insert,
    /// It is different, or was written again as it was.
    Update,
    /// It is gone.
    Delete,
}

impl ChangeKind {
    /// As it stands in frames and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// A change as the server tells it.
pub struct Incoming<D> {
    /// What happened. Taken from the change itself: older servers tell all kinds to a binding that asks for one
    /// (recording `two-bindings-one-channel`).
    pub kind: ChangeKind,
    /// The table.
    pub table: String,
    /// The row as it is now, none for a delete. Large columns that an update did not touch are absent from it
    /// (recording `basic-insert-update-delete`): lay it over the known row.
    pub record: Option<D>,
    /// The row as it was: mostly its primary key only, none for an insert.
    pub old: Option<D>,
    /// When it was committed, in ISO format with milliseconds; None where the server may not look into the table.
    pub commit_timestamp: Option<String>,
    /// Whether something is missing: the server says that the row is too large or may not be read, or it tells a
    /// delete without saying of what (recording `errors-401-400`).
    pub has_errors: bool,
}
