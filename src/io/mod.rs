//! Access to the browser (or Node): network, timers, clocks, randomness, and values that JavaScript owns.
//!
//! Glue code is JavaScript in `host.js` and `json.js`, where a line costs a tenth of what it costs as WebAssembly
//! calling JavaScript.
//!
//! No exception unwinds through here: every import is declared with `catch`, and the build rejects one that is not
//! (`scripts/total-imports.mjs`).

#[cfg(not(feature = "offline"))]
mod browser;
#[cfg(not(feature = "offline"))]
pub mod host;
#[cfg(not(feature = "offline"))]
mod imports;
pub mod row;
#[cfg(not(feature = "offline"))]
mod target;

#[cfg(not(feature = "offline"))]
pub use browser::{thrown, Browser, Given};
#[cfg(not(feature = "offline"))]
pub use host::token_of;
#[cfg(not(feature = "offline"))]
pub use imports::{CacheMirror, SocketDriver};
pub use row::{value_of, Row};
#[cfg(not(feature = "offline"))]
pub use target::Target;
