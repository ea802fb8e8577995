//! The simulator: a virtual clock, a model server, an unreliable network, and clients.

pub mod cache_mirror;
pub mod client;
pub mod frames;
pub mod json;
pub mod network;
pub mod platform;
pub mod postgrest;
pub mod random;
pub mod realtime;
pub mod runtime;
pub mod tokens;
pub mod world;

pub use client::{Client, Options, Pending};
pub use json::Json;
pub use network::Fault;
pub use world::World;
