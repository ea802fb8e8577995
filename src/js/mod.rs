//! The crate's interface to JavaScript: one object per client. The package's entry points wrap it.

mod cache;
mod client;
mod convert;
mod db;
mod merge;
mod realtime;
mod rooms;
mod waiting;

pub use client::Client;
