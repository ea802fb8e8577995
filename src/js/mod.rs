//! The crate's interface to JavaScript: one object per client. The package's entry points wrap it.
//!
//! With the feature `offline`, it is the interface for the package's offline entry instead.

#[cfg(not(feature = "offline"))]
mod cache;
#[cfg(not(feature = "offline"))]
mod client;
mod convert;
#[cfg(not(feature = "offline"))]
mod db;
#[cfg(not(feature = "offline"))]
mod merge;
#[cfg(feature = "offline")]
mod offline;
#[cfg(not(feature = "offline"))]
mod pages;
#[cfg(not(feature = "offline"))]
mod realtime;
#[cfg(not(feature = "offline"))]
mod rooms;
#[cfg(feature = "offline")]
mod shown;

#[cfg(not(feature = "offline"))]
pub use client::Client;
