//! What happens to requests on their way.

use super::random::Random;
use std::cell::{Cell, RefCell};

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// It is lost before the server has it.
    LostBefore,
    /// The server does it, and the answer is lost.
    LostAfter,
    /// The server does it, the connection breaks, and the browser itself sends it once more.
    Duplicate,
    /// Something in front of the server answers this status, with a `Retry-After` in seconds.
    Gateway(u16, Option<u32>),
    /// The server answers this status and code without doing it.
    Refused(u16, &'static str),
    /// The server does it, and a proxy answers with this JSON and status instead.
    Replaced(u16, &'static str),
    /// The server does it, and a proxy replaces or removes the response's `Content-Range`.
    Range(Option<&'static str>),
    /// A cache on the way ignores from where the list is to go on, and answers its beginning again.
    Beginning,
    /// The server does it, and a proxy changes the response's rows.
    Altered(fn(&mut Vec<serde_json::Value>)),
    /// The server does it, and its answer breaks off.
    Truncated,
    /// The server does it, and nothing comes back.
    HangAfter,
    /// It stays on its way for ever.
    HangBefore,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    pub there_ms: f64,
    pub back_ms: f64,
    pub fault: Option<Fault>,
}

struct Rule {
    /// The beginning of `METHOD path`.
    matching: String,
    fate: Fate,
    times: u32,
}

pub struct Network {
    rules: RefCell<Vec<Rule>>,
    normal: Cell<Fate>,
    /// How probable a random fault is.
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
    /// The next request that begins like this, `GET workflows?` say, meets this fault.
    pub fn once(&self, matching: &str, fault: Fault) {
        self.times(1, matching, fault);
    }

    /// As `once`, before all faults that are set already.
    pub fn first(&self, matching: &str, fault: Fault) {
        self.once(matching, fault);
        self.rules.borrow_mut().rotate_right(1);
    }

    /// The next `times` requests that begin like this meet this fault.
    pub fn times(&self, times: u32, matching: &str, fault: Fault) {
        self.rule(times, matching, Fate { fault: Some(fault), ..self.normal.get() });
    }

    /// No fault that was set waits for a request any more.
    pub fn heal(&self) {
        self.rules.borrow_mut().clear();
    }

    /// The next request that begins like this takes so long there and back.
    pub fn slow(&self, matching: &str, there_ms: f64, back_ms: f64) {
        self.rule(1, matching, Fate { there_ms, back_ms, fault: None });
    }

    fn rule(&self, times: u32, matching: &str, fate: Fate) {
        self.rules.borrow_mut().push(Rule { matching: matching.to_owned(), fate, times });
    }

    /// From now on, requests take random times, and this part of them meets a random fault.
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
