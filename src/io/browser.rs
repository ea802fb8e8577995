//! The engine's world, as JavaScript provides it.

use super::row::Row;
use super::{clock, fetch, token};
use crate::cache::Moment;
use crate::error::Error;
use crate::platform::{Event, Platform, Published};
use crate::rest::{Reply, Request};
use js_sys::{Function, Object, Reflect};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The copies of entries from which the package's entry answers without a call into here.
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
    /// Hands an event to the application.
    #[wasm_bindgen(method)]
    fn event(this: &Front, event: &JsValue);
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
struct Given {
    target: Option<Rc<Target>>,
    fetch: Option<Function>,
    token_provider: Option<Function>,
    has_sink: bool,
}

/// JavaScript's side of a client.
pub struct Browser {
    front: Front,
    given: RefCell<Given>,
    /// The last token, and whose it is.
    last_subject: RefCell<(String, Option<String>)>,
}

impl Browser {
    /// With nothing configured yet.
    pub fn new(front: Front) -> Self {
        Self { front, given: RefCell::default(), last_subject: RefCell::default() }
    }

    /// Sets the server and the application's functions. True when it is another server than before.
    pub fn configure(
        &self,
        target: Target,
        fetch: Option<Function>,
        token_provider: Option<Function>,
        has_sink: bool,
    ) -> bool {
        let mut given = self.given.borrow_mut();
        let is_other = given.target.as_deref().is_some_and(|known| *known != target);
        *given = Given { target: Some(Rc::new(target)), fetch, token_provider, has_sink };
        is_other
    }

    /// Forgets the server and everything that the application gave.
    pub fn close(&self) {
        *self.given.borrow_mut() = Given::default();
        *self.last_subject.borrow_mut() = Default::default();
    }
}

impl Platform for Browser {
    type Data = Row;

    fn now(&self) -> Moment {
        clock::now()
    }

    fn random(&self) -> f64 {
        clock::random()
    }

    fn uuid(&self) -> String {
        clock::uuid()
    }

    fn sleep(&self, ms: f64) -> impl Future<Output = ()> + 'static {
        clock::sleep(ms)
    }

    fn doze(&self, ms: f64) -> impl Future<Output = ()> + 'static {
        clock::doze(ms)
    }

    fn tick(&self) -> impl Future<Output = ()> + 'static {
        clock::tick()
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
        token::ask(self.given.borrow().token_provider.clone())
    }

    fn subject(&self, token: &str) -> Option<String> {
        let known = {
            let last = self.last_subject.borrow();
            (last.0 == token).then(|| last.1.clone())
        };
        known.unwrap_or_else(|| {
            let subject = token::subject(token);
            *self.last_subject.borrow_mut() = (token.to_owned(), subject.clone());
            subject
        })
    }

    fn send(
        &self,
        request: &Request,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Reply<Row>, Error>> + 'static {
        let given = self.given.borrow();
        let (target, fetch) = (given.target.clone(), given.fetch.clone());
        let (request, token) = (request.clone(), token.map(str::to_owned));
        async move {
            match target {
                Some(target) => fetch::exchange(target, fetch, request, token).await,
                None => Err(Error::aborted("The client was closed while the call was under way")),
            }
        }
    }

    fn entry_changed(&self, key: &str, entry: Option<Published<Row>>) {
        match entry {
            Some(entry) => self.front.put(key, &entry.data.0, entry.until_wall_ms, entry.slot),
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
        if self.given.borrow().has_sink {
            self.front.event(&object_of(event));
        }
    }
}

fn object_of(event: Event<'_>) -> JsValue {
    let object = Object::new();
    let set = |name: &str, value: JsValue| {
        // Setting a member of a plain object cannot fail.
        let _ = Reflect::set(&object, &name.into(), &value);
    };
    let keyed = |name: &str, key: &str| {
        set("type", name.into());
        set("key", key.into());
    };
    match event {
        Event::Hit { key } => keyed("hit", key),
        Event::Miss { key } => keyed("miss", key),
        Event::Joined { key } => keyed("joined", key),
        Event::Stored { key } => keyed("stored", key),
        Event::Dropped { key } => keyed("dropped", key),
        Event::UserChanged => set("type", "userChanged".into()),
        Event::Attempt { method, table, attempt, status, code, duration_ms } => {
            set("type", "attempt".into());
            set("method", method.into());
            set("table", table.into());
            set("attempt", attempt.into());
            set("status", status.into());
            set("code", code.into());
            set("durationMs", duration_ms.into());
        }
    }
    object.into()
}
