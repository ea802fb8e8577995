//! Arguments from the application are always checked and never cause a panic.

use super::values::{id, text, time};
use crate::support::postgrest::schema;
use proptest::prelude::*;
use serde_json::Value as V;
use workflow_db::api::{names, operation, Argument, Call, Operation};
use workflow_db::data::Value;
use workflow_db::flows::Write;
use workflow_db::input::Field;
use workflow_db::json::json_text;
use workflow_db::tables::TABLES;

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Absent),
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![any::<f64>(), (-3_i32..5).prop_map(f64::from), Just(2_147_483_648.0)]
            .prop_map(Value::Number),
        prop_oneof![id(), time(), text(), Just("running".to_owned()), Just("\0".to_owned())]
            .prop_map(Value::Text),
        Just(Value::Json),
        Just(Value::Other("a function")),
    ]
}

/// As the shell creates it: a value with its JSON, if it has any.
fn field() -> impl Strategy<Value = Field> {
    let columns: Vec<&'static str> =
        TABLES.iter().flat_map(|table| table.columns).map(|column| column.name).collect();
    let queries = vec![
        "userId",
        "workflowId",
        "limit",
        "offset",
        "sortBy",
        "sortOrder",
        "startDate",
        "endDate",
        "pageSize",
        "cursor",
        "nodes",
        "connections",
        "workflows",
        "keys",
        "overwrite",
        "ifUpdatedAt",
        "category",
        "featured",
    ];
    let name = prop_oneof![
        6 => proptest::sample::select(columns).prop_map(str::to_owned),
        3 => proptest::sample::select(queries).prop_map(str::to_owned),
        1 => text(),
    ];
    (name, value()).prop_map(|(name, value)| {
        let json = match &value {
            Value::Null => "null".to_owned(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => V::from(*number).to_string(),
            Value::Text(text) => json_text(text),
            Value::Json => "{\"a\":[1]}".to_owned(),
            Value::Absent | Value::Other(_) => String::new(),
        };
        // A list arrives as a value that no column accepts, with the members of its objects.
        let node = || vec![Field::text("node_id", "a"), Field::text("node_type", "b")];
        let rows = matches!(value, Value::Other(_)).then(|| vec![node(), Vec::new()]);
        Field { rows, ..Field::plain(name, value, json) }
    })
}

/// A value, or the members of an object.
type Given = Result<Value, Vec<Field>>;

fn given() -> impl Strategy<Value = Given> {
    prop_oneof![value().prop_map(Ok), proptest::collection::vec(field(), 0..6).prop_map(Err)]
}

proptest! {
    #![proptest_config(super::config(2_000))]

    #[test]
    fn no_argument_causes_a_panic_and_every_refusal_says_what_was_expected(
        name in proptest::sample::select(names().chain(["noSuchFunction", "callService"]).collect::<Vec<_>>()),
        arguments in proptest::collection::vec(given(), 0..4),
    ) {
        let arguments =
            arguments.into_iter().map(|given| given.map_or_else(Argument::Object, Argument::Value)).collect();
        let uuid = || "00000000-0000-4000-8000-000000000000".to_owned();
        match operation(name, &Call { arguments, uuid: &uuid, base_url_length: 40 }) {
            Err(error) => {
                prop_assert_eq!(error.code.as_ref(), "INVALID_INPUT");
                prop_assert!(error.message.contains(": expected "), "{:?}", error);
            }
            Ok(Operation::Read(read)) => prop_assert!(!read.key.is_empty()),
            Ok(Operation::Service(request)) => prop_assert!(request.path.contains('/')),
            Ok(Operation::Write(Write::Insert { table, body, id, .. })) => {
                let row: V = serde_json::from_str(&body).expect("JSON");
                prop_assert_eq!(&row["id"], &V::from(id));
                for column in schema::facts(table.name).expect("a table").required {
                    let is_defaulted = *column == "status";
                    prop_assert!(is_defaulted || row[*column].is_string(), "{}", body);
                }
            }
            Ok(Operation::Write(Write::Update { table, body, .. })) => {
                let row: V = serde_json::from_str(&body).expect("JSON");
                let facts = schema::facts(table.name).expect("a table");
                let is_known = |column: &String| facts.kind(column).is_some();
                prop_assert!(row.as_object().expect("an object").keys().all(is_known));
                prop_assert!(facts.kind("updated_at").is_none() || row["updated_at"] == "now");
            }
            Ok(Operation::Write(Write::Delete { filters, .. })) => prop_assert!(!filters.is_empty()),
            Ok(Operation::Write(Write::Upsert { user_id, body, .. } | Write::Ensure { user_id, body, .. })) => {
                let row: V = serde_json::from_str(&body).expect("JSON");
                prop_assert_eq!(&row["user_id"], &V::from(user_id));
                prop_assert!(row.get("id").is_none(), "{}", body);
            }
            Ok(Operation::Write(Write::Call(call))) => {
                let arguments: V = serde_json::from_str(&call.body).expect("JSON");
                prop_assert!(arguments.as_object().expect("an object").keys().all(|name| name.starts_with("p_")));
                let again = call.replay().body.expect("a body");
                let again: V = serde_json::from_str(&again).expect("JSON");
                prop_assert!(!call.function.knows_replays() || again["p_replay"] == true);
            }
        }
    }

    #[test]
    fn a_string_survives_serialization_as_json(text in any::<String>()) {
        let parsed: String = serde_json::from_str(&json_text(&text)).expect("JSON");
        prop_assert_eq!(parsed, text);
    }
}

#[test]
fn the_model_has_the_same_tables_as_the_crate() {
    for facts in schema::TABLES {
        let table = TABLES.iter().find(|table| table.name == facts.name).expect("a table");
        let columns = |names: Vec<&str>| names.join(", ");
        let own = columns(table.columns.iter().map(|column| column.name).collect());
        assert_eq!(own, columns(facts.columns.iter().map(|(name, ..)| *name).collect()), "{}", facts.name);
        for (column, kind, _) in facts.columns {
            use schema::Type;
            use workflow_db::tables::Kind;
            let own = table.column(column).expect("a column").kind;
            let is_same = match kind {
                Type::Uuid => matches!(own, Kind::Uuid),
                Type::Text => matches!(own, Kind::Text | Kind::OneOf(_)),
                Type::Bool => matches!(own, Kind::Bool),
                Type::Number => matches!(own, Kind::Int | Kind::Float),
                Type::Timestamp => matches!(own, Kind::Timestamp),
                Type::Json => matches!(own, Kind::Json),
            };
            assert!(is_same, "{}.{column}", facts.name);
        }
        let children: Vec<(&str, &str)> =
            table.cascades.iter().map(|cascade| (cascade.table.name, cascade.column)).collect();
        let expected: Vec<(&str, &str)> = schema::TABLES
            .iter()
            .flat_map(|child| {
                child.parents.iter().map(move |(column, parent)| (child.name, *column, *parent))
            })
            .filter(|(_, _, parent)| *parent == facts.name)
            .map(|(name, column, _)| (name, column))
            .collect();
        assert_eq!(children, expected, "{}", facts.name);
    }
}
