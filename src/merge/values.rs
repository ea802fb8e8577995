//! Nested values, such as a node's `config`: merged member by member, to any depth.

use super::{Merge, Place};
use crate::data::{Data, Form, Versions};
use std::vec::IntoIter;

/// An object that is being merged.
struct Open<D> {
    /// The members that have not been merged yet.
    waiting: IntoIter<(String, Versions<D>)>,
    /// The members of the merged object.
    merged: Vec<(String, D)>,
}

impl<D: Data> Open<D> {
    /// Starts a merge if both sides have an object, and the base has an object or nothing.
    fn of(versions: &Versions<D>) -> Option<Self> {
        let is_object = |value: &D| value.is(Form::Object);
        let are_objects = versions.theirs.as_ref().is_some_and(is_object)
            && versions.mine.as_ref().is_some_and(is_object)
            && versions.base.as_ref().is_none_or(is_object);
        are_objects.then(|| Self { waiting: D::zip(versions).into_iter(), merged: Vec::new() })
    }
}

impl<D: Data> Merge<D> {
    /// Merges the field `name` of a row. `None` if the result lacks the field.
    ///
    /// Open objects are kept in a list instead of on the call stack, because values may be nested thousands of levels
    /// deep. Each value is compared only once, at the level where its members are no longer merged one by one.
    pub(super) fn value(&mut self, place: Place<'_>, name: String, versions: &Versions<D>) -> Option<D> {
        let mut path = vec![name];
        let Some(outermost) = Open::of(versions) else {
            let which = self.choose(place, &path, versions);
            return versions.of(which).cloned();
        };
        let mut open = vec![outermost];
        while let Some(mut object) = open.pop() {
            let Some((name, versions)) = object.waiting.next() else {
                let merged = D::from_members(object.merged);
                let Some(outer) = open.last_mut() else { return Some(merged) };
                outer.merged.extend(path.pop().map(|name| (name, merged)));
                continue;
            };
            path.push(name);
            if let Some(inner) = Open::of(&versions) {
                open.extend([object, inner]);
                continue;
            }
            let which = self.choose(place, &path, &versions);
            let name = path.pop();
            object.merged.extend(name.zip(versions.of(which).cloned()));
            open.push(object);
        }
        None
    }
}
