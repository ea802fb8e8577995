//! The JavaScript classes of the package that the engine calls.

use js_sys::Array;
use wasm_bindgen::prelude::*;

// Every import catches exceptions. None runs application code: callbacks into the application are queued until the
// engine's step is over (`pkg-template/src/step.ts`).
#[wasm_bindgen]
extern "C" {
    /// The package's side of a client: its observers, and copies of cache entries that serve hits without a call into
    /// the engine.
    pub type CacheMirror;
    /// Sets the copy of the entry under `key`.
    #[wasm_bindgen(method, catch)]
    pub(super) fn put(
        this: &CacheMirror,
        key: &str,
        data: &JsValue,
        until_wall_ms: f64,
        slot: u32,
    ) -> Result<(), JsValue>;
    /// Removes the copy of the entry under `key`.
    #[wasm_bindgen(method, catch)]
    pub(super) fn drop(this: &CacheMirror, key: &str) -> Result<(), JsValue>;
    /// The slots of the copies that were read since the last call, in order.
    #[wasm_bindgen(method, js_name = takeUsed, catch)]
    pub(super) fn take_used(this: &CacheMirror) -> Result<Vec<u32>, JsValue>;
    /// Withdraws all copies until they are set again.
    #[wasm_bindgen(method, catch)]
    pub(super) fn withdraw(this: &CacheMirror) -> Result<(), JsValue>;
    /// Reports an event about an entry, or about all of them.
    #[wasm_bindgen(method, catch)]
    pub(super) fn happened(this: &CacheMirror, kind: &str, key: Option<&str>) -> Result<(), JsValue>;
    /// A row changed, which other pages must be notified of.
    #[wasm_bindgen(method, js_name = rowChanged, catch)]
    pub(super) fn row_changed(
        this: &CacheMirror,
        table: &str,
        id: Option<&str>,
        row: &JsValue,
    ) -> Result<(), JsValue>;
    /// Reports the start of an attempt.
    #[wasm_bindgen(method, catch)]
    pub(super) fn sent(
        this: &CacheMirror,
        request: u32,
        method: &str,
        table: &str,
        attempt: u32,
        reads: usize,
    ) -> Result<(), JsValue>;
    /// Reports the end of an attempt.
    #[wasm_bindgen(method, catch)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object of them would cost a call into JavaScript for each"
    )]
    pub(super) fn attempted(
        this: &CacheMirror,
        request: u32,
        method: &str,
        table: &str,
        attempt: u32,
        status: Option<u16>,
        code: Option<&str>,
        duration_ms: f64,
    ) -> Result<(), JsValue>;
    /// Creates a `DatabaseError`.
    #[wasm_bindgen(method, catch)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object of them would cost a call into JavaScript for each"
    )]
    pub(super) fn error(
        this: &CacheMirror,
        code: &str,
        message: &str,
        original: &JsValue,
        status: Option<u16>,
        details: Option<&str>,
        hint: Option<&str>,
        attempts: u32,
        retryable: bool,
        conflict: &JsValue,
    ) -> Result<JsValue, JsValue>;
    /// A value as JSON, with numbers as they were read.
    #[wasm_bindgen(method, catch)]
    pub(super) fn write(this: &CacheMirror, value: &JsValue) -> Result<String, JsValue>;
    /// Call `number` of `db` succeeded.
    #[wasm_bindgen(method, catch)]
    pub(super) fn settled(this: &CacheMirror, number: u32, value: &JsValue) -> Result<(), JsValue>;
    /// Call `number` of `db` failed.
    #[wasm_bindgen(method, catch)]
    pub(super) fn failed(this: &CacheMirror, number: u32, error: &JsValue) -> Result<(), JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// The package's side of realtime: the socket, its timer, and the handlers of subscriptions.
    pub type SocketDriver;
    #[wasm_bindgen(method, catch)]
    pub(super) fn connect(this: &SocketDriver, url: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn transmit(this: &SocketDriver, text: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn disconnect(this: &SocketDriver) -> Result<(), JsValue>;
    #[wasm_bindgen(method, js_name = wakeIn, catch)]
    pub(super) fn wake_in(this: &SocketDriver, ms: f64) -> Result<(), JsValue>;
    /// A row changed.
    #[wasm_bindgen(method, catch)]
    pub(super) fn row(
        this: &SocketDriver,
        subscription: u32,
        table: &str,
        kind: &str,
        row: &JsValue,
        old: &JsValue,
        commit_timestamp: Option<&str>,
    ) -> Result<(), JsValue>;
    /// The status of a subscription changed.
    #[wasm_bindgen(method, catch)]
    pub(super) fn stands(
        this: &SocketDriver,
        subscription: u32,
        status: &str,
        error: &JsValue,
    ) -> Result<(), JsValue>;
    /// Changes may have been missed.
    #[wasm_bindgen(method, catch)]
    pub(super) fn gap(this: &SocketDriver, subscription: u32) -> Result<(), JsValue>;
    /// The status of a room changed.
    #[wasm_bindgen(method, js_name = roomStands, catch)]
    pub(super) fn room_stands(
        this: &SocketDriver,
        room: u32,
        status: &str,
        error: &JsValue,
    ) -> Result<(), JsValue>;
    /// The other people in a room, each with id, name, color, state and time of arrival.
    #[wasm_bindgen(method, catch)]
    pub(super) fn others(this: &SocketDriver, room: u32, others: &Array) -> Result<(), JsValue>;
    /// A message was sent to a room, with `event` and `payload`.
    #[wasm_bindgen(method, catch)]
    pub(super) fn message(this: &SocketDriver, room: u32, message: &JsValue) -> Result<(), JsValue>;
}

/// Checks that a notification reached the package. It fails only if the stack or memory ran out. The package cannot
/// recover a lost notification, so the engine stops and the package starts a new one.
pub(super) fn delivered(outcome: Result<(), JsValue>) {
    outcome.unwrap_or_else(|_| std::process::abort());
}
