//! The two clocks, timestamps, timeouts and backoffs. Nothing here reads a clock.

mod backoff;
mod limits;
pub mod timestamp;

pub use backoff::*;
pub use limits::*;

/// A moment on both clocks, in milliseconds.
///
/// The monotonic clock may stop while the machine sleeps; the wall clock may be set. A lifetime has ended when either
/// clock says so.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// Never goes backwards.
    pub monotonic_ms: f64,
    /// Milliseconds since 1970.
    pub wall_ms: f64,
}

impl Moment {
    /// The moment `ms` milliseconds after this one, on both clocks.
    #[must_use]
    pub fn later_by(self, ms: f64) -> Self {
        Self { monotonic_ms: self.monotonic_ms + ms, wall_ms: self.wall_ms + ms }
    }

    /// Milliseconds since `earlier`, by the clock that advanced more.
    pub fn since(self, earlier: Self) -> f64 {
        (self.monotonic_ms - earlier.monotonic_ms).max(self.wall_ms - earlier.wall_ms)
    }
}
