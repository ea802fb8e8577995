//! `getCacheManager()`: what the application may do with the cache itself.

use super::client::{number, parse_cache, Client};
use super::convert::thrown;
use crate::engine::Settings;
use crate::io::{deep_freeze, Row};
use js_sys::{Array, Object, Reflect, RegExp};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Sets the cache's limits alone.
    #[wasm_bindgen(js_name = cacheConfigure)]
    pub fn cache_configure(&self, config: &JsValue) -> Result<(), JsValue> {
        let cache = parse_cache(config).map_err(|error| thrown(&self.error_class, &error))?;
        self.engine.configure(Settings { cache, ..self.engine.settings() });
        Ok(())
    }

    /// What is stored under `key` and fresh, or null.
    #[wasm_bindgen(js_name = cacheGet)]
    pub fn cache_get(&self, key: &str) -> JsValue {
        let data = self.engine.cached(key).map_or(JsValue::NULL, |row| row.0);
        if self.is_debug.get() {
            deep_freeze(&data)
        } else {
            data
        }
    }

    /// Stores `data` under `key` for `ttl_ms` or the default time.
    #[wasm_bindgen(js_name = cacheSet)]
    pub fn cache_set(&self, key: &str, data: JsValue, ttl_ms: &JsValue) -> Result<(), JsValue> {
        let options = Object::new();
        // Setting a member of a plain object cannot fail.
        let _ = Reflect::set(&options, &"ttlMs".into(), ttl_ms);
        let ttl_ms = number(&options, "ttlMs", 0.0).map_err(|error| thrown(&self.error_class, &error))?;
        self.engine.set(key, Row(data), ttl_ms);
        Ok(())
    }

    /// Drops `key` and its variants.
    #[wasm_bindgen(js_name = cacheInvalidate)]
    pub fn cache_invalidate(&self, key: &str) {
        self.engine.invalidate(key);
    }

    /// Drops every key that the regular expression finds something in.
    #[wasm_bindgen(js_name = cacheInvalidatePattern)]
    pub fn cache_invalidate_pattern(&self, pattern: &RegExp) {
        self.engine.invalidate_where(|key| pattern.test(key));
    }

    /// Drops everything.
    #[wasm_bindgen(js_name = cacheClear)]
    pub fn cache_clear(&self) {
        self.engine.invalidate_where(|_| true);
    }

    /// The counters, and every key.
    #[wasm_bindgen(js_name = cacheStats)]
    pub fn cache_stats(&self) -> JsValue {
        let (stats, coalesced, in_flight) = self.engine.stats();
        let keys = self.engine.keys();
        let object = Object::new();
        let set = |name: &str, value: JsValue| {
            // Setting a member of a plain object cannot fail.
            let _ = Reflect::set(&object, &name.into(), &value);
        };
        set("size", keys.len().into());
        set("maxSize", self.engine.settings().cache.max_size.into());
        set("entries", keys.iter().map(|key| JsValue::from_str(key)).collect::<Array>().into());
        set("hits", stats.hits.into());
        set("misses", stats.misses.into());
        set("evictions", stats.evictions.into());
        set("expirations", stats.expirations.into());
        set("coalesced", coalesced.into());
        set("inFlight", in_flight.into());
        object.into()
    }

    /// Drops what is past its time: the page is shown again, and its timers may have slept.
    #[wasm_bindgen(js_name = cacheSweep)]
    pub fn cache_sweep(&self) {
        self.engine.sweep();
    }

    /// The entries of these slots were used, in this order.
    #[wasm_bindgen(js_name = cacheTouch)]
    pub fn cache_touch(&self, slots: &[u32]) {
        self.engine.touch_slots(slots);
    }
}
