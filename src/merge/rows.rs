//! The rows of a graph: found by name, kept in order, and merged field by field.

use super::{Merge, Place, Which};
use crate::data::{Data, Form, Index, Member, Value, Versions};
use crate::error::Error;

/// The differences between nodes and connections.
pub(super) struct Kind {
    /// The key of the list in a graph.
    pub list: &'static str,
    /// The column with the row's name.
    pub named_by: &'static str,
    /// Other columns that must be strings.
    pub texts: &'static [&'static str],
    /// Columns with a default, which applies if a row omits the column.
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

/// The columns with the names of the nodes at a connection's ends.
pub(super) const ENDS: [&str; 2] = ["source_node_id", "target_node_id"];
/// A node's position counts as one field, which conflicts call by this name.
const POSITION: [&str; 2] = ["position_x", "position_y"];
const CONFIG: &str = "config";
/// Columns that the database maintains and users never change.
const KEPT: [&str; 4] = ["id", "workflow_id", "created_at", "updated_at"];

/// The rows of a list by name, and the names in order.
pub(super) struct Rows<D: Data> {
    pub ids: Vec<String>,
    by_id: D::Index,
}

impl<D: Data> Rows<D> {
    /// The rows of `graph`, which errors refer to as `name`.
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

    /// All names, each once. If only one side changed the names or their order, its order applies. If both did, new
    /// names follow the names of the base: those of each side keep their order, interleaved with those of the other
    /// side.
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

/// Whether both rows have the same content, apart from columns that the database maintains.
pub(super) fn has_same_content<D: Data>(kind: &Kind, one: &D, other: &D) -> bool {
    let content = |row| D::object(Some(&with_defaults(kind, row)), &KEPT, &[]);
    content(one).is_equal(&content(other))
}

/// The row with defaults for the columns that it omits, as a save would store it.
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
    /// Merges the row with this name. `None` if it is gone.
    pub(super) fn row(&mut self, kind: &Kind, id: &str, versions: &Versions<D>) -> Option<D> {
        if let Some(which) = versions.settled() {
            return versions.of(which).cloned();
        }
        let place = Place { named_by: kind.named_by, id };
        match versions {
            Versions { theirs: Some(_), mine: Some(_), .. } => self.both(kind, place, versions),
            // One side deleted the row; the other changed nothing but columns that the database maintains.
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

    /// Merges a row that both sides have. If both sides added it and the two differ, it is not merged field by field.
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

/// For columns that the database maintains, the later value. Times are strings that sort chronologically.
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
