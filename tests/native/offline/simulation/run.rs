//! Runs a program, and checks it after every step and at rest.

use super::device::{deliver, is_due, Device, InFlight};
use super::oracle::{depends, Fate, Oracle};
use super::planted::Planted;
use super::program::{Commit, Delivery, Program, Step, Write, DEVICES, USERS};
use super::server::{Caller, Name, Server};
use super::shown;
use crate::offline::stored::{row_of, text};
use crate::support::random::Random;
use serde_json::{json, Value};
use std::collections::BTreeSet;
use std::panic::{catch_unwind, AssertUnwindSafe};
use workflow_db::offline::Outcome;

pub struct Failure {
    pub step: usize,
    pub message: String,
}

/// What the run came to.
#[derive(Debug, Default, PartialEq)]
pub struct Summary {
    pub operations: usize,
    pub requests: usize,
    pub refusals: usize,
    pub needless: usize,
}

pub fn run(program: &Program, planted: Option<Planted>) -> Result<Summary, Failure> {
    let mut world = World::new(planted);
    for (index, (luck, step)) in program.iter().enumerate() {
        catch_unwind(AssertUnwindSafe(|| world.step(&Random::new(*luck), *step))).map_err(|panic| {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Failure { step: index, message: message.unwrap_or_default() }
        })?;
    }
    let needless = world.oracle.operations.values().filter(|one| one.fate == Fate::Needless).count();
    Ok(Summary { operations: world.oracle.operations.len(), needless, ..world.summary })
}

struct World {
    devices: [Device; DEVICES],
    server: Server,
    oracle: Oracle,
    now_ms: f64,
    operations: u64,
    summary: Summary,
}

/// Action, table, key, references and body of a write.
type Shape = (&'static str, &'static str, String, Value, Value);

fn scope_of(device: usize, user: usize) -> String {
    format!("d{device} u{user}")
}

impl World {
    fn new(planted: Option<Planted>) -> Self {
        Self {
            devices: std::array::from_fn(|_| Device::new(planted)),
            server: Server::default(),
            oracle: Oracle::default(),
            now_ms: 0.0,
            operations: 0,
            summary: Summary::default(),
        }
    }

    fn step(&mut self, random: &Random, step: Step) {
        match step {
            Step::Queue { device, tab, write, commit } => self.queue(device, tab, write, commit),
            Step::Advance { device, tab, commit, delivery } => self.advance(device, tab, commit, delivery),
            Step::Crash { device, tab } => self.devices[device].crash(tab),
            Step::CrashAll { device } => {
                let tabs = self.devices[device].tabs.len();
                (0..tabs).for_each(|tab| self.devices[device].crash(tab));
            }
            Step::TakeOver { device } => self.devices[device].take_over(),
            Step::Online { device, is_online } => self.devices[device].set_online(is_online),
            Step::Flush { device, tab } => self.devices[device].tabs[tab].flusher.flush(),
            Step::SignIn { device, user } => self.devices[device].sign_in(user),
            Step::Retry { device, which } => self.retry(device, which),
            Step::Discard { device, which } => self.discard(device, which),
            Step::Forbid { which } => {
                let rows: Vec<_> = self.server.rows.keys().cloned().collect();
                self.server.forbidden.extend(rows.get(which % rows.len().max(1)).cloned());
            }
            Step::Allow => self.server.forbidden.clear(),
            Step::Pass { ms } => self.now_ms += ms,
            Step::Rest => self.rest(),
        }
        if random.chance(0.1) {
            let device = random.below(DEVICES);
            self.check_view(device);
            let browser = &self.devices[device];
            shown::check(&self.server, browser.user, browser.stored(), random.below(64));
        }
    }

    /// The rows of a table that the current user sees on a device.
    fn visible(&self, device: usize, table: &str) -> Vec<Name> {
        let user = self.devices[device].user;
        let of_server = self.server.rows.iter().filter(|(_, row)| row.user == user).map(|(name, _)| name);
        let mut rows: BTreeSet<Name> = of_server.cloned().collect();
        for record in &self.devices[device].stored().records {
            let plan = &record["plan"];
            let name = (text(&plan["table"]).to_owned(), text(&plan["key"]).to_owned());
            match (text(&plan["action"]), text(&record["state"])) {
                (_, "failed" | "blocked") => {}
                ("insert", _) => {
                    rows.insert(name);
                }
                ("delete", _) => {
                    rows.remove(&name);
                }
                _ => {}
            }
        }
        rows.into_iter().filter(|(own, _)| own == table).collect()
    }

    fn queue(&mut self, device: usize, tab: usize, write: Write, commit: Commit) {
        self.operations += 1;
        let number = self.operations;
        let Some(plan) = self.plan(device, number, write) else {
            return;
        };
        let scope = scope_of(device, self.devices[device].user);
        let id = format!("r{number}");
        let input = json!({"enqueue": {"plan": plan, "id": id, "scope": scope, "now": number}});
        if let (Some(step), _) = self.devices[device].transact(tab, input, commit) {
            self.oracle.queued(number, &scope, &plan, &step);
        }
    }

    /// Action, table, key, references and body of the write, if there is a row for it.
    fn shape(&self, device: usize, number: u64, write: Write) -> Option<Shape> {
        let of = |table: &str, which: usize| {
            let rows = self.visible(device, table);
            rows.get(which % rows.len().max(1)).map(|(_, key)| key.clone())
        };
        let any = |which: usize| {
            let table = if which % 3 == 0 { "workflows" } else { "workflow_nodes" };
            of(table, which / 3).map(|key| (table, key))
        };
        let below = |key: &str| (json!([format!("workflows {key}")]), key.to_owned());
        let own = self.devices[device].user.to_string();
        let none = || json!([]);
        Some(match write {
            Write::Create => {
                let body = json!({"name": format!("f{number}"), "description": number});
                ("insert", "workflows", number.to_string(), none(), body)
            }
            Write::CreateBelow { which } => {
                let (refs, parent) = below(&of("workflows", which)?);
                let body = json!({"workflow_id": parent, "label": number});
                ("insert", "workflow_nodes", number.to_string(), refs, body)
            }
            Write::Label { which, is_bad, .. } => {
                let (table, key) = any(which)?;
                let label = if is_bad { json!("bad") } else { json!(number) };
                let column = if table == "workflows" { "description" } else { "label" };
                ("update", table, key, none(), json!({ column: label }))
            }
            Write::Rename { which, name } => {
                let body = json!({"name": format!("n{name}")});
                ("update", "workflows", of("workflows", which)?, none(), body)
            }
            Write::Move { which, to } => {
                let (refs, parent) = below(&of("workflows", to)?);
                let body = json!({ "workflow_id": parent });
                ("update", "workflow_nodes", of("workflow_nodes", which)?, refs, body)
            }
            Write::Save { which } => {
                ("save", "workflows", of("workflows", which)?, none(), json!({ "graph": number }))
            }
            Write::Delete { which } => {
                let (table, key) = any(which)?;
                ("delete", table, key, none(), Value::Null)
            }
            Write::Favor { which } => {
                let (refs, parent) = below(&of("workflows", which)?);
                ("ensure", "workflow_favorites", parent.clone(), refs, json!({ "workflow_id": parent }))
            }
            Write::Disfavor { which } => {
                ("delete", "workflow_favorites", of("workflows", which)?, none(), Value::Null)
            }
            Write::Set => ("upsert", "brand_settings", own, none(), json!({ "label": number })),
        })
    }

    /// The write as a plan, if there is a row for it.
    fn plan(&self, device: usize, number: u64, write: Write) -> Option<Value> {
        let (action, table, key, refs, body) = self.shape(device, number, write)?;
        let is_natural = matches!(table, "workflow_favorites" | "brand_settings");
        let name = (table.to_owned(), key);
        let has_version = matches!(write, Write::Label { has_version: true, .. });
        let version = has_version.then(|| self.server.version(&name).unwrap_or_default());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let row_id = if is_natural { Value::Null } else { json!(name.1) };
        Some(json!({
            "action": action, "table": table, "key": name.1, "rowId": row_id, "refs": refs, "body": body,
            "rest": "", "ifUpdatedAt": version,
        }))
    }

    /// The next thing that a tab does: it stores an answer, or sends the next write.
    fn advance(&mut self, device: usize, tab: usize, commit: Commit, delivery: Delivery) {
        let browser = &mut self.devices[device];
        let scope = scope_of(device, browser.user);
        if browser.tabs[tab].in_flight.is_some() {
            if let Some((id, outcome)) = browser.settle(tab, commit, self.now_ms) {
                self.summary.refusals += usize::from(outcome == Outcome::Refused);
                if outcome == Outcome::Done {
                    self.oracle.settled(&scope, text(&id), Fate::Done);
                }
            }
            return;
        }
        let sent = if browser.tabs[tab].begun.is_some() {
            browser.marked(tab, self.now_ms)
        } else {
            let sent = browser.begin(tab, commit, self.now_ms);
            if let Some(sent) = &sent {
                self.oracle.sent(&scope, sent, &browser.stored().records);
            }
            if commit == Commit::Slow {
                browser.tabs[tab].begun = sent;
                return;
            }
            sent
        };
        let Some(sent) = sent else {
            return;
        };
        self.summary.requests += 1;
        let delivery = if browser.is_online { delivery } else { Delivery::LostBefore };
        let is_resent = sent["isResent"] == true;
        let caller = Caller { device, user: browser.user, record: text(&sent["id"]), is_resent };
        let (answer, retry_after_ms) = deliver(delivery, || self.server.write(&caller, &sent["plan"]));
        self.devices[device].tabs[tab].in_flight = Some(InFlight { sent, answer, retry_after_ms });
    }

    fn record(&self, device: usize, which: usize, is_wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        let records: Vec<_> =
            self.devices[device].stored().records.iter().filter(|record| is_wanted(record)).collect();
        records.get(which % records.len().max(1)).map(|record| (*record).clone())
    }

    fn retry(&mut self, device: usize, which: usize) {
        if let Some(record) = self.record(device, which, |record| record["state"] == "failed") {
            let input = json!({"retry": {"id": record["id"]}});
            let (step, _) = self.devices[device].transact(0, input, Commit::Done);
            assert_eq!(step.expect("it is stored")["result"], true);
        }
    }

    fn discard(&mut self, device: usize, which: usize) {
        let Some(record) = self.record(device, which, |_| true) else {
            return;
        };
        let before = self.devices[device].stored().records.clone();
        let input = json!({"discard": {"id": record["id"]}});
        let (step, _) = self.devices[device].transact(0, input, Commit::Done);
        let step = step.expect("it is stored");
        assert_eq!(step["result"], record["state"] != "sending");
        let gone = step["deletes"].as_array().expect("ids").clone();
        let is_insert = record["plan"]["action"] == "insert";
        assert!(is_insert || gone.len() <= 1, "{gone:?} go with {record}");
        let plans: Vec<_> =
            before.iter().filter(|one| gone.contains(&one["id"])).map(|one| &one["plan"]).collect();
        for (index, plan) in plans.iter().enumerate() {
            let is_dependent = plans[..index].iter().any(|earlier| depends(plan, earlier));
            assert!(index == 0 || is_dependent, "{} goes with {}", row_of(plan), record["id"]);
        }
        let scope = scope_of(device, self.devices[device].user);
        for id in &gone {
            self.oracle.settled(&scope, text(id), Fate::Discarded);
        }
    }

    /// What is shown is what waits.
    fn check_view(&self, device: usize) {
        let stored = self.devices[device].stored();
        let view = stored.view();
        let due: Vec<_> =
            stored.records.iter().filter(|record| is_due(record)).map(|record| &record["id"]).collect();
        let writes = view["writes"].as_array().unwrap().iter();
        let shown: Vec<_> =
            writes.filter(|write| !write["overlay"].is_null()).map(|write| &write["entry"]["id"]).collect();
        assert_eq!(shown, due);
        for (index, record) in stored.records.iter().enumerate() {
            let is_stuck = |one: &Value| matches!(text(&one["state"]), "failed" | "blocked");
            let depends_on_stuck = stored.records[..index]
                .iter()
                .any(|earlier| is_stuck(earlier) && depends(&record["plan"], &earlier["plan"]));
            match text(&record["state"]) {
                "blocked" => assert!(depends_on_stuck, "{record} is blocked"),
                "pending" => assert!(!depends_on_stuck, "{record} is not blocked"),
                _ => {}
            }
        }
    }

    /// Everything that waits is sent, for each user of each device.
    fn rest(&mut self) {
        for device in 0..DEVICES {
            for user in 0..USERS {
                self.devices[device].sign_in(user);
                self.devices[device].set_online(true);
                self.settle_all(device);
                let browser = &self.devices[device];
                let view = browser.stored().view();
                assert_eq!(view["pending"], 0, "at rest");
                self.oracle.check_rest(&scope_of(device, user), &browser.stored().records, &self.server);
            }
        }
        self.check_rows();
    }

    fn settle_all(&mut self, device: usize) {
        let tabs = self.devices[device].tabs.len();
        for _ in 0..4 * self.devices[device].stored().records.len() + 4 {
            self.now_ms += 600_000.0;
            (0..tabs).for_each(|tab| self.advance(device, tab, Commit::Done, Delivery::Answered));
        }
    }

    /// Rows that one user wrote from one device, without refusals, are what was written last.
    fn check_rows(&self) {
        for (name, row) in &self.server.rows {
            if self.oracle.writers(name) > 1 || !self.oracle.is_settled(name) {
                continue;
            }
            for (column, value) in &row.columns {
                let expected = self.oracle.last_value(name, column);
                assert_eq!(Some(value), expected.as_ref(), "{name:?}.{column}");
            }
        }
    }
}
