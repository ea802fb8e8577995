//! Reading a list in parts because the server caps responses.

use super::values::{text, time};
use crate::support::postgrest::{filter, schema, Row};
use crate::support::World;
use proptest::prelude::*;
use serde_json::{json, Value};
use std::collections::HashSet;

proptest! {
    #![proptest_config(super::config(128))]

    #[test]
    fn a_list_read_in_parts_is_the_sorted_list_for_every_cap(
        times in proptest::collection::vec(super::values::nullable(time()), 0..30),
        names in proptest::collection::vec(text(), 30),
        max_rows in 1_usize..12,
        column in proptest::sample::select(vec!["created_at", "updated_at", "name"]),
        order in proptest::sample::select(vec!["asc", "desc"]),
        limit in proptest::option::of(1_usize..40),
        offset in prop_oneof![Just(0_usize), 0_usize..40],
    ) {
        let world = World::new();
        let ada = world.signed_in("ada");
        world.server().max_rows = max_rows;
        let mut taken = HashSet::new();
        for (time, name) in times.into_iter().zip(names) {
            if taken.insert(name.clone()) {
                let mut row = json!({"user_id": ada.id(), "name": name});
                if column != "name" {
                    row[column] = time;
                }
                world.server().add("workflows", row);
            }
        }
        let mut query = json!({"userId": ada.id(), "sortBy": column, "sortOrder": order, "offset": offset});
        if let Some(limit) = limit {
            query["limit"] = json!(limit);
        }
        let list = ada.does("getWorkflows", json!([query])).to_value();
        let server = world.server();
        let mut expected: Vec<&Row> = server.rows("workflows").collect();
        let terms = [(column.to_owned(), order == "desc"), ("id".to_owned(), false)];
        let facts = schema::facts("workflows").expect("a table");
        expected.sort_by(|a, b| filter::order(facts, &terms, a, b));
        let page = expected.into_iter().skip(offset).take(limit.unwrap_or(usize::MAX));
        prop_assert_eq!(list, Value::Array(page.cloned().map(Value::Object).collect()));
    }
}
