//! The functions that the host provides.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;
use workflow_db::data::Data;
use workflow_db::io::host::{claims, sleep, uuid};

fn script(body: &str) -> JsValue {
    Function::new_no_args(body).call0(&JsValue::UNDEFINED).expect("a valid script of the test")
}

#[test]
fn a_uuid_is_random_and_has_version_4() {
    let (one, other) = (uuid(), uuid());
    assert_ne!(one, other);
    assert_eq!(one.len(), 36);
    assert_eq!(one.as_bytes()[14], b'4');
    assert!(matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
}

#[test]
fn a_token_has_its_claims_and_any_other_string_has_none() {
    // Base64url, with both of its special characters, and UTF-8.
    let token = script(
        "const bytes = new TextEncoder().encode(JSON.stringify({ sub: 'Łuser>>>???' }));\
        const payload = btoa(String.fromCharCode(...bytes));\
        return 'e30.' + payload.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') + '.x';",
    );
    let token = token.as_string().expect("a text");
    assert!(token.contains(['-', '_']));
    let read = claims(&token).expect("claims");
    assert_eq!(read.column("sub").text(), Some("Łuser>>>???"));
    for text in ["opaque", "..", "e30.NQ.x", "e30.W10.x", "e30.bnVsbA.x"] {
        assert!(claims(text).is_none(), "{text}");
    }
}

#[test]
async fn dropping_a_sleep_clears_its_timer() {
    // The timers are recognized by their duration: a driver may set and clear others at the same time.
    script(
        "const { setTimeout, clearTimeout } = globalThis; const waits = new Map(); const cleared = [];\
        globalThis.setTimeout = (act, wait) => {\
            const timer = setTimeout(act, wait); waits.set(timer, wait); return timer; };\
        globalThis.clearTimeout = (timer) => { cleared.push(waits.get(timer)); clearTimeout(timer); };\
        globalThis.endOfTimers = () => {\
            Object.assign(globalThis, { setTimeout, clearTimeout });\
            return cleared.filter((wait) => wait === 60007 || wait === 7).join(); };",
    );
    drop(sleep(60_007.0, true));
    sleep(7.0, true).await;
    let cleared = script("return globalThis.endOfTimers();");
    assert_eq!(cleared.as_string().as_deref(), Some("60007"), "only the timer of the dropped sleep");
}
