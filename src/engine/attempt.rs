//! One request with its retries: token, timeout, response, retry.

use super::call::Sent;
use super::Engine;
use crate::error::{code, Cause, Error, Report};
use crate::flows::{explained, Answered, Flow, Step};
use crate::platform::{Event, Platform};
use crate::rest::{classify, Answer, Method, Request};
use crate::retry::Decision;
use crate::time::Moment;
use crate::token::Subject;
use futures_util::future::{join, select, Either};
use std::pin::pin;
use std::rc::Rc;

/// A failed attempt.
struct Failure {
    error: Error,
    retry_after_ms: Option<f64>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, retry_after_ms: None }
    }
}

/// The user in whose name a request is sent, from its first attempt to its last.
struct Sender<D> {
    subject: Option<Subject<D>>,
    /// The token of the last attempt.
    token: Option<String>,
    /// The token that the server rejected.
    rejected: Option<String>,
}

impl<P: Platform> Engine<P> {
    /// Runs a flow to its end. `sent` is set when a request leaves.
    pub(super) async fn run<F: Flow<P::Data>>(
        self: &Rc<Self>,
        flow: &mut F,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<F::Output, Error> {
        let mut step = flow.start();
        loop {
            let (first, second) = match step {
                Step::Ask(request) => (request, None),
                Step::AskBoth(first, second) => (first, Some(second)),
                Step::Done(outcome) => return outcome,
            };
            let (answer, other) = self.answers_to(first, second, timeout_ms, sent).await;
            step = flow.answered(answer, other);
        }
    }

    /// Sends one request, or two at the same time. Not a part of `run`, which is compiled for each kind of flow.
    async fn answers_to(
        self: &Rc<Self>,
        first: Request,
        second: Option<Request>,
        timeout_ms: f64,
        sent: &Sent,
    ) -> (Answered<P::Data>, Option<Answered<P::Data>>) {
        let first = self.attempt(first, timeout_ms, sent);
        let Some(second) = second else { return (first.await, None) };
        let (first, second) = join(first, self.attempt(second, timeout_ms, sent)).await;
        (first, Some(second))
    }

    pub(super) async fn attempt(
        self: &Rc<Self>,
        request: Request,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Answered<P::Data> {
        let mut sender = Sender { subject: None, token: None, rejected: None };
        let outcome = self.until_answered(&request, timeout_ms, sent, &mut sender).await;
        let (outcome, attempts) = match outcome {
            Ok((answer, attempts)) => (Ok(answer), attempts),
            Err(error) => (Err(explained(request.table, error)), 0),
        };
        Answered { outcome, attempts, user_id: sender.subject.as_ref().and_then(Subject::id) }
    }

    /// Sends `request` until it succeeds or the retry policy gives up. The second value is the number of attempts.
    ///
    /// # Errors
    /// The last attempt's error under its own code if a retry would not help or is not allowed; otherwise
    /// `RETRY_EXHAUSTED` with that error as the cause.
    async fn until_answered(
        self: &Rc<Self>,
        request: &Request,
        timeout_ms: f64,
        sent: &Sent,
        sender: &mut Sender<P::Data>,
    ) -> Result<(Answer<P::Data>, u32), Error> {
        let number = self.requests.get() + 1;
        self.requests.set(number);
        let mut attempt = 1;
        let mut asked_for_new_token = false;
        loop {
            let report = AttemptReport::begin(&self.platform, request, number, attempt);
            let outcome = self.within_timeout(request, timeout_ms, sent, sender).await;
            report.end(outcome.as_ref().map(|answer| answer.status));
            let failure = match outcome {
                Ok(answer) => return Ok((answer, attempt)),
                Err(failure) => failure,
            };
            if is_expired_token(request, &failure.error) && !asked_for_new_token {
                asked_for_new_token = true;
                sender.rejected = sender.token.take();
                continue;
            }
            let error = failure.error.after(attempt);
            if !request.may_be_repeated_after(&error) {
                return Err(error);
            }
            let retry = self.settings().retry;
            match retry.decide(&error, attempt, failure.retry_after_ms, self.platform.random()) {
                Decision::Retry(wait_ms) => self.platform.sleep(wait_ms).await,
                Decision::Surface => return Err(error),
                Decision::Exhausted => return Err(exhausted(&error)),
            }
            attempt += 1;
        }
    }

    /// One attempt. The token provider's time counts towards the timeout.
    async fn within_timeout(
        self: &Rc<Self>,
        request: &Request,
        timeout_ms: f64,
        sent: &Sent,
        sender: &mut Sender<P::Data>,
    ) -> Result<Answer<P::Data>, Failure> {
        let exchange = async {
            let token = self.authorize(sender.rejected.as_deref()).await?;
            let subject = self.subject_of(token.as_deref());
            sender.token.clone_from(&token);
            // A request that one user started is not repeated in another user's name.
            if !sender.subject.get_or_insert_with(|| subject.clone()).is_same_user(&subject) {
                return Err(Error::aborted("Another user signed in while the call was in progress").into());
            }
            sent.leaves(self.state.borrow_mut().log.place());
            // An HTTP cache never serves a write, and a request that bypasses the cache may be sent twice.
            let is_fresh = sent.is_fresh() && request.method == Method::Get;
            let reply = self.platform.send(request, token.as_deref(), is_fresh).await?;
            let retry_after_ms = reply.retry_after_ms;
            classify(reply, request.form).map_err(|error| {
                let error = if request.carries_secret { error.with_details(None) } else { error };
                Failure { error, retry_after_ms }
            })
        };
        let timeout = self.platform.sleep(timeout_ms);
        match select(pin!(exchange), pin!(timeout)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(Error::timeout().into()),
        }
    }
}

/// Reports the start and the end of an attempt to logs and devtools, even if no caller waits for it any more.
struct AttemptReport<'a, P: Platform> {
    platform: &'a P,
    request: &'a Request,
    number: u32,
    attempt: u32,
    started: Moment,
    is_over: bool,
}

impl<'a, P: Platform> AttemptReport<'a, P> {
    fn begin(platform: &'a P, request: &'a Request, number: u32, attempt: u32) -> Self {
        platform.event(Event::Sent {
            request: number,
            method: request.method.as_str(),
            table: request.table,
            attempt,
            reads: request.reads,
        });
        Self { platform, request, number, attempt, started: platform.now(), is_over: false }
    }

    fn end(mut self, outcome: Result<u16, &Failure>) {
        match outcome {
            Ok(status) => self.tell(Some(status), None),
            Err(Failure { error, .. }) => self.tell(error.status, Some(&error.code)),
        }
    }

    fn tell(&mut self, status: Option<u16>, code: Option<&str>) {
        self.is_over = true;
        self.platform.event(Event::Attempt {
            request: self.number,
            method: self.request.method.as_str(),
            table: self.request.table,
            attempt: self.attempt,
            status,
            code,
            duration_ms: self.platform.now().monotonic_ms - self.started.monotonic_ms,
        });
    }
}

impl<P: Platform> Drop for AttemptReport<'_, P> {
    fn drop(&mut self) {
        if !self.is_over {
            self.tell(None, Some(code::ABORTED));
        }
    }
}

/// `PostgREST` 12 reports an expired token as PGRST301, later versions as PGRST303. A 401 of an edge function always
/// concerns the token; a 401 of a service is not an error.
fn is_expired_token(request: &Request, error: &Error) -> bool {
    error.status == Some(401)
        && (request.service_call.is_some() || error.is("PGRST301") || error.is("PGRST303"))
}

fn exhausted(last: &Error) -> Error {
    let attempts = last.attempts.to_string();
    let message = ["Gave up after ", &attempts, " attempts. ", &last.code, ": ", &last.message].concat();
    Report {
        status: last.status,
        details: last.details.clone(),
        hint: last.hint.clone(),
        attempts: last.attempts,
        retryable: true,
        cause: Some(Cause::Error(last.clone())),
        ..Report::new(code::RETRY_EXHAUSTED, message)
    }
    .into()
}
