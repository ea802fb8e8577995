//! The engine's world, as JavaScript provides it.

use super::host;
use super::row::{deep_freeze, Row};
use crate::cache::Moment;
use crate::error::Error;
use crate::platform::{Event, Platform, Published};
use crate::rest::{Reply, Request};
use futures_util::future::Either;
use js_sys::{Date, Function, Math};
use std::cell::{Cell, RefCell};
use std::future::{ready, Future};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The package's side of a client: copies of entries from which it answers without a call into here, and whoever
    /// follows them.
    pub type Front;
    /// The entry under `key` is this now.
    #[wasm_bindgen(method)]
    fn put(this: &Front, key: &str, data: &JsValue, until_wall_ms: f64, slot: u32);
    /// There is no entry under `key`.
    #[wasm_bindgen(method)]
    fn drop(this: &Front, key: &str);
    /// The slots that were answered from since the last call, in order.
    #[wasm_bindgen(method, js_name = takeUsed)]
    fn take_used(this: &Front) -> Vec<u32>;
    /// Nothing may be answered until it is put again.
    #[wasm_bindgen(method)]
    fn withdraw(this: &Front);
    /// Something happened to an entry, or to everything.
    #[wasm_bindgen(method)]
    fn happened(this: &Front, kind: &str, key: Option<&str>);
    /// An attempt of a request begins.
    #[wasm_bindgen(method)]
    fn sent(this: &Front, request: u32, method: &str, table: &str, attempt: u32, reads: usize);
    /// It was answered, or not.
    #[wasm_bindgen(method)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object of them would cost a call into JavaScript for each"
    )]
    fn attempted(
        this: &Front,
        request: u32,
        method: &str,
        table: &str,
        attempt: u32,
        status: Option<u16>,
        code: Option<&str>,
        duration_ms: f64,
    );
    /// A `DatabaseError`.
    #[wasm_bindgen(method)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object of them would cost a call into JavaScript for each"
    )]
    pub fn error(
        this: &Front,
        code: &str,
        message: &str,
        original: &JsValue,
        status: Option<u16>,
        details: Option<&str>,
        hint: Option<&str>,
        attempts: u32,
        retryable: bool,
    ) -> JsValue;
}

/// The server that a client talks to.
#[derive(PartialEq)]
pub struct Target {
    /// Ends in `/rest/v1/`.
    pub rest_url: String,
    /// The publishable or anonymous key.
    pub key: String,
    /// The database schema.
    pub schema: String,
}

/// What the application gave at `configure`.
#[derive(Default)]
pub struct Given {
    /// The server.
    pub target: Option<Rc<Target>>,
    /// In the place of the global `fetch`.
    pub fetch: Option<Function>,
    /// Whom to ask for the user's token.
    pub token_provider: Option<Function>,
    /// Whether rows are frozen before they are handed out.
    pub is_debug: bool,
}

/// JavaScript's side of a client.
pub struct Browser {
    /// The package's side.
    pub front: Front,
    /// Whether anybody wants to hear of events.
    pub is_heard: Cell<bool>,
    given: RefCell<Given>,
}

impl Browser {
    /// With nothing configured yet.
    pub fn new(front: Front) -> Self {
        Self { front, is_heard: Cell::new(false), given: RefCell::default() }
    }

    /// Sets the server and the application's functions. True when it is another server than before.
    pub fn configure(&self, given: Given) -> bool {
        let before = self.given.replace(given);
        before.target.is_some() && before.target != self.given.borrow().target
    }

    /// What the application gets to see, frozen if it asked for that.
    pub fn handed_out(&self, value: JsValue) -> JsValue {
        if self.given.borrow().is_debug {
            deep_freeze(&value)
        } else {
            value
        }
    }

    /// Forgets the server and everything that the application gave.
    pub fn close(&self) {
        *self.given.borrow_mut() = Given::default();
    }
}

impl Platform for Browser {
    type Data = Row;

    fn now(&self) -> Moment {
        Moment { monotonic_ms: host::monotonic_ms(), wall_ms: Date::now() }
    }

    fn random(&self) -> f64 {
        Math::random()
    }

    fn uuid(&self) -> String {
        host::uuid()
    }

    fn sleep(&self, ms: f64) -> impl Future<Output = ()> + 'static {
        host::sleep(ms, true)
    }

    fn doze(&self, ms: f64) -> impl Future<Output = ()> + 'static {
        host::sleep(ms, false)
    }

    fn tick(&self) -> impl Future<Output = ()> + 'static {
        host::tick()
    }

    fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        wasm_bindgen_futures::spawn_local(future);
    }

    fn is_configured(&self) -> bool {
        self.given.borrow().target.is_some()
    }

    fn base_url_length(&self) -> usize {
        self.given.borrow().target.as_ref().map_or(0, |target| target.rest_url.len())
    }

    fn token(&self) -> impl Future<Output = Result<Option<String>, Error>> + 'static {
        let provider = self.given.borrow().token_provider.clone();
        host::ask_token(provider)
    }

    fn subject(&self, token: &str) -> Option<String> {
        host::subject(token)
    }

    fn send(
        &self,
        request: &Request,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Reply<Row>, Error>> + 'static {
        let (target, fetch) = {
            let given = self.given.borrow();
            (given.target.clone(), given.fetch.clone())
        };
        match target {
            Some(target) => Either::Left(host::exchange(&target, fetch.as_ref(), request, token)),
            None => Either::Right(ready(Err(Error::aborted(
                "The client was closed while the call was under way",
            )))),
        }
    }

    fn entry_changed(&self, key: &str, entry: Option<Published<Row>>) {
        match entry {
            Some(entry) => {
                self.front.put(key, &self.handed_out(entry.data.0), entry.until_wall_ms, entry.slot);
            }
            None => self.front.drop(key),
        }
    }

    fn take_used_slots(&self) -> Vec<u32> {
        self.front.take_used()
    }

    fn withdraw_entries(&self) {
        self.front.withdraw();
    }

    fn event(&self, event: Event<'_>) {
        if !self.is_heard.get() {
            return;
        }
        let (kind, key) = match event {
            Event::Hit { key } => ("hit", Some(key)),
            Event::Miss { key } => ("miss", Some(key)),
            Event::Joined { key } => ("joined", Some(key)),
            Event::Stored { key } => ("stored", Some(key)),
            Event::Dropped { key } => ("dropped", Some(key)),
            Event::UserChanged => ("userChanged", None),
            Event::Sent { request, method, table, attempt, reads } => {
                return self.front.sent(request, method, table, attempt, reads);
            }
            Event::Attempt { request, method, table, attempt, status, code, duration_ms } => {
                return self.front.attempted(request, method, table, attempt, status, code, duration_ms);
            }
        };
        self.front.happened(kind, key);
    }
}
