//! A model of `PostgREST` and the database behind it, written from their documents and from what was seen of them,
//! not from the crate under test: it reads the URLs that the crate really makes.

pub mod calendar;
pub mod filter;
mod read;
pub mod schema;
pub mod url;
mod write;

use super::json::Json;
use super::random::uuid_of;
use super::tokens::subject_of;
use schema::{facts, Facts};
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use workflow_db::rest::{Body, Reply};

pub type Row = Map<String, Value>;

/// One request as it arrives.
pub struct Arrival<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub prefer: &'a str,
    pub body: Option<&'a str>,
    pub token: Option<&'a str>,
}

pub struct Server {
    tables: BTreeMap<&'static str, BTreeMap<String, Row>>,
    /// No answer has more rows; the rest is cut without a word.
    pub max_rows: usize,
    /// Microseconds since 1970 on the server's own clock.
    clock_us: i64,
    /// Asking for these rows fails with this code.
    poisoned: HashMap<String, &'static str>,
    expired: HashSet<String>,
    made: u64,
    /// Every row that was ever inserted through a request, as it was then.
    born: Vec<(&'static str, Row)>,
    /// Every change, in the order of the commits.
    pub commits: Vec<Commit>,
}

/// A change that was committed.
pub struct Commit {
    pub table: &'static str,
    pub kind: &'static str,
    /// The row as it became; of a deleted one, as it was.
    pub row: Row,
    pub at: String,
}

/// An error answer.
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
    pub content_range: Option<String>,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), content_range: None }
    }
}

/// What a request is answered with.
pub struct Outcome {
    pub status: u16,
    pub rows: Vec<Value>,
    pub content_range: Option<String>,
}

/// 2024-05-01, in microseconds.
const FIRST_MOMENT_US: i64 = 1_714_521_600_000_000;

impl Default for Server {
    fn default() -> Self {
        let tables = schema::TABLES.iter().map(|facts| (facts.name, BTreeMap::new())).collect();
        Self {
            tables,
            max_rows: 1_000,
            clock_us: FIRST_MOMENT_US,
            poisoned: HashMap::new(),
            expired: HashSet::new(),
            made: 0,
            born: Vec::new(),
            commits: Vec::new(),
        }
    }
}

impl Server {
    /// The clock goes on to this time since the start. No two moments are the same.
    #[allow(clippy::cast_possible_truncation, reason = "microseconds of some years")]
    pub fn tick(&mut self, now_ms: f64) {
        self.clock_us = (FIRST_MOMENT_US + (now_ms * 1_000.0) as i64).max(self.clock_us + 1);
    }

    pub fn now(&self) -> String {
        calendar::print(self.clock_us)
    }

    /// Answers a request.
    pub fn handle(&mut self, arrival: &Arrival<'_>) -> Reply<Json> {
        let outcome = match self.subject(arrival.token) {
            Ok(subject) => self.run(arrival, subject.as_deref()),
            Err(refusal) => Err(refusal),
        };
        match outcome {
            Ok(Outcome { status, rows, content_range }) => Reply {
                status,
                content_range,
                retry_after_ms: None,
                body: Body::Data(Json::from(Value::Array(rows))),
            },
            Err(refusal) => refused(&refusal),
        }
    }

    fn run(&mut self, arrival: &Arrival<'_>, subject: Option<&str>) -> Result<Outcome, Refusal> {
        let (name, query) = arrival.path.split_once('?').unwrap_or((arrival.path, ""));
        let facts = facts(name).ok_or_else(|| Refusal::new(404, "42P01", "no such relation"))?;
        let params = url::params(query)?;
        match arrival.method {
            "GET" => self.select(facts, &params, arrival.prefer, subject),
            "POST" => self.insert(facts, &params, arrival, subject),
            "PATCH" => self.update(facts, &params, arrival, subject),
            "DELETE" => self.delete(facts, &params, arrival, subject),
            other => panic!("{other} is not asked by this library"),
        }
    }

    /// Whose request it is.
    fn subject(&self, token: Option<&str>) -> Result<Option<String>, Refusal> {
        let Some(token) = token else { return Ok(None) };
        if self.expired.contains(token) {
            return Err(Refusal::new(401, "PGRST301", "JWT expired"));
        }
        Ok(subject_of(token))
    }

    pub fn expire(&mut self, token: &str) {
        self.expired.insert(token.to_owned());
    }

    /// From now on, asking for the row fails with this code.
    pub fn poison(&mut self, id: &str, code: &'static str) {
        self.poisoned.insert(id.to_owned(), code);
    }

    /// Whether the row may be read by this user.
    fn is_visible(&self, facts: &Facts, row: &Row, subject: Option<&str>) -> bool {
        let Some(subject) = subject else { return false };
        let is_public = facts.name == "workflow_templates"
            || (facts.name == "workflows" && row["is_public"] == json!(true));
        is_public || self.owner(facts, row).as_deref() == Some(subject)
    }

    /// The user that the row belongs to, through its parent where it names none.
    fn owner(&self, facts: &Facts, row: &Row) -> Option<String> {
        if let Some(column) = facts.owner {
            return row.get(column)?.as_str().map(str::to_owned);
        }
        let (column, parent) = facts.parents.first()?;
        let parent_row = self.tables[parent].get(row.get(*column)?.as_str()?)?;
        self.owner(schema::facts(parent)?, parent_row)
    }
}

pub fn refused(refusal: &Refusal) -> Reply<Json> {
    let body = json!({"code": refusal.code, "message": refusal.message, "details": null, "hint": null});
    Reply {
        status: refusal.status,
        content_range: refusal.content_range.clone(),
        retry_after_ms: None,
        body: Body::Data(body.into()),
    }
}

/// What tests do behind the library's back.
impl Server {
    /// A new row with the table's defaults; answers its id.
    pub fn add(&mut self, table: &str, values: Value) -> String {
        let facts = facts(table).expect("a table");
        self.made += 1;
        self.clock_us += 1;
        let mut row = schema::defaults(facts, &self.now());
        row["id"] = json!(uuid_of(&format!("{table} {}", self.made)));
        let Value::Object(values) = values else { panic!("a row is an object") };
        row.extend(values);
        let id = row["id"].as_str().expect("an id").to_owned();
        self.store(facts, "INSERT", &id, row);
        id
    }

    /// Puts a row in its place, and remembers the commit.
    fn store(&mut self, facts: &'static Facts, kind: &'static str, id: &str, row: Row) {
        self.tables.get_mut(facts.name).expect("a table").insert(id.to_owned(), row.clone());
        self.commit(facts.name, kind, row);
    }

    fn commit(&mut self, table: &'static str, kind: &'static str, row: Row) {
        let at = self.now();
        self.commits.push(Commit { table, kind, row, at });
    }

    /// Whether the row is there and this user may read it.
    pub fn sees(&self, table: &str, id: &str, subject: Option<&str>) -> bool {
        let facts = facts(table).expect("a table");
        self.row(table, id).is_some_and(|row| self.is_visible(facts, row, subject))
    }

    /// Changes columns of a row, as another client would.
    pub fn change(&mut self, table: &str, id: &str, values: Value) {
        self.clock_us += 1;
        let now = self.now();
        let mut row = self.tables[table][id].clone();
        let Value::Object(values) = values else { panic!("a row is an object") };
        if row.contains_key("updated_at") {
            row["updated_at"] = json!(now);
        }
        row.extend(values);
        self.store(facts(table).expect("a table"), "UPDATE", id, row);
    }

    /// Deletes a row and what hangs below it, as another client would.
    pub fn remove(&mut self, table: &str, id: &str) {
        if let Some(row) = self.tables.get_mut(table).expect("a table").remove(id) {
            self.commit(facts(table).expect("a table").name, "DELETE", row);
        }
        for child in schema::TABLES {
            for (column, _) in child.parents.iter().filter(|(_, parent)| *parent == table) {
                let below: Vec<String> = self
                    .rows(child.name)
                    .filter(|row| row[*column] == json!(id))
                    .map(|row| row["id"].as_str().expect("an id").to_owned())
                    .collect();
                for id in below {
                    self.remove(child.name, &id);
                }
            }
        }
    }

    /// The row as it was before this commit; none if that made it.
    pub fn before(&self, place: usize) -> Option<&Row> {
        let commit = &self.commits[place];
        let is_same = |it: &&Commit| it.table == commit.table && it.row["id"] == commit.row["id"];
        let before = self.commits[..place].iter().rev().find(is_same)?;
        (commit.kind == "UPDATE").then_some(&before.row)
    }

    /// How many rows were inserted that hold this text.
    pub fn times_made(&self, marker: &str) -> usize {
        self.born.iter().filter(|(_, row)| row.values().any(|value| value == marker)).count()
    }

    /// Whose row this is, or was before it was deleted.
    pub fn owner_ever(&self, row: &Value) -> Option<String> {
        if let Some(user) = row.get("user_id").and_then(Value::as_str) {
            return Some(user.to_owned());
        }
        let parent = row.get("workflow_id").or_else(|| row.get("execution_id"))?;
        let (_, parent) = self.born.iter().find(|(_, born)| born["id"] == *parent)?;
        self.owner_ever(&Value::Object(parent.clone()))
    }

    pub fn rows(&self, table: &str) -> impl Iterator<Item = &Row> {
        self.tables[table].values()
    }

    pub fn row(&self, table: &str, id: &str) -> Option<&Row> {
        self.tables[table].get(id)
    }
}
