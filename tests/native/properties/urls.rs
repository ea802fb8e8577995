//! Values in URLs: the server reads back exactly the value, and no other structure.

use super::values::text;
use crate::support::postgrest::url::{params, Condition, Operator, Params};
use proptest::prelude::*;
use workflow_db::query::{Filter, Order, Query, Test};
use workflow_db::rest::Request;
use workflow_db::tables::{WORKFLOWS, WORKFLOW_CONNECTIONS};

fn parsed(request: &Request) -> Params {
    let (table, query) = request.path.split_once('?').expect("a query string");
    assert_eq!(table, request.table);
    params(query).unwrap_or_else(|refusal| panic!("{}: {}", refusal.message, request.path))
}

fn column(name: &str, operator: Operator) -> Condition {
    Condition::Column(name.to_owned(), operator)
}

proptest! {
    #![proptest_config(super::config(500))]

    #[test]
    fn a_single_value_arrives_as_it_is(value in text()) {
        for (test, operator) in [
            (Test::Eq(value.clone()), Operator::Eq(value.clone())),
            (Test::AtLeast(value.clone()), Operator::Gte(value.clone())),
            (Test::AtMost(value.clone()), Operator::Lte(value.clone())),
            (Test::Below(value.clone()), Operator::Lt(value.clone())),
        ] {
            let params = parsed(&Request::select(&Query::of(&WORKFLOWS).filter("name", test), "*"));
            prop_assert_eq!(params.conditions, vec![column("name", operator)]);
            prop_assert_eq!(params.select.as_str(), "*");
            prop_assert_eq!(params.limit, None);
        }
    }

    #[test]
    fn a_list_of_values_arrives_as_it_is(values in proptest::collection::vec(text(), 1..5)) {
        let query = Query::of(&WORKFLOWS).filter("name", Test::In(values.clone()));
        let params = parsed(&Request::select(&query, "*"));
        prop_assert_eq!(params.conditions, vec![column("name", Operator::In(values))]);
    }

    #[test]
    fn a_keyset_position_arrives_as_it_is(name in text(), id in text(), descending in any::<bool>()) {
        let query = Query::of(&WORKFLOWS).ordered_by("name", descending);
        let position = vec![
            (Order { column: "name", descending }, Some(name.clone())),
            (Order { column: "id", descending: false }, Some(id.clone())),
        ];
        let params = parsed(&Request::counted(&query, Some(&position)));
        let beyond = if descending {
            vec![column("name", Operator::Lt(name.clone()))]
        } else {
            vec![column("name", Operator::Gt(name.clone())), column("name", Operator::IsNull)]
        };
        let rest = Condition::All(vec![
            column("name", Operator::Eq(name)),
            Condition::Any(vec![column("id", Operator::Gt(id)), column("id", Operator::IsNull)]),
        ]);
        prop_assert_eq!(params.conditions, vec![Condition::Any(beyond.into_iter().chain([rest]).collect())]);
    }

    #[test]
    fn the_filters_of_a_write_arrive_as_they_are(first in text(), second in text()) {
        let filters = [
            Filter { column: "workflow_id", test: Test::Eq(first.clone()) },
            Filter { column: "connection_id", test: Test::Eq(second.clone()) },
        ];
        let expected =
            vec![column("workflow_id", Operator::Eq(first)), column("connection_id", Operator::Eq(second))];
        for request in [
            Request::delete(&WORKFLOW_CONNECTIONS, &filters),
            Request::update(&WORKFLOW_CONNECTIONS, &filters, "{}".to_owned()),
        ] {
            prop_assert_eq!(&parsed(&request).conditions, &expected);
        }
    }
}
