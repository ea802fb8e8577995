//! Subscriptions: the rows that they include, the notifications to their handlers, and the recognition of echoes. Pure.

mod all;
mod echoes;
mod known;
mod notice;
mod plan;
mod rooms;
mod scope;
mod selection;
mod subscription;

pub use all::{Sign, Subscriptions};
pub use echoes::{Echoes, Missing, Origin};
pub use known::{overlap, KnownRows};
pub use notice::{Notice, Notification, Notifications, Status};
pub use rooms::{JoinedRoom, RoomNews, RoomNotification, Rooms, Wish, MAX_NAME_LENGTH};
pub use scope::{cached_differences, decides_about, outdated_list, outdated_pages};
pub use selection::Selection;
pub use subscription::{id_of, Extent, Reading, Subscription, Touch, MAX_COMPARED_ROWS};
