//! Typed, cached data access to Supabase, for browsers.
//!
//! The crate decides; the browser carries. Rows are made by the browser's JSON parser and stay JavaScript objects;
//! Rust holds references to them and decides what is fresh, whom to ask and what to patch.
//!
//! # The way of a read
//! `js::db` turns a call into a [`Read`](engine::Read) by way of [`api`] → `engine::read`: the cache answers, or the call joins
//! a read in flight, or its lookup joins the batch of this tick → `engine::attempt` carries the [`Flow`](flows::Flow) of
//! requests through, each with token, time limit and retries → [`rest`] reads the answers → `engine::store_response` stores
//! what came, unless the change log has a record since it was sent that makes it old → observers are notified.
//!
//! # The way of a write
//! [`api`] checks the input → `engine::write` carries the write's flow through: an idempotent request, and what finds out what
//! became of it → `engine::writes` judges by the change log whether something crossed it, and makes the outcome a
//! [`Change`](cache::Change) → `engine::coherence` patches or drops every entry that the change concerns → observers, caller.
//!
//! # The way of a frame
//! `js::realtime` hands it to [`realtime`], whose session says which channel it is for and which bindings it matched →
//! `engine::incoming` completes the row and makes it a `Change`, which goes the way of any other → the subscriptions that mean
//! the row, in [`subscriptions`], say whether it is news → handlers. After every readiness `engine::resync` reads the scope and
//! does the same with whatever differs.
//!
//! # What is where
//! [`tables`] describes the database, [`query`] asks it, [`cache`] remembers, [`rest`] speaks `PostgREST`, [`input`] checks
//! what the application passes, [`token`] tells users apart, [`retry`] and [`error`] are the policy and the one error type,
//! [`time`] holds every timeout and backoff. [`realtime`] keeps one socket and its channels alive and says what they told;
//! [`subscriptions`] know what is followed, and what its followers heard last. [`flows`] know which requests a question or a write takes.
//! All of these are pure: values in, values out.
//! [`engine`] is generic over [`platform::Platform`]; `io` is the only code that touches the browser, `js` the only one that
//! JavaScript sees. Modules import downwards only; `tests/native/modules.rs` has the order.
//!
//! # When the application's code runs
//! Never inside a step of the engine, which is one call into WebAssembly. Arguments and options are taken apart before it;
//! results, events, handlers, `fetch`, the token provider and the `WebSocket` wait until it is over
//! (`pkg-template/src/step.ts`). Every import catches what JavaScript throws. Should an exception come through WebAssembly
//! all the same, for want of stack or memory, the instance is unsound: the package discards it and moves its clients into
//! a new one (`pkg-template/src/wasm.ts`).

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

/// A third of the default allocator's size in the package.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
