//! Lasting refusals: reported to the application while attempts continue.

use super::rig::{token, Manners, Rig, Socket, GOOD, SILENT};
use serde_json::json;
use workflow_db::error::{code, Error};
use workflow_db::time::{JOIN_TIMEOUT_MS, TROUBLE_MS};

/// What was reported for the channels.
fn states(rig: &mut Rig) -> Vec<String> {
    let is_state =
        |told: &String| ["failing", "refused", "ready", "down"].iter().any(|state| told.starts_with(state));
    rig.told().into_iter().filter(is_state).collect()
}

/// Refuses this many connections.
fn refuse_connections(rig: &mut Rig, times: u32, status: Option<u16>) {
    rig.manners = Manners { connects: false, ..GOOD };
    let mut refused = 0;
    while refused < times {
        if rig.socket == Socket::Connecting {
            rig.closed_with(status);
            refused += 1;
        } else {
            let due_ms = rig.session.poll_timeout().expect("an attempt to come");
            rig.wait(due_ms - rig.now.monotonic_ms);
        }
    }
}

fn provider_fails() -> Error {
    Error::new(code::UNKNOWN_ERROR, "The accessToken provider failed")
}

#[test]
fn the_third_refused_connection_is_reported_with_its_status_and_recovers() {
    for status in [401, 403, 404] {
        let mut rig = Rig::new(GOOD);
        rig.manners = Manners { connects: false, ..GOOD };
        rig.open(1);
        refuse_connections(&mut rig, 2, Some(status));
        assert!(states(&mut rig).is_empty(), "two may be a hiccup");
        refuse_connections(&mut rig, 10, Some(status));
        assert_eq!(states(&mut rig), [format!("failing 1 UNKNOWN_ERROR {status}")]);
        rig.manners = GOOD;
        rig.wait(31_000.0);
        assert_eq!(states(&mut rig), ["ready 1"]);
    }
}

#[test]
fn a_failed_connection_without_a_status_is_reported_after_a_delay() {
    let mut rig = Rig::new(GOOD);
    rig.manners = Manners { connects: false, ..GOOD };
    rig.open(1);
    refuse_connections(&mut rig, 4, None);
    assert!(states(&mut rig).is_empty(), "after {} ms", rig.now.monotonic_ms - 1_000_000.0);
    rig.wait(1_000_000.0 + TROUBLE_MS - rig.now.monotonic_ms);
    assert_eq!(states(&mut rig), ["failing 1 NETWORK"]);
}

#[test]
fn a_short_outage_is_not_reported_as_a_failure() {
    let mut rig = Rig::live();
    rig.told();
    rig.closed();
    refuse_connections(&mut rig, 3, None);
    rig.manners = GOOD;
    rig.wait(10_000.0);
    assert_eq!(states(&mut rig), ["down 1", "ready 1"]);
}

#[test]
fn a_lasting_outage_is_reported_once_even_if_the_reason_changes() {
    let mut rig = Rig::live();
    rig.told();
    rig.closed();
    refuse_connections(&mut rig, 8, None);
    refuse_connections(&mut rig, 2, Some(403));
    assert_eq!(states(&mut rig), ["down 1", "failing 1 NETWORK"]);
}

#[test]
fn a_channel_opened_while_connections_fail_reports_that_at_once() {
    let mut rig = Rig::new(Manners { connects: false, ..GOOD });
    rig.open(1);
    refuse_connections(&mut rig, 3, Some(403));
    rig.told();
    rig.open(2);
    assert_eq!(states(&mut rig), ["failing 2 UNKNOWN_ERROR 403"]);
}

#[test]
fn a_server_that_opens_sockets_and_closes_them_without_a_message_is_reported() {
    let mut rig = Rig::new(GOOD);
    rig.manners = Manners { joins: false, ..GOOD };
    rig.open(1);
    while rig.now.monotonic_ms < 1_000_000.0 + 30_000.0 {
        if rig.socket == Socket::Open {
            rig.closed();
        }
        rig.wait(100.0);
    }
    assert_eq!(states(&mut rig), ["failing 1 NETWORK"]);
}

#[test]
fn the_third_refused_join_is_reported_with_its_reason_and_recovers() {
    let reasons = [
        "Invalid JWT Token",
        "signature_error",
        "expected_claims_map",
        "error_generating_signer",
        "InvalidJWTToken: Token has expired 10 seconds ago",
        "join crashed",
        "Unauthorized: You do not have permissions to read from this Channel topic: wdb-1",
    ];
    for reason in reasons {
        let mut rig = Rig::new(Manners { joins: false, ..GOOD });
        rig.open(1);
        for refusals in 1..=5 {
            while rig.count("phx_join") < refusals {
                rig.wait(100.0);
            }
            rig.refuse_join(1, reason);
            let expected =
                if refusals == 3 { vec![format!("failing 1 UNKNOWN_ERROR: {reason}")] } else { vec![] };
            assert_eq!(states(&mut rig), expected, "after {refusals}");
        }
        rig.manners = GOOD;
        rig.wait(40_000.0);
        assert_eq!(states(&mut rig), ["ready 1"], "{reason}");
    }
}

#[test]
fn a_room_refused_for_a_passing_reason_is_not_closed_to_the_user() {
    for reason in ["", "ChannelRateLimitReached: Too many channels", "Invalid JWT Token"] {
        let mut rig = Rig::new(Manners { joins: false, ..GOOD });
        rig.open_room(1);
        for refusals in 1..=3 {
            while rig.count("phx_join") < refusals {
                rig.wait(100.0);
            }
            assert!(states(&mut rig).is_empty(), "before {refusals}");
            let join = rig.last("phx_join");
            rig.reply(&join, "error", json!({"reason": reason}));
        }
        let told = states(&mut rig);
        assert!(told.len() == 1 && told[0].starts_with("failing 1 UNKNOWN_ERROR"), "{told:?}");
        rig.manners = GOOD;
        rig.wait(40_000.0);
        assert_eq!(states(&mut rig), ["ready 1"], "{reason}");
    }
}

#[test]
fn a_join_that_never_gets_a_reply_is_reported() {
    let mut rig = Rig::new(Manners { joins: false, ..GOOD });
    rig.open(1);
    rig.wait(JOIN_TIMEOUT_MS + 1.0);
    assert_eq!(states(&mut rig), ["failing 1 TIMEOUT"]);
}

#[test]
fn a_token_provider_is_reported_if_it_fails_three_times_or_hangs() {
    let mut rig = Rig::new(SILENT);
    rig.open(1);
    for failures in 1..=4 {
        while rig.asks.len() < failures {
            rig.wait(100.0);
        }
        rig.hand_token(Err(provider_fails()));
        let is_told = !states(&mut rig).is_empty();
        assert_eq!(is_told, failures == 3, "after {failures}");
    }
    let mut rig = Rig::new(SILENT);
    rig.open(1);
    rig.wait(TROUBLE_MS - 1.0);
    assert!(states(&mut rig).is_empty());
    rig.wait(2.0);
    assert_eq!(states(&mut rig), ["failing 1 TIMEOUT"]);
    rig.manners = GOOD;
    rig.hand_token(Ok(None));
    assert_eq!(states(&mut rig), ["ready 1"]);
}

#[test]
fn a_token_provider_that_fails_to_replace_a_rejected_token_is_reported() {
    let mut rig = Rig::new(GOOD);
    rig.token = Some(token("one", rig.now.wall_ms + 3_600_000.0));
    rig.open(1);
    rig.wait(20_000.0);
    rig.told();
    rig.manners = Manners { asks: false, ..GOOD };
    rig.system(1, "system", "error", "Access token has expired: []");
    rig.wait(31_000.0);
    assert_eq!(states(&mut rig), ["down 1", "failing 1 TIMEOUT"]);
}

#[test]
fn a_transient_status_is_not_a_refusal() {
    for status in [408, 425, 429, 500, 503] {
        let mut rig = Rig::new(GOOD);
        rig.manners = Manners { connects: false, ..GOOD };
        rig.open(1);
        refuse_connections(&mut rig, 3, Some(status));
        assert!(states(&mut rig).is_empty(), "{status}");
    }
}
