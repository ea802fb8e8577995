//! Checks after every step, and at rest.

use super::tab::{Made, Tab};
use super::value_text;
use super::{access, pages};
use crate::support::postgrest::Server;
use crate::support::{Client, Options, Pending, World};
use serde_json::{json, Value};
use std::collections::HashSet;

/// The prefix of keys that the application stores values under itself.
pub const FOREIGN: &str = "app:";

impl Tab {
    /// Checks after every step.
    pub fn check_step(&mut self, world: &World) {
        let engine = self.client.engine.clone();
        // Panics if anything is still borrowed.
        engine.touch_slots(&[]);
        let max_size = engine.settings().cache.max_size;
        assert!(engine.keys().len() <= max_size, "more than {max_size} entries");
        self.check_copies(world);
        if std::mem::take(&mut self.heard_of_members) {
            self.check_copies_of_ended(&world.server());
        }
        self.check_order();
        for place in 0..self.made.len() {
            if self.made[place].pending.is_done() && !self.made[place].is_checked {
                self.made[place].is_checked = true;
                self.check_answer(world, place);
            }
        }
    }

    /// Checks that the least recently used entry is evicted first.
    fn check_order(&mut self) {
        let keys: Vec<String> = self.client.engine.keys().iter().map(ToString::to_string).collect();
        let (recency, step) = (&mut self.recency, self.step);
        for made in self.made.iter().filter(|made| !made.is_checked) {
            match &made.key {
                Some(key) => recency.may_use(key, step),
                // A read of a workflow with relations may also store its nodes and connections.
                None => {
                    keys.iter()
                        .filter(|key| key.starts_with("workflow"))
                        .for_each(|key| recency.may_use(key, step));
                }
            }
        }
        for key in self.client.engine.keys_under_way() {
            recency.may_use(&key, step);
        }
        recency.check(&keys);
        self.step += 1;
        for key in self.client.engine.keys_under_way() {
            recency.may_use(&key, self.step);
        }
    }

    /// Checks that the copies belong to the user and are not too old.
    fn check_copies(&self, world: &World) {
        let mirror = self.client.mirror();
        let server = world.server();
        let wall_ms = workflow_db::platform::Clock::now(self.client.sim()).wall_ms;
        let mut keys = mirror.take_told();
        keys.sort_unstable();
        keys.dedup();
        let ended = self.ended_memberships(&server);
        for key in keys.iter().filter(|key| !key.starts_with(FOREIGN)) {
            let (Some(until_ms), Some(copy)) = (mirror.until_wall_ms(key), mirror.peek(key)) else {
                continue;
            };
            if until_ms > 0.0 {
                assert!(until_ms <= wall_ms + self.longest_ttl_ms, "{key} answers too long");
                let copy = copy.to_value();
                check_rows(&server, &copy, self.user().as_deref(), key, 0);
                self.check_ended(&server, &copy, key, (&ended, server.commits.len()));
            }
        }
    }

    /// Checks right after a change of user that no copies of the previous user's entries remain.
    pub fn check_empty(&self) {
        let keys = self.client.mirror().keys();
        assert!(keys.is_empty(), "{keys:?} are still answered");
    }

    fn check_answer(&mut self, world: &World, place: usize) {
        let made = &self.made[place];
        let Ok(answer) = made.pending.outcome() else { return };
        let answer = answer.to_value();
        let server = world.server();
        let user = made.pending.delivered_to();
        let since = if made.is_fresh { made.commits } else { 0 };
        check_rows(&server, &answer, user.as_deref(), made.name, since);
        if user == self.user() {
            self.check_ended(&server, &answer, made.name, (&made.ended, made.commits));
        }
        if made.name.starts_with("get") {
            check_form(&answer, made);
            pages::check(&server, made, &answer, user.as_deref());
            for row in rows_of(&answer) {
                self.check_age(&server, row, made);
            }
            if answer.get("nextCursor").is_some() {
                let mut query = made.arguments.clone();
                query[0].as_object_mut().expect("a query").remove("cursor");
                self.page = Some((made.name, query, answer));
            }
            return;
        }
        access::check_role(&server, made, &answer, user.as_deref());
        self.answered += 1;
        let mut written: Vec<(String, usize)> = rows_of(&answer)
            .into_iter()
            .filter_map(|row| Some((value_text(row, "id"), latest(&server, row)?)))
            .collect();
        // The first argument of the other two is the id of another row.
        let names_row = made.name.starts_with("delete")
            && !matches!(made.name, "deleteIntegration" | "deleteWorkflowConnection");
        if let Some(id) = made.arguments[0].as_str().filter(|_| names_row) {
            let last = server.history(id).last().copied();
            let gone = last.filter(|place| server.commits[*place].kind == "DELETE");
            written.extend(gone.map(|place| (id.to_owned(), place)));
        }
        for (id, place) in written {
            self.written.entry(id).or_default().push((self.answered, place));
        }
    }

    /// Checks that a row is not older than the own writes answered before the read; if it was read with `fresh`, not
    /// older than the call.
    fn check_age(&self, server: &Server, row: &Value, made: &Made) {
        let id = value_text(row, "id");
        let Some(place) = latest(server, row) else { return };
        let history = server.history(&id);
        let until = history.iter().find(|later| **later > place).copied().unwrap_or(usize::MAX);
        let own = self.written.get(&id).into_iter().flatten();
        let own = own.filter(|(answered, _)| *answered <= made.answered).map(|(_, place)| *place).max();
        if let Some(own) = own {
            assert!(until > own, "{} answered {row}, older than the own write {own}", made.name);
        }
        if made.is_fresh {
            assert!(until >= made.commits, "{} afresh answered {row}, which was gone", made.name);
        }
    }

    /// Checks that every call has ended, and that every insert made one row, or at most one if it failed.
    pub fn check_calls(&mut self, world: &World) {
        let (_, _, in_flight) = self.client.engine.stats();
        assert_eq!(in_flight, 0, "{:?} are under way at rest", self.client.engine.keys_under_way());
        for made in self.made.drain(..) {
            assert!(made.pending.is_done(), "{} waits for ever", made.name);
            if !made.arguments.to_string().contains(&made.mark) || made.mark.is_empty() {
                continue;
            }
            let count = world.server().times_made(&made.mark);
            let is_made = made.pending.outcome().is_ok() && made.name.starts_with("create");
            assert!(count <= 1 && (count == 1 || !is_made), "{} made {count} rows", made.name);
        }
    }

    /// Checks that every entry that must be right equals a new read, and that the copies equal the entries.
    pub fn check_cache(&self, world: &World, must_be_right: impl Fn(&str) -> bool) {
        let keys = self.client.keys();
        assert_eq!(self.client.mirror().keys(), keys, "copies and entries");
        let asker = Client::new(world.core.clone());
        asker.tokens().become_user(self.user());
        // Reads take time, during which entries may expire.
        let keys = keys.into_iter().filter(|key| !key.starts_with(FOREIGN) && must_be_right(key));
        let entries: Vec<_> = keys.map(|key| (self.client.cached(&key), key)).collect();
        let fresh = Options { fresh: true, ..Options::default() };
        let answers: Vec<Pending> = entries
            .iter()
            .map(|(_, key)| {
                let (name, arguments) = self.questions.get(key).cloned().unwrap_or_else(|| part(key));
                asker.call_with(fresh, name, arguments)
            })
            .collect();
        for ((cached, key), answer) in entries.into_iter().zip(answers) {
            let answer = answer.value();
            if key.starts_with("shared_workflows:") {
                assert_eq!(cached.map(|rows| rows.ids()), Some(answer.ids()), "{key}");
            } else {
                assert_eq!(cached, Some(answer), "{key}");
            }
        }
    }

    /// Whether a subscription covers all rows of the entry.
    pub fn is_followed(&self, world: &World, key: &str) -> bool {
        let user = self.user();
        let follows = |table: &str, scope: Option<&str>| {
            self.followers.values().any(|follower| follower.hears_all(table, scope))
        };
        let (prefix, rest) = key.split_once(':').expect("a key");
        let id = rest.split(['?', ':']).next().filter(|id| !id.is_empty());
        let server = world.server();
        let is_own = id.is_some_and(|id| server.owner_ever(id) == user.as_deref());
        let is_open = |table: &str| {
            is_own || (server.shares && id.is_some_and(|id| server.sees(table, id, user.as_deref())))
        };
        let by_user = |table: &str| follows(table, user.as_deref());
        let is_workflow_followed =
            || (is_own && by_user("workflows")) || (is_open("workflows") && follows("workflows", id));
        match prefix {
            "workflow" if rest.ends_with("?relations") => {
                is_workflow_followed() && follows("workflow_nodes", id) && follows("workflow_connections", id)
            }
            "workflow" => is_workflow_followed(),
            // The user also sees the runs of others in a shared workflow.
            "executions" => {
                let are_own = !server.shares || user.as_deref().is_some_and(|user| rest.contains(user));
                (are_own && by_user("workflow_executions"))
                    || (id.is_some() && follows("workflow_executions", id))
            }
            "execution" => {
                (is_own && by_user("workflow_executions"))
                    || (is_open("workflow_executions") && follows("workflow_executions", id))
            }
            "execution_results" => follows("execution_node_results", id),
            "workflow_nodes"
            | "workflow_connections"
            | "workflows"
            | "brand_settings"
            | "account_settings"
            | "integrations"
            | "audit_logs"
            | "saved_templates"
            | "workflow_members" => follows(prefix, id),
            // Which workflows these are; the states of the workflows are not followed.
            "shared_workflows" => follows("workflow_members", id),
            // An invitation names an address, which no subscription of a program follows.
            "invitations" => false,
            "api_keys" | "api_key" => follows("api_keys", id),
            "favorites" => follows("workflow_favorites", id),
            "user_profile" => follows("user_profiles", id),
            "templates" | "template" => follows("workflow_templates", None),
            other => panic!("nobody asked for {other}"),
        }
    }
}

/// The commit that last changed the row to this state. `None` if the row never had it.
fn latest(server: &Server, row: &Value) -> Option<usize> {
    let is_same = |place: &&usize| {
        let commit = &server.commits[**place];
        commit.kind != "DELETE"
            && row.as_object().expect("a row").iter().all(|(name, value)| {
                matches!(name.as_str(), "nodes" | "connections" | "encrypted_key")
                    || commit.row.get(name) == Some(value)
            })
    };
    server.history(&value_text(row, "id")).iter().rev().find(is_same).copied()
}

/// Checks that each row is in a state that it once had, and that the user could see it at some time since commit number
/// `since`.
fn check_rows(server: &Server, answer: &Value, user: Option<&str>, what: &str, since: usize) {
    for row in rows_of(answer) {
        assert!(is_invitation(row) || latest(server, row).is_some(), "{what}: there never was {row}");
        let is_seen = user.is_some_and(|user| access::may_see(server, row, user, since));
        assert!(is_seen, "{what} has a row that is not of {user:?}: {row}");
    }
}

/// Whether the value is an invitation, which is not a row of a table.
fn is_invitation(row: &Value) -> bool {
    row.get("workflow_name").is_some()
}

/// Checks that no row is repeated, and that a page describes itself correctly.
fn check_form(answer: &Value, made: &Made) {
    let mut ids = HashSet::new();
    for row in rows_of(answer) {
        assert!(ids.insert(value_text(row, "id")), "{} has a row twice: {row}", made.name);
    }
    let Some(rows) = answer.get("data").and_then(Value::as_array) else { return };
    let number = |name: &str| answer[name].as_u64().expect("a number");
    let (length, total, size) = (rows.len() as u64, number("total"), number("pageSize"));
    assert!(length <= size, "{}: {length} rows on a page of {size}", made.name);
    assert!(length <= total || answer.get("nextCursor").is_some(), "{}: {length} of {total}", made.name);
    if let Some(next) = answer.get("nextCursor") {
        assert_eq!(answer["hasMore"], json!(!next.is_null()), "{}", made.name);
    }
}

/// The query for a part of a workflow with relations that was not requested separately.
fn part(key: &str) -> (&'static str, Value) {
    let (kind, id) = key.split_once(':').expect("a key");
    let name = match kind {
        "workflow" if id.ends_with("?relations") => "getWorkflowWithRelations",
        "workflow" => "getWorkflow",
        "workflow_nodes" => "getWorkflowNodes",
        "workflow_connections" => "getWorkflowConnections",
        other => panic!("nobody asked for {other}"),
    };
    (name, json!([id.split('?').next()]))
}

/// All rows of a result, of any form.
pub fn rows_of(answer: &Value) -> Vec<&Value> {
    match answer {
        Value::Array(rows) => rows.iter().flat_map(rows_of).collect(),
        Value::Object(object) => {
            let nested = ["data", "nodes", "connections"].iter().filter_map(|name| object.get(*name));
            let own = (!value_text(answer, "id").is_empty()).then_some(answer);
            nested.flat_map(rows_of).chain(own).collect()
        }
        _ => Vec::new(),
    }
}
