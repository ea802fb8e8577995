//! The fields of a row. Its `config` is merged member by member, to any depth.

use super::rows::{CONFIG, KEPT, POSITION};
use super::{Merge, Place, Which};
use crate::data::{Data, Form, Member, Value, Versions};
use std::vec::IntoIter;

/// An object that is being merged.
struct Open<D> {
    /// The members still to be merged.
    waiting: IntoIter<(String, Versions<D>)>,
    /// The members of the merged object.
    merged: Vec<(String, D)>,
}

impl<D: Data> Open<D> {
    fn new(versions: &Versions<D>) -> Self {
        Self { waiting: D::zip(versions).into_iter(), merged: Vec::new() }
    }

    fn put(&mut self, name: String, value: Option<&D>) {
        if let Some(value) = value {
            self.merged.push((name, value.clone()));
        }
    }
}

impl<D: Data> Merge<D> {
    /// Merges a row that both sides have.
    ///
    /// Open objects wait in a list instead of on the call stack: values may be nested thousands of levels deep. Each
    /// value is compared once, at the level below which members are not merged separately.
    pub(super) fn fields(&mut self, place: Place<'_>, row: &Versions<D>) -> D {
        let mut object = Open::new(row);
        // The objects around it, and the names that lead to it.
        let (mut outer, mut path) = (Vec::new(), Vec::new());
        let mut position = [None, None];
        loop {
            let Some((name, versions)) = object.waiting.next() else {
                let (Some(around), Some(name)) = (outer.pop(), path.pop()) else { break };
                let inner = std::mem::replace(&mut object, around);
                object.merged.push((name, D::from_members(inner.merged)));
                continue;
            };
            let is_column = path.is_empty();
            if is_column && (name == POSITION[0] || name == POSITION[1]) {
                position[usize::from(name == POSITION[1])] = Some(versions);
                continue;
            }
            if (!is_column || name == CONFIG) && are_objects(&versions) {
                outer.push(std::mem::replace(&mut object, Open::new(&versions)));
                path.push(name);
                continue;
            }
            let which = if is_column && KEPT.contains(&&*name) {
                latest(&versions)
            } else {
                path.push(name.clone());
                let which = self.choose(place, &path, &versions);
                path.pop();
                which
            };
            object.put(name, versions.of(which));
        }
        if let [Some(x), Some(y)] = position {
            let both = Versions {
                base: pair(x.of(Which::Base), y.of(Which::Base)),
                theirs: pair(x.of(Which::Theirs), y.of(Which::Theirs)),
                mine: pair(x.of(Which::Mine), y.of(Which::Mine)),
            };
            let which = self.choose(place, &["position".to_owned()], &both);
            object.put(POSITION[0].to_owned(), x.of(which));
            object.put(POSITION[1].to_owned(), y.of(which));
        }
        D::from_members(object.merged)
    }
}

/// A position, which is one field.
fn pair<D: Data>(x: Option<&D>, y: Option<&D>) -> Option<D> {
    let (Some(x), Some(y)) = (x, y) else { return None };
    Some(D::object(None, &[], &[(POSITION[0], Member::Data(x)), (POSITION[1], Member::Data(y))]))
}

/// Whether both sides have an object, and the base has one or nothing.
fn are_objects<D: Data>(versions: &Versions<D>) -> bool {
    let is_object = |value: &Option<D>, if_none: bool| match value {
        Some(value) => value.is(Form::Object),
        None => if_none,
    };
    is_object(&versions.theirs, false) && is_object(&versions.mine, false) && is_object(&versions.base, true)
}

/// For columns that the database maintains, the later value. Times are strings that sort chronologically.
fn latest<D: Data>(versions: &Versions<D>) -> Which {
    if let Some(which) = versions.settled() {
        return which;
    }
    let value = |version: &Option<D>| version.as_ref().map_or(Value::Absent, Data::value);
    if value(&versions.mine).text() > value(&versions.theirs).text() {
        Which::Mine
    } else {
        Which::Theirs
    }
}
