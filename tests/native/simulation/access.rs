//! What users may see of shared workflows, and what a tab knows about that.

use super::checks::rows_of;
use super::follower::Follower;
use super::tab::{Made, Tab};
use super::value_text;
use crate::support::postgrest::rights::ANY_ROLE;
use crate::support::postgrest::Server;
use serde_json::{json, Value};
use std::collections::BTreeSet;
use workflow_db::subscriptions::Selection;

impl Tab {
    /// Subscribes to the memberships of the signed-in user, as the hooks do.
    pub fn follow_memberships(&mut self) {
        if let Some(user) = self.user() {
            let own = Selection::new("workflow_members", Some(user), None).expect("a valid selection");
            self.follow_interest(own);
        }
    }

    /// The workflows that are no longer shared with the user, according to the events of the tab.
    pub fn ended_memberships(&self, server: &Server) -> BTreeSet<String> {
        let Some(user) = self.user() else { return BTreeSet::new() };
        let gone = self.followers.values().flat_map(|follower| follower.gone("workflow_members"));
        let last = gone.filter_map(|member| {
            let place = *server.history(member).last()?;
            let workflow = workflow_of_member(server, member)?;
            let (last, role) = server.memberships(workflow, &user).last().copied()?;
            (last == place && role.is_none()).then(|| workflow.to_owned())
        });
        last.collect()
    }

    /// Checks that no row belongs to a workflow in `ended`: those that the tab knew to be no longer shared when the server
    /// had made `since` commits. The user may have become a member again for a moment since then.
    pub fn check_ended(
        &self,
        server: &Server,
        rows: &Value,
        what: &str,
        (ended, since): (&BTreeSet<String>, usize),
    ) {
        let Some(user) = self.user().filter(|_| !ended.is_empty()) else { return };
        for row in rows_of(rows) {
            let is_ended = workflow_of(server, row).is_some_and(|workflow| ended.contains(&workflow));
            let may_see = may_see(server, row, &user, since);
            assert!(!is_ended || may_see, "{what} has a row of a workflow that is no longer shared: {row}");
        }
    }

    /// Checks the same for all cache entries.
    pub fn check_copies_of_ended(&self, server: &Server) {
        let ended = self.ended_memberships(server);
        for (key, rows) in self.copies() {
            self.check_ended(server, &rows, &key, (&ended, server.commits.len()));
        }
    }

    /// Checks at rest that no entry contains rows that the user may not see.
    ///
    /// Only the end of a known membership drops rows. Others expire with time. A tab does not know a membership that ended
    /// before the tab read the user's memberships, or that ended so soon that the server did not report its insert.
    pub fn check_rights(&self, server: &Server) {
        let user = self.user().unwrap_or_default();
        let is_own = |follower: &&Follower| follower.hears_all("workflow_members", Some(&user));
        let Some(own) = self.followers.values().find(is_own) else { return };
        let Some(start) = own.start() else { return };
        let heard: BTreeSet<_> =
            own.heard().filter_map(|member| workflow_of_member(server, member)).collect();
        let was_member = |workflow: &str| {
            let mut before =
                server.memberships(workflow, &user).into_iter().filter(|(place, _)| *place < start);
            before.next_back().is_some_and(|(_, role)| role.is_some())
        };
        for (key, rows) in self.copies() {
            for row in rows_of(&rows) {
                let is_known = workflow_of(server, row)
                    .is_none_or(|workflow| heard.contains(&*workflow) || was_member(&workflow));
                let may_see = may_see(server, row, &user, server.commits.len());
                assert!(may_see || !is_known, "{key} keeps a row that {user} may no longer see: {row}");
            }
        }
    }

    fn copies(&self) -> Vec<(String, Value)> {
        let mirror = self.client.mirror();
        let own = mirror.keys().into_iter().filter(|key| !key.starts_with(super::checks::FOREIGN));
        own.filter_map(|key| mirror.peek(&key).map(|rows| (key, rows.to_value()))).collect()
    }
}

/// Whether the user could see the row at some time since commit number `since`.
pub fn may_see(server: &Server, row: &Value, user: &str, since: usize) -> bool {
    let id = value_text(row, "id");
    let table = server.table_of(&id).unwrap_or_default();
    if table == "workflow_templates" || row["is_public"] == json!(true) || server.was_public(&id) {
        return true;
    }
    let is_invited = || {
        let email = server.last_state(&id).map(|member| member["email"].clone());
        email == server.email(user).map(|email| json!(email))
    };
    let has_role = |workflow: String| server.shares && server.had_role(&workflow, user, &ANY_ROLE, since);
    // Another row may have this id by now.
    let is_own = server.owner_ever(&id) == Some(user) || row["user_id"] == json!(user);
    is_own || workflow_of(server, row).is_some_and(has_role) || (table == "workflow_members" && is_invited())
}

fn workflow_of_member<'a>(server: &'a Server, member: &str) -> Option<&'a str> {
    let place = *server.history(member).last()?;
    server.commits[place].row["workflow_id"].as_str()
}

fn workflow_of(server: &Server, row: &Value) -> Option<String> {
    let table = server.table_of(&value_text(row, "id"))?;
    server.workflow_of(table, row.as_object()?)
}

/// Checks that the role of the user allowed the successful write.
pub fn check_role(server: &Server, made: &Made, answer: &Value, user: Option<&str>) {
    if !server.shares || made.name == "acceptInvitation" {
        return;
    }
    let of_owner = matches!(made.name, "archiveWorkflow" | "inviteToWorkflow" | "updateWorkflowMember");
    let roles: &[&str] = if of_owner { &["owner"] } else { &["owner", "editor"] };
    let is_decided = |table: &str| match table {
        "workflows" | "workflow_nodes" | "workflow_connections" | "workflow_members" => true,
        "workflow_executions" => made.name == "createExecution",
        _ => false,
    };
    for row in rows_of(answer) {
        let table = server.table_of(&value_text(row, "id")).unwrap_or_default();
        let Some(workflow) = workflow_of(server, row).filter(|_| is_decided(table)) else { continue };
        let has_role = user.is_some_and(|user| server.had_role(&workflow, user, roles, made.commits));
        assert!(has_role, "{} was not refused to {user:?}: {row}", made.name);
    }
}
