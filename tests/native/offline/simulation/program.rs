//! A program: what the devices do and what happens to them, step by step. It is a value, so that it can be shortened.

use crate::support::random::Random;

pub const DEVICES: usize = 2;
pub const TABS: usize = 2;
pub const USERS: usize = 2;

/// A write of the application. `which` chooses among the rows that it sees.
#[derive(Clone, Copy, Debug)]
pub enum Write {
    Create,
    CreateBelow { which: usize },
    Label { which: usize, is_bad: bool, has_version: bool },
    Rename { which: usize, name: usize },
    Move { which: usize, to: usize },
    Save { which: usize },
    Delete { which: usize },
    Favor { which: usize },
    Disfavor { which: usize },
    Set,
}

/// How a transaction of the browser's database ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Commit {
    Done,
    /// It is aborted: the quota is exceeded, or the disk fails.
    Fails,
    CrashBefore,
    CrashAfter,
    /// The disk is slow: the tab learns late that it is done.
    Slow,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delivery {
    Answered,
    LostBefore,
    LostAfter,
    /// 503, with or without a pause to keep.
    Busy {
        asks: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum Step {
    Queue {
        device: usize,
        tab: usize,
        write: Write,
        commit: Commit,
    },
    /// The next thing that the flusher of a tab does.
    Advance {
        device: usize,
        tab: usize,
        commit: Commit,
        delivery: Delivery,
    },
    Crash {
        device: usize,
        tab: usize,
    },
    CrashAll {
        device: usize,
    },
    /// Another tab becomes the leader while the request of this one is in flight.
    TakeOver {
        device: usize,
    },
    Online {
        device: usize,
        is_online: bool,
    },
    Flush {
        device: usize,
        tab: usize,
    },
    SignIn {
        device: usize,
        user: usize,
    },
    Retry {
        device: usize,
        which: usize,
    },
    Discard {
        device: usize,
        which: usize,
    },
    Forbid {
        which: usize,
    },
    Allow,
    Pass {
        ms: f64,
    },
    /// Ends every fault and waits until nothing is in flight.
    Rest,
}

pub type Program = Vec<(u64, Step)>;

/// The program of a seed.
pub fn generate(seed: u64, length: usize) -> Program {
    let random = Random::new(seed);
    let mut steps: Program = (1..length).map(|_| (random.bits(), step(&random))).collect();
    steps.push((random.bits(), Step::Rest));
    steps
}

fn step(random: &Random) -> Step {
    let (device, tab) = (random.below(DEVICES), random.below(TABS));
    match random.below(100) {
        0..30 => Step::Queue { device, tab, write: write(random), commit: commit(random) },
        30..72 => Step::Advance { device, tab, commit: commit(random), delivery: delivery(random) },
        72..75 => Step::Crash { device, tab },
        75..77 => Step::CrashAll { device },
        77..79 => Step::TakeOver { device },
        79..83 => Step::Online { device, is_online: random.chance(0.6) },
        83 => Step::Flush { device, tab },
        84..86 => Step::SignIn { device, user: random.below(USERS) },
        86..89 => Step::Retry { device, which: random.below(8) },
        89..91 => Step::Discard { device, which: random.below(8) },
        91 => Step::Forbid { which: random.below(64) },
        92 => Step::Allow,
        93..99 => Step::Pass { ms: (random.fraction() * 5_000.0).round() },
        _ if random.chance(0.3) => Step::Rest,
        _ => Step::Pass { ms: 60_000.0 },
    }
}

fn write(random: &Random) -> Write {
    let which = random.below(64);
    match random.below(20) {
        0..2 => Write::Create,
        2..5 => Write::CreateBelow { which },
        5..10 => Write::Label { which, is_bad: random.chance(0.05), has_version: random.chance(0.2) },
        10..12 => Write::Rename { which, name: random.below(4) },
        12 => Write::Move { which, to: random.below(64) },
        13 => Write::Save { which },
        14..16 => Write::Delete { which },
        16..18 => Write::Favor { which },
        18 => Write::Disfavor { which },
        _ => Write::Set,
    }
}

fn commit(random: &Random) -> Commit {
    match random.below(40) {
        0..2 => Commit::Fails,
        2 => Commit::CrashBefore,
        3 => Commit::CrashAfter,
        4..8 => Commit::Slow,
        _ => Commit::Done,
    }
}

fn delivery(random: &Random) -> Delivery {
    match random.below(10) {
        0 => Delivery::LostBefore,
        1..3 => Delivery::LostAfter,
        3 => Delivery::Busy { asks: random.chance(0.3) },
        _ => Delivery::Answered,
    }
}
