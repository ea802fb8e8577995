//! Flows: the requests that one question or one write takes, each decided by the answers before it.
//!
//! A [`Flow`] is a state machine without clock, network or cache. The engine sends what it asks for, with retries, and hands
//! it the answers; what it comes to is the engine's to store.

mod batch;
mod completion;
mod function;
mod load;
mod page;
mod relations;
mod scope;
mod update;
mod write;

pub use batch::{is_same_question, url_length, Batch, Lookup};
pub use completion::List;
pub use function::{is_taken, DatabaseFunction, FunctionCall};
pub use load::{Load, LoadFlow, Loaded};
pub use relations::Parts;
pub use scope::ScopeFlow;
pub use write::{Condition, Write, WriteFlow, Written};

use crate::error::Error;
use crate::rest::{Answer, Request};

/// What a flow wants next.
pub enum Step<T> {
    /// This request is to be sent.
    Ask(Request),
    /// Both requests are to be sent, at the same time.
    AskBoth(Request, Request),
    /// The flow is over.
    Done(Result<T, Error>),
}

/// How a request ended, after all its attempts.
pub struct Answered<D> {
    /// What came of it. An error says itself how many attempts there were.
    pub outcome: Result<Answer<D>, Error>,
    /// How many attempts there were.
    pub attempts: u32,
    /// The id of the user in whose name it was sent.
    pub user_id: Option<String>,
}

/// A state machine that names requests and takes their answers.
pub trait Flow<D> {
    /// What it comes to.
    type Output;

    /// The first step.
    fn start(&mut self) -> Step<Self::Output>;

    /// The step after an answer. `other` is the second request's, where two were asked for.
    fn answered(&mut self, answer: Answered<D>, other: Option<Answered<D>>) -> Step<Self::Output>;
}

impl<T> Step<T> {
    /// The step of a flow that goes on when this one is over.
    fn then<U>(self, go_on: impl FnOnce(Result<T, Error>) -> Step<U>) -> Step<U> {
        match self {
            Self::Ask(request) => Step::Ask(request),
            Self::AskBoth(first, second) => Step::AskBoth(first, second),
            Self::Done(outcome) => go_on(outcome),
        }
    }

    /// The same step, with what the flow comes to made into something else.
    fn map<U>(self, make: impl FnOnce(T) -> Result<U, Error>) -> Step<U> {
        self.then(|outcome| Step::Done(outcome.and_then(make)))
    }

    /// The flow ends with this error.
    fn failed(error: Error) -> Self {
        Self::Done(Err(error))
    }
}

impl<T> From<Result<Step<T>, Error>> for Step<T> {
    fn from(step: Result<Step<T>, Error>) -> Self {
        step.unwrap_or_else(Self::failed)
    }
}
