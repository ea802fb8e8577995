//! The engine and the pure modules, driven natively: scenarios, properties, and a random simulation.
//!
//! `cargo test --test native`. A failing random run prints its seed;
//! `SEED=… STEPS=… cargo test --test native simulation` repeats it.

mod properties;
mod scenarios;
mod support;
