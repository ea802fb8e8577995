//! An `AbortSignal` as a future.

use futures_channel::oneshot;
use std::future::Future;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

/// Listens for as long as it lives.
struct Listener {
    signal: AbortSignal,
    closure: Closure<dyn FnMut()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A listener that cannot be removed would only call into nothing.
        let _ =
            self.signal.remove_event_listener_with_callback("abort", self.closure.as_ref().unchecked_ref());
    }
}

/// Completes when the signal is aborted; at once if it already is.
pub fn aborted(signal: AbortSignal) -> impl Future<Output = ()> + 'static {
    let (sender, receiver) = oneshot::channel::<()>();
    let mut sender = Some(sender);
    if signal.aborted() {
        sender.take();
    }
    let closure = Closure::<dyn FnMut()>::new(move || drop(sender.take()));
    // A signal that takes no listener never aborts.
    let _ = signal.add_event_listener_with_callback("abort", closure.as_ref().unchecked_ref());
    let listener = Listener { signal, closure };
    async move {
        // The sender only ever tells by being dropped.
        let _ = receiver.await;
        drop(listener);
    }
}
