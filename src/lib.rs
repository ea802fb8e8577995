//! Typed, cached data access to Supabase for browsers.
//!
//! The crate makes the decisions; the browser does the I/O. The browser's JSON parser creates the rows, and they stay
//! JavaScript objects. Rust holds references to them and decides what is fresh, what to request and what to patch.
//!
//! The package compiles it twice: as the engine, and with the feature `offline` as the module behind
//! `workflow-db/offline`, which exports [`offline`] alone. `ARCHITECTURE.md` has diagrams of the three paths below.
//!
//! # How a read works
//! 1. `js::db` passes the call to [`api`], which checks the arguments and builds a [`Read`](engine::Read).
//! 2. `engine::read` answers it from the cache, lets it join an equal read in flight, or adds it to the batch of this
//!    tick.
//! 3. `engine::attempt` runs the [`Flow`](flows::Flow) of the read: one request or several, each with a token, a
//!    timeout and retries. [`rest`] encodes the requests and decodes the responses.
//! 4. `engine::store_response` stores the result, unless the change log (`engine::log`) shows that it is outdated.
//!    Observers of the entry are notified, and the caller gets the rows.
//!
//! # How a write works
//! 1. [`api`] checks the arguments.
//! 2. `engine::write` runs the write's flow: an idempotent request, and more requests if a response was lost and the
//!    outcome is unknown.
//! 3. `engine::writes` turns the outcome into a [`Change`](cache::Change). If the change log contains another change of
//!    the row during the write, the order of the two is unknown, and so is the row's new state.
//! 4. `engine::coherence` patches or drops every cache entry that the change affects. Observers are notified, and the
//!    caller gets the result.
//!
//! # How a realtime frame is handled
//! 1. `js::realtime` passes the frame to [`realtime`], whose session finds its channel and the bindings that it matches.
//! 2. `engine::incoming` completes the row and turns it into a `Change`, which is applied like that of a write.
//! 3. Each of the [`subscriptions`] that include the row decides whether its handlers have seen this state. If not, they
//!    are called.
//!
//! Each time a channel becomes ready, `engine::resync` reads the rows of its subscriptions, and applies every difference
//! as a `Change`.
//!
//! # Modules
//! | module | responsibility |
//! |---|---|
//! | [`tables`] | describes the database; types, checks and cache keys follow from it |
//! | [`api`], [`input`], [`queries`] | what the application may pass, and the checks of it |
//! | [`query`] | filters, orders and pages of one table; decides whether a row satisfies them |
//! | [`cache`] | entries, expiry and eviction; what a change does to an entry |
//! | [`merge`] | merges two edits of one graph |
//! | [`offline`] | the outbox: writes that wait until they can be sent |
//! | [`flows`] | the sequence of requests that a read or a write takes |
//! | [`rest`] | requests to `PostgREST`, and its responses |
//! | [`realtime`] | one socket with its channels, rooms and frames |
//! | [`subscriptions`] | what is subscribed to, and which states handlers have seen |
//! | [`token`], [`retry`], [`time`], [`error`] | who the user is, the retry policy, every timeout and delay, the error type |
//! | [`data`], [`json`], [`uuid`] | handles to the host's rows; JSON and uuids as text |
//! | [`engine`] | carries out reads, writes and frames, for any [`platform::Platform`] |
//! | `io`, `js` | the browser as a platform, and the exports to JavaScript. They exist in WebAssembly only |
//!
//! All modules above `engine` are pure: they take values and return values, and time and randomness are arguments.
//! Modules import downwards only; `tests/native/modules.rs` defines the order.
//!
//! # When the application's code runs
//! Never within a step of the engine, which is one call into WebAssembly. Arguments and options are converted before
//! the step; results, events, handlers, `fetch`, the token provider and the `WebSocket` wait until it is over
//! (`pkg-template/src/step.ts`). Every import catches what JavaScript throws. If an exception unwinds through
//! WebAssembly nevertheless, because stack or memory ran out, the instance is unsound: the package discards it and
//! moves its clients to a new one (`pkg-template/src/wasm.ts`).

#![forbid(unsafe_code)]

pub mod api;
pub mod cache;
pub mod data;
pub mod engine;
pub mod error;
pub mod flows;
pub mod input;
#[cfg(target_arch = "wasm32")]
pub mod io;
#[cfg(target_arch = "wasm32")]
pub mod js;
pub mod json;
pub mod merge;
pub mod offline;
pub mod platform;
pub mod queries;
pub mod query;
pub mod realtime;
pub mod rest;
pub mod retry;
pub mod subscriptions;
pub mod tables;
pub mod time;
pub mod token;
pub mod uuid;

/// A third of the default allocator's size.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
