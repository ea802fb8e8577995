//! Feeds: which rows are meant, what those who follow them were told last, and which frames are echoes. Pure.

mod echoes;
mod feed;
mod interest;

pub use echoes::{Echoes, Missing, Verdict};
pub use feed::{id_of, overlap, Extent, Feed, News, Outbox, Status, Told, Touch, MAX_COMPARED_ROWS};
pub use interest::Interest;
