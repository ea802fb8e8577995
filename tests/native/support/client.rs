//! A tab of the application: makes calls like the package does, and tracks their results.

use super::cache_mirror::CacheMirror;
use super::json::Json;
use super::platform::Sim;
use super::random::uuid_of;
use super::tokens::Tokens;
use super::world::Core;
use futures::channel::oneshot;
use futures::FutureExt;
use serde_json::Value as V;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use workflow_db::api::{operation, Argument, Call, Operation};
use workflow_db::data::Value;
use workflow_db::engine::{CallOptions, Engine, Settings};
use workflow_db::error::Error;
use workflow_db::input::Field;
use workflow_db::platform::{Clock, Host, Tasks};

pub type Outcome = Result<Json, Error>;

/// The options passed to `db.with`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub fresh: bool,
    pub ttl_ms: Option<f64>,
    pub timeout_ms: Option<f64>,
    pub is_resent: bool,
    pub is_of_user: bool,
}

#[derive(Clone)]
pub struct Client {
    pub engine: Rc<Engine<Sim>>,
    /// The calls made by this client, including completed ones.
    calls: Rc<RefCell<Vec<Weak<State>>>>,
}

impl Client {
    pub fn new(core: Rc<Core>) -> Self {
        Self::within(Sim::new(core))
    }

    fn within(sim: Sim) -> Self {
        let engine = Engine::new(sim);
        *engine.platform.engine.borrow_mut() = Rc::downgrade(&engine);
        Self { engine, calls: Rc::default() }
    }

    /// The engine fails and the package starts the next one: calls in progress end, and nothing of the failed engine
    /// continues. Settings stay; the caller has to subscribe again.
    pub fn restart(&mut self) {
        let next = Self::within(self.sim().fail());
        next.engine.configure(self.engine.settings());
        let failed = std::mem::replace(self, next);
        for call in failed.calls.take().iter().filter_map(Weak::upgrade).filter(|call| !call.is_done.get()) {
            *call.outcome.borrow_mut() = Some(Err(Error::new("ENGINE_RESTARTED", "The engine failed")));
            call.is_done.set(true);
        }
    }

    pub fn sim(&self) -> &Sim {
        &self.engine.platform
    }

    pub fn tokens(&self) -> &Rc<Tokens> {
        &self.sim().tokens
    }

    pub fn mirror(&self) -> &CacheMirror {
        &self.sim().mirror
    }

    /// The id of the signed-in user.
    pub fn id(&self) -> String {
        self.tokens().user().expect("somebody is signed in")
    }

    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.engine.settings();
        change(&mut settings);
        self.engine.configure(settings);
    }

    /// Another user signs in or the current one signs out, and the application reports it.
    pub fn switch_to(&self, user: Option<&str>) {
        self.tokens().sign_in(user);
        self.engine.auth_changed();
    }

    /// Calls a function of `db`. `arguments` is a list.
    pub fn call(&self, name: &str, arguments: V) -> Pending {
        self.begin(name, &arguments, None)
    }

    /// Calls a function of `db.with(options)`.
    pub fn call_with(&self, options: Options, name: &str, arguments: V) -> Pending {
        self.begin(name, &arguments, Some(options))
    }

    /// Calls a function of `db` and waits until it succeeds.
    pub fn does(&self, name: &str, arguments: V) -> Json {
        self.call(name, arguments).value()
    }

    /// Calls a function of `db` and waits until it fails.
    pub fn fails(&self, name: &str, arguments: V) -> Error {
        self.call(name, arguments).error()
    }

    /// The data cached under `key`; does not count as a use.
    pub fn cached(&self, key: &str) -> Option<Json> {
        self.mirror().peek(key)
    }

    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.engine.keys().iter().map(ToString::to_string).collect();
        keys.sort_unstable();
        keys
    }

    /// The events since the last call that start with this text.
    pub fn take_events(&self, beginning: &str) -> Vec<String> {
        self.sim().events.take().into_iter().filter(|line| line.starts_with(beginning)).collect()
    }

    fn begin(&self, name: &str, arguments: &V, options: Option<Options>) -> Pending {
        let pending = Pending::new(self.sim().core.clone());
        self.calls.borrow_mut().push(Rc::downgrade(&pending.state));
        let call = Call {
            arguments: arguments.as_array().expect("a list").iter().map(argument).collect(),
            uuid: &|| self.sim().uuid(),
            base_url_length: self.sim().base_url_length(),
        };
        let operation = match operation(name, &call) {
            Ok(operation) => operation,
            Err(error) => {
                pending.finish(Err(error));
                return pending;
            }
        };
        if let (Operation::Read(read), None) = (&operation, &options) {
            if !read.load.is_page() {
                if let Some(hit) = self.mirror().answer(&read.key, self.sim().now().wall_ms) {
                    *pending.state.delivered_to.borrow_mut() = self.tokens().user();
                    pending.finish(Ok(hit));
                    return pending;
                }
            }
        }
        let options = options.unwrap_or_default();
        let (abort, aborted) = oneshot::channel::<()>();
        *pending.state.abort.borrow_mut() = Some(abort);
        let options = CallOptions {
            fresh: options.fresh,
            ttl_ms: options.ttl_ms,
            timeout_ms: options.timeout_ms,
            is_resent: options.is_resent,
            is_of_user: options.is_of_user,
            // Dropping the sender sends nothing.
            cancelled: Some(
                async {
                    if aborted.await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
                .boxed_local(),
            ),
        };
        let (engine, state) = (self.engine.clone(), pending.state.clone());
        let user = self.tokens().clone();
        self.sim().spawn(async move {
            let outcome = match operation {
                Operation::Read(read) => engine.read(read, options).await,
                Operation::Write(write) => engine.write(write, options).await,
                Operation::Service(request) => engine.call_service(request, options).await,
            };
            *state.delivered_to.borrow_mut() = user.user();
            *state.outcome.borrow_mut() = Some(outcome.map(|row| row.unwrap_or_else(Json::null)));
            state.is_done.set(true);
        });
        pending
    }
}

/// An argument as the shell would create it from a JavaScript value.
pub fn argument(value: &V) -> Argument {
    match value {
        V::Object(members) => {
            Argument::Object(members.iter().map(|(name, value)| field(name, value)).collect())
        }
        value => Argument::Value(core_value(value)),
    }
}

fn field(name: &str, value: &V) -> Field {
    let json = value.to_string();
    let rows = value.as_array().and_then(|items| items.iter().map(fields).collect());
    Field { rows, ..Field::plain(name.to_owned(), core_value(value), json) }
}

fn fields(value: &V) -> Option<Vec<Field>> {
    Some(value.as_object()?.iter().map(|(name, value)| field(name, value)).collect())
}

fn core_value(value: &V) -> Value {
    match value {
        V::Null => Value::Null,
        V::Bool(flag) => Value::Bool(*flag),
        V::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        V::String(text) => Value::Text(text.clone()),
        V::Array(_) | V::Object(_) => Value::Json,
    }
}

#[derive(Default)]
struct State {
    outcome: RefCell<Option<Outcome>>,
    is_done: Cell<bool>,
    delivered_to: RefCell<Option<String>>,
    abort: RefCell<Option<oneshot::Sender<()>>>,
}

/// A call in progress. It continues by itself while time passes.
#[derive(Clone)]
pub struct Pending {
    core: Rc<Core>,
    state: Rc<State>,
}

impl Pending {
    fn new(core: Rc<Core>) -> Self {
        Self { core, state: Rc::default() }
    }

    fn finish(&self, outcome: Outcome) {
        *self.state.outcome.borrow_mut() = Some(outcome);
        self.state.is_done.set(true);
    }

    pub fn is_done(&self) -> bool {
        self.state.is_done.get()
    }

    /// The user who was signed in at delivery.
    pub fn delivered_to(&self) -> Option<String> {
        self.state.delivered_to.borrow().clone()
    }

    /// Aborts the call.
    pub fn abort(&self) {
        if let Some(abort) = self.state.abort.borrow_mut().take() {
            // The call may already have ended.
            let _ = abort.send(());
        }
    }

    /// Advances time until the call ends.
    pub fn outcome(&self) -> Outcome {
        self.core.runtime.settle();
        while !self.is_done() {
            assert!(self.core.runtime.step(), "the call waits for ever");
        }
        self.state.outcome.borrow().clone().expect("it is done")
    }

    #[track_caller]
    pub fn value(&self) -> Json {
        match self.outcome() {
            Ok(value) => value,
            Err(error) => panic!("the call failed: {error:?}"),
        }
    }

    #[track_caller]
    pub fn error(&self) -> Error {
        match self.outcome() {
            Ok(value) => panic!("the call succeeded: {value:?}"),
            Err(error) => error,
        }
    }

    #[track_caller]
    pub fn fails_with(&self, code: &str) -> Error {
        let error = self.error();
        assert_eq!(error.code, code, "{error:?}");
        error
    }
}

/// Derives a uuid from a name, for tests that choose ids.
pub fn id(name: &str) -> String {
    uuid_of(name)
}
