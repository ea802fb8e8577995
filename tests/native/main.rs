//! Native tests of the engine and the pure modules: scenarios, properties, and a random simulation.
//!
//! `cargo test --test native` makes the same choices on every run. `SEED=…` varies the properties and the simulation;
//! `STEPS=…` sets the length of the simulation, `CLIENTS=…` the number of clients in the outage. A failing simulation
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

/// A number from the environment.
fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
