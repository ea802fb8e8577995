//! Combines the lookups of one tick into one request.
//!
//! Reads by id, and reads of one parent's children, differ in one value only, so all that start in the same tick
//! become `column=in.(…)`. Each caller still gets its own rows, nothing, or its own error.

use super::call::Sent;
use super::shared::{Shared, WeakShared};
use super::Engine;
use crate::data::Data;
use crate::error::Error;
use crate::flows::{is_same_question, url_length, Batch, Lookup};
use crate::platform::Platform;
use crate::rest::MAX_URL_LENGTH;
use futures_util::future::FutureExt;
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

/// The rows of each member, in the order in which the members joined.
type Answers<D> = Rc<Vec<Result<D, Error>>>;

/// Characters reserved in the URL for the path, `select`, `order` and the continuation of a long list.
const URL_RESERVE: usize = 400;

#[derive(Default)]
struct Members {
    values: Vec<String>,
    /// Bytes that the members take in the URL.
    length: usize,
}

struct OpenBatch<D> {
    /// The first lookup. A lookup joins if it differs only in its value.
    lookup: Lookup,
    timeout_ms: f64,
    answers: WeakShared<Answers<D>>,
    members: Rc<RefCell<Members>>,
    sent: Sent,
}

impl<D> OpenBatch<D> {
    fn is_for(&self, lookup: &Lookup, timeout_ms: f64) -> bool {
        self.timeout_ms.to_bits() == timeout_ms.to_bits() && is_same_question(&self.lookup, lookup)
    }
}

/// Batches that still accept members.
pub struct Batches<D> {
    open: Vec<OpenBatch<D>>,
}

impl<D> Default for Batches<D> {
    fn default() -> Self {
        Self { open: Vec::new() }
    }
}

impl<D: Data> Batches<D> {
    /// Joins the open batch for such lookups, if it has room. Returns the position in it.
    fn join(
        &self,
        lookup: &Lookup,
        timeout_ms: f64,
        room: usize,
    ) -> Option<(Shared<Answers<D>>, usize, Sent)> {
        let batch = self.open.iter().find(|batch| batch.is_for(lookup, timeout_ms))?;
        let answers = batch.answers.upgrade()?;
        let mut members = batch.members.borrow_mut();
        let length = url_length(&lookup.value);
        if members.length + length > room {
            return None;
        }
        members.length += length;
        members.values.push(lookup.value.clone());
        Some((answers, members.values.len() - 1, batch.sent.clone()))
    }

    /// Closes these batches to new members.
    fn close(&mut self, closed: impl Fn(&OpenBatch<D>) -> bool) {
        self.open.retain(|batch| !closed(batch));
    }
}

impl<P: Platform> Engine<P> {
    /// The rows that `lookup` selects, in the table's default order, requested together with other lookups of this
    /// tick. The second value says when the batch was sent.
    pub(super) fn in_batch(
        self: &Rc<Self>,
        lookup: Lookup,
        timeout_ms: f64,
    ) -> (impl Future<Output = Result<P::Data, Error>> + use<P>, Sent) {
        let within = lookup.within.iter();
        let within_length: usize = within.map(|(column, value)| column.len() + url_length(value)).sum();
        let reserve = URL_RESERVE + within_length + self.platform.base_url_length();
        let room = MAX_URL_LENGTH.saturating_sub(reserve);
        let joined = self.state.borrow().batches.join(&lookup, timeout_ms, room);
        let (answers, place, sent) = joined.unwrap_or_else(|| self.open_batch(lookup, timeout_ms));
        let own = async move {
            let answers = answers.wait().await;
            answers.get(place).cloned().unwrap_or_else(|| Ok(P::Data::list(&[])))
        };
        (own, sent)
    }

    fn open_batch(
        self: &Rc<Self>,
        lookup: Lookup,
        timeout_ms: f64,
    ) -> (Shared<Answers<P::Data>>, usize, Sent) {
        let members = Members { values: vec![lookup.value.clone()], length: url_length(&lookup.value) };
        let members = Rc::new(RefCell::new(members));
        let sent = Sent::default();
        let (engine, own_members, own_sent) = (self.clone(), members.clone(), sent.clone());
        let own_lookup = lookup.clone();
        let answers = async move {
            engine.platform.tick().await;
            let is_own = |batch: &OpenBatch<P::Data>| Rc::ptr_eq(&batch.members, &own_members);
            engine.state.borrow_mut().batches.close(is_own);
            let mut flow = Batch::new(own_lookup, own_members.take().values);
            Rc::new(engine.run(&mut flow, timeout_ms, &own_sent).await.unwrap_or_default())
        };
        let answers = Shared::new(answers.boxed_local());
        let mut state = self.state.borrow_mut();
        state.batches.close(|batch| batch.is_for(&lookup, timeout_ms));
        let (weak, sign) = (answers.downgrade(), sent.clone());
        state.batches.open.push(OpenBatch { lookup, timeout_ms, answers: weak, members, sent: sign });
        drop(state);
        (answers, 0, sent)
    }
}
