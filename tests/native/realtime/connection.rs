//! The socket: opening, heartbeats, loss, and reconnection.

use super::rig::{every_change, Manners, Rig, Socket, GOOD, SILENT};
use workflow_db::error::Error;
use workflow_db::time::{
    CHECK_TIMEOUT_MS, CONNECT_TIMEOUT_MS, HEARTBEAT_MS, HEARTBEAT_TIMEOUT_MS, LATE_MS, LINGER_MS,
    MIN_RECONNECT_MS, RECONNECT_BACKOFF, TOKEN_TIMEOUT_MS,
};

const DEAF: Manners = Manners { heartbeats: false, ..GOOD };

#[test]
fn the_token_is_requested_before_connecting_and_joins_follow() {
    let mut rig = Rig::new(SILENT);
    rig.open(1);
    assert_eq!(rig.told(), ["ask"]);
    rig.hand_token(Ok(None));
    assert_eq!(rig.told(), ["connect"]);
    rig.opened();
    assert_eq!(rig.told(), ["join wdb-1"]);
}

#[test]
fn a_token_provider_that_fails_or_hangs_is_asked_again_after_a_delay() {
    let mut rig = Rig::new(SILENT);
    rig.open(1);
    rig.hand_token(Err(Error::timeout()));
    assert_eq!(rig.told(), ["ask"]);
    rig.wait(499.0);
    assert!(rig.told().is_empty());
    rig.wait(2.0);
    assert_eq!(rig.told(), ["ask"]);
    rig.wait(TOKEN_TIMEOUT_MS + 1_001.0);
    assert_eq!(rig.told(), ["failing 1 TIMEOUT", "ask"]);
}

#[test]
fn a_socket_that_does_not_open_is_abandoned() {
    let mut rig = Rig::new(Manners { asks: true, ..SILENT });
    rig.open(1);
    rig.wait(CONNECT_TIMEOUT_MS);
    assert_eq!(rig.told(), ["ask", "connect", "failing 1 TIMEOUT", "disconnect"]);
    rig.wait(501.0);
    assert_eq!(rig.told(), ["ask", "connect"]);
}

#[test]
fn reconnection_delays_are_jittered_doubled_and_bounded() {
    for random in [0.0, 0.25, 0.999] {
        let mut rig = Rig::new(Manners { asks: true, ..SILENT });
        rig.random = Box::new(move || random);
        rig.open(1);
        for failures in 0..12 {
            rig.closed();
            let limit_ms = RECONNECT_BACKOFF.max_ms.min(1_000.0 * f64::from(1 << failures));
            let expected_ms = (random * limit_ms).max(MIN_RECONNECT_MS);
            rig.wait(expected_ms - 0.001);
            assert_eq!(rig.socket, Socket::None, "after {failures}");
            rig.wait(0.002);
            assert_eq!(rig.socket, Socket::Connecting, "after {failures}");
        }
    }
}

#[test]
fn delays_grow_if_the_server_accepts_and_immediately_closes_sockets() {
    let mut rig = Rig::new(GOOD);
    rig.random = Box::new(|| 0.9);
    rig.open(1);
    for _ in 0..600 {
        if rig.socket == Socket::Open {
            rig.closed();
        }
        rig.wait(500.0);
    }
    assert!(rig.connects.len() < 18, "{} connections in five minutes", rig.connects.len());
}

#[test]
fn a_socket_that_worked_is_replaced_quickly() {
    let mut rig = Rig::live();
    for _ in 0..5 {
        rig.wait(10_500.0);
        rig.told();
        rig.closed();
        assert_eq!(rig.told(), ["down 1"]);
        rig.wait(501.0);
        assert_eq!(rig.told(), ["ask", "connect", "join wdb-1", "ready 1"]);
    }
}

#[test]
fn heartbeats_are_frequent_enough_for_the_server() {
    let mut rig = Rig::live();
    rig.wait(10.0 * HEARTBEAT_MS);
    assert_eq!(rig.told(), ["heartbeat phoenix"; 10]);
}

#[test]
fn an_unanswered_heartbeat_closes_the_socket() {
    let mut rig = Rig::live();
    rig.manners = DEAF;
    rig.wait(HEARTBEAT_MS);
    rig.told();
    rig.wait(HEARTBEAT_TIMEOUT_MS - 1.0);
    assert!(rig.told().is_empty());
    rig.wait(2.0);
    assert_eq!(rig.told(), ["disconnect", "down 1"]);
    rig.wait(501.0);
    assert_eq!(rig.told(), ["ask", "connect", "join wdb-1", "ready 1"]);
}

#[test]
fn a_late_timer_checks_the_socket_at_once() {
    let mut rig = Rig::live();
    rig.pass(HEARTBEAT_MS + 60_000.0);
    rig.manners = DEAF;
    rig.fire();
    assert_eq!(rig.told(), ["heartbeat phoenix"]);
    rig.wait(CHECK_TIMEOUT_MS + 1.0);
    assert_eq!(rig.told(), ["disconnect", "down 1"]);
}

#[test]
fn a_late_timer_does_not_treat_silence_as_failure() {
    let mut rig = Rig::live();
    rig.manners = DEAF;
    rig.wait(HEARTBEAT_MS);
    let unanswered = rig.last("heartbeat");
    rig.pass(HEARTBEAT_TIMEOUT_MS + 60_000.0);
    rig.manners = GOOD;
    rig.fire();
    rig.reply(&unanswered, "ok", serde_json::json!({}));
    rig.wait(60_000.0);
    assert!(!rig.told().contains(&"disconnect".to_owned()));
}

#[test]
fn a_dead_socket_is_noticed_even_when_every_timer_is_late() {
    let mut rig = Rig::live();
    rig.manners = DEAF;
    for _ in 0..2 {
        rig.pass(HEARTBEAT_MS + 60_000.0);
        rig.fire();
    }
    assert_eq!(rig.told(), ["heartbeat phoenix", "disconnect", "down 1"]);
}

#[test]
fn sleep_during_which_the_monotonic_clock_stood_still_is_noticed() {
    let mut rig = Rig::live();
    rig.wait(HEARTBEAT_MS + 1.0);
    rig.told();
    rig.manners = DEAF;
    rig.now.wall_ms += 3_600_000.0;
    rig.wait(HEARTBEAT_MS + CHECK_TIMEOUT_MS);
    assert_eq!(rig.told(), ["heartbeat phoenix", "disconnect", "down 1"]);
}

#[test]
fn a_tab_that_becomes_visible_checks_its_socket_once() {
    let mut rig = Rig::live();
    rig.wait(5_000.0);
    rig.manners = DEAF;
    for _ in 0..3 {
        rig.shown();
    }
    assert_eq!(rig.told(), ["heartbeat phoenix"]);
    rig.wait(CHECK_TIMEOUT_MS);
    assert_eq!(rig.told(), ["disconnect", "down 1"]);
}

#[test]
fn a_tab_that_becomes_visible_skips_the_backoff_but_connects_once_a_second_at_most() {
    let mut rig = Rig::new(Manners { asks: true, ..SILENT });
    rig.random = Box::new(|| 0.99);
    rig.open(1);
    for _ in 0..6 {
        rig.closed();
        rig.wait(rig.session.poll_timeout().expect("a wait") - rig.now.monotonic_ms);
    }
    rig.closed();
    rig.wait(1_000.0);
    rig.told();
    rig.shown();
    assert_eq!(rig.told(), ["ask", "connect"]);
    rig.closed();
    for _ in 0..20 {
        rig.wait(100.0);
        rig.shown();
        if rig.socket == Socket::Connecting {
            rig.closed();
        }
    }
    assert_eq!(rig.told(), ["ask", "connect", "ask", "connect"]);
}

#[test]
fn a_channel_that_closes_and_reopens_reuses_the_socket() {
    let mut rig = Rig::live();
    rig.close(1);
    rig.wait(LINGER_MS - 1.0);
    rig.open(2);
    rig.wait(10_000.0);
    assert_eq!(rig.told(), ["leave wdb-1", "join wdb-2", "ready 2"]);
    rig.close(2);
    rig.wait(LINGER_MS);
    assert_eq!(rig.told(), ["leave wdb-2", "disconnect"]);
    assert_eq!(rig.session.poll_timeout(), None);
}

#[test]
fn closing_a_client_leaves_no_socket_or_timer() {
    for manners in [SILENT, Manners { asks: true, ..SILENT }, GOOD] {
        let mut rig = Rig::new(manners);
        rig.open(1);
        rig.close_all();
        assert_eq!((rig.socket, rig.session.poll_timeout()), (Socket::None, None));
        rig.told();
        rig.wait(1_000_000.0);
        assert!(rig.told().is_empty());
        rig.open(2);
        assert_eq!(rig.told()[0], "ask");
    }
}

#[test]
fn only_the_reply_to_a_heartbeat_answers_it() {
    let mut rig = Rig::live();
    rig.manners = DEAF;
    rig.wait(HEARTBEAT_MS);
    let mut other = rig.last("heartbeat");
    other.reference = "0".to_owned();
    rig.told();
    rig.reply(&other, "ok", serde_json::json!({}));
    rig.wait(HEARTBEAT_TIMEOUT_MS);
    assert_eq!(rig.told(), ["disconnect", "down 1"]);
}

#[test]
fn a_tab_that_becomes_visible_does_not_check_a_socket_that_replied_within_a_second() {
    let mut rig = Rig::live();
    rig.wait(999.0);
    rig.shown();
    assert!(rig.told().is_empty());
    rig.wait(1.0);
    rig.shown();
    assert_eq!(rig.told(), ["heartbeat phoenix"]);
}

#[test]
fn a_timer_counts_as_late_after_more_than_five_seconds_by_either_clock() {
    for (monotonic_ms, wall_ms) in [(LATE_MS, LATE_MS), (0.0, LATE_MS)] {
        let mut rig = Rig::live();
        rig.manners = DEAF;
        rig.now.monotonic_ms += HEARTBEAT_MS + monotonic_ms;
        rig.now.wall_ms += HEARTBEAT_MS + wall_ms;
        rig.fire();
        rig.told();
        rig.wait(HEARTBEAT_TIMEOUT_MS - 1.0);
        assert!(rig.told().is_empty(), "the answer has the usual time");
        rig.wait(1.0);
        assert_eq!(rig.told(), ["disconnect", "down 1"]);
    }
}

#[test]
fn connection_attempts_are_a_second_apart_even_if_the_only_channel_was_closed_in_between() {
    let mut rig = Rig::new(SILENT);
    rig.open(1);
    rig.close(1);
    rig.hand_token(Ok(None));
    rig.told();
    rig.open(2);
    rig.wait(999.0);
    assert!(rig.told().is_empty());
    rig.wait(1.0);
    assert_eq!(rig.told(), ["ask"]);
}

#[test]
fn a_closed_client_does_not_send_pending_frames() {
    let mut rig = Rig::live();
    let step = rig.step();
    rig.session.open(step, 2, vec![every_change("workflows")]);
    rig.close_all();
    assert_eq!(rig.told(), ["disconnect"]);
}
