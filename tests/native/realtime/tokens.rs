//! The token: sent with joins, renewed in time, replaced after a rejection.

use super::rig::{token, Manners, Rig, GOOD};
use serde_json::json;
use workflow_db::error::Error;
use workflow_db::time::{REFRESH_GAP_MS, STALE_REFRESH_MS};

const EXPIRED: &str = "Access token has expired: [message: \"Invalid token\", claim: \"exp\", claim_val: 1]";

fn live_with(life_ms: f64) -> Rig {
    let mut rig = Rig::new(GOOD);
    rig.token = Some(token("one", rig.now.wall_ms + life_ms));
    rig.open(1);
    rig.told();
    rig
}

#[test]
fn a_join_contains_the_token_and_omits_it_without_a_user() {
    let rig = live_with(3_600_000.0);
    assert_eq!(rig.last("phx_join").payload["access_token"], "one");
    let rig = Rig::live();
    assert_eq!(rig.last("phx_join").payload.get("access_token"), None);
}

#[test]
fn a_token_is_renewed_a_minute_before_it_expires_and_sent_to_every_channel() {
    let mut rig = live_with(3_600_000.0);
    rig.open(2);
    rig.told();
    rig.wait(3_600_000.0 - 60_001.0);
    assert!(!rig.told().contains(&"ask".to_owned()));
    rig.token = Some(token("two", rig.now.wall_ms + 3_600_000.0));
    rig.wait(2.0);
    assert_eq!(rig.told(), ["ask", "access_token wdb-1", "access_token wdb-2"]);
    assert_eq!(rig.last("access_token").payload, json!({"access_token": "two"}));
    rig.subscribed(1);
    assert_eq!(rig.told(), ["ready 1"]);
}

#[test]
fn a_short_lived_token_is_renewed_after_half_its_lifetime() {
    let mut rig = live_with(40_000.0);
    rig.token = Some(token("two", rig.now.wall_ms + 3_600_000.0));
    rig.wait(19_999.0);
    assert!(rig.told().is_empty());
    rig.wait(2.0);
    assert_eq!(rig.told(), ["ask", "access_token wdb-1"]);
}

#[test]
fn a_provider_without_a_newer_token_is_asked_rarely() {
    let mut rig = live_with(100_000.0);
    rig.wait(100_000.0);
    assert!(rig.asks.windows(2).all(|pair| pair[1] - pair[0] >= REFRESH_GAP_MS), "{:?}", rig.asks);
    let before = rig.asks.len();
    assert!(before < 8, "{:?}", rig.asks);
    // According to a wrong clock, every token of the provider has expired.
    rig.wait(10.0 * STALE_REFRESH_MS);
    assert!(rig.asks.len() - before <= 11, "{:?}", rig.asks);
    assert_eq!(rig.count("access_token"), 0);
}

#[test]
fn a_failed_renewal_is_retried() {
    let mut rig = live_with(100_000.0);
    rig.manners = Manners { asks: false, ..GOOD };
    rig.wait(50_000.0);
    rig.hand_token(Err(Error::timeout()));
    rig.manners = GOOD;
    rig.token = Some(token("two", rig.now.wall_ms + 3_600_000.0));
    rig.wait(25_000.0);
    assert_eq!(rig.count("access_token"), 1);
}

#[test]
fn a_tab_that_becomes_visible_during_a_token_request_does_not_repeat_it() {
    let mut rig = live_with(100_000.0);
    rig.manners = Manners { asks: false, ..GOOD };
    rig.wait(51_000.0);
    rig.shown();
    rig.wait(26_000.0);
    assert_eq!(rig.asks.len(), 2);
}

#[test]
fn an_unchanged_token_keeps_its_age() {
    let mut rig = live_with(3_600_000.0);
    rig.wait(3_000_000.0);
    // As if it had just been issued, which is how it looks to a clock that is behind.
    let again = token("one", rig.now.wall_ms + 3_600_000.0);
    rig.hand_token(Ok(Some(again)));
    rig.told();
    rig.wait(541_000.0);
    assert!(rig.told().contains(&"ask".to_owned()));
}

#[test]
fn an_unchanged_token_is_not_sent_again() {
    let mut rig = live_with(3_600_000.0);
    let same = rig.token.clone();
    rig.hand_token(Ok(same));
    assert!(rig.told().is_empty());
    let other = token("two", rig.now.wall_ms + 3_600_000.0);
    rig.hand_token(Ok(Some(other)));
    assert_eq!(rig.told(), ["access_token wdb-1"]);
    rig.hand_token(Err(Error::timeout()));
    rig.hand_token(Ok(None));
    assert!(rig.told().is_empty());
}

#[test]
fn a_token_that_changes_during_a_join_is_sent_afterwards() {
    let mut rig = live_with(3_600_000.0);
    rig.manners = Manners { joins: false, ..GOOD };
    rig.open(2);
    let newer = token("two", rig.now.wall_ms + 3_600_000.0);
    rig.hand_token(Ok(Some(newer)));
    assert_eq!(rig.told(), ["join wdb-2", "access_token wdb-1"]);
    rig.accept(2);
    assert_eq!(rig.told(), ["access_token wdb-2"]);
}

#[test]
fn an_expired_token_is_renewed_and_the_channel_joins_again() {
    let mut rig = live_with(3_600_000.0);
    rig.wait(5_000.0);
    rig.token = Some(token("two", rig.now.wall_ms + 3_600_000.0));
    let join_ref = rig.join_ref(1);
    rig.system(1, "system", "error", EXPIRED);
    rig.server_closes(1, &join_ref);
    assert_eq!(rig.told(), ["down 1", "ask"]);
    assert_eq!(rig.rejected, ["one"], "the provider must not answer with it again");
    rig.wait(501.0);
    assert_eq!(rig.told(), ["join wdb-1", "ready 1"]);
    assert_eq!(rig.last("phx_join").payload["access_token"], "two");
}

#[test]
fn delays_grow_if_the_server_rejects_every_token() {
    for reason in ["Invalid JWT Token", "signature_error", "InvalidJWTToken: exp", "expected_claims_map"] {
        let mut rig = live_with(3_600_000.0);
        rig.random = Box::new(|| 0.9);
        rig.manners = Manners { joins: false, ..GOOD };
        rig.system(1, "system", "error", EXPIRED);
        for _ in 0..1_200 {
            let joins = rig.count("phx_join");
            rig.wait(250.0);
            if rig.count("phx_join") > joins {
                rig.refuse_join(1, reason);
            }
        }
        let (joins, asks) = (rig.count("phx_join"), rig.asks.len());
        assert!((8..18).contains(&joins) && asks <= joins + 2, "{joins} joins, {asks} asks");
        rig.manners = GOOD;
        rig.wait(31_000.0);
        assert_eq!(rig.told().last().map(String::as_str), Some("ready 1"));
    }
}

#[test]
fn many_channels_with_an_expired_token_cause_one_request() {
    let mut rig = live_with(3_600_000.0);
    for channel in 2..=20 {
        rig.open(channel);
    }
    rig.wait(10_000.0);
    rig.told();
    rig.manners = Manners { asks: false, ..GOOD };
    for channel in 1..=20 {
        rig.system(channel, "system", "error", EXPIRED);
    }
    assert_eq!(rig.told().iter().filter(|told| *told == "ask").count(), 1);
    rig.wait(14_000.0);
    assert_eq!(rig.told(), Vec::<String>::new());
    let newer = token("two", rig.now.wall_ms + 3_600_000.0);
    rig.hand_token(Ok(Some(newer)));
    rig.wait(1_000.0);
    assert_eq!(rig.told().iter().filter(|told| told.starts_with("ready")).count(), 20);
}

#[test]
fn a_rejection_soon_after_a_token_request_waits() {
    let mut rig = live_with(3_600_000.0);
    rig.system(1, "system", "error", EXPIRED);
    rig.wait(999.0);
    assert_eq!(rig.told(), ["down 1"]);
    rig.wait(1.0);
    assert_eq!(rig.told(), ["ask", "join wdb-1", "ready 1"]);
}

#[test]
fn a_rejection_a_second_after_a_token_request_asks_at_once() {
    let mut rig = live_with(3_600_000.0);
    rig.wait(1_000.0);
    rig.system(1, "system", "error", EXPIRED);
    assert_eq!(rig.told(), ["down 1", "ask"]);
}

#[test]
fn a_provider_that_fails_after_a_rejection_is_asked_again_after_a_longer_delay() {
    let mut rig = live_with(3_600_000.0);
    rig.wait(5_000.0);
    rig.manners = Manners { asks: false, ..GOOD };
    rig.system(1, "system", "error", EXPIRED);
    rig.wait(500.0);
    assert_eq!(rig.told(), ["down 1", "ask"]);
    rig.hand_token(Err(Error::timeout()));
    rig.wait(999.0);
    assert!(rig.told().is_empty());
    rig.wait(1.0);
    assert_eq!(rig.told(), ["ask"]);
}

#[test]
fn an_unrequested_failure_does_not_count_against_the_provider() {
    let mut rig = live_with(3_600_000.0);
    rig.system(1, "system", "error", EXPIRED);
    for _ in 0..3 {
        rig.hand_token(Err(Error::timeout()));
    }
    assert_eq!(rig.told(), ["down 1"]);
}

#[test]
fn a_token_that_expires_on_arrival_counts_as_expired() {
    let mut rig = live_with(0.0);
    rig.wait(STALE_REFRESH_MS - 1.0);
    assert!(!rig.told().contains(&"ask".to_owned()));
    rig.wait(1.0);
    assert!(rig.told().contains(&"ask".to_owned()));
}
