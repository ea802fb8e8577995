//! Tasks and timers under a clock that only moves when it is told to.

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

/// When a timer is due, and its number among those due at the same time.
type TimerKey = (u64, u64);

struct Timer {
    waker: Option<Waker>,
    fired: Rc<Cell<bool>>,
    /// Nothing waits for its result.
    is_housekeeping: bool,
}

pub struct Runtime {
    pool: RefCell<LocalPool>,
    spawner: LocalSpawner,
    timers: RefCell<BTreeMap<TimerKey, Timer>>,
    now_ms: Cell<f64>,
    last_number: Cell<u64>,
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
        })
    }

    /// Milliseconds since the start.
    pub fn now_ms(&self) -> f64 {
        self.now_ms.get()
    }

    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        self.spawner.spawn_local(future).expect("the pool lives as long as the runtime");
    }

    /// Runs every task until all of them wait for time to pass.
    pub fn settle(&self) {
        self.pool.borrow_mut().run_until_stalled();
    }

    /// Moves the clock by `ms`; every timer due meanwhile fires at its own time.
    pub fn pass(&self, ms: f64) {
        let end = self.now_ms() + ms;
        self.settle();
        while self.fire_next(|due| due <= end) {}
        self.now_ms.set(end);
        self.settle();
    }

    /// Moves the clock to the next timer. False when there is none.
    pub fn step(&self) -> bool {
        self.fire_next(|_| true)
    }

    /// Whether anything other than housekeeping is being waited for.
    pub fn is_awaited(&self) -> bool {
        self.settle();
        self.timers.borrow().values().any(|timer| !timer.is_housekeeping)
    }

    /// Moves the clock until only housekeeping is being waited for.
    pub fn quiesce(&self) {
        while self.is_awaited() {
            self.step();
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
        self.now_ms.set(f64::from_bits(key.0).max(self.now_ms()));
        timer.fired.set(true);
        if let Some(waker) = timer.waker {
            waker.wake();
        }
        self.settle();
        true
    }

    /// Completes after `ms`. The time counts from now, not from the first poll, as a browser's timers do.
    pub fn sleep(self: &Rc<Self>, ms: f64) -> Sleep {
        self.timer(ms, false)
    }

    /// Like `sleep`, for housekeeping.
    pub fn sleep_in_background(self: &Rc<Self>, ms: f64) -> Sleep {
        self.timer(ms, true)
    }

    /// Completes after everything that is ready now, and what that starts, has had its turn; repeated `times` times.
    ///
    /// Turns are counted by a task of their own: who polls the result for other reasons does not hurry it.
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
            // Nothing may be waiting any more.
            let _ = sender.send(());
        });
        receiver.map(|_| ())
    }

    fn timer(self: &Rc<Self>, ms: f64, is_housekeeping: bool) -> Sleep {
        assert!(!ms.is_nan(), "a timer needs a time");
        let number = self.last_number.get() + 1;
        self.last_number.set(number);
        // Bits of positive floats are in the order of the floats.
        let key = ((self.now_ms() + ms.max(0.0)).to_bits(), number);
        let fired = Rc::new(Cell::new(false));
        let timer = Timer { waker: None, fired: fired.clone(), is_housekeeping };
        self.timers.borrow_mut().insert(key, timer);
        Sleep { runtime: self.clone(), key, fired }
    }

    /// Ends every task: they hold shares of what holds the runtime.
    pub fn end(&self) {
        let pool = self.pool.replace(LocalPool::new());
        drop(pool);
    }
}

/// Waits for the clock; cleared when it is dropped.
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
