//! Working offline: the outbox, when it is sent, what is stored, and who leads.

mod blocking;
mod flusher;
mod json;
mod lease;
mod merging;
mod overlays;
mod sending;
mod shelf;
mod simulation;
mod stored;
