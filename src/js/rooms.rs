//! The engine's side of `joinRoom`: rooms by number.

use super::client::Client;
use crate::error::Error;
use crate::realtime::Patch;
use crate::subscriptions::Wish;
use js_sys::Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Joins the room of a workflow, and shows `state` there. Returns the room's number, which is the same for the same
    /// workflow.
    #[wasm_bindgen(js_name = joinRoom)]
    pub fn join_room(&self, workflow: &str, name: Option<String>, state: &Array) -> Result<u32, JsValue> {
        let joined = Wish::new(workflow, name, patch(state)).and_then(|wish| self.engine.join_room(wish));
        joined.map_err(|error| self.thrown(&error))
    }

    /// Removes one user of the room.
    #[wasm_bindgen(js_name = leaveRoom)]
    pub fn leave_room(&self, room: u32) {
        self.engine.leave_room(room);
    }

    /// Merges `state` into the state that the others in a room see.
    #[wasm_bindgen(js_name = setRoomState)]
    pub fn set_room_state(&self, room: u32, state: &Array) -> Result<(), JsValue> {
        self.engine.set_room_state(room, patch(state)).map_err(|error: Error| self.thrown(&error))
    }

    /// Sends a message with a JSON payload to the others in a room. Returns whether it was sent.
    #[wasm_bindgen(js_name = sendToRoom)]
    pub fn send_to_room(&self, room: u32, event: &str, payload: &str) -> Result<bool, JsValue> {
        self.engine.send_to_room(room, event, payload).map_err(|error| self.thrown(&error))
    }
}

/// Members, each as `[name, json]`; without JSON, the member is removed.
fn patch(members: &Array) -> Patch {
    let member = |member: JsValue| {
        let member: &Array = member.unchecked_ref();
        (member.get(0).as_string().unwrap_or_default(), member.get(1).as_string())
    };
    members.iter().map(member).collect()
}
