//! Writes to one row that become one.

use super::stored::{
    delete, ensure, forget, insert, outage, refusal, save, update, update_if, upsert, Stored,
};
use serde_json::{json, Value};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn updates_of_one_row_become_one_and_later_values_win() {
    let mut stored = Stored::default();
    let [first, second] = stored.queue_all([
        update("a 1", json!({"label": 1, "color": 1})),
        update("a 1", json!({"label": 2, "note": 2})),
    ]);
    assert_eq!(first, second);
    assert_eq!(stored.list(), ["update a 1 pending"]);
    assert_eq!(stored.body("a 1"), json!({"label": 2, "color": 1, "note": 2}));
    assert_eq!(stored.records[0]["createdAt"], 1_000);
}

#[test]
fn an_update_of_a_row_that_was_not_sent_becomes_part_of_its_insert() {
    let mut stored = Stored::default();
    stored.queue_all([insert("a 1", &[]), update_if("a 1", json!({"label": "x"}), "v1")]);
    assert_eq!(stored.list(), ["insert a 1 pending"]);
    assert_eq!(stored.body("a 1"), json!({"label": "x"}));
    assert_eq!(stored.records[0]["plan"]["ifUpdatedAt"], Value::Null);
    assert_eq!(stored.records[0]["plan"]["rest"], "rest of insert");
}

#[test]
fn merged_values_stay_as_they_are_spelt() {
    let mut stored = Stored::default();
    let mut first = update("a 1", json!({}));
    first["body"] = json!(r#"{ "big" : 12345678901234567890.10 , "x": {"b":1e400,"a":[ ]} }"#);
    let mut second = update("a 1", json!({}));
    second["body"] = json!(r#"{"x\u0065": "\ud83d\ude00", "n":-0}"#);
    stored.queue_all([first, second]);
    let body = stored.records[0]["plan"]["body"].as_str().unwrap();
    assert_eq!(body, r#"{"big":12345678901234567890.10,"x":{"b":1e400,"a":[ ]},"xe":"\ud83d\ude00","n":-0}"#);
}

#[test]
fn bodies_other_than_objects_are_not_merged() {
    for wrong in ["", "1", "[]", "{\"a\":1", "{\"a\" 1}", "{\"a\":1}}", "{\"a\":,}", "{\"a\"::}"] {
        for is_first in [false, true] {
            let mut bodies = [wrong, "{\"b\":1}"];
            if !is_first {
                bodies.reverse();
            }
            let mut stored = Stored::default();
            for body in bodies {
                let mut plan = update("a 1", json!({}));
                plan["body"] = json!(body);
                stored.queue(plan);
            }
            assert_eq!(stored.records.len(), 2, "{wrong}");
        }
    }
}

#[test]
fn the_version_of_the_earlier_update_stays() {
    let mut stored = Stored::default();
    stored.queue(update_if("a 1", json!({"label": 1}), "v1"));
    stored.queue(update_if("a 1", json!({"label": 2}), "v2"));
    stored.queue(update("a 1", json!({"label": 3})));
    assert_eq!(stored.list().len(), 1);
    assert_eq!(stored.records[0]["plan"]["ifUpdatedAt"], "v1");
}

#[test]
fn an_update_with_a_version_stays_behind_one_without() {
    let mut stored = Stored::default();
    stored.queue(update("a 1", json!({"label": 1})));
    stored.queue(update_if("a 1", json!({"label": 2}), "v1"));
    stored.queue(update("a 1", json!({"label": 3})));
    assert_eq!(stored.list().len(), 2);
    assert_eq!(stored.records[1]["plan"]["ifUpdatedAt"], "v1");
}

#[test]
fn references_of_both_stay() {
    let mut stored = Stored::default();
    let mut moved = update("a 1", json!({"workflow_id": "2"}));
    moved["refs"] = json!(["flows 1", "flows 2"]);
    stored.queue_all([insert("a 1", &["flows 1"]), moved]);
    assert_eq!(stored.records[0]["plan"]["refs"], json!(["flows 1", "flows 2"]));
}

#[test]
fn an_insert_and_its_deletion_cancel_out_with_all_below() {
    let mut stored = Stored::default();
    stored.queue_all([
        insert("flows 1", &[]),
        insert("nodes 2", &["flows 1"]),
        insert("flows 3", &[]),
        update("nodes 2", json!({"node_id": "x"})),
        ensure("marks 4", &["flows 1"]),
        insert("nodes 5", &["flows 3"]),
        update("nodes 6", json!({"node_id": "y"})),
    ]);
    assert_eq!(stored.queue(delete("flows 1")), Value::Null);
    assert_eq!(stored.list(), ["insert flows 3 pending", "insert nodes 5 pending", "update nodes 6 pending"]);
}

#[test]
fn a_change_that_waits_behind_an_insert_goes_with_it() {
    let mut stored = Stored::default();
    let mut change = update("nodes 2", json!({"workflow_id": "1", "completed_at": "now"}));
    change["refs"] = json!(["flows 1"]);
    stored.queue_all([insert("flows 1", &[]), insert("nodes 2", &["flows 1"]), change]);
    assert_eq!(stored.list().len(), 3, "the server's clock is not asked for in a new row");
    assert_eq!(stored.queue(delete("flows 1")), Value::Null);
    assert_eq!(stored.list(), [""; 0]);
}

#[test]
fn an_insert_that_may_have_been_made_is_deleted_on_the_server() {
    let mut stored = Stored::default();
    stored.queue(insert("flows 1", &[]));
    assert_eq!(stored.send(outage()), "retry");
    stored.queue(delete("flows 1"));
    assert_eq!(stored.list(), ["insert flows 1 pending", "delete flows 1 pending"]);
    stored.begin();
    stored.queue(insert("flows 2", &[]));
    assert_eq!(stored.queue(delete("flows 2")), Value::Null);
    assert_eq!(stored.list().len(), 2);
}

#[test]
fn a_row_that_was_deleted_and_created_again_cancels_only_what_came_since() {
    let mut stored = Stored::default();
    stored.queue_all([delete("flows 1"), insert("flows 1", &[])]);
    assert_eq!(stored.queue(delete("flows 1")), Value::Null);
    assert_eq!(stored.list(), ["delete flows 1 pending"]);
}

#[test]
fn a_deletion_that_takes_a_moved_row_along_is_made() {
    let mut stored = Stored::default();
    let mut moved = update("nodes 9", json!({"workflow_id": "1"}));
    moved["refs"] = json!(["flows 1"]);
    stored.queue_all([insert("flows 1", &[]), moved]);
    stored.queue(delete("flows 1"));
    let all = ["insert flows 1 pending", "update nodes 9 pending", "delete flows 1 pending"];
    assert_eq!(stored.list(), all);
}

#[test]
fn a_row_that_was_moved_in_before_it_was_created_itself_goes_too() {
    let mut stored = Stored::default();
    let mut moved = update("nodes 9", json!({"workflow_id": "2"}));
    moved["refs"] = json!(["flows 2"]);
    stored.queue_all([
        insert("flows 1", &[]),
        insert("nodes 9", &["flows 1"]),
        insert("flows 2", &[]),
        moved,
    ]);
    assert_eq!(stored.queue(delete("flows 1")), Value::Null);
    assert_eq!(stored.list(), ["insert flows 2 pending"]);
}

#[test]
fn a_deletion_replaces_what_was_to_be_changed_before() {
    let changes = [
        (update("a 1", json!({"label": 1})), delete("a 1")),
        (update_if("a 1", json!({"name": "x"}), "v1"), delete("a 1")),
        (save("a 1", json!([])), delete("a 1")),
        (ensure("a 1", &[]), forget("a 1")),
        (upsert("a 1", json!({"label": 1})), forget("a 1")),
    ];
    for (change, deletion) in changes {
        let mut stored = Stored::default();
        stored.queue(change);
        stored.queue(deletion.clone());
        assert_eq!(stored.list(), ["delete a 1 pending"]);
        assert_eq!(stored.records[0]["plan"], deletion);
        assert_eq!(stored.records[0]["id"], "w2");
    }
}

#[test]
fn a_deletion_keeps_its_place_behind_changes_of_what_it_takes_along() {
    let mut stored = Stored::default();
    stored.queue_all([
        update("flows 1", json!({"label": 1})),
        update("nodes 2", json!({"label": 1})),
        delete("flows 1"),
    ]);
    assert_eq!(stored.list(), ["update nodes 2 pending", "delete flows 1 pending"]);
}

#[test]
fn rows_created_again_after_their_deletion_stay_two_writes() {
    for again in [insert("a 1", &[]), ensure("a 1", &[]), update("a 1", json!({}))] {
        let mut stored = Stored::default();
        stored.queue_all([delete("a 1"), again]);
        assert_eq!(stored.list().len(), 2);
    }
}

#[test]
fn upserts_of_one_key_become_one() {
    let mut stored = Stored::default();
    stored.queue_all([
        upsert("keys u1 s1", json!({"service_name": "s1", "label": 1})),
        upsert("keys u1 s2", json!({"service_name": "s2", "label": 1})),
        upsert("keys u1 s1", json!({"service_name": "s1", "note": 2})),
    ]);
    assert_eq!(stored.list().len(), 2);
    assert_eq!(stored.body("keys u1 s1"), json!({"service_name": "s1", "label": 1, "note": 2}));
}

#[test]
fn ensuring_a_row_twice_is_ensuring_it() {
    let mut stored = Stored::default();
    stored.queue_all([
        ensure("marks 1", &["flows 1"]),
        ensure("marks 2", &[]),
        ensure("marks 1", &["flows 1"]),
    ]);
    assert_eq!(stored.list(), ["ensure marks 1 pending", "ensure marks 2 pending"]);
    assert_eq!(stored.records[0]["plan"]["refs"], json!(["flows 1"]));
}

#[test]
fn of_two_saved_graphs_the_later_one_is_saved_on_the_earlier_base() {
    let mut stored = Stored::default();
    let mut first = save("workflows 1", json!(["a"]));
    first["ifUpdatedAt"] = json!("v1");
    first["rest"] = json!(r#"{"base":"earlier"}"#);
    let mut second = save("workflows 1", json!(["b"]));
    second["rest"] = json!(r#"{"base":"later"}"#);
    stored.queue_all([first.clone(), save("workflows 2", json!([])), update("keys 1", json!({}))]);
    stored.queue(second);
    assert_eq!(stored.list().len(), 3);
    let plan = &stored.records[0]["plan"];
    assert_eq!((&plan["rest"], &plan["ifUpdatedAt"]), (&first["rest"], &json!("v1")));
    assert_eq!(stored.body("workflows 1"), json!({"nodes": ["b"]}));
}

#[test]
fn a_graph_that_is_merged_by_the_server_and_one_that_is_not_stay_two_writes() {
    let (without, mut with) = (save("workflows 1", json!(["a"])), save("workflows 1", json!(["b"])));
    with["rest"] = json!(r#"{"base":{"nodes":[]}}"#);
    for rest in ["", "{}", r#"{"base":null}"#] {
        let mut without = without.clone();
        without["rest"] = json!(rest);
        for (one, other) in [(&without, &with), (&with, &without)] {
            let mut stored = Stored::default();
            stored.queue_all([one.clone(), other.clone()]);
            assert_eq!(stored.list().len(), 2, "{rest}");
        }
    }
}

#[test]
fn writes_that_are_sent_in_different_ways_stay_two() {
    for mut change in [update("a 1", json!({"label": 1})), upsert("a 1", json!({"label": 1}))] {
        let mut stored = Stored::default();
        stored.queue(change.clone());
        change["rest"] = json!("another way");
        stored.queue(change);
        assert_eq!(stored.list().len(), 2);
    }
}

#[test]
fn the_servers_clock_is_not_asked_for_in_a_new_row() {
    let mut stored = Stored::default();
    stored.queue_all([insert("a 1", &[]), update("a 1", json!({"completed_at": "now"}))]);
    assert_eq!(stored.list(), ["insert a 1 pending", "update a 1 pending"]);
}

#[test]
fn no_write_to_a_row_of_a_graph_passes_a_saved_graph() {
    for row in ["workflows 2", "workflow_nodes 2", "workflow_connections 2"] {
        let (change, graph) = (update(row, json!({"label": 1})), save("workflows 1", json!([])));
        for (one, other) in [(&change, &graph), (&graph, &change)] {
            let mut stored = Stored::default();
            stored.queue_all([one.clone(), other.clone(), one.clone()]);
            assert_eq!(stored.list().len(), 3, "{row}");
        }
    }
    let mut stored = Stored::default();
    let change = update("settings 2", json!({"label": 1}));
    stored.queue_all([change.clone(), save("workflows 1", json!([])), change]);
    assert_eq!(stored.list().len(), 2);
}

#[test]
fn a_change_that_matters_to_no_other_row_moves_past_other_writes() {
    let mut stored = Stored::default();
    stored.queue_all([
        update("nodes 1", json!({"position_x": 1})),
        update("nodes 2", json!({"name": "b"})),
        insert("nodes 3", &[]),
        delete("nodes 4"),
        update("nodes 1", json!({"position_x": 2})),
    ]);
    assert_eq!(stored.list().len(), 4);
    assert_eq!(stored.body("nodes 1"), json!({"position_x": 2}));
}

#[test]
fn names_that_are_swapped_stay_in_order() {
    let mut stored = Stored::default();
    stored.queue_all([
        update("flows 1", json!({"name": "free"})),
        update("flows 2", json!({"name": "x"})),
        update("flows 1", json!({"name": "y"})),
    ]);
    assert_eq!(stored.list().len(), 3);
}

#[test]
fn a_name_that_stays_does_not_keep_two_updates_apart() {
    let mut stored = Stored::default();
    stored.queue_all([
        update("flows 1", json!({"name": "x", "label": 1})),
        update("flows 2", json!({"name": "y"})),
        update("flows 1", json!({"name": "x", "label": 2})),
    ]);
    assert_eq!(stored.list().len(), 2);
}

#[test]
fn a_change_that_gave_a_name_away_is_made_even_if_the_row_is_deleted_later() {
    let mut stored = Stored::default();
    stored.queue_all([
        update("flows 1", json!({"name": "free"})),
        update("flows 2", json!({"name": "x"})),
        delete("flows 1"),
    ]);
    assert_eq!(stored.list().len(), 3);
}

#[test]
fn a_row_that_another_write_may_name_differently_keeps_its_order() {
    let (by_id, by_key) = (update("keys 1", json!({"label": 1})), upsert("keys u1 s1", json!({"label": 2})));
    for (one, other) in [(&by_id, &by_key), (&by_key, &by_id)] {
        let mut stored = Stored::default();
        stored.queue_all([one.clone(), other.clone(), one.clone()]);
        assert_eq!(stored.list().len(), 3);
    }
}

#[test]
fn nothing_merges_with_a_write_that_was_sent_or_refused() {
    for answer in [None, Some(outage()), Some(refusal())] {
        let mut stored = Stored::default();
        stored.queue(update("a 1", json!({"label": 1})));
        let begun = stored.begin();
        if let Some(answer) = answer {
            stored.settle(&begun, answer);
        }
        stored.queue(update("a 1", json!({"label": 2})));
        assert_eq!(stored.list().len(), 2);
        stored.queue(update("a 1", json!({"label": 3})));
        assert_eq!(stored.list().len(), 2, "but with one that waits behind it");
    }
}

#[test]
fn a_new_write_comes_after_all_others() {
    let mut stored = Stored::default();
    stored.queue_all([delete("a 1"), delete("a 2"), delete("a 3")]);
    stored.send(Value::Null);
    stored.queue(delete("a 4"));
    let sequence: Vec<_> = stored.records.iter().map(|record| record["seq"].as_u64().unwrap()).collect();
    assert_eq!(sequence, [2, 3, 4]);
}

/// The columns of foreign keys and unique constraints in the migrations.
#[test]
fn structural_columns_are_those_that_the_database_constrains() {
    let root = env!("CARGO_MANIFEST_DIR");
    let files =
        ["migrations/20260101000000_initial_schema.sql", "optional/20260301000000_workflow_members.sql"];
    let mut expected = BTreeSet::from(["id".to_owned()]);
    for file in files {
        let text = fs::read_to_string(format!("{root}/supabase/{file}")).expect("a migration");
        for line in text.lines().map(str::trim) {
            let first = line.split(' ').next().unwrap_or_default();
            if let Some(columns) = line.strip_prefix("unique (") {
                let columns = columns.split(')').next().unwrap();
                expected.extend(columns.split(", ").map(str::to_owned));
            } else if line.contains(" references public.") || line.contains(" not null unique") {
                expected.insert(first.to_owned());
            }
        }
    }
    let known: BTreeSet<String> = workflow_db::offline::STRUCTURAL_COLUMNS.map(str::to_owned).into();
    assert_eq!(known, expected);
}
