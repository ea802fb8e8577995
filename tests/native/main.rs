//! The engine and the pure modules, driven natively: scenarios, properties, and a random simulation.
//!
//! `cargo test --test native`. Every run is the same. `SEED=…` makes another one, of the properties and the
//! simulation; `STEPS=…` is the length of the latter, `CLIENTS=…` how many an outage hits. A simulation that fails
//! prints how to repeat it, and the shortest program that fails in the same way, as a test.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::float_cmp, reason = "virtual time is exact")]
#![allow(clippy::needless_pass_by_value, reason = "a story reads better without `&json!(…)`")]

mod modules;
mod offline;
mod properties;
mod realtime;
mod scenarios;
mod simulation;
mod support;
mod units;

/// A number that the environment may set.
fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
