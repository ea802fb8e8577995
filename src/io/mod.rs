//! The browser (or Node), and nothing else: network, timers, clocks, randomness, and values that JavaScript owns.
//!
//! What only carries is JavaScript in `host.js` and `json.js`: there, a line costs a tenth of what it costs as
//! WebAssembly calling out.
//!
//! No exception comes through here: every import is declared with `catch`, and the build refuses one that is not
//! (`scripts/total-imports.mjs`).

mod browser;
pub mod host;
pub mod row;

pub use browser::{thrown, Browser, CacheMirror, Given, SocketDriver, Target};
pub use host::token_of;
pub use row::{value_of, Row};
