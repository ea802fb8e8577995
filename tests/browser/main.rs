//! What only a JavaScript engine can show: rows that stay objects, the host's promises, and a client from outside.
//! Run by `wasm-pack test --headless --chrome -- --test browser`.

#![cfg(target_arch = "wasm32")]

mod client;
mod host;
mod rows;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
