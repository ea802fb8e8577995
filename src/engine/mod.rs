//! The engine: parts that own state, and the operations that use them.
//!
//! Each part is a type with private fields and a few methods. Parts do not know each other. Those in public modules are
//! pure and have tests of their own.
//!
//! | part | owns |
//! |---|---|
//! | `auth` | the current user, token and epoch |
//! | `log` | recent changes, against which reads and writes in flight check their responses |
//! | `reads`, `batch` | reads in flight, and the lookups of this tick |
//! | `writes`, `turns`, `versions` | own writes in flight, their order, and the row versions that they made |
//! | `saved_graphs` | the last own saves of graphs |
//! | `rereads` | rows that are being read by id |
//! | `live` | subscriptions, the session with its channels, pending notifications |
//! | [`cache::Store`](crate::cache::Store) | the entries |
//!
//! Each operation is one or two files that read from top to bottom: `read` and `store_response`; `write` and
//! `writes`; `coherence`, which every change goes through; `sign_in`; `live`, `opening`, `session`, `incoming`
//! (frames), `resync` (gaps) and `rooms`. `attempt` sends a request with token, timeout and retries, and `call` ends a call early.
//!
//! A method of the engine borrows the state for one step and releases it before it awaits anything. Everything the
//! application receives leaves through [`Notifier`](crate::platform::Notifier) and
//! [`Mirror`](crate::platform::Mirror), which run none of its code before the step is over.
//!
//! The engine is generic over [`Platform`], so the same code runs in a browser and under a simulated clock and
//! network.

mod attempt;
mod auth;
mod batch;
pub mod call;
mod called;
mod coherence;
mod incoming;
mod live;
pub mod log;
mod members;
mod opening;
mod read;
pub mod reads;
pub mod rereads;
mod resync;
mod rooms;
mod saved_graphs;
mod service;
mod session;
pub mod shared;
mod sign_in;
mod store_response;
mod turns;
pub mod versions;
mod write;
pub mod writes;

pub use call::CallOptions;
pub use live::LiveSettings;
pub use read::Read;

use crate::cache::{CacheConfig, Stats, Store};
use crate::data::Data;
use crate::platform::Platform;
use crate::retry::RetryConfig;
use crate::time::DEFAULT_TIMEOUT_MS;
use auth::Auth;
use batch::Batches;
use futures_channel::oneshot;
use live::Live;
use log::{ChangeLog, Record};
use reads::ReadsInFlight;
use saved_graphs::SavedGraphs;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use turns::Turns;
use versions::OwnVersions;
use writes::WritesInFlight;

/// Settings that can change at any time without losing state.
#[derive(Clone, Copy)]
pub struct Settings {
    /// The cache's limits.
    pub cache: CacheConfig,
    /// The retry policy.
    pub retry: RetryConfig,
    /// Timeout of one attempt in milliseconds, including the token provider's time.
    pub timeout_ms: f64,
    /// Realtime settings.
    pub live: LiveSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache: CacheConfig::default(),
            retry: RetryConfig::default(),
            timeout_ms: DEFAULT_TIMEOUT_MS,
            live: LiveSettings::default(),
        }
    }
}

/// One client: its cache, its calls in flight, and the user who is signed in.
pub struct Engine<P: Platform> {
    /// Clock, network and everything else outside the engine.
    pub platform: P,
    state: RefCell<State<P::Data>>,
    /// Number of requests so far; the next request's number.
    requests: Cell<u32>,
}

/// The parts. Borrowed for one step, never across an await.
struct State<D: Data> {
    settings: Settings,
    store: Store<D>,
    log: ChangeLog,
    reads: ReadsInFlight<D>,
    batches: Batches<D>,
    writes: WritesInFlight,
    turns: Turns,
    versions: OwnVersions,
    saved_graphs: SavedGraphs<D>,
    auth: Auth<D>,
    live: Live<D>,
    /// When the cache is swept next (monotonic milliseconds). Dropping the sender cancels that timer.
    sweeper: Option<(f64, oneshot::Sender<()>)>,
}

impl<D: Data> State<D> {
    /// Records an event, if anything in flight could depend on it.
    fn note(&mut self, record: Record) {
        let oldest = [self.reads.oldest(), self.writes.oldest(), self.live.rereads.oldest()];
        match oldest.into_iter().flatten().min() {
            Some(oldest) => self.log.push(record, oldest),
            None => self.log.clear(),
        }
    }

    /// Records that the application set or dropped the keys for which `picked` is true.
    fn overtake_keys(&mut self, picked: &dyn Fn(&str) -> bool) {
        let keys: Vec<_> = self.reads.keys().into_iter().filter(|key| picked(key)).collect();
        if !keys.is_empty() {
            self.note(Record::Keys(keys));
        }
    }
}

impl<P: Platform> Engine<P> {
    /// Creates an engine with an empty cache.
    pub fn new(platform: P) -> Rc<Self> {
        let state = State {
            settings: Settings::default(),
            store: Store::default(),
            log: ChangeLog::default(),
            reads: ReadsInFlight::default(),
            batches: Batches::default(),
            writes: WritesInFlight::default(),
            turns: Turns::default(),
            versions: OwnVersions::default(),
            saved_graphs: SavedGraphs::default(),
            auth: Auth::default(),
            live: Live::default(),
            sweeper: None,
        };
        Rc::new(Self { platform, state: RefCell::new(state), requests: Cell::new(0) })
    }

    /// Changes the settings without losing stored entries or calls in flight.
    pub fn configure(self: &Rc<Self>, settings: Settings) {
        {
            let mut state = self.state.borrow_mut();
            if state.settings.live.unfiltered_deletes != settings.live.unfiltered_deletes {
                state.live.unload_all(self.step());
            }
            state.settings = settings;
            state.store.configure(settings.cache);
        }
        self.flush();
        // `stale_ms` may have changed how long copies may answer.
        self.publish_all();
        self.open_soon();
        self.drive();
    }

    /// The current settings.
    pub fn settings(&self) -> Settings {
        self.state.borrow().settings
    }

    /// The cache's counters, the number of reads that joined another, and the number of reads in flight.
    pub fn stats(&self) -> (Stats, f64, usize) {
        let state = self.state.borrow();
        (state.store.stats(), state.reads.coalesced(), state.reads.count())
    }

    /// All stored keys, most recently used first.
    pub fn keys(&self) -> Vec<Rc<str>> {
        self.learn_use();
        self.state.borrow().store.iter().map(|(key, _)| key.clone()).collect()
    }

    /// The keys of the reads in flight, including the entries that they are composed from.
    pub fn keys_under_way(&self) -> Vec<String> {
        self.state.borrow().reads.keys()
    }

    /// Marks the entries in these slots as recently used, in this order.
    pub fn touch_slots(&self, slots: &[u32]) {
        self.state.borrow_mut().store.touch_slots(slots);
    }

    /// Marks the entries that JavaScript has read from its copies since the last call as recently used. Must run before
    /// anything depends on the order of use.
    fn learn_use(&self) {
        let slots = self.platform.take_used_slots();
        if !slots.is_empty() {
            self.touch_slots(&slots);
        }
    }
}
