//! One HTTP exchange.

use super::browser::Target;
use super::row::Row;
use crate::error::{Cause, Error};
use crate::rest::{Body, Reply, Request};
use js_sys::{Function, Object, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Response};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn global_fetch(url: &str, init: &JsValue) -> Result<Promise, JsValue>;
}

/// Aborts its request when it is dropped before the answer is whole.
struct Abort {
    controller: AbortController,
    is_answered: bool,
}

impl Drop for Abort {
    fn drop(&mut self) {
        if !self.is_answered {
            self.controller.abort();
        }
    }
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // Setting a member of a plain object cannot fail.
    let _ = Reflect::set(object, &name.into(), value);
}

fn headers(target: &Target, request: &Request, token: Option<&str>) -> Object {
    let headers = Object::new();
    set(&headers, "apikey", &target.key.as_str().into());
    // A publishable key is no token: without a user, it says nothing beyond the `apikey` header.
    let bearer = token.or_else(|| (!target.key.starts_with("sb_")).then_some(target.key.as_str()));
    if let Some(bearer) = bearer {
        set(&headers, "authorization", &["Bearer ", bearer].concat().into());
    }
    if !request.prefer.is_empty() {
        set(&headers, "prefer", &request.prefer.into());
    }
    if request.body.is_some() {
        set(&headers, "content-type", &"application/json".into());
    }
    if target.schema != "public" {
        let name =
            if request.method == crate::rest::Method::Get { "accept-profile" } else { "content-profile" };
        set(&headers, name, &target.schema.as_str().into());
    }
    headers
}

/// Sends the request and reads the whole answer. Dropping the future aborts it.
pub async fn exchange(
    target: Rc<Target>,
    fetch: Option<Function>,
    request: Request,
    token: Option<String>,
) -> Result<Reply<Row>, Error> {
    let not_reached = |thrown: JsValue| {
        Error::network("The server was not reached", None, Some(Cause::Thrown(Rc::new(thrown))))
    };
    let controller = AbortController::new().map_err(not_reached)?;
    let init = Object::new();
    set(&init, "method", &request.method.as_str().into());
    set(&init, "headers", &headers(&target, &request, token.as_deref()));
    set(&init, "signal", &controller.signal());
    // The HTTP cache would make a second request for one URL wait for the first.
    set(&init, "cache", &"no-store".into());
    if let Some(body) = &request.body {
        set(&init, "body", &body.as_str().into());
    }
    let mut abort = Abort { controller, is_answered: false };
    let url = [target.rest_url.as_str(), &request.path].concat();
    let promise = match fetch {
        Some(fetch) => {
            fetch.call2(&JsValue::UNDEFINED, &url.into(), &init).map(|value| Promise::resolve(&value))
        }
        None => global_fetch(&url, &init),
    };
    let response = JsFuture::from(promise.map_err(not_reached)?).await.map_err(not_reached)?;
    // An injected fetch may answer with an object of its own that only behaves like a Response.
    let response: Response = response.unchecked_into();
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let body = if response.status() == 204 { Body::Empty } else { read_json(&response).await };
    abort.is_answered = true;
    Ok(Reply {
        status: response.status(),
        content_range: header("content-range"),
        retry_after: header("retry-after"),
        body,
    })
}

async fn read_json(response: &Response) -> Body<Row> {
    let Ok(json) = response.json() else {
        return Body::Broken;
    };
    match JsFuture::from(json).await {
        Ok(value) => Body::Data(Row(value)),
        Err(_) => Body::Broken,
    }
}
