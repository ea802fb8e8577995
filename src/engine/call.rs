//! One call of the application, from start to result: what may end it early, and when it may deliver.

use super::auth::{End, Epoch};
use super::log::Place;
use super::reads::Outcome;
use super::Engine;
use crate::error::Error;
use crate::platform::Platform;
use futures_util::future::{select, Either, LocalBoxFuture};
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;

/// Options of a single call.
#[derive(Default)]
pub struct CallOptions {
    /// Bypass the cache and the browser's HTTP cache, and repeat the request if a change overtakes the response.
    pub fresh: bool,
    /// The lifetime of the result in the cache, in milliseconds.
    pub ttl_ms: Option<f64>,
    /// Timeout of one attempt, in milliseconds.
    pub timeout_ms: Option<f64>,
    /// Whether the write may have been made already, by an earlier page.
    pub is_resent: bool,
    /// Whether the call belongs to the user who is signed in now: it ends when that changes, even if nothing was sent.
    pub is_of_user: bool,
    /// Resolves when the caller aborts.
    pub cancelled: Option<LocalBoxFuture<'static, ()>>,
}

/// The state of a request before its response arrives, shared by everyone who waits for it.
pub type Sent = Rc<Dispatch>;

/// Whether, when and how a request was sent.
#[derive(Default)]
pub struct Dispatch {
    /// The place in the change log at which the first attempt was sent; 0 before that.
    place: Cell<Place>,
    is_fresh: Cell<bool>,
}

impl Dispatch {
    /// Whether the request was sent.
    pub fn is_sent(&self) -> bool {
        self.place.get() > 0
    }

    /// The place in the change log at which the first attempt was sent.
    pub fn place(&self) -> Option<Place> {
        Some(self.place.get()).filter(|place| *place > 0)
    }

    /// Records that the request is sent at this place in the change log.
    pub fn leaves(&self, place: Place) {
        if !self.is_sent() {
            self.place.set(place);
        }
    }

    /// Whether the request bypasses the browser's HTTP cache.
    pub fn is_fresh(&self) -> bool {
        self.is_fresh.get()
    }

    /// Makes the request bypass the browser's HTTP cache.
    pub fn go_past_http_cache(&self) {
        self.is_fresh.set(true);
    }
}

/// Tracks which request a call is waiting for.
#[derive(Default)]
pub struct Stage {
    request: RefCell<Option<Sent>>,
    /// Whether the call ends with its user before anything is sent, too.
    is_of_user: bool,
}

impl Stage {
    /// For a call with these options.
    pub fn of(options: &CallOptions) -> Self {
        Self { is_of_user: options.is_of_user, ..Self::default() }
    }

    /// From now on the call waits for this request.
    pub fn waits_for(&self, sent: &Sent) {
        *self.request.borrow_mut() = Some(sent.clone());
    }

    /// Whether a change of user ends the call.
    fn ends_with_user(&self) -> bool {
        self.is_of_user || self.request.borrow().as_ref().is_some_and(|sent| sent.is_sent())
    }
}

const USER_CHANGED: &str = "Another user signed in, or this one signed out, while the call was in progress";
const CLOSED: &str = "The client was closed or configured for another server while the call was in progress";

impl<P: Platform> Engine<P> {
    /// Runs `work` until it finishes, the caller aborts, the user changes or the client closes.
    ///
    /// Work that has not sent anything survives a change of user and runs in the new user's name. Nothing is
    /// delivered while it is undecided who is signed in.
    pub(super) async fn supervise(
        &self,
        cancelled: Option<LocalBoxFuture<'static, ()>>,
        stage: &Stage,
        work: LocalBoxFuture<'_, Outcome<P::Data>>,
    ) -> Outcome<P::Data> {
        let mut cancelled = cancelled;
        let until_cancelled = async {
            match cancelled.as_mut() {
                Some(cancelled) => cancelled.await,
                None => std::future::pending().await,
            }
        };
        let call = self.within_epoch(stage, work);
        match select(pin!(until_cancelled), pin!(call)).await {
            Either::Left(_) => Err(Error::aborted("The call was aborted by its signal")),
            Either::Right((result, _)) => result,
        }
    }

    async fn within_epoch(
        &self,
        stage: &Stage,
        mut work: LocalBoxFuture<'_, Outcome<P::Data>>,
    ) -> Outcome<P::Data> {
        let mut epoch = self.epoch();
        let result = loop {
            match select(&mut work, pin!(epoch.ended())).await {
                Either::Left((result, _)) => break result,
                Either::Right(_) => {
                    check(&epoch, stage)?;
                    epoch = self.epoch();
                }
            }
        };
        self.settled().await;
        check(&epoch, stage)?;
        result
    }
}

fn check(epoch: &Epoch, stage: &Stage) -> Result<(), Error> {
    match epoch.end() {
        Some(End::Closed) => Err(Error::aborted(CLOSED)),
        Some(End::UserChanged | End::SignedIn | End::Unknown) if stage.ends_with_user() => {
            Err(Error::aborted(USER_CHANGED))
        }
        _ => Ok(()),
    }
}
