//! The engine's side of `getRealtimeManager()`: subscriptions by number, and events of the socket.

use super::client::Client;
use crate::io::Row;
use crate::subscriptions::Selection;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Subscribes to rows, with or without handlers. Returns the subscription's number, which is the same for the same
    /// rows.
    pub fn follow(
        &self,
        table: &str,
        scope: Option<String>,
        filter: Option<String>,
        is_told: bool,
    ) -> Result<u32, JsValue> {
        let selection = Selection::new(table, scope, filter).map_err(|error| self.thrown(&error))?;
        Ok(self.engine.follow(selection, is_told))
    }

    /// Removes one subscriber.
    pub fn unfollow(&self, subscription: u32) {
        self.engine.unfollow(subscription);
    }

    /// The socket opened.
    #[wasm_bindgen(js_name = socketOpened)]
    pub fn socket_opened(&self) {
        self.engine.socket_opened();
    }

    /// The socket received this frame, parsed.
    #[wasm_bindgen(js_name = socketFrame)]
    pub fn socket_frame(&self, frame: JsValue) {
        self.engine.socket_frame(&Row(frame));
    }

    /// The socket closed, or failed to open, with this HTTP status if it is known.
    #[wasm_bindgen(js_name = socketClosed)]
    pub fn socket_closed(&self, status: Option<u16>) {
        self.engine.socket_closed(status);
    }

    /// The time passed to `SocketDriver.wakeIn` is reached.
    pub fn woken(&self) {
        self.engine.woken();
    }

    /// The page became visible, focused or online again.
    pub fn shown(&self) {
        self.engine.shown();
    }

    /// The page became hidden or visible.
    #[wasm_bindgen(js_name = setHidden)]
    pub fn set_hidden(&self, is_hidden: bool) {
        self.engine.set_hidden(is_hidden);
    }
}
