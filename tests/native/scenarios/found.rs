//! Programs that the simulation found to break a promise, as short as it made them.

#![allow(clippy::unreadable_literal, reason = "seeds are printed as they are")]
use crate::simulation::program::{text, Configured, Foreign, Program, Setting, Step};
use crate::simulation::replay;
use crate::support::tokens::Answer;
use crate::support::Options;

const NO_OPTIONS: Options = Options { fresh: false, ttl_ms: None, timeout_ms: None };

fn call(tab: usize, name: &'static str, arguments: &'static str) -> Step {
    Step::Call { tab, name, arguments: text(arguments), options: NO_OPTIONS }
}

fn setting(tabs: usize, shares_users: bool, max_rows: usize) -> Setting {
    Setting { tabs, shares_users, max_rows, planted: None }
}

#[test]
fn an_audit_entry_is_told_once_though_a_reading_that_began_further_back_brings_it_again() {
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
fn a_change_is_told_though_the_token_provider_failed_meanwhile() {
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
fn a_change_is_told_though_the_token_provider_hung_meanwhile() {
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
fn a_list_without_secrets_is_right_once_its_rows_are_followed() {
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
fn a_list_that_lacks_a_row_is_right_once_its_rows_are_followed_though_another_entry_holds_the_row() {
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
