//! The user's token: asked of the application's provider, and read as far as to know whose it is.

use crate::error::{code, Cause, Error, Report};
use js_sys::{Function, Promise, Reflect, JSON};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn atob(text: &str) -> Result<String, JsValue>;
}

/// Asks the provider; without one, everybody is anonymous.
pub async fn ask(provider: Option<Function>) -> Result<Option<String>, Error> {
    let Some(provider) = provider else {
        return Ok(None);
    };
    let failed = |thrown: JsValue| -> Error {
        let cause = Some(Cause::Thrown(Rc::new(thrown)));
        Report { cause, ..Report::new(code::UNKNOWN_ERROR, "The accessToken provider failed") }.into()
    };
    let answer = provider.call0(&JsValue::UNDEFINED).map_err(failed)?;
    let token = if answer.is_object() {
        JsFuture::from(Promise::resolve(&answer)).await.map_err(failed)?
    } else {
        answer
    };
    Ok(token.as_string().filter(|token| !token.is_empty()))
}

/// The `sub` claim (RFC 7519, 4.1.2); none for a token that is nobody's, such as the anonymous key. A text that is
/// no JWT stands for itself, so that two of them are never taken for one user's.
pub fn subject(token: &str) -> Option<String> {
    match claims(token) {
        Some(claims) => Reflect::get(&claims, &"sub".into()).ok().and_then(|sub| sub.as_string()),
        None => Some(token.to_owned()),
    }
}

fn claims(token: &str) -> Option<JsValue> {
    let payload = token.split('.').nth(1)?.replace('-', "+").replace('_', "/");
    let claims = JSON::parse(&atob(&payload).ok()?).ok()?;
    claims.is_object().then_some(claims)
}
