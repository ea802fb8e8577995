//! Reading a row again that a frame reported.

use super::heard;
use std::rc::Rc;
use workflow_db::engine::log::{ChangeLog, Record};
use workflow_db::engine::rereads::{Reading, Rereads};
use workflow_db::realtime::ChangeKind;
use workflow_db::subscriptions::Sign;
use workflow_db::tables::{WORKFLOWS, WORKFLOW_NODES};

struct World {
    log: ChangeLog,
    rereads: Rereads,
}

fn sign(kind: ChangeKind) -> Sign {
    let mut sign = Sign::of_nobody(kind, None);
    sign.is_told_gone = false;
    sign
}

/// Two rows of different tables with the same id are being read, and another workflow.
fn world() -> (World, [Rc<str>; 3]) {
    let mut world = World { log: ChangeLog::default(), rereads: Rereads::default() };
    let ids: [Rc<str>; 3] = ["a".into(), "a".into(), "b".into()];
    for (id, table) in ids.iter().zip([&WORKFLOWS, &WORKFLOW_NODES, &WORKFLOWS]) {
        let asked = world.log.place();
        let mut sign = sign(ChangeKind::Insert);
        sign.is_told_gone = table == &WORKFLOW_NODES;
        world.rereads.begin(table, id.clone(), sign, asked);
    }
    (world, ids)
}

impl World {
    /// The kind of the latest frame, and whether the answer is the last word. `None`: it is outdated or ended.
    fn answered(&mut self, id: &Rc<str>, has_failed: bool) -> Option<(ChangeKind, bool)> {
        match self.rereads.answered(id, &self.log, has_failed)? {
            Reading::Newer { sign, is_last_word } => Some((sign.kind, is_last_word)),
            Reading::Outdated => None,
        }
    }
}

#[test]
fn an_answer_without_other_frames_is_the_last_word_and_ends_only_its_own_reading() {
    let (mut world, [workflow, node, other]) = world();
    assert_eq!(world.answered(&workflow, false), Some((ChangeKind::Insert, true)));
    assert_eq!(world.answered(&workflow, false), None);
    assert_eq!(world.answered(&node, false), Some((ChangeKind::Insert, true)));
    assert_eq!(world.answered(&other, false), Some((ChangeKind::Insert, true)));
}

#[test]
fn a_frame_of_the_row_calls_for_another_answer() {
    let (mut world, [workflow, node, other]) = world();
    assert!(world.rereads.hear(&WORKFLOWS, "a", &sign(ChangeKind::Update)));
    assert!(!world.rereads.hear(&WORKFLOWS, "c", &sign(ChangeKind::Update)));
    assert!(!world.rereads.hear(&WORKFLOW_NODES, "b", &sign(ChangeKind::Update)));
    world.log.push(heard(&WORKFLOWS, "a"), 0);
    assert_eq!(world.answered(&workflow, false), Some((ChangeKind::Update, false)));
    assert_eq!(world.answered(&node, false), Some((ChangeKind::Insert, true)));
    assert_eq!(world.answered(&other, false), Some((ChangeKind::Insert, true)));
    // Asked again after that frame.
    let asked = world.log.place();
    assert_eq!(world.rereads.ask(&workflow, asked), Some(()));
    assert_eq!(world.answered(&workflow, false), Some((ChangeKind::Update, true)));
    assert_eq!(world.rereads.ask(&workflow, asked), None);
}

#[test]
fn a_failure_ends_the_reading() {
    let (mut world, [workflow, ..]) = world();
    world.log.push(heard(&WORKFLOWS, "a"), 0);
    assert_eq!(world.answered(&workflow, true), Some((ChangeKind::Insert, true)));
    assert_eq!(world.answered(&workflow, true), None);
}

#[test]
fn an_own_write_of_the_row_makes_the_answer_outdated() {
    let (mut world, [workflow, node, other]) = world();
    world.log.push(Record::RowWritten { table: &WORKFLOWS, id: "a".to_owned() }, 0);
    assert!(matches!(world.rereads.answered(&workflow, &world.log, false), Some(Reading::Outdated)));
    assert_eq!(world.answered(&node, false), Some((ChangeKind::Insert, true)));
    assert_eq!(world.answered(&other, false), Some((ChangeKind::Insert, true)));
}

#[test]
fn a_possible_deletion_of_the_row_or_its_parent_makes_the_answer_outdated() {
    let outdated = |table, id: &str, may_cascade| {
        let (mut world, ids) = world();
        world.log.push(Record::Changed { table, id: Some(id.to_owned()), may_cascade }, 0);
        ids.map(|id| matches!(world.rereads.answered(&id, &world.log, false), Some(Reading::Outdated)))
    };
    assert_eq!(outdated(&WORKFLOWS, "a", true), [true, true, false]);
    assert_eq!(outdated(&WORKFLOWS, "a", false), [false, false, false]);
    assert_eq!(outdated(&WORKFLOW_NODES, "a", true), [false, true, false]);
}

#[test]
fn a_later_scope_read_of_the_table_makes_the_answer_outdated() {
    let outdated = |later| {
        let (mut world, ids) = world();
        world.log.push(Record::ScopeRead { table: &WORKFLOWS, asked: later }, 0);
        ids.map(|id| matches!(world.rereads.answered(&id, &world.log, false), Some(Reading::Outdated)))
    };
    assert_eq!(outdated(4), [true, false, true]);
    assert_eq!(outdated(2), [true, false, false], "the third row was requested after it");
    assert_eq!(outdated(1), [false, false, false], "the first row was requested at the same place");
}

#[test]
fn a_reading_says_whether_subscribers_have_received_the_deletion() {
    let (mut world, [workflow, node, _]) = world();
    assert!(world.rereads.is_told_gone(&WORKFLOW_NODES, "a"));
    assert!(!world.rereads.is_told_gone(&WORKFLOWS, "a"));
    assert!(!world.rereads.is_told_gone(&WORKFLOW_NODES, "b"));
    let mut is_told_gone = |id: &Rc<str>| match world.rereads.answered(id, &world.log, false) {
        Some(Reading::Newer { sign, .. }) => sign.is_told_gone,
        _ => panic!("no answer"),
    };
    assert_eq!([is_told_gone(&workflow), is_told_gone(&node)], [false, true]);
}

#[test]
fn readings_end_by_row_or_all_at_once() {
    let (mut world, [workflow, node, other]) = world();
    assert_eq!(world.rereads.oldest(), Some(1));
    world.rereads.end(&WORKFLOWS, "a");
    assert_eq!(world.rereads.oldest(), Some(2));
    assert_eq!(world.answered(&workflow, false), None);
    world.rereads.clear();
    assert_eq!(world.rereads.oldest(), None);
    assert_eq!(world.answered(&node, false), None);
    assert_eq!(world.answered(&other, false), None);
}
