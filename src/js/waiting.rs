//! What `workflow-db/offline` asks of the engine: plans of writes, and what it kept beyond the page.

use super::client::Client;
use crate::api::Operation;
use crate::cache::{Change, Effect, Overlay, Source};
use crate::engine::CallOptions;
use crate::error::Error;
use crate::flows::{columns_of, Plan};
use crate::io::Row;
use crate::tables::{table_named, Table};
use js_sys::Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Whether anything survives the page.
    #[wasm_bindgen(js_name = setPersistent)]
    pub fn set_persistent(&self, is_persistent: bool) {
        self.engine.platform.is_persistent.set(is_persistent);
    }

    /// Asks who is signed in. `CacheMirror.settled` or `CacheMirror.failed` ends call `number`.
    pub fn identify(&self, number: u32) {
        let engine = self.engine.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let outcome = engine.identify().await;
            engine.platform.end_call(number, outcome.map(|()| JsValue::UNDEFINED));
        });
    }

    /// The plan of the write that `name` with these arguments stands for: action, table, key, row id, references, body,
    /// rest and expected version. Undefined if the call cannot wait.
    pub fn plan(&self, name: &str, arguments: &Array) -> Result<JsValue, JsValue> {
        let (operation, _) =
            self.begin(name, arguments, &JsValue::UNDEFINED).map_err(|error| self.thrown(&error))?;
        let Operation::Write(write) = operation else { return Ok(JsValue::UNDEFINED) };
        Ok(write.plan::<Row>().map_or(JsValue::UNDEFINED, |plan| listed(plan).into()))
    }

    /// Sends a planned write. `CacheMirror.settled` or `CacheMirror.failed` reports the result of call `number`.
    /// `is_resent`: it may have been made already.
    #[wasm_bindgen(js_name = sendPlanned)]
    pub fn send_planned(&self, number: u32, plan: &Array, is_resent: bool) {
        let engine = self.engine.clone();
        let write = plan_of(plan).and_then(Plan::write::<Row>);
        wasm_bindgen_futures::spawn_local(async move {
            let outcome = match write {
                Some(write) => engine.write(write, CallOptions { is_resent, ..CallOptions::default() }).await,
                None => Err(Error::invalid("the stored write", "one of this version of the package")),
            };
            engine.platform.end_call(number, outcome.map(|row| row.map_or(JsValue::UNDEFINED, |row| row.0)));
        });
    }

    /// Shows these writes on top of all entries, each as effect, table, pairs of column and value, and data.
    #[wasm_bindgen(js_name = setWaiting)]
    pub fn set_waiting(&self, overlays: &Array) {
        self.engine
            .set_waiting(overlays.iter().filter_map(|overlay| overlay_of(overlay.unchecked_ref())).collect());
    }

    /// The row of a planned write as the waiting writes will leave it.
    pub fn expected(&self, table: &str, key: &str) -> JsValue {
        let table = table_named(table);
        let row = table.and_then(|table| Some(self.engine.expected(table, &columns_of::<Row>(table, key)?)));
        row.map_or(JsValue::UNDEFINED, |row| row.0)
    }

    /// The entry under `key` as the server sent it; undefined if it must not be stored.
    pub fn storable(&self, key: &str) -> JsValue {
        self.engine.storable(key).map_or(JsValue::UNDEFINED, |row| row.0)
    }

    /// Takes the user with these claims as signed in until a token says otherwise.
    #[wasm_bindgen(js_name = assumeUser)]
    pub fn assume_user(&self, claims: JsValue) {
        self.engine.assume_user(Row(claims));
    }

    /// The claims of the signed-in user, or undefined.
    pub fn claims(&self) -> JsValue {
        self.engine.claims().map_or(JsValue::UNDEFINED, |claims| claims.0)
    }

    /// Another page of the app wrote or heard this: `row` is null if it is gone, and undefined if it is unknown.
    #[wasm_bindgen(js_name = heardElsewhere)]
    pub fn heard_elsewhere(&self, table: &str, id: Option<String>, row: JsValue) {
        let Some(table) = table_named(table) else { return };
        let source = match row {
            row if row.is_undefined() => Source::Unknown,
            row if row.is_null() => Source::Deleted(None),
            row => Source::Row(Row(row)),
        };
        self.engine.heard_elsewhere(&Change { table, id, source });
    }
}

fn listed(plan: Plan) -> Array {
    let text = |text: Option<String>| text.map_or(JsValue::NULL, JsValue::from);
    let refs: Array = plan.refs.into_iter().map(JsValue::from).collect();
    [
        plan.action.into(),
        plan.table.into(),
        plan.key.into(),
        text(plan.row_id),
        refs.into(),
        plan.body.into(),
        plan.rest.into(),
        text(plan.if_updated_at),
    ]
    .into_iter()
    .collect::<Array>()
}

fn plan_of(plan: &Array) -> Option<Plan> {
    let text = |index| plan.get(index).as_string();
    Some(Plan {
        action: text(0)?,
        table: text(1)?,
        key: text(2)?,
        row_id: None,
        refs: Vec::new(),
        body: text(5)?,
        rest: text(6)?,
        if_updated_at: text(7),
    })
}

fn overlay_of(overlay: &Array) -> Option<Overlay<Row>> {
    let table: &'static Table = table_named(&overlay.get(1).as_string()?)?;
    let pair = |pair: JsValue| {
        let pair: Array = pair.unchecked_into();
        Some((table.column(&pair.get(0).as_string()?)?.name, pair.get(1).as_string()?))
    };
    let columns: Option<Vec<_>> = overlay.get(2).unchecked_into::<Array>().iter().map(pair).collect();
    let data = Row(overlay.get(3));
    let effect = match overlay.get(0).as_string()?.as_str() {
        "row" => Effect::Row(data),
        "patch" => Effect::Patch(data),
        "delete" => Effect::Delete,
        "graph" => Effect::Graph(data),
        _ => return None,
    };
    Some(Overlay { table, columns: columns?, effect })
}
