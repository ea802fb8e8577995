//! Rows as JavaScript objects.

use crate::data::{Data, Difference, Form, Holders, Identities, Index, Member, Value, Versions};
use js_sys::{Array, JsString, Map, Reflect};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

// Every import catches. The functions receive plain data, so they throw only if stack or memory runs out.
#[wasm_bindgen(module = "/src/io/json.js")]
extern "C" {
    #[wasm_bindgen(js_name = reuse, catch)]
    fn reuse_rows(old: &JsValue, fresh: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = groupBy, catch)]
    fn group_rows_by(rows: &JsValue, column: &str, members: &Array) -> Result<Array, JsValue>;
    #[wasm_bindgen(js_name = latestOfEach, catch)]
    fn latest_rows(rows: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = nestedMembers, catch)]
    fn nested_members(value: &JsValue) -> Result<Array, JsValue>;
    #[wasm_bindgen(js_name = formOf, catch)]
    fn form_of(value: &JsValue) -> Result<u8, JsValue>;
    #[wasm_bindgen(js_name = covers, catch)]
    fn covers_part(row: &JsValue, part: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_name = isEqual, catch)]
    fn are_equal(a: &JsValue, b: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_name = merge, catch)]
    fn merge_rows(row: &JsValue, part: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = position, catch)]
    fn position_in(rows: &JsValue, id: &str) -> Result<i32, JsValue>;
    #[wasm_bindgen(js_name = splice, catch)]
    fn splice_rows(rows: &JsValue, index: u32, removed: u32, row: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = differences, catch)]
    fn differing_rows(known: &Map, fresh: &JsValue) -> Result<Array, JsValue>;
    #[wasm_bindgen(js_name = assemble, catch)]
    fn assemble_object(
        base: &JsValue,
        without: &Array,
        names: &Array,
        values: &Array,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = fromMembers, catch)]
    fn object_of(names: &Array, values: &Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = zip, catch)]
    fn zip_members(base: &JsValue, theirs: &JsValue, mine: &JsValue) -> Result<Array, JsValue>;
}

#[wasm_bindgen(module = "/src/io/by-id.js")]
extern "C" {
    #[wasm_bindgen(js_name = same, catch)]
    fn same_rows(kinds: &Map, kind: &str, fresh: &JsValue, is_latest: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = latest, catch)]
    fn latest_row(kinds: &Map, kind: &str, id: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = replaceHeld, catch)]
    fn replace_held(holders: &Map, entry: u32, before: &JsValue, after: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(js_name = setHeld, catch)]
    fn set_holder(holders: &Map, entry: u32, id: &str, is_held: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(js_name = holdersOf, catch)]
    fn holders_of(holders: &Map, id: &str) -> Result<Vec<u32>, JsValue>;
}

#[wasm_bindgen(module = "/src/io/large.js")]
extern "C" {
    #[wasm_bindgen(js_name = parse, catch)]
    fn parse_text(text: &str) -> Result<JsValue, JsValue>;
}

/// The result of a function that fails only if stack or memory runs out. The rows are unreliable then, so the engine
/// stops; the package starts a new one.
fn or_stop<T>(outcome: Result<T, JsValue>) -> T {
    outcome.unwrap_or_else(|_| std::process::abort())
}

thread_local! {
    /// Column names as JavaScript strings, created once instead of at every access. The names are literals, so
    /// address and length identify them.
    static NAMES: RefCell<Vec<(*const str, JsString)>> = const { RefCell::new(Vec::new()) };
}

fn name_of(name: &'static str) -> JsString {
    NAMES.with(|names| {
        let mut names = names.borrow_mut();
        if let Some((_, known)) = names.iter().find(|(known, _)| std::ptr::eq(*known, name)) {
            return known.clone();
        }
        let made = JsString::from(name);
        names.push((name, made.clone()));
        made
    })
}

/// A JavaScript value: a row, a list of rows, or a page.
#[derive(Clone)]
pub struct Row(pub JsValue);

impl Row {
    fn get(&self, name: &'static str) -> JsValue {
        Reflect::get(&self.0, &name_of(name)).unwrap_or(JsValue::UNDEFINED)
    }

    fn as_array(&self) -> Option<&Array> {
        self.0.dyn_ref::<Array>()
    }
}

/// The value of a JavaScript value, as far as decisions need it.
pub fn value_of(value: &JsValue) -> Value {
    if value.is_undefined() {
        Value::Absent
    } else if value.is_null() {
        Value::Null
    } else if let Some(flag) = value.as_bool() {
        Value::Bool(flag)
    } else if let Some(number) = value.as_f64() {
        Value::Number(number)
    } else if let Some(text) = value.as_string() {
        Value::Text(text)
    } else if value.is_object() {
        Value::Json
    } else {
        Value::Other("a function, a symbol or a bigint")
    }
}

/// Rows by id, in a JavaScript `Map`.
pub struct RowIndex(Map);

impl Default for RowIndex {
    fn default() -> Self {
        Self(Map::new())
    }
}

impl Index<Row> for RowIndex {
    fn get(&self, id: &str) -> Option<Row> {
        present(self.0.get(&id.into()))
    }

    fn put(&mut self, id: &str, row: &Row) {
        self.0.set(&id.into(), &row.0);
    }

    fn remove(&mut self, id: &str) -> Option<Row> {
        let row = self.get(id)?;
        self.0.delete(&id.into());
        Some(row)
    }

    fn differences(&self, fresh: &Row) -> Vec<Difference<Row>> {
        let pairs = or_stop(differing_rows(&self.0, &fresh.0));
        let pair = |pair: JsValue| {
            let pair: Array = pair.unchecked_into();
            Difference { old: present(pair.get(0)), new: present(pair.get(1)) }
        };
        pairs.iter().map(pair).collect()
    }
}

/// Rows by kind and id, in JavaScript `Map`s of weak references.
pub struct RowIdentities(Map);

impl Default for RowIdentities {
    fn default() -> Self {
        Self(Map::new())
    }
}

impl Identities<Row> for RowIdentities {
    fn same(&mut self, kind: &str, fresh: Row, is_latest: bool) -> Row {
        Row(or_stop(same_rows(&self.0, kind, &fresh.0, is_latest)))
    }

    fn latest(&self, kind: &str, id: &str) -> Option<Row> {
        present(or_stop(latest_row(&self.0, kind, id)))
    }
}

/// Entry numbers by row id, in a JavaScript `Map`.
pub struct RowHolders(Map);

impl Default for RowHolders {
    fn default() -> Self {
        Self(Map::new())
    }
}

impl Holders<Row> for RowHolders {
    fn replace(&mut self, entry: u32, before: Option<&Row>, after: Option<&Row>) {
        let value = |rows: Option<&Row>| rows.map_or(JsValue::UNDEFINED, |rows| rows.0.clone());
        or_stop(replace_held(&self.0, entry, &value(before), &value(after)));
    }

    fn set(&mut self, entry: u32, id: &str, is_held: bool) {
        or_stop(set_holder(&self.0, entry, id, is_held));
    }

    fn of(&self, id: &str) -> Vec<u32> {
        or_stop(holders_of(&self.0, id))
    }
}

fn present(value: JsValue) -> Option<Row> {
    (!value.is_undefined()).then_some(Row(value))
}

impl Data for Row {
    type Index = RowIndex;
    type Holders = RowHolders;
    type Identities = RowIdentities;

    fn column(&self, name: &'static str) -> Value {
        value_of(&self.get(name))
    }

    fn has(&self, name: &'static str) -> bool {
        !self.get(name).is_undefined()
    }

    fn value(&self) -> Value {
        value_of(&self.0)
    }

    fn is(&self, form: Form) -> bool {
        form_of(&self.0) == Ok(form as u8)
    }

    fn child(&self, name: &'static str) -> Option<Self> {
        let child = self.get(name);
        child.is_object().then_some(Self(child))
    }

    fn members(&self) -> Vec<(String, Self)> {
        let pair = |pair: JsValue| {
            let pair: Array = pair.unchecked_into();
            (pair.get(0).as_string().unwrap_or_default(), Self(pair.get(1)))
        };
        or_stop(nested_members(&self.0)).iter().map(pair).collect()
    }

    fn len(&self) -> usize {
        self.as_array().map_or(0, |array| array.length() as usize)
    }

    fn item(&self, index: usize) -> Self {
        Self(
            self.as_array()
                .map_or(JsValue::UNDEFINED, |array| array.get(u32::try_from(index).unwrap_or(u32::MAX))),
        )
    }

    fn list(items: &[Self]) -> Self {
        Self(items.iter().map(|item| &item.0).collect::<Array>().into())
    }

    fn texts(texts: &[String]) -> Self {
        let list = Array::new();
        for text in texts {
            list.push(&JsValue::from_str(text));
        }
        Self(list.into())
    }

    fn object(
        base: Option<&Self>,
        without: &[&'static str],
        members: &[(&'static str, Member<'_, Self>)],
    ) -> Self {
        let without: Array = without.iter().map(|name| name_of(name)).collect();
        let names: Array = members.iter().map(|(name, _)| name_of(name)).collect();
        let values: Array = members
            .iter()
            .map(|(_, member)| match member {
                Member::Data(data) => data.0.clone(),
                Member::Number(number) => JsValue::from_f64(*number),
                Member::Bool(flag) => JsValue::from_bool(*flag),
                Member::Text(text) => text.map_or(JsValue::NULL, JsValue::from_str),
            })
            .collect();
        let base = base.map_or(JsValue::UNDEFINED, |base| base.0.clone());
        Self(or_stop(assemble_object(&base, &without, &names, &values)))
    }

    fn from_members(members: Vec<(String, Self)>) -> Self {
        let (names, values) = (Array::new(), Array::new());
        for (name, value) in members {
            names.push(&JsValue::from(name));
            values.push(&value.0);
        }
        Self(or_stop(object_of(&names, &values)))
    }

    fn zip(versions: &Versions<Self>) -> Vec<(String, Versions<Self>)> {
        let value = |row: &Option<Self>| row.as_ref().map_or(JsValue::UNDEFINED, |row| row.0.clone());
        let (base, theirs, mine) = (value(&versions.base), value(&versions.theirs), value(&versions.mine));
        let members = or_stop(zip_members(&base, &theirs, &mine));
        let mut zipped = Vec::new();
        for place in 0..members.length() {
            let member: Array = members.get(place).unchecked_into();
            let name = member.get(0).as_string().unwrap_or_default();
            let version = |place| present(member.get(place));
            zipped.push((name, Versions { base: version(1), theirs: version(2), mine: version(3) }));
        }
        zipped
    }

    fn merged(&self, part: &Self) -> Self {
        Self(or_stop(merge_rows(&self.0, &part.0)))
    }

    fn position(&self, id: &str) -> Option<usize> {
        usize::try_from(or_stop(position_in(&self.0, id))).ok()
    }

    #[allow(clippy::cast_possible_truncation, reason = "places in a list of rows")]
    fn spliced(&self, index: usize, removed: usize, row: Option<&Self>) -> Self {
        let row = row.map_or(JsValue::UNDEFINED, |row| row.0.clone());
        Self(or_stop(splice_rows(&self.0, index as u32, removed as u32, &row)))
    }

    fn is_equal(&self, other: &Self) -> bool {
        are_equal(&self.0, &other.0).unwrap_or_default()
    }

    fn parse(json: &str) -> Option<Self> {
        parse_text(json).ok().map(Self)
    }

    fn covers(&self, part: &Self) -> bool {
        covers_part(&self.0, &part.0).unwrap_or_default()
    }

    fn group_by(&self, column: &'static str, members: &[String]) -> Vec<Self> {
        let members: Array = members.iter().map(|member| JsValue::from_str(member)).collect();
        or_stop(group_rows_by(&self.0, column, &members)).iter().map(Self).collect()
    }

    fn latest_of_each(&self) -> Self {
        Self(or_stop(latest_rows(&self.0)))
    }

    fn reuse(&self, fresh: Self) -> Self {
        match reuse_rows(&self.0, &fresh.0) {
            Ok(rows) => Self(rows),
            Err(_) => fresh,
        }
    }
}
