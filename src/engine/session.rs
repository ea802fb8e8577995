//! Who is signed in, and what becomes of everything when that changes.

use super::joint::Joint;
use super::Engine;
use crate::error::Error;
use crate::platform::{Event, Platform};
use futures_channel::oneshot;
use futures_util::future::{select, Either, FutureExt};
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

/// A user's id; none when nobody is signed in.
pub type Subject = Option<String>;

/// The time during which one user is signed in. Calls that were sent in one epoch do not deliver in another.
#[derive(Clone)]
pub struct Epoch {
    end: Rc<Cell<Option<End>>>,
    ended: Joint<()>,
}

/// Why an epoch ended.
#[derive(Clone, Copy, PartialEq)]
pub enum End {
    /// Somebody else is signed in. What was not sent yet goes on in the new epoch.
    UserChanged,
    /// Somebody is signed in where nobody was. The same, and what was followed is followed as that user.
    SignedIn,
    /// The client was closed or turned to another server.
    Closed,
}

impl Epoch {
    fn begin() -> (Self, oneshot::Sender<()>) {
        let (sender, receiver) = oneshot::channel();
        // The receiver's error means that the sender was dropped, which is how it tells.
        let ended = Joint::new(receiver.map(|_| ()).boxed_local());
        (Self { end: Rc::new(Cell::new(None)), ended }, sender)
    }

    /// Why it ended; None while it lasts.
    pub fn end(&self) -> Option<End> {
        self.end.get()
    }

    /// Waits for its end.
    pub fn ended(&self) -> impl Future<Output = ()> + 'static {
        self.ended.clone().wait()
    }
}

pub struct Session {
    /// None until the first token was asked for; then whose it was, or nobody's.
    subject: Option<Subject>,
    /// Numbers the calls of the token provider, whose answers may come out of order.
    asked: u64,
    answered: u64,
    epoch: Epoch,
    /// Dropping it ends the epoch.
    ender: oneshot::Sender<()>,
    /// Under way while it is open whether the user changed.
    settling: Option<(u64, Joint<()>)>,
}

impl Default for Session {
    fn default() -> Self {
        let (epoch, ender) = Epoch::begin();
        Self { subject: None, asked: 0, answered: 0, epoch, ender, settling: None }
    }
}

impl Session {
    pub fn is_settled(&self) -> bool {
        self.settling.is_none()
    }

    fn end_epoch(&mut self, end: End) {
        self.epoch.end.set(Some(end));
        (self.epoch, self.ender) = Epoch::begin();
    }
}

impl<P: Platform> Engine<P> {
    /// The epoch that now is.
    pub(super) fn epoch(&self) -> Epoch {
        self.state.borrow().session.epoch.clone()
    }

    /// Who is signed in, as far as anybody ever asked.
    pub(super) fn subject(&self) -> Subject {
        self.state.borrow().session.subject.clone().flatten()
    }

    /// Waits until it is known who is signed in, if that was put in question.
    pub(super) async fn settled(&self) {
        loop {
            let settling =
                self.state.borrow().session.settling.as_ref().map(|(_, settling)| settling.clone());
            match settling {
                Some(settling) => settling.wait().await,
                None => return,
            }
        }
    }

    /// Whether it is known who is signed in, as far as anybody ever asked.
    pub fn is_settled(&self) -> bool {
        self.state.borrow().session.is_settled()
    }

    /// Asks the provider for a token, and notices when it is another user's.
    ///
    /// An answer that was overtaken by a later one's and names somebody else does not count: it is asked again.
    pub(super) async fn authorize(self: &Rc<Self>) -> Result<Option<String>, Error> {
        loop {
            let number = self.next_ask();
            let epoch = self.epoch();
            let token = self.platform.token().await?;
            let subject = token.as_deref().and_then(|token| self.platform.subject(token));
            if !self.saw(number, subject) {
                continue;
            }
            if epoch.end().is_none() {
                return Ok(token);
            }
            // Calls of which nothing was sent go on in the new epoch, and must have noticed before something is.
            let epoch = self.epoch();
            self.platform.tick().await;
            if epoch.end().is_none() {
                return Ok(token);
            }
        }
    }

    fn next_ask(&self) -> u64 {
        let mut state = self.state.borrow_mut();
        state.session.asked += 1;
        state.session.asked
    }

    /// Takes note of the answer to the provider's call `number`. False when a later call already said otherwise.
    fn saw(self: &Rc<Self>, number: u64, subject: Option<String>) -> bool {
        let changed = {
            let mut state = self.state.borrow_mut();
            let session = &mut state.session;
            if number < session.answered {
                return session.subject.as_ref() == Some(&subject);
            }
            session.answered = number;
            match (session.subject.replace(subject), &session.subject) {
                (Some(None), Some(Some(_))) => Some(End::SignedIn),
                (Some(before), Some(now)) if before != *now => Some(End::UserChanged),
                _ => None,
            }
        };
        if let Some(end) = changed {
            self.forget_everything(end);
        }
        true
    }

    /// Whoever is signed in may have changed: asks for a token, and until it is there answers nothing from the cache.
    pub fn auth_changed(self: &Rc<Self>) {
        self.platform.withdraw_entries();
        let number = self.next_ask();
        let engine = Rc::downgrade(self);
        let (token, timeout) = (self.platform.token(), self.platform.sleep(self.settings().timeout_ms));
        let settling = async move {
            let token = match select(pin!(token), pin!(timeout)).await {
                Either::Left((token, _)) => token,
                Either::Right(_) => Err(Error::timeout()),
            };
            let Some(engine) = engine.upgrade() else { return };
            match token {
                Ok(token) => {
                    let subject = token.as_deref().and_then(|token| engine.platform.subject(token));
                    let is_latest = engine.saw(number, subject);
                    if let Some(token) = token.filter(|_| is_latest) {
                        engine.token_renewed(token);
                    }
                }
                // Nobody can say whose rows these are: better none.
                Err(_) => engine.forget_everything(End::UserChanged),
            }
            engine.settle(number);
        };
        let settling = Joint::new(settling.boxed_local());
        self.state.borrow_mut().session.settling = Some((number, settling.clone()));
        self.platform.spawn(settling.wait());
    }

    /// It is `subject` who is signed in now, as the auth library itself says.
    pub fn signed_in_as(self: &Rc<Self>, subject: Option<String>) {
        let number = self.next_ask();
        self.saw(number, subject);
        self.settle(number);
    }

    fn settle(self: &Rc<Self>, number: u64) {
        {
            let mut state = self.state.borrow_mut();
            if state.session.settling.as_ref().is_some_and(|(pending, _)| *pending > number) {
                return;
            }
            state.session.settling = None;
        }
        self.publish_all();
    }

    /// Ends every call under way and empties the cache: the client is closed, or talks to another server from now on.
    pub fn reset(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            state.session.subject = None;
            state.session.settling = None;
        }
        self.forget_everything(End::Closed);
    }

    fn forget_everything(self: &Rc<Self>, end: End) {
        {
            let mut state = self.state.borrow_mut();
            state.store.forget();
            state.versions.clear();
            state.flights.overtake_all();
            state.session.end_epoch(end);
            state.sweeper = None;
        }
        self.end_feeds(end);
        self.platform.withdraw_entries();
        // Before those who follow entries hear of each: they may want to know why.
        if end != End::Closed {
            self.platform.event(Event::UserChanged);
        }
        self.flush();
        self.drive();
        self.open_soon();
    }
}
