//! Shortens a failing program: removes steps while the same check fails (delta debugging).

use super::program::{Program, Step};
use super::run::{run, Failure};
use crate::support::Options;

/// The number of attempts after which the program is short enough.
const MAX_RUNS: usize = 600;

/// The shortest program found that fails at the same source location, with its failure.
pub fn shrunk(program: &Program, failure: &Failure) -> (Program, Failure) {
    let mut program = program.clone();
    program.steps.truncate(failure.step + 1);
    let mut shrinker = Shrinker { program, failure: failure.clone(), runs: 0 };
    loop {
        let before = shrinker.program.steps.len();
        shrinker.leave_out();
        if shrinker.program.steps.len() == before || shrinker.runs >= MAX_RUNS {
            break;
        }
    }
    shrinker.simplify();
    (shrinker.program, shrinker.failure)
}

struct Shrinker {
    program: Program,
    failure: Failure,
    runs: usize,
}

impl Shrinker {
    /// Keeps the candidate if it fails in the same way.
    fn keeps(&mut self, mut candidate: Program) -> bool {
        self.runs += 1;
        match run(&candidate) {
            Err(failure) if failure.place == self.failure.place => {
                candidate.steps.truncate(failure.step + 1);
                self.program = candidate;
                self.failure = failure;
                true
            }
            _ => false,
        }
    }

    /// Removes smaller and smaller parts.
    fn leave_out(&mut self) {
        let mut size = self.program.steps.len() / 2;
        while size > 0 && self.runs < MAX_RUNS {
            let mut start = 0;
            while start < self.program.steps.len() && self.runs < MAX_RUNS {
                let mut candidate = self.program.clone();
                let end = (start + size).min(candidate.steps.len());
                candidate.steps.drain(start..end);
                if !self.keeps(candidate) {
                    start += size;
                }
            }
            size /= 2;
        }
    }

    /// Simplifies the remaining steps.
    fn simplify(&mut self) {
        let mut place = 0;
        // Steps after the failure can be removed.
        while place < self.program.steps.len() {
            if let Some(plainer) = plainer(&self.program.steps[place].1) {
                let mut candidate = self.program.clone();
                candidate.steps[place].1 = plainer;
                self.keeps(candidate);
            }
            place += 1;
        }
    }
}

fn plainer(step: &Step) -> Option<Step> {
    match step {
        Step::Call { tab, name, arguments, options } => {
            let is_plain = !options.fresh && options.ttl_ms.is_none() && options.timeout_ms.is_none();
            (!is_plain).then(|| Step::Call {
                tab: *tab,
                name,
                arguments: arguments.clone(),
                options: Options::default(),
            })
        }
        Step::Pass { ms } if *ms != 100.0 => Some(Step::Pass { ms: 100.0 }),
        _ => None,
    }
}
