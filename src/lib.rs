//! Typed, cached data access to Supabase for browsers.
//!
//! The crate makes the decisions; the browser does the I/O. The browser's JSON parser creates the rows, and they stay
//! JavaScript objects. Rust holds references to them and decides what is fresh, what to request and what to patch.
//!
//! # How a read works
//! `js::db` turns a call into a [`Read`](engine::Read) through [`api`] → `engine::read`: the cache answers, or the
//! call joins a read in flight, or its lookup joins the batch of this tick → `engine::attempt` runs the
//! [`Flow`](flows::Flow) of requests, each with token, timeout and retries → [`rest`] decodes the responses →
//! `engine::store_response` stores the result, unless a record in the change log shows that it is outdated →
//! observers are notified.
//!
//! # How a write works
//! [`api`] validates the input → `engine::write` runs the write's flow: an idempotent request, and further ones that
//! determine its outcome if a response was lost → `engine::writes` checks the change log for changes that crossed the
//! write and turns the outcome into a [`Change`](cache::Change) → `engine::coherence` patches or drops every entry
//! that the change affects → observers are notified, and the caller gets the result.
//!
//! # How a frame is handled
//! `js::realtime` passes it to [`realtime`], whose session determines the channel and the bindings that it matched →
//! `engine::incoming` completes the row and turns it into a `Change`, which is applied like any other → the
//! [`subscriptions`] that include the row decide whether it is news → handlers are called. Each time a channel
//! becomes ready, `engine::resync` reads the scope and applies every difference in the same way.
//!
//! # Modules
//! [`tables`] describes the database, [`query`] is a query to a table, [`cache`] stores results, [`rest`] speaks
//! `PostgREST`, [`input`] validates what the application passes, [`token`] identifies users, [`retry`] is the retry
//! policy, [`error`] the error type, and [`time`] holds every timeout and backoff. [`realtime`] manages one socket
//! and its channels; [`subscriptions`] tracks what is followed and what handlers were last notified of. [`merge`]
//! merges two edits of one graph, [`offline`] holds the writes that wait, and [`flows`] the sequences of requests that
//! reads and writes take. All of these are pure: values in, values out.
//! [`engine`] is generic over [`platform::Platform`]; only `io` touches the browser, and only `js` is visible to
//! JavaScript. Modules import downwards only; `tests/native/modules.rs` defines the order.
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
