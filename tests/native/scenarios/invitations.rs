//! Invitations, and the lists that depend on members.

use super::live::follow;
use super::members::{membership, shared, shared_with_stranger, Shared};
use crate::support::world::email_of;
use crate::support::Fault;
use serde_json::{json, Value};
use workflow_db::data::Data;

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

/// The membership and an invitation end before Ben's tab receives changes, or before it knows which rows there are.
#[test]
fn lists_that_depend_on_members_agree_with_the_first_reading_of_a_subscription() {
    for wait_ms in [0.0, 300.0] {
        let Shared { world, ada, ben, member, .. } = shared_with_stranger();
        let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "other"}));
        let invitation =
            world.server().add("workflow_members", membership(&workflow, &email_of("ben"), None));
        assert_eq!(ben.does("getSharedWorkflows", json!([ben.id()])).texts("name"), ["shared"]);
        assert_eq!(ben.does("getInvitations", json!([])).ids(), std::slice::from_ref(&invitation));
        (0..2).for_each(|_| world.network().slow("GET workflow_members?", 500.0, 0.0));
        let end = || {
            world.server().remove("workflow_members", &member);
            world.server().remove("workflow_members", &invitation);
        };
        if wait_ms == 0.0 {
            end();
        }
        follow(&ben, "workflow_members", Some(&ben.id()), None);
        follow(&ben, "workflow_members", None, Some(&format!("email=eq.{}", email_of("ben"))));
        world.pass(wait_ms);
        if wait_ms > 0.0 {
            end();
        }
        world.pass(3_000.0);
        assert_eq!(ben.does("getSharedWorkflows", json!([ben.id()])).texts("name"), [""; 0], "{wait_ms}");
        assert_eq!(ben.does("getInvitations", json!([])).ids(), [""; 0], "{wait_ms}");
    }
}

/// The server answers before the membership and the invitation end, and the responses arrive after the first reading.
#[test]
fn a_late_list_that_depends_on_members_is_not_cached_after_the_first_reading_of_a_subscription() {
    let Shared { world, ada, ben, member, .. } = shared_with_stranger();
    let workflow = world.server().add("workflows", json!({"user_id": ada.id(), "name": "other"}));
    let invitation = world.server().add("workflow_members", membership(&workflow, &email_of("ben"), None));
    world.network().slow("GET workflows?", 0.0, 5_000.0);
    world.network().slow("GET rpc/workflow_invitations", 0.0, 5_000.0);
    let lists = [ben.call("getSharedWorkflows", json!([ben.id()])), ben.call("getInvitations", json!([]))];
    world.pass(100.0);
    world.server().remove("workflow_members", &member);
    world.server().remove("workflow_members", &invitation);
    follow(&ben, "workflow_members", Some(&ben.id()), None);
    follow(&ben, "workflow_members", None, Some(&format!("email=eq.{}", email_of("ben"))));
    world.pass(3_000.0);
    for list in lists {
        assert!(!list.is_done());
        assert_eq!(list.value().len(), 1, "it was read before");
    }
    assert_eq!(ben.does("getSharedWorkflows", json!([ben.id()])).texts("name"), [""; 0]);
    assert_eq!(ben.does("getInvitations", json!([])).ids(), [""; 0]);
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
