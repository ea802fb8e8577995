//! Access to the browser (or Node): network, timers, clocks, randomness, and values that JavaScript owns.
//!
//! Glue code is JavaScript in `host.js` and `json.js`, where a line costs a tenth of what it costs as WebAssembly
//! calling JavaScript.
//!
//! No exception unwinds through here: every import is declared with `catch`, and the build rejects one that is not
//! (`scripts/total-imports.mjs`).

mod browser;
pub mod host;
pub mod row;

pub use browser::{thrown, Browser, CacheMirror, Given, SocketDriver, Target};
pub use host::token_of;
pub use row::{value_of, Row};
