//! Random use of the outbox by devices with several tabs, over a bad network and a bad disk, with crashes at every step;
//! and what must be true of every step and at rest.
//!
//! A program is made from a seed. One that fails is made as short as possible and printed.

mod device;
mod oracle;
mod planted;
mod program;
mod run;
mod server;
mod shown;

use crate::variable;
use planted::Planted;
use program::{generate, Program};
use run::{run, Failure, Summary};

/// Steps of one program.
const LENGTH: u64 = 500;

/// Runs the program of a seed. One that fails is shown as short as it gets.
fn live(seed: u64, length: u64) -> Summary {
    let program = generate(seed, usize::try_from(length).expect("steps"));
    run(&program, None).unwrap_or_else(|failure| {
        eprintln!("failed after {} steps; to repeat: SEED={seed} STEPS={length}", failure.step);
        eprintln!("{}", failure.message);
        let (short, failure) = shrunk(program, failure, None);
        let steps: Vec<_> = short.iter().map(|step| format!("{step:?},\n")).collect();
        panic!("{}\n\n{}", failure.message, steps.concat());
    })
}

/// Leaves out steps as long as the same thing fails.
fn shrunk(mut program: Program, mut failure: Failure, planted: Option<Planted>) -> (Program, Failure) {
    // Without the record that it is about.
    let kind = |message: &str| {
        let words = message.rsplit('}').next().unwrap_or_default();
        words.replace(|letter: char| letter.is_ascii_digit(), "")
    };
    program.truncate(failure.step + 1);
    let mut size = program.len() / 2;
    while size > 0 {
        let mut start = 0;
        while start < program.len() {
            let mut candidate = program.clone();
            candidate.drain(start..(start + size).min(program.len()));
            match run(&candidate, planted) {
                Err(again) if kind(&again.message) == kind(&failure.message) => {
                    candidate.truncate(again.step + 1);
                    (program, failure) = (candidate, again);
                }
                _ => start += size,
            }
        }
        size /= 2;
    }
    (program, failure)
}

#[test]
fn random_programs_keep_every_promise() {
    let (seed, steps) = (variable("SEED", 1), variable("STEPS", 100_000));
    if std::env::var("SEED").is_ok() && std::env::var("STEPS").is_ok() && steps <= LENGTH {
        live(seed, steps);
        return;
    }
    let mut total = Summary::default();
    for life in 0..steps.div_ceil(LENGTH) {
        let summary = live(seed + life, LENGTH);
        total.operations += summary.operations;
        total.requests += summary.requests;
        total.refusals += summary.refusals;
        total.needless += summary.needless;
    }
    println!("{total:?}");
    // Otherwise the programs show nothing.
    let few = [total.operations, total.requests, 20 * total.refusals, 20 * total.needless]
        .map(|count| u64::try_from(count).expect("a count") < steps / 20);
    assert_eq!(few, [false; 4], "{total:?}");
}

#[test]
fn the_same_seed_lives_the_same_life() {
    assert_eq!(live(7, 300), live(7, 300));
}

/// Looks for a seed whose program meets the planted fault, and shortens the program.
fn check_found(planted: Planted, message: &str) {
    for seed in 1..40 {
        let program = generate(seed, 500);
        // Something else may notice the fault first.
        let failure = run(&program, Some(planted)).err().filter(|failure| failure.message.contains(message));
        if let Some(failure) = failure {
            let (short, failure) = shrunk(program, failure, Some(planted));
            assert!(failure.message.contains(message), "{planted:?}: {}", failure.message);
            assert!(short.len() <= 40, "{planted:?}: {} steps: {short:?}", short.len());
            return;
        }
    }
    panic!("{planted:?} was not found");
}

#[test]
fn planted_faults_of_the_outbox_are_found_and_shown_in_few_steps() {
    let faults = [
        (Planted::Unmarked, "is sent again as if it were new"),
        (Planted::SentAsNew, "is sent again as if it were new"),
        (Planted::Unblocked, "is not blocked"),
        (Planted::RetriedAlone, "is blocked"),
        (Planted::SharedQueue, "holds no operation of"),
        (Planted::SentCancelsOut, "was sent, and is left out"),
        (Planted::MergesPastOthers, "overtakes"),
        (Planted::RefusalDropped, "is lost"),
        (Planted::LatestFirst, "overtakes"),
        (Planted::OutageRefuses, "at rest"),
    ];
    for (planted, message) in faults {
        check_found(planted, message);
    }
}
