//! Changes in other pages of the app, which `workflow-db/offline` connects.

use super::client::Client;
use super::convert::source_of;
use crate::cache::Change;
use crate::tables::table_named;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Whether `CacheMirror.rowChanged` is called with every change.
    #[wasm_bindgen(js_name = setShared)]
    pub fn set_shared(&self, is_shared: bool) {
        self.engine.platform.is_shared.set(is_shared);
    }

    /// Another page wrote or received this: `row` is null if it is gone, and undefined if it is unknown.
    #[wasm_bindgen(js_name = changedElsewhere)]
    pub fn changed_elsewhere(&self, table: &str, id: Option<String>, row: JsValue) {
        let Some(table) = table_named(table) else { return };
        self.engine.apply_here(&Change { table, id, source: source_of(row) });
    }
}
