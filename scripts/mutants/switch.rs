//! The switch that selects a mutant at run time. Only in the instrumented copy of the crate.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;

static REACHED: [AtomicBool; 8_192] = [const { AtomicBool::new(false) }; 8_192];

fn active() -> usize {
    static ACTIVE: OnceLock<usize> = OnceLock::new();
    *ACTIVE
        .get_or_init(|| std::env::var("MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX))
}

fn record() -> Option<&'static str> {
    static PATH: OnceLock<Option<String>> = OnceLock::new();
    PATH.get_or_init(|| std::env::var("MUTANTS_REACHED").ok()).as_deref()
}

/// Whether mutant number `id` is active. Notes that the test reached it, if the driver asks for that.
pub fn is(id: usize) -> bool {
    if let Some(path) = record() {
        if !REACHED[id].swap(true, Ordering::Relaxed) {
            let mut file =
                std::fs::OpenOptions::new().create(true).append(true).open(path).expect("the record");
            file.write_all(format!("{id}\n").as_bytes()).expect("the record");
        }
    }
    id == active()
}
