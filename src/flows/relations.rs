//! Reads a workflow with its nodes and connections: one request, or more if a list is truncated.

use super::completion::{another_answer, Completion};
use super::{Answered, Flow, Step};
use crate::data::Data;
use crate::error::Error;
use crate::rest::{without_embedded, Request, CONNECTIONS, NODES};

/// A workflow with its nodes and connections.
pub struct Parts<D> {
    /// The workflow's row.
    pub workflow: D,
    /// Its nodes.
    pub nodes: D,
    /// Its connections.
    pub connections: D,
}

/// Reads a workflow with its nodes and connections. `None` if it does not exist.
pub(super) struct Relations<D: Data> {
    id: String,
    /// The workflow as received.
    whole: Option<D>,
    /// The complete lists: nodes, then connections.
    lists: Vec<D>,
    completion: Option<Completion<D>>,
}

impl<D: Data> Relations<D> {
    pub fn new(id: String) -> Self {
        Self { id, whole: None, lists: Vec::new(), completion: None }
    }

    /// Completes the next list, or composes the result.
    fn go_on(&mut self) -> Result<Step<Option<Parts<D>>>, Error> {
        let Some(whole) = &self.whole else { return Ok(Step::Done(Ok(None))) };
        if let [nodes, connections] = self.lists.as_slice() {
            return Ok(Step::Done(Ok(Some(Parts {
                workflow: without_embedded(whole),
                nodes: nodes.clone(),
                connections: connections.clone(),
            }))));
        }
        let embedded = if self.lists.is_empty() { &NODES } else { &CONNECTIONS };
        let (rows, expected) = embedded.of(whole).ok_or_else(another_answer)?;
        let completion = Completion::new(embedded.query(&self.id), None, rows, expected);
        let completion = self.completion.insert(completion);
        let step = completion.start();
        Ok(self.listed(step))
    }

    fn listed(&mut self, step: Step<D>) -> Step<Option<Parts<D>>> {
        step.then(|rows| {
            let rows = rows.map(|rows| self.lists.push(rows));
            rows.and_then(|()| self.go_on()).into()
        })
    }

    fn take(&mut self, answer: Answered<D>) -> Result<Step<Option<Parts<D>>>, Error> {
        if let Some(completion) = &mut self.completion {
            let step = completion.answered(answer, None);
            return Ok(self.listed(step));
        }
        let rows = answer.outcome?.rows;
        if !rows.is_empty() {
            let row = rows.item(0);
            if row.column("id").text() != Some(&self.id) {
                return Err(another_answer());
            }
            self.whole = Some(row);
        }
        self.go_on()
    }
}

impl<D: Data> Flow<D> for Relations<D> {
    type Output = Option<Parts<D>>;

    fn start(&mut self) -> Step<Self::Output> {
        Step::Ask(Request::relations(&self.id))
    }

    fn answered(&mut self, answer: Answered<D>, _: Option<Answered<D>>) -> Step<Self::Output> {
        self.take(answer).into()
    }
}
