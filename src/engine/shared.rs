//! A future with several waiters.
//!
//! `futures_util`'s `Shared` also supports threads; its atomics, mutex and slab would add more to the package than
//! this file does.

use futures_util::future::LocalBoxFuture;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

/// A future whose result every waiter gets. It runs as long as a handle exists and is dropped with the last one.
pub struct Shared<T> {
    state: Rc<RefCell<State<T>>>,
}

/// The progress of the work.
enum State<T> {
    UnderWay {
        /// `None` while it is being polled.
        work: Option<LocalBoxFuture<'static, T>>,
        /// The waiters' wakers, one slot each.
        waiting: Vec<Option<Waker>>,
        /// The slot of the waiter that polled last; the work wakes this one.
        driver: usize,
    },
    Done(T),
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone() }
    }
}

impl<T: Clone + 'static> Shared<T> {
    /// Wraps `work`. It does not start before the first waiter is polled.
    pub fn new(work: LocalBoxFuture<'static, T>) -> Self {
        let state = State::UnderWay { work: Some(work), waiting: Vec::new(), driver: 0 };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// Waits for the result. The waiter that is polled drives the work; all waiters are woken when it finishes.
    pub fn wait(self) -> Wait<T> {
        Wait { shared: self, place: None }
    }

    /// Whether both handles belong to the same work.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }

    /// A handle that does not keep the work alive.
    pub fn downgrade(&self) -> WeakShared<T> {
        WeakShared { state: Rc::downgrade(&self.state) }
    }
}

/// A waiter.
pub struct Wait<T> {
    shared: Shared<T>,
    /// Its slot among the waiters.
    place: Option<usize>,
}

impl<T> Wait<T> {
    /// Registers the waiter as the driver and takes the work to poll it.
    fn take_work(&mut self, waker: &Waker) -> Option<LocalBoxFuture<'static, T>> {
        match &mut *self.shared.state.borrow_mut() {
            State::Done(_) => None,
            State::UnderWay { work, waiting, driver } => {
                let free = || waiting.iter().position(Option::is_none).unwrap_or(waiting.len());
                let place = self.place.unwrap_or_else(free);
                if place == waiting.len() {
                    waiting.push(None);
                }
                waiting[place] = Some(waker.clone());
                self.place = Some(place);
                *driver = place;
                work.take()
            }
        }
    }
}

impl<T: Clone> Future for Wait<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if let State::Done(result) = &*self.shared.state.borrow() {
            return Poll::Ready(result.clone());
        }
        // Nothing is borrowed while the work runs, because it may call back into this future. Waiters that arrive
        // during that time are woken at its end.
        let Some(mut work) = self.take_work(context.waker()) else {
            return Poll::Pending;
        };
        match work.as_mut().poll(context) {
            Poll::Pending => {
                if let State::UnderWay { work: place, .. } = &mut *self.shared.state.borrow_mut() {
                    *place = Some(work);
                }
                Poll::Pending
            }
            Poll::Ready(result) => {
                if let State::UnderWay { waiting, .. } =
                    self.shared.state.replace(State::Done(result.clone()))
                {
                    waiting.into_iter().flatten().for_each(Waker::wake);
                }
                Poll::Ready(result)
            }
        }
    }
}

impl<T> Drop for Wait<T> {
    fn drop(&mut self) {
        let next = match (self.place, self.shared.state.try_borrow_mut().as_deref_mut()) {
            (Some(place), Ok(State::UnderWay { waiting, driver, .. })) => {
                waiting[place] = None;
                // The work would wake the waiter that is being dropped, so another one takes over.
                if *driver == place {
                    waiting.iter().flatten().next().cloned()
                } else {
                    None
                }
            }
            _ => None,
        };
        if let Some(next) = next {
            next.wake();
        }
    }
}

/// A weak handle to work in progress.
pub struct WeakShared<T> {
    state: Weak<RefCell<State<T>>>,
}

impl<T> WeakShared<T> {
    /// `None` if all handles have been dropped.
    pub fn upgrade(&self) -> Option<Shared<T>> {
        Some(Shared { state: self.state.upgrade()? })
    }
}
