//! The switch that selects a mutant at run time. Exists only in the instrumented copy of the crate.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;

static REACHED: [AtomicBool; 8_192] = [const { AtomicBool::new(false) }; 8_192];

/// Whether mutant number `id` is active.
pub fn is(id: usize) -> bool {
    if !REACHED[id].load(Ordering::Relaxed) {
        note(id);
    }
    id == active()
}

fn active() -> usize {
    static ACTIVE: OnceLock<usize> = OnceLock::new();
    *ACTIVE
        .get_or_init(|| std::env::var("MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX))
}

/// Records in the file `MUTANTS_REACHED`, if set, that the test reached the mutant.
#[cold]
fn note(id: usize) {
    if REACHED[id].swap(true, Ordering::Relaxed) {
        return;
    }
    if let Ok(path) = std::env::var("MUTANTS_REACHED") {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("the record");
        file.write_all(format!("{id}\n").as_bytes()).expect("the record");
    }
}
