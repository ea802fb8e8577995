//! JSON that is taken apart without a library, compared with one.

use super::stored::{insert, update, Stored};
use crate::properties::config;
use proptest::prelude::*;
use serde_json::{json, Value};
use workflow_db::offline::{self, Outbox};

/// Any JSON value.
fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[\\\\\"\u{0}-\u{1f}{}\\[\\],:u]{0,6}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn objects() -> impl Strategy<Value = Value> {
    let members = prop::collection::vec((any::<String>(), values()), 0..5);
    members.prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// With spaces, and every character of texts as an escape sequence.
fn spelt_oddly(value: &Value) -> String {
    let escaped = |text: &str| {
        let units: Vec<_> = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        format!("\"{}\"", units.concat())
    };
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(spelt_oddly).collect();
            format!(" [\n{} ] ", items.join(" ,\t"))
        }
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{} :\r{}", escaped(name), spelt_oddly(value)))
                .collect();
            format!(" {{{} }}", members.join(" , "))
        }
        Value::String(text) => escaped(text),
        other => format!(" {other} "),
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn merged_bodies_are_what_a_library_makes_of_them(earlier in objects(), later in objects()) {
        let mut stored = Stored::default();
        let mut plan = update("a 1", json!({}));
        plan["body"] = json!(spelt_oddly(&earlier));
        stored.queue(plan);
        stored.queue(update("a 1", later.clone()));
        let mut merged = earlier;
        merged.as_object_mut().unwrap().extend(later.as_object().unwrap().clone());
        prop_assert_eq!(stored.body("a 1"), merged);
    }

    #[test]
    fn records_come_back_as_they_were_stored(key in any::<String>(), error in values()) {
        let mut stored = Stored::default();
        let mut plan = insert("a 1", &[]);
        for member in ["key", "body", "rest", "table", "ifUpdatedAt", "rowId"] {
            plan[member] = json!(format!("{member} {key}"));
        }
        plan["refs"] = json!([key, "x"]);
        stored.queue(plan.clone());
        let sent = stored.begin();
        prop_assert_eq!(&sent["plan"], &plan);
        let error = json!({"code": "NETWORK", "details": error});
        stored.settle(&sent, error.clone());
        prop_assert_eq!(&stored.records[0]["error"], &error);
        prop_assert_eq!(&stored.begin()["plan"], &plan);
    }

    #[test]
    fn records_are_read_however_they_are_spelt(body in any::<String>()) {
        let mut stored = Stored::default();
        let mut plan = insert("a 1", &["b 2"]);
        plan["body"] = json!(body);
        stored.queue(plan);
        let records = Value::from(stored.records.clone());
        let view: Value = serde_json::from_str(&Outbox::parse(&spelt_oddly(&records)).unwrap().view()).unwrap();
        prop_assert_eq!(view, stored.view());
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}\",:\\\\ua0-9é ]{0,24}") {
        for (records, input) in [(text.as_str(), "\"begin\""), ("[]", text.as_str())] {
            let _ = Outbox::parse(records).map(|mut outbox| outbox.step(input));
        }
        let _ = offline::evict(&text, &text);
        let _ = offline::lease_step(Some(&text), "me", 0);
        let mut stored = Stored::default();
        let mut plan = update("a 1", json!({}));
        plan["body"] = json!(text);
        stored.queue(plan);
        stored.queue(update("a 1", json!({})));
        prop_assert!(serde_json::from_str::<Value>(&text).is_err() || stored.records.len() <= 2);
    }
}

#[test]
fn half_of_a_surrogate_pair_becomes_a_replacement_character() {
    let spelt = r#"[{"id":"\ud83d","seq":1,"scope":"\udc00\ud83dx\ud83d\u0041\ud83d","plan":{"action":"delete",
        "table":"\/\b\f\n\r\t","key":"1","rowId":null,"refs":[],"body":"","rest":"","ifUpdatedAt":null},
        "createdAt":1,"state":"pending","attempts":0}]"#;
    let step: Value =
        serde_json::from_str(&Outbox::parse(spelt).unwrap().step("\"begin\"").unwrap()).unwrap();
    assert_eq!(step["puts"][0]["id"], "\u{fffd}");
    assert_eq!(step["puts"][0]["scope"], "\u{fffd}\u{fffd}x\u{fffd}A\u{fffd}");
    assert_eq!(step["result"]["plan"]["table"], "/\u{8}\u{c}\n\r\t");
}

#[test]
fn deeply_nested_bodies_are_parsed() {
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let mut stored = Stored::default();
    let mut plan = update("a 1", json!({}));
    plan["body"] = json!(deep);
    stored.queue(plan);
    stored.queue(update("a 1", json!({"y": 1})));
    let body = stored.records[0]["plan"]["body"].as_str().unwrap();
    assert!(body.ends_with("]],\"y\":1}"), "{}", body.len());
}
