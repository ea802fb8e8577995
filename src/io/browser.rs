//! The engine's platform, implemented in JavaScript.

use super::host;
use super::imports::{delivered, CacheMirror, SocketDriver};
use super::row::Row;
use super::target::Target;
use crate::cache::{Change, Source};
use crate::error::{code, Cause, Error, Report};
use crate::platform::{Clock, Event, Host, Mirror, Notifier, Platform, Published, Socket, Tasks};
use crate::realtime::Member;
use crate::rest::{Reply, Request};
use crate::subscriptions::{Notice, Notification, RoomNews, RoomNotification};
use crate::time::Moment;
use futures_util::future::Either;
use js_sys::{Array, Function};
use std::cell::{Cell, RefCell};
use std::future::{ready, Future};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// The application's options.
#[derive(Default)]
pub struct Given {
    /// The server.
    pub target: Option<Rc<Target>>,
    /// Replaces the global `fetch`.
    pub fetch: Option<Function>,
    /// Provides the user's token.
    pub token_provider: Option<Function>,
}

/// The JavaScript side of a client.
pub struct Browser {
    /// The package's side.
    pub mirror: CacheMirror,
    driver: SocketDriver,
    /// Whether events have listeners.
    pub is_heard: Cell<bool>,
    /// Whether changes are reported to other pages of the app.
    pub is_shared: Cell<bool>,
    given: RefCell<Given>,
}

impl Browser {
    /// Creates an unconfigured one.
    pub fn new(mirror: CacheMirror, driver: SocketDriver) -> Self {
        Self {
            mirror,
            driver,
            is_heard: Cell::default(),
            is_shared: Cell::default(),
            given: RefCell::default(),
        }
    }

    /// Sets the server and the application's functions. Returns whether the server changed.
    pub fn configure(&self, given: Given) -> bool {
        let before = self.given.replace(given);
        before.target.is_some() && before.target != self.given.borrow().target
    }

    /// Reports the result of call `number` of `db`.
    pub fn end_call(&self, number: u32, outcome: Result<JsValue, Error>) {
        delivered(match outcome {
            Ok(value) => self.mirror.settled(number, &value),
            Err(error) => self.mirror.failed(number, &thrown(&self.mirror, &error)),
        });
    }

    /// Forgets the server and the application's functions.
    pub fn close(&self) {
        *self.given.borrow_mut() = Given::default();
    }
}

/// The error as a `DatabaseError`.
pub fn thrown(mirror: &CacheMirror, error: &Error) -> JsValue {
    let original = match &error.cause {
        None => JsValue::UNDEFINED,
        Some(Cause::Error(inner)) => thrown(mirror, inner),
        Some(Cause::Thrown(value)) => value.downcast_ref::<JsValue>().cloned().unwrap_or(JsValue::UNDEFINED),
    };
    let conflict = error.conflict.as_ref().and_then(|conflict| conflict.downcast_ref::<Row>());
    let made = mirror.error(
        &error.code,
        &error.message,
        &original,
        error.status,
        error.details.as_deref(),
        error.hint.as_deref(),
        error.attempts,
        error.retryable,
        conflict.map_or(&JsValue::UNDEFINED, |conflict| &conflict.0),
    );
    made.unwrap_or_else(|thrown| thrown)
}

fn listed(member: Member<Row>) -> Array {
    let Member { user_id, name, color, state, since_ms } = member;
    [user_id.into(), name.into(), color.into(), state.0, since_ms.into()].into_iter().collect()
}

impl Platform for Browser {}

impl Clock for Browser {
    fn now(&self) -> Moment {
        Moment { monotonic_ms: host::monotonic_ms(), wall_ms: host::wall_ms() }
    }

    fn sleep(&self, ms: f64) -> impl Future<Output = ()> + 'static {
        host::sleep(ms, true)
    }

    fn sleep_in_background(&self, ms: f64) -> impl Future<Output = ()> + 'static {
        host::sleep(ms, false)
    }
}

impl Tasks for Browser {
    fn tick(&self) -> impl Future<Output = ()> + 'static {
        host::tick()
    }

    fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        wasm_bindgen_futures::spawn_local(future);
    }
}

impl Host for Browser {
    type Data = Row;

    fn random(&self) -> f64 {
        host::random()
    }

    fn uuid(&self) -> String {
        host::uuid()
    }

    fn is_configured(&self) -> bool {
        self.given.borrow().target.is_some()
    }

    fn base_url_length(&self) -> usize {
        self.given.borrow().target.as_ref().map_or(0, |target| target.rest_url.len())
    }

    fn schema(&self) -> String {
        self.given.borrow().target.as_ref().map(|target| target.schema.clone()).unwrap_or_default()
    }

    fn token(&self, rejected: Option<&str>) -> impl Future<Output = Result<Option<String>, Error>> + 'static {
        let (provider, target) = {
            let given = self.given.borrow();
            (given.token_provider.clone(), given.target.clone())
        };
        let work = host::ask_token(provider.as_ref(), rejected);
        // Every request sends the key anyway; as a token it identifies no user.
        async move { Ok(work.await?.filter(|token| target.is_none_or(|target| target.key != *token))) }
    }

    fn claims(&self, token: &str) -> Option<Row> {
        host::claims(token)
    }

    fn json(&self, data: &Row) -> Result<String, Error> {
        self.mirror.write(&data.0).map_err(|thrown| {
            let cause = Some(Cause::Thrown(Rc::new(thrown)));
            let message = "The merged graph holds a value that cannot be written as it was read";
            Report { cause, ..Report::new(code::INVALID_INPUT, message) }.into()
        })
    }

    fn send(
        &self,
        request: &Request,
        token: Option<&str>,
        is_fresh: bool,
    ) -> impl Future<Output = Result<Reply<Row>, Error>> + 'static {
        let (target, fetch) = {
            let given = self.given.borrow();
            (given.target.clone(), given.fetch.clone())
        };
        match target {
            Some(target) => {
                Either::Left(host::exchange(&self.mirror, &target, fetch.as_ref(), request, token, is_fresh))
            }
            None => Either::Right(ready(Err(Error::aborted(
                "The client was closed while the call was in progress",
            )))),
        }
    }
}

impl Socket for Browser {
    fn connect(&self) {
        let url = self.given.borrow().target.as_ref().map(|target| target.realtime_url());
        if let Some(url) = url {
            delivered(self.driver.connect(&url));
        }
    }

    fn transmit(&self, text: &str) {
        delivered(self.driver.transmit(text));
    }

    fn disconnect(&self) {
        delivered(self.driver.disconnect());
    }

    fn wake_in(&self, ms: f64) {
        delivered(self.driver.wake_in(ms));
    }
}

impl Mirror for Browser {
    fn entry_changed(&self, key: &str, entry: Option<Published<Row>>) {
        match entry {
            Some(entry) => delivered(self.mirror.put(key, &entry.data.0, entry.until_wall_ms, entry.slot)),
            None => delivered(self.mirror.drop(key)),
        }
    }

    fn take_used_slots(&self) -> Vec<u32> {
        self.mirror.take_used().unwrap_or_default()
    }

    fn withdraw_entries(&self) {
        delivered(self.mirror.withdraw());
    }
}

impl Notifier for Browser {
    fn tell(&self, Notification { subscription, table, news }: Notification<Row>) {
        delivered(match news {
            Notice::Row { kind, row, old, commit_timestamp } => {
                let old = old.map_or(JsValue::NULL, |old| old.0);
                self.driver.row(subscription, table, kind.as_str(), &row.0, &old, commit_timestamp.as_deref())
            }
            Notice::Status(status, error) => {
                let error = error.map_or(JsValue::UNDEFINED, |error| thrown(&self.mirror, &error));
                self.driver.stands(subscription, status.as_str(), &error)
            }
            Notice::Gap => self.driver.gap(subscription),
        });
    }

    fn tell_room(&self, RoomNotification { room, news }: RoomNotification<Row>) {
        delivered(match news {
            RoomNews::Status(status, error) => {
                let error = error.map_or(JsValue::UNDEFINED, |error| thrown(&self.mirror, &error));
                self.driver.room_stands(room, status.as_str(), &error)
            }
            RoomNews::Others(others) => self.driver.others(room, &others.into_iter().map(listed).collect()),
            RoomNews::Message(message) => self.driver.message(room, &message.0),
        });
    }

    fn row_changed(&self, change: &Change<Row>) {
        if !self.is_shared.get() {
            return;
        }
        let row = match &change.source {
            Source::Row(row) | Source::Current(row) => &row.0,
            Source::Deleted(_) => &JsValue::NULL,
            Source::Unknown => &JsValue::UNDEFINED,
            Source::Lost => &JsValue::FALSE,
        };
        delivered(self.mirror.row_changed(change.table.name, change.id.as_deref(), row));
    }

    fn event(&self, event: Event<'_>) {
        // Components that show rows must be notified of a change of user even if the application does not listen to
        // events.
        if !self.is_heard.get() && !matches!(event, Event::UserChanged) {
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
                return delivered(self.mirror.sent(request, method, table, attempt, reads));
            }
            Event::Attempt { request, method, table, attempt, status, code, duration_ms } => {
                let outcome =
                    self.mirror.attempted(request, method, table, attempt, status, code, duration_ms);
                return delivered(outcome);
            }
        };
        delivered(self.mirror.happened(kind, key));
    }
}
