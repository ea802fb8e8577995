//! The cached rows and subscriptions of shared workflows as memberships start and end.

use super::live::{follow, names, take_told};
use super::rooms;
use crate::support::{realtime, Client, Fault, World};
use serde_json::{json, Value};
use workflow_db::subscriptions::Wish;

/// A workflow of Ada's with a node, a run and a result. Ben is a member; his tab subscribes to memberships as the hooks
/// do.
struct Shared {
    world: World,
    ada: Client,
    ben: Client,
    workflow: String,
    run: String,
    member: String,
}

fn shared() -> Shared {
    let shared = shared_with_stranger();
    follow(&shared.ben, "workflow_members", Some(&shared.ben.id()), None);
    shared.world.pass(3_000.0);
    shared
}

/// Like `shared`, but Ben's tab does not subscribe to memberships.
fn shared_with_stranger() -> Shared {
    let world = World::new();
    let (ada, ben) = (world.signed_in("ada"), world.signed_in("ben"));
    world.server().shares = true;
    let add = |table: &str, row: Value| world.server().add(table, row);
    let workflow = add("workflows", json!({"user_id": ada.id(), "name": "shared"}));
    add("workflow_nodes", json!({"workflow_id": workflow, "node_id": "a", "node_type": "t"}));
    let run = add("workflow_executions", json!({"workflow_id": workflow, "user_id": ada.id()}));
    add("execution_node_results", json!({"execution_id": run, "node_id": "a", "node_type": "t"}));
    let member = add("workflow_members", membership(&workflow, "ben@example.com", Some(&ben.id())));
    Shared { world, ada, ben, workflow, run, member }
}

fn membership(workflow: &str, email: &str, user: Option<&str>) -> Value {
    json!({"workflow_id": workflow, "email": email, "user_id": user, "role": "editor"})
}

impl Shared {
    /// Ben reads everything that the membership allows.
    fn read_everything(&self) {
        let workflow = &self.workflow;
        assert_eq!(self.ben.does("getWorkflowWithRelations", json!([workflow])).text("name"), "shared");
        self.ben.does("getExecution", json!([self.run]));
        self.ben.does("getExecutionResults", json!([self.run]));
        assert_eq!(self.ben.does("getWorkflowMembers", json!([workflow])).texts("role").len(), 1);
        self.ben.engine.set(&format!("executions:{workflow}?mine"), json!([]).into(), None);
    }

    /// The keys in Ben's cache that contain the id of the workflow or its run.
    fn kept(&self) -> Vec<String> {
        let names = |key: &String| key.contains(&self.workflow) || key.contains(&self.run);
        self.ben.keys().into_iter().filter(names).collect()
    }
}

#[test]
fn a_member_who_is_removed_keeps_nothing_of_the_workflow() {
    let shared = shared();
    shared.read_everything();
    assert!(shared.kept().len() >= 6, "{:?}", shared.kept());
    shared.world.server().remove("workflow_members", &shared.member);
    shared.world.pass(300.0);
    assert_eq!(shared.kept(), Vec::<String>::new());
    assert_eq!(shared.ben.does("getWorkflow", json!([shared.workflow])).to_value(), Value::Null);
    assert_eq!(shared.ben.does("getExecution", json!([shared.run])).to_value(), Value::Null);
}

#[test]
fn an_unreported_removal_is_found_when_the_channel_is_ready_again() {
    let shared = shared();
    shared.read_everything();
    realtime::restart(&shared.world.core);
    shared.world.server().remove("workflow_members", &shared.member);
    shared.world.pass(30_000.0);
    assert_eq!(shared.kept(), Vec::<String>::new());
}

#[test]
fn a_response_from_before_a_removal_is_not_cached_after_it() {
    let shared = shared();
    shared.world.network().slow("GET workflows?", 0.0, 1_000.0);
    let reading = shared.ben.call("getWorkflowWithRelations", json!([shared.workflow]));
    shared.world.pass(100.0);
    shared.world.server().remove("workflow_members", &shared.member);
    shared.world.pass(300.0);
    reading.value();
    shared.world.pass(3_000.0);
    assert_eq!(shared.kept(), Vec::<String>::new());
}

/// The server sends the rows while the membership lasts, and they arrive after it ended.
#[test]
fn rows_that_were_read_before_a_removal_are_not_reported_after_it() {
    let shared = shared();
    shared.world.server().remove("workflow_members", &shared.member);
    let nodes = follow(&shared.ben, "workflow_nodes", Some(&shared.workflow), None);
    shared.world.pass(3_000.0);
    shared.world.network().slow("GET workflow_nodes?", 0.0, 1_000.0);
    let row = membership(&shared.workflow, "ben@example.com", Some(&shared.ben.id()));
    let member = shared.world.server().add("workflow_members", row);
    shared.world.pass(500.0);
    shared.world.server().remove("workflow_members", &member);
    shared.world.pass(3_000.0);
    assert_eq!(names(&take_told(&shared.ben, nodes), "node_id"), Vec::<String>::new());
}

/// A frame of a row that is too large for the server makes the client read the row by id.
#[test]
fn a_row_that_was_read_by_id_before_a_removal_is_not_reported_after_it() {
    let shared = shared();
    let nodes = follow(&shared.ben, "workflow_nodes", Some(&shared.workflow), None);
    shared.world.pass(3_000.0);
    shared.world.core.realtime.rows_are_too_large.set(true);
    shared.world.network().slow("GET workflow_nodes?", 0.0, 1_000.0);
    let node = json!({"workflow_id": shared.workflow, "node_id": "b", "node_type": "t"});
    shared.world.server().add("workflow_nodes", node);
    shared.world.pass(500.0);
    shared.world.server().remove("workflow_members", &shared.member);
    shared.world.pass(3_000.0);
    assert_eq!(names(&take_told(&shared.ben, nodes), "node_id"), ["DELETE a"]);
}

#[test]
fn subscribers_receive_deletes_of_a_workflow_s_rows_when_the_membership_ends() {
    for (table, column, expected) in
        [("workflow_nodes", "node_id", "DELETE a"), ("workflows", "name", "DELETE shared")]
    {
        let shared = shared();
        let subscription = follow(&shared.ben, table, Some(&shared.workflow), None);
        shared.world.pass(3_000.0);
        shared.world.server().remove("workflow_members", &shared.member);
        shared.world.pass(3_000.0);
        assert_eq!(names(&take_told(&shared.ben, subscription), column), [expected]);
    }
}

#[test]
fn subscribers_receive_a_workflow_s_rows_when_a_membership_starts() {
    let shared = shared();
    shared.world.server().remove("workflow_members", &shared.member);
    let nodes = follow(&shared.ben, "workflow_nodes", Some(&shared.workflow), None);
    shared.world.pass(3_000.0);
    assert_eq!(take_told(&shared.ben, nodes).len(), 0);
    let row = membership(&shared.workflow, "ben@example.com", Some(&shared.ben.id()));
    shared.world.server().add("workflow_members", row);
    shared.world.pass(3_000.0);
    assert_eq!(names(&take_told(&shared.ben, nodes), "node_id"), ["INSERT a"]);
}

#[test]
fn a_removed_member_leaves_the_room_and_the_others_see_that() {
    let Shared { world, ada, ben, workflow, member, .. } = shared();
    for client in [&ada, &ben] {
        client
            .engine
            .join_room(Wish::new(&workflow, None, Vec::new()).expect("it is valid"))
            .expect("it is valid");
        world.pass(1_000.0);
    }
    assert_eq!(rooms::told(&ben).len(), 2, "live, and ada");
    assert_eq!(rooms::told(&ada), ["live", "[nobody{}]"]);
    world.core.realtime.outsiders.borrow_mut().push(ben.id());
    world.server().remove("workflow_members", &member);
    world.pass(1_000.0);
    assert_eq!(rooms::told(&ben), ["[]", "reconnecting", "error 42501"]);
    assert_eq!(rooms::told(&ada), ["[]"]);
    world.core.realtime.outsiders.borrow_mut().clear();
    world.pass(60_000.0);
    assert_eq!(rooms::told(&ada), ["[nobody{}]"], "invited again, the member is back");
}

#[test]
fn a_user_who_accepts_an_invitation_reads_the_workflow_at_once() {
    let shared = shared();
    let ben = &shared.ben;
    let row = membership(&shared.workflow, "ben@example.org", None);
    shared.world.server().remove("workflow_members", &shared.member);
    let invitation = shared.world.server().add("workflow_members", row);
    shared.world.pass(3_000.0);
    assert_eq!(ben.does("getWorkflow", json!([shared.workflow])).to_value(), Value::Null);
    let row = ben.does("acceptInvitation", json!([invitation]));
    assert_eq!(row.text("user_id"), ben.id());
    assert_eq!(ben.does("getWorkflow", json!([shared.workflow])).text("name"), "shared");
}

#[test]
fn a_member_who_leaves_keeps_nothing_even_without_a_response() {
    for fault in [None, Some(Fault::LostAfter), Some(Fault::Truncated)] {
        let shared = shared();
        shared.read_everything();
        if let Some(fault) = fault {
            shared.world.network().times(3, "POST rpc/leave_workflow", fault);
            shared.ben.call("leaveWorkflow", json!([shared.workflow])).fails_with("RETRY_EXHAUSTED");
        } else {
            assert_eq!(shared.ben.does("leaveWorkflow", json!([shared.workflow])).to_value(), Value::Null);
        }
        assert_eq!(shared.kept(), Vec::<String>::new(), "{fault:?}");
        assert_eq!(shared.world.server().rows("workflow_members").count(), 0, "{fault:?}");
    }
}

#[test]
fn a_member_who_leaves_again_after_a_lost_response_keeps_nothing() {
    let shared = shared();
    shared.read_everything();
    shared.world.network().once("POST rpc/leave_workflow", Fault::LostAfter);
    shared.ben.does("leaveWorkflow", json!([shared.workflow]));
    assert_eq!(shared.kept(), Vec::<String>::new());
}

#[test]
fn a_member_who_removes_their_own_membership_keeps_nothing_after_a_lost_response() {
    let shared = shared();
    shared.read_everything();
    shared.world.network().once("DELETE workflow_members", Fault::LostAfter);
    shared.ben.does("removeWorkflowMember", json!([shared.member]));
    assert_eq!(shared.kept(), Vec::<String>::new());
}

#[test]
fn a_changed_role_is_patched_and_unrelated_entries_stay() {
    let shared = shared();
    shared.read_everything();
    shared.world.server().change("workflow_members", &shared.member, json!({"role": "viewer"}));
    shared.world.pass(300.0);
    let members = shared.ben.cached(&format!("workflow_members:{}", shared.workflow)).expect("it is cached");
    assert_eq!(members.texts("role"), ["viewer"]);
    assert!(shared.ben.cached(&format!("workflow:{}", shared.workflow)).is_some());
}

#[test]
fn the_end_of_another_membership_drops_nothing() {
    let shared = shared();
    let row = membership(&shared.workflow, "eve@example.com", Some(&crate::support::random::uuid_of("eve")));
    let other = shared.world.server().add("workflow_members", row);
    follow(&shared.ben, "workflow_members", Some(&shared.workflow), None);
    shared.world.pass(3_000.0);
    shared.ben.does("getWorkflowWithRelations", json!([shared.workflow]));
    shared.ben.does("getWorkflowMembers", json!([shared.workflow]));
    shared.world.server().remove("workflow_members", &other);
    shared.world.pass(300.0);
    let cached = |key: &str| shared.ben.cached(&format!("{key}:{}", shared.workflow));
    assert!(cached("workflow").is_some());
    assert_eq!(cached("workflow_members").expect("it is cached").texts("email"), ["ben@example.com"]);
}

#[test]
fn invitations_roles_and_removals_by_the_owner_update_the_member_list() {
    let Shared { world, ada, workflow, .. } = shared();
    let members = || ada.cached(&format!("workflow_members:{workflow}")).expect("it is cached");
    ada.does("getWorkflowMembers", json!([workflow]));
    world.take_requests();
    let invitation = json!([workflow, {"email": " Eve@Example.COM ", "role": "viewer"}]);
    let made = ada.does("inviteToWorkflow", invitation.clone());
    assert_eq!(made.text("email"), "eve@example.com");
    assert_eq!(members().texts("email"), ["ben@example.com", "eve@example.com"]);
    ada.does("updateWorkflowMember", json!([made.text("id"), {"role": "editor"}]));
    assert_eq!(members().texts("role"), ["editor", "editor"]);
    ada.call("inviteToWorkflow", invitation).fails_with("23505");
    ada.does("getWorkflowMembers", json!([workflow]));
    ada.does("removeWorkflowMember", json!([made.text("id")]));
    assert_eq!(members().texts("email"), ["ben@example.com"]);
}

#[test]
fn an_invitation_with_a_lost_response_is_created_once() {
    let Shared { world, ada, workflow, .. } = shared();
    world.network().once("POST workflow_members", Fault::LostAfter);
    let made =
        ada.does("inviteToWorkflow", json!([workflow, {"email": "eve@example.com", "role": "viewer"}]));
    assert_eq!(made.text("email"), "eve@example.com");
    assert_eq!(world.server().rows("workflow_members").count(), 2);
}

#[test]
fn lists_that_depend_on_members_are_dropped_when_a_member_changes() {
    let shared = shared();
    let keys = [format!("invitations:{}", shared.ben.id()), format!("shared_workflows:{}", shared.ben.id())];
    for key in &keys {
        shared.ben.engine.set(key, json!([]).into(), None);
    }
    shared.world.server().change("workflow_members", &shared.member, json!({"role": "viewer"}));
    shared.world.pass(300.0);
    for key in &keys {
        assert!(shared.ben.cached(key).is_none(), "{key}");
    }
}

#[test]
fn invalid_addresses_and_roles_are_refused_before_sending() {
    let Shared { world, ada, workflow, .. } = shared();
    world.take_requests();
    for email in [
        json!(""),
        json!("ada"),
        json!("@b"),
        json!("a@"),
        json!("a@b@c"),
        json!("a b@c"),
        json!(7),
        Value::Null,
    ] {
        let invitation = json!([workflow, {"email": email, "role": "viewer"}]);
        assert_eq!(ada.fails("inviteToWorkflow", invitation).code, "INVALID_INPUT", "{email}");
    }
    for role in [json!("owner"), json!(""), Value::Null] {
        let invitation = json!([workflow, {"email": "a@b", "role": role}]);
        assert_eq!(ada.fails("inviteToWorkflow", invitation).code, "INVALID_INPUT", "{role}");
        let patch = json!([workflow, {"role": role}]);
        assert_eq!(ada.fails("updateWorkflowMember", patch).code, "INVALID_INPUT", "{role}");
    }
    for patch in [json!({}), json!({"role": "viewer", "email": "a@b"}), json!({"user_id": ada.id()})] {
        assert_eq!(ada.fails("updateWorkflowMember", json!([workflow, patch])).code, "INVALID_INPUT");
    }
    for invitation in
        [json!({"email": "a@b"}), json!({"email": "a@b", "role": "viewer", "user_id": ada.id()})]
    {
        assert_eq!(ada.fails("inviteToWorkflow", json!([workflow, invitation])).code, "INVALID_INPUT");
    }
    assert_eq!(world.take_requests().len(), 0);
}

#[test]
fn a_database_without_members_reports_the_missing_migration() {
    let Shared { world, ada, workflow, .. } = shared();
    let invitation = json!([workflow, {"email": "eve@example.com", "role": "viewer"}]);
    let calls = [
        ("GET workflow_members", 404, "42P01", "getWorkflowMembers", json!([workflow])),
        ("GET workflow_members", 404, "PGRST205", "getWorkflowMembers", json!([workflow])),
        ("POST workflow_members", 404, "42P01", "inviteToWorkflow", invitation),
        (
            "PATCH workflow_members",
            404,
            "PGRST205",
            "updateWorkflowMember",
            json!([workflow, {"role": "viewer"}]),
        ),
        ("DELETE workflow_members", 404, "PGRST205", "removeWorkflowMember", json!([workflow])),
        ("DELETE workflow_members", 404, "42P01", "declineInvitation", json!([workflow])),
        ("GET rpc/workflow_invitations", 404, "PGRST202", "getInvitations", json!([])),
        ("GET workflows", 400, "PGRST200", "getSharedWorkflows", json!([ada.id()])),
        ("POST rpc/accept", 404, "PGRST202", "acceptInvitation", json!([workflow])),
        ("POST rpc/leave", 404, "PGRST202", "leaveWorkflow", json!([workflow])),
    ];
    for (request, status, code, name, arguments) in calls {
        world.network().once(request, Fault::Refused(status, code));
        let error = ada.fails(name, arguments);
        assert_eq!(error.code, "MIGRATION_REQUIRED", "{name}");
        let hint = error.hint.clone().unwrap_or_default();
        assert!(hint.contains("supabase/optional/20260301000000_workflow_members.sql"), "{name}: {hint}");
    }
}

#[test]
fn an_accepted_invitation_makes_subscriptions_look_for_the_workflow_s_rows() {
    let shared = shared_with_stranger();
    let ben = &shared.ben;
    shared.world.server().remove("workflow_members", &shared.member);
    let row = membership(&shared.workflow, "ben@example.org", None);
    let invitation = shared.world.server().add("workflow_members", row);
    let nodes = follow(ben, "workflow_nodes", Some(&shared.workflow), None);
    shared.world.pass(3_000.0);
    assert_eq!(take_told(ben, nodes).len(), 0);
    ben.does("acceptInvitation", json!([invitation]));
    shared.world.pass(1_000.0);
    assert_eq!(names(&take_told(ben, nodes), "node_id"), ["INSERT a"]);
}

#[test]
fn a_member_who_may_have_left_keeps_nothing_without_subscribing_to_memberships() {
    for fault in [Fault::LostAfter, Fault::Truncated] {
        let shared = shared_with_stranger();
        shared.read_everything();
        shared.world.network().times(3, "POST rpc/leave_workflow", fault);
        shared.ben.call("leaveWorkflow", json!([shared.workflow])).fails_with("RETRY_EXHAUSTED");
        assert_eq!(shared.kept(), Vec::<String>::new(), "{fault:?}");
    }
    let shared = shared_with_stranger();
    shared.read_everything();
    let nodes = follow(&shared.ben, "workflow_nodes", Some(&shared.workflow), None);
    shared.world.pass(3_000.0);
    shared.world.network().once("POST rpc/leave_workflow", Fault::LostAfter);
    shared.ben.does("leaveWorkflow", json!([shared.workflow]));
    assert_eq!(shared.kept(), Vec::<String>::new(), "the second attempt found no membership");
    shared.world.pass(300.0);
    assert_eq!(names(&take_told(&shared.ben, nodes), "node_id"), ["DELETE a"]);
}

#[test]
fn a_change_of_a_membership_leaves_what_the_application_keeps_under_other_keys() {
    let shared = shared();
    shared.ben.engine.set("settings", json!({"theme": "dark"}).into(), None);
    shared.world.server().change("workflow_members", &shared.member, json!({"role": "viewer"}));
    shared.world.pass(300.0);
    assert!(shared.ben.cached("settings").is_some());
}
