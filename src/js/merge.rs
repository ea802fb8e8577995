//! `mergeGraphs`: a merge without a client.

use super::client::Client;
use crate::data::{Data, Member};
use crate::error::Error;
use crate::io::Row;
use crate::merge::{merge_graphs, Graph, OnConflict};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Merges three graphs of plain data into `{ merged, conflicts }`. Throws a text that names the invalid part of a
    /// graph.
    #[wasm_bindgen(js_name = mergeGraphs)]
    pub fn merge_graphs(base: JsValue, theirs: JsValue, mine: JsValue) -> Result<JsValue, JsValue> {
        let merge = || {
            let base = Graph::new("base", &Row(base))?;
            let theirs = Graph::new("theirs", &Row(theirs))?;
            let mine = Graph::new("mine", &Row(mine))?;
            let merged = merge_graphs(&base, &theirs, &mine, OnConflict::Base);
            let (graph, conflicts) = (merged.graph(), merged.conflicts());
            let members = [("merged", Member::Data(&graph)), ("conflicts", Member::Data(&conflicts))];
            Ok(Row::object(None, &[], &members).0)
        };
        merge().map_err(|error: Error| JsValue::from_str(&error.message))
    }
}
