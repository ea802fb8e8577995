//! What holds for all values.

mod inputs;
mod keyset;
mod matching;
mod retry;
mod store;
mod timestamps;
mod urls;
mod values;
