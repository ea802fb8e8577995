//! Arguments of the functions of `db`.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use workflow_db::api::{names, operation, Argument, Call, Operation};
use workflow_db::data::Value;
use workflow_db::flows::Write;
use workflow_db::input::Field;
use workflow_db::json::json_text;
use workflow_db::uuid;
use workflow_db_fuzz::{AnyJson, Text};

#[derive(Arbitrary, Debug)]
struct Input {
    function: u16,
    arguments: Vec<Given>,
}

#[derive(Arbitrary, Debug)]
enum Given {
    Id(u128),
    Value(AnyJson),
    Object(Vec<(Text, AnyJson)>),
}

fn value_of(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Bool(*flag),
        serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        _ => Value::Json,
    }
}

fn field((Text(name), AnyJson(value)): (Text, AnyJson)) -> Field {
    let members = |row: &serde_json::Value| {
        let members = row.as_object().into_iter().flatten();
        members.map(|(name, value)| Field::plain(name.clone(), value_of(value), value.to_string())).collect()
    };
    let rows = value.as_array().map(|rows| rows.iter().map(members).collect());
    Field { rows, ..Field::plain(name, value_of(&value), value.to_string()) }
}

fn argument(given: Given) -> Argument {
    match given {
        Given::Id(id) => {
            let hex = format!("{id:032X}");
            let id = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
            Argument::Value(Value::Text(id))
        }
        Given::Value(AnyJson(value)) => Argument::Value(value_of(&value)),
        Given::Object(members) => Argument::Object(members.into_iter().map(field).collect()),
    }
}

fuzz_target!(|input: Input| {
    let Some(name) = names().nth(usize::from(input.function) % names().count()) else { return };
    let arguments = input.arguments.into_iter().map(argument).collect();
    let uuid = || "00000000-0000-4000-8000-000000000000".to_owned();
    let json = |body: &str| serde_json::from_str::<serde_json::Value>(body).expect("a body is JSON");
    match operation(name, &Call { arguments, uuid: &uuid, base_url_length: 40 }) {
        Err(error) => {
            assert_eq!(error.code, "INVALID_INPUT");
            assert!(error.message.contains(": expected "), "{error:?}");
        }
        // Keys are canonical: they contain ids in lower case, so that each row has one key. A service's name is not an
        // id.
        Ok(Operation::Read(read)) if !["getApiKey", "getIntegration"].contains(&name) => {
            let base = read.key.split('?').next().unwrap_or_default();
            for part in base.split(':') {
                assert!(uuid::canonical(part).is_none_or(|canonical| canonical == part), "{}", read.key);
            }
        }
        Ok(Operation::Read(_) | Operation::Service(_)) => {}
        Ok(Operation::Write(Write::Insert { body, id, .. })) => assert_eq!(json(&body)["id"], *id),
        Ok(Operation::Write(Write::Update { body, id, .. })) => {
            assert!(json(&body).is_object());
            assert_eq!(uuid::canonical(&id), Some(id));
        }
        Ok(Operation::Write(Write::Delete { filters, .. })) => assert!(!filters.is_empty()),
        Ok(Operation::Write(Write::Upsert { body, user_id, .. } | Write::Ensure { body, user_id, .. })) => {
            assert_eq!(json(&body)["user_id"], *user_id);
        }
        Ok(Operation::Write(Write::Call(call))) => assert!(json(&call.body).is_object()),
    }
    assert_eq!(json(&json_text(name)), *name);
});
