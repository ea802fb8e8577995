//! Faults of the outbox, by which the simulation is tested: each changes what a step gets, or what becomes of it.

use crate::offline::stored::{row_of, text, Stored};
use serde_json::{json, Value};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Planted {
    /// A write is not marked as `sending` on disk before it is sent.
    Unmarked,
    /// A write that was sent before is sent as if it were new.
    SentAsNew,
    /// What depends on a refused write is not blocked.
    Unblocked,
    /// A write is sent again without what it blocked.
    RetriedAlone,
    /// The writes of all users of a browser are one queue.
    SharedQueue,
    /// Writes that were sent already merge and cancel out.
    SentCancelsOut,
    /// Writes to one row merge whatever was made in between.
    MergesPastOthers,
    /// A refused write is dropped.
    RefusalDropped,
    /// The latest write is sent first.
    LatestFirst,
    /// A write that could not be delivered counts as refused.
    OutageRefuses,
}

/// Places are counted down from here to turn the order around.
const LAST: u64 = 1 << 40;

impl Planted {
    /// Takes a step with this fault.
    pub fn transact(self, stored: &mut Stored, input: &Value) -> Value {
        let mut records = stored.records.clone();
        self.change_records(&mut records, input);
        let mut step = stored.step_of(&records, input);
        self.change_step(&mut step, input, stored);
        stored.apply(&step);
        step
    }

    /// What the step sees of the stored records.
    fn change_records(self, records: &mut Vec<Value>, input: &Value) {
        let enqueued = input.get("enqueue").map(|enqueue| row_of(&enqueue["plan"]));
        match self {
            Self::SentCancelsOut if enqueued.is_some() => {
                for record in records {
                    record["attempts"] = json!(0);
                }
            }
            Self::MergesPastOthers => {
                records.retain(|record| enqueued.as_ref().is_none_or(|row| row_of(&record["plan"]) == *row));
            }
            Self::LatestFirst if input == "begin" => reverse(records),
            _ => {}
        }
    }

    /// What becomes of it.
    fn change_step(self, step: &mut Value, input: &Value, stored: &Stored) {
        let result = step["result"].clone();
        let puts = step["puts"].as_array_mut().expect("puts");
        match self {
            Self::Unmarked if input == "begin" => puts.clear(),
            Self::SentAsNew if input == "begin" && !result.is_null() => {
                step["result"]["isResent"] = json!(false);
            }
            Self::Unblocked if result == "refused" => puts.retain(|put| put["state"] != "blocked"),
            Self::RetriedAlone if input.get("retry").is_some() => {
                puts.retain(|put| put["id"] == input["retry"]["id"]);
            }
            Self::MergesPastOthers => {
                let last = stored.records.iter().filter_map(|record| record["seq"].as_u64()).max();
                let is_new =
                    |put: &&mut Value| !stored.records.iter().any(|record| record["id"] == put["id"]);
                puts.iter_mut().filter(is_new).for_each(|put| put["seq"] = json!(last.unwrap_or(0) + 1));
            }
            Self::LatestFirst if input == "begin" => reverse(puts),
            Self::OutageRefuses if result == "retry" => {
                for put in puts {
                    put["state"] = json!("failed");
                }
            }
            Self::RefusalDropped if result == "refused" => {
                let (failed, others): (Vec<_>, Vec<_>) =
                    puts.drain(..).partition(|put| text(&put["state"]) == "failed");
                *puts = others;
                step["deletes"] = failed.into_iter().map(|put| put["id"].clone()).collect();
            }
            _ => {}
        }
    }
}

fn reverse(records: &mut [Value]) {
    for record in records {
        record["seq"] = json!(LAST - record["seq"].as_u64().expect("a place"));
    }
}
