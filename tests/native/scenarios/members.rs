//! The cached rows and subscriptions of shared workflows as memberships start and end.

use super::live::{follow, names, take_told};
use super::rooms;
use crate::support::world::email_of;
use crate::support::{realtime, Client, Fault, World};
use serde_json::{json, Value};
use workflow_db::data::Data;
use workflow_db::subscriptions::Wish;

/// A workflow of Ada's with a node, a run and a result. Ben is a member; his tab subscribes to memberships as the hooks
/// do.
pub struct Shared {
    pub world: World,
    pub ada: Client,
    pub ben: Client,
    pub workflow: String,
    run: String,
    pub member: String,
}

pub fn shared() -> Shared {
    let shared = shared_with_stranger();
    follow(&shared.ben, "workflow_members", Some(&shared.ben.id()), None);
    shared.world.pass(3_000.0);
    shared
}

/// Like `shared`, but Ben's tab does not subscribe to memberships.
pub fn shared_with_stranger() -> Shared {
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

pub fn membership(workflow: &str, email: &str, user: Option<&str>) -> Value {
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
    let row = membership(&shared.workflow, &email_of("ben"), None);
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
fn an_accepted_invitation_makes_subscriptions_look_for_the_workflow_s_rows() {
    let shared = shared_with_stranger();
    let ben = &shared.ben;
    shared.world.server().remove("workflow_members", &shared.member);
    let row = membership(&shared.workflow, &email_of("ben"), None);
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

/// The membership starts or ends after the workflow's rows were read, and before the memberships are.
#[test]
fn a_membership_that_the_first_reading_finds_changed_makes_subscriptions_look_for_the_workflow_s_rows() {
    for (starts, expected) in [(true, "INSERT a"), (false, "DELETE a")] {
        let Shared { world, ben, workflow, member, .. } = shared_with_stranger();
        if starts {
            world.server().remove("workflow_members", &member);
        }
        let nodes = follow(&ben, "workflow_nodes", Some(&workflow), None);
        assert_eq!(ben.does("getSharedWorkflows", json!([ben.id()])).len(), usize::from(!starts));
        world.pass(3_000.0);
        assert_eq!(take_told(&ben, nodes), []);
        if starts {
            world.server().add("workflow_members", membership(&workflow, "ben@example.com", Some(&ben.id())));
        } else {
            world.server().remove("workflow_members", &member);
        }
        follow(&ben, "workflow_members", Some(&ben.id()), None);
        world.pass(3_000.0);
        assert_eq!(names(&take_told(&ben, nodes), "node_id"), [expected]);
    }
}
