//! What JavaScript sees of the crate: one object per client. The package's entry gives it its public face.

mod cache;
mod client;
mod convert;
mod db;
mod realtime;

pub use client::Client;
