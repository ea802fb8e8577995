//! One tab: its calls, its subscriptions, and what it knows about both.

use super::follower::Follower;
use super::recency::Recency;
use crate::support::random::uuid_of;
use crate::support::{Client, Options, Pending, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use workflow_db::api::{operation, Call, Operation};
use workflow_db::realtime::ChangeKind;
use workflow_db::subscriptions::{Notice, Selection};

/// A call that is in flight or has ended.
pub struct Made {
    pub pending: Pending,
    pub name: &'static str,
    pub arguments: Value,
    /// The key under which a read is stored.
    pub key: Option<String>,
    /// The page that this one follows or precedes, and whether it precedes it.
    pub turned: Option<(Value, bool)>,
    /// A text that only rows created by this call contain.
    pub mark: String,
    /// The number of commits at the time of the call.
    pub commits: usize,
    /// The number of commits at the time of the request that the call may have joined.
    pub unchanged_since: usize,
    /// Whether it must send a request.
    pub is_fresh: bool,
    /// The number of own writes answered before.
    pub answered: usize,
    /// The workflows that the tab knew to be no longer shared.
    pub ended: BTreeSet<String>,
    pub is_checked: bool,
}

pub struct Tab {
    pub client: Client,
    pub names: [String; 2],
    pub made: Vec<Made>,
    /// The call that reads a cache key.
    pub questions: HashMap<String, (&'static str, Value)>,
    pub followers: BTreeMap<u32, Follower>,
    ended: Vec<u32>,
    /// By row id: the commits of own writes that were answered, each with the number of own writes answered by then.
    pub written: HashMap<String, Vec<(usize, usize)>>,
    pub answered: usize,
    /// The last page with cursors, and its call.
    pub page: Option<(&'static str, Value, Value)>,
    /// The longest time for which an entry may be served, in milliseconds.
    pub longest_ttl_ms: f64,
    pub recency: Recency,
    /// Whether it received an event about members in this step.
    pub heard_of_members: bool,
    /// The number of steps so far.
    pub step: usize,
}

impl Tab {
    pub fn new(world: &World, names: [String; 2]) -> Self {
        world.signed_in(&names[1]);
        Self {
            client: world.signed_in(&names[0]),
            names,
            made: Vec::new(),
            questions: HashMap::new(),
            followers: BTreeMap::new(),
            ended: Vec::new(),
            written: HashMap::new(),
            answered: 0,
            page: None,
            longest_ttl_ms: 300_000.0,
            recency: Recency::default(),
            heard_of_members: false,
            step: 0,
        }
    }

    pub fn user(&self) -> Option<String> {
        self.client.tokens().user()
    }

    pub fn call(
        &mut self,
        world: &World,
        (name, arguments): (&'static str, Value),
        options: Options,
        mark: String,
    ) {
        let call = Call {
            arguments: arguments
                .as_array()
                .expect("a list")
                .iter()
                .map(crate::support::client::argument)
                .collect(),
            uuid: &|| uuid_of("any"),
            base_url_length: 40,
        };
        let key = match operation(name, &call) {
            // The engine completes the keys of entries that belong only to the signed-in user.
            Ok(Operation::Read(read)) if read.key.ends_with(':') => {
                Some([&*read.key, &self.user().unwrap_or_default()].concat())
            }
            Ok(Operation::Read(read)) => Some(read.key),
            _ => None,
        };
        if let Some(key) = &key {
            self.questions.insert(key.clone(), (name, arguments.clone()));
        }
        let is_plain = !options.fresh && options.ttl_ms.is_none() && options.timeout_ms.is_none();
        let commits = world.server().commits.len();
        let ended = self.ended_memberships(&world.server());
        // Different arguments may request the same.
        let is_joinable = |made: &&Made| !made.pending.is_done() && made.key == key;
        let joinable = self.made.iter().filter(is_joinable);
        let unchanged_since = joinable.map(|made| made.unchanged_since).min().unwrap_or(commits);
        self.longest_ttl_ms = self.longest_ttl_ms.max(options.ttl_ms.unwrap_or(0.0));
        let pending = if is_plain {
            self.client.call(name, arguments.clone())
        } else {
            self.client.call_with(options, name, arguments.clone())
        };
        if let Some(key) = &key {
            if pending.is_done() && pending.outcome().is_ok() {
                self.recency.hit(key, self.step);
            } else {
                self.recency.may_use(key, self.step);
            }
        }
        self.made.push(Made {
            pending,
            name,
            arguments,
            key,
            turned: None,
            unchanged_since,
            mark,
            commits,
            is_fresh: options.fresh,
            answered: self.answered,
            ended,
            is_checked: false,
        });
    }

    pub fn turn(&mut self, world: &World, is_back: bool) {
        let Some((name, query, page)) = self.page.clone() else { return };
        let cursor = &page[if is_back { "prevCursor" } else { "nextCursor" }];
        if !cursor.is_null() {
            let mut query = query;
            query[0]["cursor"] = cursor.clone();
            self.call(world, (name, query), Options::default(), String::new());
            self.made.last_mut().expect("a call was made").turned = Some((page, is_back));
        }
    }

    pub fn follow(&mut self, table: &str, scope: Option<String>, filter: Option<&str>) {
        self.follow_interest(
            Selection::new(table, scope, filter.map(str::to_owned)).expect("a valid selection"),
        );
    }

    pub fn follow_interest(&mut self, selection: Selection) {
        if self.followers.values().all(|follower| follower.selection != selection) {
            let number = self.client.engine.follow(selection.clone(), true);
            self.followers.insert(number, Follower::new(selection));
        }
    }

    pub fn unfollow(&mut self, which: usize) {
        let numbers: Vec<u32> = self.followers.keys().copied().collect();
        if !numbers.is_empty() {
            let number = numbers[which % numbers.len()];
            self.client.engine.unfollow(number);
            self.followers.remove(&number);
            self.ended.push(number);
        }
    }

    /// The engine fails. The new one repeats the subscriptions. Earlier events no longer count, as `onGap` says.
    pub fn restart(&mut self, world: &World) {
        self.listen(world);
        self.client.restart();
        self.ended.clear();
        for follower in std::mem::take(&mut self.followers).into_values() {
            self.follow_interest(follower.selection);
        }
    }

    /// Subscriptions made without a user start again for the user who signs in.
    pub fn restart_subscriptions(&mut self) {
        self.followers.values_mut().for_each(Follower::restart);
    }

    /// Records the events since the last call.
    pub fn listen(&mut self, world: &World) {
        let told: Vec<_> = self.client.sim().told.borrow_mut().drain(..).collect();
        let user = self.user();
        for told in told {
            let Some(follower) = self.followers.get_mut(&told.subscription) else {
                assert!(
                    self.ended.contains(&told.subscription),
                    "an event for no subscription, {}",
                    told.subscription
                );
                continue;
            };
            if matches!(&told.news, Notice::Status(workflow_db::subscriptions::Status::Closed, _)) {
                self.followers.remove(&told.subscription);
                self.ended.push(told.subscription);
            } else {
                self.heard_of_members |= follower.selection.table.name == "workflow_members";
                let row = match &told.news {
                    Notice::Row { kind, row, .. } if *kind != ChangeKind::Delete => Some(row.to_value()),
                    _ => None,
                };
                follower.hear(told.news, user.as_deref(), world);
                if let Some(row) = row {
                    let server = world.server();
                    let ended = self.ended_memberships(&server);
                    self.check_ended(&server, &row, "an event", (&ended, server.commits.len()));
                }
            }
        }
    }
}
