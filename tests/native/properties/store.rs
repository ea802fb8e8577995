//! The store, compared with a simple list that does the same slowly.

use crate::support::Json;
use proptest::prelude::*;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use workflow_db::cache::{CacheConfig, Freshness, Shape, Store};
use workflow_db::time::Moment;

/// Keys with variants, and an entry that is composed of three others.
const KEYS: [&str; 9] = [
    "workflow:1",
    "workflow_nodes:1",
    "workflow_connections:1",
    "workflow:1?relations",
    "workflow:2",
    "workflows:1",
    "workflows:1?limit=2",
    "workflows:11",
    "mine",
];

const PARTS: &[&str] = &["workflow:1", "workflow_nodes:1", "workflow_connections:1"];
const WHOLE: &str = "workflow:1?relations";

#[derive(Clone, Debug)]
enum Step {
    Put(usize, Option<f64>),
    Replace(usize),
    Remove(usize),
    Get(usize),
    Touch(Vec<usize>),
    Invalidate(usize),
    Sweep,
    /// Both clocks advance. The monotonic clock may stand still, and the wall clock may go back.
    Time(f64, f64),
    Resize(usize),
    Stale(Option<f64>),
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..KEYS.len();
    prop_oneof![
        6 => (key.clone(), proptest::option::of(0.0..50.0)).prop_map(|(key, ttl)| Step::Put(key, ttl)),
        2 => key.clone().prop_map(Step::Replace),
        1 => key.clone().prop_map(Step::Remove),
        6 => key.clone().prop_map(Step::Get),
        2 => proptest::collection::vec(key.clone(), 0..4).prop_map(Step::Touch),
        1 => key.prop_map(Step::Invalidate),
        1 => Just(Step::Sweep),
        3 => (0.0..20.0, -20.0..20.0).prop_map(|(monotonic, wall)| Step::Time(monotonic, wall)),
        1 => (1_usize..8).prop_map(Step::Resize),
        1 => proptest::option::of(0.0..30.0).prop_map(Step::Stale),
    ]
}

#[derive(Clone)]
struct Known {
    key: &'static str,
    value: u32,
    stored: Moment,
    ttl_ms: f64,
}

/// The entries, most recently used first.
struct Model {
    entries: Vec<Known>,
    max_size: usize,
    stale_ms: Option<f64>,
    now: Moment,
    evictions: f64,
    expirations: f64,
}

impl Model {
    fn age(&self, entry: &Known) -> f64 {
        (self.now.monotonic_ms - entry.stored.monotonic_ms).max(self.now.wall_ms - entry.stored.wall_ms)
    }

    fn remove(&mut self, key: &str) -> Option<Known> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        let entry = self.entries.remove(index);
        self.drop_whole(key);
        Some(entry)
    }

    fn drop_whole(&mut self, part: &str) {
        if PARTS.contains(&part) {
            self.entries.retain(|entry| entry.key != WHOLE);
        }
    }

    fn put(&mut self, entry: Known) {
        self.entries.retain(|known| known.key != entry.key);
        self.drop_whole(entry.key);
        self.entries.insert(0, entry);
        self.evict();
    }

    fn evict(&mut self) {
        while self.entries.len() > self.max_size {
            let last = self.entries.pop().expect("there is one");
            self.evictions += 1.0;
            self.drop_whole(last.key);
        }
    }

    fn touch(&mut self, key: &str) {
        let parts: &[&str] = if key == WHOLE { PARTS } else { &[] };
        for key in parts.iter().chain([&key]) {
            if let Some(index) = self.entries.iter().position(|entry| entry.key == *key) {
                let entry = self.entries.remove(index);
                self.entries.insert(0, entry);
            }
        }
    }

    fn get(&mut self, key: &str) -> Option<(u32, Freshness)> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?.clone();
        let age = self.age(&entry);
        if age >= entry.ttl_ms {
            self.expirations += 1.0;
            self.remove(key);
            return None;
        }
        self.touch(key);
        let is_stale = self.stale_ms.is_some_and(|limit| age >= limit);
        Some((entry.value, if is_stale { Freshness::Stale } else { Freshness::Fresh }))
    }

    fn remove_old(&mut self) {
        let old: Vec<&str> =
            self.entries.iter().filter(|it| self.age(it) >= it.ttl_ms).map(|it| it.key).collect();
        let before = self.entries.len();
        for key in old {
            self.remove(key);
        }
        #[allow(clippy::cast_precision_loss, reason = "a handful")]
        let removed = (before - self.entries.len()) as f64;
        self.expirations += removed;
    }
}

const TTL_MS: f64 = 30.0;

fn config(model: &Model) -> CacheConfig {
    CacheConfig { default_ttl_ms: TTL_MS, max_size: model.max_size, stale_ms: model.stale_ms }
}

fn row(value: u32) -> Json {
    Json::from(json!({"id": value}))
}

fn value_of(data: &Json) -> u32 {
    u32::try_from(data.to_value()["id"].as_u64().expect("a number")).expect("small")
}

fn contents(store: &Store<Json>) -> Vec<(String, u32)> {
    store.iter().map(|(key, entry)| (key.to_string(), value_of(&entry.data))).collect()
}

proptest! {
    #![proptest_config(super::config(1_000))]

    #[test]
    fn the_store_behaves_like_a_simple_list(steps in proptest::collection::vec(step(), 1..60)) {
        let mut store = Store::<Json>::default();
        let now = Moment { monotonic_ms: 0.0, wall_ms: 1_000.0 };
        let mut model =
            Model { entries: Vec::new(), max_size: 5, stale_ms: None, now, evictions: 0.0, expirations: 0.0 };
        store.configure(config(&model));
        for (number, step) in (0_u32..).zip(steps) {
            let before: HashMap<String, u32> = contents(&store).into_iter().collect();
            match &step {
                Step::Put(key, ttl_ms) => {
                    let (key, ttl) = (KEYS[*key], ttl_ms.unwrap_or(TTL_MS));
                    store.put(key, row(number), Shape::Foreign, *ttl_ms, model.now);
                    model.put(Known { key, value: number, stored: model.now, ttl_ms: ttl });
                }
                Step::Replace(key) => {
                    store.replace(KEYS[*key], row(number), "1", true);
                    if let Some(entry) = model.entries.iter_mut().find(|entry| entry.key == KEYS[*key]) {
                        entry.value = number;
                        model.drop_whole(KEYS[*key]);
                    }
                }
                Step::Remove(key) => {
                    prop_assert_eq!(store.remove(KEYS[*key]), model.remove(KEYS[*key]).is_some());
                }
                Step::Get(key) => {
                    let got = store.get(KEYS[*key], model.now);
                    let got = got.map(|(entry, freshness)| (value_of(&entry.data), freshness));
                    prop_assert_eq!(got, model.get(KEYS[*key]));
                }
                Step::Touch(keys) => {
                    let entries = keys.iter().filter_map(|key| store.peek(KEYS[*key]));
                    let slots: Vec<u32> = entries.map(|entry| entry.slot).collect();
                    // An unknown slot is ignored.
                    store.touch_slots(&[slots, vec![9_999]].concat());
                    for key in keys {
                        if model.entries.iter().any(|entry| entry.key == KEYS[*key]) {
                            model.touch(KEYS[*key]);
                        }
                    }
                }
                Step::Invalidate(key) => {
                    let base = KEYS[*key];
                    store.remove_where(&|key, _| workflow_db::cache::is_variant_of(key, base));
                    for key in KEYS {
                        let rest = key.strip_prefix(base);
                        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('?')) {
                            model.remove(key);
                        }
                    }
                }
                Step::Sweep => {
                    store.sweep(model.now);
                    model.remove_old();
                }
                Step::Time(monotonic, wall) => {
                    model.now.monotonic_ms += monotonic;
                    model.now.wall_ms += wall;
                }
                Step::Resize(size) => {
                    model.max_size = *size;
                    store.configure(config(&model));
                    model.evict();
                }
                Step::Stale(stale_ms) => {
                    model.stale_ms = *stale_ms;
                    store.configure(config(&model));
                }
            }
            let expected: Vec<_> =
                model.entries.iter().map(|entry| (entry.key.to_owned(), entry.value)).collect();
            let after = contents(&store);
            prop_assert_eq!(&after, &expected, "after {:?}", step);
            prop_assert!(after.len() <= model.max_size);
            prop_assert_eq!(store.stats().evictions, model.evictions);
            prop_assert_eq!(store.stats().expirations, model.expirations);
            let slots: HashSet<u32> = store.iter().map(|(_, entry)| entry.slot).collect();
            prop_assert_eq!(slots.len(), after.len(), "every entry has a number of its own");
            let updates: HashSet<String> = store.take_updates().iter().map(ToString::to_string).collect();
            let after: HashMap<String, u32> = after.into_iter().collect();
            for key in KEYS {
                let is_changed = before.get(key) != after.get(key);
                prop_assert!(!is_changed || updates.contains(key), "{} changed unnoticed at {:?}", key, step);
            }
            for entry in &model.entries {
                let ends_ms = entry.stored.monotonic_ms + entry.ttl_ms;
                prop_assert!(store.next_expiry_ms() <= ends_ms + 1e-6, "rounding aside");
            }
        }
    }
}
