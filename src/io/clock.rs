//! Clocks, timers and randomness.

use crate::cache::Moment;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Date, Function, Math, Promise, Reflect};
use std::future::Future;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn monotonic_ms() -> f64;
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_random(bytes: &mut [u8]);
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, ms: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// The longest wait a timer takes; a longer one would fire at once.
const MAX_TIMER_MS: f64 = 2_147_483_647.0;

pub fn now() -> Moment {
    Moment { monotonic_ms: monotonic_ms(), wall_ms: Date::now() }
}

/// Uniform in [0, 1).
pub fn random() -> f64 {
    Math::random()
}

/// A random uuid (RFC 9562, version 4). `crypto.randomUUID` does not exist on pages without https.
pub fn uuid() -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut bytes = [0; 16];
    fill_with_random(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.extend([char::from(HEX[usize::from(byte >> 4)]), char::from(HEX[usize::from(byte & 15)])]);
    }
    text
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of a timer")]
pub fn sleep(ms: f64) -> impl Future<Output = ()> + 'static {
    TimeoutFuture::new(ms.clamp(0.0, MAX_TIMER_MS) as u32)
}

/// A timer that does not keep a Node process alive. In browsers it is like any other.
struct Doze {
    timer: JsValue,
}

impl Drop for Doze {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}

#[allow(clippy::cast_possible_truncation, reason = "clamped to the range of a timer")]
pub fn doze(ms: f64) -> impl Future<Output = ()> + 'static {
    let mut timer = JsValue::UNDEFINED;
    let promise = Promise::new(&mut |resolve, _| {
        timer = set_timeout(&resolve, ms.clamp(0.0, MAX_TIMER_MS) as i32);
    });
    if let Ok(unref) = Reflect::get(&timer, &"unref".into()) {
        if let Some(unref) = unref.dyn_ref::<Function>() {
            // A timer that cannot be released only delays the end of the process.
            let _ = unref.call0(&timer);
        }
    }
    let doze = Doze { timer };
    async move {
        // The promise has no way to fail.
        let _ = JsFuture::from(promise).await;
        drop(doze);
    }
}

/// Two turns of the microtask queue: what the running task started, and what that starts in turn, comes before.
pub async fn tick() {
    for _ in 0..2 {
        // The promise has no way to fail.
        let _ = JsFuture::from(Promise::resolve(&JsValue::UNDEFINED)).await;
    }
}
