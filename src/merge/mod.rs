//! Three-way merges of a workflow's nodes and connections.
//!
//! Two sides, `theirs` and `mine`, start from the same graph, `base`. A row or field that only one side changed is
//! taken from that side. If both changed it differently, that is a [`Conflict`].
//!
//! The result does not depend on which side is which, except for the names in conflicts and [`OnConflict::Theirs`].

mod fields;
mod graph;
mod rows;

pub use graph::{ends_of, merge_graphs, Graph, Merged};
pub use rows::Rows;

use crate::data::{Data, Member, Versions};

/// The version that the merged graph contains where there is a conflict.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum OnConflict {
    /// The version of `base`.
    Base,
    /// The version of `theirs`.
    Theirs,
}

/// One of the three graphs.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Which {
    Base,
    Theirs,
    Mine,
}

/// As the application calls them.
const VERSIONS: [(&str, Which); 3] =
    [("base", Which::Base), ("theirs", Which::Theirs), ("mine", Which::Mine)];

impl<T> Versions<T> {
    fn of(&self, which: Which) -> Option<&T> {
        match which {
            Which::Base => self.base.as_ref(),
            Which::Theirs => self.theirs.as_ref(),
            Which::Mine => self.mine.as_ref(),
        }
    }
}

impl<D: Data> Versions<D> {
    /// The side whose version applies: the one that changed it. `None` if both changed it differently.
    fn settled(&self) -> Option<Which> {
        if is_same(self.base.as_ref(), self.mine.as_ref()) {
            return Some(Which::Theirs);
        }
        let is_mine = is_same(self.base.as_ref(), self.theirs.as_ref())
            || is_same(self.theirs.as_ref(), self.mine.as_ref());
        is_mine.then_some(Which::Mine)
    }
}

fn is_same<D: Data>(one: Option<&D>, other: Option<&D>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.is_equal(other),
        _ => false,
    }
}

/// A row that one side deleted and the other changed, or a field that both changed differently.
pub struct Conflict<D> {
    /// The column with the row's name: `node_id` or `connection_id`.
    pub named_by: &'static str,
    /// The row's name.
    pub id: String,
    /// The path from the row to the field. Empty for the row itself.
    pub path: Vec<String>,
    /// The row or field in the three graphs.
    pub versions: Versions<D>,
}

impl<D: Data> Conflict<D> {
    /// The form that the application receives: `{ node_id, path, base, theirs, mine }`, without versions that do not
    /// exist.
    pub fn to_data(&self) -> D {
        let path = D::texts(&self.path);
        let mut members = vec![(self.named_by, Member::Text(Some(&self.id))), ("path", Member::Data(&path))];
        for (name, which) in &VERSIONS {
            if let Some(version) = self.versions.of(*which) {
                members.push((*name, Member::Data(version)));
            }
        }
        D::object(None, &[], &members)
    }
}

/// A merge in progress: how it resolves conflicts, and the conflicts so far.
struct Merge<D> {
    on_conflict: OnConflict,
    conflicts: Vec<Conflict<D>>,
}

/// A row, by the name that it has on both sides.
#[derive(Clone, Copy)]
struct Place<'a> {
    named_by: &'static str,
    id: &'a str,
}

impl<D: Data> Merge<D> {
    /// The side whose version is taken. Records a conflict if there is one.
    fn choose(&mut self, place: Place<'_>, path: &[String], versions: &Versions<D>) -> Which {
        match versions.settled() {
            Some(which) => which,
            None => self.conflict(place, path, versions),
        }
    }

    fn conflict(&mut self, place: Place<'_>, path: &[String], versions: &Versions<D>) -> Which {
        self.conflicts.push(Conflict {
            named_by: place.named_by,
            id: place.id.to_owned(),
            path: path.to_vec(),
            versions: versions.clone(),
        });
        match self.on_conflict {
            OnConflict::Base => Which::Base,
            OnConflict::Theirs => Which::Theirs,
        }
    }
}
