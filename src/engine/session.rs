//! Who is signed in, and what becomes of everything when that changes.

use super::joint::Joint;
use super::log::Record;
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::platform::{Event, Platform};
use crate::time::{Moment, MAX_RENEWAL_DELAY_MS, RENEWAL_LEAD_MS};
use crate::token::{life_left_ms, Subject};
use futures_channel::oneshot;
use futures_util::future::{select, Either, FutureExt, LocalBoxFuture};
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

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
    /// The token provider failed: nobody can say whose rows these are. Subscriptions go on once it answers.
    Unknown,
    /// The client was closed or turned to another server.
    Closed,
}

impl Epoch {
    fn begin() -> (Self, oneshot::Sender<()>) {
        let (sender, ended) = signal();
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

/// Work that is done as soon as the sender is dropped.
fn signal() -> (oneshot::Sender<()>, Joint<()>) {
    let (sender, receiver) = oneshot::channel();
    (sender, Joint::new(receiver.map(|_| ()).boxed_local()))
}

/// A token that the auth library told.
struct Told {
    token: String,
    /// From this time on, by either clock, it is not sent any more. None: as long as the server accepts it.
    until: Option<Moment>,
}

impl Told {
    /// How long it is still good.
    fn left_ms(&self, now: Moment) -> f64 {
        self.until.map_or(f64::INFINITY, |until| {
            (until.monotonic_ms - now.monotonic_ms).min(until.wall_ms - now.wall_ms)
        })
    }
}

pub struct Session<D> {
    /// The user of the last token; none until the first token was asked for or told.
    subject: Option<Subject<D>>,
    /// The token that was read last, and its user: the same one comes with every request.
    last_read: Option<(String, Subject<D>)>,
    /// Set while what the auth library told counts, so that no call waits for an answer of the library: it may be waiting
    /// itself, for a callback in which the application waits for us.
    told: Option<Told>,
    /// Done when the auth library tells something. Dropping the sender does that.
    telling: (oneshot::Sender<()>, Joint<()>),
    /// Numbers the calls of the token provider, whose answers may come out of order, and what the auth library told.
    asked: u64,
    answered: u64,
    epoch: Epoch,
    /// Dropping it ends the epoch.
    ender: oneshot::Sender<()>,
    /// Under way while it is open whether the user changed.
    settling: Option<(u64, Joint<()>)>,
    /// Whether the question remained open, because the provider failed.
    is_unknown: bool,
}

impl<D> Default for Session<D> {
    fn default() -> Self {
        let (epoch, ender) = Epoch::begin();
        Self {
            subject: None,
            last_read: None,
            told: None,
            telling: signal(),
            asked: 0,
            answered: 0,
            epoch,
            ender,
            settling: None,
            is_unknown: false,
        }
    }
}

impl<D: Data> Session<D> {
    pub fn is_settled(&self) -> bool {
        self.settling.is_none()
    }

    /// Whether nothing puts in question that the user of the last token is signed in.
    pub(super) fn knows_user(&self) -> bool {
        self.is_settled() && !self.is_unknown
    }

    fn end_epoch(&mut self, end: End) {
        self.is_unknown = end == End::Unknown;
        self.epoch.end.set(Some(end));
        (self.epoch, self.ender) = Epoch::begin();
    }
}

impl<P: Platform> Engine<P> {
    /// The epoch that now is.
    pub(super) fn epoch(&self) -> Epoch {
        self.state.borrow().session.epoch.clone()
    }

    /// Whose token it is.
    pub(super) fn subject_of(&self, token: Option<&str>) -> Subject<P::Data> {
        let Some(token) = token else { return Subject::Nobody };
        if let Some((text, subject)) = &self.state.borrow().session.last_read {
            if text == token {
                return subject.clone();
            }
        }
        let subject = Subject::of(token, self.platform.claims(token).as_ref());
        self.state.borrow_mut().session.last_read = Some((token.to_owned(), subject.clone()));
        subject
    }

    /// Until when the token is good. None when it does not say.
    pub(super) fn expiry_of(&self, token: &str) -> Option<Moment> {
        let now = self.platform.now();
        let left_ms = life_left_ms(&self.platform.claims(token)?, now)?;
        Some(now.later_by(left_ms))
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

    /// The token to send, and notices when it is another user's: what the auth library told, as long as that counts;
    /// otherwise the provider is asked. `rejected` is a token that the server no longer accepts.
    ///
    /// An answer that was overtaken by a later one's and names somebody else does not count: it is asked again.
    pub(super) async fn authorize(self: &Rc<Self>, rejected: Option<&str>) -> Result<Option<String>, Error> {
        let mut epoch = self.epoch();
        // What is told in answer to a question is as new as it gets, however soon it ends.
        let mut enough_ms = RENEWAL_LEAD_MS;
        loop {
            let told = self.told_token(rejected);
            let is_enough = told.as_ref().is_some_and(|(_, left_ms)| *left_ms > enough_ms);
            let mut token = told.map(|(token, _)| token);
            if !is_enough {
                let Some(asked) = self.asked_token(rejected, token).await? else {
                    enough_ms = 0.0;
                    continue;
                };
                token = asked;
            }
            if epoch.end().is_none() {
                return Ok(token);
            }
            // Calls of which nothing was sent go on in the new epoch, and must have noticed before something is.
            epoch = self.epoch();
            self.platform.tick().await;
            if epoch.end().is_none() {
                return Ok(token);
            }
        }
    }

    /// What the auth library told, if that still counts, and how long it is good.
    fn told_token(&self, rejected: Option<&str>) -> Option<(String, f64)> {
        let now = self.platform.now();
        let told = &mut self.state.borrow_mut().session.told;
        if told.as_ref().is_some_and(|told| told.left_ms(now) <= 0.0 || rejected == Some(&told.token)) {
            *told = None;
        }
        told.as_ref().map(|told| (told.token.clone(), told.left_ms(now)))
    }

    /// The provider's token; `spare`, a token that is still good, when the provider takes its time. None when the answer
    /// does not count.
    async fn asked_token(
        self: &Rc<Self>,
        rejected: Option<&str>,
        spare: Option<String>,
    ) -> Result<Option<Option<String>>, Error> {
        let number = self.next_ask();
        let answer = self.ask_provider(rejected);
        let answer = match spare {
            None => answer.await,
            Some(spare) => match select(answer, pin!(self.platform.sleep(MAX_RENEWAL_DELAY_MS))).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => return Ok(Some(Some(spare))),
            },
        };
        let Some(token) = answer.transpose()? else { return Ok(None) };
        if !self.saw(number, self.subject_of(token.as_deref())) {
            return Ok(None);
        }
        // Realtime need not wait until its own token is nearly over.
        if let Some(token) = &token {
            self.token_renewed(token.clone());
        }
        Ok(Some(token))
    }

    /// Asks the provider. None when the auth library tells something before the answer is there.
    fn ask_provider(
        &self,
        rejected: Option<&str>,
    ) -> LocalBoxFuture<'static, Option<Result<Option<String>, Error>>> {
        let token = self.platform.token(rejected);
        let telling = self.state.borrow().session.telling.1.clone();
        async move {
            match select(pin!(token), pin!(telling.wait())).await {
                Either::Left((token, _)) => Some(token),
                Either::Right(_) => None,
            }
        }
        .boxed_local()
    }

    fn next_ask(&self) -> u64 {
        let mut state = self.state.borrow_mut();
        state.session.asked += 1;
        state.session.asked
    }

    /// Takes note of the answer to the provider's call `number`. False when a later call already said otherwise.
    fn saw(self: &Rc<Self>, number: u64, subject: Subject<P::Data>) -> bool {
        let (before, is_same_user, has_same_rights) = {
            let mut state = self.state.borrow_mut();
            let session = &mut state.session;
            let before = session.subject.clone().unwrap_or_else(|| subject.clone());
            let is_same_user = before.is_same_user(&subject);
            if number < session.answered {
                return is_same_user;
            }
            session.answered = number;
            session.is_unknown = false;
            let has_same_rights = before.has_same_rights(&subject);
            session.subject = Some(subject);
            (before, is_same_user, has_same_rights)
        };
        if !is_same_user {
            let was_nobody = matches!(before, Subject::Nobody);
            self.forget_everything(if was_nobody { End::SignedIn } else { End::UserChanged });
        } else if !has_same_rights {
            // The same user may see other rows now. Calls and subscriptions go on: the server decides what they get.
            self.forget_entries();
            self.flush();
        }
        self.tell_all();
        true
    }

    /// Whoever is signed in may have changed: asks for a token, and until it is there answers nothing from the cache.
    pub fn auth_changed(self: &Rc<Self>) {
        self.platform.withdraw_entries();
        let number = self.next_ask();
        self.state.borrow_mut().session.told = None;
        let engine = Rc::downgrade(self);
        let (token, timeout) = (self.ask_provider(None), self.platform.sleep(self.settings().timeout_ms));
        let settling = async move {
            let token = match select(pin!(token), pin!(timeout)).await {
                Either::Left((Some(token), _)) => token,
                // What the auth library told has settled it.
                Either::Left((None, _)) => return,
                Either::Right(_) => Err(Error::timeout()),
            };
            let Some(engine) = engine.upgrade() else { return };
            match token {
                Ok(token) => {
                    let is_latest = engine.saw(number, engine.subject_of(token.as_deref()));
                    if let Some(token) = token.filter(|_| is_latest) {
                        engine.token_renewed(token);
                    }
                }
                Err(_) => engine.forget_everything(End::Unknown),
            }
            engine.settle(number);
        };
        let settling = Joint::new(settling.boxed_local());
        self.state.borrow_mut().session.settling = Some((number, settling.clone()));
        self.platform.spawn(settling.wait());
    }

    /// The auth library tells that the user of this token is signed in now; without a token, that no user is.
    pub fn signed_in(self: &Rc<Self>, token: Result<Option<String>, Error>) {
        let number = self.next_ask();
        self.hold(token.as_ref().ok().and_then(Option::as_deref));
        if let Ok(token) = &token {
            self.saw(number, self.subject_of(token.as_deref()));
        } else {
            // What it tells is no token. The rows that are cached may be another user's: better none.
            self.forget_everything(End::UserChanged);
        }
        self.settle(number);
        // Only now, when the new user's epoch has begun: those who waited for the provider go on with this token.
        self.state.borrow_mut().session.telling = signal();
        if let Ok(Some(token)) = token {
            self.token_renewed(token);
        }
    }

    /// From now on this token is sent without asking, as long as it is good; without one, the provider is asked.
    fn hold(&self, token: Option<&str>) {
        let held = token.map(|token| Told { token: token.to_owned(), until: self.expiry_of(token) });
        let told = &mut self.state.borrow_mut().session.told;
        // Told again, it is no younger.
        if told.as_ref().map(|told| &*told.token) != token {
            *told = held;
        }
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
        self.tell_all();
    }

    /// Ends every call under way and empties the cache: the client is closed, or talks to another server from now on.
    pub fn reset(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            state.session.subject = None;
            state.session.last_read = None;
            state.session.told = None;
            state.session.settling = None;
        }
        self.forget_everything(End::Closed);
    }

    fn forget_everything(self: &Rc<Self>, end: End) {
        self.forget_entries();
        self.state.borrow_mut().session.end_epoch(end);
        self.end_feeds(end);
        // Before observers hear of each entry: they may want to know why.
        if end != End::Closed {
            self.platform.event(Event::UserChanged);
        }
        self.flush();
        self.drive();
        self.open_soon();
    }

    /// Empties the cache, and lets no answer that is under way into it.
    fn forget_entries(&self) {
        {
            let mut state = self.state.borrow_mut();
            state.store.forget();
            state.versions.clear();
            state.note(Record::Everything);
            state.sweeper = None;
        }
        self.platform.withdraw_entries();
    }
}
