//! Replays messages of the real server to a session that acts like the recorded client.

use super::rig::{token, Manners, Rig, Socket, GOOD};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use workflow_db::data::{Data, Value as Column};
use workflow_db::query::Comparison;
use workflow_db::realtime::{Binding, ChangeKind, ChannelId, Vsn};

const STACK: &str = "examples/local-stack/test/fixtures/realtime";
const OWN: &str = "tests/native/realtime/recordings";
const MANNERS: Manners = Manners { asks: true, connects: false, joins: false, heartbeats: true };

/// One recorded socket, or all sockets of a client that reconnects.
struct Replay {
    rig: Rig,
    /// The channel that represents each recorded topic.
    channels: HashMap<String, ChannelId>,
    opened: ChannelId,
    /// The session's reference for each recorded join.
    refs: HashMap<(String, String), String>,
    told: Vec<String>,
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn path(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    [STACK, OWN]
        .map(|folder| root.join(folder).join(name))
        .into_iter()
        .find(|path| path.exists())
        .expect(name)
}

fn is_vsn2(lines: &[Value], socket: u64) -> bool {
    let mut of_socket = lines.iter().filter(|line| line["sock"] == socket);
    of_socket.find_map(|line| line["data"].as_str()).is_some_and(|data| data.starts_with('['))
}

fn leaked(value: &Value) -> &'static str {
    Box::leak(value.as_str().unwrap_or_default().to_owned().into_boxed_str())
}

fn binding(value: &Value) -> Binding {
    Binding {
        event: leaked(&value["event"]),
        table: leaked(&value["table"]),
        filter: value["filter"].as_str().map(comparison),
    }
}

/// Converts a filter. Some recorded filters are not comparisons with a column.
fn comparison(text: &str) -> Comparison {
    let (column, condition) = text.split_once('=').unwrap_or((text, ""));
    let (operator, value) = condition.split_once('.').unwrap_or((condition, ""));
    let leaked = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    Comparison { column: leaked(column), operator: leaked(operator), value: value.to_owned() }
}

/// The members of a frame in either serialization: `join_ref`, `ref`, topic, event, payload.
fn members(frame: &Value) -> [Value; 5] {
    match frame {
        Value::Array(items) => std::array::from_fn(|place| items.get(place).cloned().unwrap_or_default()),
        _ => ["join_ref", "ref", "topic", "event", "payload"].map(|name| frame[name].clone()),
    }
}

impl Replay {
    fn new(vsn: Vsn) -> Self {
        let mut rig = Rig::speaking(vsn, MANNERS);
        rig.random = Box::new(|| 0.0);
        Self { rig, channels: HashMap::new(), opened: 0, refs: HashMap::new(), told: Vec::new() }
    }

    /// Replays the lines of `socket`, or of all sockets one after the other.
    fn run(name: &str, socket: Option<u64>) -> Self {
        let lines = lines(&path(name));
        let vsn = if is_vsn2(&lines, socket.unwrap_or(1)) { Vsn::V2 } else { Vsn::V1 };
        let mut replay = Self::new(vsn);
        let start_ms = replay.rig.now.monotonic_ms;
        for line in lines.iter().filter(|line| socket.is_none_or(|socket| line["sock"] == socket)) {
            let passed_ms = replay.rig.now.monotonic_ms - start_ms;
            replay.rig.wait((line["ms"].as_f64().unwrap_or(0.0) - passed_ms).max(0.0));
            replay.take(line);
            let told = replay.rig.told();
            replay.told.extend(told);
        }
        replay
    }

    fn take(&mut self, line: &Value) {
        let frame = line["data"].as_str().and_then(|data| serde_json::from_str(data).ok());
        match (line["dir"].as_str().unwrap_or_default(), frame) {
            ("out", Some(frame)) => self.send(&members(&frame)),
            ("in", Some(frame)) => self.hear(&members(&frame)),
            ("upgraded", _) => self.connect(),
            ("closed", _) if self.rig.socket != Socket::None => self.rig.closed(),
            _ => {}
        }
    }

    fn connect(&mut self) {
        while !self.channels.is_empty() && self.rig.socket == Socket::None {
            self.rig.wait(10.0);
        }
        if self.rig.socket == Socket::Connecting {
            self.rig.opened();
        }
    }

    /// Repeats an action of the recorded client.
    fn send(&mut self, [_, reference, topic, event, payload]: &[Value; 5]) {
        let (topic, text) = (topic.as_str().unwrap_or_default(), payload["access_token"].as_str());
        let token = text.map(|text| token(text, self.rig.now.wall_ms + 86_400_000.0));
        match event.as_str().unwrap_or_default() {
            "phx_join" => {
                let bindings = payload["config"]["postgres_changes"].as_array();
                let Some(bindings) = bindings.filter(|bindings| bindings.iter().all(Value::is_object)) else {
                    return;
                };
                if token != self.rig.token {
                    self.rig.token.clone_from(&token);
                    self.rig.hand_token(Ok(token));
                }
                self.join(topic, reference, bindings.iter().map(binding).collect());
            }
            "phx_leave" => {
                if let Some(channel) = self.channels.remove(topic) {
                    self.rig.close(channel);
                }
            }
            "access_token" if token.is_some() => {
                self.rig.token.clone_from(&token);
                self.rig.hand_token(Ok(token));
            }
            _ => {}
        }
    }

    fn join(&mut self, topic: &str, reference: &Value, bindings: Vec<Binding>) {
        let channel = *self.channels.entry(topic.to_owned()).or_insert_with(|| {
            self.opened += 1;
            self.opened
        });
        self.rig.open_with(channel, bindings);
        self.connect();
        let ours = self.rig.joins.get(&super::rig::topic(channel)).map(|join| join.reference.clone());
        if let Some(ours) = ours.filter(|ours| !self.refs.values().any(|known| known == ours)) {
            let recorded = reference.as_str().unwrap_or_default().to_owned();
            self.refs.insert((topic.to_owned(), recorded), ours);
        }
    }

    /// Delivers a recorded message, with the topic and reference that the session used.
    fn hear(&mut self, [join_ref, reference, topic, event, payload]: &[Value; 5]) {
        let recorded = topic.as_str().unwrap_or_default();
        let ours = |number: &Value| {
            let number = number.as_str()?;
            let known = self.refs.get(&(recorded.to_owned(), number.to_owned()));
            Some(known.cloned().unwrap_or_else(|| format!("other {number}")))
        };
        let name = self.channels.get(recorded).map(|channel| super::rig::topic(*channel));
        let frame = self.rig.frame(
            ours(join_ref).as_deref(),
            ours(reference).as_deref(),
            name.as_deref().unwrap_or(recorded),
            event.as_str().unwrap_or_default(),
            payload.clone(),
        );
        self.rig.hear(frame);
    }

    fn count(&self, start: &str) -> usize {
        self.told.iter().filter(|told| told.starts_with(start)).count()
    }

    /// The number of inserts, updates and deletes.
    fn kinds(&self) -> [usize; 3] {
        ["insert", "update", "delete"].map(|kind| self.count(kind))
    }
}

#[test]
fn no_recording_makes_the_session_panic_or_open_two_sockets() {
    let mut replayed = 0;
    for folder in [STACK, &[STACK, "/vsn2"].concat(), &[STACK, "/newer-delete-filter"].concat(), OWN] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "jsonl") {
                continue;
            }
            let recording = lines(&path);
            let mut sockets: Vec<u64> = recording.iter().filter_map(|line| line["sock"].as_u64()).collect();
            sockets.dedup();
            let name = path.to_str().expect("a path");
            for socket in sockets {
                Replay::run(name, Some(socket));
            }
            Replay::run(name, None);
            replayed += 1;
        }
    }
    assert!(replayed > 25, "{replayed} recordings");
}

#[test]
fn every_change_of_the_basic_recording_arrives_in_both_serializations() {
    for name in ["basic-insert-update-delete.jsonl", "vsn2/basic-insert-update-delete.jsonl"] {
        let replay = Replay::run(name, Some(1));
        assert_eq!(replay.told[..4], ["ask", "connect", "join wdb-1", "ready 1"], "{name}");
        assert_eq!(replay.kinds(), [9, 5, 8], "{name}");
        assert_eq!(replay.count("ready"), 2, "{name}");
        for (_, places, incoming) in &replay.rig.changes {
            assert_eq!(places, &[0]);
            assert_eq!(incoming.record.is_some(), incoming.kind != ChangeKind::Delete);
            assert_eq!(incoming.old.is_some(), incoming.kind != ChangeKind::Insert);
            assert!(!incoming.has_errors && incoming.commit_timestamp.is_some());
        }
    }
}

#[test]
fn a_newer_server_reports_fewer_deletes() {
    let replay = Replay::run("newer-delete-filter/basic-insert-update-delete.jsonl", Some(1));
    assert_eq!(replay.kinds()[2], 1);
    let older = Replay::run("delete-filter-on-primary-key.jsonl", Some(1));
    let newer = Replay::run("newer-delete-filter/delete-filter-on-primary-key.jsonl", Some(1));
    assert_eq!((older.count("delete"), newer.count("delete")), (8, 3));
}

#[test]
fn bindings_are_distinguished_by_id_and_kind_of_change() {
    for name in ["two-bindings-one-channel.jsonl", "vsn2-two-bindings-one-channel.jsonl"] {
        let replay = Replay::run(name, Some(1));
        for (channel, places, incoming) in &replay.rig.changes {
            let join = &replay.rig.joins[&super::rig::topic(*channel)];
            for place in places {
                let binding = &join.payload["config"]["postgres_changes"][*place];
                assert_eq!(binding["table"], json!(incoming.table), "{name}");
                let kinds = match incoming.kind {
                    ChangeKind::Insert => ["*", "INSERT"],
                    ChangeKind::Update => ["*", "UPDATE"],
                    ChangeKind::Delete => ["*", "DELETE"],
                };
                assert!(kinds.contains(&binding["event"].as_str().expect("an event")), "{name}");
            }
        }
        assert!(replay.rig.changes.iter().any(|(_, places, _)| places.len() > 1), "{name}");
    }
}

#[test]
fn an_expired_token_leads_to_a_token_request_and_a_join() {
    let replay = Replay::run("expired-token.jsonl", Some(1));
    let down = replay.told.iter().position(|told| told == "down 1").expect("down");
    assert_eq!(replay.told[down..down + 3], ["down 1", "ask", "join wdb-1"]);
}

#[test]
fn each_new_token_is_followed_by_another_readiness_message() {
    let replay = Replay::run("access-token-refresh.jsonl", Some(1));
    assert!(replay.count("ready 1") >= 2, "{:?}", replay.told);
    assert!(replay.count("access_token wdb-1") >= 2);
}

#[test]
fn a_restarted_server_is_joined_again_and_is_ready_after_its_message() {
    let replay = Replay::run("rejoin-after-server-restart-sigterm.jsonl", None);
    let states: Vec<&str> =
        replay.told.iter().map(String::as_str).filter(|told| told.ends_with('1')).collect();
    assert_eq!(states, ["join wdb-1", "ready 1", "down 1", "join wdb-1", "ready 1", "down 1"]);
    assert_eq!(replay.kinds(), [55, 0, 0]);
}

#[test]
fn a_changed_publication_is_reported_as_a_possible_gap() {
    let replay = Replay::run("publication-changed.jsonl", None);
    let states: Vec<&str> =
        replay.told.iter().map(String::as_str).filter(|told| told.ends_with(" 1")).collect();
    assert_eq!(states, ["ready 1", "ready 1", "down 1"]);
}

#[test]
fn refusals_of_each_channel_are_reported_once() {
    let replay = Replay::run("bad-filter-unknown-table.jsonl", Some(1));
    assert!(replay.count("refused") >= 5, "{:?}", replay.told);
    let mut refusals: Vec<&String> = replay.told.iter().filter(|told| told.starts_with("refused")).collect();
    let all = refusals.len();
    refusals.sort();
    refusals.dedup();
    assert_eq!(refusals.len(), all);
}

#[test]
fn rows_that_the_user_may_not_read_arrive_with_errors() {
    let replay = Replay::run("errors-401-400.jsonl", Some(1));
    let changes = &replay.rig.changes;
    assert!(changes.iter().filter(|(_, _, incoming)| incoming.has_errors).count() >= 3);
    assert!(changes.iter().any(|(_, _, incoming)| {
        incoming.kind == ChangeKind::Delete && incoming.old.is_none() && incoming.has_errors
    }));
}

/// realtime.md, "Event" and "RLS": observed on the real server, but not part of any recording.
#[test]
fn columns_that_the_server_omits_stay_absent() {
    let mut rig = Rig::new(GOOD);
    rig.open_with(1, vec![Binding { event: "*", table: "workflows", filter: None }]);
    let data = |record: Value, errors: Value| json!({"type": "UPDATE", "table": "workflows", "record": record, "errors": errors});
    rig.change(1, &[100.0], data(json!({"id": "a", "archived_at": null}), Value::Null));
    rig.change(1, &[100.0], data(json!({"id": "a"}), json!(["Error 413: Payload Too Large"])));
    let column = |place: usize, name: &'static str| {
        rig.changes[place].2.record.as_ref().map(|record| record.column(name))
    };
    assert_eq!(column(0, "config"), Some(Column::Absent));
    assert_eq!(column(0, "archived_at"), Some(Column::Null));
    assert_eq!([0, 1].map(|place: usize| rig.changes[place].2.has_errors), [false, true]);
}
