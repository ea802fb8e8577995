//! When writes are sent.

use workflow_db::offline::{Flusher, Outcome, Poll};

/// One that has something to send.
fn leading() -> Flusher {
    let mut flusher = Flusher::default();
    flusher.set_leader(true);
    flusher.set_pending(true);
    flusher
}

/// One whose last attempt failed at 0, with the longest pause.
fn failed() -> Flusher {
    let mut flusher = leading();
    assert_eq!(flusher.poll(0.0), Poll::Send);
    flusher.settled(Some(Outcome::Retry), 0.0, 1.0, None);
    flusher
}

#[test]
fn one_write_is_sent_at_a_time() {
    let mut flusher = leading();
    assert_eq!(flusher.poll(0.0), Poll::Send);
    assert_eq!(flusher.poll(0.0), Poll::Idle);
    flusher.settled(Some(Outcome::Done), 1.0, 0.5, None);
    assert_eq!(flusher.poll(1.0), Poll::Send);
}

#[test]
fn nothing_is_sent_offline_or_by_a_tab_that_does_not_lead_or_without_writes() {
    let mut followers = Flusher::default();
    followers.set_pending(true);
    assert_eq!(followers.poll(0.0), Poll::Idle);
    let mut offline = leading();
    offline.set_online(false);
    assert_eq!(offline.poll(0.0), Poll::Idle);
    let mut empty = leading();
    empty.set_pending(false);
    assert_eq!(empty.poll(0.0), Poll::Idle);
}

#[test]
fn refusals_and_successes_are_followed_by_the_next_write_at_once() {
    for outcome in [Outcome::Done, Outcome::Refused, Outcome::Stale] {
        let mut flusher = leading();
        flusher.poll(0.0);
        flusher.settled(Some(outcome), 0.0, 1.0, None);
        assert_eq!(flusher.poll(0.0), Poll::Send, "{outcome:?}");
    }
}

/// An attempt at `now_ms` fails. Returns the pause, and lets it pass.
fn fail(flusher: &mut Flusher, now_ms: &mut f64, random: f64) -> f64 {
    assert_eq!(flusher.poll(*now_ms), Poll::Send);
    flusher.settled(Some(Outcome::Retry), *now_ms, random, None);
    let Poll::Wait(wait_ms) = flusher.poll(*now_ms) else { panic!("no pause") };
    *now_ms += wait_ms;
    wait_ms
}

#[test]
fn failures_make_it_ever_slower_until_a_success() {
    let (mut flusher, mut now_ms) = (leading(), 0.0);
    let waits: Vec<_> = (0..8).map(|_| fail(&mut flusher, &mut now_ms, 1.0)).collect();
    assert_eq!(waits, [1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0, 32_000.0, 60_000.0, 60_000.0]);
    let waits = [0.25, 0.0].map(|random| fail(&mut flusher, &mut now_ms, random));
    assert_eq!(waits, [15_000.0, 100.0]);
    assert_eq!(flusher.poll(now_ms), Poll::Send);
    flusher.settled(Some(Outcome::Refused), now_ms, 0.5, None);
    assert_eq!(fail(&mut flusher, &mut now_ms, 1.0), 1_000.0);
}

#[test]
fn coming_online_ends_the_pause() {
    let mut flusher = failed();
    flusher.set_online(true);
    assert_eq!(flusher.poll(10.0), Poll::Wait(990.0), "it was online already");
    flusher.set_online(false);
    assert_eq!(flusher.poll(2_000.0), Poll::Idle);
    flusher.set_online(true);
    assert_eq!(flusher.poll(10.0), Poll::Send);
    flusher.settled(Some(Outcome::Retry), 10.0, 1.0, None);
    assert_eq!(flusher.poll(10.0), Poll::Wait(1_000.0), "the backoff starts again");
}

#[test]
fn the_application_can_ask_for_an_attempt() {
    let mut flusher = failed();
    flusher.set_online(false);
    flusher.flush();
    assert!(flusher.is_flushing(10.0));
    assert_eq!(flusher.poll(10.0), Poll::Send, "whatever the browser says");
    flusher.settled(Some(Outcome::Done), 11.0, 0.5, None);
    assert_eq!(flusher.poll(11.0), Poll::Send, "until it fails");
    flusher.settled(Some(Outcome::Retry), 12.0, 0.5, None);
    assert_eq!(flusher.poll(99_000.0), Poll::Idle);
}

#[test]
fn an_attempt_that_was_asked_for_is_forgotten_once_nothing_is_left_to_send() {
    let mut flusher = leading();
    flusher.set_online(false);
    flusher.flush();
    flusher.set_pending(false);
    flusher.set_pending(true);
    assert_eq!(flusher.poll(0.0), Poll::Idle);
}

#[test]
fn an_attempt_may_be_asked_for_before_the_writes_are_known() {
    let mut flusher = Flusher::default();
    flusher.set_leader(true);
    flusher.set_online(false);
    flusher.flush();
    flusher.set_pending(true);
    assert_eq!(flusher.poll(0.0), Poll::Send);
}

#[test]
fn the_server_decides_how_long_it_wants_to_be_left_alone() {
    let mut flusher = leading();
    flusher.poll(0.0);
    flusher.settled(Some(Outcome::Retry), 0.0, 1.0, Some(5_000.0));
    assert_eq!(flusher.poll(0.0), Poll::Wait(5_000.0));
    flusher.flush();
    assert_eq!(flusher.poll(4_000.0), Poll::Wait(1_000.0));
    assert!(!flusher.is_flushing(4_999.0));
    assert!(flusher.is_flushing(5_000.0));
    assert_eq!(flusher.poll(5_000.0), Poll::Send);
    flusher.settled(Some(Outcome::Retry), 5_000.0, 0.5, Some(1e12));
    assert_eq!(flusher.poll(5_000.0), Poll::Wait(300_000.0), "within reason");
}

#[test]
fn it_flushes_while_a_write_is_in_flight() {
    let mut flusher = leading();
    assert!(flusher.is_flushing(0.0));
    flusher.poll(0.0);
    flusher.set_leader(false);
    assert!(flusher.is_flushing(0.0));
    flusher.settled(Some(Outcome::Done), 0.0, 0.5, None);
    assert!(!flusher.is_flushing(0.0));
    assert!(!failed().is_flushing(999.0));
}

#[test]
fn without_a_write_to_send_it_waits_for_one() {
    let mut flusher = leading();
    flusher.poll(0.0);
    flusher.settled(None, 0.0, 0.5, None);
    assert_eq!(flusher.poll(0.0), Poll::Idle);
    flusher.set_pending(true);
    assert_eq!(flusher.poll(0.0), Poll::Send);
}
