//! Random use of the outbox by devices with several tabs, over a bad network and a bad disk, with crashes at every step;
//! and what must be true of every step and at rest.
//!
//! A program is made from a seed. One that fails is made as short as possible and printed.

mod device;
mod oracle;
mod program;
mod run;
mod server;

use crate::variable;
use program::{generate, Program};
use run::{run, Failure, Summary};

/// Steps of one program.
const LENGTH: u64 = 500;

/// Runs the program of a seed. One that fails is shown as short as it gets.
fn live(seed: u64, length: u64) -> Summary {
    let program = generate(seed, usize::try_from(length).expect("steps"));
    run(&program).unwrap_or_else(|failure| {
        eprintln!("failed after {} steps; to repeat: SEED={seed} STEPS={length}", failure.step);
        eprintln!("{}", failure.message);
        let (short, failure) = shrunk(program, failure);
        let steps: Vec<_> = short.iter().map(|step| format!("{step:?},\n")).collect();
        panic!("{}\n\n{}", failure.message, steps.concat());
    })
}

/// Leaves out steps as long as the same thing fails.
fn shrunk(mut program: Program, mut failure: Failure) -> (Program, Failure) {
    let kind = |message: &str| message.replace(|letter: char| letter.is_ascii_digit(), "");
    program.truncate(failure.step + 1);
    let mut size = program.len() / 2;
    while size > 0 {
        let mut start = 0;
        while start < program.len() {
            let mut candidate = program.clone();
            candidate.drain(start..(start + size).min(program.len()));
            match run(&candidate) {
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
