//! The simulated environment of the engine.
//!
//! The file is long because it implements every function of `Platform`.

use super::cache_mirror::CacheMirror;
use super::json::Json;
use super::network::{Fate, Fault};
use super::postgrest::{refused, Arrival, Refusal};
use super::random::Random;
use super::realtime;
use super::runtime::Runtime;
use super::tokens::{subject_of, Tokens};
use super::world::{Core, Seen};
use futures::channel::oneshot;
use futures::future::{select, Either};
use serde_json::Value as V;
use std::cell::{Cell, RefCell};
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::task::Poll;
use workflow_db::cache::{Change, Source};
use workflow_db::data::Data;
use workflow_db::engine::Engine;
use workflow_db::error::Error;
use workflow_db::platform::{Clock, Event, Host, Mirror, Notifier, Platform, Published, Socket, Tasks};
use workflow_db::rest::{Reply, Request, ResponseBody};
use workflow_db::subscriptions::{Notification, RoomNotification};
use workflow_db::time::Moment;

pub struct Sim {
    pub core: Rc<Core>,
    pub mirror: CacheMirror,
    pub tokens: Rc<Tokens>,
    random: Random,
    /// The next results of `random`, unless left to chance.
    pub jitter: Cell<Option<f64>>,
    /// The deviation of the wall clock, in milliseconds.
    pub wall_skew_ms: Cell<f64>,
    /// How far the monotonic clock lags because the machine slept, in milliseconds.
    pub slept_ms: Cell<f64>,
    /// How many milliseconds long timers of realtime fire early: browsers round.
    pub early_ms: Cell<f64>,
    pub events: RefCell<Vec<String>>,
    /// The request number and the duration in milliseconds of each attempt.
    pub attempts: RefCell<Vec<(u32, f64)>>,
    /// The engine in this environment.
    pub engine: RefCell<Weak<Engine<Sim>>>,
    /// The socket that is open or opening; 0 if there is none.
    pub socket: Cell<u64>,
    wake: RefCell<Option<oneshot::Sender<()>>>,
    /// Set when the engine failed: nothing of it may continue.
    is_dead: Rc<Cell<bool>>,
    /// Reports to subscribers.
    pub told: RefCell<Vec<Notification<Json>>>,
    /// Reports to participants of rooms.
    pub told_of_rooms: RefCell<Vec<RoomNotification<Json>>>,
    /// Whether the connection between this client and the servers is cut.
    pub is_cut: Rc<Cell<bool>>,
    /// The changes reported to other pages: the table, the id, and whether the row is known, gone or unknown.
    pub changes: RefCell<Vec<String>>,
}

/// The start of the wall clock, which differs from the server's.
const FIRST_WALL_MS: f64 = 1_714_500_000_000.0;
const BASE_URL: &str = "https://project.supabase.co/rest/v1/";

impl Sim {
    pub fn new(core: Rc<Core>) -> Self {
        let random = Random::new(core.random.bits());
        Self {
            core,
            mirror: CacheMirror::default(),
            tokens: Tokens::new(random.bits()),
            random,
            jitter: Cell::new(None),
            wall_skew_ms: Cell::new(0.0),
            slept_ms: Cell::new(0.0),
            early_ms: Cell::new(0.0),
            events: RefCell::default(),
            attempts: RefCell::default(),
            engine: RefCell::default(),
            socket: Cell::new(0),
            wake: RefCell::default(),
            is_dead: Rc::default(),
            told: RefCell::default(),
            told_of_rooms: RefCell::default(),
            is_cut: Rc::default(),
            changes: RefCell::default(),
        }
    }

    /// Cuts or restores the connection to the servers. An open socket stays open but transmits nothing while cut.
    pub fn cut(&self, is_cut: bool) {
        self.is_cut.set(is_cut);
        if is_cut {
            realtime::sever(&self.core, self.socket.get());
        }
    }

    /// Restarts the random numbers from this seed.
    pub fn reseed(&self, seed: u64) {
        self.random.reseed(seed);
    }

    /// The engine fails between two of its steps. Returns the environment of the next one, with the same user signed
    /// in.
    pub fn fail(&self) -> Self {
        self.is_dead.set(true);
        realtime::disconnect(&self.core, self.socket.replace(0));
        let next =
            Self { tokens: self.tokens.clone(), is_cut: self.is_cut.clone(), ..Self::new(self.core.clone()) };
        next.wall_skew_ms.set(self.wall_skew_ms.get());
        next.slept_ms.set(self.slept_ms.get());
        next
    }

    fn runtime(&self) -> &Rc<Runtime> {
        &self.core.runtime
    }
}

impl Platform for Sim {}

impl Clock for Sim {
    fn now(&self) -> Moment {
        let now_ms = self.runtime().now_ms();
        Moment {
            monotonic_ms: now_ms - self.slept_ms.get(),
            wall_ms: FIRST_WALL_MS + now_ms + self.wall_skew_ms.get(),
        }
    }

    fn sleep(&self, ms: f64) -> impl Future<Output = ()> + 'static {
        self.runtime().sleep(ms)
    }

    fn sleep_in_background(&self, ms: f64) -> impl Future<Output = ()> + 'static {
        self.runtime().sleep_in_background(ms)
    }
}

impl Tasks for Sim {
    fn tick(&self) -> impl Future<Output = ()> + 'static {
        self.runtime().turns(2)
    }

    fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let (is_dead, mut future) = (self.is_dead.clone(), Box::pin(future));
        self.runtime().spawn(poll_fn(move |context| {
            if is_dead.get() {
                return Poll::Pending;
            }
            future.as_mut().poll(context)
        }));
    }
}

impl Host for Sim {
    type Data = Json;

    fn random(&self) -> f64 {
        self.jitter.get().unwrap_or_else(|| self.random.fraction())
    }

    fn uuid(&self) -> String {
        self.random.uuid()
    }

    fn is_configured(&self) -> bool {
        true
    }

    fn base_url_length(&self) -> usize {
        BASE_URL.len()
    }

    fn schema(&self) -> String {
        "public".to_owned()
    }

    fn token(&self, rejected: Option<&str>) -> impl Future<Output = Result<Option<String>, Error>> + 'static {
        self.tokens.clone().ask(self.runtime().clone(), rejected)
    }

    fn claims(&self, token: &str) -> Option<Json> {
        self.tokens.decode(token)
    }

    fn json(&self, data: &Json) -> Result<String, Error> {
        Ok(data.to_value().to_string())
    }

    fn send(
        &self,
        request: &Request,
        token: Option<&str>,
        is_fresh: bool,
    ) -> impl Future<Output = Result<Reply<Json>, Error>> + 'static {
        let url_length = BASE_URL.len() + request.path.len();
        assert!(url_length <= 8_000, "a URL of {url_length} characters: {}", request.path);
        let journey = Journey { core: self.core.clone(), is_cut: self.is_cut.clone() };
        exchange(journey, request.clone(), token.map(str::to_owned), is_fresh)
    }
}

impl Socket for Sim {
    fn connect(&self) {
        assert_eq!(self.socket.get(), 0, "one socket at a time");
        self.socket.set(realtime::connect(&self.core, self.engine.borrow().clone()));
    }

    fn transmit(&self, text: &str) {
        assert_ne!(self.socket.get(), 0, "nothing is sent without a socket");
        realtime::transmit(&self.core, self.socket.get(), text);
    }

    fn disconnect(&self) {
        realtime::disconnect(&self.core, self.socket.replace(0));
    }

    fn wake_in(&self, ms: f64) {
        if ms.is_infinite() {
            self.wake.take();
            return;
        }
        let (sender, cancelled) = oneshot::channel();
        *self.wake.borrow_mut() = Some(sender);
        let early_ms = if ms > 1_000.0 { self.early_ms.get() } else { 0.0 };
        let timer = self.runtime().sleep_in_background(ms - early_ms);
        let engine = self.engine.borrow().clone();
        self.spawn(async move {
            if let Either::Left(_) = select(pin!(timer), cancelled).await {
                if let Some(engine) = engine.upgrade() {
                    engine.woken();
                }
            }
        });
    }
}

impl Mirror for Sim {
    fn entry_changed(&self, key: &str, entry: Option<Published<Json>>) {
        match entry {
            Some(entry) => self.mirror.put(key, entry),
            None => self.mirror.drop(key),
        }
    }

    fn take_used_slots(&self) -> Vec<u32> {
        self.mirror.take_used()
    }

    fn withdraw_entries(&self) {
        self.mirror.withdraw();
    }
}

impl Notifier for Sim {
    fn row_changed(&self, change: &Change<Json>) {
        let what = match &change.source {
            Source::Row(_) | Source::Current(_) => "is known",
            Source::Deleted(_) => "is gone",
            Source::Unknown => "is unknown",
            Source::Lost => "is lost",
        };
        let id = change.id.as_deref().unwrap_or("any");
        self.changes.borrow_mut().push(format!("{} {id} {what}", change.table.name));
    }
    fn tell(&self, told: Notification<Json>) {
        self.told.borrow_mut().push(told);
    }

    fn tell_room(&self, told: RoomNotification<Json>) {
        self.told_of_rooms.borrow_mut().push(told);
    }

    fn event(&self, event: Event<'_>) {
        if let Event::Attempt { request, duration_ms, .. } = event {
            self.attempts.borrow_mut().push((request, duration_ms));
        }
        let line = match event {
            Event::Hit { key } => format!("hit {key}"),
            Event::Miss { key } => format!("miss {key}"),
            Event::Joined { key } => format!("joined {key}"),
            Event::Stored { key } => format!("stored {key}"),
            Event::Dropped { key } => format!("dropped {key}"),
            Event::UserChanged => "user changed".to_owned(),
            Event::Sent { method, table, attempt, reads, .. } => {
                format!("sent {attempt} {method} {table} for {reads}")
            }
            Event::Attempt { method, table, attempt, status, code, .. } => {
                format!("attempt {attempt} {method} {table} {} {}", status.unwrap_or(0), code.unwrap_or("ok"))
            }
        };
        self.events.borrow_mut().push(line);
    }
}

/// Marks a request as aborted if its response is dropped.
struct InAir {
    core: Rc<Core>,
    index: usize,
    is_answered: bool,
}

impl Drop for InAir {
    fn drop(&mut self) {
        self.core.requests.borrow_mut()[self.index].is_aborted = !self.is_answered;
    }
}

/// A request that is aborted before it arrives is not executed; later, it is.
async fn exchange(
    journey: Journey,
    request: Request,
    token: Option<String>,
    is_fresh: bool,
) -> Result<Reply<Json>, Error> {
    let core = journey.core.clone();
    let line = format!("{} {}", request.method.as_str(), request.path);
    let fate = core.network.fate(&line, &core.random);
    let index = core.requests.borrow().len();
    core.requests.borrow_mut().push(Seen {
        at_ms: core.runtime.now_ms(),
        line,
        body: request.body.clone(),
        subject: token.as_deref().and_then(subject_of),
        is_fresh,
        is_aborted: false,
    });
    let mut in_air = InAir { core: core.clone(), index, is_answered: false };
    let answer = travel(&journey, &request, token.as_deref(), fate).await;
    in_air.is_answered = true;
    answer
}

/// A client's connection to the server.
struct Journey {
    core: Rc<Core>,
    is_cut: Rc<Cell<bool>>,
}

async fn travel(
    Journey { core, is_cut }: &Journey,
    request: &Request,
    token: Option<&str>,
    fate: Fate,
) -> Result<Reply<Json>, Error> {
    let lost = || Error::network("The server was not reached", None, None);
    core.runtime.sleep(fate.there_ms).await;
    if is_cut.get() {
        return Err(lost());
    }
    let ask = |path: &str| {
        let arrival = Arrival {
            method: request.method.as_str(),
            path,
            prefer: request.prefer,
            body: request.body.as_deref(),
            token,
        };
        let mut server = core.server.borrow_mut();
        server.tick(core.runtime.now_ms());
        server.handle(&arrival)
    };
    let arrive = || ask(&request.path);
    let reply = match fate.fault {
        None => arrive(),
        Some(Fault::LostBefore) => return Err(lost()),
        Some(Fault::LostAfter) => {
            arrive();
            core.runtime.sleep(fate.back_ms).await;
            return Err(lost());
        }
        Some(Fault::Duplicate) => {
            arrive();
            core.runtime.sleep(fate.there_ms).await;
            arrive()
        }
        Some(Fault::Gateway(status, seconds)) => Reply {
            status,
            content_range: None,
            retry_after_ms: seconds.map(|seconds| f64::from(seconds) * 1_000.0),
            body: ResponseBody::None,
        },
        Some(Fault::Refused(status, error)) => refused(&Refusal::new(status, error, "refused")),
        Some(Fault::Replaced(status, json)) => {
            let body = Json::parse(json).map_or(ResponseBody::None, ResponseBody::Data);
            Reply { status, content_range: None, body, ..arrive() }
        }
        Some(Fault::Service(status, json)) => {
            let body = Json::parse(json).map_or(ResponseBody::None, ResponseBody::Service);
            Reply { status, content_range: None, retry_after_ms: None, body }
        }
        Some(Fault::Range(content_range)) => {
            Reply { content_range: content_range.map(str::to_owned), ..arrive() }
        }
        Some(Fault::Beginning) => {
            let is_place = |part: &&str| part.starts_with("or=") || part.starts_with("offset=");
            let parts: Vec<_> = request.path.split('&').filter(|part| !is_place(part)).collect();
            ask(&parts.join("&"))
        }
        Some(Fault::Altered(alter)) => {
            let reply = arrive();
            let ResponseBody::Data(data) = &reply.body else { return Ok(reply) };
            let mut rows = data.to_value().as_array().cloned().unwrap_or_default();
            alter(&mut rows);
            Reply { body: ResponseBody::Data(Json::from(V::Array(rows))), ..reply }
        }
        Some(Fault::Truncated) => Reply { body: ResponseBody::Broken, ..arrive() },
        Some(Fault::HangAfter) => {
            arrive();
            std::future::pending().await
        }
        Some(Fault::HangBefore) => std::future::pending().await,
    };
    core.runtime.sleep(fate.back_ms).await;
    if is_cut.get() {
        return Err(lost());
    }
    Ok(reply)
}
