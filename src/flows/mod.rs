//! Flows: the sequences of requests that reads and writes take, in which each request depends on the responses before
//! it.
//!
//! A [`Flow`] is a state machine without clock, network or cache. The engine sends its requests, with retries, passes
//! it the responses, and stores the result.

mod batch;
mod completion;
mod function;
mod load;
mod merging;
mod page;
mod plan;
mod relations;
mod scope;
mod update;
mod write;
mod write_flow;

pub use batch::{is_same_question, url_length, Batch, Lookup};
pub use completion::List;
pub use function::{explained, is_taken, DatabaseFunction, FunctionCall, API_RELAY};
pub use load::{Load, LoadFlow, Loaded};
pub use merging::{MergingSave, SavedGraph, BASE_EXPECTED};
pub use plan::{columns_of, Plan};
pub use relations::Parts;
pub use scope::ScopeFlow;
pub use write::{Condition, Write};
pub use write_flow::{WriteFlow, Written};

use crate::error::Error;
use crate::rest::{Answer, Request};

/// The next step of a flow.
pub enum Step<T> {
    /// Send this request.
    Ask(Request),
    /// Send both requests at the same time.
    AskBoth(Request, Request),
    /// The flow has finished.
    Done(Result<T, Error>),
}

/// The outcome of a request, after all attempts.
pub struct Answered<D> {
    /// The response. An error contains its own number of attempts.
    pub outcome: Result<Answer<D>, Error>,
    /// The number of attempts.
    pub attempts: u32,
    /// The id of the user in whose name it was sent.
    pub user_id: Option<String>,
}

impl<D> Answered<D> {
    /// The same outcome after further attempts before these.
    fn after(self, earlier: u32) -> Self {
        let outcome = self.outcome.map_err(|error| {
            let attempts = error.attempts + earlier;
            error.after(attempts)
        });
        Self { outcome, attempts: self.attempts + earlier, ..self }
    }
}

/// A state machine that issues requests and consumes their responses.
pub trait Flow<D> {
    /// Its result.
    type Output;

    /// The first step.
    fn start(&mut self) -> Step<Self::Output>;

    /// The step after a response. `other` is the response to the second request, if two were sent.
    fn answered(&mut self, answer: Answered<D>, other: Option<Answered<D>>) -> Step<Self::Output>;
}

impl<T> Step<T> {
    /// The step of a flow that continues when this one finishes.
    fn then<U>(self, go_on: impl FnOnce(Result<T, Error>) -> Step<U>) -> Step<U> {
        match self {
            Self::Ask(request) => Step::Ask(request),
            Self::AskBoth(first, second) => Step::AskBoth(first, second),
            Self::Done(outcome) => go_on(outcome),
        }
    }

    /// The same step with the result converted.
    fn map<U>(self, make: impl FnOnce(T) -> Result<U, Error>) -> Step<U> {
        self.then(|outcome| Step::Done(outcome.and_then(make)))
    }

    /// The flow fails with this error.
    fn failed(error: Error) -> Self {
        Self::Done(Err(error))
    }
}

impl<T> From<Result<Step<T>, Error>> for Step<T> {
    fn from(step: Result<Step<T>, Error>) -> Self {
        step.unwrap_or_else(Self::failed)
    }
}
