//! A realtime session that receives any frames in any order.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use serde_json::{json, Value};
use std::collections::HashSet;
use workflow_db::error::Error;
use workflow_db::query::Comparison;
use workflow_db::realtime::{Binding, Effect, RoomJoin, Session, Step, Token, Vsn};
use workflow_db::time::{Moment, HEARTBEAT_MS, TOKEN_TIMEOUT_MS};
use workflow_db_fuzz::{AnyJson, Json, Text};

#[derive(Arbitrary, Debug)]
enum Happening {
    Open(u8),
    OpenRoom,
    Show(u8, u8),
    Say(u8),
    /// Presence in a room, as a state or a difference: user, entry, tab, time.
    Presence {
        channel: u8,
        is_state: bool,
        people: Vec<(Text, u8, u8, u8)>,
    },
    Close(u8),
    CloseAll,
    Opened,
    Closed(Option<u16>),
    Shown,
    Token(Option<u16>),
    TokenFails,
    SignedOut,
    Wait(u16),
    Garbage(AnyJson),
    /// Time passes, and the server replies to each heartbeat.
    Live(u8),
    /// Replies to the last join, so that the rest of the protocol is reached.
    Reply {
        is_ok: bool,
        response: AnyJson,
    },
    Frame {
        channel: u8,
        event: Text,
        payload: AnyJson,
    },
    Subscribed {
        channel: u8,
        status: Text,
        message: Text,
    },
    Change {
        channel: u8,
        ids: Vec<u8>,
        kind: u8,
        record: AnyJson,
    },
}

/// What the session requested so far.
#[derive(Default)]
struct Driver {
    is_connecting: bool,
    is_open: bool,
    /// When the pending token request was made.
    asked_ms: Option<f64>,
    open: HashSet<u32>,
    /// The last token that the provider returned; `None` before the first.
    token: Option<Option<String>>,
    /// The heartbeat without a reply so far.
    heartbeat: Option<Value>,
    last_join: Option<(String, Value)>,
}

const SECRET: &str = "secret-token";
/// The maximum number of effects of one event: several for each of a few channels.
const MAX_EFFECTS: usize = 400;

impl Driver {
    fn take(&mut self, session: &mut Session<Json>, now_ms: f64) {
        for taken in 0.. {
            assert!(taken < MAX_EFFECTS, "the session never settles");
            let Some(effect) = session.poll_effect() else { break };
            match effect {
                Effect::AskToken(_) => {
                    // A request without a reply for long counts as failed.
                    let is_over = |asked_ms: f64| now_ms - asked_ms >= TOKEN_TIMEOUT_MS;
                    assert!(self.asked_ms.is_none_or(is_over), "only one token request is pending at a time");
                    self.asked_ms = Some(now_ms);
                }
                Effect::Connect => {
                    assert!(!self.is_connecting && !self.is_open, "there is a socket already");
                    self.is_connecting = true;
                }
                Effect::Disconnect => {
                    assert!(self.is_connecting || self.is_open, "there is no socket");
                    (self.is_connecting, self.is_open) = (false, false);
                }
                Effect::Send(text) => {
                    assert!(self.is_open, "there is no open socket to send through");
                    let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
                    // Nothing is sent before the provider was asked, and every frame carries the last token.
                    let token = self.token.as_ref().expect("a token was asked for first");
                    let shown = &frame[4]["access_token"];
                    if frame[3] == "phx_join" || frame[3] == "access_token" {
                        assert_eq!(shown.as_str(), token.as_deref());
                    } else {
                        assert!(!text.contains(SECRET), "{text}");
                    }
                    if frame[3] == "heartbeat" {
                        self.heartbeat = Some(frame[1].clone());
                    }
                    if frame[3] == "phx_join" {
                        self.last_join =
                            Some((frame[2].as_str().expect("a topic").to_owned(), frame[1].clone()));
                    }
                }
                Effect::Ready(channel)
                | Effect::Down(channel)
                | Effect::Change(channel, ..)
                | Effect::Message(channel, _) => {
                    assert!(self.open.contains(&channel), "told of a channel that is closed");
                }
                Effect::Others(channel, others) => {
                    assert!(self.open.contains(&channel), "an event of a room that was left");
                    let mut users: Vec<_> = others.iter().map(|member| &member.user_id).collect();
                    users.sort();
                    users.dedup();
                    assert_eq!(users.len(), others.len(), "a person is listed twice");
                    assert!(!users.iter().any(|user| *user == "1"), "the user is listed among the others");
                    for member in &others {
                        assert!((0.0..=8.64e15).contains(&member.since_ms), "no time");
                    }
                }
                Effect::Refused(channel, error) | Effect::Failing(channel, error) => {
                    assert!(self.open.contains(&channel), "told of a channel that is closed");
                    assert!(!format!("{error:?}").contains(SECRET), "an error contains a token");
                }
            }
        }
        assert!(session.poll_timeout().is_none_or(|due_ms| !due_ms.is_nan()));
    }
}

fuzz_target!(|happenings: Vec<Happening>| {
    let mut session = Session::<Json>::new(Vsn::V2, "public".to_owned());
    let mut driver = Driver::default();
    let mut now = Moment { monotonic_ms: 0.0, wall_ms: 1.7e12 };
    let mut opened = 0;
    for happening in happenings {
        let step = Step { now, random: 0.5 };
        let topic = |channel: u8| format!("realtime:wdb-{channel}");
        let frame = |session: &mut Session<Json>, value: Value| {
            if driver.is_open {
                session.handle_frame(step, &Json::from(value));
            }
        };
        match happening {
            Happening::Open(filter) => {
                opened += 1;
                let filter = (filter % 2 == 0).then(|| Comparison::equal("name", "a"));
                session.open(step, opened, vec![Binding { event: "*", table: "workflows", filter }]);
                driver.open.insert(opened);
            }
            Happening::OpenRoom => {
                opened += 1;
                // The topic is the one that the frames use; the user is "1", which is one of the words.
                let join = RoomJoin {
                    topic: format!("wdb-{opened}"),
                    user: "1".to_owned(),
                    tab: "2".to_owned(),
                    name: "a".to_owned(),
                    since_ms: now.wall_ms,
                    state: "{}".to_owned(),
                };
                session.open_room(step, opened, join);
                driver.open.insert(opened);
            }
            Happening::Show(channel, x) => {
                session.show_state(step, u32::from(channel), json!({"x": x}).to_string());
            }
            Happening::Say(channel) => {
                session.send_message(u32::from(channel), "wave", "1");
            }
            Happening::Presence { channel, is_state, people } => {
                let mut by_user = serde_json::Map::new();
                for (user, reference, tab, at) in people {
                    let meta = json!({"phx_ref": reference.to_string(), "tab": tab.to_string(), "at": at, "state": {}});
                    let person = by_user.entry(user.0).or_insert_with(|| json!({"metas": []}));
                    person["metas"].as_array_mut().expect("a list").push(meta);
                }
                let leaves = by_user.iter().next().map(|(user, person)| json!({user: person}));
                let diff = json!({"joins": by_user.clone(), "leaves": leaves});
                let (event, payload) =
                    if is_state { ("presence_state", json!(by_user)) } else { ("presence_diff", diff) };
                frame(&mut session, json!([null, null, topic(channel), event, payload]));
            }
            Happening::Close(channel) => {
                session.close(step, u32::from(channel));
                driver.open.remove(&u32::from(channel));
            }
            Happening::CloseAll => {
                session.close_all();
                driver.open.clear();
                driver.asked_ms = None;
            }
            Happening::Opened if driver.is_connecting => {
                driver.heartbeat = None;
                (driver.is_connecting, driver.is_open) = (false, true);
                session.handle_open(step);
            }
            Happening::Closed(status) if driver.is_connecting || driver.is_open => {
                (driver.is_connecting, driver.is_open) = (false, false);
                session.handle_closed(step, status);
            }
            Happening::Opened | Happening::Closed(_) => {}
            Happening::Shown => session.handle_shown(step),
            Happening::Token(minutes) => {
                let expires_wall_ms = minutes.map(|minutes| now.wall_ms + f64::from(minutes) * 60_000.0);
                driver.asked_ms = None;
                let text = format!("{SECRET}-{}", minutes.unwrap_or_default() % 3);
                driver.token = Some(Some(text.clone()));
                session.handle_token(step, Ok(Some(Token { text, expires_wall_ms })));
            }
            Happening::SignedOut => {
                driver.asked_ms = None;
                driver.token = Some(None);
                session.handle_token(step, Ok(None));
            }
            Happening::Live(beats) => {
                if !driver.is_open || driver.open.is_empty() || driver.heartbeat.is_some() {
                    continue;
                }
                let end_ms = now.monotonic_ms + f64::from(beats % 4) * HEARTBEAT_MS;
                let (mut answered, mut fired) = (0, 0);
                while let Some(due_ms) = session.poll_timeout().filter(|due_ms| *due_ms <= end_ms) {
                    fired += 1;
                    assert!(fired < 10_000, "a timer that fires without end");
                    now = now.later_by((due_ms - now.monotonic_ms).max(0.0));
                    let step = Step { now, random: 0.5 };
                    session.handle_timeout(step);
                    driver.take(&mut session, now.monotonic_ms);
                    assert!(driver.is_open, "a socket whose server replies is dropped");
                    if let Some(reference) = driver.heartbeat.take() {
                        answered += 1;
                        let payload = json!({"status": "ok", "response": {}});
                        let reply = json!([null, reference, "phoenix", "phx_reply", payload]);
                        session.handle_frame(step, &Json::from(reply));
                        driver.take(&mut session, now.monotonic_ms);
                    }
                }
                now = now.later_by((end_ms - now.monotonic_ms).max(0.0));
                assert!(
                    answered >= beats % 4 - u8::from(beats % 4 > 0),
                    "the server receives too few heartbeats"
                );
            }
            Happening::TokenFails => {
                driver.asked_ms = None;
                session.handle_token(step, Err(Error::timeout()));
            }
            Happening::Wait(ms) => {
                // Timers during this time fire punctually, and each makes progress.
                let end_ms = now.monotonic_ms + f64::from(ms);
                for fired in 0.. {
                    assert!(fired < 10_000, "a timer that fires without end");
                    let Some(due_ms) = session.poll_timeout().filter(|due_ms| *due_ms <= end_ms) else {
                        break;
                    };
                    now = now.later_by((due_ms - now.monotonic_ms).max(0.0));
                    session.handle_timeout(Step { now, random: 0.5 });
                    driver.take(&mut session, now.monotonic_ms);
                }
                now = now.later_by(end_ms - now.monotonic_ms);
            }
            Happening::Garbage(AnyJson(value)) => frame(&mut session, value),
            Happening::Reply { is_ok, response: AnyJson(response) } => {
                if let Some((topic, reference)) = driver.last_join.clone() {
                    let status = if is_ok { "ok" } else { "error" };
                    let payload = json!({"status": status, "response": response});
                    frame(&mut session, json!([reference, reference, topic, "phx_reply", payload]));
                }
            }
            Happening::Frame { channel, event, payload } => {
                frame(&mut session, json!([null, null, topic(channel), event.0, payload.0]));
            }
            Happening::Subscribed { channel, status, message } => {
                let payload =
                    json!({"extension": "postgres_changes", "status": status.0, "message": message.0});
                frame(&mut session, json!([null, null, topic(channel), "system", payload]));
            }
            Happening::Change { channel, ids, kind, record } => {
                let kind = ["INSERT", "UPDATE", "DELETE", "TRUNCATE"][usize::from(kind % 4)];
                let data =
                    json!({"type": kind, "table": "workflows", "schema": "public", "record": record.0});
                let payload = json!({"ids": ids, "data": data});
                frame(&mut session, json!([null, null, topic(channel), "postgres_changes", payload]));
            }
        }
        driver.take(&mut session, now.monotonic_ms);
    }
});
