//! What the app keeps beyond the page: entries of earlier visits, writes that wait to be sent, and the changes of other
//! pages. `workflow-db/offline` stores and decides; the engine shows.

use super::reads::Outcome;
use super::store_response::compose;
use super::{Engine, Read, State};
use crate::cache::{
    entries_of_new, parts_of_relations, relations_key, shown, Change, Effect, Overlay, Shape,
};
use crate::data::{Data, Member};
use crate::error::{code, Cause, Error};
use crate::platform::Platform;
use crate::tables::Table;
use crate::token::Subject;
use std::rc::Rc;

/// The writes that wait to be sent.
pub struct Waiting<D> {
    overlays: Vec<Overlay<D>>,
    /// The keys of the entries that stand for rows which the server does not know yet.
    made: Vec<String>,
}

impl<D> Default for Waiting<D> {
    fn default() -> Self {
        Self { overlays: Vec::new(), made: Vec::new() }
    }
}

impl<D: Data> Waiting<D> {
    /// An entry with their effect. `None`: there is no such row.
    pub fn shown(&self, key: &str, shape: &Shape, base: Option<D>) -> Option<D> {
        if self.overlays.is_empty() {
            return base;
        }
        shown(&self.overlays, key, shape, base)
    }

    fn concern(&self, shape: &Shape) -> bool {
        let of = |table: &Table| self.overlays.iter().any(|own| *own.table == *table || own.is_graph());
        match shape {
            Shape::Row(table) => of(table),
            Shape::List(query) | Shape::Page(query) => of(query.table),
            Shape::Relations => !self.overlays.is_empty(),
            Shape::Foreign => false,
        }
    }
}

impl<P: Platform> Engine<P> {
    /// Shows the entry of an earlier visit while read `number` is in flight.
    pub(super) fn restore_meanwhile(self: &Rc<Self>, read: &Read, number: u32) {
        if !self.platform.is_persistent() || self.state.borrow().store.peek(&read.key).is_some() {
            return;
        }
        let (engine, read) = (self.clone(), read.clone());
        self.platform.spawn(async move {
            engine.restore(&read, &|engine| engine.state.borrow().reads.is_in_flight(number)).await;
        });
    }

    /// The entry of an earlier visit, if `is_wanted` when it arrives.
    async fn restore(self: &Rc<Self>, read: &Read, is_wanted: &dyn Fn(&Self) -> bool) -> Option<P::Data> {
        let epoch = self.epoch();
        // If this fails, the last known user is still signed in.
        let _ = self.identify().await;
        let data = self.platform.restore(&read.key).await?;
        if epoch.end().is_some() || !is_wanted(self) {
            return None;
        }
        let now = self.platform.now();
        self.state.borrow_mut().store.restore(&read.key, data.clone(), read.load.shape(), now);
        self.flush();
        Some(data)
    }

    /// The result of a read as the app shows it: with the writes that wait, and from an earlier visit if the server
    /// cannot be reached.
    pub(super) async fn as_shown(
        self: &Rc<Self>,
        read: &Read,
        outcome: Outcome<P::Data>,
        is_fresh: bool,
    ) -> Outcome<P::Data> {
        if !self.platform.is_persistent() {
            return outcome;
        }
        let shape = read.load.shape();
        match outcome {
            Err(error) if !is_fresh && is_unreachable(&error) => {
                let kept = {
                    let state = self.state.borrow();
                    let entry = state.store.peek(&read.key).map(|entry| entry.data.clone());
                    entry.or_else(|| state.composed(&read.key))
                };
                let base = match kept {
                    Some(kept) => Some(kept),
                    None => self.restore(read, &|_| true).await,
                };
                let is_known = base.is_some();
                let row = self.state.borrow().waiting.shown(&read.key, &shape, base);
                if is_known || row.is_some() {
                    Ok(row)
                } else {
                    Err(error)
                }
            }
            outcome => Ok(self.state.borrow().waiting.shown(&read.key, &shape, outcome?)),
        }
    }

    /// Asks who is signed in, unless that is known.
    pub async fn identify(self: &Rc<Self>) -> Result<(), Error> {
        match self.user_id() {
            Some(_) => Ok(()),
            None => self.authorize(None).await.map(|_| ()),
        }
    }

    /// Takes the user with these claims as signed in until a token says otherwise.
    pub fn assume_user(&self, claims: P::Data) {
        self.state.borrow_mut().auth.assume(Subject::Claims(claims));
    }

    /// The claims of the signed-in user.
    pub fn claims(&self) -> Option<P::Data> {
        match self.state.borrow().auth.user() {
            Some(Subject::Claims(claims)) => Some(claims.clone()),
            _ => None,
        }
    }

    /// The entry under `key` as the server sent it, if it may be stored: it contains no secret.
    pub fn storable(&self, key: &str) -> Option<P::Data> {
        let state = self.state.borrow();
        let entry = state.store.peek(key).filter(|entry| !entry.is_restored && !entry.shape.holds_secrets());
        entry.map(|entry| entry.data.clone())
    }

    /// Shows these writes on top of all entries, instead of those before.
    pub fn set_waiting(self: &Rc<Self>, overlays: Vec<Overlay<P::Data>>) {
        let now = self.platform.now();
        let concerned = {
            let state = &mut *self.state.borrow_mut();
            let is_shown = |waiting: &Waiting<P::Data>| {
                let entries = state.store.iter().filter(|(_, entry)| waiting.concern(&entry.shape));
                entries.map(|(key, _)| key.clone()).collect::<Vec<_>>()
            };
            let mut concerned = is_shown(&state.waiting);
            let before = std::mem::replace(&mut state.waiting, Waiting { overlays, made: Vec::new() });
            concerned.extend(is_shown(&state.waiting));
            let made: Vec<_> = state.waiting.overlays.iter().flat_map(entries_of_new).collect();
            for key in before.made {
                let is_over = made.iter().all(|(own, ..)| *own != key);
                if is_over && state.store.peek(&key).is_some_and(|entry| entry.is_restored) {
                    state.store.remove(&key);
                }
            }
            for (key, data, shape) in made {
                state.store.restore(&key, data, shape, now);
                state.waiting.made.push(key);
            }
            concerned
        };
        self.flush();
        for key in concerned {
            self.publish_with_relations(&key);
        }
    }

    /// The row with these columns as the waiting writes will leave it.
    pub fn expected(&self, table: &'static Table, columns: &[(&'static str, String)]) -> P::Data {
        let state = self.state.borrow();
        let named: Vec<_> =
            columns.iter().map(|(name, value)| (*name, Member::Text(Some(value.as_str())))).collect();
        let named = P::Data::object(None, &[], &named);
        let known = if let [("id", id)] = columns {
            state.store.latest(table, id)
        } else {
            let key = table.row_key.as_ref().and_then(|format| format.of_row(&named));
            key.and_then(|key| Some(state.store.peek(&key)?.data.clone()))
        };
        let own = state.waiting.overlays.iter().filter(|own| *own.table == *table && own.columns == columns);
        own.fold(known.unwrap_or(named), |row, own| match &own.effect {
            Effect::Graph(graph) => row.merged(graph),
            _ => own.on_row(Some(row.clone())).unwrap_or(row),
        })
    }

    /// Applies what another page of the app wrote or heard.
    pub fn heard_elsewhere(self: &Rc<Self>, change: &Change<P::Data>) {
        self.apply_here(change);
    }

    /// Publishes the entry under `key`, and the workflow with its nodes and connections that contains it.
    pub(super) fn publish_with_relations(&self, key: &str) {
        self.publish(key);
        let whole = relations_key(key).filter(|_| self.platform.is_persistent());
        if let Some(whole) = whole.filter(|whole| self.state.borrow().store.peek(whole).is_none()) {
            self.publish(&whole);
        }
    }
}

impl<D: Data> State<D> {
    /// A workflow with its nodes and connections, composed from entries of which some are from an earlier visit.
    pub(super) fn composed(&self, key: &str) -> Option<D> {
        let parts = parts_of_relations(key)?;
        let [workflow, nodes, connections] = parts.each_ref().map(|part| self.store.peek(part));
        let (workflow, nodes, connections) = (workflow?, nodes?, connections?);
        let is_restored = [workflow, nodes, connections].iter().any(|entry| entry.is_restored);
        is_restored.then(|| compose(&workflow.data, &nodes.data, &connections.data))
    }
}

/// Whether the server could not be reached, rather than refused the request.
fn is_unreachable(error: &Error) -> bool {
    match &error.cause {
        Some(Cause::Error(last)) if error.is(code::RETRY_EXHAUSTED) => is_unreachable(last),
        _ => error.is(code::NETWORK) || error.is(code::TIMEOUT),
    }
}
