//! What must be true when everything has come to rest.

use super::tab::Tab;
use super::text;
use crate::support::{Client, Options, World};
use serde_json::Value;

impl Tab {
    /// No row of another user was ever delivered.
    pub fn check_deliveries(&self, world: &World) {
        for made in &self.made {
            assert!(made.pending.is_done(), "{} waits for ever", made.name);
            let Ok(answer) = made.pending.outcome() else { continue };
            let user = made.pending.delivered_to();
            let answer = answer.to_value();
            for row in rows_of(&answer) {
                let owner = world.core.server.borrow().owner_ever(row);
                assert_eq!(owner, user, "{} delivered {row}", made.name);
            }
        }
    }

    /// Every insert that was answered made one row; one that was not, made one at most.
    pub fn check_inserts(&mut self, world: &World) {
        for made in self.made.drain(..) {
            let Some(marker) = made.marker else { continue };
            let count = world.core.server.borrow().times_made(&marker);
            match made.pending.outcome() {
                Ok(_) => assert_eq!(count, 1, "{}: {marker}", made.name),
                Err(error) => {
                    assert!(count <= 1, "{}: {marker} was made {count} times: {error:?}", made.name);
                }
            }
        }
    }

    /// Every entry is what the server would answer now, and the copies outside are the entries.
    pub fn check_cache(&self, world: &World) {
        let (_, _, in_flight) = self.client.engine.stats();
        assert_eq!(in_flight, 0);
        let keys = self.client.keys();
        assert_eq!(self.client.front().keys(), keys);
        if keys.is_empty() {
            return;
        }
        let asker = Client::new(world.core.clone());
        asker.tokens().become_user(self.client.tokens().user());
        // Asking takes time, in which entries grow too old.
        let entries: Vec<_> = keys.into_iter().map(|key| (self.client.cached(&key), key)).collect();
        for (cached, key) in entries {
            let (name, arguments) = &self.questions.get(&key).cloned().unwrap_or_else(|| part(&key));
            let fresh = Options { fresh: true, ..Options::default() };
            let truth = asker.call_with(fresh, name, arguments.clone()).value();
            assert_eq!(cached, Some(truth), "{key}");
        }
    }
}

/// The question for a part of a workflow with relations that nobody asked for by itself.
fn part(key: &str) -> (&'static str, Value) {
    let (kind, id) = key.split_once(':').expect("a key");
    let name = match kind {
        "workflow" => "getWorkflow",
        "workflow_nodes" => "getWorkflowNodes",
        "workflow_connections" => "getWorkflowConnections",
        other => panic!("nobody asked for {other}"),
    };
    (name, serde_json::json!([id]))
}

/// Every row in an answer, whatever its form.
fn rows_of(answer: &Value) -> Vec<&Value> {
    match answer {
        Value::Array(rows) => rows.iter().flat_map(rows_of).collect(),
        Value::Object(object) => {
            let nested = ["data", "nodes", "connections"].iter().filter_map(|name| object.get(*name));
            let own = (!text(answer, "id").is_empty()).then_some(answer);
            nested.flat_map(rows_of).chain(own).collect()
        }
        _ => Vec::new(),
    }
}
