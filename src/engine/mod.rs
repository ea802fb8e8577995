//! The engine: parts that own their state, and the ways through them.
//!
//! Each part is a type with private fields and a few methods. It does not know the others.
//!
//! | part | owns |
//! |---|---|
//! | `auth` | which user, which token, which epoch |
//! | `log` | what happened, for whatever is under way to ask |
//! | `reads`, `batch` | reads in flight, and lookups of this tick |
//! | `writes`, `turns`, `versions` | own writes in flight, their order, the versions that they made |
//! | `live` | subscriptions, the session with its channels, notifications that wait |
//! | [`cache::Store`](crate::cache::Store) | the entries |
//!
//! The ways read from top to bottom, each in a file: `read` and `store_response`; `write` and `writes`; `coherence`, which
//! every change goes through; `sign_in`; `live`, `opening`, `incoming` (frames) and `resync` (gaps). `attempt` sends a request
//! with token, time limit and retries, and `call` ends a call early.
//!
//! A method of the engine takes the state for the length of one step and gives it back before anything waits. Whatever the
//! application is to hear leaves through [`Notifier`](crate::platform::Notifier) and [`Mirror`](crate::platform::Mirror), which
//! run none of its code before the step is over.
//!
//! The engine is generic over [`Platform`], so that the same code runs in a browser and under a simulated clock and network.

mod attempt;
mod auth;
mod batch;
mod call;
mod called;
mod coherence;
mod incoming;
mod live;
mod log;
mod opening;
mod read;
mod reads;
mod resync;
mod shared;
mod sign_in;
mod store_response;
mod turns;
mod versions;
mod write;
mod writes;

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
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use turns::Turns;
use versions::OwnVersions;
use writes::WritesInFlight;

/// What can be set at any time without losing anything.
#[derive(Clone, Copy)]
pub struct Settings {
    /// The cache's limits.
    pub cache: CacheConfig,
    /// How often to try.
    pub retry: RetryConfig,
    /// Milliseconds for one attempt, the token provider's time included.
    pub timeout_ms: f64,
    /// Of realtime.
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

/// One client: its cache, what it has under way, and who is signed in.
pub struct Engine<P: Platform> {
    /// The world around.
    pub platform: P,
    state: RefCell<State<P::Data>>,
    /// How many requests there were, to tell them apart.
    requests: Cell<u32>,
}

/// The parts. Borrowed for the length of a step, never while something waits.
struct State<D: Data> {
    settings: Settings,
    store: Store<D>,
    log: ChangeLog,
    reads: ReadsInFlight<D>,
    batches: Batches<D>,
    writes: WritesInFlight,
    turns: Turns,
    versions: OwnVersions,
    auth: Auth<D>,
    live: Live<D>,
    /// When the cache is swept next (monotonic milliseconds). Dropping the sender ends the wait for that.
    sweeper: Option<(f64, oneshot::Sender<()>)>,
}

impl<D: Data> State<D> {
    /// Records what happened, if anything is under way that could ask about it.
    fn note(&mut self, record: Record) {
        match self.reads.oldest().into_iter().chain(self.writes.oldest()).min() {
            Some(oldest) => self.log.push(record, oldest),
            None => self.log.clear(),
        }
    }

    /// Records that the keys that `picked` names are set or dropped by hand.
    fn overtake_keys(&mut self, picked: &dyn Fn(&str) -> bool) {
        let keys: Vec<_> = self.reads.keys().into_iter().filter(|key| picked(key)).collect();
        if !keys.is_empty() {
            self.note(Record::Keys(keys));
        }
    }
}

impl<P: Platform> Engine<P> {
    /// An engine with an empty cache.
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
            auth: Auth::default(),
            live: Live::default(),
            sweeper: None,
        };
        Rc::new(Self { platform, state: RefCell::new(state), requests: Cell::new(0) })
    }

    /// Changes limits and policies; nothing stored or under way is lost by it.
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
        // How long copies may be answered from has changed with `stale_ms`.
        self.publish_all();
        self.open_soon();
        self.drive();
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.state.borrow().settings
    }

    /// The cache's counters: its own, reads that joined another, and reads under way.
    pub fn stats(&self) -> (Stats, f64, usize) {
        let state = self.state.borrow();
        (state.store.stats(), state.reads.coalesced(), state.reads.len())
    }

    /// Every key that is stored, most recently used first.
    pub fn keys(&self) -> Vec<Rc<str>> {
        self.learn_use();
        self.state.borrow().store.iter().map(|(key, _)| key.clone()).collect()
    }

    /// The keys of the reads under way, and of the entries that they are put together from.
    pub fn keys_under_way(&self) -> Vec<String> {
        self.state.borrow().reads.keys()
    }

    /// Makes the entries of these slots recently used, in this order.
    pub fn touch_slots(&self, slots: &[u32]) {
        self.state.borrow_mut().store.touch_slots(slots);
    }

    /// Learns which entries were answered from copies, before something depends on the order of use.
    fn learn_use(&self) {
        let slots = self.platform.take_used_slots();
        if !slots.is_empty() {
            self.touch_slots(&slots);
        }
    }
}
