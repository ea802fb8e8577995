//! The cache: what is stored under which key and for how long, and what a change does to it. Uses no clock and no
//! network.

mod entry;
mod index;
mod keys;
mod overlays;
mod patch;
mod store;

pub use entry::{compose, CacheConfig, Entry, Freshness, Shape, Stats};
pub use keys::{base_of, is_variant_of, parts_of_relations, relations_key, relations_of};
pub use overlays::{
    entries_of_new, expected, holds_secrets, patched, row_in, shape_of_key, shown, Effect, Overlay,
};
pub use patch::{is_older, Change, Patch, Source};
pub use store::Store;
