//! Detects whether the socket is still alive.

use super::outbox::Outbox;
use crate::time::{Moment, CHECK_TIMEOUT_MS, HEARTBEAT_MS, HEARTBEAT_TIMEOUT_MS, RECENT_HEARTBEAT_MS};

pub(super) struct Heartbeat {
    /// When to send the next heartbeat.
    next_ms: f64,
    /// When the reply to the current one is due; infinity if there is none.
    deadline_ms: f64,
    /// The reference of the current one.
    pending: Option<String>,
    /// Whether the current one was sent on suspicion. It is not repeated: a second silence is proof.
    is_check: bool,
    sent_wall_ms: f64,
}

/// The result of a timer.
#[derive(PartialEq)]
pub(super) enum Health {
    Alive,
    Dead,
}

impl Heartbeat {
    /// Creates the heartbeat of a socket that just opened.
    pub fn new(now: Moment) -> Self {
        Self {
            next_ms: now.monotonic_ms + HEARTBEAT_MS,
            deadline_ms: f64::INFINITY,
            pending: None,
            is_check: false,
            sent_wall_ms: now.wall_ms,
        }
    }

    pub fn due_ms(&self) -> f64 {
        self.next_ms.min(self.deadline_ms)
    }

    fn beat<D>(&mut self, now: Moment, timeout_ms: f64, outbox: &mut Outbox<D>) {
        self.pending = Some(outbox.send(None, "phoenix", "heartbeat", "{}"));
        self.next_ms = now.monotonic_ms + HEARTBEAT_MS;
        self.deadline_ms = now.monotonic_ms + timeout_ms;
        self.is_check = timeout_ms < HEARTBEAT_TIMEOUT_MS;
        self.sent_wall_ms = now.wall_ms;
    }

    /// Handles the reply to the message with this reference.
    pub fn answered(&mut self, reference: Option<&str>) {
        if reference.is_some() && self.pending.as_deref() == reference {
            self.pending = None;
            self.deadline_ms = f64::INFINITY;
            self.is_check = false;
        }
    }

    /// Sends a heartbeat immediately, because the socket may have failed unnoticed.
    pub fn check<D>(&mut self, now: Moment, outbox: &mut Outbox<D>) {
        // Measured by the wall clock, as the monotonic one may have stopped while the machine slept.
        let is_recent = (0.0..RECENT_HEARTBEAT_MS).contains(&(now.wall_ms - self.sent_wall_ms));
        let is_known_alive = self.pending.is_none() && is_recent;
        if !self.is_check && !is_known_alive {
            self.beat(now, CHECK_TIMEOUT_MS, outbox);
        }
    }

    /// Handles a timer. With `is_late`, the timer fired late, and replies may be waiting behind it.
    pub fn handle_timeout<D>(&mut self, now: Moment, is_late: bool, outbox: &mut Outbox<D>) -> Health {
        if is_late {
            self.check(now, outbox);
        }
        if self.deadline_ms <= now.monotonic_ms {
            return Health::Dead;
        } else if self.next_ms <= now.monotonic_ms {
            self.beat(now, HEARTBEAT_TIMEOUT_MS, outbox);
        }
        Health::Alive
    }
}
