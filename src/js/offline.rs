//! Working offline: steps of the outbox, when to send, what to store, and who leads. Values are JSON.

use crate::error::Error;
use crate::offline::{self, Outcome, Poll};
use wasm_bindgen::prelude::*;

/// The writes of one user that the server has not confirmed.
#[wasm_bindgen]
pub struct Outbox(offline::Outbox);

#[wasm_bindgen]
impl Outbox {
    /// Takes all records of the user.
    #[wasm_bindgen(constructor)]
    pub fn new(records: &str) -> Result<Outbox, JsValue> {
        offline::Outbox::parse(records).map(Self).map_err(thrown)
    }

    /// Takes a step: `{ puts, deletes, result, view }`.
    pub fn step(&mut self, input: &str) -> Result<String, JsValue> {
        self.0.step(input).map_err(thrown)
    }

    /// The view of all records.
    pub fn view(&self) -> String {
        self.0.view()
    }
}

/// The keys of the stored entries to drop.
#[wasm_bindgen]
pub fn evict(entries: &str, limits: &str) -> Result<String, JsValue> {
    offline::evict(entries, limits).map_err(thrown)
}

/// What becomes of the stored lease if the tab `holder` asks for it: `{ put, isHeld, afterMs }`.
#[wasm_bindgen(js_name = leaseStep)]
#[allow(clippy::needless_pass_by_value, reason = "the bindings pass no other optional text")]
pub fn lease_step(lease: Option<String>, holder: &str, now_ms: f64) -> Result<String, JsValue> {
    offline::lease_step(lease.as_deref(), holder, whole(now_ms)).map_err(thrown)
}

/// When to send.
#[wasm_bindgen]
pub struct Flusher(offline::Flusher);

#[wasm_bindgen]
impl Flusher {
    /// A flusher that is online and does not lead.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        Self(offline::Flusher::default())
    }

    /// What the browser says about the network.
    #[wasm_bindgen(js_name = setOnline)]
    pub fn set_online(&mut self, is_online: bool) {
        self.0.set_online(is_online);
    }

    /// Whether this tab is the one that sends.
    #[wasm_bindgen(js_name = setLeader)]
    pub fn set_leader(&mut self, is_leader: bool) {
        self.0.set_leader(is_leader);
    }

    /// How many writes wait.
    #[wasm_bindgen(js_name = setPending)]
    pub fn set_pending(&mut self, pending: u32) {
        self.0.set_pending(pending > 0);
    }

    /// The application wants an attempt now.
    pub fn flush(&mut self) {
        self.0.flush();
    }

    /// 0: send the next write. A positive number: ask again after that many milliseconds. A negative one: ask again when
    /// something has changed.
    pub fn poll(&mut self, now_ms: f64) -> f64 {
        match self.0.poll(now_ms) {
            Poll::Send => 0.0,
            Poll::Wait(ms) => ms,
            Poll::Idle => -1.0,
        }
    }

    /// How the write in flight ended: the result of its step, or `idle` if there was none to send.
    pub fn settled(&mut self, outcome: &str, now_ms: f64, random: f64, retry_after_ms: Option<f64>) {
        let outcome = match outcome {
            "idle" => None,
            "retry" => Some(Outcome::Retry),
            _ => Some(Outcome::Done),
        };
        self.0.settled(outcome, now_ms, random, retry_after_ms);
    }

    /// Whether writes are on their way.
    #[wasm_bindgen(js_name = isFlushing)]
    pub fn is_flushing(&self, now_ms: f64) -> bool {
        self.0.is_flushing(now_ms)
    }
}

/// What to store.
#[wasm_bindgen]
pub struct Shelf(offline::Shelf);

#[wasm_bindgen]
impl Shelf {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        Self(offline::Shelf::default())
    }

    /// An entry changed. Returns the milliseconds until the batch is due, or -1 if an earlier call has returned them.
    pub fn changed(&mut self, key: &str) -> f64 {
        self.0.changed(key).unwrap_or(-1.0)
    }

    /// An entry was used. Returns the same as `changed`.
    pub fn used(&mut self, key: &str) -> f64 {
        self.0.used(key).unwrap_or(-1.0)
    }

    /// The batch: `{ changed, used }`.
    pub fn take(&mut self) -> String {
        self.0.take().json()
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn thrown(error: Error) -> JsValue {
    JsValue::from_str(&error.message)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and the time is after 1970"
)]
fn whole(ms: f64) -> u64 {
    ms as u64
}
