//! Sign-in: which token to send, and what happens when the user changes.

use super::auth::{Decoded, End, Epoch, Sighting};
use super::log::Record;
use super::shared::Shared;
use super::Engine;
use crate::error::Error;
use crate::platform::{Event, Platform};
use crate::time::{Moment, MAX_RENEWAL_DELAY_MS, RENEWAL_LEAD_MS};
use crate::token::{life_left_ms, Subject};
use futures_util::future::{select, Either, FutureExt, LocalBoxFuture};
use std::pin::pin;
use std::rc::Rc;

impl<P: Platform> Engine<P> {
    /// The current epoch.
    pub(super) fn epoch(&self) -> Epoch {
        self.state.borrow().auth.epoch()
    }

    /// The token's user.
    pub(super) fn subject_of(&self, token: Option<&str>) -> Subject<P::Data> {
        token.map_or(Subject::Nobody, |token| self.decoded(token).subject)
    }

    /// When the token expires. `None` if it has no expiry.
    pub(super) fn expiry_of(&self, token: &str) -> Option<Moment> {
        let now = self.platform.now();
        let left_ms = life_left_ms(&self.decoded(token).claims?, now)?;
        Some(now.later_by(left_ms))
    }

    fn decoded(&self, token: &str) -> Decoded<P::Data> {
        let known = self.state.borrow().auth.decoded(token);
        known.unwrap_or_else(|| {
            let claims = self.platform.claims(token);
            let decoded = Decoded { subject: Subject::of(token, claims.as_ref()), claims };
            self.state.borrow_mut().auth.remember(token, decoded.clone());
            decoded
        })
    }

    /// The id of the signed-in user, if a token contained it.
    pub fn user_id(&self) -> Option<String> {
        self.state.borrow().auth.user_id()
    }

    /// Waits until it is known who is signed in, if that is undecided.
    pub(super) async fn settled(&self) {
        loop {
            let settling = self.state.borrow().auth.settling();
            match settling {
                Some(settling) => settling.wait().await,
                None => return,
            }
        }
    }

    /// Whether it is known who is signed in, provided that anyone asked.
    pub fn is_settled(&self) -> bool {
        self.state.borrow().auth.is_settled()
    }

    /// The token to send: the one that the auth library reported while it is usable, otherwise the provider's.
    /// Detects a change of user. `rejected` is a token that the server rejected.
    ///
    /// A result that arrives after that of a later call, and names another user, is ignored, and the provider is
    /// asked again.
    pub(super) async fn authorize(self: &Rc<Self>, rejected: Option<&str>) -> Result<Option<String>, Error> {
        let mut epoch = self.epoch();
        // A token reported during the provider's call is the newest, however soon it expires.
        let mut enough_ms = RENEWAL_LEAD_MS;
        loop {
            let now = self.platform.now();
            let reported = self.state.borrow_mut().auth.reported_token(now, rejected);
            let is_enough = reported.as_ref().is_some_and(|(_, left_ms)| *left_ms > enough_ms);
            let mut token = reported.map(|(token, _)| token);
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
            // Unsent calls continue in the new epoch, and must notice it before they send anything.
            epoch = self.epoch();
            self.platform.tick().await;
            if epoch.end().is_none() {
                return Ok(token);
            }
        }
    }

    /// The provider's token, or `spare`, a token that is still usable, if the provider takes too long. `None` if the
    /// result must be ignored.
    async fn asked_token(
        self: &Rc<Self>,
        rejected: Option<&str>,
        spare: Option<String>,
    ) -> Result<Option<Option<String>>, Error> {
        let number = self.state.borrow_mut().auth.next_ask();
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
        // Pass it to realtime right away instead of waiting until realtime's own token is about to expire.
        if let Some(token) = &token {
            self.token_renewed(token.clone());
        }
        Ok(Some(token))
    }

    /// Asks the provider. `None` if the auth library reports something first.
    fn ask_provider(
        &self,
        rejected: Option<&str>,
    ) -> LocalBoxFuture<'static, Option<Result<Option<String>, Error>>> {
        let token = self.platform.token(rejected);
        let reporting = self.state.borrow().auth.reporting();
        async move {
            match select(pin!(token), pin!(reporting.wait())).await {
                Either::Left((token, _)) => Some(token),
                Either::Right(_) => None,
            }
        }
        .boxed_local()
    }

    /// Records the user of the provider's call `number`. Returns false if a later call already said otherwise.
    fn saw(self: &Rc<Self>, number: u64, subject: Subject<P::Data>) -> bool {
        let sighting = self.state.borrow_mut().auth.saw(number, subject);
        match sighting {
            Sighting::Outdated => return false,
            Sighting::Same => {}
            Sighting::First => self.forget_everything(End::SignedIn),
            Sighting::Other => self.forget_everything(End::UserChanged),
            // Calls and subscriptions continue: the server decides what they may see.
            Sighting::NewRights => {
                self.forget_entries();
                self.flush();
            }
        }
        self.tell_all();
        true
    }

    /// Handles a possible change of user: asks for a token, and answers nothing from the cache until it arrives.
    pub fn auth_changed(self: &Rc<Self>) {
        self.learn_use();
        self.platform.withdraw_entries();
        let number = {
            let auth = &mut self.state.borrow_mut().auth;
            auth.forget_report();
            auth.next_ask()
        };
        let engine = Rc::downgrade(self);
        let (token, timeout) = (self.ask_provider(None), self.platform.sleep(self.settings().timeout_ms));
        let settling = async move {
            let token = match select(pin!(token), pin!(timeout)).await {
                Either::Left((Some(token), _)) => token,
                // The auth library's report has decided it.
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
        let settling = Shared::new(settling.boxed_local());
        self.state.borrow_mut().auth.begin_settling(number, settling.clone());
        self.platform.spawn(settling.wait());
    }

    /// Handles a report of the auth library: the token's user is signed in, or no user is if there is no token.
    pub fn signed_in(self: &Rc<Self>, token: Result<Option<String>, Error>) {
        let good = token.as_ref().ok().and_then(Option::as_deref);
        let until = good.and_then(|token| self.expiry_of(token));
        let number = {
            let auth = &mut self.state.borrow_mut().auth;
            auth.report(good, until);
            auth.next_ask()
        };
        if let Ok(token) = &token {
            self.saw(number, self.subject_of(token.as_deref()));
        } else {
            // The report contains no valid token. The cached rows may be another user's, so drop them.
            self.forget_everything(End::UserChanged);
        }
        self.settle(number);
        // The new user's epoch must have begun before calls that wait for the provider continue with this token.
        self.state.borrow_mut().auth.wake_waiting();
        if let Ok(Some(token)) = token {
            self.token_renewed(token);
        }
    }

    fn settle(self: &Rc<Self>, number: u64) {
        if self.state.borrow_mut().auth.settle(number) {
            self.publish_all();
            self.tell_all();
        }
    }

    /// Ends all calls and empties the cache, because the client is closed or configured for another server.
    pub fn reset(self: &Rc<Self>) {
        self.state.borrow_mut().auth.forget();
        self.forget_everything(End::Closed);
    }

    fn forget_everything(self: &Rc<Self>, end: End) {
        self.forget_entries();
        self.state.borrow_mut().auth.end_epoch(end);
        self.end_subscriptions(end);
        // Report the change of user before observers see the effect on each entry.
        if end != End::Closed {
            self.platform.event(Event::UserChanged);
        }
        self.flush();
        self.drive();
        self.open_soon();
    }

    /// Empties the cache, and keeps responses to earlier requests out of it.
    fn forget_entries(&self) {
        {
            let mut state = self.state.borrow_mut();
            state.store.forget();
            state.versions.clear();
            state.saved_graphs.clear();
            state.note(Record::Everything);
            state.sweeper = None;
        }
        self.platform.withdraw_entries();
    }
}
