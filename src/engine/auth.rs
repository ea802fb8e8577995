//! Which user is signed in, judging by tokens, and which token to send.

use super::shared::Shared;
use crate::data::Data;
use crate::time::Moment;
use crate::token::Subject;
use futures_channel::oneshot;
use futures_util::future::FutureExt;
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

/// A period during which one user is signed in. A call sent in one epoch does not deliver in another.
#[derive(Clone)]
pub struct Epoch {
    end: Rc<Cell<Option<End>>>,
    ended: Shared<()>,
}

/// Why an epoch ended.
#[derive(Clone, Copy, PartialEq)]
pub enum End {
    /// Another user signed in, or the user signed out. Work that was not sent yet continues in the new epoch.
    UserChanged,
    /// A user signed in where none was signed in. Unsent work continues, and subscriptions continue as that user's.
    SignedIn,
    /// The token provider failed, so the owner of the rows is unknown. Subscriptions continue after its next success.
    Unknown,
    /// The client was closed or configured for another server.
    Closed,
}

impl Epoch {
    fn begin() -> (Self, oneshot::Sender<()>) {
        let (sender, ended) = signal();
        (Self { end: Rc::new(Cell::new(None)), ended }, sender)
    }

    /// Why it ended; `None` while it lasts.
    pub fn end(&self) -> Option<End> {
        self.end.get()
    }

    /// Resolves when the epoch ends.
    pub fn ended(&self) -> impl Future<Output = ()> + 'static {
        self.ended.clone().wait()
    }
}

/// A future that resolves when the sender is dropped.
fn signal() -> (oneshot::Sender<()>, Shared<()>) {
    let (sender, receiver) = oneshot::channel();
    (sender, Shared::new(receiver.map(|_| ()).boxed_local()))
}

/// A token reported by the auth library.
struct Reported {
    token: String,
    /// When to stop sending it, by whichever clock gets there first. `None`: when the server rejects it.
    until: Option<Moment>,
}

impl Reported {
    /// How many milliseconds it remains usable.
    fn left_ms(&self, now: Moment) -> f64 {
        self.until.map_or(f64::INFINITY, |until| {
            (until.monotonic_ms - now.monotonic_ms).min(until.wall_ms - now.wall_ms)
        })
    }
}

/// The contents of a token.
#[derive(Clone)]
pub struct Decoded<D> {
    /// All claims; `None` for a token that is not a JWT.
    pub claims: Option<D>,
    /// The user.
    pub subject: Subject<D>,
}

/// How a token's user relates to the previous one.
#[derive(Clone, Copy, PartialEq)]
pub enum Sighting {
    /// A later result contradicts it, so it is ignored.
    Outdated,
    /// The same user with the same rights.
    Same,
    /// The same user, who may now see other rows.
    NewRights,
    /// Another user, or none.
    Other,
    /// A user, where none was signed in.
    First,
}

/// Who is signed in.
pub struct Auth<D> {
    /// The user of the last token; `None` until a first token was requested or reported.
    subject: Option<Subject<D>>,
    /// The token that was decoded last, because every request sends the same one, and decoding takes longer than the
    /// rest of a request.
    last_read: Option<(String, Decoded<D>)>,
    /// The reported token while it is usable. With it, no call waits for the auth library, which may itself be
    /// waiting for a callback in which the application waits for a call.
    reported: Option<Reported>,
    /// Resolves when the auth library reports something, by dropping the sender.
    reporting: (oneshot::Sender<()>, Shared<()>),
    /// Numbers for reports and calls of the token provider, whose results can arrive out of order.
    asked: u64,
    answered: u64,
    epoch: Epoch,
    /// Dropping it ends the epoch.
    ender: oneshot::Sender<()>,
    /// Set while it is undecided whether the user changed.
    settling: Option<(u64, Shared<()>)>,
    /// Whether that remained undecided because the provider failed.
    is_unknown: bool,
}

impl<D> Default for Auth<D> {
    fn default() -> Self {
        let (epoch, ender) = Epoch::begin();
        Self {
            subject: None,
            last_read: None,
            reported: None,
            reporting: signal(),
            asked: 0,
            answered: 0,
            epoch,
            ender,
            settling: None,
            is_unknown: false,
        }
    }
}

impl<D: Data> Auth<D> {
    /// The current epoch.
    pub fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    /// Ends the epoch and begins another. Futures that wait for its end continue after this step.
    pub fn end_epoch(&mut self, end: End) {
        self.is_unknown = end == End::Unknown;
        self.epoch.end.set(Some(end));
        (self.epoch, self.ender) = Epoch::begin();
    }

    /// Whether it is known who is signed in, provided that anyone asked.
    pub fn is_settled(&self) -> bool {
        self.settling.is_none()
    }

    /// Whether the user of the last token is certainly still signed in.
    pub fn knows_user(&self) -> bool {
        self.is_settled() && !self.is_unknown
    }

    /// The user of the last token.
    pub fn user(&self) -> Option<&Subject<D>> {
        self.subject.as_ref()
    }

    /// Resolves when it is known who is signed in. `None` if it is known already.
    pub fn settling(&self) -> Option<Shared<()>> {
        self.settling.as_ref().map(|(_, settling)| settling.clone())
    }

    /// Marks it as undecided who is signed in until the provider's call `number` returns.
    pub fn begin_settling(&mut self, number: u64, settling: Shared<()>) {
        self.settling = Some((number, settling));
    }

    /// Handles the return of the provider's call `number`. Returns whether that decides who is signed in.
    pub fn settle(&mut self, number: u64) -> bool {
        let is_pending = self.settling.as_ref().is_some_and(|(pending, _)| *pending > number);
        if !is_pending {
            self.settling = None;
        }
        !is_pending
    }

    /// The id of the signed-in user, if a token contained it.
    pub fn user_id(&self) -> Option<String> {
        self.subject.as_ref().and_then(Subject::user_id)
    }

    /// The number for a call of the provider or for a report.
    pub fn next_ask(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// Records the user that the call or report `number` named.
    pub fn saw(&mut self, number: u64, subject: Subject<D>) -> Sighting {
        let before = self.subject.as_ref().unwrap_or(&subject);
        let is_same_user = before.is_same_user(&subject);
        let sighting = match before {
            _ if is_same_user && before.has_same_rights(&subject) => Sighting::Same,
            _ if is_same_user => Sighting::NewRights,
            Subject::Nobody => Sighting::First,
            _ => Sighting::Other,
        };
        if number < self.answered {
            return if is_same_user { Sighting::Same } else { Sighting::Outdated };
        }
        self.answered = number;
        self.is_unknown = false;
        self.subject = Some(subject);
        sighting
    }

    /// The contents of the token, if this token was decoded last.
    pub fn decoded(&self, token: &str) -> Option<Decoded<D>> {
        let (text, decoded) = self.last_read.as_ref()?;
        (text == token).then(|| decoded.clone())
    }

    /// Remembers the contents of the token.
    pub fn remember(&mut self, token: &str, decoded: Decoded<D>) {
        self.last_read = Some((token.to_owned(), decoded));
    }

    /// The reported token, if it is still usable, and for how many milliseconds. `rejected` is a token that the
    /// server rejected.
    pub fn reported_token(&mut self, now: Moment, rejected: Option<&str>) -> Option<(String, f64)> {
        let is_over = |reported: &Reported| reported.left_ms(now) <= 0.0 || rejected == Some(&reported.token);
        if self.reported.as_ref().is_some_and(is_over) {
            self.reported = None;
        }
        self.reported.as_ref().map(|reported| (reported.token.clone(), reported.left_ms(now)))
    }

    /// Records a token reported by the auth library, usable until `until`. `None`: no user is signed in.
    pub fn report(&mut self, token: Option<&str>, until: Option<Moment>) {
        // Reporting the same token again does not extend its lifetime.
        if self.reported.as_ref().map(|reported| &*reported.token) != token {
            self.reported = token.map(|token| Reported { token: token.to_owned(), until });
        }
    }

    /// Forgets the reported token.
    pub fn forget_report(&mut self) {
        self.reported = None;
    }

    /// Resolves when the auth library reports something.
    pub fn reporting(&self) -> Shared<()> {
        self.reporting.1.clone()
    }

    /// Wakes the futures that wait for a report, after this step.
    pub fn wake_waiting(&mut self) {
        self.reporting = signal();
    }

    /// Forgets every user.
    pub fn forget(&mut self) {
        (self.subject, self.last_read, self.reported, self.settling) = Default::default();
    }
}
