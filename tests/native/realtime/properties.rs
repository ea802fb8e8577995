//! Invariants that hold for every sequence of events.

use super::rig::{every_change, token, topic, Manners, Rig, Socket, GOOD};
use crate::support::random::Random;
use proptest::prelude::*;
use serde_json::{json, Value};
use workflow_db::error::Error;
use workflow_db::realtime::Vsn;
use workflow_db::time::REFUSED_BACKOFF;

/// An event.
#[derive(Clone, Debug)]
enum Happening {
    Open(u32),
    Close(u32),
    CloseAll,
    Opened,
    Closed,
    Token(Option<u8>, f64),
    TokenFails,
    Accept(u32),
    RefuseJoin(u32, &'static str),
    System(u32, &'static str, &'static str, &'static str),
    ServerCloses(u32, bool),
    Garbage(Value),
    Shown,
    /// Time passes, and timers are on time.
    Wait(f64),
    /// No timer fires; afterwards the one that is due does.
    Sleep(f64),
    /// Only the wall clock moves, forwards or back.
    Adjust(f64),
    Manners(u8),
}

fn garbage() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        proptest::sample::select(vec![
            "phx_reply",
            "phx_close",
            "phx_error",
            "system",
            "postgres_changes",
            "phoenix",
            "ok",
            "error",
            "1",
            "2",
            "INSERT",
            "DELETE",
            "realtime:wdb-1",
            "realtime:wdb-2",
        ])
        .prop_map(Value::from),
    ];
    let names = vec![
        "topic",
        "event",
        "payload",
        "ref",
        "join_ref",
        "ids",
        "data",
        "type",
        "status",
        "response",
        "postgres_changes",
        "extension",
        "message",
        "reason",
        "record",
        "old_record",
        "errors",
        "table",
    ];
    leaf.prop_recursive(3, 24, 5, move |inner| {
        let name = proptest::sample::select(names.clone()).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    let channel = 1_u32..5;
    let reason = proptest::sample::select(vec![
        "Invalid JWT Token",
        "Too many channels",
        "unmatched topic",
        "join crashed",
        "",
    ]);
    let system = proptest::sample::select(vec![
        ("postgres_changes", "ok", "Subscribed to PostgreSQL"),
        ("postgres_changes", "error", "{:error, \"bad\"}"),
        ("system", "error", "Access token has expired: []"),
        ("system", "error", "Too many messages per second"),
        ("broadcast", "error", "?"),
    ]);
    prop_oneof![
        6 => channel.clone().prop_map(H::Open),
        3 => channel.clone().prop_map(H::Close),
        1 => Just(H::CloseAll),
        6 => Just(H::Opened),
        2 => Just(H::Closed),
        3 => (proptest::option::of(0..3_u8), -10_000.0..200_000.0).prop_map(|(who, life)| H::Token(who, life)),
        1 => Just(H::TokenFails),
        6 => channel.clone().prop_map(H::Accept),
        2 => (channel.clone(), reason).prop_map(|(channel, reason)| H::RefuseJoin(channel, reason)),
        6 => (channel.clone(), system).prop_map(|(channel, (a, b, c))| H::System(channel, a, b, c)),
        2 => (channel, any::<bool>()).prop_map(|(channel, is_current)| H::ServerCloses(channel, is_current)),
        3 => garbage().prop_map(H::Garbage),
        2 => Just(H::Shown),
        6 => (0.0..40_000.0).prop_map(H::Wait),
        2 => (0.0..300_000.0).prop_map(H::Sleep),
        1 => (-100_000.0..3_600_000.0).prop_map(H::Adjust),
        2 => (0_u8..16).prop_map(H::Manners),
    ]
}

/// The environment of the session.
struct World {
    rig: Rig,
    open: Vec<u32>,
    /// Ids are never reused: each opened channel gets a new number.
    number: u32,
    resets: usize,
}

impl World {
    fn new(vsn: Vsn, seed: u64) -> Self {
        let mut rig = Rig::speaking(vsn, GOOD);
        let random = Random::new(seed);
        rig.random = Box::new(move || random.fraction());
        Self { rig, open: vec![0; 5], number: 0, resets: 0 }
    }

    fn current(&self, channel: u32) -> u32 {
        self.open[channel as usize]
    }

    /// The channel, if it has ever joined.
    fn joined(&self, channel: u32) -> Option<u32> {
        let current = self.current(channel);
        self.rig.joins.contains_key(&topic(current)).then_some(current)
    }

    fn happen(&mut self, happening: Happening) {
        use Happening as H;
        match happening {
            H::Open(channel) if self.current(channel) == 0 => {
                self.number += 1;
                self.open[channel as usize] = self.number;
                self.rig
                    .open_with(self.number, vec![every_change("workflows"), every_change("workflow_nodes")]);
            }
            H::Close(channel) => {
                self.rig.close(self.current(channel));
                self.open[channel as usize] = 0;
            }
            H::CloseAll => {
                self.rig.close_all();
                self.open = vec![0; 5];
                self.resets += 1;
            }
            H::Opened if self.rig.socket == Socket::Connecting => self.rig.opened(),
            H::Closed if self.rig.socket != Socket::None => self.rig.closed(),
            H::Token(who, life_ms) => {
                let expires = self.rig.now.wall_ms + life_ms;
                self.rig.token = who.map(|who| token(&who.to_string(), expires));
                self.rig.hand_token(Ok(self.rig.token.clone()));
            }
            H::TokenFails => self.rig.hand_token(Err(Error::timeout())),
            H::Garbage(value) => self.rig.hear(value),
            H::Shown => self.rig.shown(),
            H::Wait(ms) => self.rig.wait(ms),
            H::Sleep(ms) => {
                self.rig.pass(ms);
                self.rig.fire();
            }
            H::Adjust(ms) => self.rig.now.wall_ms += ms,
            H::Manners(bits) => {
                let has = |bit: u8| bits & bit != 0;
                self.rig.manners =
                    Manners { asks: has(1), connects: has(2), joins: has(4), heartbeats: has(8) };
            }
            other => self.server(other),
        }
    }

    fn server(&mut self, happening: Happening) {
        use Happening as H;
        match happening {
            H::Accept(channel) => {
                if let Some(channel) = self.joined(channel) {
                    self.rig.accept(channel);
                }
            }
            H::RefuseJoin(channel, reason) => {
                if let Some(channel) = self.joined(channel) {
                    self.rig.refuse_join(channel, reason);
                }
            }
            H::System(channel, extension, status, message) => {
                if let Some(channel) = self.joined(channel) {
                    self.rig.system(channel, extension, status, message);
                }
            }
            H::ServerCloses(channel, is_current) => {
                if let Some(channel) = self.joined(channel) {
                    let join_ref = if is_current { self.rig.join_ref(channel) } else { "0".to_owned() };
                    self.rig.server_closes(channel, &join_ref);
                }
            }
            _ => {}
        }
    }

    /// Ends all faults.
    fn mend(&mut self) {
        self.rig.manners = GOOD;
        self.rig.token = Some(token("good", self.rig.now.wall_ms + 1e10));
        if self.rig.socket == Socket::Connecting {
            self.rig.opened();
        }
        let answer = self.rig.token.clone();
        self.rig.hand_token(Ok(answer));
    }
}

proptest! {
    #![proptest_config(crate::properties::config(200))]

    /// The rig itself panics on a second socket, on a frame without a socket, and on endless timers.
    #[test]
    fn every_open_channel_gets_ready_after_all_faults_end(
        happenings in proptest::collection::vec(happening(), 1..60),
        is_old in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut world = World::new(if is_old { Vsn::V1 } else { Vsn::V2 }, seed);
        for happening in happenings {
            world.happen(happening);
        }
        world.mend();
        world.rig.told();
        // The longest delay is that after a refusal.
        let bound_ms = REFUSED_BACKOFF.max_ms * 1.5 + 200_000.0;
        let sent_before = world.rig.sent.len();
        world.rig.wait(bound_ms);
        world.rig.shown();
        let told = world.rig.told();
        let open: Vec<u32> = world.open.iter().copied().filter(|channel| *channel != 0).collect();
        for channel in &open {
            prop_assert_eq!(world.rig.states.get(channel), Some(&"ready"), "{} of {:?}", channel, told);
        }
        prop_assert_eq!(world.rig.socket, if open.is_empty() { Socket::None } else { Socket::Open });
        // 25 minutes without faults: heartbeats and little else.
        let sent = world.rig.sent.len() - sent_before;
        prop_assert!(sent < 250, "{sent} frames: {told:?}");
    }

    #[test]
    fn the_number_of_connection_attempts_is_bounded(
        happenings in proptest::collection::vec(happening(), 1..200),
        seed in any::<u64>(),
    ) {
        let mut world = World::new(Vsn::V2, seed);
        for happening in happenings {
            // Signing out and in again may connect at once.
            if !matches!(happening, Happening::CloseAll) {
                world.happen(happening);
            }
            world.rig.told();
        }
        let connects = &world.rig.connects;
        // Each further failure may double the delay, and jitter may reduce it to zero; the user adds one attempt a
        // second.
        for window in connects.windows(40) {
            prop_assert!(window[39] - window[0] > 10_000.0, "{:?}", window);
        }
    }
}

#[test]
fn a_failing_server_is_not_flooded_with_attempts() {
    for seed in 0..20 {
        let mut world = World::new(Vsn::V2, seed);
        let random = Random::new(seed);
        world.happen(Happening::Open(1));
        let start_ms = world.rig.now.monotonic_ms;
        while world.rig.now.monotonic_ms < start_ms + 600_000.0 {
            match random.below(4) {
                0 => world.happen(Happening::Closed),
                1 => world.happen(Happening::ServerCloses(1, true)),
                2 => world.happen(Happening::System(1, "system", "error", "Access token has expired: []")),
                _ => world.happen(Happening::Garbage(json!({"topic": "phoenix"}))),
            }
            world.rig.told();
            world.rig.wait(100.0);
        }
        let (connects, joins) = (world.rig.connects.len(), world.rig.count("phx_join"));
        assert!(connects < 75 && joins < 150, "{connects} connections and {joins} joins in ten minutes");
    }
}
