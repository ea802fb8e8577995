//! Subscriptions of applications: tables, scopes and filters.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use workflow_db::query::Comparison;
use workflow_db::rest::{Request, MAX_URL_LENGTH};
use workflow_db::subscriptions::Selection;
use workflow_db::tables::TABLES;
use workflow_db_fuzz::{AnyJson, Json, Text};

#[derive(Arbitrary, Debug)]
struct Input {
    table: u8,
    scope: Option<u128>,
    made_up_scope: Option<Text>,
    column: Option<u8>,
    test: String,
    is_unfiltered: bool,
    row: AnyJson,
    matched: Vec<u8>,
}

fuzz_target!(|input: Input| {
    let table = TABLES[usize::from(input.table) % TABLES.len()];
    let hex = input.scope.map(|scope| format!("{scope:032x}"));
    let uuid = hex.map(|hex| [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"));
    let scope = uuid.or(input.made_up_scope.map(|Text(scope)| scope));
    let filter = input.column.map(|column| {
        let column = &table.columns[usize::from(column) % table.columns.len()];
        format!("{}={}", column.name, input.test)
    });
    let Ok(selection) = Selection::new(table.name, scope, filter) else { return };
    // An accepted selection is accepted again, unchanged.
    let text = selection.filter.as_ref().map(Comparison::text);
    let again = Selection::new(table.name, selection.scope.clone(), text);
    assert!(again.is_ok_and(|again| again == selection));
    let bindings = selection.bindings(input.is_unfiltered);
    assert!(!bindings.is_empty());
    let places: Vec<usize> = input.matched.iter().map(|place| usize::from(*place)).collect();
    let everything: Vec<usize> = (0..bindings.len()).collect();
    assert!(selection.is_meant(&everything), "a row that matches every binding is selected");
    assert!(
        !selection.is_meant(&places)
            || selection.scope.is_some()
            || selection.filter.is_some()
            || bindings.len() == 1
    );
    let _ = selection.is_in_scope(&Json::from(input.row.0));
    // No part of the filter ends the URL parameter that contains it.
    let path = Request::counted(&selection.query(), None).path;
    assert!(path.len() < MAX_URL_LENGTH);
    assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
    let parameters = path.split_once('?').map_or("", |(_, query)| query).split('&').count();
    let plain = Selection::new(table.name, selection.scope.clone(), None).map(|selection| selection.query());
    let plain = plain.map(|query| Request::counted(&query, None).path.split('&').count()).unwrap_or_default();
    assert_eq!(parameters, plain + usize::from(selection.filter.is_some()), "{path}");
});
