//! The end of a read: stores the response unless a change overtook it.

use super::call::Sent;
use super::log::Record;
use super::reads::Outcome;
use super::Engine;
use crate::cache::{compose, parts_of_relations, Shape};
use crate::data::Data;
use crate::error::Error;
use crate::flows::{Loaded, Parts};
use crate::platform::Platform;
use crate::query::{Query, Test};
use crate::tables::{Table, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use std::rc::Rc;

/// How many times an overtaken response is requested again.
const MAX_REPEATS: u32 = 3;

/// Ends a read in flight, at the latest when this is dropped.
pub(super) struct ReadGuard<P: Platform> {
    pub engine: Rc<Engine<P>>,
    pub key: String,
    /// The read's number among the reads in flight.
    pub number: u32,
    pub sent: Sent,
    /// How many times it has repeated its request.
    pub repeats: u32,
}

impl<P: Platform> Drop for ReadGuard<P> {
    fn drop(&mut self) {
        self.engine.state.borrow_mut().reads.end(self.number);
    }
}

impl<P: Platform> ReadGuard<P> {
    /// Whether the response may be older than what is known now.
    fn is_overtaken(&self, outcome: &Result<Option<Loaded<P::Data>>, Error>) -> bool {
        let state = self.engine.state.borrow();
        let loaded = outcome.as_ref().ok().and_then(Option::as_ref);
        state.reads.is_overtaken(self.number, &state.log, loaded)
    }

    /// Whether to repeat the request: a change overtook the response, and the read requires one that is up to date.
    pub fn must_repeat(&self, outcome: &Result<Option<Loaded<P::Data>>, Error>) -> bool {
        outcome.is_ok() && self.repeats < MAX_REPEATS && self.insists() && self.is_overtaken(outcome)
    }

    /// Records that the request is repeated, as `sent`.
    pub fn repeats_with(&mut self, sent: Sent) {
        self.repeats += 1;
        self.engine.state.borrow_mut().reads.asks_again(self.number, sent.clone());
        self.sent = sent;
    }

    fn insists(&self) -> bool {
        self.engine.state.borrow().reads.insists(self.number)
    }

    /// Stores the response unless a change overtook it. The caller gets it in either case.
    pub fn store(
        self,
        outcome: Result<Option<Loaded<P::Data>>, Error>,
        ttl_ms: Option<f64>,
    ) -> Outcome<P::Data> {
        let engine = self.engine.clone();
        let key = self.key.clone();
        let keep = !self.is_overtaken(&outcome);
        let asked = self.sent.place();
        let insists = self.insists();
        drop(self);
        let outcome = outcome?;
        if let (true, Some(asked)) = (keep, asked) {
            let mut state = engine.state.borrow_mut();
            // Responses to earlier requests are older than this one.
            if state.reads.has_other(&key) {
                state.note(Record::Stored { key: key.clone(), asked });
            }
        }
        if !keep && insists {
            // Later reads must not get the entry that this response was meant to replace.
            engine.drop_entry(&key);
        }
        let answer = match outcome {
            None => {
                if keep {
                    engine.drop_entry(&key);
                    engine.note_absent(&key);
                }
                None
            }
            Some(Loaded::Entry(data, shape)) => Some(engine.keep(keep, &key, data, shape, ttl_ms)),
            Some(Loaded::Parts(parts)) => Some(engine.keep_parts(keep, &key, parts, ttl_ms)),
        };
        engine.flush();
        if !keep {
            // Observers of the entry must not treat this response as the latest state.
            engine.publish(&key);
        }
        Ok(answer)
    }
}

impl<P: Platform> Engine<P> {
    /// Drops the entry, and those that it could be composed from again.
    fn drop_entry(&self, key: &str) {
        let store = &mut self.state.borrow_mut().store;
        store.remove(key);
        for part in parts_of_relations(key).iter().flatten() {
            store.remove(part);
        }
    }

    /// Notes that the server has no row for `key`.
    fn note_absent(&self, key: &str) {
        let row_key = parts_of_relations(key).map(|[workflow, ..]| workflow);
        self.state.borrow_mut().store.note_absent(row_key.as_deref().unwrap_or(key));
    }

    /// Stores a workflow and its children, each under its own key and all together under `key`.
    pub(super) fn keep_parts(
        &self,
        keep: bool,
        key: &str,
        parts: Parts<P::Data>,
        ttl_ms: Option<f64>,
    ) -> P::Data {
        let [workflow_key, nodes_key, connections_key] = parts_of_relations(key).unwrap_or_default();
        let children = |table| Shape::List(Rc::new(children_of(table, &parts.workflow)));
        let (nodes_shape, connections_shape) = (children(&WORKFLOW_NODES), children(&WORKFLOW_CONNECTIONS));
        let workflow = self.keep(keep, &workflow_key, parts.workflow, Shape::Row(&WORKFLOWS), ttl_ms);
        let nodes = self.keep(keep, &nodes_key, parts.nodes, nodes_shape, ttl_ms);
        let connections = self.keep(keep, &connections_key, parts.connections, connections_shape, ttl_ms);
        let whole = compose(&workflow, &nodes, &connections);
        self.keep(keep, key, whole, Shape::Relations, ttl_ms)
    }

    /// Stores `data` if `keep` is true. Returns the data for the caller, in which known rows keep their identity.
    fn keep(&self, keep: bool, key: &str, data: P::Data, shape: Shape, ttl_ms: Option<f64>) -> P::Data {
        if !keep {
            return self.state.borrow_mut().store.identified(data, &shape, false);
        }
        self.learn_use();
        let now = self.platform.now();
        let mut state = self.state.borrow_mut();
        state.store.put(key, data.clone(), shape, ttl_ms, now);
        state.store.peek(key).map_or(data, |entry| entry.data.clone())
    }
}

impl<P: Platform> Engine<P> {
    /// Composes a workflow with relations from its three entries, if all of them are fresh.
    pub(super) fn compose_from_parts(self: &Rc<Self>, key: &str) {
        let Some(parts) = parts_of_relations(key) else { return };
        let now = self.platform.now();
        let mut state = self.state.borrow_mut();
        let store = &mut state.store;
        if store.is_fresh(key, now) || !parts.iter().all(|part| store.is_fresh(part, now)) {
            return;
        }
        let entries: Vec<_> = parts.iter().filter_map(|part| store.peek(part)).collect();
        let [workflow, nodes, connections] = entries.as_slice() else { return };
        let whole = compose(&workflow.data, &nodes.data, &connections.data);
        let left_ms = entries.iter().map(|entry| entry.left_ms(now)).fold(f64::INFINITY, f64::min);
        store.put(key, whole, Shape::Relations, Some(left_ms), now);
    }
}

fn children_of<D: Data>(table: &'static Table, workflow: &D) -> Query {
    let id = workflow.column("id").text().unwrap_or_default().to_owned();
    Query::of(table).filter("workflow_id", Test::Eq(id))
}
