//! The engine and the pure modules, driven natively: scenarios, properties, and a random simulation.
//!
//! `cargo test --test native`. A failing random run prints its seed;
//! `SEED=… STEPS=… cargo test --test native simulation` repeats it.

#![cfg(not(target_arch = "wasm32"))]

mod properties;
mod scenarios;
mod simulation;
mod support;
