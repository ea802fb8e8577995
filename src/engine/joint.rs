//! Work that several wait for.
//!
//! `futures_util`'s `Shared` does the same for threads too; its atomics, mutex and slab cost the package more than
//! this file.

use futures_util::future::LocalBoxFuture;
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

/// A future whose result everybody who holds a clone gets. It goes on while somebody waits, and is dropped with the
/// last clone.
pub struct Joint<T> {
    state: Rc<RefCell<State<T>>>,
}

/// How far the work is.
enum State<T> {
    /// The work, and who waits for it.
    UnderWay(Option<LocalBoxFuture<'static, T>>, Vec<Waker>),
    Done(T),
}

impl<T> Clone for Joint<T> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone() }
    }
}

impl<T: Clone + 'static> Joint<T> {
    /// Nothing happens before somebody waits.
    pub fn new(work: LocalBoxFuture<'static, T>) -> Self {
        Self { state: Rc::new(RefCell::new(State::UnderWay(Some(work), Vec::new()))) }
    }

    /// Waits for the result. Whoever is polled drives the work; all are woken when there is something to do.
    pub async fn wait(self) -> T {
        poll_fn(move |context| {
            let mut work = match &mut *self.state.borrow_mut() {
                State::Done(result) => return Poll::Ready(result.clone()),
                State::UnderWay(work, waiting) => {
                    if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                        waiting.push(context.waker().clone());
                    }
                    work.take()
                }
            };
            // The work runs while nothing is borrowed: it may lead back here. Who comes meanwhile is woken at its end.
            let poll = work.as_mut().map_or(Poll::Pending, |work| work.as_mut().poll(context));
            match poll {
                Poll::Pending => {
                    if let State::UnderWay(place, _) = &mut *self.state.borrow_mut() {
                        *place = work;
                    }
                    Poll::Pending
                }
                Poll::Ready(result) => {
                    let done = self.state.replace(State::Done(result.clone()));
                    if let State::UnderWay(_, waiting) = done {
                        waiting.into_iter().for_each(Waker::wake);
                    }
                    Poll::Ready(result)
                }
            }
        })
        .await
    }

    /// A handle that does not keep the work going.
    pub fn downgrade(&self) -> WeakJoint<T> {
        WeakJoint { state: Rc::downgrade(&self.state) }
    }
}

/// The one that the work's waker leads to may be the one that goes: the others take over.
impl<T> Drop for Joint<T> {
    fn drop(&mut self) {
        let waiting = match self.state.try_borrow_mut().as_deref_mut() {
            Ok(State::UnderWay(_, waiting)) => std::mem::take(waiting),
            _ => return,
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// Finds joint work while it is under way.
pub struct WeakJoint<T> {
    state: Weak<RefCell<State<T>>>,
}

impl<T> WeakJoint<T> {
    /// None when nobody waits for it any more.
    pub fn upgrade(&self) -> Option<Joint<T>> {
        Some(Joint { state: self.state.upgrade()? })
    }
}
