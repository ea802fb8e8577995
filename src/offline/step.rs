//! The steps and the view as JSON, which is how records are stored.

use super::json::{list, object, Json, Object};
use super::outbox::{Outbox, Sent};
use super::record::{Plan, Record};
use crate::error::Error;
use crate::json::json_text;

impl Outbox {
    /// Creates an outbox from the stored records of one scope, in any order.
    pub fn parse(records: &str) -> Result<Self, Error> {
        let parsed = Json::parse(records).and_then(Json::items);
        let records = parsed.and_then(|records| records.into_iter().map(Record::parse).collect());
        Ok(Self::new(records.ok_or_else(|| Error::invalid("records", "records of the outbox"))?))
    }

    /// Takes the step that `input` describes. Returns `{ puts, deletes, result, view }`: the records to store, the ids of
    /// those to delete, the result for the caller, and the view with the records in `puts`.
    pub fn step(&mut self, input: &str) -> Result<String, Error> {
        self.begin_step();
        let result = Json::parse(input)
            .and_then(|input| run(self, input))
            .ok_or_else(|| Error::invalid("input", "an input of a step"))?;
        let deletes = self.deletes().iter().map(|id| json_text(id));
        Ok(object([
            ("puts", list(self.puts().map(Record::json))),
            ("deletes", list(deletes)),
            ("result", result),
            ("view", self.view_of(self.puts())),
        ]))
    }
}

/// `input` is the name of a step, or an object with the name as its only key and the arguments as its value.
fn run(outbox: &mut Outbox, input: Json) -> Option<String> {
    match input.string().as_deref() {
        Some("begin") => return Some(or_null(outbox.begin().map(|sent| sent_json(&sent)))),
        Some("recover") => {
            outbox.recover();
            return Some("null".to_owned());
        }
        _ => {}
    }
    let input = input.object()?;
    let of = |name: &str| input.get(name).and_then(Json::object);
    if let Some(given) = of("enqueue") {
        return enqueue(outbox, &given);
    }
    if let Some(given) = of("settle") {
        return settle(outbox, &given);
    }
    if let Some(given) = of("retry") {
        return Some(outbox.retry(&given.text("id")?).to_string());
    }
    Some(outbox.discard(&of("discard")?.text("id")?).to_string())
}

fn enqueue(outbox: &mut Outbox, given: &Object) -> Option<String> {
    let plan = Plan::parse(given.get("plan")?)?;
    let record = outbox.enqueue(plan, given.text("id")?, given.text("scope")?, given.whole("now")?);
    Some(or_null(
        record
            .map(|record| object([("id", json_text(&record.id)), ("state", json_text(record.state.name()))])),
    ))
}

fn settle(outbox: &mut Outbox, given: &Object) -> Option<String> {
    let id = given.text("id")?;
    let outcome = match given.get("error") {
        None => outbox.done(&id, given.optional_text("updatedAt")?.as_deref()),
        Some(error) => outbox.failed(&id, given.whole("attempt")?.try_into().ok()?, error.0),
    };
    Some(json_text(outcome.name()))
}

fn sent_json(sent: &Sent) -> String {
    object([
        ("id", json_text(&sent.id)),
        ("attempt", sent.attempt.to_string()),
        ("isResent", sent.is_resent.to_string()),
        ("plan", sent.plan.json()),
    ])
}

fn or_null(json: Option<String>) -> String {
    json.unwrap_or_else(|| "null".to_owned())
}
