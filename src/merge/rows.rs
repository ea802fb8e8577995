//! Rows of a graph: by their names, in their order, and merged field by field.

use super::{Merge, Place, Which};
use crate::data::{Data, Form, Index, Member, Value, Versions};
use crate::error::Error;

/// What tells nodes and connections apart.
pub(super) struct Kind {
    /// The member of a graph that lists them.
    pub list: &'static str,
    /// The column that names a row.
    pub named_by: &'static str,
    /// Columns that hold a text, besides that.
    pub texts: &'static [&'static str],
    /// Columns that have a default: what is left out is that.
    defaults: &'static [(&'static str, Default)],
}

enum Default {
    Null,
    Zero,
    NoMembers,
}

pub(super) static NODES: Kind = Kind {
    list: "nodes",
    named_by: "node_id",
    texts: &[],
    defaults: &[
        ("label", Default::Null),
        (POSITION[0], Default::Zero),
        (POSITION[1], Default::Zero),
        (CONFIG, Default::NoMembers),
    ],
};

pub(super) static CONNECTIONS: Kind =
    Kind { list: "connections", named_by: "connection_id", texts: &ENDS, defaults: &[] };

/// The columns that name the nodes at a connection's ends.
pub(super) const ENDS: [&str; 2] = ["source_node_id", "target_node_id"];
/// A node's position is one field, of that name in conflicts.
const POSITION: [&str; 2] = ["position_x", "position_y"];
const CONFIG: &str = "config";
/// The columns that the database keeps: no user changes them.
const KEPT: [&str; 4] = ["id", "workflow_id", "created_at", "updated_at"];

/// The rows of a list by name, and the names in their order.
pub(super) struct Rows<D: Data> {
    pub ids: Vec<String>,
    by_id: D::Index,
}

impl<D: Data> Rows<D> {
    /// The rows of `graph`, which is called `name` in errors.
    pub fn new(name: &str, graph: &D, kind: &Kind) -> Result<Self, Error> {
        let list = [name, ".", kind.list].concat();
        let rows = graph.child(kind.list).filter(|rows| rows.is(Form::Rows));
        let rows = rows.ok_or_else(|| Error::invalid(&list, "a list of rows"))?;
        let mut own = Self { ids: Vec::new(), by_id: D::Index::default() };
        for (place, row) in rows.items().into_iter().enumerate() {
            let invalid = |column: &str, expected| {
                let field = [&list, "[", &place.to_string(), "].", column].concat();
                Error::invalid(&field, expected)
            };
            let text_of = |column| match row.column(column) {
                Value::Text(text) => Ok(text),
                _ => Err(invalid(column, "a string")),
            };
            let id = text_of(kind.named_by)?;
            for column in kind.texts {
                text_of(column)?;
            }
            if own.get(&id).is_some() {
                return Err(invalid(kind.named_by, "a value that no other row has"));
            }
            own.by_id.put(&id, &row);
            own.ids.push(id);
        }
        Ok(own)
    }

    pub fn get(&self, id: &str) -> Option<D> {
        self.by_id.get(id)
    }
}

/// The lists of the three graphs.
pub(super) struct Lists<'a, D: Data> {
    pub base: &'a Rows<D>,
    pub theirs: &'a Rows<D>,
    pub mine: &'a Rows<D>,
}

impl<D: Data> Lists<'_, D> {
    pub fn versions(&self, id: &str) -> Versions<D> {
        Versions { base: self.base.get(id), theirs: self.theirs.get(id), mine: self.mine.get(id) }
    }

    /// Every name once. Where only one side has other names than the base, or another order, they are in its order. Where both
    /// have, new names follow those of the base: each side's in their order, between those of the other side.
    pub fn ids(&self) -> Vec<String> {
        let (base, theirs, mine) = (&self.base.ids, &self.theirs.ids, &self.mine.ids);
        let mut all: Vec<&String> = Vec::new();
        if base == theirs || theirs == mine {
            all.extend(mine.iter().chain(base));
        } else if base == mine {
            all.extend(theirs.iter().chain(base));
        } else {
            let added = |ids: &'_ [String]| -> Vec<usize> {
                (0..ids.len()).filter(|place| self.base.get(&ids[*place]).is_none()).collect()
            };
            all.extend(base);
            let (their_new, my_new) = (added(theirs), added(mine));
            for place in 0..their_new.len().max(my_new.len()) {
                let one = their_new.get(place).map(|place| &theirs[*place]);
                let other = my_new.get(place).map(|place| &mine[*place]);
                all.extend(one.min(other).or(one).or(other));
                all.extend(one.max(other));
            }
        }
        let mut seen = D::Index::default();
        let marker = D::list(&[]);
        let mut ids = Vec::with_capacity(all.len());
        for id in all {
            if seen.get(id).is_none() {
                seen.put(id, &marker);
                ids.push(id.clone());
            }
        }
        ids
    }
}

/// Whether both rows hold the same, apart from what the database keeps.
pub(super) fn has_same_content<D: Data>(kind: &Kind, one: &D, other: &D) -> bool {
    let content = |row| D::object(Some(&with_defaults(kind, row)), &KEPT, &[]);
    content(one).is_equal(&content(other))
}

/// The row with the defaults of what it leaves out, as a save of it stores it.
fn with_defaults<D: Data>(kind: &Kind, row: &D) -> D {
    let no_members = D::object(None, &[], &[]);
    let missing = kind.defaults.iter().filter(|(column, _)| !row.has(column));
    let members = missing.map(|(column, default)| {
        let default = match default {
            Default::Null => Member::Text(None),
            Default::Zero => Member::Number(0.0),
            Default::NoMembers => Member::Data(&no_members),
        };
        (*column, default)
    });
    D::object(Some(row), &[], &members.collect::<Vec<_>>())
}

impl<D: Data> Merge<D> {
    /// Merges the row of that name. None when it is gone.
    pub(super) fn row(&mut self, kind: &Kind, id: &str, versions: &Versions<D>) -> Option<D> {
        if let Some(which) = versions.settled() {
            return versions.of(which).cloned();
        }
        let place = Place { named_by: kind.named_by, id };
        match versions {
            Versions { theirs: Some(_), mine: Some(_), .. } => self.both(kind, place, versions),
            // One side deleted it, the other one changed no more than what the database keeps.
            Versions { base: Some(base), theirs: Some(row), .. }
            | Versions { base: Some(base), mine: Some(row), .. }
                if has_same_content(kind, base, row) =>
            {
                None
            }
            _ => {
                let which = self.conflict(place, &[], versions);
                versions.of(which).cloned()
            }
        }
    }

    /// Merges a row that both sides have. Of two new rows that differ, none can be taken in part.
    fn both(&mut self, kind: &Kind, place: Place<'_>, versions: &Versions<D>) -> Option<D> {
        let before = self.conflicts.len();
        let merged = self.fields(kind, place, versions);
        if versions.base.is_some() || self.conflicts.len() == before {
            return Some(merged);
        }
        self.conflicts.truncate(before);
        let which = self.conflict(place, &[], versions);
        versions.of(which).cloned()
    }

    fn fields(&mut self, kind: &Kind, place: Place<'_>, versions: &Versions<D>) -> D {
        let mut members = Vec::new();
        let mut position = [const { None }; 2];
        for (name, field) in D::zip(&versions.map(|row| with_defaults(kind, row))) {
            if let Some(axis) = POSITION.iter().position(|column| *column == name) {
                position[axis] = Some(field);
            } else if name == CONFIG {
                members.extend(self.value(place, name.clone(), &field).map(|value| (name, value)));
            } else {
                let which = if KEPT.contains(&name.as_str()) {
                    latest(&field)
                } else {
                    self.choose(place, std::slice::from_ref(&name), &field)
                };
                members.extend(field.of(which).cloned().map(|value| (name, value)));
            }
        }
        if let [Some(x), Some(y)] = position {
            let pair = |which| {
                let (x, y) = (x.of(which)?, y.of(which)?);
                let members = [(POSITION[0], Member::Data(x)), (POSITION[1], Member::Data(y))];
                Some(D::object(None, &[], &members))
            };
            let pairs =
                Versions { base: pair(Which::Base), theirs: pair(Which::Theirs), mine: pair(Which::Mine) };
            let which = self.choose(place, &["position".to_owned()], &pairs);
            for (column, axis) in POSITION.into_iter().zip([x, y]) {
                members.extend(axis.of(which).cloned().map(|value| (column.to_owned(), value)));
            }
        }
        D::from_members(members)
    }
}

/// Of what the database keeps, the later one: times are texts that sort.
fn latest<D: Data>(versions: &Versions<D>) -> Which {
    versions.settled().unwrap_or_else(|| {
        let text = |which| versions.of(which).and_then(|value| value.value().text().map(str::to_owned));
        if text(Which::Mine) > text(Which::Theirs) {
            Which::Mine
        } else {
            Which::Theirs
        }
    })
}
