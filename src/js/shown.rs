//! What the app sees of its entries while writes wait to be sent, and the plans of such writes.

use super::convert::{argument, source_of};
use crate::api::{operation, Call, Operation};
use crate::cache::{
    entries_of_new, expected, holds_secrets, parts_of_relations, patched, row_in, shape_of_key, shown,
    Change, Effect, Overlay, Shape,
};
use crate::data::Data;
use crate::flows::{columns_of, Plan};
use crate::io::Row;
use crate::tables::{table_named, INVITATIONS_KEY};
use js_sys::{Array, Function};
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;

/// The waiting writes, and what is known of the entries.
#[wasm_bindgen]
pub struct Shown {
    overlays: Vec<Overlay<Row>>,
    /// The place of each in the order of the writes.
    places: Vec<f64>,
    /// The shapes of entries whose keys do not say it.
    shapes: BTreeMap<String, Shape>,
}

#[wasm_bindgen]
#[allow(clippy::unused_self, reason = "the package has one object to ask")]
impl Shown {
    /// Without waiting writes.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        Self { overlays: Vec::new(), places: Vec::new(), shapes: BTreeMap::new() }
    }

    /// The key of the entry that function `name` of `db` reads with these arguments. Undefined if it reads none.
    pub fn learn(&mut self, name: &str, arguments: &Array, user_id: Option<String>) -> Option<String> {
        let Operation::Read(read) = operation_of(name, arguments, &|| String::new())? else { return None };
        if read.key == INVITATIONS_KEY.prefix {
            return Some(INVITATIONS_KEY.of(&[&user_id?]));
        }
        if matches!(shape_of_key(&read.key), Shape::Foreign) {
            self.shapes.insert(read.key.clone(), read.load.shape());
        }
        Some(read.key)
    }

    /// The entry under this key is gone.
    pub fn forget(&mut self, key: &str) {
        self.shapes.remove(key);
    }

    /// No writes wait any more.
    pub fn clear(&mut self) {
        self.overlays.clear();
        self.places.clear();
    }

    /// Changes the waiting writes: `changes` are pairs of a place and the overlay there, which is effect, table, pairs of
    /// column and value, and data; null if there is none any more. Returns
    /// - the place from which the overlays are to be applied to what was shown; 0 if what was shown is of no use
    /// - the entries of rows that the server does not know yet: place, key and content of each
    /// - the indices of those of the entries under `keys` that may look different.
    pub fn change(&mut self, changes: &Array, keys: &Array) -> Array {
        let end = self.places.last().copied().unwrap_or(f64::INFINITY);
        let mut from = f64::INFINITY;
        let mut before = Vec::new();
        let mut after = Vec::new();
        for change in changes.iter() {
            let change: Array = change.unchecked_into();
            let place = change.get(0).as_f64().unwrap_or_default();
            from = from.min(place);
            before.extend(self.take(place));
            if let Some(overlay) = overlay_of(&change.get(1)) {
                self.put(place, overlay);
                after.push(place);
            }
        }
        let overlays: Vec<_> =
            before.iter().chain(after.iter().filter_map(|place| self.overlay_at(*place))).collect();
        let is_concerned = |key: JsValue| {
            let key = key.as_string().unwrap_or_default();
            let shape = self.shape_of(&key);
            overlays.iter().any(|overlay| overlay.may_concern(&key, &shape))
        };
        let concerned = keys.iter().enumerate().filter(|(_, key)| is_concerned(key.clone()));
        let concerned: Array = concerned.map(|(index, _)| JsValue::from(index)).collect();
        let made: Array = after.iter().flat_map(|place| self.made_at(*place)).collect();
        let from = if from > end { from } else { 0.0 };
        [JsValue::from(from), made.into(), concerned.into()].into_iter().collect()
    }

    /// The entry `base` under `key` with the effect of the waiting writes from place `from` on. Undefined: there is no such
    /// row.
    pub fn shown(&self, key: &str, base: JsValue, from: f64) -> JsValue {
        let (Ok(first) | Err(first)) = self.index_of(from);
        let overlays = &self.overlays[first..];
        if overlays.is_empty() {
            return base;
        }
        let base = (!base.is_undefined() && !base.is_null()).then_some(Row(base));
        shown(overlays, key, &self.shape_of(key), base).map_or(JsValue::UNDEFINED, |row| row.0)
    }

    /// The keys of the entries that the entry `key` is composed of: a workflow, its nodes and its connections. Undefined for
    /// any other entry.
    #[wasm_bindgen(js_name = partsOf)]
    pub fn parts_of(&self, key: &str) -> Option<Array> {
        let parts = parts_of_relations(key)?;
        Some(parts.iter().map(|part| JsValue::from_str(part)).collect())
    }

    /// The entry `base` under `key` after a change: `row` is null if it is gone, and undefined if it is unknown. Undefined:
    /// only the server knows it.
    pub fn patched(
        &self,
        key: &str,
        base: JsValue,
        table: &str,
        id: Option<String>,
        row: JsValue,
    ) -> JsValue {
        let Some(table) = table_named(table) else { return base };
        let change = Change { table, id, source: source_of(row) };
        patched(&change, key, &self.shape_of(key), Row(base)).map_or(JsValue::UNDEFINED, |row| row.0)
    }

    /// Whether a change, as above, may matter to the entry under `key`, whatever that contains.
    #[wasm_bindgen(js_name = mayConcern)]
    pub fn may_concern(&self, key: &str, table: &str, id: Option<String>, row: JsValue) -> bool {
        let Some(table) = table_named(table) else { return false };
        let change = Change { table, id, source: source_of(row) };
        change.may_concern(key, &self.shape_of(key))
    }

    /// `fresh`, or each row of it, replaced by the equal one that is `known`.
    pub fn reuse(&self, known: JsValue, fresh: JsValue) -> JsValue {
        Row(known).reuse(Row(fresh)).0
    }

    /// The plan of the write that `name` with these arguments stands for: action, table, key, row id, references, body,
    /// base and expected version. Undefined if the call is invalid, or cannot wait.
    pub fn plan(&self, name: &str, arguments: &Array, uuid: &Function) -> JsValue {
        let uuid = || {
            let made = uuid.call0(&JsValue::UNDEFINED).ok();
            made.and_then(|made| made.as_string()).unwrap_or_default()
        };
        match operation_of(name, arguments, &uuid) {
            Some(Operation::Write(write)) => write.plan::<Row>().map_or(JsValue::UNDEFINED, listed),
            _ => JsValue::UNDEFINED,
        }
    }

    /// The row of a plan as the waiting writes will leave it. `known` is what is known of it.
    pub fn expected(&self, table: &str, key: &str, known: JsValue) -> JsValue {
        let known = known.is_object().then_some(Row(known));
        let row = table_named(table)
            .and_then(|table| Some(expected(&self.overlays, table, &columns_of::<Row>(table, key)?, known)));
        row.map_or(JsValue::UNDEFINED, |row| row.0)
    }

    /// The row of a plan in the entry `base` under `entry`, if it is there.
    #[wasm_bindgen(js_name = rowIn)]
    pub fn row_in(&self, entry: &str, base: JsValue, table: &str, key: &str) -> JsValue {
        let row = table_named(table).and_then(|table| {
            let columns = columns_of::<Row>(table, key)?;
            row_in(&self.shape_of(entry), Row(base), table, &columns)
        });
        row.map_or(JsValue::UNDEFINED, |row| row.0)
    }

    /// The key of the entry of the row of a plan; undefined if the table has none.
    #[wasm_bindgen(js_name = keyOf)]
    pub fn key_of(&self, table: &str, key: &str) -> Option<String> {
        let table = table_named(table)?;
        let columns = columns_of::<Row>(table, key)?;
        let format = table.row_key.as_ref()?;
        let value =
            |name: &&str| columns.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let values: Option<Vec<_>> = format.columns.iter().map(value).collect();
        Some(format.of(&values?))
    }

    /// Whether the entry under `key` may be stored: it contains no secrets.
    #[wasm_bindgen(js_name = mayStore)]
    pub fn may_store(&self, key: &str) -> bool {
        !holds_secrets(key)
    }
}

impl Shown {
    /// The index of the overlay at this place. `Err`: there is none, and the index is where it would be.
    fn index_of(&self, place: f64) -> Result<usize, usize> {
        self.places.binary_search_by(|own| own.total_cmp(&place))
    }

    fn overlay_at(&self, place: f64) -> Option<&Overlay<Row>> {
        self.index_of(place).ok().map(|index| &self.overlays[index])
    }

    fn take(&mut self, place: f64) -> Option<Overlay<Row>> {
        let index = self.index_of(place).ok()?;
        self.places.remove(index);
        Some(self.overlays.remove(index))
    }

    /// Adds an overlay at a place that has none.
    fn put(&mut self, place: f64, overlay: Overlay<Row>) {
        let (Ok(index) | Err(index)) = self.index_of(place);
        self.places.insert(index, place);
        self.overlays.insert(index, overlay);
    }

    /// The entries that the overlay makes: place, key and content of each.
    fn made_at(&self, place: f64) -> Vec<JsValue> {
        let made = self.overlay_at(place).map(entries_of_new).unwrap_or_default();
        let listed = |(key, data): (String, Option<Row>)| {
            let data = data.map_or(JsValue::UNDEFINED, |data| data.0);
            [place.into(), key.into(), data].into_iter().collect::<Array>().into()
        };
        made.into_iter().map(listed).collect()
    }

    fn shape_of(&self, key: &str) -> Shape {
        self.shapes.get(key).cloned().unwrap_or_else(|| shape_of_key(key))
    }
}

/// `None` if the arguments are invalid: the call itself says why.
fn operation_of(name: &str, arguments: &Array, uuid: &dyn Fn() -> String) -> Option<Operation> {
    let arguments = arguments.iter().map(|value| argument(&value)).collect();
    operation(name, &Call { arguments, uuid, base_url_length: 0 }).ok()
}

fn listed(plan: Plan) -> JsValue {
    let text = |text: Option<String>| text.map_or(JsValue::NULL, JsValue::from);
    let refs: Array = plan.refs.into_iter().map(JsValue::from).collect();
    let parts = [
        plan.action.into(),
        plan.table.into(),
        plan.key.into(),
        text(plan.row_id),
        refs.into(),
        plan.body.into(),
        text(plan.base),
        text(plan.if_updated_at),
    ];
    parts.into_iter().collect::<Array>().into()
}

/// `None` if it is null, or of another version of the package.
fn overlay_of(overlay: &JsValue) -> Option<Overlay<Row>> {
    let overlay: &Array = overlay.dyn_ref()?;
    let table = table_named(&overlay.get(1).as_string()?)?;
    let pair = |pair: JsValue| {
        let pair: Array = pair.unchecked_into();
        Some((table.column(&pair.get(0).as_string()?)?.name, pair.get(1).as_string()?))
    };
    let columns: Option<Vec<_>> = overlay.get(2).unchecked_into::<Array>().iter().map(pair).collect();
    let data = Row(overlay.get(3));
    let effect = match overlay.get(0).as_string()?.as_str() {
        "row" => Effect::Row(data),
        "patch" => Effect::Patch(data),
        "upsert" => Effect::Upsert(data),
        "delete" => Effect::Delete,
        "graph" => Effect::Graph(data),
        _ => return None,
    };
    Some(Overlay { table, columns: columns?, effect })
}
