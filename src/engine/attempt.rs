//! One request, as often as it takes: token, timeout, answer, retry.

use super::call::Sent;
use super::session::Subject;
use super::Engine;
use crate::cache::Moment;
use crate::error::{code, Cause, Error, Report};
use crate::platform::{Event, Platform};
use crate::rest::{classify, retry_after_ms, Answer, Request};
use crate::retry::Verdict;
use futures_util::future::{select, Either};
use std::pin::pin;
use std::rc::Rc;

/// How one attempt ended without rows.
struct Failure {
    error: Error,
    retry_after_ms: Option<f64>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, retry_after_ms: None }
    }
}

impl<P: Platform> Engine<P> {
    /// Sends `request` until it is answered or the policy gives up.
    ///
    /// `sent` is set when something leaves for the server. The second value is the number of attempts made.
    ///
    /// # Errors
    /// The last attempt's error under its own code where a retry would not help or is not allowed; else
    /// `RETRY_EXHAUSTED` with it as the cause.
    pub(super) async fn attempt(
        self: &Rc<Self>,
        request: &Request,
        timeout_ms: f64,
        sent: &Sent,
    ) -> Result<(Answer<P::Data>, u32), Error> {
        let mut attempt = 1;
        let mut asked_for_new_token = false;
        let mut subject = None;
        loop {
            let started = self.platform.now();
            let outcome = self.within_timeout(request, timeout_ms, sent, &mut subject).await;
            self.report(request, attempt, started, outcome.as_ref().err());
            let failure = match outcome {
                Ok(answer) => return Ok((answer, attempt)),
                Err(failure) => failure,
            };
            if is_expired_token(&failure.error) && !asked_for_new_token {
                asked_for_new_token = true;
                continue;
            }
            let error = failure.error.after(attempt);
            let retry = self.settings().retry;
            match retry.decide(&error, attempt, failure.retry_after_ms, self.platform.random()) {
                Verdict::Retry(wait_ms) => self.platform.sleep(wait_ms).await,
                Verdict::Surface => return Err(error),
                Verdict::Exhausted => return Err(exhausted(&error)),
            }
            attempt += 1;
        }
    }

    /// One attempt. The token provider's time counts.
    async fn within_timeout(
        self: &Rc<Self>,
        request: &Request,
        timeout_ms: f64,
        sent: &Sent,
        subject: &mut Option<Subject>,
    ) -> Result<Answer<P::Data>, Failure> {
        let exchange = async {
            let token = self.authorize().await?;
            let asking = token.as_deref().and_then(|token| self.platform.subject(token));
            // What one user began is not repeated in the name of another.
            if *subject.get_or_insert_with(|| asking.clone()) != asking {
                return Err(Error::aborted("Another user signed in while the call was under way").into());
            }
            sent.set(true);
            let reply = self.platform.send(request, token.as_deref()).await?;
            let retry_after_ms = reply.retry_after.as_deref().and_then(retry_after_ms);
            classify(reply).map_err(|error| Failure { error, retry_after_ms })
        };
        let timeout = self.platform.sleep(timeout_ms);
        match select(pin!(exchange), pin!(timeout)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(Error::timeout().into()),
        }
    }

    fn report(&self, request: &Request, attempt: u32, started: Moment, failure: Option<&Failure>) {
        self.platform.event(Event::Attempt {
            method: request.method.as_str(),
            table: request.table,
            attempt,
            status: failure.map_or(Some(200), |failure| failure.error.status),
            code: failure.map(|failure| failure.error.code.as_ref()),
            duration_ms: self.platform.now().monotonic_ms - started.monotonic_ms,
        });
    }
}

/// `PostgREST` 12 says PGRST301 for an expired token, later ones PGRST303.
fn is_expired_token(error: &Error) -> bool {
    error.status == Some(401) && (error.is("PGRST301") || error.is("PGRST303"))
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
