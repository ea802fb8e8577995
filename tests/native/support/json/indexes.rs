//! What the engine keeps about rows: by id, by entry, and the latest object of each.

use super::{id_of, look, Json, Node};
use std::collections::{BTreeMap, HashMap};
use std::rc::{Rc, Weak};
use workflow_db::data::{Data, Difference, Holders, Identities, Index};

/// Rows by id, sorted by id, so that every run is the same.
#[derive(Default)]
pub struct JsonIndex(BTreeMap<String, Json>);

impl Index<Json> for JsonIndex {
    fn get(&self, id: &str) -> Option<Json> {
        look();
        self.0.get(id).cloned()
    }

    fn put(&mut self, id: &str, row: &Json) {
        self.0.insert(id.to_owned(), row.clone());
    }

    fn remove(&mut self, id: &str) -> Option<Json> {
        self.0.remove(id)
    }

    fn differences(&self, fresh: &Json) -> Vec<Difference<Json>> {
        let fresh = fresh.items();
        let is_gone = |id: &str| fresh.iter().all(|row| id_of(row) != Some(id));
        let gone = self.0.iter().filter(|(id, _)| is_gone(id));
        let mut all: Vec<_> = gone.map(|(_, row)| Difference { old: Some(row.clone()), new: None }).collect();
        for row in fresh {
            let old = id_of(&row).and_then(|id| self.get(id));
            if old.as_ref() != Some(&row) {
                all.push(Difference { old, new: Some(row) });
            }
        }
        all
    }
}

/// Weak references to rows, by kind and id.
#[derive(Default)]
pub struct JsonIdentities(HashMap<(String, String), Weak<Node>>);

impl JsonIdentities {
    fn same_row(&mut self, kind: &str, fresh: Json, is_latest: bool) -> Json {
        let Some(id) = id_of(&fresh).map(str::to_owned) else { return fresh };
        match self.latest(kind, &id) {
            Some(known) if known == fresh => known,
            _ => {
                if is_latest {
                    self.0.insert((kind.to_owned(), id), Rc::downgrade(&fresh.0));
                }
                fresh
            }
        }
    }
}

/// The slots of entries, by the ids of the rows that they contain.
#[derive(Default)]
pub struct JsonHolders(HashMap<String, Vec<u32>>);

fn ids_in(rows: &Json) -> Vec<String> {
    match &*rows.0 {
        Node::List(rows) => rows.iter().filter_map(|row| id_of(row).map(str::to_owned)).collect(),
        _ => id_of(rows).map(str::to_owned).into_iter().collect(),
    }
}

impl Holders<Json> for JsonHolders {
    fn replace(&mut self, entry: u32, before: Option<&Json>, after: Option<&Json>) {
        for (rows, is_held) in [(before, false), (after, true)] {
            for id in rows.map(ids_in).unwrap_or_default() {
                self.set(entry, &id, is_held);
            }
        }
    }

    fn set(&mut self, entry: u32, id: &str, is_held: bool) {
        let entries = self.0.entry(id.to_owned()).or_default();
        entries.retain(|other| *other != entry);
        if is_held {
            entries.push(entry);
        }
        if entries.is_empty() {
            self.0.remove(id);
        }
    }

    fn of(&self, id: &str) -> Vec<u32> {
        look();
        self.0.get(id).cloned().unwrap_or_default()
    }
}

impl Identities<Json> for JsonIdentities {
    fn same(&mut self, kind: &str, fresh: Json, is_latest: bool) -> Json {
        match &*fresh.0 {
            Node::List(rows) => {
                let rows = rows.iter().map(|row| self.same_row(kind, row.clone(), is_latest));
                Json::list(&rows.collect::<Vec<_>>())
            }
            _ => self.same_row(kind, fresh, is_latest),
        }
    }

    fn latest(&self, kind: &str, id: &str) -> Option<Json> {
        let node = self.0.get(&(kind.to_owned(), id.to_owned()))?.upgrade()?;
        Some(Json(node))
    }
}
