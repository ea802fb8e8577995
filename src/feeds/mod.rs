//! Feeds: which rows are meant, what those who follow them were told last, and which frames are echoes. Pure.

mod echoes;
mod feed;
#[allow(clippy::module_inception, reason = "the feeds themselves")]
mod feeds;
mod interest;
mod known;

pub use echoes::{Echoes, Missing, Verdict};
pub use feed::{id_of, Extent, Feed, News, Outbox, Reading, Status, Told, Touch, MAX_COMPARED_ROWS};
pub use feeds::{Feeds, Sign};
pub use interest::Interest;
pub use known::{overlap, KnownRows};
