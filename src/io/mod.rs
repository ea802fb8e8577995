//! The browser (or Node), and nothing else: network, timers, clocks, randomness, and values that JavaScript owns.

mod browser;
mod clock;
mod fetch;
mod row;
mod signal;
mod token;

pub use browser::{Browser, Front, Target};
pub use row::{deep_freeze, stringify, value_of, Row};
pub use signal::aborted;
