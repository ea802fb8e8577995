//! For any sequence of arrivals and departures, an observer reports the same people as a model of the server.

use super::rig::{Rig, GOOD};
use crate::support::random::Random;
use proptest::prelude::*;
use serde_json::{json, Map, Value};
use std::collections::BTreeMap;

const USERS: [&str; 3] = ["bea", "cid", "ada"];
const TABS: usize = 3;

/// An event; most concern one tab of a user.
#[derive(Clone, Debug)]
enum Happening {
    /// The tab joins, or joins again after a lost connection while the server still lists the previous one.
    Comes(usize, usize),
    /// The server drops the tab's oldest entry.
    Leaves(usize, usize),
    /// The tab broadcasts a new state.
    Shows(usize, usize),
    /// The tab puts its state into the presence.
    IsTracked(usize, usize),
    /// The observer's socket breaks.
    Breaks,
    /// The observer joins again. The given number of events occurs before the server sends the presence, which already
    /// contains them.
    Returns(usize),
    /// The server starts or stops sending every message twice.
    Repeats(bool),
    Waits(u16),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    let tab = || (0..USERS.len(), 0..TABS);
    prop_oneof![
        5 => tab().prop_map(|(user, tab)| H::Comes(user, tab)),
        4 => tab().prop_map(|(user, tab)| H::Leaves(user, tab)),
        8 => tab().prop_map(|(user, tab)| H::Shows(user, tab)),
        4 => tab().prop_map(|(user, tab)| H::IsTracked(user, tab)),
        1 => Just(H::Breaks),
        3 => (0..3_usize).prop_map(H::Returns),
        1 => any::<bool>().prop_map(H::Repeats),
        3 => (0..60_u16).prop_map(H::Waits),
    ]
}

/// A tab as the server and the observer know it.
#[derive(Default)]
struct Tab {
    /// The server's entries, oldest first: `phx_ref` and content.
    entries: Vec<(String, Value)>,
    since: u64,
    /// The tab's state, and when it was set.
    shown: (u64, u64),
    /// The latest state that the observer can have received.
    heard: (u64, u64),
}

struct Model {
    rig: Rig,
    tabs: BTreeMap<(usize, usize), Tab>,
    /// Counts all events. Serves as their time and as a unique value.
    count: u64,
    is_repeating: bool,
    random: Random,
}

impl Model {
    fn new(seed: u64) -> Self {
        let mut rig = Rig::new(GOOD);
        rig.open_room(1);
        let mut model =
            Self { rig, tabs: BTreeMap::new(), count: 0, is_repeating: false, random: Random::new(seed) };
        model.tell("presence_state", &json!({}));
        model
    }

    fn is_listening(&self) -> bool {
        self.rig.states.get(&1) == Some(&"ready")
    }

    fn tell(&mut self, event: &str, payload: &Value) {
        for _ in 0..=usize::from(self.is_repeating) {
            self.rig.hear_in_room(event, payload.clone());
        }
    }

    fn happen(&mut self, happening: &Happening) {
        use Happening as H;
        self.count += 1;
        match *happening {
            H::Comes(user, tab) => self.comes(user, tab),
            H::Leaves(user, tab) => self.leaves(user, tab),
            H::Shows(user, tab) => self.shows(user, tab),
            H::IsTracked(user, tab) => self.is_tracked(user, tab),
            H::Breaks if self.is_listening() => self.rig.closed(),
            H::Returns(early) if !self.is_listening() => self.returns(early),
            H::Repeats(is_repeating) => self.is_repeating = is_repeating,
            H::Waits(ms) => self.rig.wait(f64::from(ms)),
            H::Breaks | H::Returns(_) => {}
        }
    }

    /// Creates an entry for the tab's state.
    fn entry(&mut self, user: usize, tab: usize) -> Value {
        let count = self.count;
        let known = self.tabs.entry((user, tab)).or_default();
        let entry = json!({
            "phx_ref": format!("ref-{count}"), "tab": format!("{user}-{tab}"), "name": USERS[user],
            "since": known.since, "at": known.shown.0, "state": {"x": known.shown.1},
        });
        known.entries.push((format!("ref-{count}"), entry.clone()));
        entry
    }

    /// Sends a presence difference, unless the observer is away.
    fn differ(&mut self, user: usize, joins: &[Value], leaves: &[Value]) {
        let of_user = |metas: &[Value]| match metas {
            [] => json!({}),
            metas => json!({USERS[user]: {"metas": metas}}),
        };
        if self.is_listening() {
            let diff = json!({"joins": of_user(joins), "leaves": of_user(leaves)});
            self.tell("presence_diff", &diff);
        }
    }

    fn hear(&mut self, user: usize, tab: usize, entry: &Value) {
        let known = self.tabs.get_mut(&(user, tab)).expect("it is there");
        let at = entry["at"].as_u64().expect("a time");
        known.heard = known.heard.max((at, entry["state"]["x"].as_u64().expect("a number")));
    }

    fn comes(&mut self, user: usize, tab: usize) {
        let count = self.count;
        let known = self.tabs.entry((user, tab)).or_default();
        if known.entries.is_empty() {
            (known.since, known.shown) = (count, (count, count));
        }
        let entry = self.entry(user, tab);
        if self.is_listening() {
            self.hear(user, tab, &entry);
        }
        self.differ(user, &[entry], &[]);
    }

    fn leaves(&mut self, user: usize, tab: usize) {
        let Some(known) = self.tabs.get_mut(&(user, tab)).filter(|known| !known.entries.is_empty()) else {
            return;
        };
        let (_, entry) = known.entries.remove(0);
        if known.entries.is_empty() {
            self.tabs.remove(&(user, tab));
        }
        self.differ(user, &[], &[entry]);
    }

    fn shows(&mut self, user: usize, tab: usize) {
        let (count, is_listening) = (self.count, self.is_listening());
        let Some(known) = self.tabs.get_mut(&(user, tab)) else { return };
        known.shown = (count, count);
        if is_listening {
            known.heard = known.shown;
            let shown = json!({"tab": format!("{user}-{tab}"), "at": count, "state": {"x": count}});
            let payload = json!({"type": "broadcast", "event": "workflow-db:state", "payload": shown});
            self.tell("broadcast", &payload);
        }
    }

    fn is_tracked(&mut self, user: usize, tab: usize) {
        if !self.tabs.contains_key(&(user, tab)) {
            return;
        }
        let entry = self.entry(user, tab);
        let known = self.tabs.get_mut(&(user, tab)).expect("it is there");
        let place = known.entries.len() - 2;
        let (_, before) = known.entries.remove(place);
        if self.is_listening() {
            self.hear(user, tab, &entry);
        }
        self.differ(user, &[entry], &[before]);
    }

    /// The observer joins again. Up to `early` events occur before the server sends the presence, which already
    /// contains them.
    fn returns(&mut self, early: usize) {
        for _ in 0..100 {
            if self.is_listening() {
                break;
            }
            self.rig.wait(1_000.0);
        }
        assert!(self.is_listening(), "{:?}", self.rig.states);
        for _ in 0..early {
            self.count += 1;
            let (user, tab) = (self.random.below(USERS.len()), self.random.below(TABS));
            match self.random.below(3) {
                0 => self.comes(user, tab),
                1 => self.leaves(user, tab),
                _ => self.is_tracked(user, tab),
            }
        }
        let mut everybody = Map::new();
        let mut heard = Vec::new();
        for ((user, tab), known) in &self.tabs {
            let person = everybody.entry(USERS[*user]).or_insert_with(|| json!({"metas": []}));
            for (_, entry) in &known.entries {
                // The order of entries has no meaning.
                let metas = person["metas"].as_array_mut().expect("a list");
                metas.insert(self.random.below(metas.len() + 1), entry.clone());
                heard.push((*user, *tab, entry.clone()));
            }
        }
        for (user, tab, entry) in heard {
            self.hear(user, tab, &entry);
        }
        self.tell("presence_state", &Value::Object(everybody));
    }

    /// The people that the observer should report: user, arrival, state.
    fn expected(&self) -> Vec<(String, u64, u64)> {
        let mut others = Vec::new();
        for (user, name) in USERS.iter().enumerate().filter(|(_, name)| **name != "ada") {
            let tabs = || self.tabs.iter().filter(|((of, _), _)| *of == user).map(|(_, tab)| tab);
            let Some(since) = tabs().map(|tab| tab.since).min() else { continue };
            let (_, shown) = tabs().map(|tab| tab.heard).max().expect("a tab");
            others.push((since, (*name).to_owned(), shown));
        }
        others.sort();
        others.into_iter().map(|(since, name, shown)| (name, since, shown)).collect()
    }

    fn told(&self) -> Vec<(String, u64, u64)> {
        let others = self.rig.others.get(&1).map(Vec::as_slice).unwrap_or_default();
        let of = |member: &workflow_db::realtime::Member<crate::support::Json>| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            let since = member.since_ms as u64;
            let state = member.state.to_value();
            (member.user_id.clone(), since, state["x"].as_u64().expect("a number"))
        };
        others.iter().map(of).collect()
    }
}

proptest! {
    #![proptest_config(crate::properties::config(400))]

    #[test]
    fn the_observer_reports_the_people_that_the_server_lists(
        happenings in proptest::collection::vec(happening(), 1..80),
        seed in any::<u64>(),
    ) {
        let mut model = Model::new(seed);
        for happening in &happenings {
            model.happen(happening);
            // While away, the observer keeps what it saw last.
            if model.is_listening() {
                let before = model.rig.now;
                model.rig.wait(20.0);
                prop_assert_eq!(model.told(), model.expected(), "after {:?}", happening);
                prop_assert!(model.rig.now.monotonic_ms > before.monotonic_ms);
            }
        }
        model.happen(&Happening::Returns(0));
        model.rig.wait(20.0);
        prop_assert_eq!(model.told(), model.expected());
    }
}
