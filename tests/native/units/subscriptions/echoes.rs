//! Recognizing the frames that own writes cause, and noticing when one is missing.

use super::row;
use crate::support::json::Json;
use workflow_db::subscriptions::{Echoes, Missing, Origin};
use workflow_db::tables::{WORKFLOWS, WORKFLOW_NODES};

fn judge(echoes: &mut Echoes<Json>, state: Option<&str>, now_ms: f64) -> Origin {
    echoes.judge(&WORKFLOWS, "a", state.map(row).as_ref(), now_ms)
}

fn written(states: &[(Option<&str>, f64)]) -> Echoes<Json> {
    let mut echoes = Echoes::default();
    for (state, now_ms) in states {
        echoes.wrote(&WORKFLOWS, "a", state.map(row), *now_ms);
    }
    echoes
}

#[test]
fn the_frame_of_the_last_write_is_its_echo_and_later_frames_are_not() {
    let mut echoes = written(&[(Some("1"), 0.0), (Some("2"), 1.0)]);
    assert_eq!(judge(&mut echoes, Some("1"), 2.0), Origin::OldEcho);
    assert_eq!(judge(&mut echoes, Some("2"), 2.0), Origin::Echo);
    assert_eq!(judge(&mut echoes, Some("2"), 2.0), Origin::Foreign);
}

#[test]
fn the_echo_of_a_later_write_confirms_the_earlier_ones() {
    let mut echoes = written(&[(Some("1"), 0.0), (Some("2"), 1.0), (Some("3"), 2.0)]);
    assert_eq!(judge(&mut echoes, Some("2"), 3.0), Origin::OldEcho);
    assert_eq!(judge(&mut echoes, Some("1"), 3.0), Origin::Crossed);
    assert_eq!(judge(&mut echoes, Some("3"), 3.0), Origin::Echo);
}

#[test]
fn an_unexplained_frame_crossed_the_write() {
    let mut echoes = written(&[(Some("1"), 0.0)]);
    assert_eq!(judge(&mut echoes, Some("2"), 1.0), Origin::Crossed);
    assert_eq!(judge(&mut echoes, None, 1.0), Origin::Crossed);
    assert_eq!(judge(&mut echoes, Some("1"), 1.0), Origin::Echo);
    let mut echoes = written(&[(None, 0.0)]);
    assert_eq!(judge(&mut echoes, Some("1"), 1.0), Origin::Crossed);
    assert_eq!(judge(&mut echoes, None, 1.0), Origin::Echo);
}

#[test]
fn a_frame_of_another_row_or_table_is_foreign() {
    let mut echoes = written(&[(Some("1"), 0.0)]);
    assert_eq!(echoes.judge(&WORKFLOWS, "b", Some(&row("1")), 1.0), Origin::Foreign);
    assert_eq!(echoes.judge(&WORKFLOW_NODES, "a", Some(&row("1")), 1.0), Origin::Foreign);
}

#[test]
fn an_echo_is_recognized_for_half_a_minute_after_the_last_write() {
    let writes = [(Some("1"), 0.0), (Some("2"), 10_000.0)];
    assert_eq!(judge(&mut written(&writes), Some("2"), 39_999.0), Origin::Echo);
    assert_eq!(judge(&mut written(&writes), Some("2"), 40_000.0), Origin::Foreign);
}

#[test]
fn a_write_removes_expired_rows_from_the_awaited_echoes() {
    let after = |now_ms| {
        let mut echoes = written(&[(Some("1"), 1_000.0)]);
        echoes.wrote(&WORKFLOWS, "b", Some(row("2")), now_ms);
        echoes.awaits(&WORKFLOWS, "a", &row("1"))
    };
    assert!(after(30_999.0));
    assert!(!after(31_000.0));
}

#[test]
fn echoes_of_two_hundred_rows_are_awaited_and_the_oldest_is_dropped() {
    let mut echoes = Echoes::default();
    for number in 0..200 {
        echoes.wrote(&WORKFLOWS, &number.to_string(), Some(row("1")), 0.0);
    }
    assert!(echoes.awaits(&WORKFLOWS, "0", &row("1")));
    echoes.wrote(&WORKFLOWS, "0", Some(row("2")), 0.0);
    assert!(echoes.awaits(&WORKFLOWS, "1", &row("1")), "a row that is waited for takes no more room");
    echoes.wrote(&WORKFLOWS, "200", Some(row("1")), 0.0);
    let awaited = |number: u32| echoes.awaits(&WORKFLOWS, &number.to_string(), &row("1"));
    assert_eq!([0, 1, 199, 200].map(awaited), [false, true, true, true]);
}

#[test]
fn an_echo_is_awaited_for_the_state_that_was_written() {
    let echoes = written(&[(Some("1"), 0.0), (None, 1.0)]);
    assert!(echoes.awaits(&WORKFLOWS, "a", &row("1")));
    assert!(!echoes.awaits(&WORKFLOWS, "a", &row("2")));
    assert!(!echoes.awaits(&WORKFLOWS, "b", &row("1")));
    assert!(!echoes.awaits(&WORKFLOW_NODES, "a", &row("1")));
}

#[test]
fn an_echo_is_awaited_only_for_the_written_row() {
    let echoes = written(&[(Some("1"), 0.0)]);
    let is_awaited = |table, id| echoes.is_awaited(table, id);
    assert!(is_awaited(&WORKFLOWS, "a"));
    assert!(!is_awaited(&WORKFLOWS, "b"));
    assert!(!is_awaited(&WORKFLOW_NODES, "a"));
}

fn names(missing: &[Missing<Json>]) -> Vec<String> {
    missing.iter().map(|missing| missing.row.text("name")).collect()
}

#[test]
fn an_echo_is_missing_after_five_seconds_and_reported_once() {
    let mut echoes = written(&[(Some("1"), 0.0), (Some("2"), 1_000.0)]);
    assert_eq!(echoes.overdue_ms(), 5_000.0);
    assert!(echoes.take_missing(4_999.0).is_empty());
    let missing = echoes.take_missing(5_000.0);
    assert_eq!((names(&missing), missing[0].written_ms), (vec!["1".to_owned()], 0.0));
    assert!(*missing[0].table == WORKFLOWS);
    assert_eq!(echoes.overdue_ms(), 6_000.0);
    assert_eq!(names(&echoes.take_missing(7_000.0)), ["2"]);
    assert_eq!(echoes.overdue_ms(), f64::INFINITY);
    assert!(echoes.take_missing(9_000.0).is_empty());
}

#[test]
fn the_echo_of_a_delete_and_of_earlier_writes_is_never_missing() {
    let mut echoes = written(&[(None, 0.0)]);
    assert_eq!(echoes.overdue_ms(), f64::INFINITY);
    echoes.wrote(&WORKFLOWS, "a", Some(row("1")), 1.0);
    echoes.wrote(&WORKFLOWS, "a", None, 2.0);
    assert!(echoes.take_missing(10_000.0).is_empty());
    let mut recreated = written(&[(None, 0.0), (Some("1"), 1.0)]);
    assert_eq!(names(&recreated.take_missing(10_000.0)), ["1"]);
}

#[test]
fn the_echo_of_a_row_read_since_is_not_awaited() {
    let mut echoes = written(&[(Some("1"), 0.0)]);
    for (table, id) in [(&WORKFLOWS, "b"), (&WORKFLOW_NODES, "a")] {
        echoes.forget(table, id);
        assert!(echoes.awaits(&WORKFLOWS, "a", &row("1")));
    }
    echoes.forget(&WORKFLOWS, "a");
    assert!(!echoes.awaits(&WORKFLOWS, "a", &row("1")));
    let mut echoes = written(&[(Some("1"), 0.0)]);
    echoes.clear();
    assert!(!echoes.awaits(&WORKFLOWS, "a", &row("1")));
}
