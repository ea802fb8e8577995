//! `getCacheManager()`: the application's access to the cache.

use super::client::{parse_cache, Client};
use crate::engine::Settings;
use crate::io::Row;
use js_sys::Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Sets the cache's limits only.
    #[wasm_bindgen(js_name = cacheConfigure)]
    pub fn cache_configure(&self, config: &JsValue) -> Result<(), JsValue> {
        let cache = parse_cache(config).map_err(|error| self.thrown(&error))?;
        self.engine.configure(Settings { cache, ..self.engine.settings() });
        Ok(())
    }

    /// The fresh entry under `key`, or null.
    #[wasm_bindgen(js_name = cacheGet)]
    pub fn cache_get(&self, key: &str) -> JsValue {
        self.engine.cached(key).map_or(JsValue::NULL, |row| row.0)
    }

    /// Stores `data` under `key` for `ttl_ms` or the default lifetime.
    #[wasm_bindgen(js_name = cacheSet)]
    pub fn cache_set(&self, key: &str, data: JsValue, ttl_ms: Option<f64>) {
        self.engine.set(key, Row(data), ttl_ms);
    }

    /// Drops `key` and its variants.
    #[wasm_bindgen(js_name = cacheInvalidate)]
    pub fn cache_invalidate(&self, key: &str) {
        self.engine.invalidate(key);
    }

    /// Drops these keys.
    #[wasm_bindgen(js_name = cacheInvalidateKeys)]
    pub fn cache_invalidate_keys(&self, keys: &Array) {
        let mut keys: Vec<String> = keys.iter().filter_map(|key| key.as_string()).collect();
        keys.sort_unstable();
        self.engine.invalidate_where(&|key| keys.binary_search_by(|picked| picked.as_str().cmp(key)).is_ok());
    }

    /// Drops everything.
    #[wasm_bindgen(js_name = cacheClear)]
    pub fn cache_clear(&self) {
        self.engine.invalidate_where(&|_| true);
    }

    /// The counters, in the order in which the package names them.
    #[wasm_bindgen(js_name = cacheCounters)]
    #[allow(clippy::cast_precision_loss, reason = "nothing here is counted beyond 2^53")]
    pub fn cache_counters(&self) -> Vec<f64> {
        let (stats, coalesced, in_flight) = self.engine.stats();
        let max_size = self.engine.settings().cache.max_size as f64;
        vec![
            max_size,
            stats.hits,
            stats.misses,
            stats.evictions,
            stats.expirations,
            coalesced,
            in_flight as f64,
        ]
    }

    /// All keys, most recently used first.
    #[wasm_bindgen(js_name = cacheKeys)]
    pub fn cache_keys(&self) -> Array {
        self.engine.keys().iter().map(|key| JsValue::from_str(key)).collect()
    }

    /// The keys of the reads in flight.
    #[wasm_bindgen(js_name = readKeys)]
    pub fn read_keys(&self) -> Array {
        self.engine.keys_under_way().iter().map(|key| JsValue::from_str(key)).collect()
    }

    /// Timers may have been suspended, or a clock set: drops expired entries and publishes the remaining lifetime of
    /// the others.
    #[wasm_bindgen(js_name = clocksChanged)]
    pub fn clocks_changed(&self) {
        self.engine.clocks_changed();
    }
}
