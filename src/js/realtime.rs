//! `getRealtimeManager()`, the engine's side: subscriptions by number, and what happens to the socket.

use super::client::Client;
use crate::io::Row;
use crate::subscriptions::Selection;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Follows rows, to be told of changes or not. Answers the subscription's number: the same one for the same rows.
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

    /// One who follows less.
    pub fn unfollow(&self, subscription: u32) {
        self.engine.unfollow(subscription);
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

    /// The socket closed, or did not open: with this HTTP status, where that is known.
    #[wasm_bindgen(js_name = socketClosed)]
    pub fn socket_closed(&self, status: Option<u16>) {
        self.engine.socket_closed(status);
    }

    /// The time of `SocketDriver.wakeIn` has come.
    pub fn woken(&self) {
        self.engine.woken();
    }

    /// The page is shown, focused or reachable again.
    pub fn shown(&self) {
        self.engine.shown();
    }

    /// The page is hidden, or not any more.
    #[wasm_bindgen(js_name = setHidden)]
    pub fn set_hidden(&self, is_hidden: bool) {
        self.engine.set_hidden(is_hidden);
    }
}
