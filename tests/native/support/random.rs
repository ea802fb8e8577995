//! Random numbers that a seed reproduces exactly (`SplitMix64`).

use std::cell::Cell;

pub struct Random {
    state: Cell<u64>,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { state: Cell::new(seed) }
    }

    pub fn bits(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Restarts from this seed.
    pub fn reseed(&self, seed: u64) {
        self.state.set(seed);
    }

    /// Uniform in [0, 1).
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn fraction(&self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below `bound`.
    #[allow(clippy::cast_possible_truncation, reason = "the bound is a usize")]
    pub fn below(&self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    pub fn chance(&self, probability: f64) -> bool {
        self.fraction() < probability
    }

    pub fn pick<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    pub fn uuid(&self) -> String {
        let (high, low) = (self.bits(), self.bits());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}

/// The uuid that belongs to a name.
pub fn uuid_of(name: &str) -> String {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Random::new(seed).uuid()
}
