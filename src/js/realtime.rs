//! `getRealtimeManager()`, the engine's side: feeds by number, and what happens to the socket.

use super::client::Client;
use crate::feeds::Interest;
use crate::io::Row;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Follows rows, to be told of changes or not. Answers the feed's number: the same one for the same rows.
    pub fn follow(
        &self,
        table: &str,
        scope: Option<String>,
        filter: Option<String>,
        is_told: bool,
    ) -> Result<u32, JsValue> {
        let interest = Interest::new(table, scope, filter).map_err(|error| self.thrown(&error))?;
        Ok(self.engine.follow(interest, is_told))
    }

    /// One who follows less.
    pub fn unfollow(&self, feed: u32) {
        self.engine.unfollow(feed);
    }

    /// The socket is open.
    #[wasm_bindgen(js_name = socketOpened)]
    pub fn socket_opened(&self) {
        self.engine.socket_opened();
    }

    /// The socket brought this, parsed.
    #[wasm_bindgen(js_name = socketFrame)]
    pub fn socket_frame(&self, frame: JsValue) {
        self.engine.socket_frame(&Row(frame));
    }

    /// The socket closed, or did not open.
    #[wasm_bindgen(js_name = socketClosed)]
    pub fn socket_closed(&self) {
        self.engine.socket_closed();
    }

    /// The time of `Wire.wakeIn` has come.
    pub fn woken(&self) {
        self.engine.woken();
    }

    /// The page is shown or reachable again, after so many milliseconds.
    pub fn shown(&self, hidden_ms: f64) {
        self.engine.shown(hidden_ms);
    }
}
