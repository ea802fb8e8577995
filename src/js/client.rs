//! A client: configuration, sign-in and closing.

use super::convert::member;
use super::db::Cancels;
use crate::cache::CacheConfig;
use crate::engine::{Engine, LiveSettings, Settings};
use crate::error::Error;
use crate::io::{thrown, token_of, Browser, CacheMirror, Given, SocketDriver, Target};
use crate::retry::RetryConfig;
use crate::time::DEFAULT_TIMEOUT_MS;
use js_sys::Function;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// One client. It may be called while it is running other calls, and freed during a call: every call has its own
/// reference.
#[wasm_bindgen]
pub struct Client {
    pub(super) engine: Rc<Engine<Browser>>,
    pub(super) cancels: Rc<RefCell<Cancels>>,
}

#[wasm_bindgen]
impl Client {
    /// A client that is not configured yet.
    #[wasm_bindgen(constructor)]
    pub fn new(mirror: CacheMirror, driver: SocketDriver) -> Self {
        Self { engine: Engine::new(Browser::new(mirror, driver)), cancels: Rc::default() }
    }

    /// Applies `ClientOptions`. Changing the server ends all calls and empties the cache.
    pub fn configure(&self, options: &JsValue) -> Result<(), JsValue> {
        let (target, settings) = parse(options).map_err(|error| self.thrown(&error))?;
        let function = |name: &str| member(options, name).dyn_into::<Function>().ok();
        let given = Given {
            target: Some(Rc::new(target)),
            fetch: function("fetch"),
            token_provider: function("accessToken"),
        };
        if self.engine.platform.configure(given) {
            self.engine.reset();
        }
        self.engine.configure(settings);
        Ok(())
    }

    /// Sets whether events have listeners.
    #[wasm_bindgen(js_name = setHeard)]
    pub fn set_heard(&self, is_heard: bool) {
        self.engine.platform.is_heard.set(is_heard);
    }

    /// The signed-in user may have changed.
    #[wasm_bindgen(js_name = authChanged)]
    pub fn auth_changed(&self) {
        self.engine.auth_changed();
    }

    /// The auth library reports that the token's user is signed in, or that no user is if there is no token.
    #[wasm_bindgen(js_name = signedIn)]
    pub fn signed_in(&self, token: &JsValue) {
        self.engine.signed_in(token_of(token));
    }

    /// The id of the signed-in user, if a token contained it.
    #[wasm_bindgen(js_name = userId)]
    pub fn user_id(&self) -> Option<String> {
        self.engine.user_id()
    }

    /// Ends all calls and forgets everything. The client can be configured again.
    pub fn close(&self) {
        self.engine.platform.close();
        self.engine.reset();
    }
}

impl Client {
    /// The error as a JavaScript value.
    pub(super) fn thrown(&self, error: &Error) -> JsValue {
        thrown(&self.engine.platform.mirror, error)
    }
}

fn parse(options: &JsValue) -> Result<(Target, Settings), Error> {
    let text = |name: &str, expected: &str| {
        member(options, name)
            .as_string()
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Error::invalid(name, expected))
    };
    let url = text("url", "the project's address, such as https://xyz.supabase.co")?;
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Error::invalid("url", "an address that begins with https:// or http://"));
    }
    for name in ["accessToken", "fetch", "WebSocket", "onEvent"] {
        let given = member(options, name);
        if !given.is_undefined() && !given.is_null() && !given.is_function() {
            return Err(Error::invalid(name, "a function"));
        }
    }
    let schema = match member(options, "schema") {
        schema if schema.is_undefined() || schema.is_null() => "public".to_owned(),
        _ => text("schema", "the name of a schema")?,
    };
    let target = Target {
        rest_url: [url.trim_end_matches('/'), "/rest/v1/"].concat(),
        key: text("key", "the project's publishable (or anonymous) key")?,
        schema,
    };
    let cache = member(options, "cache");
    let retry = member(options, "retry");
    let defaults = RetryConfig::default();
    let settings = Settings {
        cache: parse_cache(&cache)?,
        retry: RetryConfig {
            max_attempts: count(&retry, "maxAttempts", f64::from(defaults.max_attempts))?,
            initial_backoff_ms: number(&retry, "initialBackoffMs", 0.0)?
                .unwrap_or(defaults.initial_backoff_ms),
            max_backoff_ms: number(&retry, "maxBackoffMs", 0.0)?.unwrap_or(defaults.max_backoff_ms),
            backoff_multiplier: number(&retry, "backoffMultiplier", 1.0)?
                .unwrap_or(defaults.backoff_multiplier),
        },
        timeout_ms: number(options, "timeoutMs", 1.0)?.unwrap_or(DEFAULT_TIMEOUT_MS),
        live: parse_realtime(&member(options, "realtime"))?,
    };
    Ok((target, settings))
}

fn parse_realtime(realtime: &JsValue) -> Result<LiveSettings, Error> {
    let deletes = member(realtime, "deletes").as_string();
    let unfiltered_deletes = match deletes.as_deref() {
        None | Some("filtered") => false,
        Some("unfiltered") => true,
        Some(_) => return Err(Error::invalid("realtime.deletes", "'filtered' or 'unfiltered'")),
    };
    let defaults = LiveSettings::default();
    let resync_ms = number(realtime, "resyncMs", 1.0)?.unwrap_or(defaults.resync_ms);
    Ok(LiveSettings { unfiltered_deletes, resync_ms, ..defaults })
}

/// The application's `CacheConfig`, with defaults for missing members.
pub(super) fn parse_cache(cache: &JsValue) -> Result<CacheConfig, Error> {
    let defaults = CacheConfig::default();
    #[allow(clippy::cast_precision_loss, reason = "the default is a thousand")]
    let max_size = count(cache, "maxSize", defaults.max_size as f64)? as usize;
    Ok(CacheConfig {
        default_ttl_ms: number(cache, "defaultTTL", 0.0)?.unwrap_or(defaults.default_ttl_ms),
        max_size,
        stale_ms: number(cache, "staleMs", 0.0)?,
    })
}

/// A number of at least `least`; `None` if it is missing.
pub(super) fn number(object: &JsValue, name: &str, least: f64) -> Result<Option<f64>, Error> {
    let value = member(object, name);
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    match value.as_f64() {
        Some(number) if number >= least => Ok(Some(number)),
        _ if least > 0.0 => Err(Error::invalid(name, "a number, 1 or more")),
        _ => Err(Error::invalid(name, "a number, 0 or more")),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and more is as good"
)]
fn count(object: &JsValue, name: &str, default: f64) -> Result<u32, Error> {
    Ok(number(object, name, 1.0)?.unwrap_or(default) as u32)
}
