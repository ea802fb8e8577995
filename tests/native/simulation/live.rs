//! Random use with realtime: commits of everybody, a socket that drops, a server that restarts or dies silently,
//! duplicated frames, clocks that jump, refused connections, joins and readings, changes that are lost without a word. At rest the cache is what the database says, and every follower was told every
//! net change exactly once.

use super::{text, Witness};
use crate::support::network::Fault;
use crate::support::random::{uuid_of, Random};
use crate::support::{realtime, Client, World};
use crate::variable;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use workflow_db::feeds::{Interest, News, Status};
use workflow_db::realtime::ChangeKind as Kind;

/// Steps between two rests.
const ROUND: usize = 100;
/// Long enough for every backoff, heartbeat and retry to have run its course, in milliseconds.
const REST_MS: f64 = 400_000.0;

/// What a reading may be refused with once.
const REFUSALS: [Fault; 3] =
    [Fault::Gateway(403, None), Fault::Refused(404, "PGRST205"), Fault::Refused(403, "42501")];

/// What a follower was told, by row: what it is, or None for gone.
type Told = BTreeMap<String, Option<Value>>;

struct Follower {
    interest: Interest,
    told: Told,
    is_live: bool,
    /// How many commits there were at its first rest: what was committed before may have been seen by its first reading,
    /// which nobody is told of.
    since: Option<usize>,
}

/// One tab, which follows what it reads.
struct Tab {
    client: Client,
    user: String,
    followers: BTreeMap<u32, Follower>,
    ended: Vec<u32>,
}

impl Tab {
    fn new(world: &World, user: &str) -> Self {
        let client = world.signed_in(user);
        Self { client, user: uuid_of(user), followers: BTreeMap::new(), ended: Vec::new() }
    }

    fn follow(&mut self, table: &str, scope: &str) {
        let interest = Interest::new(table, Some(scope.to_owned()), None).expect("it is valid");
        if self.followers.values().all(|follower| follower.interest != interest) {
            let number = self.client.engine.follow(interest.clone(), true);
            self.followers
                .insert(number, Follower { interest, told: Told::new(), is_live: false, since: None });
        }
    }

    /// The engine fails. What was followed is followed again in the next one; what was told before counts no more, as
    /// `onGap` says.
    fn restart(&mut self, world: &World) {
        self.listen(world);
        self.client.restart();
        self.ended.clear();
        for follower in std::mem::take(&mut self.followers).into_values() {
            let scope = follower.interest.scope.clone().expect("a scope");
            self.follow(follower.interest.table.name, &scope);
        }
    }

    fn unfollow(&mut self, random: &Random) {
        let numbers: Vec<u32> = self.followers.keys().copied().collect();
        if !numbers.is_empty() {
            let number = *random.pick(&numbers);
            self.client.engine.unfollow(number);
            self.followers.remove(&number);
            self.ended.push(number);
        }
    }

    /// Takes note of what was told since the last time.
    fn listen(&mut self, world: &World) {
        let told: Vec<_> = self.client.sim().told.borrow_mut().drain(..).collect();
        for told in told {
            let Some(follower) = self.followers.get_mut(&told.feed) else {
                assert!(self.ended.contains(&told.feed), "nobody follows {}", told.feed);
                continue;
            };
            match told.news {
                News::Status(Status::Closed, _) => {
                    self.followers.remove(&told.feed);
                }
                News::Status(status, _) => follower.is_live = status == Status::Live,
                News::Gap => panic!("the scopes are small"),
                News::Row { kind, row, .. } => follower.hear(kind, row.to_value(), &self.user, world),
            }
        }
    }

    /// Somebody else signs in here. What was followed for the one before ends; what nobody asked for yet is theirs.
    fn switch(&mut self, world: &World, user: &str) {
        self.client.switch_to(Some(user));
        world.settle();
        self.listen(world);
        self.user = uuid_of(user);
    }

    fn check(&mut self, world: &World) {
        for follower in self.followers.values_mut() {
            follower.check(world, &self.user);
        }
        self.check_pages();
        let server = world.server();
        for follower in self.followers.values() {
            let (key, table, column) = match follower.interest.table.name {
                "workflow_nodes" => ("workflow_nodes:", "workflow_nodes", "workflow_id"),
                "execution_node_results" => ("execution_results:", "execution_node_results", "execution_id"),
                _ => continue,
            };
            let scope = follower.interest.scope.clone().expect("a scope");
            if let Some(cached) = self.client.cached(&[key, &scope].concat()) {
                let mut cached = cached.ids();
                let rows = server.rows(table).filter(|row| row[column] == json!(scope));
                let mut truth: Vec<String> = rows
                    .filter(|row| server.sees(table, row["id"].as_str().expect("an id"), Some(&self.user)))
                    .map(|row| row["id"].as_str().expect("an id").to_owned())
                    .collect();
                cached.sort_unstable();
                truth.sort_unstable();
                assert_eq!(cached, truth, "{key}{scope}");
            }
        }
        for row in server.rows("workflows") {
            let id = row["id"].as_str().expect("an id");
            let is_followed = self.followers.values().any(|follower| {
                follower.interest.table.name == "workflows"
                    && follower.interest.scope.as_deref() == Some(&self.user)
            });
            let cached = self.client.cached(&["workflow:", id].concat());
            if let (true, Some(cached)) = (is_followed && row["user_id"] == json!(self.user), cached) {
                assert_eq!(cached.to_value(), Value::Object(row.clone()), "workflow:{id}");
            }
        }
    }
}

impl Tab {
    /// The pages that are cached of what is followed are what the server answers now.
    fn check_pages(&self) {
        for key in self.client.keys() {
            let Some((workflow, page)) = key.strip_prefix("executions:").and_then(|key| key.split_once('?'))
            else {
                continue;
            };
            let is_followed = self.followers.values().any(|follower| {
                let scope = follower.interest.scope.as_deref();
                follower.interest.table.name == "workflow_executions" && scope == Some(workflow)
            });
            let number = |name: &str| -> Option<u64> {
                page.split('&').find_map(|part| part.strip_prefix(name)?.parse().ok())
            };
            let cached = self.client.cached(&key).map(|page| page.to_value());
            if let (true, Some(cached)) = (is_followed, cached) {
                let offset = number("offset=").unwrap_or(0);
                let now = self.client.does("getExecutionHistory", json!([workflow, 2, offset])).to_value();
                assert_eq!(cached, now, "{key}");
            }
        }
    }
}

impl Follower {
    fn hear(&mut self, kind: Kind, row: Value, user: &str, world: &World) {
        let id = text(&row, "id");
        let is_mine = world.server().owner_ever(&row).is_none_or(|owner| owner == user);
        assert!(is_mine, "a row of another user was told: {row}");
        let before = self.told.get(&id).cloned();
        match kind {
            Kind::Insert => assert!(!matches!(before, Some(Some(_))), "inserted twice: {row}"),
            Kind::Update => {
                assert_ne!(before, Some(None), "updated after it was gone: {row}");
                assert_ne!(before, Some(Some(row.clone())), "told twice: {row}");
            }
            Kind::Delete => assert_ne!(before, Some(None), "deleted twice: {row}"),
        }
        self.told.insert(id, (kind != Kind::Delete).then_some(row));
    }

    fn check(&mut self, world: &World, user: &str) {
        let server = world.server();
        let since = *self.since.get_or_insert(server.commits.len());
        let table = self.interest.table.name;
        for (id, told) in &self.told {
            let is_meant =
                |row: &&crate::support::postgrest::Row| self.means(row) && server.sees(table, id, Some(user));
            let now = server.row(table, id).filter(is_meant).cloned().map(Value::Object);
            assert_eq!(*told, now, "{table} {id} as told, and as it is");
        }
        assert!(self.is_live, "{table} is not live after a long rest");
        for (place, commit) in server.commits.iter().enumerate().skip(since) {
            if commit.table != table {
                continue;
            }
            let id = commit.row["id"].as_str().expect("an id");
            let now =
                server.row(table, id).filter(|row| self.means(row) && server.sees(table, id, Some(user)));
            if now.is_some() {
                assert!(
                    self.told.contains_key(id),
                    "{table} {id}: {} {place} was not told, live since {since}; {}",
                    commit.kind,
                    commit.at
                );
            }
        }
    }

    fn means(&self, row: &crate::support::postgrest::Row) -> bool {
        let scope = self.interest.scope.as_deref();
        self.interest.table.scopes.iter().any(|column| row[*column].as_str() == scope)
    }
}

/// A commit of somebody else: another device of a user, or a job on the server.
fn commit(world: &World, random: &Random, users: &[String], marker: usize) {
    let mut server = world.server();
    let tables = ["workflows", "workflow_nodes", "workflow_executions", "execution_node_results"];
    let table = *random.pick(&tables);
    let ids = |server: &crate::support::postgrest::Server, table: &str| -> Vec<String> {
        server.rows(table).map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
    };
    let existing = ids(&server, table);
    if existing.len() > 12 || (!existing.is_empty() && random.chance(0.6)) {
        let id = random.pick(&existing).clone();
        if random.chance(0.3) {
            server.remove(table, &id);
        } else {
            let values = match table {
                "workflows" => json!({"name": format!("foreign {marker}")}),
                "workflow_nodes" => json!({"label": format!("foreign {marker}")}),
                _ => json!({"error_message": format!("foreign {marker}")}),
            };
            server.change(table, &id, values);
        }
        return;
    }
    let parent = |server: &crate::support::postgrest::Server, table: &str| {
        let ids = ids(server, table);
        (!ids.is_empty()).then(|| random.pick(&ids).clone())
    };
    let user = random.pick(users).clone();
    let values = match table {
        "workflows" => Some(json!({"user_id": user, "name": format!("new {marker}")})),
        "workflow_nodes" => parent(&server, "workflows")
            .map(|id| json!({"workflow_id": id, "node_type": "t", "node_id": format!("n{marker}")})),
        "workflow_executions" => {
            parent(&server, "workflows").map(|id| json!({"workflow_id": id, "user_id": user}))
        }
        _ => parent(&server, "workflow_executions")
            .map(|id| json!({"execution_id": id, "node_id": "n", "node_type": "t"})),
    };
    if let Some(values) = values {
        server.add(table, values);
    }
}

fn act(world: &World, random: &Random, tab: &mut Tab, marker: usize) {
    let pick = |table: &str| {
        let ids: Vec<String> =
            world.server().rows(table).map(|row| row["id"].as_str().expect("an id").to_owned()).collect();
        if ids.is_empty() {
            uuid_of("nothing")
        } else {
            random.pick(&ids).clone()
        }
    };
    let user = tab.user.clone();
    match random.below(17) {
        0 => tab.follow("workflows", &user),
        1 => tab.follow("workflow_nodes", &pick("workflows")),
        2 => tab.follow("workflow_executions", &user),
        3 => tab.follow("execution_node_results", &pick("workflow_executions")),
        4 => tab.follow("workflows", &pick("workflows")),
        5 if random.chance(0.3) => tab.unfollow(random),
        5 | 6 => drop(tab.client.call("getWorkflows", json!([user]))),
        7 => drop(tab.client.call("getWorkflowNodes", json!([pick("workflows")]))),
        8 => drop(tab.client.call("getWorkflow", json!([pick("workflows")]))),
        9 => drop(tab.client.call("getExecutionResults", json!([pick("workflow_executions")]))),
        10 => drop(tab.client.call("createWorkflow", json!([user, {"name": format!("own {marker}")}]))),
        11 => {
            let patch = json!({"description": format!("own {marker}")});
            drop(tab.client.call("updateWorkflow", json!([pick("workflows"), patch])));
        }
        12 => {
            let patch = json!({"label": format!("own {marker}")});
            drop(tab.client.call("updateWorkflowNode", json!([pick("workflow_nodes"), patch])));
        }
        13 => {
            let patch = json!({"error_message": format!("own {marker}")});
            drop(tab.client.call("updateExecution", json!([pick("workflow_executions"), patch])));
        }
        14 if random.chance(0.3) => drop(tab.client.call("deleteWorkflow", json!([pick("workflows")]))),
        15 => {
            let workflow = pick("workflows");
            drop(tab.client.call("getExecutionHistory", json!([workflow, 2, 2 * random.below(2)])));
            tab.follow("workflow_executions", &workflow);
        }
        _ => drop(tab.client.call("deleteWorkflowNode", json!([pick("workflow_nodes")]))),
    }
}

fn trouble(world: &World, random: &Random, tab: &mut Tab) {
    let core = &world.core;
    match random.below(13) {
        12 => tab.restart(world),
        0 => tab.switch(world, random.pick::<&str>(&["ada", "ben"])),
        1 => realtime::die_silently(core),
        2 => core.realtime.duplicates.set(random.chance(0.5)),
        3 => core.realtime.is_down.set(random.chance(0.3)),
        4 => tab.client.engine.shown(),
        5 => {
            let sim = tab.client.sim();
            sim.wall_skew_ms.set(sim.wall_skew_ms.get() + random.fraction() * 100_000.0);
        }
        6 => {
            tab.client.tokens().renew();
            tab.client.engine.signed_in(Ok(tab.client.tokens().current()));
        }
        7 => core.realtime.refused_status.set(random.chance(0.5).then_some(403)),
        8 => core.realtime.refused_joins.set(random.chance(0.5).then_some("Invalid JWT Token")),
        9 => core.realtime.is_deaf.set(random.chance(0.5)),
        10 => {
            let reading =
                *random.pick(&["GET workflows?", "GET workflow_nodes?", "GET workflow_executions?"]);
            world.network().once(reading, *random.pick(&REFUSALS));
        }
        _ => realtime::restart(core),
    }
}

fn live(seed: u64, steps: usize) {
    let world = World::from_seed(seed);
    let random = Random::new(seed ^ 0x11fe);
    let mut witness = Witness { seed, step: 0 };
    world.core.realtime.cold_ms.set(3_000.0);
    world.core.realtime.is_cold.set(true);
    world.core.realtime.large_columns.set(&["description", "config", "error_message"]);
    let names = ["ada", "ben"];
    let users: Vec<String> = names.iter().map(|name| uuid_of(name)).collect();
    let mut tabs: Vec<Tab> = names.iter().chain(&names).map(|name| Tab::new(&world, name)).collect();
    // Some put their feeds together all the time.
    for tab in &tabs[2..] {
        tab.client.configure(|settings| settings.live.max_channels = 3);
    }
    while witness.step < steps {
        world.network().random_faults(*random.pick(&[0.0, 0.02, 0.1]));
        for _ in 0..ROUND {
            let tab = random.below(tabs.len());
            match random.below(20) {
                0..6 => commit(&world, &random, &users, witness.step),
                6..14 => act(&world, &random, &mut tabs[tab], witness.step),
                14 => trouble(&world, &random, &mut tabs[tab]),
                15 => world.pass(random.fraction() * 20_000.0),
                _ => world.pass(random.fraction() * 150.0),
            }
            for tab in &mut tabs {
                tab.listen(&world);
            }
            witness.step += 1;
        }
        world.network().random_faults(0.0);
        let faults = &world.core.realtime;
        faults.is_down.set(false);
        faults.refused_status.set(None);
        faults.refused_joins.set(None);
        faults.is_deaf.set(false);
        world.network().heal();
        world.pass(REST_MS);
        // What was lost without a word, this finds at the latest.
        for tab in &tabs {
            tab.client.engine.shown();
        }
        world.pass(10_000.0);
        for tab in &mut tabs {
            tab.listen(&world);
            tab.check(&world);
        }
    }
}

#[test]
fn followers_are_told_every_net_change_once_and_the_cache_is_right() {
    let (seed, steps) = (variable("SEED", 1), usize::try_from(variable("STEPS", 100_000)).expect("steps"));
    let lives = if std::env::var("SEED").is_ok() { 1 } else { 20 };
    for life in 0..lives {
        live(seed + life, steps / usize::try_from(lives).expect("few"));
    }
}
