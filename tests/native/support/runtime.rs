//! Tasks and timers on a clock that only moves when told to.

use futures::channel::oneshot;
use futures::executor::{LocalPool, LocalSpawner};
use futures::task::LocalSpawnExt;
use futures::FutureExt;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The due time of a timer, and its number among timers due at the same time.
type TimerKey = (u64, u64);

struct Timer {
    waker: Option<Waker>,
    fired: Rc<Cell<bool>>,
    /// No one waits for its result.
    is_housekeeping: bool,
}

/// More timers than this that fire without time passing are a loop.
const MAX_AT_ONCE: u32 = 200_000;
/// More timers than this before nothing is waited for any more are a loop too.
const MAX_UNTIL_QUIET: u32 = 1_000_000;

pub struct Runtime {
    pool: RefCell<LocalPool>,
    spawner: LocalSpawner,
    timers: RefCell<BTreeMap<TimerKey, Timer>>,
    now_ms: Cell<f64>,
    last_number: Cell<u64>,
    /// Timers that fired since time last passed.
    fired: Cell<u32>,
}

impl Runtime {
    pub fn new() -> Rc<Self> {
        let pool = LocalPool::new();
        Rc::new(Self {
            spawner: pool.spawner(),
            pool: RefCell::new(pool),
            timers: RefCell::default(),
            now_ms: Cell::new(0.0),
            last_number: Cell::new(0),
            fired: Cell::new(0),
        })
    }

    /// Milliseconds since the start.
    pub fn now_ms(&self) -> f64 {
        self.now_ms.get()
    }

    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        self.spawner.spawn_local(future).expect("the pool lives as long as the runtime");
    }

    /// Runs all tasks until each waits for time to pass.
    pub fn settle(&self) {
        self.pool.borrow_mut().run_until_stalled();
    }

    /// Advances the clock by `ms`; timers fire at their own time.
    pub fn pass(&self, ms: f64) {
        let end = self.now_ms() + ms;
        self.settle();
        while self.fire_next(|due| due <= end) {}
        self.now_ms.set(end);
        self.settle();
    }

    /// Advances the clock to the next timer. False if there is none.
    pub fn step(&self) -> bool {
        self.fire_next(|_| true)
    }

    /// Whether anything but housekeeping is pending.
    pub fn is_awaited(&self) -> bool {
        self.settle();
        self.timers.borrow().values().any(|timer| !timer.is_housekeeping)
    }

    /// Advances the clock until only housekeeping is pending.
    pub fn quiesce(&self) {
        let mut fired = 0;
        while self.is_awaited() {
            self.step();
            fired += 1;
            assert!(fired < MAX_UNTIL_QUIET, "it never becomes quiet");
        }
    }

    fn fire_next(&self, is_due: impl Fn(f64) -> bool) -> bool {
        let next = {
            let mut timers = self.timers.borrow_mut();
            let key = timers.keys().next().copied();
            key.filter(|key| is_due(f64::from_bits(key.0)))
                .and_then(|key| timers.remove(&key).map(|timer| (key, timer)))
        };
        let Some((key, timer)) = next else { return false };
        let due = f64::from_bits(key.0);
        self.fired.set(if due > self.now_ms() { 1 } else { self.fired.get() + 1 });
        assert!(self.fired.get() < MAX_AT_ONCE, "timers fire again and again while no time passes");
        self.now_ms.set(due.max(self.now_ms()));
        timer.fired.set(true);
        if let Some(waker) = timer.waker {
            waker.wake();
        }
        self.settle();
        true
    }

    /// Completes after `ms`. The time counts from now, as with a browser's timers, not from the first poll.
    pub fn sleep(self: &Rc<Self>, ms: f64) -> Sleep {
        self.timer(ms, false)
    }

    /// Like `sleep`, for housekeeping.
    pub fn sleep_in_background(self: &Rc<Self>, ms: f64) -> Sleep {
        self.timer(ms, true)
    }

    /// Completes after everything that is ready now, and everything it starts, has run; repeated `times` times.
    ///
    /// A separate task counts the turns, so polling the result for other reasons does not speed it up.
    pub fn turns(&self, count: usize) -> impl Future<Output = ()> + 'static {
        let (sender, receiver) = oneshot::channel();
        self.spawn(async move {
            for _ in 0..count {
                let mut is_second = false;
                let turn = futures::future::poll_fn(|context| {
                    if is_second {
                        return Poll::Ready(());
                    }
                    is_second = true;
                    context.waker().wake_by_ref();
                    Poll::Pending
                });
                turn.await;
            }
            // The receiver may be gone.
            let _ = sender.send(());
        });
        receiver.map(|_| ())
    }

    fn timer(self: &Rc<Self>, ms: f64, is_housekeeping: bool) -> Sleep {
        assert!(!ms.is_nan(), "a timer needs a time");
        let number = self.last_number.get() + 1;
        self.last_number.set(number);
        // The bits of positive floats sort like the floats.
        let key = ((self.now_ms() + ms.max(0.0)).to_bits(), number);
        let fired = Rc::new(Cell::new(false));
        let timer = Timer { waker: None, fired: fired.clone(), is_housekeeping };
        self.timers.borrow_mut().insert(key, timer);
        Sleep { runtime: self.clone(), key, fired }
    }

    /// Ends every task: tasks hold references to the owner of the runtime.
    pub fn end(&self) {
        let pool = self.pool.replace(LocalPool::new());
        drop(pool);
    }
}

/// Waits for the clock; cancelled when it is dropped.
pub struct Sleep {
    runtime: Rc<Runtime>,
    key: TimerKey,
    fired: Rc<Cell<bool>>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.fired.get() {
            return Poll::Ready(());
        }
        if let Some(timer) = self.runtime.timers.borrow_mut().get_mut(&self.key) {
            timer.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.runtime.timers.borrow_mut().remove(&self.key);
    }
}
