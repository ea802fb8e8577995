//! A browser: a database for each user, tabs that share it, and the flusher of each tab.

use super::planted::Planted;
use super::program::{Commit, Delivery, TABS, USERS};
use crate::offline::stored::{text, Stored};
use serde_json::{json, Value};
use workflow_db::offline::{Flusher, Outcome, Poll};

/// A request that was sent, and what came back.
pub struct InFlight {
    pub sent: Value,
    /// The version of the row.
    pub answer: Result<Option<String>, Value>,
    pub retry_after_ms: Option<f64>,
}

#[derive(Default)]
pub struct Tab {
    pub flusher: Flusher,
    /// The write that is marked on disk; the tab has not learned yet that it is.
    pub begun: Option<Value>,
    pub in_flight: Option<InFlight>,
}

pub struct Device {
    pub users: [Stored; USERS],
    pub tabs: [Tab; TABS],
    pub leader: Option<usize>,
    pub is_online: bool,
    pub user: usize,
    planted: Option<Planted>,
}

/// Whether a record waits to be sent, or is being sent.
pub fn is_due(record: &Value) -> bool {
    matches!(text(&record["state"]), "pending" | "sending")
}

impl Device {
    pub fn new(planted: Option<Planted>) -> Self {
        let (users, tabs) = Default::default();
        Self { users, tabs, leader: None, is_online: true, user: 0, planted }
    }

    pub fn stored(&self) -> &Stored {
        &self.users[self.queue()]
    }

    /// Which queue is used.
    fn queue(&self) -> usize {
        if self.planted == Some(Planted::SharedQueue) {
            0
        } else {
            self.user
        }
    }

    /// Takes a step in a transaction of a tab. Returns the step if it was stored, and whether the tab lives to see it.
    pub fn transact(&mut self, tab: usize, input: Value, commit: Commit) -> (Option<Value>, bool) {
        let queue = self.queue();
        let stored = &mut self.users[queue];
        let mut next = stored.clone();
        let step = match self.planted {
            Some(planted) => planted.transact(&mut next, &input),
            None => next.transact(input),
        };
        let is_stored = matches!(commit, Commit::Done | Commit::CrashAfter | Commit::Slow);
        if is_stored {
            *stored = next;
        }
        let crashes = matches!(commit, Commit::CrashBefore | Commit::CrashAfter);
        if crashes {
            self.crash(tab);
        }
        (is_stored.then_some(step), !crashes)
    }

    /// The tab is gone, and opened again.
    pub fn crash(&mut self, tab: usize) {
        self.tabs[tab] = Tab::default();
        self.tabs[tab].flusher.set_online(self.is_online);
        if self.leader == Some(tab) {
            self.leader = None;
        }
    }

    /// Another user is signed in: the calls of the one before are aborted.
    pub fn sign_in(&mut self, user: usize) {
        if user != self.user {
            self.user = user;
            (0..TABS).for_each(|tab| self.crash(tab));
        }
    }

    pub fn set_online(&mut self, is_online: bool) {
        self.is_online = is_online;
        self.tabs.iter_mut().for_each(|tab| tab.flusher.set_online(is_online));
    }

    /// The tab that leads is frozen, and loses the lock.
    pub fn take_over(&mut self) {
        if let Some(tab) = self.leader.take() {
            self.tabs[tab].flusher.set_leader(false);
        }
    }

    /// Makes the tab lead if none does. Returns whether it leads.
    fn leads(&mut self, tab: usize, commit: Commit) -> bool {
        if self.leader.is_none() {
            let (step, lives) = self.transact(tab, json!("recover"), commit);
            if step.is_none() || !lives {
                return false;
            }
            self.leader = Some(tab);
            self.tabs[tab].flusher.set_leader(true);
        }
        self.leader == Some(tab)
    }

    /// The tab learns that the write which it marked is marked. Returns that, unless another tab leads by now.
    pub fn marked(&mut self, tab: usize, now_ms: f64) -> Option<Value> {
        let sent = self.tabs[tab].begun.take().filter(|_| self.leader == Some(tab));
        if sent.is_none() {
            self.tabs[tab].flusher.settled(None, now_ms, 0.5, None);
        }
        sent
    }

    /// Begins the next write if it is time. Returns what is to be sent.
    pub fn begin(&mut self, tab: usize, commit: Commit, now_ms: f64) -> Option<Value> {
        if !self.leads(tab, commit) {
            return None;
        }
        let has_pending = self.stored().records.iter().any(is_due);
        let flusher = &mut self.tabs[tab].flusher;
        flusher.set_pending(has_pending);
        if flusher.poll(now_ms) != Poll::Send {
            return None;
        }
        let (step, lives) = self.transact(tab, json!("begin"), commit);
        if !lives {
            return None;
        }
        let Some(step) = step else {
            self.tabs[tab].flusher.settled(Some(Outcome::Retry), now_ms, 0.5, None);
            return None;
        };
        assert!(!step["result"].is_null(), "writes are pending, and none is begun");
        Some(step["result"].clone())
    }

    /// The answer of the request in flight is stored. Returns the record's id and the outcome, if they are.
    pub fn settle(&mut self, tab: usize, commit: Commit, now_ms: f64) -> Option<(Value, Outcome)> {
        let InFlight { sent, answer, retry_after_ms } = self.tabs[tab].in_flight.take()?;
        let (error, version) = match answer {
            Ok(version) => (Value::Null, version),
            Err(error) => (error, None),
        };
        let settle =
            json!({"id": sent["id"], "attempt": sent["attempt"], "error": error, "updatedAt": version});
        let (step, lives) = self.transact(tab, json!({ "settle": settle }), commit);
        let outcome = step.map(|step| match step["result"].as_str() {
            Some("done") => Outcome::Done,
            Some("retry") => Outcome::Retry,
            Some("refused") => Outcome::Refused,
            _ => Outcome::Stale,
        });
        if lives {
            let known = outcome.unwrap_or(Outcome::Retry);
            self.tabs[tab].flusher.settled(Some(known), now_ms, 0.5, retry_after_ms);
        }
        outcome.map(|outcome| (sent["id"].clone(), outcome))
    }
}

/// What arrives at the server, and what comes back.
pub fn deliver(
    delivery: Delivery,
    request: impl FnOnce() -> Result<Option<String>, Value>,
) -> (Result<Option<String>, Value>, Option<f64>) {
    let lost = || Err(json!({"code": "NETWORK", "message": "lost"}));
    match delivery {
        Delivery::Answered => (request(), None),
        Delivery::LostBefore => (lost(), None),
        Delivery::LostAfter => {
            let _ = request();
            (lost(), None)
        }
        Delivery::Busy { asks } => {
            let busy = json!({"code": "UNKNOWN_ERROR", "message": "busy", "status": 503});
            (Err(busy), asks.then_some(30_000.0))
        }
    }
}
