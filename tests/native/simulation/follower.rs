//! The events of one handler, and their invariants.

use super::access::may_see;
use super::value_text;
use crate::support::postgrest::filter::holds;
use crate::support::postgrest::schema::facts;
use crate::support::postgrest::url::{params, Condition};
use crate::support::postgrest::Row;
use crate::support::{Json, World};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use workflow_db::realtime::ChangeKind as Kind;
use workflow_db::subscriptions::{Notice, Selection, Status};

pub struct Follower {
    pub selection: Selection,
    conditions: Vec<Condition>,
    /// The last known state of each row; `None` if it was deleted.
    told: BTreeMap<String, Option<Value>>,
    is_live: bool,
    /// The first rest of this follower: rows that existed before may be part of its first read, and are not reported.
    start: Option<Start>,
}

/// The state at a rest.
struct Start {
    commits: usize,
    /// The rows that the user could see.
    seen: HashSet<String>,
}

impl Follower {
    pub fn new(selection: Selection) -> Self {
        let conditions = selection.filter.as_ref().map(|filter| match params(&filter.text()) {
            Ok(params) => params.conditions,
            Err(refusal) => panic!("{filter:?} is no filter: {}", refusal.message),
        });
        let conditions = conditions.unwrap_or_default();
        Self { selection, conditions, told: BTreeMap::new(), is_live: false, start: None }
    }

    /// Earlier events no longer count. The status does: a sign-out that ended before the tab noticed it changes nothing.
    pub fn restart(&mut self) {
        *self = Self { is_live: self.is_live, ..Self::new(self.selection.clone()) };
    }

    pub fn hear(&mut self, news: Notice<Json>, user: Option<&str>, world: &World) {
        match news {
            Notice::Status(status, _) => self.is_live = status == Status::Live,
            Notice::Gap => {
                self.told.clear();
                self.start = None;
            }
            Notice::Row { kind, row, .. } => self.hear_row(kind, row.to_value(), user, world),
        }
    }

    fn hear_row(&mut self, kind: Kind, row: Value, user: Option<&str>, world: &World) {
        let id = value_text(&row, "id");
        let server = world.server();
        let is_seen = user.is_some_and(|user| may_see(&server, &row, user, 0));
        assert!(is_seen, "an event has a row of another user, {kind:?}: {row}");
        let before = self.told.get(&id).cloned();
        match kind {
            Kind::Insert => assert!(!matches!(before, Some(Some(_))), "inserted twice: {row}"),
            Kind::Update => {
                assert_ne!(before, Some(None), "updated after it was gone: {row}");
                assert_ne!(before, Some(Some(row.clone())), "reported twice: {row}");
            }
            Kind::Delete => assert_ne!(before, Some(None), "deleted twice: {row}"),
        }
        self.told.insert(id, (kind != Kind::Delete).then_some(row));
    }

    /// At rest, the reported rows equal the rows of the server, and no change is missing.
    pub fn check(&mut self, world: &World, user: Option<&str>) {
        let server = world.server();
        let table = self.selection.table.name;
        let now = |id: &str| {
            server.row(table, id).filter(|row| self.means(row) && server.sees(table, id, user)).cloned()
        };
        let seen = server.rows(table).filter_map(|row| row["id"].as_str()).filter(|id| now(id).is_some());
        let seen: HashSet<String> = seen.map(str::to_owned).collect();
        for (id, told) in &self.told {
            // Rows of an append-only table are only deleted with their account, which a read from the latest row on
            // does not show.
            if self.selection.table.is_append_only && server.row(table, id).is_none() {
                continue;
            }
            assert_eq!(*told, now(id).map(Value::Object), "{table} {id} as told, and as it is");
        }
        assert!(self.is_live, "{table} is not live after a long rest");
        let Some(start) = &self.start else {
            self.start = Some(Start { commits: server.commits.len(), seen });
            return;
        };
        // A row also appears when its workflow is shared with the user, which is not a change of the row.
        for id in seen.difference(&start.seen).filter(|_| server.shares) {
            assert!(self.told.contains_key(id), "{table} {id} can be seen now, and was not told");
        }
        let since = start.commits;
        for (place, commit) in server.commits.iter().enumerate().skip(since) {
            let id = commit.row["id"].as_str().expect("an id");
            let before = server.history(id).iter().rev().find(|earlier| **earlier < since);
            let is_as_before = before.is_some_and(|place| {
                let before = &server.commits[*place];
                before.kind != "DELETE" && now(id).as_ref() == Some(&before.row)
            });
            if commit.table == table && now(id).is_some() && !is_as_before {
                let is_told = self.told.contains_key(id);
                assert!(is_told, "{table} {id}: {} {place} was not told, live since {since}", commit.kind);
            }
        }
    }

    fn means(&self, row: &Row) -> bool {
        let facts = facts(self.selection.table.name).expect("a table");
        let is_in_scope = self.selection.scope.as_deref().is_none_or(|scope| {
            self.selection.table.scopes.iter().any(|column| row[*column].as_str() == Some(scope))
        });
        is_in_scope && self.conditions.iter().all(|it| holds(facts, it, row) == Some(true))
    }

    /// The rows of this table that were reported as deleted.
    pub fn gone(&self, table: &str) -> impl Iterator<Item = &String> {
        let is_meant = self.selection.table.name == table;
        let gone = self.told.iter().filter(move |(_, told)| is_meant && told.is_none());
        gone.map(|(id, _)| id)
    }

    /// The number of commits at its first rest, by which it has read its scope.
    pub fn start(&self) -> Option<usize> {
        self.start.as_ref().map(|start| start.commits)
    }

    /// The rows of which it received events.
    pub fn heard(&self) -> impl Iterator<Item = &String> {
        self.told.keys()
    }

    /// Whether it receives all changes of this scope.
    pub fn hears_all(&self, table: &str, scope: Option<&str>) -> bool {
        self.selection.table.name == table
            && self.selection.scope.as_deref() == scope
            && self.selection.filter.is_none()
    }
}
