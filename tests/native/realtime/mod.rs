//! The realtime session in scenarios, with recordings of the real server, with random input, and in an outage.

mod channels;
mod connection;
mod outage;
mod people;
mod properties;
mod recordings;
mod refusals;
mod rig;
mod room_model;
mod rooms;
mod tokens;
