//! The realtime session against stories, recordings of the real server, chance, and an outage.

mod channels;
mod connection;
mod outage;
mod properties;
mod recordings;
mod refusals;
mod rig;
mod room_model;
mod rooms;
mod tokens;
