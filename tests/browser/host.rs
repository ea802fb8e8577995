//! The functions that the host provides.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;
use workflow_db::data::Data;
use workflow_db::io::host::{claims, sleep, uuid};

fn script(body: &str) -> JsValue {
    Function::new_no_args(body).call0(&JsValue::UNDEFINED).expect("the test's own script")
}

#[test]
fn a_uuid_is_random_and_of_version_4() {
    let (one, other) = (uuid(), uuid());
    assert_ne!(one, other);
    assert_eq!(one.len(), 36);
    assert_eq!(one.as_bytes()[14], b'4');
    assert!(matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
}

#[test]
fn the_claims_of_a_token_are_read_and_a_string_that_is_not_a_jwt_has_none() {
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
async fn a_sleep_that_is_dropped_leaves_no_timer() {
    // Identified by their duration: a driver may set and clear timers of its own in the meantime.
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
    assert_eq!(cleared.as_string().as_deref(), Some("60007"), "the dropped one, and not the finished one");
}
