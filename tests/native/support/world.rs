//! Everything outside the clients: time, the server, the network, and a log of requests.

use super::client::Client;
use super::network::Network;
use super::postgrest::Server;
use super::random::{uuid_of, Random};
use super::realtime::Realtime;
use super::runtime::Runtime;
use serde_json::json;
use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;

/// A request that was sent.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at_ms: f64,
    /// `METHOD path?query`.
    pub line: String,
    pub body: Option<String>,
    pub subject: Option<String>,
    /// Whether it bypasses the HTTP cache.
    pub is_fresh: bool,
    /// Whether the caller stopped waiting for the response.
    pub is_aborted: bool,
}

pub struct Core {
    pub runtime: Rc<Runtime>,
    pub server: RefCell<Server>,
    pub network: Network,
    pub realtime: Realtime,
    pub random: Random,
    pub requests: RefCell<Vec<Seen>>,
}

pub struct World {
    pub core: Rc<Core>,
    /// The number of requests that were already taken.
    taken: Cell<usize>,
}

impl World {
    pub fn new() -> Self {
        Self::from_seed(1)
    }

    /// The same seed creates the same world.
    pub fn from_seed(seed: u64) -> Self {
        Self {
            core: Rc::new(Core {
                runtime: Runtime::new(),
                server: RefCell::default(),
                network: Network::default(),
                realtime: Realtime::default(),
                random: Random::new(seed),
                requests: RefCell::default(),
            }),
            taken: Cell::new(0),
        }
    }

    /// A client with this user, who has a profile, signed in.
    pub fn signed_in(&self, user: &str) -> Client {
        let id = uuid_of(user);
        self.server().verify(&id, email_of(user));
        if self.server().row("user_profiles", &id).is_none() {
            self.server().add("user_profiles", json!({"id": id, "email": email_of(user)}));
        }
        let client = Client::new(self.core.clone());
        client.tokens().sign_in(Some(user));
        client
    }

    pub fn server(&self) -> RefMut<'_, Server> {
        self.core.server.borrow_mut()
    }

    pub fn network(&self) -> &Network {
        &self.core.network
    }

    /// Advances the time by `ms`.
    pub fn pass(&self, ms: f64) {
        self.core.runtime.pass(ms);
    }

    /// Advances the time until nothing is pending.
    pub fn quiesce(&self) {
        self.core.runtime.quiesce();
    }

    /// Runs everything that takes no time.
    pub fn settle(&self) {
        self.core.runtime.settle();
    }

    pub fn now_ms(&self) -> f64 {
        self.core.runtime.now_ms()
    }

    /// The requests since the last call.
    pub fn take_requests(&self) -> Vec<Seen> {
        let requests = self.core.requests.borrow();
        let taken = self.taken.replace(requests.len());
        requests[taken..].to_vec()
    }

    /// The number of requests since the last call.
    pub fn count_requests(&self) -> usize {
        self.take_requests().len()
    }
}

/// The address of a user.
pub fn email_of(user: &str) -> String {
    format!("{user}@example.org")
}

impl Drop for World {
    fn drop(&mut self) {
        self.core.runtime.end();
    }
}
