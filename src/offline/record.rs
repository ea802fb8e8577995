//! A write in the outbox, and its stored form.

use super::json::{list, object, optional_text, Json};
use crate::json::json_text;

/// The kind of a write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Creates a row with an id that the client chose.
    Insert,
    /// Changes columns of a row.
    Update,
    /// Deletes a row; a missing one counts as deleted.
    Delete,
    /// Creates or changes the row with a natural key.
    Upsert,
    /// Creates the row with a natural key unless it exists.
    Ensure,
    /// Replaces the nodes and connections of a workflow.
    Save,
}

impl Action {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Insert, "insert"),
        (Self::Update, "update"),
        (Self::Delete, "delete"),
        (Self::Upsert, "upsert"),
        (Self::Ensure, "ensure"),
        (Self::Save, "save"),
    ];

    /// Its name in stored records.
    pub fn name(self) -> &'static str {
        name_in(&Self::ALL, &self)
    }

    /// Whether rows that belong to its row cannot be created if it fails.
    pub(super) fn creates(self) -> bool {
        !matches!(self, Self::Update | Self::Delete)
    }
}

fn name_in<T: PartialEq>(all: &[(T, &'static str)], wanted: &T) -> &'static str {
    all.iter().find(|(value, _)| value == wanted).map_or("", |(_, name)| name)
}

fn named_in<T: Copy>(all: &[(T, &'static str)], name: &str) -> Option<T> {
    all.iter().find(|(_, own)| *own == name).map(|(value, _)| *value)
}

/// A validated write.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its kind.
    pub action: Action,
    /// The table of the row.
    pub table: String,
    /// The key of the row in its table: its id, or the columns and values of its natural key as JSON.
    pub key: String,
    /// The row's id, if `key` is the id.
    pub row_id: Option<String>,
    /// The rows that this one belongs to, each as `table key`.
    pub refs: Vec<String>,
    /// The new row, the changed columns or the graph, as JSON. Empty for a deletion.
    pub body: String,
    /// Everything else that the engine needs to send the write, as JSON.
    pub rest: String,
    /// The `updated_at` that the row must still have.
    pub if_updated_at: Option<String>,
}

impl Plan {
    pub(super) fn parse(json: Json) -> Option<Self> {
        let plan = json.object()?;
        Some(Self {
            action: named_in(&Action::ALL, &plan.text("action")?)?,
            table: plan.text("table")?,
            key: plan.text("key")?,
            row_id: plan.optional_text("rowId")?,
            refs: plan.get("refs")?.items()?.into_iter().map(Json::string).collect::<Option<_>>()?,
            body: plan.text("body")?,
            rest: plan.text("rest")?,
            if_updated_at: plan.optional_text("ifUpdatedAt")?,
        })
    }

    pub(super) fn json(&self) -> String {
        object([
            ("action", json_text(self.action.name())),
            ("table", json_text(&self.table)),
            ("key", json_text(&self.key)),
            ("rowId", optional_text(self.row_id.as_deref())),
            ("refs", list(self.refs.iter().map(|reference| json_text(reference)))),
            ("body", json_text(&self.body)),
            ("rest", json_text(&self.rest)),
            ("ifUpdatedAt", optional_text(self.if_updated_at.as_deref())),
        ])
    }

    /// The row in the format of `refs`.
    pub(super) fn row(&self) -> String {
        [&*self.table, " ", &*self.key].concat()
    }

    pub(super) fn is_same_row(&self, other: &Self) -> bool {
        self.table == other.table && self.key == other.key
    }

    /// Whether this row belongs to the row of `other`.
    pub(super) fn refers_to(&self, other: &Self) -> bool {
        self.refs.contains(&other.row())
    }

    /// Whether this write can succeed only after the earlier one.
    pub(super) fn depends_on(&self, earlier: &Self) -> bool {
        self.is_same_row(earlier) || (earlier.action.creates() && self.refers_to(earlier))
    }
}

/// The state of a write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// It waits for its turn, or until the server can be reached.
    Pending,
    /// It is being sent, or a crash interrupted that.
    Sending,
    /// The server refused it.
    Failed,
    /// A write that it depends on failed.
    Blocked,
}

impl State {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Pending, "pending"),
        (Self::Sending, "sending"),
        (Self::Failed, "failed"),
        (Self::Blocked, "blocked"),
    ];

    /// Its name in stored records.
    pub fn name(self) -> &'static str {
        name_in(&Self::ALL, &self)
    }
}

/// A write in the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// A uuid.
    pub id: String,
    /// Its place in the order of the writes of its scope.
    pub seq: u64,
    /// The project and the user that it belongs to.
    pub scope: String,
    /// The write.
    pub plan: Plan,
    /// When it was made, in milliseconds since 1970.
    pub created_at: u64,
    /// Its state.
    pub state: State,
    /// How often it was sent.
    pub attempts: u32,
    /// Why the last attempt failed, as JSON.
    pub error: Option<String>,
    /// Whether the current step changed it.
    pub(super) is_changed: bool,
}

impl Record {
    pub(super) fn parse(json: Json) -> Option<Self> {
        let record = json.object()?;
        Some(Self {
            id: record.text("id")?,
            seq: record.whole("seq")?,
            scope: record.text("scope")?,
            plan: Plan::parse(record.get("plan")?)?,
            created_at: record.whole("createdAt")?,
            state: named_in(&State::ALL, &record.text("state")?)?,
            attempts: record.whole("attempts")?.try_into().ok()?,
            error: record.get("error").map(|error| error.0.to_owned()),
            is_changed: false,
        })
    }

    pub(super) fn json(&self) -> String {
        let members = [
            ("id", json_text(&self.id)),
            ("seq", self.seq.to_string()),
            ("scope", json_text(&self.scope)),
            ("plan", self.plan.json()),
            ("createdAt", self.created_at.to_string()),
            ("state", json_text(self.state.name())),
            ("attempts", self.attempts.to_string()),
        ];
        object(members.into_iter().chain(self.error_member()))
    }

    /// The write as the application sees it: without the row's values.
    pub(super) fn entry_json(&self) -> String {
        let members = [
            ("id", json_text(&self.id)),
            ("table", json_text(&self.plan.table)),
            ("action", json_text(self.plan.action.name())),
            ("rowId", optional_text(self.plan.row_id.as_deref())),
            ("createdAt", self.created_at.to_string()),
            ("state", json_text(self.state.name())),
            ("attempts", self.attempts.to_string()),
        ];
        object(members.into_iter().chain(self.error_member()))
    }

    fn error_member(&self) -> Option<(&'static str, String)> {
        self.error.clone().map(|error| ("error", error))
    }

    /// Whether it was never sent.
    pub(super) fn is_unsent(&self) -> bool {
        self.attempts == 0
    }

    /// Whether it waits for its turn or is blocked.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Pending | State::Blocked)
    }

    /// Whether it waits until the application retries or discards a failed write, and blocks those that depend on it.
    pub(super) fn is_stuck(&self) -> bool {
        matches!(self.state, State::Failed | State::Blocked)
    }

    /// Whether it is shown and will be sent.
    pub(super) fn is_due(&self) -> bool {
        !self.is_stuck()
    }

    pub(super) fn set_state(&mut self, state: State) {
        self.is_changed |= self.state != state;
        self.state = state;
    }
}
