//! Who is signed in, as far as tokens tell, and which token is sent.

use super::shared::Shared;
use crate::data::Data;
use crate::time::Moment;
use crate::token::Subject;
use futures_channel::oneshot;
use futures_util::future::FutureExt;
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

/// The time during which one user is signed in. Calls that were sent in one epoch do not deliver in another.
#[derive(Clone)]
pub struct Epoch {
    end: Rc<Cell<Option<End>>>,
    ended: Shared<()>,
}

/// Why an epoch ended.
#[derive(Clone, Copy, PartialEq)]
pub enum End {
    /// Another user is signed in, or none. What was not sent yet goes on in the new epoch.
    UserChanged,
    /// A user is signed in where none was. The same, and subscriptions go on as that user's.
    SignedIn,
    /// The token provider failed: it is not known whose rows these are. Subscriptions go on once it answers.
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

    /// Completes at its end.
    pub fn ended(&self) -> impl Future<Output = ()> + 'static {
        self.ended.clone().wait()
    }
}

/// A future that completes as soon as the sender is dropped.
fn signal() -> (oneshot::Sender<()>, Shared<()>) {
    let (sender, receiver) = oneshot::channel();
    (sender, Shared::new(receiver.map(|_| ()).boxed_local()))
}

/// A token that the auth library reported.
struct Reported {
    token: String,
    /// From this time on, by either clock, it is not sent any more. None: as long as the server accepts it.
    until: Option<Moment>,
}

impl Reported {
    /// For how many milliseconds it is still good.
    fn left_ms(&self, now: Moment) -> f64 {
        self.until.map_or(f64::INFINITY, |until| {
            (until.monotonic_ms - now.monotonic_ms).min(until.wall_ms - now.wall_ms)
        })
    }
}

/// What a token's user is to the one before.
#[derive(Clone, Copy, PartialEq)]
pub enum Sighting {
    /// A later answer already said otherwise: this one does not count.
    Outdated,
    /// The same user, with the same rights.
    Same,
    /// The same user, who may see other rows now.
    NewRights,
    /// Another user, or none.
    Other,
    /// A user, where none was.
    First,
}

/// Who is signed in.
pub struct Auth<D> {
    /// The user of the last token; none until the first token was asked for or reported.
    subject: Option<Subject<D>>,
    /// The token that was read last, and its user: the same one comes with every request.
    last_read: Option<(String, Subject<D>)>,
    /// Set while what the auth library reported counts, so that no call waits for an answer of the library: it may be
    /// waiting itself, for a callback in which the application waits for us.
    reported: Option<Reported>,
    /// Completes when the auth library reports something. Dropping the sender does that.
    reporting: (oneshot::Sender<()>, Shared<()>),
    /// Numbers the calls of the token provider, whose answers may come out of order, and the reports.
    asked: u64,
    answered: u64,
    epoch: Epoch,
    /// Dropping it ends the epoch.
    ender: oneshot::Sender<()>,
    /// Under way while it is open whether the user changed.
    settling: Option<(u64, Shared<()>)>,
    /// Whether the question remained open, because the provider failed.
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
    /// The epoch that now is.
    pub fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    /// The epoch is over, and another begins. Whatever waits for its end goes on after this step.
    pub fn end_epoch(&mut self, end: End) {
        self.is_unknown = end == End::Unknown;
        self.epoch.end.set(Some(end));
        (self.epoch, self.ender) = Epoch::begin();
    }

    /// Whether it is known who is signed in, as far as that was ever asked.
    pub fn is_settled(&self) -> bool {
        self.settling.is_none()
    }

    /// Whether nothing puts in question that the user of the last token is signed in.
    pub fn knows_user(&self) -> bool {
        self.is_settled() && !self.is_unknown
    }

    /// What to wait for until it is known who is signed in. None when it is.
    pub fn settling(&self) -> Option<Shared<()>> {
        self.settling.as_ref().map(|(_, settling)| settling.clone())
    }

    /// It is open who is signed in, until the call of the provider with this number is answered.
    pub fn begin_settling(&mut self, number: u64, settling: Shared<()>) {
        self.settling = Some((number, settling));
    }

    /// The call with this number is answered. Whether that settles who is signed in.
    pub fn settle(&mut self, number: u64) -> bool {
        let is_pending = self.settling.as_ref().is_some_and(|(pending, _)| *pending > number);
        if !is_pending {
            self.settling = None;
        }
        !is_pending
    }

    /// A number for a call of the provider, or for a report.
    pub fn next_ask(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// The call or report with this number says that this is the user.
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

    /// Whose token it is, if that was read last.
    pub fn known_subject(&self, token: &str) -> Option<Subject<D>> {
        let (text, subject) = self.last_read.as_ref()?;
        (text == token).then(|| subject.clone())
    }

    /// This is whose token it is.
    pub fn remember_subject(&mut self, token: &str, subject: Subject<D>) {
        self.last_read = Some((token.to_owned(), subject));
    }

    /// The token that the auth library reported, if that still counts, and for how many milliseconds it is good. `rejected`
    /// is one that the server no longer accepts.
    pub fn reported_token(&mut self, now: Moment, rejected: Option<&str>) -> Option<(String, f64)> {
        let is_over = |reported: &Reported| reported.left_ms(now) <= 0.0 || rejected == Some(&reported.token);
        if self.reported.as_ref().is_some_and(is_over) {
            self.reported = None;
        }
        self.reported.as_ref().map(|reported| (reported.token.clone(), reported.left_ms(now)))
    }

    /// The auth library reports this token, which is good `until` some time; None: that no user is signed in.
    pub fn report(&mut self, token: Option<&str>, until: Option<Moment>) {
        // Reported again, it is no younger.
        if self.reported.as_ref().map(|reported| &*reported.token) != token {
            self.reported = token.map(|token| Reported { token: token.to_owned(), until });
        }
    }

    /// What was reported does not count any more.
    pub fn forget_report(&mut self) {
        self.reported = None;
    }

    /// Completes when the auth library reports something.
    pub fn reporting(&self) -> Shared<()> {
        self.reporting.1.clone()
    }

    /// What waits for a report goes on, after this step.
    pub fn wake_waiting(&mut self) {
        self.reporting = signal();
    }

    /// Nothing is known of any user.
    pub fn forget(&mut self) {
        (self.subject, self.last_read, self.reported, self.settling) = Default::default();
    }
}
