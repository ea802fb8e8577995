//! `db`: every function by its name.

use super::client::{number, Client};
use super::convert::{argument, member};
use crate::api::{operation, Call, Operation};
use crate::engine::CallOptions;
use crate::error::{code, Error};
use crate::io::{aborted, thrown};
use crate::platform::Platform;
use futures_util::future::FutureExt;
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

#[wasm_bindgen]
impl Client {
    /// Calls the function of that name. `options` is what `db.with` was given, or undefined.
    pub fn call(&self, name: &str, arguments: &Array, options: &JsValue) -> Promise {
        let begun = self.begin(name, arguments, options);
        let engine = self.engine.clone();
        future_to_promise(async move {
            let outcome = match begun {
                Ok((Operation::Read(read), options)) => {
                    engine.read(read, options).await.map(|row| row.map_or(JsValue::NULL, |row| row.0))
                }
                Ok((Operation::Write(write), options)) => {
                    engine.write(write, options).await.map(|row| row.map_or(JsValue::UNDEFINED, |row| row.0))
                }
                Err(error) => Err(error),
            };
            match outcome {
                Ok(value) => Ok(engine.platform.handed_out(value)),
                Err(error) => Err(thrown(&engine.platform.front, &error)),
            }
        })
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
        Ok((operation(name, &call)?, call_options(options)?))
    }
}

fn call_options(options: &JsValue) -> Result<CallOptions, Error> {
    if !options.is_object() {
        return Ok(CallOptions::default());
    }
    let signal = member(options, "signal");
    let has_signal = !signal.is_undefined() && !signal.is_null();
    if has_signal && !member(&signal, "addEventListener").is_function() {
        return Err(Error::invalid("signal", "an AbortSignal"));
    }
    if member(&signal, "aborted").is_truthy() {
        return Err(Error::aborted("The call was aborted by its signal"));
    }
    Ok(CallOptions {
        fresh: member(options, "fresh").is_truthy(),
        ttl_ms: number(options, "ttlMs", 0.0)?,
        timeout_ms: number(options, "timeoutMs", 1.0)?,
        cancelled: has_signal.then(|| aborted(&signal).boxed_local()),
    })
}
