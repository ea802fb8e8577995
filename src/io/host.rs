//! The engine's asynchronous work: timers, tokens, responses. Each is a promise that is cancelled when it is dropped.

use super::imports::CacheMirror;
use super::row::Row;
use super::target::Target;
use crate::error::{code, Cause, Error, Report};
use crate::rest::{Reply, Request, ResponseBody};
use js_sys::{Array, Function, Promise, Reflect};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

// Every import catches: an exception in JavaScript becomes an `Err` and never unwinds through WebAssembly.
#[wasm_bindgen(module = "/src/io/host.js")]
extern "C" {
    type Task;
    #[wasm_bindgen(method, getter, catch)]
    fn promise(this: &Task) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn cancel(this: &Task) -> Result<(), JsValue>;

    #[wasm_bindgen(js_name = sleep, catch)]
    fn start_sleep(ms: f64, keeps_alive: bool) -> Result<Task, JsValue>;
    #[wasm_bindgen(js_name = tick, catch)]
    fn start_tick() -> Result<Task, JsValue>;
    #[wasm_bindgen(js_name = ask, catch)]
    fn start_ask(provider: Option<&Function>, rejected: Option<&str>) -> Result<Task, JsValue>;
    #[wasm_bindgen(js_name = exchange, catch)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object of them would cost a call into JavaScript for each"
    )]
    fn start_exchange(
        mirror: &CacheMirror,
        fetch: Option<&Function>,
        url: &str,
        method: &str,
        key: &str,
        bearer: Option<&str>,
        prefer: &str,
        schema: Option<&str>,
        body: Option<&str>,
        is_fresh: bool,
        service_call: Option<u32>,
    ) -> Result<Task, JsValue>;

    #[wasm_bindgen(js_name = uuid, catch)]
    fn new_uuid() -> Result<String, JsValue>;
    #[wasm_bindgen(js_name = claims, catch)]
    fn read_claims(token: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = monotonicMs, catch)]
    fn read_monotonic_ms() -> Result<f64, JsValue>;
    #[wasm_bindgen(js_name = wallMs, catch)]
    fn read_wall_ms() -> Result<f64, JsValue>;
    #[wasm_bindgen(js_name = random, catch)]
    fn draw_random() -> Result<f64, JsValue>;
}

/// Monotonic milliseconds.
pub fn monotonic_ms() -> f64 {
    read_monotonic_ms().unwrap_or_default()
}

/// Milliseconds since 1970.
pub fn wall_ms() -> f64 {
    read_wall_ms().unwrap_or_default()
}

/// Uniform in [0, 1).
pub fn random() -> f64 {
    draw_random().unwrap_or_default()
}

/// A random uuid. Empty if the host has no source of randomness; every validation of an id rejects that.
pub fn uuid() -> String {
    new_uuid().unwrap_or_default()
}

/// The host's work, which continues as long as a future waits for it.
enum Work {
    Started {
        task: Task,
        promise: JsFuture,
        is_done: bool,
    },
    /// The host could not start it.
    Failed(JsValue),
}

impl Work {
    fn of(task: Result<Task, JsValue>) -> Self {
        match task.and_then(|task| task.promise().map(|promise| (task, promise))) {
            Ok((task, promise)) => Self::Started { task, promise: JsFuture::from(promise), is_done: false },
            Err(thrown) => Self::Failed(thrown),
        }
    }
}

impl Future for Work {
    type Output = Result<JsValue, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Started { promise, is_done, .. } => {
                let poll = Pin::new(promise).poll(context);
                *is_done = poll.is_ready();
                poll
            }
            Self::Failed(thrown) => Poll::Ready(Err(thrown.clone())),
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Self::Started { task, is_done: false, .. } = self {
            // A failure does not matter, because nothing waits for the work any more.
            let _ = task.cancel();
        }
    }
}

async fn finish(work: Work) {
    // These promises never reject.
    let _ = work.await;
}

/// Resolves after `ms` milliseconds. Without `keeps_alive`, the timer does not keep a Node process alive.
pub fn sleep(ms: f64, keeps_alive: bool) -> impl Future<Output = ()> + 'static {
    finish(Work::of(start_sleep(ms, keeps_alive)))
}

/// Resolves after everything that the current task started has run.
pub fn tick() -> impl Future<Output = ()> + 'static {
    finish(Work::of(start_tick()))
}

/// The claims of a JWT as an object; `None` if the text is not a JWT.
pub fn claims(token: &str) -> Option<Row> {
    read_claims(token).ok().filter(JsValue::is_object).map(Row)
}

/// Asks the token provider; without one, all users are anonymous. `rejected` is a token that the server rejected.
pub fn ask_token(
    provider: Option<&Function>,
    rejected: Option<&str>,
) -> impl Future<Output = Result<Option<String>, Error>> + 'static {
    let work = Work::of(start_ask(provider, rejected));
    async move {
        match work.await {
            Ok(token) => token_of(&token),
            Err(thrown) => {
                let given = Reflect::get(&thrown, &"code".into()).ok().and_then(|code| code.as_string());
                let cause = Some(Cause::Thrown(Rc::new(thrown)));
                if given.as_deref() == Some(code::NETWORK) {
                    return Err(Error::network("The session could not be renewed", None, cause));
                }
                Err(Report { cause, ..Report::new(code::UNKNOWN_ERROR, "The accessToken provider failed") }
                    .into())
            }
        }
    }
}

/// The token from the application or its auth library. Null, undefined and an empty string mean that no user is
/// signed in.
pub fn token_of(value: &JsValue) -> Result<Option<String>, Error> {
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    match value.as_string() {
        // A header allows only these characters, and some hosts' errors would quote an invalid token.
        Some(token) if token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok((!token.is_empty()).then_some(token))
        }
        Some(_) => Err(Error::invalid(
            "accessToken",
            "a token without spaces, line breaks or other special characters",
        )),
        None => Err(Error::invalid("accessToken", "a string, or null while no user is signed in")),
    }
}

/// Sends the request and reads the complete response. Dropping the future aborts it.
pub fn exchange(
    mirror: &CacheMirror,
    target: &Target,
    fetch: Option<&Function>,
    request: &Request,
    token: Option<&str>,
    is_fresh: bool,
) -> impl Future<Output = Result<Reply<Row>, Error>> + 'static {
    // A publishable key is not a token: without a user, the `apikey` header suffices.
    let bearer = token.or_else(|| (!target.key.starts_with("sb_")).then_some(target.key.as_str()));
    let schema = (target.schema != "public").then_some(target.schema.as_str());
    let url = target.url(request);
    let (method, body) = (request.method.as_str(), request.body.as_deref());
    let key = &target.key;
    let work = Work::of(start_exchange(
        mirror,
        fetch,
        &url,
        method,
        key,
        bearer,
        request.prefer,
        schema,
        body,
        is_fresh,
        request.service_call,
    ));
    async move {
        let answered: Array = match work.await {
            Ok(answered) => answered.unchecked_into(),
            Err(thrown) => {
                let cause = Some(Cause::Thrown(Rc::new(thrown)));
                return Err(Error::network("The server was not reached", None, cause));
            }
        };
        let [status, content_range, retry_after_ms, is_json, body, is_of_service] =
            [0, 1, 2, 3, 4, 5].map(|at| answered.get(at));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let status = status.as_f64().unwrap_or_default() as u16;
        Ok(Reply {
            status,
            content_range: content_range.as_string(),
            retry_after_ms: retry_after_ms.as_f64(),
            body: match is_json.as_bool() {
                _ if is_of_service.is_truthy() => ResponseBody::Service(Row(body)),
                Some(true) => ResponseBody::Data(Row(body)),
                Some(false) => ResponseBody::None,
                None => ResponseBody::Broken,
            },
        })
    }
}
