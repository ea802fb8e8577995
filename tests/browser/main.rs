//! Tests that need a JavaScript engine: rows as objects, the host's functions, and a client used from JavaScript.
//! Run by `wasm-pack test --headless --chrome -- --test browser`.

#![cfg(target_arch = "wasm32")]

mod client;
mod host;
mod rows;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
