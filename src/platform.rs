//! The engine's dependencies. `src/io` implements them for a browser, the tests as a simulation.

use crate::cache::Change;
use crate::data::Data;
use crate::error::Error;
use crate::rest::{Reply, Request};
use crate::subscriptions::{Notification, RoomNotification};
use crate::time::Moment;
use std::future::Future;

/// All dependencies of the engine.
pub trait Platform: Clock + Tasks + Host + Socket + Mirror + Notifier + 'static {}

/// Time and timers.
pub trait Clock {
    /// The current time on both clocks.
    fn now(&self) -> Moment;
    /// Resolves after `ms` milliseconds.
    fn sleep(&self, ms: f64) -> impl Future<Output = ()> + 'static;
    /// Like `sleep`, but must not keep a process alive.
    fn sleep_in_background(&self, ms: f64) -> impl Future<Output = ()> + 'static;
}

/// Tasks of the host's event loop.
pub trait Tasks {
    /// Resolves after everything that the current task started has run.
    fn tick(&self) -> impl Future<Output = ()> + 'static;
    /// Runs a future as a separate task.
    fn spawn(&self, future: impl Future<Output = ()> + 'static);
}

/// The server, the user, and randomness.
pub trait Host {
    /// The type of the data in responses.
    type Data: Data;

    /// Uniform in [0, 1).
    fn random(&self) -> f64;
    /// A new random uuid.
    fn uuid(&self) -> String;
    /// Whether a server is configured.
    fn is_configured(&self) -> bool;
    /// Length in bytes of the server's address, which every URL starts with.
    fn base_url_length(&self) -> usize;
    /// The database schema.
    fn schema(&self) -> String;
    /// Asks for the user's token; `None` means anonymous. `rejected` is a token that the server rejected.
    fn token(&self, rejected: Option<&str>) -> impl Future<Output = Result<Option<String>, Error>> + 'static;
    /// The token's claims as an object; `None` if it is not a JWT.
    fn claims(&self, token: &str) -> Option<Self::Data>;
    /// The data as JSON, with numbers spelled as they were read.
    fn json(&self, data: &Self::Data) -> Result<String, Error>;
    /// Sends a request and waits for the complete response. Dropping the future aborts the request. With `is_fresh`,
    /// no local HTTP cache may answer it.
    fn send(
        &self,
        request: &Request,
        token: Option<&str>,
        is_fresh: bool,
    ) -> impl Future<Output = Result<Reply<Self::Data>, Error>> + 'static;
}

/// The realtime socket. Its events go to `Engine::socket_opened`, `socket_frame` and `socket_closed`.
pub trait Socket {
    /// Opens the socket.
    fn connect(&self);
    /// Sends a text.
    fn transmit(&self, text: &str);
    /// Closes the socket. It must not report any events afterwards.
    fn disconnect(&self);
    /// Calls `Engine::woken` after `ms` milliseconds, replacing any earlier request. Infinity: never.
    fn wake_in(&self, ms: f64);
}

/// Copies of the cache's entries, which serve hits without a call to the engine.
pub trait Mirror: Host {
    /// The entry under `key` is now this, or was removed.
    fn entry_changed(&self, key: &str, entry: Option<Published<Self::Data>>);
    /// The slots of the entries whose copies were read since the last call, in order.
    fn take_used_slots(&self) -> Vec<u32>;
    /// Withdraws all copies until they are published again.
    fn withdraw_entries(&self);
}

/// Delivers everything the application receives. None of its code may run before the engine's step is over.
pub trait Notifier: Host {
    /// Notifies the handlers of a subscription.
    fn tell(&self, told: Notification<Self::Data>);
    /// Notifies those who joined a room.
    fn tell_room(&self, told: RoomNotification<Self::Data>);
    /// Reports a change to the other pages of the app, if there are any.
    fn row_changed(&self, change: &Change<Self::Data>);
    /// Reports an event to logs and devtools.
    fn event(&self, event: Event<'_>);
}

/// An entry as published to copies.
pub struct Published<D> {
    /// The data.
    pub data: D,
    /// Until when copies may be served (wall clock, milliseconds).
    pub until_wall_ms: f64,
    /// The number by which use of the entry is reported.
    pub slot: u32,
}

/// An event for logs and devtools. Never contains a row's value or a secret.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A read was answered from the cache.
    Hit {
        /// The entry's key.
        key: &'a str,
    },
    /// A read was not in the cache and asks the server.
    Miss {
        /// The entry's key.
        key: &'a str,
    },
    /// A read joined another one in flight.
    Joined {
        /// The entry's key.
        key: &'a str,
    },
    /// An attempt of a request begins.
    Sent {
        /// The request's number, shared by all of its attempts.
        request: u32,
        /// GET, POST, PATCH or DELETE.
        method: &'a str,
        /// The table or function.
        table: &'a str,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The number of reads that the response is for.
        reads: usize,
    },
    /// An attempt of a request ended: it succeeded, failed, or was aborted.
    Attempt {
        /// The request's number, shared by all of its attempts.
        request: u32,
        /// GET, POST, PATCH or DELETE.
        method: &'a str,
        /// The table or function.
        table: &'a str,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// HTTP status of the response, if there was one.
        status: Option<u16>,
        /// The error's code, if it failed.
        code: Option<&'a str>,
        /// The duration in milliseconds.
        duration_ms: f64,
    },
    /// An entry was stored or patched.
    Stored {
        /// The entry's key.
        key: &'a str,
    },
    /// An entry was removed.
    Dropped {
        /// The entry's key.
        key: &'a str,
    },
    /// The user changed or signed out; no rows of the previous user are left.
    UserChanged,
}
