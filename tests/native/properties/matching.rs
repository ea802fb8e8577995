//! Decisions about rows agree with SQL.

use super::values::{id, text, time, workflow};
use crate::support::postgrest::{filter, schema, url};
use crate::support::Json;
use proptest::prelude::*;
use std::cmp::Ordering;
use workflow_db::query::{Filter, Query, Test};
use workflow_db::rest::Request;
use workflow_db::tables::WORKFLOWS;

fn test_of(column: &'static str) -> BoxedStrategy<Test> {
    match column {
        "id" | "user_id" => prop_oneof![
            id().prop_map(Test::Eq),
            proptest::collection::vec(id(), 1..4).prop_map(Test::In),
            Just(Test::IsNull),
        ]
        .boxed(),
        "name" => prop_oneof![
            prop_oneof![Just("a".to_owned()), text()].prop_map(Test::Eq),
            proptest::collection::vec(prop_oneof![Just("b".to_owned()), text()], 1..4).prop_map(Test::In),
            Just(Test::IsNull),
        ]
        .boxed(),
        "is_public" => any::<bool>().prop_map(|flag| Test::Eq(flag.to_string())).boxed(),
        _ => prop_oneof![
            time().prop_map(Test::Eq),
            time().prop_map(Test::AtLeast),
            time().prop_map(Test::AtMost),
            time().prop_map(Test::Below),
            Just(Test::IsNull),
        ]
        .boxed(),
    }
}

fn filters() -> impl Strategy<Value = Vec<Filter>> {
    let columns = ["id", "user_id", "name", "is_public", "created_at", "updated_at", "archived_at"];
    let one = proptest::sample::select(columns.to_vec())
        .prop_flat_map(|column| test_of(column).prop_map(move |test| Filter { column, test }));
    proptest::collection::vec(one, 0..4)
}

proptest! {
    #![proptest_config(super::config(500))]

    /// Sends the query all the way: as a URL that the model server parses and evaluates.
    #[test]
    fn a_query_matches_exactly_the_rows_that_the_server_returns(filters in filters(), row in workflow()) {
        let query = Query { filters, ..Query::of(&WORKFLOWS) };
        let request = Request::select(&query, "*");
        let params = url::params(request.path.split_once('?').expect("a query").1).ok().expect("it parses");
        let facts = schema::facts("workflows").expect("a table");
        let condition = url::Condition::All(params.conditions);
        prop_assert!(filter::check(facts, &condition).is_ok());
        let expected = filter::holds(facts, &condition, &row) == Some(true);
        prop_assert_eq!(query.admits(&Json::from(&row)), Some(expected));
    }

    #[test]
    fn a_missing_column_is_never_decided(filters in filters(), row in workflow()) {
        let query = Query { filters, ..Query::of(&WORKFLOWS) };
        let mut partial = row.clone();
        partial.remove("archived_at");
        let whole = query.admits(&Json::from(&row));
        let answer = query.admits(&Json::from(&partial));
        let asks = query.filters.iter().any(|filter| filter.column == "archived_at");
        prop_assert!(answer == whole || asks && (answer.is_none() || answer == Some(false)));
        prop_assert!(!(asks && answer == Some(true)));
    }

    #[test]
    fn two_rows_compare_as_the_server_orders_them(
        a in workflow(),
        b in workflow(),
        column in proptest::sample::select(vec!["created_at", "updated_at", "archived_at", "user_id"]),
        descending in any::<bool>(),
    ) {
        let query = Query::of(&WORKFLOWS).ordered_by(column, descending);
        let facts = schema::facts("workflows").expect("a table");
        let terms = [(column.to_owned(), descending), ("id".to_owned(), false)];
        let expected = filter::order(facts, &terms, &a, &b);
        prop_assert_eq!(query.compare(&Json::from(&a), &Json::from(&b)), Some(expected));
    }

    #[test]
    fn sorting_by_name_is_left_to_the_database(a in workflow(), b in workflow()) {
        let query = Query::of(&WORKFLOWS).ordered_by("name", false);
        let answer = query.compare(&Json::from(&a), &Json::from(&b));
        if a["name"] == b["name"] {
            let ids = (a["id"].as_str(), b["id"].as_str());
            prop_assert_eq!(answer, Some(ids.0.cmp(&ids.1)));
        } else {
            prop_assert_eq!(answer, None);
        }
    }

    /// The rows after a position in a list are exactly those that sort after it, including NULLs and ties.
    #[test]
    fn a_position_splits_a_list_at_its_row(
        rows in proptest::collection::vec(workflow(), 1..8),
        column in proptest::sample::select(vec!["created_at", "updated_at", "archived_at", "name"]),
        descending in any::<bool>(),
    ) {
        let query = Query::of(&WORKFLOWS).ordered_by(column, descending);
        let facts = schema::facts("workflows").expect("a table");
        let terms = [(column.to_owned(), descending), ("id".to_owned(), false)];
        let place = &rows[0];
        let position = query.position_of(&Json::from(place)).expect("the row has the columns");
        let request = Request::counted(&query, Some(&position));
        let params = url::params(request.path.split_once('?').expect("a query").1).ok().expect("it parses");
        let condition = url::Condition::All(params.conditions);
        for row in &rows {
            let follows = filter::order(facts, &terms, place, row) == Ordering::Less;
            prop_assert_eq!(filter::holds(facts, &condition, row) == Some(true), follows, "{}", request.path);
        }
    }
}

#[test]
fn a_time_in_an_unusual_form_is_not_decided() {
    let query = Query::of(&WORKFLOWS).filter("updated_at", Test::AtLeast("2024-01-01T00:00:00".to_owned()));
    for time in ["infinity", "-infinity", "10000-01-01T00:00:00", "0044-03-15T00:00:00 BC"] {
        let row = Json::from(serde_json::json!({"updated_at": time}));
        assert_eq!(query.admits(&row), None, "{time}");
    }
}
