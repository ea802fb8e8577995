//! `db`: all functions, called by name.

use super::client::{number, Client};
use super::convert::{argument, member};
use crate::api::{operation, Call, Operation};
use crate::engine::CallOptions;
use crate::error::{code, Error};
use crate::platform::Host;
use crate::rest::Request;
use futures_channel::oneshot;
use futures_util::future::FutureExt;
use js_sys::Array;
use wasm_bindgen::prelude::*;

/// Calls that can be aborted, each with the sender that ends it.
pub type Cancels = Vec<(u32, oneshot::Sender<()>)>;

#[wasm_bindgen]
impl Client {
    /// Calls the function `name`. `CacheMirror.settled` or `CacheMirror.failed` reports the result of call `number`.
    /// `options` is the argument of `db.with`, or undefined.
    pub fn call(&self, number: u32, name: &str, arguments: &Array, options: &JsValue) {
        let begun = self.begin(name, arguments, options);
        let (sender, cancelled) = oneshot::channel();
        self.cancels.borrow_mut().push((number, sender));
        let (engine, cancels) = (self.engine.clone(), self.cancels.clone());
        wasm_bindgen_futures::spawn_local(async move {
            let cancelled = Some(cancelled.map(|_| ()).boxed_local());
            let outcome = match begun {
                Ok((Operation::Read(read), options)) => engine
                    .read(read, CallOptions { cancelled, ..options })
                    .await
                    .map(|row| row.map_or(JsValue::NULL, |row| row.0)),
                Ok((Operation::Write(write), options)) => engine
                    .write(write, CallOptions { cancelled, ..options })
                    .await
                    .map(|row| row.map_or(JsValue::UNDEFINED, |row| row.0)),
                Ok((Operation::Service(request), options)) => engine
                    .call_service(
                        Request { service_call: Some(number), ..request },
                        CallOptions { cancelled, ..options },
                    )
                    .await
                    .map(|response| response.map_or(JsValue::UNDEFINED, |response| response.0)),
                Err(error) => Err(error),
            };
            cancels.borrow_mut().retain(|(other, _)| *other != number);
            engine.platform.end_call(number, outcome);
        });
    }

    /// Aborts call `number`.
    pub fn cancel(&self, number: u32) {
        self.cancels.borrow_mut().retain(|(other, _)| *other != number);
    }

    fn begin(
        &self,
        name: &str,
        arguments: &Array,
        options: &JsValue,
    ) -> Result<(Operation, CallOptions), Error> {
        let platform = &self.engine.platform;
        if !platform.is_configured() {
            return Err(Error::new(
                code::NOT_CONFIGURED,
                "Call configure({ url, key }) or configure({ supabase }) before using db",
            ));
        }
        let call = Call {
            arguments: arguments.iter().map(|value| argument(&value)).collect(),
            uuid: &|| platform.uuid(),
            base_url_length: platform.base_url_length(),
        };
        let options = CallOptions {
            fresh: member(options, "fresh").is_truthy(),
            ttl_ms: number(options, "ttlMs", 0.0)?,
            timeout_ms: number(options, "timeoutMs", 1.0)?,
            is_resent: member(options, "isResent").is_truthy(),
            is_of_user: member(options, "isOfUser").is_truthy(),
            ..CallOptions::default()
        };
        Ok((operation(name, &call)?, options))
    }
}
