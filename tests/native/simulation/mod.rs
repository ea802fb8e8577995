//! Random use of the whole API by several tabs over an unreliable network, with checks after every step and at rest.
//!
//! A program is generated from a seed, run and checked. A failing program is shortened as far as possible and printed
//! as code.

mod access;
mod checks;
mod follower;
mod functions;
mod generate;
mod pages;
pub mod program;
mod recency;
mod rows;
pub mod run;
mod sharing;
mod shrink;
mod tab;

use crate::variable;
use program::{Planted, Program, Step};
use serde_json::Value;
use std::collections::BTreeSet;

/// The number of steps of a program.
const LENGTH: u64 = 2_000;

/// Runs a program that failed in the past.
#[track_caller]
pub fn replay(program: &Program) {
    if let Err(failure) = run::run(program) {
        panic!("after {} steps: {}", failure.step, failure.message);
    }
}

/// Runs the program of a seed. If it fails, shortens it and prints it.
fn live(seed: u64, length: u64) -> Vec<String> {
    let program = generate::program(seed, usize::try_from(length).expect("steps"), None);
    run::run(&program).unwrap_or_else(|failure| {
        eprintln!("failed after {} steps; to repeat: SEED={seed} STEPS={length}", failure.step);
        eprintln!("{}", failure.message);
        let (short, failure) = shrink::shrunk(&program, &failure);
        panic!("{}\n\n{}", failure.message, short.code());
    })
}

#[test]
fn random_programs_violate_no_invariant() {
    let (seed, steps) = (variable("SEED", 1), variable("STEPS", 100_000));
    if std::env::var("SEED").is_ok() && std::env::var("STEPS").is_ok() && steps <= LENGTH {
        live(seed, steps);
        return;
    }
    for life in 0..steps.div_ceil(LENGTH) {
        live(seed + life, LENGTH);
    }
}

#[test]
fn the_same_seed_repeats_the_same_run() {
    let first = live(7, 500);
    assert!(first.len() > 100, "{} requests", first.len());
    assert_eq!(first, live(7, 500));
}

#[test]
fn programs_call_every_function() {
    let called = functions::READS.iter().chain(&functions::WRITES).chain(&functions::OPTIONAL).copied();
    assert_eq!(called.collect::<BTreeSet<_>>(), workflow_db::api::names().collect());
}

/// Searches a seed whose program detects the planted fault. Returns the shortened program.
fn found(planted: Planted, message: &str) -> Program {
    for seed in 1..20 {
        let program = generate::program(seed, 1_000, Some(planted));
        // Another check may detect the fault first.
        let failure = run::run(&program).err().filter(|failure| failure.message.contains(message));
        if let Some(failure) = failure {
            let (short, failure) = shrink::shrunk(&program, &failure);
            assert!(failure.message.contains(message), "{}", failure.message);
            assert_eq!(run::run(&short).expect_err("it fails").message, failure.message);
            return short;
        }
    }
    panic!("{planted:?} was not found");
}

#[test]
fn a_server_that_inserts_twice_is_found_and_shrunk() {
    let short = found(Planted::SecondInsert, "made 2 rows");
    assert!(short.steps.len() <= 6, "{}", short.code());
    let creates = |step: &Step| matches!(step, Step::Call { name, .. } if name.starts_with("create"));
    assert!(short.steps.iter().any(|(_, step)| creates(step)), "{}", short.code());
}

#[test]
fn a_row_of_another_user_is_found_and_shrunk() {
    let short = found(Planted::OtherUsersRows, "that is not of");
    assert!(short.steps.len() <= 6, "{}", short.code());
}

#[test]
fn a_page_without_one_of_its_rows_is_found_and_shrunk() {
    let short = found(Planted::ShortPages, "] from ");
    assert!(short.steps.len() <= 12, "{}", short.code());
}

#[test]
fn a_wrong_eviction_order_is_found_and_shrunk() {
    let short = found(Planted::ForgottenUse, "is kept behind");
    assert!(short.steps.len() <= 8, "{}", short.code());
}

#[test]
fn a_row_visible_to_a_former_member_is_found_and_shrunk() {
    let short = found(Planted::FormerMembers, "no longer");
    assert!(short.steps.len() <= 20, "{}", short.code());
}

#[test]
fn an_accepted_write_of_a_viewer_is_found_and_shrunk() {
    let short = found(Planted::WritingViewers, "was not refused");
    assert!(short.steps.len() <= 20, "{}", short.code());
}

/// A text member; empty if it is missing.
fn value_text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
