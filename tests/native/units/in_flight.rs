//! The change log, and what reads and writes in flight learn from it.

use crate::support::random::uuid_of;
use crate::support::Json;
use futures::FutureExt;
use serde_json::{json, Value};
use std::rc::Rc;
use workflow_db::cache::Shape;
use workflow_db::engine::call::Sent;
use workflow_db::engine::log::{ChangeLog, Place, Record};
use workflow_db::engine::reads::{Outcome, ReadInFlight, ReadsInFlight};
use workflow_db::engine::rereads::{Reading, Rereads};
use workflow_db::engine::shared::Shared;
use workflow_db::engine::versions::OwnVersions;
use workflow_db::engine::writes::{WriteInFlight, WritesInFlight};
use workflow_db::flows::{DatabaseFunction, FunctionCall, Load, Loaded, Lookup, Parts, Write};
use workflow_db::query::{Query, Test};
use workflow_db::realtime::ChangeKind;
use workflow_db::subscriptions::Sign;
use workflow_db::tables::{Table, API_KEYS, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};

fn heard(table: &'static Table, id: &str) -> Record {
    Record::Heard { table, id: id.to_owned() }
}

fn gone(table: &'static Table, id: &str) -> Record {
    Record::Gone { table, id: id.to_owned() }
}

fn row(id: &str) -> Value {
    json!({ "id": id })
}

mod log {
    use super::*;

    /// Pushes this many records, while a request that was sent at `oldest` is in flight.
    fn push(log: &mut ChangeLog, count: usize, oldest: Place) {
        for _ in 0..count {
            log.push(heard(&WORKFLOWS, "a"), oldest);
        }
    }

    fn number_since(log: &ChangeLog, asked: Place) -> Option<usize> {
        log.heard_since(asked).map(|rows| rows.len())
    }

    #[test]
    fn a_request_sees_the_records_since_it_was_sent() {
        let mut log = ChangeLog::default();
        let first = log.place();
        log.push(heard(&WORKFLOWS, "a"), first);
        let second = log.place();
        log.push(Record::Everything, first);
        log.push(heard(&API_KEYS, "b"), first);
        assert!(first < second);
        let ids = |asked| -> Vec<String> {
            log.heard_since(asked).expect("all records").into_iter().map(|(_, id)| id).collect()
        };
        assert_eq!(ids(first), ["a", "b"]);
        assert_eq!(ids(second), ["b"]);
        let of_a = first + 1;
        assert_eq!(ids(of_a), ["b"]);
        assert!(log.has_since(second, |record| matches!(record, Record::Everything)));
        assert!(!log.has_since(second, |record| matches!(record, Record::Heard { id, .. } if id == "a")));
    }

    #[test]
    fn records_that_no_request_needs_are_removed_in_batches() {
        let mut log = ChangeLog::default();
        push(&mut log, 64, 0);
        let last = log.place() - 1;
        let mut all_needed = ChangeLog::default();
        push(&mut all_needed, 65, 0);
        push(&mut log, 1, last);
        assert_eq!(number_since(&log, 0), Some(1));
        // With 64 records it was full, and will be with twice as many.
        let last = all_needed.place();
        push(&mut all_needed, 63, last);
        assert_eq!(number_since(&all_needed, 0), Some(128));
        push(&mut all_needed, 1, last);
        assert_eq!(number_since(&all_needed, 0), Some(64));
    }

    #[test]
    fn a_full_log_keeps_its_newer_half_for_a_request_that_never_ends() {
        let mut log = ChangeLog::default();
        let oldest = log.place();
        // It doubles up to here. It is full with 50 000 records, of which 25 000 follow.
        push(&mut log, 32_768, oldest);
        assert_eq!(number_since(&log, oldest), Some(32_768));
        let just_before = log.place() - 1;
        let at_half = log.place();
        push(&mut log, 25_000, oldest);
        // The first 7 768 were removed on the way.
        assert_eq!(number_since(&log, just_before - 10_000), Some(35_000));
        push(&mut log, 1, oldest);
        assert_eq!(number_since(&log, at_half), Some(25_001));
        assert_eq!(number_since(&log, just_before), Some(25_001));
        for overtaken in [oldest, just_before - 1] {
            assert_eq!(number_since(&log, overtaken), None);
            assert!(log.has_since(overtaken, |_| false), "a request that is too old counts as overtaken");
        }
        assert!(!log.has_since(just_before, |_| false));
    }

    #[test]
    fn half_of_a_full_log_is_not_too_much() {
        let mut log = ChangeLog::default();
        let oldest = log.place();
        push(&mut log, 16_384 - 12_500, oldest);
        let later = log.place();
        push(&mut log, 12_500, oldest);
        // Now it is full: all but 12 500 records are removed, and it is full again with twice as many.
        push(&mut log, 12_500, later);
        push(&mut log, 1, later);
        assert_eq!(number_since(&log, later), Some(25_001));
    }

    #[test]
    fn a_full_log_of_mostly_old_records_loses_only_those() {
        let mut log = ChangeLog::default();
        push(&mut log, 10_000, 0);
        let oldest = log.place();
        push(&mut log, 6_384, 0);
        push(&mut log, 1, oldest);
        assert_eq!(number_since(&log, 0), Some(6_385));
    }

    #[test]
    fn an_emptied_log_has_no_records() {
        let mut log = ChangeLog::default();
        let asked = log.place();
        push(&mut log, 3, asked);
        log.clear();
        assert_eq!(number_since(&log, asked), Some(0));
    }

    #[test]
    fn rows_bring_back_a_row_that_is_gone_since_the_request() {
        let mut log = ChangeLog::default();
        let before = log.place();
        log.push(gone(&WORKFLOWS, "a"), before);
        let after = log.place();
        let brings = |asked, table, rows: Value| log.brings_gone(asked, table, &Json::from(rows));
        assert!(brings(before, &WORKFLOWS, row("a")));
        assert!(brings(before, &WORKFLOWS, json!([row("b"), row("a")])));
        assert!(!brings(before, &WORKFLOWS, row("b")));
        assert!(!brings(before, &WORKFLOWS, json!([row("b")])));
        assert!(!brings(before, &API_KEYS, row("a")));
        assert!(!brings(before, &API_KEYS, json!([row("a")])));
        assert!(!brings(after, &WORKFLOWS, row("a")));
        let mut other = ChangeLog::default();
        other.push(heard(&WORKFLOWS, "a"), 0);
        assert!(!other.brings_gone(0, &WORKFLOWS, &Json::from(row("a"))));
    }
}

mod rereads {
    use super::*;

    struct World {
        log: ChangeLog,
        rereads: Rereads,
    }

    fn sign(kind: ChangeKind) -> Sign {
        Sign::of_nobody(kind, None)
    }

    /// Two rows of different tables with the same id are being read, and another workflow.
    fn world() -> (World, [Rc<str>; 3]) {
        let mut world = World { log: ChangeLog::default(), rereads: Rereads::default() };
        let ids: [Rc<str>; 3] = ["a".into(), "a".into(), "b".into()];
        for (id, table) in ids.iter().zip([&WORKFLOWS, &WORKFLOW_NODES, &WORKFLOWS]) {
            let asked = world.log.place();
            world.rereads.begin(table, id.clone(), sign(ChangeKind::Insert), asked);
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
}

mod reads {
    use super::*;

    struct World {
        log: ChangeLog,
        reads: ReadsInFlight<Json>,
        results: Vec<Shared<Outcome<Json>>>,
    }

    const TIMEOUT_MS: f64 = 1_000.0;

    fn world() -> World {
        World { log: ChangeLog::default(), reads: ReadsInFlight::default(), results: Vec::new() }
    }

    fn row_load(table: &'static Table, id: &str) -> Load {
        Load::Row(Lookup { table, column: "id", value: id.to_owned(), within: Vec::new() })
    }

    fn list_load(table: &'static Table) -> Load {
        Load::List(Query::of(table).filter("user_id", Test::Eq(uuid_of("ada"))))
    }

    fn relations_load(id: &str) -> (String, Load) {
        (format!("workflow:{id}?relations"), Load::Relations(id.to_owned()))
    }

    impl World {
        /// Sends a read now; answers its number.
        fn send(&mut self, key: &str, load: &Load) -> u32 {
            let sent = Sent::default();
            let place = self.log.place();
            sent.leaves(place);
            self.wait(key, load, sent)
        }

        /// Begins a read that is sent later.
        fn wait(&mut self, key: &str, load: &Load, sent: Sent) -> u32 {
            let result: Shared<Outcome<Json>> = Shared::new(async { Ok(None) }.boxed_local());
            let number = self.reads.next_number();
            let weak = result.downgrade();
            self.reads.begin(ReadInFlight::new(number, key.to_owned(), load, TIMEOUT_MS, weak, sent));
            self.results.push(result);
            number
        }

        fn note(&mut self, record: Record) {
            self.log.push(record, 0);
        }

        fn joins(&mut self, key: &str, is_fresh: bool) -> bool {
            self.reads.join(&self.log, key, TIMEOUT_MS, is_fresh).is_some()
        }

        /// Whether a read of `load`, sent before this record, is overtaken by it.
        fn overtakes(record: Record, key: &str, load: &Load) -> bool {
            let mut world = world();
            let number = world.send(key, load);
            world.note(record);
            world.reads.is_overtaken(number, &world.log, None)
        }
    }

    fn changed(table: &'static Table, id: Option<&str>, may_cascade: bool) -> Record {
        Record::Changed { table, id: id.map(str::to_owned), may_cascade }
    }

    #[test]
    fn a_read_joins_one_of_the_same_key_and_timeout() {
        let mut world = world();
        world.send("workflow:a", &row_load(&WORKFLOWS, "a"));
        assert_eq!((world.reads.count(), world.reads.coalesced()), (1, 0.0));
        assert!(world.joins("workflow:a", false));
        assert!(world.joins("workflow:a", false));
        assert!(!world.joins("workflow:b", false));
        assert!(world.reads.join(&world.log, "workflow:a", 5.0, false).is_none());
        assert_eq!((world.reads.count(), world.reads.coalesced()), (1, 2.0));
    }

    #[test]
    fn a_fresh_read_joins_only_one_that_is_not_sent() {
        let mut world = world();
        world.send("workflow:a", &row_load(&WORKFLOWS, "a"));
        let waiting = world.wait("workflow:b", &row_load(&WORKFLOWS, "b"), Sent::default());
        assert!(!world.joins("workflow:a", true));
        assert!(world.joins("workflow:a", false));
        assert!(!world.reads.insists(waiting));
        assert!(world.joins("workflow:b", true));
        assert!(world.reads.insists(waiting));
    }

    #[test]
    fn a_read_that_is_overtaken_or_abandoned_is_not_joined() {
        let mut world = world();
        world.send("workflow:a", &row_load(&WORKFLOWS, "a"));
        world.note(changed(&WORKFLOWS, Some("a"), false));
        assert!(!world.joins("workflow:a", false));
        world.send("workflow:b", &row_load(&WORKFLOWS, "b"));
        world.results.clear();
        assert!(!world.joins("workflow:b", false));
    }

    #[test]
    fn a_change_overtakes_reads_of_the_row_of_lists_and_of_what_it_deletes() {
        let overtakes = World::overtakes;
        let one = row_load(&WORKFLOWS, "a");
        assert!(overtakes(changed(&WORKFLOWS, Some("a"), false), "workflow:a", &one));
        assert!(overtakes(changed(&WORKFLOWS, None, false), "workflow:a", &one));
        assert!(!overtakes(changed(&WORKFLOWS, Some("b"), false), "workflow:a", &one));
        assert!(!overtakes(changed(&API_KEYS, Some("a"), false), "workflow:a", &one));
        let list = list_load(&WORKFLOW_NODES);
        assert!(overtakes(changed(&WORKFLOW_NODES, Some("n"), false), "workflow_nodes:a", &list));
        assert!(overtakes(changed(&WORKFLOWS, Some("a"), true), "workflow_nodes:a", &list));
        assert!(!overtakes(changed(&WORKFLOWS, Some("a"), false), "workflow_nodes:a", &list));
        assert!(!overtakes(changed(&API_KEYS, Some("a"), true), "workflow_nodes:a", &list));
        assert!(overtakes(Record::Everything, "workflow:a", &one));
        for other in [gone(&WORKFLOWS, "a"), heard(&WORKFLOWS, "a")] {
            assert!(!overtakes(other, "workflow:a", &one));
        }
    }

    #[test]
    fn a_later_answer_overtakes_earlier_reads_of_the_same_rows() {
        let (relations, whole) = relations_load("a");
        let node_list = list_load(&WORKFLOW_NODES);
        for (key, load, stored, is_overtaken) in [
            ("workflow_nodes:a", &node_list, "workflow_nodes:a", true),
            ("workflow_nodes:a", &node_list, "workflow_nodes:b", false),
            ("workflow_nodes:a", &node_list, relations.as_str(), true),
            ("workflow_nodes:b", &node_list, relations.as_str(), false),
            (relations.as_str(), &whole, "workflow_nodes:a", true),
            (relations.as_str(), &whole, "workflow_nodes:b", false),
        ] {
            let mut world = world();
            let earlier = world.log.place();
            let number = world.send(key, load);
            let later = world.log.place();
            world.note(Record::Stored { key: stored.to_owned(), asked: earlier });
            assert!(!world.reads.is_overtaken(number, &world.log, None), "{key} by an earlier {stored}");
            world.note(Record::Stored { key: stored.to_owned(), asked: later });
            assert_eq!(world.reads.is_overtaken(number, &world.log, None), is_overtaken, "{key} by {stored}");
        }
    }

    #[test]
    fn a_scope_that_was_asked_for_later_overtakes_reads_of_its_table() {
        let mut world = world();
        let earlier = world.log.place();
        let number = world.send("workflows:ada", &list_load(&WORKFLOWS));
        let other = world.send("api_keys:ada", &list_load(&API_KEYS));
        let later = world.log.place();
        let is_overtaken = |world: &World, number| world.reads.is_overtaken(number, &world.log, None);
        world.note(Record::ScopeRead { table: &WORKFLOWS, asked: earlier });
        assert!(!is_overtaken(&world, number));
        world.note(Record::ScopeRead { table: &WORKFLOWS, asked: later });
        assert!(is_overtaken(&world, number));
        assert!(!is_overtaken(&world, other));
    }

    #[test]
    fn the_application_overtakes_reads_of_the_keys_that_it_sets_or_drops() {
        let keys = |key: &str| Record::Keys(vec![key.to_owned()]);
        let (relations, whole) = relations_load("a");
        let overtakes = World::overtakes;
        assert!(overtakes(keys("workflow:a"), "workflow:a", &row_load(&WORKFLOWS, "a")));
        assert!(!overtakes(keys("workflow:b"), "workflow:a", &row_load(&WORKFLOWS, "a")));
        assert!(overtakes(keys("workflow_connections:a"), &relations, &whole));
        assert!(!overtakes(keys("workflow_connections:b"), &relations, &whole));
    }

    #[test]
    fn a_response_with_a_row_that_is_gone_is_overtaken() {
        let query = || Rc::new(Query::of(&WORKFLOWS));
        let list = || json!([row("a")]);
        let parts = |of: [&str; 3]| {
            let [workflow, node, connection] = of;
            Loaded::Parts(Parts {
                workflow: Json::from(row(workflow)),
                nodes: Json::from(json!([row(node)])),
                connections: Json::from(json!([row(connection)])),
            })
        };
        let entry = |data: Value, shape| Loaded::Entry(Json::from(data), shape);
        for (loaded, table, is_overtaken) in [
            (entry(row("a"), Shape::Row(&WORKFLOWS)), &WORKFLOWS, true),
            (entry(row("b"), Shape::Row(&WORKFLOWS)), &WORKFLOWS, false),
            (entry(row("a"), Shape::Row(&API_KEYS)), &WORKFLOWS, false),
            (entry(list(), Shape::List(query())), &WORKFLOWS, true),
            (entry(list(), Shape::List(query())), &API_KEYS, false),
            (entry(json!({ "data": list() }), Shape::Page(query())), &WORKFLOWS, true),
            (entry(json!({ "data": [] }), Shape::Page(query())), &WORKFLOWS, false),
            (entry(row("a"), Shape::Foreign), &WORKFLOWS, false),
            (parts(["a", "b", "c"]), &WORKFLOWS, true),
            (parts(["b", "a", "c"]), &WORKFLOW_NODES, true),
            (parts(["b", "c", "a"]), &WORKFLOW_CONNECTIONS, true),
            (parts(["b", "c", "d"]), &WORKFLOWS, false),
        ] {
            let mut world = world();
            let number = world.send("foreign", &list_load(&API_KEYS));
            world.note(gone(table, "a"));
            assert_eq!(world.reads.is_overtaken(number, &world.log, Some(&loaded)), is_overtaken);
        }
    }

    #[test]
    fn a_repeated_request_counts_from_when_it_is_sent_again() {
        let mut world = world();
        let number = world.send("workflow:a", &row_load(&WORKFLOWS, "a"));
        world.note(changed(&WORKFLOWS, Some("a"), false));
        let again = Sent::default();
        let place = world.log.place();
        again.leaves(place);
        world.reads.asks_again(number, again);
        assert!(!world.reads.is_overtaken(number, &world.log, None));
        assert_eq!(world.reads.oldest(), Some(place));
    }

    #[test]
    fn another_read_of_the_key_of_the_whole_or_of_a_part_is_found() {
        let (relations, whole) = relations_load("a");
        let mut world = world();
        let number = world.send(&relations, &whole);
        for (key, has_other) in [
            (relations.as_str(), true),
            ("workflow_nodes:a", true),
            ("workflow:a", true),
            ("workflow:b", false),
            ("workflow:b?relations", false),
        ] {
            assert_eq!(world.reads.has_other(key), has_other, "{key}");
        }
        world.reads.end(number);
        world.send("workflow_nodes:a", &list_load(&WORKFLOW_NODES));
        assert!(world.reads.has_other(&relations));
        assert!(!world.reads.has_other("workflow:a"));
    }

    #[test]
    fn the_keys_in_flight_include_those_of_parts() {
        let (relations, whole) = relations_load("a");
        let mut world = world();
        world.send(&relations, &whole);
        world.send("workflow:b", &row_load(&WORKFLOWS, "b"));
        let mut keys = world.reads.keys();
        keys.sort();
        let wanted =
            ["workflow:a", relations.as_str(), "workflow:b", "workflow_connections:a", "workflow_nodes:a"];
        assert_eq!(keys, wanted);
    }
}

mod writes {
    use super::*;

    fn update(table: &'static Table, id: &str) -> Write {
        Write::Update { table, id: id.to_owned(), body: String::new(), condition: None }
    }

    fn delete(table: &'static Table, id: &str) -> Write {
        let filter = workflow_db::query::Filter { column: "id", test: Test::Eq(id.to_owned()) };
        Write::Delete { table, filters: vec![filter], must_exist: false }
    }

    fn upsert(table: &'static Table) -> Write {
        Write::Upsert { table, user_id: uuid_of("ada"), body: String::new() }
    }

    fn save(id: &str) -> Write {
        Write::Call(FunctionCall::new(DatabaseFunction::SaveGraph, String::new(), Some(id.to_owned())))
    }

    fn in_flight(write: &Write) -> Rc<WriteInFlight> {
        WritesInFlight::default().begin(&mut ChangeLog::default(), write)
    }

    /// Whether the first write crossed the second, which is in flight, or ended in the meantime.
    fn crossed(one: &Write, other: &Write) -> bool {
        let (mut log, mut writes) = (ChangeLog::default(), WritesInFlight::default());
        let one = writes.begin(&mut log, one);
        let other = writes.begin(&mut log, other);
        writes.end(&one);
        let is_crossed = writes.crossed(&log, &one);
        writes.end(&other);
        assert!(!writes.crossed(&log, &one));
        log.push(Record::WriteEnded(other), 0);
        assert_eq!(writes.crossed(&log, &one), is_crossed);
        is_crossed
    }

    #[test]
    fn writes_cross_if_they_may_touch_the_same_row() {
        for (one, other, is_crossed) in [
            (update(&WORKFLOWS, "a"), update(&WORKFLOWS, "a"), true),
            (update(&WORKFLOWS, "a"), update(&WORKFLOWS, "b"), false),
            (update(&WORKFLOWS, "a"), update(&WORKFLOW_NODES, "a"), false),
            (update(&API_KEYS, "a"), upsert(&API_KEYS), true),
            (update(&WORKFLOWS, "a"), upsert(&API_KEYS), false),
            (delete(&WORKFLOWS, "a"), update(&WORKFLOW_NODES, "n"), true),
            (delete(&WORKFLOWS, "a"), update(&API_KEYS, "k"), false),
            (update(&WORKFLOWS, "a"), update(&WORKFLOW_NODES, "n"), false),
            (save("a"), update(&WORKFLOW_NODES, "n"), true),
            (save("a"), update(&WORKFLOW_CONNECTIONS, "c"), true),
            (save("a"), update(&API_KEYS, "k"), false),
            (update(&API_KEYS, "k"), update(&WORKFLOW_NODES, "n"), false),
        ] {
            assert_eq!(crossed(&one, &other), is_crossed);
            assert_eq!(crossed(&other, &one), is_crossed);
        }
    }

    #[test]
    fn a_write_may_mean_its_own_row_or_any_of_its_table() {
        let one = in_flight(&update(&WORKFLOWS, "a"));
        assert!(one.may_mean(&WORKFLOWS, "a"));
        assert!(!one.may_mean(&WORKFLOWS, "b"));
        assert!(!one.may_mean(&WORKFLOW_NODES, "a"));
        let any = in_flight(&upsert(&API_KEYS));
        assert!(any.may_mean(&API_KEYS, "b"));
        assert!(!any.may_mean(&WORKFLOWS, "b"));
    }
}

mod versions {
    use super::*;

    #[test]
    fn own_writes_follow_from_one_another() {
        let mut versions = OwnVersions::default();
        versions.wrote("a", Some("1".to_owned()), "2".to_owned());
        versions.wrote("a", Some("2".to_owned()), "3".to_owned());
        versions.wrote("b", None, "7".to_owned());
        assert_eq!(versions.current("a", "1"), "3");
        assert_eq!(versions.current("a", "0"), "0");
        assert_eq!(
            (versions.last("a"), versions.last("b"), versions.last("c")),
            (Some("3"), Some("7"), None)
        );
        versions.wrote("a", Some("5".to_owned()), "6".to_owned());
        assert_eq!(
            (versions.current("a", "1"), versions.current("a", "5")),
            ("1".to_owned(), "6".to_owned())
        );
        versions.clear();
        assert_eq!(versions.last("a"), None);
    }

    #[test]
    fn a_hundred_versions_of_a_hundred_workflows_are_known() {
        let mut versions = OwnVersions::default();
        for number in 0..100 {
            versions.wrote("a", Some(number.to_string()), (number + 1).to_string());
        }
        assert_eq!(
            (versions.current("a", "0"), versions.current("a", "1")),
            ("0".to_owned(), "100".to_owned())
        );
        for number in 1..100 {
            versions.wrote(&format!("row {number}"), None, "1".to_owned());
        }
        assert_eq!((versions.last("a"), versions.last("row 99")), (Some("100"), Some("1")));
        versions.wrote("another", None, "1".to_owned());
        assert_eq!((versions.last("a"), versions.last("row 1")), (None, Some("1")));
    }
}
