//! Random use by several tabs over a bad network, and what must be true whenever everything has come to rest.

mod checks;
mod live;
mod tab;

use crate::support::random::Random;
use crate::support::World;
use crate::variable;
use serde_json::Value;
use tab::Tab;

/// Steps between two rests.
const ROUND: usize = 250;

/// Says how to repeat a run that fails.
struct Witness {
    seed: u64,
    step: usize,
}

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let steps = self.step + ROUND;
            eprintln!("failed after {} steps; to repeat: SEED={} STEPS={steps}", self.step, self.seed);
        }
    }
}

/// One life of a world, from one seed. Answers everything that was asked of the server.
fn live(seed: u64, steps: usize) -> Vec<String> {
    let world = World::from_seed(seed);
    let random = Random::new(seed ^ 0x5eed);
    let mut witness = Witness { seed, step: 0 };
    world.server().max_rows = *random.pick(&[2, 3, 7, 1_000]);
    let mut tabs: Vec<Tab> = (0..3).map(|number| Tab::new(&world, number)).collect();
    while witness.step < steps {
        world.network().random_faults(*random.pick(&[0.01, 0.1, 0.3]));
        for _ in 0..ROUND {
            let tab = random.below(tabs.len());
            tabs[tab].step(&world, &random);
            witness.step += 1;
        }
        world.network().random_faults(0.0);
        world.quiesce();
        for tab in &mut tabs {
            tab.check_deliveries(&world);
            tab.check_inserts(&world);
            tab.check_cache(&world);
        }
    }
    let requests = world.take_requests();
    requests.iter().map(|request| format!("{} {} {:?}", request.at_ms, request.line, request.body)).collect()
}

#[test]
fn simulation_of_random_use() {
    let (seed, steps) = (variable("SEED", 1), usize::try_from(variable("STEPS", 20_000)).expect("steps"));
    let lives = if std::env::var("SEED").is_ok() { 1 } else { 8 };
    for life in 0..lives {
        live(seed + life, steps / usize::try_from(lives).expect("few"));
    }
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let first = live(7, 500);
    assert!(first.len() > 100, "{} requests", first.len());
    assert_eq!(first, live(7, 500));
}

/// A member that is text; empty where there is none.
fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
