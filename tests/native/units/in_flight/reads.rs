//! Reads in flight: which later reads join them, and which changes overtake them.

use super::{gone, heard, row};
use crate::support::random::uuid_of;
use crate::support::Json;
use futures::FutureExt;
use serde_json::{json, Value};
use std::rc::Rc;
use workflow_db::cache::Shape;
use workflow_db::engine::call::Sent;
use workflow_db::engine::log::{ChangeLog, Record};
use workflow_db::engine::reads::{Outcome, ReadInFlight, ReadsInFlight};
use workflow_db::engine::shared::Shared;
use workflow_db::flows::{Load, Loaded, Lookup, Parts};
use workflow_db::query::{Query, Test};
use workflow_db::tables::{Table, API_KEYS, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};

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
