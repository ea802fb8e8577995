//! Row security: what a user may see and change, as the migrations and `workflow_members.sql` decide it.

use super::schema::{self, Facts};
use super::{Refusal, Row, Server};
use serde_json::{json, Value};

/// Every role that lets a user read a workflow.
pub const ANY_ROLE: [&str; 3] = ["owner", "editor", "viewer"];
const EDITORS: [&str; 2] = ["owner", "editor"];

/// Columns of a workflow that an editor may change.
const OF_EDITORS: [&str; 3] = ["name", "description", "updated_at"];

impl Server {
    /// Whether the row may be read by this user.
    pub(super) fn is_visible(&self, facts: &Facts, row: &Row, subject: Option<&str>) -> bool {
        let Some(subject) = subject else { return false };
        let is_public = facts.name == "workflow_templates"
            || (facts.name == "workflows" && row["is_public"] == json!(true));
        is_public
            || self.shows_everything
            || self.owner(facts, row).as_deref() == Some(subject)
            || (self.shares && self.is_shared(facts, row, subject))
    }

    fn is_shared(&self, facts: &Facts, row: &Row, subject: &str) -> bool {
        if facts.name == "workflow_members" && self.is_invited(row, subject) {
            return true;
        }
        let workflow = self.workflow_of(facts.name, row);
        workflow.is_some_and(|id| self.role(&id, subject).is_some() || self.was_member(&id, subject))
    }

    /// The fault that former members still read everything.
    fn was_member(&self, workflow: &str, subject: &str) -> bool {
        self.keeps_members && self.had_role(workflow, subject, &ANY_ROLE, 0)
    }

    /// Whether the row is an open invitation to this user.
    fn is_invited(&self, member: &Row, subject: &str) -> bool {
        member["user_id"].is_null()
            && self.email(subject).is_some_and(|email| member["email"] == json!(email))
    }

    /// The workflow that decides who may see the row. A favorite is its owner's alone.
    pub fn workflow_of(&self, table: &str, row: &Row) -> Option<String> {
        let id = |row: &Row, column: &str| row.get(column)?.as_str().map(str::to_owned);
        match table {
            "workflows" => id(row, "id"),
            "workflow_favorites" => None,
            "execution_node_results" => id(self.last_state(&id(row, "execution_id")?)?, "workflow_id"),
            _ => id(row, "workflow_id"),
        }
    }

    /// The user's role in a workflow that is there.
    pub fn role(&self, workflow: &str, user: &str) -> Option<&str> {
        let row = self.row("workflows", workflow)?;
        if row["user_id"] == json!(user) {
            return Some("owner");
        }
        let is_own =
            |member: &&Row| member["workflow_id"] == json!(workflow) && member["user_id"] == json!(user);
        self.rows("workflow_members").find(is_own).filter(|_| self.shares)?["role"].as_str()
    }

    /// Whether the user had one of these roles in the workflow at any time since there were `since` commits.
    pub fn had_role(&self, workflow: &str, user: &str, roles: &[&str], since: usize) -> bool {
        if self.owner_ever(workflow) == Some(user) {
            return roles.contains(&"owner");
        }
        let memberships = self.memberships(workflow, user);
        memberships.iter().enumerate().any(|(number, (place, role))| {
            let until = memberships.get(number + 1).map_or(usize::MAX, |(next, _)| *next);
            until >= since && *place < until && role.is_some_and(|role| roles.contains(&role))
        })
    }

    /// The commits that changed the user's membership of the workflow, and the role that each left.
    pub fn memberships(&self, workflow: &str, user: &str) -> Vec<(usize, Option<&str>)> {
        let commits = self.member_commits.iter().map(|place| (*place, &self.commits[*place]));
        let own = commits.filter(|(_, commit)| {
            commit.row["workflow_id"] == json!(workflow) && commit.row["user_id"] == json!(user)
        });
        own.map(|(place, commit)| (place, commit.row["role"].as_str().filter(|_| commit.kind != "DELETE")))
            .collect()
    }

    /// The user that the row belongs to, through its parent where it names none.
    pub(super) fn owner(&self, facts: &Facts, row: &Row) -> Option<String> {
        if let Some(column) = facts.owner {
            return row.get(column)?.as_str().map(str::to_owned);
        }
        let (column, parent) = facts.parents.first()?;
        let parent_row = self.tables[parent].get(row.get(*column)?.as_str()?)?;
        self.owner(schema::facts(parent)?, parent_row)
    }

    /// Whether the user may change the row, or delete it.
    pub(super) fn may_write(&self, facts: &Facts, row: &Row, subject: Option<&str>, deletes: bool) -> bool {
        let Some(subject) = subject else { return false };
        let has_role = |roles: &[&str]| {
            let role = self.workflow_of(facts.name, row).and_then(|id| self.role(&id, subject));
            role.is_some_and(|role| roles.contains(&role) || self.lets_viewers_write)
        };
        match facts.name {
            "workflows" if deletes => has_role(&["owner"]),
            "workflows" | "workflow_nodes" | "workflow_connections" => has_role(&EDITORS),
            "workflow_members" => {
                let leaves = row["user_id"] == json!(subject) || self.is_invited(row, subject);
                has_role(&["owner"]) || (deletes && leaves)
            }
            _ => self.owner(facts, row).as_deref() == Some(subject),
        }
    }

    /// The check of a new row, or of the new values of the row `before`.
    pub(super) fn permit(
        &self,
        facts: &Facts,
        row: &Row,
        before: Option<&Row>,
        subject: Option<&str>,
    ) -> Result<(), Refusal> {
        let is_new = before.is_none_or(|before| before.get("workflow_id") != row.get("workflow_id"));
        let is_permitted = match facts.name {
            "workflows" => match before {
                None => row["user_id"].as_str() == subject,
                Some(before) => keeps_owner_columns(before, row, subject),
            },
            "workflow_members" => match before {
                None => {
                    let is_open = row["user_id"].is_null() && row["accepted_at"].is_null();
                    self.may_write(facts, row, subject, false)
                        && is_open
                        && row["invited_by"].as_str() == subject
                }
                Some(before) => without(before, &["role"]) == without(row, &["role"]),
            },
            "workflow_executions" if is_new => {
                let workflow = row["workflow_id"].as_str().unwrap_or_default();
                let is_viewer = subject.is_some_and(|user| self.role(workflow, user) == Some("viewer"));
                self.may_write(facts, row, subject, false)
                    && self.sees_parent(row, subject)
                    && (!is_viewer || self.lets_viewers_write || self.is_public(workflow))
            }
            "workflow_favorites" if is_new => {
                self.may_write(facts, row, subject, false) && self.sees_parent(row, subject)
            }
            _ => self.may_write(facts, row, subject, false),
        };
        if is_permitted && subject.is_some() {
            return Ok(());
        }
        let status = if subject.is_some() { 403 } else { 401 };
        Err(Refusal::new(status, "42501", "new row violates row-level security policy"))
    }

    /// Whether the workflow of a new row may be read. One that there is not violates the foreign key instead.
    fn sees_parent(&self, row: &Row, subject: Option<&str>) -> bool {
        let workflows = schema::facts("workflows").expect("a table");
        let workflow = row["workflow_id"].as_str().and_then(|id| self.row("workflows", id));
        workflow.is_none_or(|workflow| self.is_visible(workflows, workflow, subject))
    }

    fn is_public(&self, workflow: &str) -> bool {
        self.row("workflows", workflow).is_some_and(|row| row["is_public"] == json!(true))
    }

    /// The verified address of an account.
    pub fn email(&self, user: &str) -> Option<&str> {
        self.emails.get(user).map(String::as_str)
    }

    /// The account `user` has verified this address.
    pub fn verify(&mut self, user: &str, email: String) {
        self.emails.insert(user.to_owned(), email);
    }
}

/// The trigger that lets an editor change no more than the name and the description.
fn keeps_owner_columns(before: &Row, row: &Row, subject: Option<&str>) -> bool {
    if before["user_id"].as_str() == subject {
        return row["user_id"].as_str() == subject;
    }
    without(before, &OF_EDITORS) == without(row, &OF_EDITORS)
}

fn without(row: &Row, columns: &[&str]) -> Value {
    row.iter()
        .filter(|(name, _)| !columns.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Row>()
        .into()
}
