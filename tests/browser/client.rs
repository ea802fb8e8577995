//! A client used through its JavaScript interface, with a simulated network.

use js_sys::{Array, Function, Object, Promise, Reflect};
use std::cell::Cell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test as test;
use workflow_db::io::{CacheMirror, SocketDriver};
use workflow_db::js::Client;

const WORKFLOW: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn evaluate(expression: &str) -> JsValue {
    Function::new_no_args(&["return ", expression].concat())
        .call0(&JsValue::UNDEFINED)
        .expect("a valid script of the test")
}

/// The package's part of a client, which records its notifications.
fn mirror() -> JsValue {
    evaluate(
        "({ copies: {}, put(key, data) { this.copies[key] = data; }, drop(key) { delete this.copies[key]; },
            takeUsed() { return new Uint32Array(0); }, withdraw() { this.copies = {}; }, happened() {}, attempted() {}, sent() {}, learn() {},
            error(code, message, original, status) { return { code, message, original, status }; }, calls: {},
            outcome(call) { return new Promise((resolve, reject) => { this.calls[call] = { resolve, reject }; }); },
            settled(call, value) { this.calls[call].resolve(value); }, failed(call, error) { this.calls[call].reject(error); } })",
    )
}

/// The package's part of realtime, which opens no socket.
fn driver() -> SocketDriver {
    let names = ["connect", "transmit", "disconnect", "wakeIn", "row", "stands", "gap"];
    evaluate(&["({ ", &names.map(|name| [name, "() {}"].concat()).join(", "), " })"].concat())
        .unchecked_into()
}

/// Options with a fetch that counts its calls and responds with `answer`, an expression of `url` and `init`.
fn options(answer: &str) -> JsValue {
    let script = "({ url: 'https://example.test/', key: 'anon', retry: { maxAttempts: 1 }, requests: [],
        fetch(url, init) { options.requests.push([url, init]); return ANSWER; } })";
    let script =
        ["(() => { const options = ", &script.replace("ANSWER", answer), "; return options; })()"].concat();
    evaluate(&script)
}

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// Calls a function of `db`; the future resolves to its outcome.
fn start(mirror: &JsValue, client: &Client, name: &str, arguments: &[&JsValue]) -> JsFuture {
    let number = CALLS.with(|calls| calls.replace(calls.get() + 1));
    let outcome: Function = get(mirror, "outcome").unchecked_into();
    let promise: Promise = outcome.call1(mirror, &number.into()).expect("a promise").unchecked_into();
    let arguments: Array = arguments.iter().copied().collect();
    client.call(number, name, &arguments, &JsValue::UNDEFINED);
    JsFuture::from(promise)
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).expect("an object")
}

fn text(object: &JsValue, name: &str) -> String {
    get(object, name).as_string().unwrap_or_default()
}

#[test]
async fn a_row_is_returned_and_cached_as_the_same_object() {
    let mirror = mirror();
    let client = Client::new(mirror.clone().unchecked_into::<CacheMirror>(), driver());
    let options = options(
        "Promise.resolve(Response.json([{ id: '3f2504e0-4f89-41d3-9a0c-0305e82c3301', name: 'A' }]))",
    );
    client.configure(&options).expect("good options");
    let first = start(&mirror, &client, "getWorkflow", &[&WORKFLOW.into()]).await.expect("a row");
    let upper_case = WORKFLOW.to_uppercase().into();
    let second = start(&mirror, &client, "getWorkflow", &[&upper_case]).await.expect("a row");
    assert!(Object::is(&first, &second));
    assert!(Object::is(&first, &client.cache_get(&["workflow:", WORKFLOW].concat())));
    assert!(Object::is(&first, &get(&get(&mirror, "copies"), &["workflow:", WORKFLOW].concat())));
    let requests: Array = get(&options, "requests").unchecked_into();
    assert_eq!(requests.length(), 1);
    let request: Array = requests.get(0).unchecked_into();
    let url = ["https://example.test/rest/v1/workflows?select=*&id=eq.", WORKFLOW].concat();
    assert_eq!(request.get(0).as_string(), Some(url));
    assert_eq!(text(&get(&request.get(1), "headers"), "authorization"), "Bearer anon");
}

#[test]
async fn nothing_is_requested_before_configure() {
    let mirror = mirror();
    let client = Client::new(mirror.clone().unchecked_into::<CacheMirror>(), driver());
    let error = start(&mirror, &client, "getWorkflow", &[&WORKFLOW.into()]).await.expect_err("refused");
    assert_eq!(text(&error, "code"), "NOT_CONFIGURED");
}

#[test]
fn invalid_options_are_named() {
    let client = Client::new(mirror().unchecked_into::<CacheMirror>(), driver());
    for (options, name) in [
        ("({ key: 'k' })", "url"),
        ("({ url: 'ftp://x', key: 'k' })", "url"),
        ("({ url: 'https://x' })", "key"),
        ("({ url: 'https://x', key: 'k', timeoutMs: -1 })", "timeoutMs"),
        ("({ url: 'https://x', key: 'k', retry: { maxAttempts: NaN } })", "maxAttempts"),
        ("({ url: 'https://x', key: 'k', cache: { maxSize: '10' } })", "maxSize"),
    ] {
        let error = client.configure(&evaluate(options)).expect_err("refused");
        assert_eq!(text(&error, "code"), "INVALID_INPUT");
        assert!(text(&error, "message").starts_with(name), "{options}");
    }
}

#[test]
async fn any_thrown_value_becomes_a_database_error() {
    for thrown in ["new TypeError('Failed to fetch')", "'a text'", "undefined", "42"] {
        let mirror = mirror();
        let client = Client::new(mirror.clone().unchecked_into::<CacheMirror>(), driver());
        client.configure(&options(&["Promise.reject(", thrown, ")"].concat())).expect("good options");
        let error =
            start(&mirror, &client, "getWorkflow", &[&WORKFLOW.into()]).await.expect_err("no network");
        assert_eq!(text(&error, "code"), "NETWORK");
    }
}

#[test]
async fn an_exception_in_a_custom_fetch_fails_only_that_call() {
    let mirror = mirror();
    let client = Client::new(mirror.clone().unchecked_into::<CacheMirror>(), driver());
    client
        .configure(&options("(() => { throw new Error('thrown, not rejected') })()"))
        .expect("good options");
    let error = start(&mirror, &client, "getWorkflow", &[&WORKFLOW.into()]).await.expect_err("no network");
    assert_eq!(text(&error, "code"), "NETWORK");
}

#[test]
async fn arguments_that_are_neither_values_nor_fields_are_refused() {
    let mirror = mirror();
    let client = Client::new(mirror.clone().unchecked_into::<CacheMirror>(), driver());
    client.configure(&options("Promise.resolve(Response.json([]))")).expect("good options");
    for argument in ["null", "42", "Symbol()", "1n", "[]", "({})", "() => 1"] {
        let outcome = start(&mirror, &client, "getWorkflow", &[&evaluate(argument)]).await;
        let error = outcome.expect_err(argument);
        assert_eq!(text(&error, "code"), "INVALID_INPUT", "{argument}");
    }
}

#[test]
async fn an_aborted_call_ends() {
    let mirror = mirror();
    let client = Client::new(mirror.clone().unchecked_into::<CacheMirror>(), driver());
    client.configure(&options("new Promise(() => {})")).expect("good options");
    let number = CALLS.with(Cell::get);
    let pending = start(&mirror, &client, "getWorkflow", &[&WORKFLOW.into()]);
    client.cancel(number);
    assert_eq!(text(&pending.await.expect_err("given up"), "code"), "ABORTED");
}

#[test]
async fn closing_ends_a_call_in_progress_and_freeing_is_harmless() {
    let mirror = mirror();
    let client = Client::new(mirror.clone().unchecked_into::<CacheMirror>(), driver());
    client.configure(&options("new Promise(() => {})")).expect("good options");
    let pending = start(&mirror, &client, "getWorkflow", &[&WORKFLOW.into()]);
    workflow_db::io::host::sleep(5.0, true).await;
    client.close();
    drop(client);
    let error = pending.await.expect_err("aborted");
    assert_eq!(text(&error, "code"), "ABORTED");
}
