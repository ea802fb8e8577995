//! What holds for all values.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

mod inputs;
mod keyset;
mod matching;
mod retry;
mod store;
mod timestamps;
mod urls;
mod values;

/// So many cases, the same in every run; `SEED=…` tries others.
pub fn config(cases: u32) -> ProptestConfig {
    let seed = crate::variable("SEED", 1);
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
