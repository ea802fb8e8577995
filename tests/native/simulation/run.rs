//! Runs a program and checks the invariants after every step.
//!
//! The file is long because it carries out every kind of step.

use super::program::{CacheCall, Configured, Foreign, Planted, Program, Setting, Step, Trouble, USERS};
use super::tab::Tab;
use crate::support::random::uuid_of;
use crate::support::world::email_of;
use crate::support::{realtime, World};
use serde_json::Value;
use std::cell::RefCell;
use std::panic::{catch_unwind, set_hook, take_hook, AssertUnwindSafe};
use std::sync::Once;

/// Long enough for every backoff, heartbeat and retry to end, in milliseconds.
const REST_MS: f64 = 400_000.0;
/// A world that needs more events never settles.
const MAX_EVENTS: usize = 200_000;

/// A step after which a check failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The number of steps before it.
    pub step: usize,
    /// The source location of the failed check.
    pub place: String,
    pub message: String,
}

thread_local! {
    /// The location and message of the last panic of this thread; `None` outside of a run, where panics are failures of
    /// the test itself.
    static PANIC: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Runs the program. Returns the requests that the server received.
pub fn run(program: &Program) -> Result<Vec<String>, Failure> {
    listen_to_panics();
    PANIC.set(Some(Default::default()));
    let mut life = Life::new(&program.setting);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        for (luck, step) in &program.steps {
            life.take(*luck, step);
        }
    }));
    let (place, message) = PANIC.take().unwrap_or_default();
    if outcome.is_err() {
        return Err(Failure { step: life.done, place, message });
    }
    let requests = life.world.take_requests();
    Ok(requests.iter().map(|it| format!("{} {} {:?}", it.at_ms, it.line, it.body)).collect())
}

fn listen_to_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            let is_taken = PANIC.with_borrow_mut(|panic| {
                let place = info.location().map(ToString::to_string).unwrap_or_default();
                panic.as_mut().map(|panic| *panic = (place, info.to_string())).is_some()
            });
            if !is_taken {
                usual(info);
            }
        }));
    });
}

struct Life {
    world: World,
    tabs: Vec<Tab>,
    setting: Setting,
    done: usize,
}

impl Life {
    fn new(setting: &Setting) -> Self {
        let world = World::from_seed(1);
        let mut server = world.server();
        server.max_rows = setting.max_rows;
        server.audits = true;
        server.forgets_ids = matches!(setting.planted, Some(Planted::SecondInsert));
        server.shows_everything = matches!(setting.planted, Some(Planted::OtherUsersRows));
        server.shares = setting.shares_workflows;
        server.keeps_members = matches!(setting.planted, Some(Planted::FormerMembers));
        server.lets_viewers_write = matches!(setting.planted, Some(Planted::WritingViewers));
        server.shortens_pages = matches!(setting.planted, Some(Planted::ShortPages));
        drop(server);
        let faults = &world.core.realtime;
        faults.cold_ms.set(3_000.0);
        faults.is_cold.set(true);
        faults.large_columns.set(&["description", "config", "error_message"]);
        faults.jitter_ms.set(40.0);
        let mut tabs: Vec<Tab> = (0..setting.tabs).map(|tab| Tab::new(&world, setting.users(tab))).collect();
        for tab in &mut tabs {
            if setting.shares_workflows {
                tab.follow_memberships();
            }
            tab.client.mirror().forgets_use.set(matches!(setting.planted, Some(Planted::ForgottenUse)));
        }
        Self { world, tabs, setting: setting.clone(), done: 0 }
    }

    fn take(&mut self, luck: u64, step: &Step) {
        self.world.core.random.reseed(luck);
        for (number, tab) in (1..).zip(&self.tabs) {
            tab.client.sim().reseed(luck.wrapping_mul(31).wrapping_add(number));
        }
        self.perform(step);
        if self.setting.shares_workflows {
            self.tabs.iter_mut().for_each(Tab::follow_memberships);
        }
        self.world.settle();
        for tab in &mut self.tabs {
            tab.listen(&self.world);
            tab.check_step(&self.world);
        }
        self.done += 1;
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each kind of step")]
    fn perform(&mut self, step: &Step) {
        let world = &self.world;
        let network = world.network();
        match step {
            Step::Call { tab, name, arguments, options } => {
                let tab = &mut self.tabs[*tab];
                let mark = format!("mark {}", self.done);
                let names = names_for(&self.setting, tab);
                let scope = Scope { user: tab.user(), names: &names, mark: &mark };
                let mut arguments = scope.resolved(world, &parsed(&arguments.0));
                resolve_version(world, &mut arguments);
                tab.call(world, (name, arguments), *options, mark);
            }
            Step::Turn { tab, is_back } => self.tabs[*tab].turn(world, *is_back),
            Step::Abort { tab, which } => {
                let open = self.tabs[*tab].made.iter().filter(|made| !made.pending.is_done());
                if let Some(made) = open.collect::<Vec<_>>().iter().cycle().nth(*which) {
                    made.pending.abort();
                }
            }
            Step::Follow { tab, table, scope, filter } => {
                let tab = &mut self.tabs[*tab];
                let names = names_for(&self.setting, tab);
                let names = Scope { user: tab.user(), names: &names, mark: "" };
                let scope = scope.as_ref().map(|scope| names.text(world, &scope.0));
                tab.follow(table, scope, *filter);
            }
            Step::Unfollow { tab, which } => self.tabs[*tab].unfollow(*which),
            Step::Cache { tab, act } => cache(&mut self.tabs[*tab], act),
            Step::Configure { tab, what } => configure(&mut self.tabs[*tab], *what),
            Step::SignIn { tab, user } => {
                let tab = &mut self.tabs[*tab];
                let (before, name) = (tab.user(), user.map(|user| tab.names[user].clone()));
                tab.client.switch_to(name.as_deref());
                if before != tab.user() {
                    tab.check_empty();
                    tab.listen(world);
                    if before.is_none() {
                        tab.restart_subscriptions();
                    }
                }
            }
            Step::Expire { tab } => {
                let tokens = self.tabs[*tab].client.tokens();
                if let Some(token) = tokens.current() {
                    world.server().expire(&token);
                    tokens.renew();
                }
            }
            Step::Check { tab } => self.tabs[*tab].client.engine.auth_changed(),
            Step::Renew { tab } => {
                let client = &self.tabs[*tab].client;
                client.tokens().renew();
                client.engine.signed_in(Ok(client.tokens().current()));
            }
            Step::Provider { tab, answer } => self.tabs[*tab].client.tokens().next(answer.clone()),
            Step::Restart { tab } => self.tabs[*tab].restart(world),
            Step::Close { tab } => self.tabs[*tab].client.engine.reset(),
            Step::Clock { tab, by_ms } => {
                let skew = &self.tabs[*tab].client.sim().wall_skew_ms;
                skew.set(skew.get() + by_ms);
            }
            Step::ClocksChanged { tab } => self.tabs[*tab].client.engine.clocks_changed(),
            Step::Hide { tab, is_hidden } => self.tabs[*tab].client.engine.set_hidden(*is_hidden),
            Step::Show { tab } => self.tabs[*tab].client.engine.shown(),
            Step::Cut { tab, is_cut } => self.tabs[*tab].client.sim().cut(*is_cut),
            Step::Faults { rate } => network.random_faults(*rate),
            Step::Once { request, fault } => network.once(request, *fault),
            Step::Realtime { trouble } => disturb(world, *trouble),
            Step::Commit { user, table, change } => self.commit(*user, table, change),
            Step::Pass { ms } => world.pass(*ms),
            Step::Rest => self.rest(),
        }
    }

    fn commit(&self, user: usize, table: &'static str, change: &Foreign) {
        let names = names_for(&self.setting, &self.tabs[0]);
        let mark = format!("foreign {}", self.done);
        let scope = Scope { user: Some(uuid_of(&names[user])), names: &names, mark: &mark };
        let row = |which: usize| {
            let id = scope.text(&self.world, &format!("${table}:{which}"));
            self.world.server().row(table, &id).is_some().then_some(id)
        };
        let values = |text: &str| {
            // The database receives times without zones.
            let values = scope.resolved(&self.world, &parsed(&text.replace("00Z", "00")));
            values.as_object().cloned().expect("an object")
        };
        self.world.server().tick(self.world.now_ms());
        match change {
            Foreign::Insert(text) => {
                let values = values(&text.0);
                self.world.server().try_add(table, &values);
            }
            Foreign::Change(which, text) => {
                let values = values(&text.0);
                if let Some(id) = row(*which) {
                    self.world.server().try_change(table, &id, &values);
                }
            }
            Foreign::Remove(which) => {
                if let Some(id) = row(*which) {
                    self.world.server().remove(table, &id);
                }
            }
        }
    }

    fn rest(&mut self) {
        let world = &self.world;
        world.network().random_faults(0.0);
        world.network().heal();
        for trouble in
            [Trouble::Down(false), Trouble::Deaf(false), Trouble::Refuses(None), Trouble::RefusesJoins(None)]
        {
            disturb(world, trouble);
        }
        for tab in &self.tabs {
            tab.client.tokens().heal();
            tab.client.sim().cut(false);
            tab.client.engine.set_hidden(false);
        }
        self.quiesce();
        for tab in &mut self.tabs {
            tab.listen(world);
            tab.check_step(world);
            tab.check_calls(world);
            if !self.setting.shares_users {
                // Templates belong to all users, and deleting one deletes the rows of users who saved it.
                let is_own = |key: &str| !key.starts_with("template") && !key.starts_with("saved_templates");
                tab.check_cache(world, is_own);
            }
        }
        if self.tabs.iter().all(|tab| tab.followers.is_empty()) {
            return;
        }
        world.pass(REST_MS);
        // Silently lost changes are detected here at the latest.
        for tab in &self.tabs {
            tab.client.engine.shown();
        }
        world.pass(10_000.0);
        self.quiesce();
        for tab in &mut self.tabs {
            tab.listen(world);
            let user = tab.user();
            for follower in tab.followers.values_mut() {
                follower.check(world, user.as_deref());
            }
            tab.check_cache(world, |key| tab.is_followed(world, key));
            if self.setting.shares_workflows {
                tab.check_rights(&world.server());
            }
        }
    }

    fn quiesce(&self) {
        let runtime = &self.world.core.runtime;
        for _ in 0..MAX_EVENTS {
            if !runtime.is_awaited() {
                return;
            }
            runtime.step();
        }
        panic!("nothing comes to rest");
    }
}

fn cache(tab: &mut Tab, act: &CacheCall) {
    let engine = &tab.client.engine;
    let key = |which: usize| tab.client.keys().iter().cycle().nth(which).cloned();
    match act {
        CacheCall::Invalidate(which) => key(*which).into_iter().for_each(|key| engine.invalidate(&key)),
        CacheCall::InvalidatePattern(beginning) => {
            engine.invalidate_where(&|key| key.starts_with(beginning));
        }
        CacheCall::Clear => engine.invalidate_where(&|_| true),
        CacheCall::Get(which) => {
            if let Some(key) = key(*which).filter(|key| engine.cached(key).is_some()) {
                tab.recency.hit(&key, tab.step);
            }
        }
        CacheCall::Set(key) => {
            engine.set(key, serde_json::json!({"own": true}).into(), None);
            tab.recency.hit(key, tab.step);
        }
    }
}

fn configure(tab: &mut Tab, what: Configured) {
    if let Configured::Ttl(ms) = what {
        tab.longest_ttl_ms = tab.longest_ttl_ms.max(ms);
    }
    tab.client.configure(|settings| match what {
        Configured::StaleMs(ms) => settings.cache.stale_ms = ms,
        Configured::Ttl(ms) => settings.cache.default_ttl_ms = ms,
        Configured::MaxSize(size) => settings.cache.max_size = size,
        Configured::Attempts(count) => settings.retry.max_attempts = count,
        Configured::TimeoutMs(ms) => settings.timeout_ms = ms,
        Configured::MaxChannels(count) => settings.live.max_channels = count,
        Configured::UnfilteredDeletes(is_set) => settings.live.unfiltered_deletes = is_set,
    });
}

fn disturb(world: &World, trouble: Trouble) {
    let server = &world.core.realtime;
    match trouble {
        Trouble::Silence => realtime::die_silently(&world.core),
        Trouble::Restart => realtime::restart(&world.core),
        Trouble::Down(is_down) => server.is_down.set(is_down),
        Trouble::Deaf(is_deaf) => server.is_deaf.set(is_deaf),
        Trouble::Duplicates(are_sent) => server.duplicates.set(are_sent),
        Trouble::Refuses(status) => server.refused_status.set(status),
        Trouble::RefusesJoins(reason) => server.refused_joins.set(reason),
    }
}

/// The users that a program refers to by number.
fn names_for(setting: &Setting, tab: &Tab) -> Vec<String> {
    if setting.shares_workflows {
        USERS.map(str::to_owned).to_vec()
    } else {
        tab.names.to_vec()
    }
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect("a program's values are JSON")
}

/// Resolves the texts that begin with `$`.
struct Scope<'a> {
    user: Option<String>,
    names: &'a [String],
    mark: &'a str,
}

impl Scope<'_> {
    fn resolved(&self, world: &World, value: &Value) -> Value {
        match value {
            Value::String(text) if text.starts_with('$') && text != "$version" && text != "$base" => {
                Value::String(self.text(world, text))
            }
            Value::Array(items) => items.iter().map(|item| self.resolved(world, item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.resolved(world, value))).collect()
            }
            value => value.clone(),
        }
    }

    fn text(&self, world: &World, text: &str) -> String {
        let Some(name) = text.strip_prefix('$') else { return text.to_owned() };
        match name.split_once(':') {
            None if name == "mark" => self.mark.to_owned(),
            None => self.user.clone().unwrap_or_else(|| uuid_of("nobody")),
            Some(("user", which)) => uuid_of(&self.names[which.parse::<usize>().expect("a number")]),
            Some(("email", which)) => email_of(&self.names[which.parse::<usize>().expect("a number")]),
            Some((table, which)) => {
                let server = world.server();
                let (is_any, table) = (table.starts_with('*'), table.trim_start_matches('*'));
                let ids: Vec<&str> = server
                    .rows(table)
                    .map(|row| row["id"].as_str().expect("an id"))
                    .filter(|id| is_any || server.owner_ever(id) == self.user.as_deref())
                    .collect();
                let which: usize = which.parse().expect("a number");
                ids.iter().cycle().nth(which).map_or_else(|| uuid_of(table), |id| (*id).to_owned())
            }
        }
    }
}

/// Resolves `$version` and `$base` to those of the workflow that the first argument names.
fn resolve_version(world: &World, arguments: &mut Value) {
    let id = arguments[0].as_str().unwrap_or_default().to_owned();
    let server = world.server();
    let version = server.row("workflows", &id).map(|row| row["updated_at"].clone());
    if let Some(wanted) = arguments.pointer_mut("/2/ifUpdatedAt") {
        *wanted = version.unwrap_or_else(|| Value::String(server.now()));
    }
    if let Some(base) = arguments.pointer_mut("/2/base") {
        let empty = || serde_json::json!({"nodes": [], "connections": []});
        *base = server.row("workflows", &id).map_or_else(empty, |_| server.whole(&id));
    }
}
