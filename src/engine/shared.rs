//! Work that several wait for.
//!
//! `futures_util`'s `Shared` does the same for threads too; its atomics, mutex and slab cost the package more than
//! this file.

use futures_util::future::LocalBoxFuture;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

/// A future whose result everybody who waits gets. It goes on while somebody holds it, and is dropped with the last
/// holder.
pub struct Shared<T> {
    state: Rc<RefCell<State<T>>>,
}

/// How far the work is.
enum State<T> {
    UnderWay {
        /// None while it is being polled.
        work: Option<LocalBoxFuture<'static, T>>,
        /// Who waits, each in a place of its own.
        waiting: Vec<Option<Waker>>,
        /// The place of the one who polled last, to whom the work's own wake-up goes.
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
    /// Nothing happens before somebody waits.
    pub fn new(work: LocalBoxFuture<'static, T>) -> Self {
        let state = State::UnderWay { work: Some(work), waiting: Vec::new(), driver: 0 };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// Waits for the result. Whoever is polled drives the work; at its end all are woken.
    pub fn wait(self) -> Wait<T> {
        Wait { shared: self, place: None }
    }

    /// Whether both wait for the same work.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }

    /// A handle that does not keep the work going.
    pub fn downgrade(&self) -> WeakShared<T> {
        WeakShared { state: Rc::downgrade(&self.state) }
    }
}

/// One who waits for shared work.
pub struct Wait<T> {
    shared: Shared<T>,
    /// Its place among those who wait.
    place: Option<usize>,
}

impl<T> Wait<T> {
    /// Takes a place, becomes the one who drives, and takes the work to do so.
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
        // The work runs while nothing is borrowed: it may lead back here. Who comes meanwhile is woken at its end.
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
                // The work would wake the one who goes: another one takes over.
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

/// Finds shared work while it is under way.
pub struct WeakShared<T> {
    state: Weak<RefCell<State<T>>>,
}

impl<T> WeakShared<T> {
    /// None when nobody holds it any more.
    pub fn upgrade(&self) -> Option<Shared<T>> {
        Some(Shared { state: self.state.upgrade()? })
    }
}
