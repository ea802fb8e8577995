//! A model of `PostgREST` and its database. It follows their documentation and observed behavior, not the crate under
//! test, and parses the URLs that the crate actually sends.

pub mod calendar;
mod changes;
pub mod filter;
mod read;
pub mod rights;
mod rpc;
pub mod schema;
pub mod url;
mod write;

use super::json::Json;
use super::tokens::subject_of;
use schema::facts;
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use workflow_db::rest::{Reply, ResponseBody};

pub type Row = Map<String, Value>;

/// A request as it arrives.
pub struct Arrival<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub prefer: &'a str,
    pub body: Option<&'a str>,
    pub token: Option<&'a str>,
}

#[allow(clippy::struct_excessive_bools, reason = "each is a setting or a fault of its own")]
pub struct Server {
    tables: BTreeMap<&'static str, BTreeMap<String, Row>>,
    /// The maximum number of rows in a response; the rest is cut silently.
    pub max_rows: usize,
    /// The server's clock, in microseconds since 1970.
    clock_us: i64,
    /// Requests for these rows fail with this code.
    poisoned: HashMap<String, &'static str>,
    expired: HashSet<String>,
    made: u64,
    /// Every row that a request inserted, in its first state.
    born: Vec<(&'static str, Row)>,
    /// The owner of every row that ever existed, if any, by the row's id.
    owners: HashMap<String, Option<String>>,
    /// The indexes of the commits of every row that ever existed, by the row's id.
    history: HashMap<String, Vec<usize>>,
    /// Whether triggers write `audit_logs`.
    pub audits: bool,
    /// Whether a repeated insert creates another row: a planted fault that tests the simulator.
    pub forgets_ids: bool,
    /// Whether every user may read everything: another planted fault.
    pub shows_everything: bool,
    /// Whether pages lack their first row: a third planted fault.
    pub shortens_pages: bool,
    /// Whether the database has members, and they see what is shared with them.
    pub shares: bool,
    /// Whether former members may still read everything, and whether viewers may write: two more planted faults.
    pub keeps_members: bool,
    pub lets_viewers_write: bool,
    /// The verified address of each account.
    emails: HashMap<String, String>,
    /// The places of all commits of members.
    member_commits: Vec<usize>,
    /// Whose request is being handled.
    actor: Option<String>,
    /// Every change, in commit order.
    pub commits: Vec<Commit>,
}

/// A committed change.
pub struct Commit {
    pub table: &'static str,
    pub kind: &'static str,
    /// The new row; for a delete, the old one.
    pub row: Row,
    pub at: String,
}

/// An error response.
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

/// A response to a request.
pub struct Outcome {
    pub status: u16,
    pub body: Value,
    pub content_range: Option<String>,
}

impl Outcome {
    fn rows(status: u16, rows: Vec<Value>) -> Self {
        Self { status, body: Value::Array(rows), content_range: None }
    }
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
            owners: HashMap::new(),
            history: HashMap::new(),
            audits: false,
            forgets_ids: false,
            shows_everything: false,
            shortens_pages: false,
            shares: false,
            keeps_members: false,
            lets_viewers_write: false,
            emails: HashMap::new(),
            member_commits: Vec::new(),
            actor: None,
            commits: Vec::new(),
        }
    }
}

impl Server {
    /// Advances the clock to this time since the start. No two times are equal.
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
            Ok(subject) => {
                self.actor.clone_from(&subject);
                self.run(arrival, subject.as_deref())
            }
            Err(refusal) => Err(refusal),
        };
        self.actor = None;
        match outcome {
            Ok(Outcome { status, body, content_range }) => Reply {
                status,
                content_range,
                retry_after_ms: None,
                body: ResponseBody::Data(Json::from(body)),
            },
            Err(refusal) => refused(&refusal),
        }
    }

    fn run(&mut self, arrival: &Arrival<'_>, subject: Option<&str>) -> Result<Outcome, Refusal> {
        if let Some(function) = arrival.path.strip_prefix("rpc/") {
            return match function.split_once('?') {
                Some(("workflow_invitations", query)) if self.shares => self.invitations(query, subject),
                _ => self.call(function, arrival.body.unwrap_or_default(), subject),
            };
        }
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

    /// The user who sent the request.
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

    /// From now on, requests for the row fail with this code.
    pub fn poison(&mut self, id: &str, code: &'static str) {
        self.poisoned.insert(id.to_owned(), code);
    }
}

pub fn refused(refusal: &Refusal) -> Reply<Json> {
    let body = json!({"code": refusal.code, "message": refusal.message, "details": null, "hint": null});
    Reply {
        status: refusal.status,
        content_range: refusal.content_range.clone(),
        retry_after_ms: None,
        body: ResponseBody::Data(body.into()),
    }
}
