//! Programs in which the simulation found a violated invariant, shortened by the simulation.
//!
//! The file is long because each program is kept as the simulation printed it.

#![allow(clippy::unreadable_literal, reason = "seeds are printed as they are")]
use crate::simulation::program::{text, Configured, Foreign, Program, Setting, Step, Trouble};
use crate::simulation::replay;
use crate::support::tokens::Answer;
use crate::support::Options;

const NO_OPTIONS: Options =
    Options { fresh: false, ttl_ms: None, timeout_ms: None, is_resent: false, is_of_user: false };

fn call(tab: usize, name: &'static str, arguments: &'static str) -> Step {
    Step::Call { tab, name, arguments: text(arguments), options: NO_OPTIONS }
}

fn setting(tabs: usize, shares_users: bool, max_rows: usize) -> Setting {
    Setting { tabs, shares_users, shares_workflows: false, max_rows, planted: None }
}

#[test]
fn an_audit_entry_is_reported_once_even_if_an_earlier_scope_read_returns_it_again() {
    replay(&Program {
        setting: setting(4, true, 1000),
        steps: vec![
            (
                4071060440,
                call(0, "createWorkflow", r#"["$me",{"user_id":"$me","name":"n0","description":"$mark"}]"#),
            ),
            (
                4106558550,
                Step::Follow { tab: 0, table: "audit_logs", scope: Some(text("$me")), filter: None },
            ),
            (1616607579, Step::Rest),
            (
                2342105095,
                call(2, "updateWorkflow", r#"["$workflows:1",{"name":"n8"},{"ifUpdatedAt":"$version"}]"#),
            ),
            (1338133332, Step::Rest),
            (2277885579, Step::Faults { rate: 0.01 }),
            (414293696, Step::Configure { tab: 0, what: Configured::UnfilteredDeletes(true) }),
            (3063290180, call(2, "updateWorkflow", r#"["$workflows:0",{"description":"t2"}]"#)),
            (438692046, Step::Pass { ms: 16797.0 }),
        ],
    });
}

#[test]
fn a_write_of_a_connection_crosses_a_graph_save_of_its_workflow() {
    replay(&Program {
        setting: setting(4, false, 7),
        steps: vec![
            (2628419824, Step::Faults { rate: 0.3 }),
            (
                3139453115,
                call(
                    2,
                    "batchSaveWorkflows",
                    r#"[{"workflows":[{"user_id":"$me","name":"n1","description":"$mark","nodes":[{"node_type":"t0","node_id":"n0","label":"a","position_x":2}],"connections":[{"source_node_id":"n2","target_node_id":"m0","connection_id":"t0"}],"id":"$workflows:11"}],"overwrite":false}]"#,
                ),
            ),
            (
                877156600,
                call(2, "updateWorkflow", r#"["$workflows:4",{"archived_at":"2024-05-03T12:00:00Z"}]"#),
            ),
            (975741160, Step::Pass { ms: 100.0 }),
            (
                625001665,
                call(
                    2,
                    "saveWorkflowGraph",
                    r#"["$workflows:9",{"nodes":[{"node_type":"t0","node_id":"n0","label":"$mark","position_x":0},{"node_type":"t0","node_id":"n1","label":"a","position_x":2},{"node_type":"t1","node_id":"n2","label":"a","position_x":1}],"connections":[{"source_node_id":"n2","target_node_id":"m0","connection_id":"t0"}]}]"#,
                ),
            ),
            (2768774225, Step::Pass { ms: 78.0 }),
            (2428949933, Step::Pass { ms: 39.0 }),
            (3263417399, Step::Pass { ms: 18.0 }),
            (3298822506, Step::Pass { ms: 16.0 }),
            (3548402076, Step::Pass { ms: 25.0 }),
            (
                478481648,
                call(
                    2,
                    "updateWorkflowConnection",
                    r#"["$workflow_connections:10",{"target_node_id":"t1","connection_id":"t1"}]"#,
                ),
            ),
            (3692170165, Step::Rest),
        ],
    });
}

#[test]
fn a_change_is_reported_even_if_the_token_provider_failed() {
    replay(&Program {
        setting: setting(4, true, 7),
        steps: vec![
            (1588817934, Step::Follow { tab: 3, table: "api_keys", scope: Some(text("$me")), filter: None }),
            (3196320697, Step::Rest),
            (
                2876320875,
                call(
                    3,
                    "createApiKey",
                    r#"[{"user_id":"$me","service_name":"s2","encrypted_key":"$mark","is_master_key":false}]"#,
                ),
            ),
            (3465440722, Step::Provider { tab: 3, answer: Answer::Throws }),
            (3835679335, Step::Pass { ms: 100.0 }),
            (966039777, Step::SignIn { tab: 3, user: Some(0) }),
            (3711464762, Step::Rest),
        ],
    });
}

#[test]
fn a_change_is_reported_even_if_the_token_provider_hung() {
    replay(&Program {
        setting: setting(4, true, 3),
        steps: vec![
            (
                2510750560,
                Step::Follow { tab: 3, table: "audit_logs", scope: Some(text("$me")), filter: None },
            ),
            (
                1170021561,
                call(
                    2,
                    "batchSaveApiKeys",
                    r#"[{"keys":[{"user_id":"$me","service_name":"s1","encrypted_key":"$mark"}],"overwrite":true}]"#,
                ),
            ),
            (2780926355, Step::Rest),
            (290927586, Step::Provider { tab: 3, answer: Answer::Hangs }),
            (2786728966, Step::Check { tab: 3 }),
            (
                699302808,
                call(2, "updateApiKey", r#"["$api_keys:5",{"gateway_type":"replicate","is_active":false}]"#),
            ),
            (953801835, Step::Rest),
        ],
    });
}

#[test]
fn a_list_without_secrets_is_correct_after_its_rows_are_subscribed() {
    replay(&Program {
        setting: setting(4, true, 3),
        steps: vec![
            (195579893, Step::Configure { tab: 0, what: Configured::Ttl(10_000_000.0) }),
            (2336926731, call(0, "getApiKeysPublic", r#"["$me"]"#)),
            (456833365, Step::Pass { ms: 100.0 }),
            (1662454282, Step::Follow { tab: 0, table: "api_keys", scope: Some(text("$me")), filter: None }),
            (
                3142453174,
                Step::Commit {
                    user: 0,
                    table: "api_keys",
                    change: Foreign::Insert(text(
                        r#"{"user_id":"$me","service_name":"s0","encrypted_key":"$mark"}"#,
                    )),
                },
            ),
            (2155013077, Step::Rest),
        ],
    });
}

#[test]
fn an_incomplete_list_is_correct_after_its_rows_are_subscribed_even_if_another_entry_has_the_missing_row() {
    replay(&Program {
        setting: setting(4, true, 3),
        steps: vec![
            (1972214320, Step::Configure { tab: 1, what: Configured::Ttl(10_000_000.0) }),
            (515255012, call(1, "getIntegrations", r#"["$me"]"#)),
            (
                833362502,
                call(3, "upsertIntegration", r#"["$me","s1",{"last_verified_at":"2024-05-03T12:00:00Z"}]"#),
            ),
            (745900929, call(1, "getIntegration", r#"["$me","s1"]"#)),
            (
                948895549,
                Step::Follow { tab: 1, table: "integrations", scope: Some(text("$me")), filter: None },
            ),
            (1165424501, Step::Rest),
        ],
    });
}

#[test]
fn a_connection_that_a_graph_save_replaced_stays_cached() {
    replay(&Program {
        setting: setting(3, false, 7),
        steps: vec![
            (
                3097340170,
                call(2, "createWorkflow", r#"["$me",{"user_id":"$me","name":"n0","description":"$mark"}]"#),
            ),
            (
                3912508273,
                Step::Follow {
                    tab: 2,
                    table: "workflow_connections",
                    scope: Some(text(r"$workflows:7")),
                    filter: None,
                },
            ),
            (508726918, Step::Pass { ms: 100.0 }),
            (
                3981083542,
                call(
                    2,
                    "batchSaveWorkflows",
                    r#"[{"workflows":[{"user_id":"$me","name":"n4","description":"$mark","nodes":[{"node_type":"t0","node_id":"n0","label":"a","position_x":0}],"connections":[{"source_node_id":"n1","target_node_id":"m0","connection_id":"t0"}],"id":"$workflows:2"},{"user_id":"$me","name":"n6","connections":[{"source_node_id":"n2","target_node_id":"m0","connection_id":"t0"},{"source_node_id":"n0","target_node_id":"m1","connection_id":"t1"}],"archived_at":"2024-05-05T12:00:00Z","nodes":[{"node_type":"t0","node_id":"n0","label":"a","position_x":2},{"node_type":"t0","node_id":"n1","label":"a","position_x":1}]}],"overwrite":true}]"#,
                ),
            ),
            (599650961, Step::Pass { ms: 6422.0 }),
            (
                437604424,
                call(
                    2,
                    "saveWorkflowGraph",
                    r#"["$workflows:11",{"nodes":[{"node_type":"t0","node_id":"n0","label":"$mark","position_x":2},{"node_type":"t0","node_id":"n1","label":"a","position_x":0},{"node_type":"t0","node_id":"n2","label":"a","position_x":1}],"connections":[{"source_node_id":"n1","target_node_id":"m0","connection_id":"t0"}]}]"#,
                ),
            ),
            (2657493573, Step::Pass { ms: 112.0 }),
            (2346089807, Step::Rest),
        ],
    });
}

#[test]
fn a_connection_that_a_save_replaced_in_a_workflow_from_a_template_stays_cached() {
    replay(&Program {
        setting: setting(4, false, 3),
        steps: vec![
            (
                1972443838,
                call(
                    3,
                    "createTemplate",
                    r#"[{"name":"n4","category":"t1","workflow_data":{"nodes":[],"connections":[{"source_node_id":"n1","target_node_id":"m0","connection_id":"t0"},{"source_node_id":"n1","target_node_id":"m1","connection_id":"t1"}]},"thumbnail_url":"t1","created_by":"$me","description":"$mark"}]"#,
                ),
            ),
            (542311694, Step::Pass { ms: 100.0 }),
            (4017714029, call(0, "createWorkflowFromTemplate", r#"["$me","$*workflow_templates:0","n1"]"#)),
            (
                1633966058,
                Step::Follow {
                    tab: 0,
                    table: "workflow_connections",
                    scope: Some(text(r"$workflows:1")),
                    filter: None,
                },
            ),
            (1905475022, Step::Pass { ms: 5661.0 }),
            (
                3571856775,
                call(
                    0,
                    "saveWorkflowGraph",
                    r#"["$workflows:0",{"nodes":[{"node_type":"t0","node_id":"n0","label":"$mark","position_x":1}],"connections":[{"source_node_id":"n1","target_node_id":"m0","connection_id":"t0"},{"source_node_id":"n2","target_node_id":"m1","connection_id":"t1"}]},{"ifUpdatedAt":"$version"}]"#,
                ),
            ),
            (1529728251, Step::Pass { ms: 100.0 }),
            (1609337331, call(1, "getAccountSettings", r#"["$me"]"#)),
            (993847659, Step::Rest),
        ],
    });
}

#[test]
fn a_connection_that_a_save_replaced_while_requests_fail_stays_cached() {
    replay(&Program {
        setting: setting(3, false, 2),
        steps: vec![
            (
                2372751068,
                call(
                    2,
                    "batchSaveWorkflows",
                    r#"[{"workflows":[{"user_id":"$me","name":"n0","description":"$mark","nodes":[],"connections":[{"source_node_id":"n0","target_node_id":"m0","connection_id":"t0"},{"source_node_id":"n2","target_node_id":"m1","connection_id":"t1"}]},{"user_id":"$me","name":"n8","id":"$workflows:8","nodes":[{"node_type":"t0","node_id":"n0","label":"a","position_x":0},{"node_type":"t0","node_id":"n1","label":"a","position_x":1},{"node_type":"t0","node_id":"n2","label":"a","position_x":2}],"connections":[{"source_node_id":"n1","target_node_id":"m0","connection_id":"t0"},{"source_node_id":"n2","target_node_id":"m1","connection_id":"t1"}]}],"overwrite":false}]"#,
                ),
            ),
            (3032013036, call(0, "getExecutionHistory", r#"["c63a60f1-be19-4856-92b8-0c921f53dea1",1,1]"#)),
            (
                2506136347,
                Step::Follow {
                    tab: 2,
                    table: "workflow_connections",
                    scope: Some(text(r"$workflows:4")),
                    filter: None,
                },
            ),
            (2975520792, Step::Rest),
            (321784378, Step::Faults { rate: 0.1 }),
            (
                2709107539,
                call(
                    2,
                    "saveWorkflowGraph",
                    r#"["$*workflows:0",{"nodes":[{"node_type":"t0","node_id":"n0","label":"$mark","position_x":1},{"node_type":"t0","node_id":"n1","label":"a","position_x":1},{"node_type":"t1","node_id":"n2","label":"a","position_x":1}],"connections":[{"source_node_id":"n1","target_node_id":"m0","connection_id":"t0"}]}]"#,
                ),
            ),
            (4186422051, call(1, "unsaveTemplate", r#"["$me","$workflow_templates:8"]"#)),
            (820408913, call(1, "getExecutionResults", r#"["$workflow_executions:0"]"#)),
            (4159204858, Step::Rest),
        ],
    });
}

#[test]
fn a_connection_that_a_batch_replaced_stays_cached() {
    replay(&Program {
        setting: setting(2, false, 2),
        steps: vec![
            (
                3102583802,
                Step::Follow {
                    tab: 0,
                    table: "workflow_connections",
                    scope: Some(text(r"$workflows:8")),
                    filter: None,
                },
            ),
            (162179186, Step::Rest),
            (
                1133291820,
                call(
                    0,
                    "createTemplate",
                    r#"[{"name":"n1","workflow_data":{"nodes":[{"node_type":"t0","node_id":"n0","label":"a","position_x":0}],"connections":[{"source_node_id":"n2","target_node_id":"m0","connection_id":"t0"},{"source_node_id":"n0","target_node_id":"m1","connection_id":"t1"}]},"created_by":"$me","description":"$mark"}]"#,
                ),
            ),
            (4186705642, Step::Pass { ms: 43.0 }),
            (3926128620, call(0, "createWorkflowFromTemplate", r#"["$me","$workflow_templates:10"]"#)),
            (2255118666, Step::Pass { ms: 100.0 }),
            (
                965691202,
                call(
                    0,
                    "batchSaveWorkflows",
                    r#"[{"workflows":[{"user_id":"$me","name":"n5","description":"$mark","nodes":[],"connections":[{"source_node_id":"n1","target_node_id":"m0","connection_id":"t0"}],"id":"$workflows:4"},{"user_id":"$me","name":"n7","id":"$workflows:4","nodes":[{"node_type":"t0","node_id":"n0","label":"a","position_x":1}],"connections":[{"source_node_id":"n1","target_node_id":"m0","connection_id":"t0"},{"source_node_id":"n2","target_node_id":"m1","connection_id":"t1"}]}],"overwrite":true}]"#,
                ),
            ),
            (2676773045, Step::Pass { ms: 100.0 }),
            (2905033500, Step::Rest),
        ],
    });
}

#[test]
fn a_connection_that_a_save_replaced_stays_cached_during_other_writes() {
    replay(&Program {
        setting: setting(4, false, 1000),
        steps: vec![
            (
                1618929573,
                call(
                    1,
                    "batchSaveWorkflows",
                    r#"[{"workflows":[{"user_id":"$me","name":"n2","description":"$mark","nodes":[{"node_type":"t0","node_id":"n0","label":"a","position_x":0}],"connections":[]},{"user_id":"$me","name":"n6","archived_at":"2024-05-02T12:00:00Z","id":"$workflows:1","nodes":[{"node_type":"t1","node_id":"n0","label":"a","position_x":2}],"connections":[{"source_node_id":"n0","target_node_id":"m0","connection_id":"t0"},{"source_node_id":"n0","target_node_id":"m1","connection_id":"t1"}]}],"overwrite":true}]"#,
                ),
            ),
            (
                726626111,
                call(
                    1,
                    "createWorkflow",
                    r#"["$me",{"user_id":"$me","name":"n3","archived_at":"2024-05-07T12:00:00Z","description":"$mark"}]"#,
                ),
            ),
            (4118469374, Step::Cut { tab: 2, is_cut: true }),
            (1330011161, call(1, "updateWorkflow", r#"["$workflows:2",{"archived_at":null,"name":"n4"}]"#)),
            (
                1187445322,
                Step::Follow {
                    tab: 1,
                    table: "workflow_connections",
                    scope: Some(text(r"$workflows:5")),
                    filter: None,
                },
            ),
            (
                2756001383,
                call(
                    1,
                    "batchSaveWorkflows",
                    r#"[{"workflows":[{"user_id":"$me","name":"n5","archived_at":"2024-05-06T12:00:00Z","description":"$mark","nodes":[{"node_type":"t0","node_id":"n0","label":"a","position_x":0}],"connections":[]},{"user_id":"$me","name":"n0","connections":[{"source_node_id":"n0","target_node_id":"m0","connection_id":"t0"}],"nodes":[{"node_type":"t0","node_id":"n0","label":"a","position_x":1},{"node_type":"t1","node_id":"n1","label":"a","position_x":0}]}],"overwrite":true}]"#,
                ),
            ),
            (1804085638, Step::Pass { ms: 19260.0 }),
            (
                3571986833,
                call(
                    1,
                    "createWorkflow",
                    r#"["$me",{"user_id":"$me","name":"n6","archived_at":"2024-05-03T12:00:00Z","description":"$mark"}]"#,
                ),
            ),
            (1740154522, Step::Pass { ms: 100.0 }),
            (
                284074733,
                call(
                    1,
                    "saveWorkflowGraph",
                    r#"["$workflows:3",{"nodes":[{"node_type":"t0","node_id":"n0","label":"$mark","position_x":1},{"node_type":"t0","node_id":"n1","label":"a","position_x":1}],"connections":[{"source_node_id":"n1","target_node_id":"m0","connection_id":"t0"}]}]"#,
                ),
            ),
            (1662694799, call(2, "upsertIntegration", r#"["$me","s1",{"is_connected":true}]"#)),
            (849240166, Step::Pass { ms: 100.0 }),
            (2461827362, Step::Rest),
        ],
    });
}

#[test]
fn a_workflow_read_from_before_a_graph_save_does_not_undo_its_version() {
    replay(&Program {
        setting: setting(2, false, 1000),
        steps: vec![
            (
                3589938873,
                call(
                    0,
                    "createWorkflow",
                    r#"["$me",{"user_id":"$me","name":"n0","archived_at":"2024-05-08T12:00:00Z","description":"$mark"}]"#,
                ),
            ),
            (1523699742, Step::Rest),
            (1861854671, Step::Faults { rate: 0.01 }),
            (923748654, Step::Follow { tab: 0, table: "workflows", scope: Some(text(r"$me")), filter: None }),
            (3845982461, Step::Pass { ms: 100.0 }),
            (
                2980826410,
                call(
                    0,
                    "saveWorkflowGraph",
                    r#"["$workflows:5",{"nodes":[{"node_type":"t1","node_id":"n0","label":"$mark","position_x":0}],"connections":[]}]"#,
                ),
            ),
            (2545124331, Step::Pass { ms: 100.0 }),
            (943257759, Step::Pass { ms: 100.0 }),
            (2797236900, Step::Pass { ms: 100.0 }),
            (2477486551, call(0, "getWorkflowWithRelations", r#"["$workflows:8"]"#)),
        ],
    });
}

#[test]
fn a_page_of_a_workflow_is_correct_after_the_user_s_executions_are_subscribed() {
    replay(&Program {
        setting: setting(2, true, 2),
        steps: vec![
            (3440196819, Step::Configure { tab: 0, what: Configured::Ttl(10_000_000.0) }),
            (4276161195, Step::Configure { tab: 0, what: Configured::Attempts(1) }),
            (3959650037, Step::Faults { rate: 0.3 }),
            (
                1444480937,
                Step::Follow {
                    tab: 1,
                    table: "workflow_connections",
                    scope: Some(text(r"$*workflows:8")),
                    filter: None,
                },
            ),
            (2004847231, Step::Realtime { trouble: Trouble::Deaf(true) }),
            (
                1237472369,
                call(0, "createWorkflow", r#"["$me",{"user_id":"$me","name":"n5","description":"$mark"}]"#),
            ),
            (
                824786087,
                Step::Follow {
                    tab: 0,
                    table: "workflow_executions",
                    scope: Some(text(r"$me")),
                    filter: None,
                },
            ),
            (2509809865, Step::Pass { ms: 45.0 }),
            (2969831934, Step::Pass { ms: 100.0 }),
            (2508359333, Step::Pass { ms: 100.0 }),
            (1228787207, Step::Pass { ms: 100.0 }),
            (1081029700, call(0, "getExecutionHistory", r#"["$*workflows:4",3,1]"#)),
            (
                3649286094,
                call(
                    1,
                    "createExecution",
                    r#"[{"workflow_id":"$workflows:1","user_id":"$me","error_message":"$mark"}]"#,
                ),
            ),
            (3079762353, Step::Pass { ms: 3975.0 }),
            (3490584859, Step::Rest),
        ],
    });
}

#[test]
fn a_row_reported_by_a_frame_and_deleted_before_the_first_read_is_reported_as_deleted() {
    replay(&Program {
        setting: setting(4, true, 2),
        steps: vec![
            (3504783625, Step::SignIn { tab: 3, user: Some(1) }),
            (
                978562730,
                Step::Follow { tab: 1, table: "workflow_favorites", scope: Some(text(r"$me")), filter: None },
            ),
            (2601949477, Step::Pass { ms: 63.0 }),
            (1236292629, Step::Pass { ms: 5662.0 }),
            (4024662780, Step::Pass { ms: 63.0 }),
            (
                2614953591,
                call(3, "createWorkflow", r#"["$me",{"user_id":"$me","name":"n2","description":"$mark"}]"#),
            ),
            (729533232, Step::SignIn { tab: 0, user: Some(1) }),
            (1564327624, Step::Rest),
            (3314767356, Step::Faults { rate: 0.01 }),
            (212936719, Step::Pass { ms: 42.0 }),
            (
                1786035233,
                call(
                    0,
                    "createExecution",
                    r#"[{"workflow_id":"$workflows:9","user_id":"$me","error_message":"$mark","started_at":"2024-05-06T12:00:00Z"}]"#,
                ),
            ),
            (
                1526959715,
                Step::Follow {
                    tab: 3,
                    table: "workflow_executions",
                    scope: Some(text(r"$workflows:9")),
                    filter: None,
                },
            ),
            (2512365406, Step::Pass { ms: 100.0 }),
            (1212535206, Step::Cut { tab: 3, is_cut: true }),
            (2563521697, call(0, "deleteWorkflow", r#"["$workflows:0"]"#)),
            (3171636394, Step::Pass { ms: 2051.0 }),
            (343697021, Step::Rest),
        ],
    });
}

#[test]
fn a_subscription_that_waits_for_its_channel_tells_the_next_user_no_row_of_the_previous_one() {
    let member = text(
        r#"{"workflow_id":"$*workflows:0","email":"$email:2","role":"editor","invited_by":"$user:0","user_id":"$user:2","accepted_at":"2024-05-01T12:00:00Z"}"#,
    );
    replay(&Program {
        setting: Setting { shares_workflows: true, ..setting(2, true, 3) },
        steps: vec![
            (2973465869, Step::SignIn { tab: 1, user: Some(1) }),
            (
                2623168922,
                call(
                    1,
                    "batchSaveWorkflows",
                    r#"[{"workflows":[{"user_id":"$me","name":"n8","nodes":[],"connections":[]},{"user_id":"$me","name":"n7","nodes":[],"connections":[]}]}]"#,
                ),
            ),
            (3818626981, Step::Pass { ms: 100.0 }),
            (1841649714, Step::Provider { tab: 1, answer: Answer::Hangs }),
            (
                4220623124,
                Step::Commit { user: 2, table: "workflow_members", change: Foreign::Insert(member) },
            ),
            (
                2694730742,
                Step::Follow { tab: 1, table: "workflows", scope: Some(text("$*workflows:4")), filter: None },
            ),
            (2961158649, Step::Pass { ms: 187.0 }),
            (2499589552, Step::SignIn { tab: 1, user: Some(0) }),
            (2610619304, Step::Rest),
        ],
    });
}

#[test]
fn rows_that_were_read_before_a_membership_ended_are_not_reported_after_it() {
    replay(&Program {
        setting: Setting { shares_workflows: true, ..setting(2, true, 2) },
        steps: vec![
            (
                722774005,
                call(
                    0,
                    "batchSaveWorkflows",
                    r#"[{"workflows":[{"user_id":"$me","name":"n0","description":"$mark","id":"fe062e7c-d4f1-41ea-94c2-e1391a70805b","nodes":[],"connections":[{"source_node_id":"n2","target_node_id":"m0","connection_id":"t0"},{"source_node_id":"n1","target_node_id":"m1","connection_id":"t1"}]}],"overwrite":true}]"#,
                ),
            ),
            (2252745229, Step::Cut { tab: 1, is_cut: true }),
            (196456053, Step::SignIn { tab: 1, user: Some(1) }),
            (2913781233, Step::Pass { ms: 100.0 }),
            (
                1926107328,
                Step::Commit {
                    user: 0,
                    table: "workflow_members",
                    change: Foreign::Insert(text(
                        r#"{"workflow_id":"$*workflows:10","email":"$email:2","role":"viewer","invited_by":"$user:0","user_id":"$user:2","accepted_at":"2024-05-01T12:00:00Z"}"#,
                    )),
                },
            ),
            (
                2733352100,
                Step::Commit {
                    user: 0,
                    table: "workflow_executions",
                    change: Foreign::Insert(text(
                        r#"{"workflow_id":"$workflows:11","user_id":"$me","status":"running","error_message":"$mark","execution_time_ms":31}"#,
                    )),
                },
            ),
            (1868075741, Step::Pass { ms: 100.0 }),
            (432372584, Step::SignIn { tab: 0, user: None }),
            (
                642809931,
                Step::Follow { tab: 0, table: "integrations", scope: Some(text("$me")), filter: None },
            ),
            (325073158, Step::Rest),
            (1171325667, Step::Faults { rate: 0.1 }),
            (1806313191, Step::Pass { ms: 34.0 }),
            (
                996308537,
                Step::Follow {
                    tab: 1,
                    table: "workflow_executions",
                    scope: Some(text("$*workflows:5")),
                    filter: None,
                },
            ),
            (4006356589, call(1, "removeWorkflowMember", r#"["$*workflow_members:6"]"#)),
            (1861544393, Step::Pass { ms: 50.0 }),
            (752788751, Step::Pass { ms: 15.0 }),
            (1117754235, Step::Pass { ms: 100.0 }),
            (4141122099, Step::Pass { ms: 49.0 }),
            (
                1206359853,
                Step::Follow {
                    tab: 0,
                    table: "workflow_nodes",
                    scope: Some(text("$*workflows:4")),
                    filter: None,
                },
            ),
            (678086505, Step::Pass { ms: 45.0 }),
            (
                2545756563,
                Step::Commit {
                    user: 2,
                    table: "workflow_members",
                    change: Foreign::Insert(text(
                        r#"{"workflow_id":"$*workflows:6","email":"$email:2","role":"viewer","invited_by":"$user:0","user_id":"$user:2","accepted_at":"2024-05-01T12:00:00Z"}"#,
                    )),
                },
            ),
            (29255703, Step::Pass { ms: 104.0 }),
            (41421069, Step::Commit { user: 0, table: "workflow_members", change: Foreign::Remove(7) }),
            (1782034888, Step::Pass { ms: 100.0 }),
        ],
    });
}
