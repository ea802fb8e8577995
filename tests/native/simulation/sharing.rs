//! Steps in which users share workflows and stop sharing them.

use super::functions::MEMBERS;
use super::generate::{json_text, Generator};
use super::program::{Foreign, Step, Text, USERS};
use serde_json::{json, Value};
use std::borrow::Cow;

const ROLES: [&str; 2] = ["viewer", "editor"];

impl Generator {
    pub fn sharing(&self, tab: usize) -> Step {
        match self.random.below(11) {
            0..5 => self.call(tab, MEMBERS),
            5 => self.call(tab, &["getSharedWorkflows"]),
            6..9 => self.commit_of_members(),
            _ => self.follow_shared(tab),
        }
    }

    /// Another client of an owner changes members.
    pub fn commit_of_members(&self) -> Step {
        let random = &self.random;
        let (which, user) = (random.below(12), random.below(self.user_count()));
        let change = match random.below(8) {
            0..4 => Foreign::Insert(json_text(&self.member())),
            4..6 => Foreign::Change(which, json_text(&json!({"role": random.pick::<&str>(&ROLES)}))),
            _ => Foreign::Remove(which),
        };
        Step::Commit { user, table: "workflow_members", change }
    }

    /// A member who accepted, or a pending invitation.
    fn member(&self) -> Value {
        let random = &self.random;
        let user = random.below(self.user_count());
        let mut member = json!({
            "workflow_id": format!("$*workflows:{}", random.below(12)), "email": format!("$email:{user}"),
            "role": random.pick::<&str>(&ROLES), "invited_by": "$user:0",
        });
        if random.chance(0.8) {
            member["user_id"] = json!(format!("$user:{user}"));
            member["accepted_at"] = json!("2024-05-01T12:00:00Z");
        }
        member
    }

    /// Subscribes to a workflow of any user, or to its parts.
    fn follow_shared(&self, tab: usize) -> Step {
        let random = &self.random;
        let tables = [
            "workflows",
            "workflow_nodes",
            "workflow_connections",
            "workflow_executions",
            "workflow_members",
        ];
        let scope = Text(Cow::Owned(format!("$*workflows:{}", random.below(12))));
        Step::Follow { tab, table: random.pick::<&str>(&tables), scope: Some(scope), filter: None }
    }

    fn user_count(&self) -> usize {
        if self.setting.shares_workflows {
            USERS.len()
        } else {
            2
        }
    }

    /// Arguments of the functions for members.
    pub fn member_arguments(&self, name: &str) -> Value {
        let random = &self.random;
        let role = random.pick::<&str>(&ROLES);
        let member = format!("$*workflow_members:{}", random.below(12));
        let workflow = self.reference("workflows");
        match name {
            "inviteToWorkflow" => {
                let email = format!("$email:{}", random.below(self.user_count()));
                json!([workflow, {"email": email, "role": role}])
            }
            "updateWorkflowMember" => json!([member, {"role": role}]),
            "removeWorkflowMember" | "acceptInvitation" | "declineInvitation" => json!([member]),
            "getWorkflowMembers" | "leaveWorkflow" => json!([workflow]),
            "getInvitations" => json!([]),
            _ => json!(["$me"]),
        }
    }
}
