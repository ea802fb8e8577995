//! Detects timers that fired late, which indicates a hidden tab or a sleeping machine.

use crate::time::{Moment, LATE_MS};

pub(super) struct Lateness {
    /// By how much the wall clock was ahead of the monotonic clock at the last timer. The difference grows while the
    /// machine sleeps.
    ahead_ms: f64,
    /// Whether the last timer fired late.
    was_late: bool,
}

/// How a timer fired.
#[derive(Clone, Copy)]
pub(super) struct Firing {
    /// Later than planned.
    pub is_late: bool,
    /// Late for the first time in a row, so that a missing reply may be waiting behind the timer. In a hidden tab
    /// every timer is late, and a dead server must be noticed there too.
    pub is_forgiving: bool,
}

impl Default for Lateness {
    fn default() -> Self {
        Self { ahead_ms: f64::NAN, was_late: false }
    }
}

impl Lateness {
    /// Compares the clocks, for the next timer.
    pub fn begin(&mut self, now: Moment) {
        self.ahead_ms = ahead_ms(now);
    }

    /// A timer that was due at `due_ms` fired.
    pub fn fired(&mut self, due_ms: f64, now: Moment) -> Firing {
        let is_late = now.monotonic_ms - due_ms > LATE_MS || ahead_ms(now) - self.ahead_ms > LATE_MS;
        self.begin(now);
        let was_late = std::mem::replace(&mut self.was_late, is_late);
        Firing { is_late, is_forgiving: is_late && !was_late }
    }
}

fn ahead_ms(now: Moment) -> f64 {
    now.wall_ms - now.monotonic_ms
}
