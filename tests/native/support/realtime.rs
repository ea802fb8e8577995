//! A model of the realtime server, based on recordings. It parses the frames that the crate actually sends.
//!
//! A channel is ready with the system message, which a cold server sends seconds after the reply; earlier commits are
//! lost. Changes are found by polling, and filtered by row security at that time. Deletes pass every filter. There is
//! no replay.
//!
//! One file, because connections, channels, changes and presence share one state.

use super::frames::{cut, frame};
use super::json::Json;
use super::platform::Sim;
use super::postgrest::filter::holds;
use super::postgrest::schema::facts;
use super::postgrest::url::{params, Condition};
use super::postgrest::Commit;
use super::tokens::subject_of;
use super::world::Core;
use serde_json::{json, Value};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use workflow_db::engine::Engine;

/// The polling interval in milliseconds.
const POLL_MS: f64 = 100.0;
/// The latency of a frame in milliseconds.
const LATENCY_MS: f64 = 5.0;
/// The server closes a connection without a frame from the client for this long.
const SILENCE_MS: f64 = 60_000.0;
/// The maximum per connection.
const MAX_CHANNELS: usize = 100;

struct Binding {
    id: u64,
    table: String,
    event: String,
    conditions: Vec<Condition>,
}

struct Channel {
    topic: String,
    join_ref: String,
    bindings: Vec<Binding>,
    subject: Option<String>,
    /// The index of the first commit to deliver. `None` until the system message is due.
    flows_from: Option<usize>,
    /// The presence key, and the entry if the client has entered the presence.
    key: String,
    entry: Option<Value>,
}

/// A socket from the server's perspective.
struct Connection {
    number: u64,
    engine: Weak<Engine<Sim>>,
    channels: Vec<Channel>,
    /// When the last frame to the client arrives: frames never overtake each other.
    last_arrival_ms: f64,
    /// The connection transmits nothing more, without notice.
    is_dead: bool,
}

/// The server and its faults.
#[derive(Default)]
pub struct Realtime {
    connections: RefCell<Vec<Connection>>,
    last_number: Cell<u64>,
    polled: Cell<usize>,
    is_polling: Cell<bool>,
    /// The highest number of channels that a connection had at one time.
    pub most_channels: Cell<usize>,
    /// The delay before the system message of a cold server; a warm one takes almost no time.
    pub cold_ms: Cell<f64>,
    pub is_cold: Cell<bool>,
    /// Whether sockets fail to open.
    pub is_down: Cell<bool>,
    /// The HTTP status with which sockets are refused, which the socket reports.
    pub refused_status: Cell<Option<u16>>,
    /// The reason with which joins are refused.
    pub refused_joins: Cell<Option<&'static str>>,
    /// Commits are not reported, nor is their loss: the server lost the database.
    pub is_deaf: Cell<bool>,
    /// Every frame arrives twice.
    pub duplicates: Cell<bool>,
    /// Columns with large values: updates omit them unless they changed.
    pub large_columns: Cell<&'static [&'static str]>,
    /// Rows are too large to be reported.
    pub rows_are_too_large: Cell<bool>,
    /// A table whose subscriptions are refused.
    pub refused_table: Cell<&'static str>,
    pub joins: Cell<usize>,
    /// Users without access to private channels.
    pub outsiders: RefCell<Vec<String>>,
    entries: Cell<u64>,
    /// The maximum extra latency in milliseconds. Frames of one connection stay in order, but those of different
    /// connections may overtake each other.
    pub jitter_ms: Cell<f64>,
}

impl Realtime {
    /// The number of channels with this topic.
    pub fn room_size(&self, topic: &str) -> usize {
        let connections = self.connections.borrow();
        connections.iter().flat_map(|it| &it.channels).filter(|channel| channel.topic == topic).count()
    }

    /// The number of bindings in all channels of all connections.
    pub fn binding_count(&self) -> usize {
        let connections = self.connections.borrow();
        connections.iter().flat_map(|it| &it.channels).map(|channel| channel.bindings.len()).sum()
    }

    /// The number of channels of all connections.
    pub fn channel_count(&self) -> usize {
        self.connections.borrow().iter().map(|connection| connection.channels.len()).sum()
    }

    pub fn connection_count(&self) -> usize {
        self.connections.borrow().len()
    }
}

/// Opens a socket and returns its number.
pub fn connect(core: &Rc<Core>, engine: Weak<Engine<Sim>>) -> u64 {
    let realtime = &core.realtime;
    let number = realtime.last_number.get() + 1;
    realtime.last_number.set(number);
    let refused = realtime.refused_status.get();
    let is_cut = engine.upgrade().is_some_and(|engine| engine.platform.is_cut.get());
    let opens = !realtime.is_down.get() && !is_cut && refused.is_none();
    if opens {
        realtime.connections.borrow_mut().push(Connection {
            number,
            engine: engine.clone(),
            channels: Vec::new(),
            last_arrival_ms: 0.0,
            is_dead: false,
        });
    }
    later(core, LATENCY_MS, move |_| {
        let Some(engine) = engine.upgrade() else { return };
        if engine.platform.socket.get() != number {
            return;
        }
        if opens {
            engine.socket_opened();
        } else {
            engine.platform.socket.set(0);
            engine.socket_closed(refused);
        }
    });
    start_polling(core);
    number
}

pub fn disconnect(core: &Rc<Core>, number: u64) {
    let mut is_noticed = true;
    with(core, number, |connection| {
        // The presence shows how long the server takes a dead connection for a living one.
        is_noticed = !connection.is_dead || connection.channels.iter().all(|channel| channel.entry.is_none());
    });
    if is_noticed {
        give_up(core, number);
    }
}

fn give_up(core: &Rc<Core>, number: u64) {
    let (gone, rest): (Vec<_>, Vec<_>) =
        core.realtime.connections.take().into_iter().partition(|connection| connection.number == number);
    core.realtime.connections.replace(rest);
    for channel in gone.into_iter().flat_map(|connection| connection.channels) {
        differ(core, &channel.topic, &channel.key, None, channel.entry);
    }
}

/// Reports arrivals and departures to everyone in a topic.
fn differ(core: &Rc<Core>, topic: &str, key: &str, joined: Option<Value>, left: Option<Value>) {
    let of = |entry: Option<Value>| entry.map_or(json!({}), |entry| json!({key: {"metas": [entry]}}));
    if joined.is_some() || left.is_some() {
        let payload = json!({"joins": of(joined), "leaves": of(left)});
        tell_topic(core, topic, None, json!([null, null, topic, "presence_diff", payload]));
    }
}

fn tell_topic(core: &Rc<Core>, topic: &str, but: Option<u64>, frame: Value) {
    let is_in = |connection: &&Connection| connection.channels.iter().any(|channel| channel.topic == topic);
    let numbers: Vec<u64> = {
        let connections = core.realtime.connections.borrow();
        connections.iter().filter(is_in).map(|connection| connection.number).collect()
    };
    for number in numbers.into_iter().filter(|number| Some(*number) != but) {
        push(core, number, frame.clone());
    }
}

/// A client enters the presence of a channel or changes its entry.
fn track(core: &Rc<Core>, number: u64, topic: &str, payload: &Value) {
    core.realtime.entries.set(core.realtime.entries.get() + 1);
    let mut entry = payload.clone();
    entry["phx_ref"] = json!(core.realtime.entries.get().to_string());
    let mut change = None;
    with(core, number, |connection| {
        if let Some(channel) = connection.channels.iter_mut().find(|channel| channel.topic == topic) {
            change = Some((channel.key.clone(), channel.entry.replace(entry.clone())));
        }
    });
    if let Some((key, before)) = change {
        differ(core, topic, &key, Some(entry), before);
    }
}

/// Everyone in the presence of a topic.
fn everyone(core: &Rc<Core>, topic: &str) -> Value {
    let mut everyone = json!({});
    let connections = core.realtime.connections.borrow();
    let channels = connections.iter().flat_map(|it| &it.channels).filter(|channel| channel.topic == topic);
    for channel in channels {
        let Some(entry) = &channel.entry else { continue };
        if everyone[&channel.key].is_null() {
            everyone[&channel.key] = json!({"metas": []});
        }
        everyone[&channel.key]["metas"].as_array_mut().expect("a list").push(entry.clone());
    }
    everyone
}

/// Closes every socket; the next join finds a cold server.
pub fn restart(core: &Rc<Core>) {
    let closed: Vec<_> = core.realtime.connections.borrow_mut().drain(..).collect();
    core.realtime.is_cold.set(true);
    for connection in closed.into_iter().filter(|connection| !connection.is_dead) {
        close(core, &connection);
    }
}

fn close(core: &Rc<Core>, connection: &Connection) {
    let (engine, number) = (connection.engine.clone(), connection.number);
    later(core, LATENCY_MS, move |_| {
        if let Some(engine) = engine.upgrade().filter(|engine| engine.platform.socket.get() == number) {
            engine.platform.socket.set(0);
            engine.socket_closed(None);
        }
    });
}

/// Sockets stay open but transmit nothing any more.
pub fn die_silently(core: &Rc<Core>) {
    for connection in core.realtime.connections.borrow_mut().iter_mut() {
        connection.is_dead = true;
    }
}

/// Cuts the connection to this client without notice. The server notices after a minute of silence.
pub fn sever(core: &Rc<Core>, number: u64) {
    with(core, number, |connection| connection.is_dead = true);
    later(core, SILENCE_MS, move |core| give_up(core, number));
}

/// The client sent a frame.
pub fn transmit(core: &Rc<Core>, number: u64, text: &str) {
    let frame: Value = serde_json::from_str(text).expect("a frame is JSON");
    later(core, LATENCY_MS, move |core| receive(core, number, &frame));
}

fn receive(core: &Rc<Core>, number: u64, frame: &Value) {
    let is_deaf = |connection: &Connection| connection.number == number && connection.is_dead;
    let connections = core.realtime.connections.borrow();
    if connections.iter().all(|connection| connection.number != number) || connections.iter().any(is_deaf) {
        return;
    }
    drop(connections);
    let text = |place: usize| frame[place].as_str().unwrap_or_default().to_owned();
    let (join_ref, reference, topic, event, payload) = (text(0), text(1), text(2), text(3), &frame[4]);
    let ok = |response: Value| {
        let answer = json!({"status": "ok", "response": response});
        push(core, number, json!([frame[0], reference, topic, "phx_reply", answer]));
    };
    match event.as_str() {
        "phx_join" => {
            core.realtime.joins.set(core.realtime.joins.get() + 1);
            let mut channels = 0;
            with(core, number, |connection| channels = connection.channels.len());
            if channels >= MAX_CHANNELS {
                let answer = json!({"status": "error", "response": {"reason": "Too many channels"}});
                push(core, number, json!([frame[0], reference, topic, "phx_reply", answer]));
                return;
            }
            if let Some(reason) = core.realtime.refused_joins.get() {
                let answer = json!({"status": "error", "response": {"reason": reason}});
                push(core, number, json!([frame[0], reference, topic, "phx_reply", answer]));
                return;
            }
            let subject = payload["access_token"].as_str().and_then(subject_of).unwrap_or_default();
            let is_private = payload["config"]["private"] == true;
            if is_private && (subject.is_empty() || core.realtime.outsiders.borrow().contains(&subject)) {
                let reason = "You do not have permissions to read from this Channel topic";
                let answer = json!({"status": "error", "response": {"reason": reason}});
                push(core, number, json!([frame[0], reference, topic, "phx_reply", answer]));
                return;
            }
            core.realtime.most_channels.set(core.realtime.most_channels.get().max(channels + 1));
            let response = join(core, number, &topic, &join_ref, payload);
            ok(response);
            if is_private {
                push(core, number, json!([frame[0], null, topic, "presence_state", everyone(core, &topic)]));
            } else {
                subscribed_after(core, number, &topic, &join_ref, None);
            }
        }
        "presence" => {
            ok(json!({}));
            track(core, number, &topic, &payload["payload"]);
        }
        "broadcast" => {
            tell_topic(core, &topic, Some(number), json!([null, null, topic, "broadcast", payload]));
        }
        "phx_leave" => {
            let mut left = Vec::new();
            with(core, number, |connection| {
                let is_left = |channel: &Channel| channel.topic == topic && channel.join_ref == join_ref;
                let channels = std::mem::take(&mut connection.channels).into_iter();
                (left, connection.channels) = channels.partition(is_left);
            });
            for channel in left {
                differ(core, &topic, &channel.key, None, channel.entry);
            }
            ok(json!({}));
            push(core, number, json!([frame[0], frame[0], topic, "phx_close", {}]));
        }
        "access_token" if topic.starts_with("realtime:workflow:") => {}
        "access_token" => {
            let subject = payload["access_token"].as_str().and_then(subject_of);
            subscribed_after(core, number, &topic, &join_ref, Some(Refresh { subject }));
        }
        "heartbeat" => ok(json!({})),
        other => panic!("{other} is not sent by this library"),
    }
}

fn join(core: &Rc<Core>, number: u64, topic: &str, join_ref: &str, payload: &Value) -> Value {
    let mut answers = Vec::new();
    let mut bindings = Vec::new();
    for wanted in payload["config"]["postgres_changes"].as_array().expect("bindings") {
        let id =
            wanted.to_string().bytes().fold(17_u64, |hash, byte| (hash * 31 + u64::from(byte)) % 99_999_989);
        let filter = wanted["filter"].as_str().unwrap_or_default();
        bindings.push(Binding {
            id,
            table: wanted["table"].as_str().expect("a table").to_owned(),
            event: wanted["event"].as_str().expect("an event").to_owned(),
            conditions: params(filter).unwrap_or_default().conditions,
        });
        let mut answer = wanted.clone();
        answer["id"] = json!(id);
        answers.push(answer);
    }
    let subject = payload["access_token"].as_str().and_then(subject_of);
    with(core, number, |connection| {
        connection.channels.retain(|channel| channel.topic != topic);
        connection.channels.push(Channel {
            topic: topic.to_owned(),
            join_ref: join_ref.to_owned(),
            bindings,
            subject,
            flows_from: None,
            key: payload["config"]["presence"]["key"].as_str().unwrap_or_default().to_owned(),
            entry: None,
        });
    });
    json!({"postgres_changes": answers})
}

/// A new token for a channel.
struct Refresh {
    subject: Option<String>,
}

/// Sends the system message when the server is ready; changes are delivered from then on.
fn subscribed_after(core: &Rc<Core>, number: u64, topic: &str, join_ref: &str, refresh: Option<Refresh>) {
    let is_refresh = refresh.is_some();
    let wait_ms = match core.realtime.is_cold.replace(false) {
        true => core.realtime.cold_ms.get() * (0.5 + core.random.fraction()),
        false if is_refresh => 1_000.0 + core.random.fraction() * 4_000.0,
        false => LATENCY_MS,
    };
    let (topic, join_ref) = (topic.to_owned(), join_ref.to_owned());
    later(core, wait_ms, move |core| {
        let commits = core.server.borrow().commits.len();
        let refused = core.realtime.refused_table.get();
        let mut is_refused = false;
        let mut is_joined = false;
        with(core, number, |connection| {
            let mut channels = connection.channels.iter_mut();
            let own = channels.find(|channel| channel.topic == topic && channel.join_ref == join_ref);
            if let Some(channel) = own {
                is_joined = true;
                is_refused = channel.bindings.iter().any(|binding| binding.table == refused);
                if is_refused {
                    return;
                }
                channel.flows_from.get_or_insert(commits);
                if let Some(Refresh { subject }) = refresh {
                    channel.subject = subject;
                }
            }
        });
        if is_refused {
            let message = json!({
                "channel": topic.trim_start_matches("realtime:"), "extension": "postgres_changes",
                "message": "Unable to subscribe to changes with given parameters", "status": "error",
            });
            push(core, number, json!([join_ref, null, topic, "system", message]));
        } else if is_joined {
            let message = json!({
                "channel": topic.trim_start_matches("realtime:"), "extension": "postgres_changes",
                "message": "Subscribed to PostgreSQL", "status": "ok",
            });
            push(core, number, json!([join_ref, null, topic, "system", message]));
        }
    });
}

fn start_polling(core: &Rc<Core>) {
    if core.realtime.is_polling.replace(true) {
        return;
    }
    poll_later(core);
}

fn poll_later(core: &Rc<Core>) {
    later(core, POLL_MS, |core| {
        poll(core);
        if core.realtime.connection_count() == 0 {
            core.realtime.is_polling.set(false);
            core.realtime.polled.set(core.server.borrow().commits.len());
        } else {
            poll_later(core);
        }
    });
}

/// Delivers new commits to all clients that may see them now.
fn poll(core: &Rc<Core>) {
    let from = core.realtime.polled.replace(core.server.borrow().commits.len());
    if core.realtime.is_deaf.get() {
        return;
    }
    let mut frames = Vec::new();
    {
        let server = core.server.borrow();
        for (place, commit) in server.commits.iter().enumerate().skip(from) {
            for connection in
                core.realtime.connections.borrow().iter().filter(|connection| !connection.is_dead)
            {
                for channel in &connection.channels {
                    let flows = channel.flows_from.is_some_and(|first| first <= place);
                    let is_visible = commit.kind == "DELETE"
                        || server.sees(commit.table, text(&commit.row, "id"), channel.subject.as_deref());
                    let ids: Vec<u64> = channel.matching(commit);
                    if flows && is_visible && !ids.is_empty() {
                        let mut frame = frame(&channel.topic, &ids, commit);
                        cut(&mut frame, &core.realtime, server.before(place));
                        frames.push((connection.number, frame));
                    }
                }
            }
        }
    }
    for (number, frame) in frames {
        if core.realtime.duplicates.get() {
            push(core, number, frame.clone());
        }
        push(core, number, frame);
    }
}

impl Channel {
    fn matching(&self, commit: &Commit) -> Vec<u64> {
        let facts = facts(commit.table).expect("a table");
        let matches = |binding: &&Binding| {
            binding.table == commit.table
                && (commit.kind == "DELETE"
                    || (binding.event == "*"
                        && binding.conditions.iter().all(|it| holds(facts, it, &commit.row) == Some(true))))
        };
        self.bindings.iter().filter(matches).map(|binding| binding.id).collect()
    }
}

fn text<'a>(row: &'a super::postgrest::Row, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

/// Sends a frame to the client, after all earlier frames.
fn push(core: &Rc<Core>, number: u64, frame: Value) {
    let mut wait_ms = None;
    let latency_ms = match core.realtime.jitter_ms.get() {
        0.0 => LATENCY_MS,
        jitter_ms => LATENCY_MS + core.random.fraction() * jitter_ms,
    };
    with(core, number, |connection| {
        let arrival_ms = (core.runtime.now_ms() + latency_ms).max(connection.last_arrival_ms);
        connection.last_arrival_ms = arrival_ms;
        wait_ms = Some((arrival_ms - core.runtime.now_ms(), connection.engine.clone()));
    });
    let Some((wait_ms, engine)) = wait_ms else { return };
    later(core, wait_ms, move |core| {
        let mut is_dead = true;
        with(core, number, |connection| is_dead = connection.is_dead);
        let engine = engine.upgrade().filter(|engine| engine.platform.socket.get() == number && !is_dead);
        if let Some(engine) = engine {
            engine.socket_frame(&Json::from(&frame));
        }
    });
}

fn with(core: &Rc<Core>, number: u64, act: impl FnOnce(&mut Connection)) {
    let mut connections = core.realtime.connections.borrow_mut();
    if let Some(connection) = connections.iter_mut().find(|connection| connection.number == number) {
        act(connection);
    }
}

fn later(core: &Rc<Core>, ms: f64, act: impl FnOnce(&Rc<Core>) + 'static) {
    let (wait, weak) = (core.runtime.sleep_in_background(ms), Rc::downgrade(core));
    core.runtime.spawn(async move {
        wait.await;
        if let Some(core) = weak.upgrade() {
            act(&core);
        }
    });
}
