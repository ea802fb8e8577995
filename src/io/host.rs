//! What the engine waits for: timers, the token, answers. Each is a promise that is given up when it is dropped.

use super::browser::Target;
use super::row::Row;
use crate::error::{code, Cause, Error, Report};
use crate::rest::{Body, Reply, Request};
use js_sys::{Function, Promise};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/src/io/host.js")]
extern "C" {
    type Task;
    #[wasm_bindgen(method, getter)]
    fn promise(this: &Task) -> Promise;
    #[wasm_bindgen(method)]
    fn cancel(this: &Task);

    #[wasm_bindgen(js_name = sleep)]
    fn start_sleep(ms: f64, keeps_alive: bool) -> Task;
    #[wasm_bindgen(js_name = tick)]
    fn start_tick() -> Task;
    #[wasm_bindgen(js_name = ask)]
    fn start_ask(provider: Option<&Function>) -> Task;
    #[wasm_bindgen(js_name = aborted)]
    fn start_listening(signal: &JsValue) -> Task;
    #[wasm_bindgen(js_name = exchange)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object of them would cost a call into JavaScript for each"
    )]
    fn start_exchange(
        fetch: Option<&Function>,
        url: &str,
        method: &str,
        key: &str,
        bearer: Option<&str>,
        prefer: &str,
        schema: Option<&str>,
        body: Option<&str>,
    ) -> Task;

    type Answered;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Answered) -> u16;
    #[wasm_bindgen(method, getter, js_name = contentRange)]
    fn content_range(this: &Answered) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = retryAfterMs)]
    fn retry_after_ms(this: &Answered) -> Option<f64>;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Answered) -> JsValue;
    #[wasm_bindgen(method, getter, js_name = isJson)]
    fn is_json(this: &Answered) -> bool;

    /// A random uuid.
    pub fn uuid() -> String;
    /// Whose token it is.
    pub fn subject(token: &str) -> Option<String>;
    /// When the token expires (wall clock, milliseconds).
    pub fn expiry(token: &str) -> Option<f64>;
}

#[wasm_bindgen]
extern "C" {
    /// Monotonic milliseconds.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub fn monotonic_ms() -> f64;
}

/// The host's work, for as long as somebody waits for it.
struct Work {
    task: Task,
    promise: JsFuture,
    is_done: bool,
}

impl Work {
    fn of(task: Task) -> Self {
        let promise = JsFuture::from(task.promise());
        Self { task, promise, is_done: false }
    }
}

impl Future for Work {
    type Output = Result<JsValue, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let poll = Pin::new(&mut self.promise).poll(context);
        self.is_done = poll.is_ready();
        poll
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if !self.is_done {
            self.task.cancel();
        }
    }
}

async fn finish(work: Work) {
    // These promises have no way to fail.
    let _ = work.await;
}

/// Waits so many milliseconds. Unless it `keeps_alive`, it does not hold up the end of a Node process.
pub fn sleep(ms: f64, keeps_alive: bool) -> impl Future<Output = ()> + 'static {
    finish(Work::of(start_sleep(ms, keeps_alive)))
}

/// Waits until what the running task started has had its turn.
pub fn tick() -> impl Future<Output = ()> + 'static {
    finish(Work::of(start_tick()))
}

/// Waits until an `AbortSignal` is aborted.
pub fn aborted(signal: &JsValue) -> impl Future<Output = ()> + 'static {
    finish(Work::of(start_listening(signal)))
}

/// Asks the token provider; without one, everybody is anonymous.
pub async fn ask_token(provider: Option<Function>) -> Result<Option<String>, Error> {
    match Work::of(start_ask(provider.as_ref())).await {
        Ok(token) => Ok(token.as_string().filter(|token| !token.is_empty())),
        Err(thrown) => {
            let cause = Some(Cause::Thrown(Rc::new(thrown)));
            Err(Report { cause, ..Report::new(code::UNKNOWN_ERROR, "The accessToken provider failed") }
                .into())
        }
    }
}

/// Sends the request and reads the whole answer. Dropping the future aborts it.
pub fn exchange(
    target: &Target,
    fetch: Option<&Function>,
    request: &Request,
    token: Option<&str>,
) -> impl Future<Output = Result<Reply<Row>, Error>> + 'static {
    // A publishable key is no token: without a user, it says nothing beyond the `apikey` header.
    let bearer = token.or_else(|| (!target.key.starts_with("sb_")).then_some(target.key.as_str()));
    let schema = (target.schema != "public").then_some(target.schema.as_str());
    let url = [target.rest_url.as_str(), &request.path].concat();
    let (method, body) = (request.method.as_str(), request.body.as_deref());
    let work =
        Work::of(start_exchange(fetch, &url, method, &target.key, bearer, request.prefer, schema, body));
    async move {
        let answered: Answered = match work.await {
            Ok(answered) => answered.unchecked_into(),
            Err(thrown) => {
                let cause = Some(Cause::Thrown(Rc::new(thrown)));
                return Err(Error::network("The server was not reached", None, cause));
            }
        };
        Ok(Reply {
            status: answered.status(),
            content_range: answered.content_range(),
            retry_after_ms: answered.retry_after_ms(),
            body: if answered.is_json() { Body::Data(Row(answered.body())) } else { Body::Broken },
        })
    }
}
