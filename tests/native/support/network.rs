//! What happens to requests in transit.

use super::random::Random;
use std::cell::{Cell, RefCell};

/// A fault of a request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The request is lost before it reaches the server.
    LostBefore,
    /// The server executes it, but the response is lost.
    LostAfter,
    /// The server executes it, the connection breaks, and the browser itself sends it again.
    Duplicate,
    /// A gateway responds with this status and a `Retry-After` in seconds.
    Gateway(u16, Option<u32>),
    /// The server responds with this status and code without executing it.
    Refused(u16, &'static str),
    /// The server executes it, but a proxy responds with this status and JSON.
    Replaced(u16, &'static str),
    /// The API relay passes on a service's response with this status and JSON.
    Service(u16, &'static str),
    /// The server does it, and a proxy replaces or removes the response's `Content-Range`.
    Range(Option<&'static str>),
    /// An intermediate cache ignores the keyset position and returns the start of the list again.
    Beginning,
    /// The server does it, and a proxy changes the response's rows.
    Altered(fn(&mut Vec<serde_json::Value>)),
    /// The server executes it, but the response is truncated.
    Truncated,
    /// The server executes it, but no response arrives.
    HangAfter,
    /// The request never reaches the server and never fails.
    HangBefore,
}

/// The fate of one request.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    pub there_ms: f64,
    pub back_ms: f64,
    pub fault: Option<Fault>,
}

struct Rule {
    /// The start of `METHOD path`.
    matching: String,
    fate: Fate,
    times: u32,
}

pub struct Network {
    rules: RefCell<Vec<Rule>>,
    normal: Cell<Fate>,
    /// The probability of a random fault.
    fault_rate: Cell<f64>,
}

impl Default for Network {
    fn default() -> Self {
        let normal = Fate { there_ms: 10.0, back_ms: 10.0, fault: None };
        Self { rules: RefCell::default(), normal: Cell::new(normal), fault_rate: Cell::new(0.0) }
    }
}

const FAULTS: [Fault; 10] = [
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::Duplicate,
    Fault::Gateway(503, None),
    Fault::Gateway(429, Some(1)),
    Fault::Refused(500, "40001"),
    Fault::Refused(500, "57014"),
    Fault::Truncated,
    Fault::HangAfter,
    Fault::HangBefore,
];

impl Network {
    /// Applies this fault to the next request that starts like this, such as `GET workflows?`.
    pub fn once(&self, matching: &str, fault: Fault) {
        self.times(1, matching, fault);
    }

    /// Like `once`, but takes precedence over existing faults.
    pub fn first(&self, matching: &str, fault: Fault) {
        self.once(matching, fault);
        self.rules.borrow_mut().rotate_right(1);
    }

    /// Applies this fault to the next `times` requests that start like this.
    pub fn times(&self, times: u32, matching: &str, fault: Fault) {
        self.rule(times, matching, Fate { fault: Some(fault), ..self.normal.get() });
    }

    /// Removes all pending faults.
    pub fn heal(&self) {
        self.rules.borrow_mut().clear();
    }

    /// Delays the next request that starts like this, in each direction.
    pub fn slow(&self, matching: &str, there_ms: f64, back_ms: f64) {
        self.rule(1, matching, Fate { there_ms, back_ms, fault: None });
    }

    fn rule(&self, times: u32, matching: &str, fate: Fate) {
        self.rules.borrow_mut().push(Rule { matching: matching.to_owned(), fate, times });
    }

    /// From now on, requests take random times, and this share of them meets a random fault.
    pub fn random_faults(&self, rate: f64) {
        self.fault_rate.set(rate);
    }

    pub fn fate(&self, request: &str, random: &Random) -> Fate {
        let mut rules = self.rules.borrow_mut();
        if let Some(index) = rules.iter().position(|rule| request.starts_with(&rule.matching)) {
            let fate = rules[index].fate;
            rules[index].times -= 1;
            if rules[index].times == 0 {
                rules.remove(index);
            }
            return fate;
        }
        let rate = self.fault_rate.get();
        if rate == 0.0 {
            return self.normal.get();
        }
        let fault = random.chance(rate).then(|| *random.pick(&FAULTS));
        Fate { there_ms: random.fraction() * 200.0, back_ms: random.fraction() * 200.0, fault }
    }
}
