//! The rows of a graph: found by name, kept in order, and merged field by field.

use super::{Merge, Place};
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
/// A node's position counts as one field.
pub(super) const POSITION: [&str; 2] = ["position_x", "position_y"];
pub(super) const CONFIG: &str = "config";
/// Columns that the database maintains and users never change.
pub(super) const KEPT: [&str; 4] = ["id", "workflow_id", "created_at", "updated_at"];

/// The rows of a list by name, and the names in order.
pub struct Rows<D: Data> {
    /// The names.
    pub ids: Vec<String>,
    pub(super) by_id: D::Index,
}

impl<D: Data> Rows<D> {
    /// The rows of `graph`, which errors refer to as `name`.
    pub(super) fn new(name: &str, graph: &D, kind: &Kind) -> Result<Self, Error> {
        let list = [name, ".", kind.list].concat();
        let rows = graph.child(kind.list).filter(|rows| rows.is(Form::Rows));
        let Some(rows) = rows else { return Err(Error::invalid(&list, "a list of rows")) };
        let mut own = Self { ids: Vec::new(), by_id: D::Index::default() };
        for place in 0..rows.len() {
            let row = rows.item(place);
            match own.name_of_new(&row, kind) {
                Ok(id) => {
                    own.by_id.put(&id, &row);
                    own.ids.push(id);
                }
                Err((column, expected)) => {
                    let field = [&list, "[", &place.to_string(), "].", column].concat();
                    return Err(Error::invalid(&field, expected));
                }
            }
        }
        Ok(own)
    }

    /// The name of a row to add; otherwise the invalid column, and the expected value.
    fn name_of_new(&self, row: &D, kind: &Kind) -> Result<String, (&'static str, &'static str)> {
        let Value::Text(id) = row.column(kind.named_by) else { return Err((kind.named_by, "a string")) };
        for column in kind.texts {
            if row.column(column).text().is_none() {
                return Err((column, "a string"));
            }
        }
        if self.get(&id).is_some() {
            return Err((kind.named_by, "a value that no other row has"));
        }
        Ok(id)
    }

    /// The row of this name.
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
        let mut names = Names::<D> { seen: D::Index::default(), marker: D::list(&[]), all: Vec::new() };
        if base == theirs || theirs == mine {
            names.add_all(mine);
        } else if base == mine {
            names.add_all(theirs);
        }
        names.add_all(base);
        let (mut their_place, mut my_place) = (0, 0);
        loop {
            let one = self.next_new(theirs, &mut their_place);
            let other = self.next_new(mine, &mut my_place);
            if one.is_none() && other.is_none() {
                return names.all;
            }
            let (first, second) = if other < one { (other, one) } else { (one, other) };
            names.add(first);
            names.add(second);
        }
    }

    /// The first of a side's names from this place on that the base does not have.
    fn next_new<'a>(&self, ids: &'a [String], place: &mut usize) -> Option<&'a String> {
        while let Some(id) = ids.get(*place) {
            *place += 1;
            if self.base.get(id).is_none() {
                return Some(id);
            }
        }
        None
    }
}

/// Names in their order, without repetitions.
struct Names<D: Data> {
    seen: D::Index,
    /// The value under each name in the index.
    marker: D,
    all: Vec<String>,
}

impl<D: Data> Names<D> {
    fn add(&mut self, id: Option<&String>) {
        let Some(id) = id.filter(|id| self.seen.get(id).is_none()) else { return };
        self.seen.put(id, &self.marker);
        self.all.push(id.clone());
    }

    fn add_all(&mut self, ids: &[String]) {
        for id in ids {
            self.add(Some(id));
        }
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
    let mut missing = Vec::new();
    for (column, default) in kind.defaults {
        if !row.has(column) {
            let default = match default {
                Default::Null => Member::Text(None),
                Default::Zero => Member::Number(0.0),
                Default::NoMembers => Member::Data(&no_members),
            };
            missing.push((*column, default));
        }
    }
    D::object(Some(row), &[], &missing)
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
        let merged = self.fields(place, &versions.map(|row| with_defaults(kind, row)));
        if versions.base.is_some() || self.conflicts.len() == before {
            return Some(merged);
        }
        self.conflicts.truncate(before);
        let which = self.conflict(place, &[], versions);
        versions.of(which).cloned()
    }
}
