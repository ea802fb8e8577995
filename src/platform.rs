//! What the engine needs from the world around it. `src/io` gives it a browser, the tests a simulated one.

use crate::data::Data;
use crate::error::Error;
use crate::rest::{Reply, Request};
use crate::subscriptions::Notification;
use crate::time::Moment;
use std::future::Future;

/// Everything that the engine needs, in parts.
pub trait Platform: Clock + Tasks + Host + Socket + Mirror + Notifier + 'static {}

/// Time, and waiting for it.
pub trait Clock {
    /// The time on both clocks.
    fn now(&self) -> Moment;
    /// Completes after `ms` milliseconds.
    fn sleep(&self, ms: f64) -> impl Future<Output = ()> + 'static;
    /// As `sleep`, for housekeeping that must not keep a process alive.
    fn sleep_in_background(&self, ms: f64) -> impl Future<Output = ()> + 'static;
}

/// The tasks of the host's event loop.
pub trait Tasks {
    /// Completes when everything that the running task started has had its turn.
    fn tick(&self) -> impl Future<Output = ()> + 'static;
    /// Runs a future as a task of its own.
    fn spawn(&self, future: impl Future<Output = ()> + 'static);
}

/// The server, the user who talks to it, and randomness.
pub trait Host {
    /// What answers are made of.
    type Data: Data;

    /// Uniform in [0, 1).
    fn random(&self) -> f64;
    /// A new random uuid.
    fn uuid(&self) -> String;
    /// Whether there is a server to talk to.
    fn is_configured(&self) -> bool;
    /// Bytes that the server's address takes of every URL.
    fn base_url_length(&self) -> usize;
    /// The database schema.
    fn schema(&self) -> String;
    /// Asks for the user's token; none means anonymous. `rejected` is one that the server no longer accepts.
    fn token(&self, rejected: Option<&str>) -> impl Future<Output = Result<Option<String>, Error>> + 'static;
    /// What the token says, as an object. None when it is no JWT.
    fn claims(&self, token: &str) -> Option<Self::Data>;
    /// Sends a request and waits for its whole answer. Dropping the future aborts the request. With `is_fresh`, no HTTP
    /// cache on this side may answer it.
    fn send(
        &self,
        request: &Request,
        token: Option<&str>,
        is_fresh: bool,
    ) -> impl Future<Output = Result<Reply<Self::Data>, Error>> + 'static;
}

/// The socket to realtime. What it does is told to `Engine::socket_opened`, `socket_frame` and `socket_closed`.
pub trait Socket {
    /// Opens it.
    fn connect(&self);
    /// Sends a text.
    fn transmit(&self, text: &str);
    /// Closes it; nothing of it is heard afterwards.
    fn disconnect(&self);
    /// Calls `Engine::woken` after `ms` milliseconds, in the place of any earlier wish. Infinity: never.
    fn wake_in(&self, ms: f64);
}

/// Copies of the cache's entries, from which hits are answered without asking the engine.
pub trait Mirror: Host {
    /// The entry under `key` is now this, or gone.
    fn entry_changed(&self, key: &str, entry: Option<Published<Self::Data>>);
    /// The slots of the entries that were answered from copies since the last call, in order.
    fn take_used_slots(&self) -> Vec<u32>;
    /// Nothing may be answered from copies of entries until they are published again.
    fn withdraw_entries(&self);
}

/// Whatever the application wants to hear. None of its code runs before the engine's step is over.
pub trait Notifier: Host {
    /// Tells the handlers of a subscription.
    fn tell(&self, told: Notification<Self::Data>);
    /// Something happened that logs and tools may show.
    fn event(&self, event: Event<'_>);
}

/// A stored entry as others may hand it out.
pub struct Published<D> {
    /// The answer.
    pub data: D,
    /// From this time on the engine must be asked instead (wall clock, milliseconds).
    pub until_wall_ms: f64,
    /// By this number the engine is told that the entry was used.
    pub slot: u32,
}

/// What happened, for logs and tools. Never a row's value or a secret.
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
    /// A read joined another one that was under way.
    Joined {
        /// The entry's key.
        key: &'a str,
    },
    /// An attempt of a request begins.
    Sent {
        /// By this number all attempts of one request are known.
        request: u32,
        /// GET, POST, PATCH or DELETE.
        method: &'a str,
        /// The table or function.
        table: &'a str,
        /// From 1.
        attempt: u32,
        /// How many reads its answer is for.
        reads: usize,
    },
    /// An attempt of a request ended: answered, failed, or given up.
    Attempt {
        /// By this number all attempts of one request are known.
        request: u32,
        /// GET, POST, PATCH or DELETE.
        method: &'a str,
        /// The table or function.
        table: &'a str,
        /// From 1.
        attempt: u32,
        /// HTTP status of the answer, when there was one.
        status: Option<u16>,
        /// The error's code, when it failed.
        code: Option<&'a str>,
        /// How long it took, in milliseconds.
        duration_ms: f64,
    },
    /// An entry was stored or patched.
    Stored {
        /// The entry's key.
        key: &'a str,
    },
    /// An entry left.
    Dropped {
        /// The entry's key.
        key: &'a str,
    },
    /// Another user, or nobody, is signed in now; nothing of the one before is left.
    UserChanged,
}
