//! Applies changed rows to a cached list and compares the result with a new read.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use std::cmp::Ordering;
use std::rc::Rc;
use workflow_db::cache::{Change, Entry, Patch, Shape, Source};
use workflow_db::data::Data;
use workflow_db::query::{Query, Test};
use workflow_db::tables::table_named;
use workflow_db::time::Moment;
use workflow_db_fuzz::{AnyJson, Json};

#[derive(Arbitrary, Debug)]
struct Made {
    id: u8,
    owner: u8,
    minute: Option<u8>,
    version: u8,
    /// Members that no row of the table should have, or that have another type.
    odd: Option<(u8, AnyJson)>,
}

#[derive(Arbitrary, Debug)]
enum Happening {
    Row(Made),
    Current(Made),
    Deleted(u8, bool),
}

#[derive(Arbitrary, Debug)]
struct Input {
    before: Vec<Made>,
    happenings: Vec<Happening>,
    order: u8,
    descending: bool,
    limit: Option<u8>,
}

fn id(number: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{:02x}", number % 8)
}

impl Made {
    fn row(&self) -> Json {
        let time = |minute: u8| format!("2024-01-01T00:{:02}:00", minute % 60);
        let mut row = json!({
            "id": id(self.id),
            "user_id": id(self.owner % 2),
            "name": format!("n{}", self.owner),
            "created_at": self.minute.map(time),
            "updated_at": time(self.version),
        });
        if let Some((place, AnyJson(value))) = &self.odd {
            let column = ["name", "created_at", "user_id", "description"][usize::from(place % 4)];
            row[column] = value.clone();
        }
        Json::from(row)
    }
}

fn find(rows: &[Json], id: &str) -> Option<usize> {
    rows.iter().position(|row| row.column("id").text() == Some(id))
}

/// The result of a read, as far as it can be computed here.
fn answer(query: &Query, rows: &[Json]) -> Option<Vec<Json>> {
    let mut answer = Vec::new();
    for row in rows {
        if query.admits(row)? {
            answer.push(row.clone());
        }
    }
    for a in &answer {
        for b in &answer {
            query.compare(a, b)?;
        }
    }
    answer.sort_by(|a, b| query.compare(a, b).unwrap_or(Ordering::Equal));
    Some(answer)
}

fuzz_target!(|input: Input| {
    let Some(table) = table_named("workflows") else { return };
    let column = ["created_at", "updated_at", "name"][usize::from(input.order % 3)];
    let mut query = Query::of(table).filter("user_id", Test::Eq(id(0))).ordered_by(column, input.descending);
    query.limit = input.limit.map(|limit| u32::from(limit % 4) + 1);
    let mut rows: Vec<Json> = Vec::new();
    for made in &input.before {
        match find(&rows, &id(made.id)) {
            Some(place) => rows[place] = made.row(),
            None => rows.push(made.row()),
        }
    }
    let Some(mut start) = answer(&query, &rows) else { return };
    start.truncate(query.limit.map_or(usize::MAX, |limit| limit as usize));
    let shape = Shape::List(Rc::new(query.clone()));
    let mut entry =
        Entry { data: Json::list(&start), shape, stored: Moment::default(), ttl_ms: 1.0, slot: 0 };
    for happening in &input.happenings {
        let (id, source) = match happening {
            Happening::Row(made) => (id(made.id), Source::Row(made.row())),
            Happening::Current(made) => (id(made.id), Source::Current(made.row())),
            Happening::Deleted(number, is_known) => {
                let known = find(&rows, &id(*number)).map(|place| rows[place].clone());
                (id(*number), Source::Deleted(known.filter(|_| *is_known)))
            }
        };
        let place = find(&rows, &id);
        let mut now = rows.clone();
        match &source {
            Source::Row(row) | Source::Current(row) => match place {
                Some(place) => now[place] = row.clone(),
                None => now.push(row.clone()),
            },
            _ => {
                place.map(|place| now.remove(place));
            }
        }
        let change = Change { table, id: Some(id.clone()), source };
        match change.patch_of("workflows:x", &entry) {
            Patch::Drop => return,
            // The list contains a later state: the change arrived late.
            Patch::Newer => continue,
            Patch::Keep => {}
            Patch::Replace(data, is_held) => {
                assert_eq!(is_held, data.position(&id).is_some(), "whether the row is in the list");
                entry.data = data;
            }
        }
        rows = now;
        let Some(mut expected) = answer(&query, &rows) else { return };
        expected.truncate(query.limit.map_or(usize::MAX, |limit| limit as usize));
        // Compared as JavaScript compares: 0 and 0.0 are one number.
        assert_eq!(entry.data.items(), expected, "after {}", change.id.unwrap_or_default());
    }
});
