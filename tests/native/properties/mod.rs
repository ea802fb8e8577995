//! Properties that hold for all values.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

mod inputs;
mod keyset;
mod matching;
mod merging;
mod retry;
mod store;
mod timestamps;
mod urls;
mod values;

/// Runs this many cases, the same ones each time. `SEED=…` tries others, `MAX_CASES=…` fewer.
pub fn config(cases: u32) -> ProptestConfig {
    let seed = crate::variable("SEED", 1);
    let most = crate::variable("MAX_CASES", u64::from(cases));
    ProptestConfig {
        cases: cases.min(u32::try_from(most).unwrap_or(cases)),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
