//! A regional outage: the server stops under many clients, and comes back.
//!
//! `cargo test --test native outage -- --nocapture` prints the numbers; `CLIENTS=…` reduces the number of clients.

use crate::support::random::Random;
use crate::support::Json;
use crate::variable;
use serde_json::json;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use workflow_db::realtime::{Binding, Effect, Session, Step, Vsn};
use workflow_db::time::Moment;

const DEATH_MS: f64 = 60_000.0;
const OUTAGE_MS: f64 = 30_000.0;
const END_MS: f64 = 150_000.0;

/// Connections and joins per second.
struct Counts {
    connects: Vec<usize>,
    joins: Vec<usize>,
}

struct Client {
    session: Session<Json>,
    is_connected: bool,
    is_ready: bool,
}

struct Server<'a> {
    random: Option<&'a Random>,
    granted: Json,
    counts: Counts,
}

fn step(now_ms: f64, random: Option<&Random>) -> Step {
    let now = Moment { monotonic_ms: now_ms, wall_ms: 1_795_000_000_000.0 + now_ms };
    Step { now, random: random.map_or(1.0, Random::fraction) }
}

fn is_dead(now_ms: f64) -> bool {
    (DEATH_MS..DEATH_MS + OUTAGE_MS).contains(&now_ms)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a short life")]
fn count(by_second: &mut Vec<usize>, now_ms: f64) {
    let second = (now_ms / 1_000.0) as usize;
    by_second.resize(by_second.len().max(second + 1), 0);
    by_second[second] += 1;
}

impl Server<'_> {
    /// Executes the client's effects, and replies as the server.
    fn serve(&mut self, client: &mut Client, now_ms: f64) {
        while let Some(effect) = client.session.poll_effect() {
            let step = step(now_ms, self.random);
            match effect {
                Effect::AskToken(_) => client.session.handle_token(step, Ok(None)),
                Effect::Connect => {
                    count(&mut self.counts.connects, now_ms);
                    client.is_connected = !is_dead(now_ms);
                    if client.is_connected {
                        client.session.handle_open(step);
                    } else {
                        client.session.handle_closed(step, None);
                    }
                }
                Effect::Send(text) => self.answer(client, step, &text),
                Effect::Disconnect => client.is_connected = false,
                Effect::Ready(_) => client.is_ready = true,
                Effect::Down(_) => client.is_ready = false,
                Effect::Refused(..)
                | Effect::Failing(..)
                | Effect::Change(..)
                | Effect::Others(..)
                | Effect::Message(..) => {}
            }
        }
    }

    fn answer(&mut self, client: &mut Client, step: Step, text: &str) {
        let frame: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let (join_ref, reference, topic) = (&frame[0], &frame[1], &frame[2]);
        let is_join = frame[3] == "phx_join";
        if is_join {
            count(&mut self.counts.joins, step.now.monotonic_ms);
            let reply = Json::from(json!([join_ref, reference, topic, "phx_reply"]));
            let mut members: Vec<Json> = workflow_db::data::Data::items(&reply);
            members.push(self.granted.clone());
            client.session.handle_frame(step, &workflow_db::data::Data::list(&members));
            let message = json!({"extension": "postgres_changes", "status": "ok", "message": "Subscribed"});
            client.session.handle_frame(step, &json!([join_ref, null, topic, "system", message]).into());
        } else {
            let ok = json!({"status": "ok", "response": {}});
            client.session.handle_frame(step, &json!([null, reference, topic, "phx_reply", ok]).into());
        }
    }
}

/// Simulates `clients` clients during the outage.
fn live(clients: usize, random: Option<&Random>) -> Counts {
    let granted = json!({"status": "ok", "response": {"postgres_changes": [{"id": 1}]}}).into();
    let mut server = Server { random, granted, counts: Counts { connects: Vec::new(), joins: Vec::new() } };
    // They arrived at random times within half a minute.
    let arrivals = Random::new(1);
    let mut all: Vec<Client> = (0..clients)
        .map(|_| Client {
            session: Session::new(Vsn::V2, "public".to_owned()),
            is_connected: false,
            is_ready: false,
        })
        .collect();
    let mut timers = BinaryHeap::new();
    let set = |timers: &mut BinaryHeap<_>, due_ms: f64, client: usize| {
        timers.push(Reverse((due_ms.to_bits(), client)));
    };
    for client in 0..clients {
        set(&mut timers, arrivals.fraction() * 30_000.0, client);
    }
    let mut has_died = false;
    while let Some(Reverse((bits, number))) = timers.pop() {
        let now_ms = f64::from_bits(bits);
        if now_ms >= DEATH_MS && !has_died {
            has_died = true;
            for (number, client) in all.iter_mut().enumerate() {
                client.is_connected = false;
                client.session.handle_closed(step(DEATH_MS, random), None);
                server.serve(client, DEATH_MS);
                set(&mut timers, client.session.poll_timeout().expect("a wait"), number);
            }
        }
        if now_ms > END_MS {
            break;
        }
        let client = &mut all[number];
        if now_ms < 30_000.0 && client.session.poll_timeout().is_none() {
            let binding = Binding { event: "*", table: "workflows", filter: None };
            client.session.open(step(now_ms, random), 1, vec![binding]);
        } else if client.session.poll_timeout().is_none_or(|due_ms| due_ms > now_ms) {
            continue;
        } else {
            client.session.handle_timeout(step(now_ms, random));
        }
        server.serve(client, now_ms);
        if let Some(due_ms) = client.session.poll_timeout() {
            set(&mut timers, due_ms, number);
        }
    }
    assert!(all.iter().all(|client| client.is_ready && client.is_connected), "somebody was left out");
    server.counts
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small whole numbers")]
fn peak(by_second: &[usize], from_ms: f64) -> usize {
    by_second.iter().skip((from_ms / 1_000.0) as usize).copied().max().unwrap_or(0)
}

#[test]
fn after_an_outage_clients_reconnect_spread_over_time() {
    let clients = usize::try_from(variable("CLIENTS", 100_000)).expect("a number");
    let random = Random::new(variable("SEED", 1));
    let jittered = live(clients, Some(&random));
    let plain = live(clients, None);
    let back_ms = DEATH_MS + OUTAGE_MS;
    for (name, counts) in [("with jitter", &jittered), ("without", &plain)] {
        println!(
            "{clients} clients {name}: {} connections in the worst second of the outage, {} after it, {} joins",
            peak(&counts.connects[..90], DEATH_MS),
            peak(&counts.connects, back_ms),
            peak(&counts.joins, back_ms),
        );
        let total: usize = counts.connects.iter().skip(60).sum();
        println!("  {} connections in all, by second from the death: {:?}", total, &counts.connects[60..]);
    }
    assert_eq!(peak(&plain.joins, back_ms), clients, "without jitter all of them come at once");
    assert!(peak(&jittered.joins, back_ms) * 5 < clients, "a stampede: {:?}", jittered.joins);
    assert!(peak(&jittered.connects, back_ms) * 5 < clients, "a stampede: {:?}", jittered.connects);
}
