//! Working offline: which writes wait, which entries are stored, and which tab may send.
//!
//! - [`Outbox`]: the unsent writes of one user. A step changes its records and returns those to store and to delete. The
//!   caller stores them in the same transaction in which it checked that the outbox matches the disk. So the steps of two
//!   tabs cannot interleave, and a crash leaves the state before a step or the state after it.
//! - [`Flusher`]: when to send the next write.
//! - [`Shelf`] and [`evict`]: which entries of the cache to store, and which to remove from the disk.
//! - [`Lease`]: which tab sends, in browsers without the Web Locks API.
//!
//! With the crate's feature `offline`, this module is exported to JavaScript instead of the engine. That makes the
//! WebAssembly module of the package's entry `workflow-db/offline`.

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
