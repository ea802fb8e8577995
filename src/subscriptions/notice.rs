//! The notifications of handlers: changed rows, gaps, and the status of their subscription.

use crate::error::Error;
use crate::realtime::ChangeKind;
use std::collections::VecDeque;
use std::rc::Rc;

/// The status of a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Not connected yet.
    Connecting,
    /// Changes are being received.
    Live,
    /// The connection was lost and is being restored.
    Reconnecting,
    /// The subscription has ended.
    Closed,
    /// The server refuses the subscription.
    Error,
}

impl Status {
    /// The status as the application sees it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Reconnecting => "reconnecting",
            Self::Closed => "closed",
            Self::Error => "error",
        }
    }
}

/// A notification's content.
pub enum Notice<D> {
    /// A row changed.
    Row {
        /// What happened to it.
        kind: ChangeKind,
        /// Its new state; for a delete, its last state.
        row: D,
        /// The state that was last reported.
        old: Option<D>,
        /// The server's time of the change. `None` for changes found by comparison.
        commit_timestamp: Option<Rc<str>>,
    },
    /// The status changed.
    Status(Status, Option<Error>),
    /// Changes may have been missed, and were not determined.
    Gap,
}

/// A notification for the handlers of one subscription.
pub struct Notification<D> {
    /// The subscription's number.
    pub subscription: u32,
    /// The table's name.
    pub table: &'static str,
    /// Its content.
    pub news: Notice<D>,
}

/// Pending notifications, in order.
pub type Notifications<D> = VecDeque<Notification<D>>;
