//! Working offline: which writes wait, which entries are stored, and which tab may send.
//!
//! Everything is a function of what is stored. The [`Outbox`] holds all records of a user; a step changes them and says
//! which to write and which to delete. The caller does both in one transaction, in which it has made sure that what the
//! outbox holds is what is stored. So tabs cannot interleave, and a crash leaves the state before the step or the one
//! after it. The [`Flusher`] decides when to send, the [`Shelf`] when
//! to store what the cache holds, [`evict`] what to drop, and [`Lease`] who sends where the browser has no locks.
//!
//! The crate's feature `offline` compiles this module's exports instead of those of `js`: the package's entry for
//! working offline is a WebAssembly module of its own.

mod enqueue;
mod failure;
mod flusher;
mod json;
mod lease;
mod outbox;
mod overlay;
mod record;
mod shelf;
mod step;
mod view;

pub use enqueue::STRUCTURAL_COLUMNS;
pub use flusher::{Flusher, Poll};
pub(crate) use json::without_member;
pub use lease::{lease_step, Claim, Lease};
pub use outbox::{Outbox, Outcome, Sent};
pub use record::{Action, Plan, Record, State};
pub use shelf::{evict, Batch, Shelf};
