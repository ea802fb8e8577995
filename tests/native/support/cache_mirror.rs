//! The copies of entries that serve hits in the package, as in `cache-mirror.ts`.

use super::json::Json;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use workflow_db::platform::Published;

#[derive(Default)]
pub struct CacheMirror {
    copies: RefCell<HashMap<String, Published<Json>>>,
    used: RefCell<Vec<u32>>,
    /// Keys whose observers were notified, in order.
    told: RefCell<Vec<String>>,
    /// Whether hits are not reported: a planted fault that tests the simulator.
    pub forgets_use: Cell<bool>,
}

impl CacheMirror {
    /// The entry under `key`, if it may be used at this time.
    pub fn answer(&self, key: &str, wall_ms: f64) -> Option<Json> {
        let copies = self.copies.borrow();
        let copy = copies.get(key).filter(|copy| wall_ms < copy.until_wall_ms)?;
        if !self.forgets_use.get() {
            self.used.borrow_mut().push(copy.slot);
        }
        Some(copy.data.clone())
    }

    pub fn put(&self, key: &str, entry: Published<Json>) {
        let data = entry.data.clone();
        let old = self.copies.borrow_mut().insert(key.to_owned(), entry);
        if !old.is_some_and(|old| old.data.is_same(&data)) {
            self.told.borrow_mut().push(key.to_owned());
        }
    }

    /// Until when the copy under `key` answers reads (wall clock, milliseconds).
    pub fn until_wall_ms(&self, key: &str) -> Option<f64> {
        self.copies.borrow().get(key).map(|copy| copy.until_wall_ms)
    }

    pub fn drop(&self, key: &str) {
        self.copies.borrow_mut().remove(key);
        self.told.borrow_mut().push(key.to_owned());
    }

    pub fn take_used(&self) -> Vec<u32> {
        self.used.take()
    }

    pub fn withdraw(&self) {
        for copy in self.copies.borrow_mut().values_mut() {
            copy.until_wall_ms = 0.0;
        }
    }

    /// Keys whose copies the engine allows to be served.
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self
            .copies
            .borrow()
            .iter()
            .filter(|it| it.1.until_wall_ms > 0.0)
            .map(|it| it.0.clone())
            .collect();
        keys.sort_unstable();
        keys
    }

    pub fn peek(&self, key: &str) -> Option<Json> {
        self.copies.borrow().get(key).map(|copy| copy.data.clone())
    }

    /// The keys whose observers were notified since the last call.
    pub fn take_told(&self) -> Vec<String> {
        self.told.take()
    }
}
