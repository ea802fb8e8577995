//! Cursors that an application stored or made up.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use workflow_db::query::{Cursor, Query};
use workflow_db::tables::TABLES;

#[derive(Arbitrary, Debug)]
struct Input {
    table: u8,
    column: u8,
    descending: bool,
    key: String,
    text: String,
    backwards: bool,
    place: Option<(Option<String>, u128)>,
}

fuzz_target!(|input: Input| {
    let table = TABLES[usize::from(input.table) % TABLES.len()];
    let column = &table.columns[usize::from(input.column) % table.columns.len()];
    let query = Query::of(table).ordered_by(column.name, input.descending);
    // Any text is either rejected or parses to a cursor that prints as that text.
    let fingerprint = &Cursor::after(None).text(&input.key)[1..];
    for text in
        [input.text.clone(), format!("a{fingerprint}{}", input.text), format!("b{fingerprint}{}", input.text)]
    {
        if let Some(cursor) = Cursor::parse(&text, &input.key, &query) {
            // Ids are canonical after parsing.
            let printed = cursor.text(&input.key);
            assert!(printed.eq_ignore_ascii_case(&text), "{text} became {printed}");
            let again = Cursor::parse(&printed, &input.key, &query).map(|cursor| cursor.text(&input.key));
            assert_eq!(again, Some(printed));
        }
    }
    // Every issued cursor leads back to its position, and only in its own list.
    let id = |number: u128| {
        let hex = format!("{number:032x}");
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    };
    let position =
        input.place.map(|(value, number)| vec![(query.order[0], value), (query.order[1], Some(id(number)))]);
    let cursor = Cursor { backwards: input.backwards, position };
    let text = cursor.text(&input.key);
    if let Some(parsed) = Cursor::parse(&text, &input.key, &query) {
        assert_eq!(parsed.backwards, input.backwards);
        let values = |cursor: &Cursor| {
            cursor.position.as_ref().map(|all| all.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>())
        };
        assert_eq!(values(&parsed), values(&cursor));
    }
    let other = format!("{}+", input.key);
    assert!(Cursor::parse(&text, &other, &query).is_none(), "a cursor of another list");
});
