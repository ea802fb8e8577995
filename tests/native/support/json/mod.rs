//! JSON as a tree of shared nodes, so that the identity of rows can be compared like that of JavaScript objects.

mod indexes;

pub use indexes::{JsonHolders, JsonIdentities, JsonIndex};
use serde_json::{Map, Number};
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use workflow_db::data::{Data, Form, Member, Value, Versions};

thread_local! {
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

/// How often this thread inspected rows and indexes. In a browser, each inspection is a call out of WebAssembly.
pub fn looks() -> usize {
    LOOKS.get()
}

fn look() {
    LOOKS.set(LOOKS.get() + 1);
}

/// A reference to a JSON value.
#[derive(Clone)]
pub struct Json(Rc<Node>);

enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn new(node: Node) -> Self {
        Self(Rc::new(node))
    }

    /// Whether both are the same object.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    pub fn null() -> Self {
        Self::new(Node::Null)
    }

    pub fn is_null(&self) -> bool {
        matches!(*self.0, Node::Null)
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match &*self.0 {
            Node::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A member as a string.
    pub fn text(&self, name: &str) -> String {
        match self.get(name).map(|value| &*value.0) {
            Some(Node::Text(text)) => text.clone(),
            _ => panic!("{self:?} has no text {name}"),
        }
    }

    /// The member `name` of each row.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.items().iter().map(|row| row.text(name)).collect()
    }

    pub fn ids(&self) -> Vec<String> {
        self.texts("id")
    }

    pub fn to_value(&self) -> serde_json::Value {
        use serde_json::Value as V;
        match &*self.0 {
            Node::Null => V::Null,
            Node::Bool(flag) => V::Bool(*flag),
            Node::Number(number) => V::Number(number.clone()),
            Node::Text(text) => V::String(text.clone()),
            Node::List(items) => V::Array(items.iter().map(Self::to_value).collect()),
            Node::Object(members) => {
                V::Object(members.iter().map(|(key, value)| (key.clone(), value.to_value())).collect())
            }
        }
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value as V;
        Self::new(match value {
            V::Null => Node::Null,
            V::Bool(flag) => Node::Bool(*flag),
            V::Number(number) => Node::Number(number.clone()),
            V::String(text) => Node::Text(text.clone()),
            V::Array(items) => Node::List(items.iter().map(Self::from).collect()),
            V::Object(members) => {
                Node::Object(members.iter().map(|(key, value)| (key.clone(), value.into())).collect())
            }
        })
    }
}

impl From<&Map<String, serde_json::Value>> for Json {
    fn from(row: &Map<String, serde_json::Value>) -> Self {
        Self::new(Node::Object(row.iter().map(|(key, value)| (key.clone(), value.into())).collect()))
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        Self::from(&value)
    }
}

/// Compares values; the order of an object's members does not matter.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        if Rc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        match (&*self.0, &*other.0) {
            (Node::Null, Node::Null) => true,
            (Node::Bool(a), Node::Bool(b)) => a == b,
            (Node::Number(a), Node::Number(b)) => a.as_f64() == b.as_f64(),
            (Node::Text(a), Node::Text(b)) => a == b,
            (Node::List(a), Node::List(b)) => a == b,
            (Node::Object(a), Node::Object(b)) => a.len() == b.len() && other.covers(self),
            _ => false,
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_value())
    }
}

impl Data for Json {
    type Index = JsonIndex;
    type Holders = JsonHolders;
    type Identities = JsonIdentities;

    fn column(&self, name: &'static str) -> Value {
        look();
        self.get(name).map_or(Value::Absent, Data::value)
    }

    fn is(&self, form: Form) -> bool {
        match (form, &*self.0) {
            (Form::Rows, Node::List(items)) => items.iter().all(|item| item.is(Form::Object)),
            (Form::Object, Node::Object(_)) | (Form::Text, Node::Text(_)) => true,
            _ => false,
        }
    }

    fn value(&self) -> Value {
        match &*self.0 {
            Node::Null => Value::Null,
            Node::Bool(flag) => Value::Bool(*flag),
            Node::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            Node::Text(text) => Value::Text(text.clone()),
            Node::List(_) | Node::Object(_) => Value::Json,
        }
    }

    fn child(&self, name: &'static str) -> Option<Self> {
        self.get(name).filter(|child| matches!(*child.0, Node::List(_) | Node::Object(_))).cloned()
    }

    fn members(&self) -> Vec<(String, Self)> {
        look();
        let Node::Object(members) = &*self.0 else { return Vec::new() };
        let is_nested = |value: &Self| matches!(*value.0, Node::List(_) | Node::Object(_));
        members.iter().filter(|(_, value)| is_nested(value)).cloned().collect()
    }

    fn len(&self) -> usize {
        match &*self.0 {
            Node::List(items) => items.len(),
            _ => 0,
        }
    }

    fn item(&self, index: usize) -> Self {
        match &*self.0 {
            Node::List(items) => items.get(index).cloned().unwrap_or_else(Self::null),
            _ => Self::null(),
        }
    }

    fn list(items: &[Self]) -> Self {
        Self::new(Node::List(items.to_vec()))
    }

    fn object(
        base: Option<&Self>,
        without: &[&'static str],
        members: &[(&'static str, Member<'_, Self>)],
    ) -> Self {
        let mut object = match base.map(|base| &*base.0) {
            Some(Node::Object(members)) => members.clone(),
            _ => Vec::new(),
        };
        object.retain(|(name, _)| !without.contains(&name.as_str()));
        for (name, member) in members {
            let value = match member {
                Member::Data(data) => (*data).clone(),
                Member::Number(number) => Self::new(Node::Number(whole_or_float(*number))),
                Member::Bool(flag) => Self::new(Node::Bool(*flag)),
                Member::Text(None) => Self::null(),
                Member::Text(Some(text)) => Self::new(Node::Text((*text).to_owned())),
            };
            match object.iter_mut().find(|(known, _)| known == name) {
                Some((_, place)) => *place = value,
                None => object.push(((*name).to_owned(), value)),
            }
        }
        Self::new(Node::Object(object))
    }

    fn texts(texts: &[String]) -> Self {
        Self::from(serde_json::json!(texts))
    }

    fn from_members(members: Vec<(String, Self)>) -> Self {
        Self::new(Node::Object(members))
    }

    fn zip(versions: &Versions<Self>) -> Vec<(String, Versions<Self>)> {
        look();
        let sides = [&versions.base, &versions.theirs, &versions.mine];
        let mut names: Vec<&String> = Vec::new();
        for side in sides.into_iter().flatten() {
            let Node::Object(members) = &*side.0 else { continue };
            let new = members.iter().map(|(name, _)| name).filter(|name| !names.contains(name));
            let new: Vec<_> = new.collect();
            names.extend(new);
        }
        names.sort_unstable();
        let zipped = |name: &String| (name.clone(), versions.map(|side| side.get(name).cloned()));
        let flat = |(name, versions): (String, Versions<Option<Self>>)| {
            let Versions { base, theirs, mine } = versions;
            (name, Versions { base: base.flatten(), theirs: theirs.flatten(), mine: mine.flatten() })
        };
        names.into_iter().map(zipped).map(flat).collect()
    }

    fn merged(&self, part: &Self) -> Self {
        let Node::Object(members) = &*part.0 else { return self.clone() };
        let mut object = match &*self.0 {
            Node::Object(members) => members.clone(),
            _ => Vec::new(),
        };
        object.retain(|(name, _)| part.get(name).is_none());
        object.extend(members.iter().cloned());
        Self::new(Node::Object(object))
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.items().iter().position(|row| id_of(row) == Some(id))
    }

    fn spliced(&self, index: usize, removed: usize, row: Option<&Self>) -> Self {
        let mut items = self.items();
        items.splice(index..index + removed, row.cloned());
        Self::list(&items)
    }

    fn is_equal(&self, other: &Self) -> bool {
        self == other
    }

    fn parse(json: &str) -> Option<Self> {
        serde_json::from_str::<serde_json::Value>(json).ok().map(Self::from)
    }

    fn covers(&self, part: &Self) -> bool {
        match &*part.0 {
            Node::Object(members) => members.iter().all(|(name, value)| self.get(name) == Some(value)),
            _ => false,
        }
    }

    fn reuse(&self, fresh: Self) -> Self {
        let (Node::List(old), Node::List(new)) = (&*self.0, &*fresh.0) else {
            return if *self == fresh { self.clone() } else { fresh };
        };
        let by_id: HashMap<&str, &Self> = old.iter().filter_map(|row| Some((id_of(row)?, row))).collect();
        let mut is_same = old.len() == new.len();
        let mut rows = Vec::with_capacity(new.len());
        for (index, row) in new.iter().enumerate() {
            let known = id_of(row).and_then(|id| by_id.get(id)).filter(|known| **known == row);
            let kept = known.map_or(row, |known| *known);
            is_same = is_same && old[index].is_same(kept);
            rows.push(kept.clone());
        }
        if is_same {
            self.clone()
        } else {
            Self::list(&rows)
        }
    }

    fn group_by(&self, column: &'static str, members: &[String]) -> Vec<Self> {
        let of = |member: &String| -> Vec<Self> {
            let rows = self.items().into_iter();
            rows.filter(|row| row.column(column).text() == Some(member)).collect()
        };
        members.iter().map(|member| Self::list(&of(member))).collect()
    }

    fn latest_of_each(&self) -> Self {
        let items = self.items();
        let latest: HashMap<Option<&str>, &Self> = items.iter().map(|row| (id_of(row), row)).collect();
        let kept: Vec<Self> = items.iter().filter(|row| latest[&id_of(row)].is_same(row)).cloned().collect();
        Self::list(&kept)
    }
}

fn id_of(row: &Json) -> Option<&str> {
    match row.get("id").map(|id| &*id.0) {
        Some(Node::Text(id)) => Some(id),
        _ => None,
    }
}

fn whole_or_float(number: f64) -> Number {
    #[allow(clippy::cast_possible_truncation, reason = "numbers of rows")]
    if number.fract() == 0.0 {
        Number::from(number as i64)
    } else {
        Number::from_f64(number).expect("a finite number")
    }
}
