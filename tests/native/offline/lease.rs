//! Who leads where the browser has no locks.

use serde_json::{json, Value};
use workflow_db::offline::{lease_step, Claim, Lease};

fn lease(holder: &str, until_ms: u64) -> Lease {
    Lease { holder: holder.to_owned(), until_ms }
}

fn held(holder: &str, until_ms: u64) -> Claim {
    Claim { put: Some(lease(holder, until_ms)), is_held: true, after_ms: 3_000 }
}

#[test]
fn the_first_tab_leads_and_renews() {
    assert_eq!(Lease::claim(None, "a", 1_000), held("a", 11_000));
    assert_eq!(Lease::claim(Some(&lease("a", 11_000)), "a", 4_000), held("a", 14_000));
}

#[test]
fn another_tab_waits_until_the_lease_expires() {
    let stored = lease("a", 11_000);
    let waits = |ms| Claim { put: None, is_held: false, after_ms: ms };
    assert_eq!(Lease::claim(Some(&stored), "b", 1_000), waits(10_000));
    assert_eq!(Lease::claim(Some(&stored), "b", 10_999), waits(1));
    assert_eq!(Lease::claim(Some(&stored), "b", 11_000), held("b", 21_000));
}

#[test]
fn a_tab_that_was_frozen_notices_that_another_one_leads() {
    let stored = lease("b", 21_000);
    assert!(!Lease::claim(Some(&stored), "a", 12_000).is_held);
}

#[test]
fn a_clock_that_was_set_back_does_not_stop_everything() {
    assert_eq!(Lease::claim(Some(&lease("a", 90_000)), "b", 1_000), held("b", 11_000));
}

#[test]
fn the_lease_is_stored_as_json() {
    let step = |stored: Option<&str>| -> Value {
        serde_json::from_str(&lease_step(stored, "b", 1_000).expect("a claim")).expect("JSON")
    };
    let held = json!({"put": {"holder": "b", "untilMs": 11_000}, "isHeld": true, "afterMs": 3_000});
    assert_eq!(step(None), held);
    let waits = json!({"put": null, "isHeld": false, "afterMs": 2_000});
    assert_eq!(step(Some(r#"{"holder":"a","untilMs":3000}"#)), waits);
    assert_eq!(
        lease_step(Some("{}"), "b", 1).expect_err("a refusal").message,
        "lease: expected a stored lease"
    );
}
