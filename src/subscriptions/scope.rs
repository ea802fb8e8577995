//! Compares the current rows of a scope with the cache.

use super::subscription::id_of;
use super::Selection;
use crate::cache::{Shape, Store};
use crate::data::{Data, Difference, Index, Value};
use crate::query::{Query, Test};
use crate::tables::{KeyFormat, INVITATIONS_KEY, SHARED_WORKFLOWS_KEY, WORKFLOW_MEMBERS};
use std::cmp::Ordering;
use std::rc::Rc;

/// The cached pages that may contain rows of the scope and may be outdated. Rows that came and went may leave the
/// total unchanged, so every page is compared with the current rows.
pub fn outdated_pages<D: Data>(store: &Store<D>, selection: &Selection, rows: &D) -> Vec<Rc<str>> {
    if selection.filter.is_some() {
        return Vec::new();
    }
    let table = selection.table;
    let asks_for_scope = |query: &Query| {
        selection.scope.as_ref().is_none_or(|scope| {
            query.filters.iter().any(|filter| {
                table.scopes.contains(&filter.column)
                    && matches!(&filter.test, Test::Eq(value) if value == scope)
            })
        })
    };
    // A page queried by another column than the scope's may have contained rows of it that are gone.
    let may_overlap = |query: &Query, page: &D| {
        let shown = page.child("data").map(|rows| rows.items()).unwrap_or_default();
        shown.is_empty()
            || shown.iter().any(|row| selection.is_in_scope(row) != Some(false))
            || rows.items().iter().any(|row| query.admits(row) != Some(false))
    };
    let pages = store.iter().filter(|(_, entry)| match &entry.shape {
        Shape::Page(query) => {
            *query.table == *table
                && (asks_for_scope(query) || may_overlap(query, &entry.data))
                && is_page_right(query, &entry.data, rows) != Some(true)
        }
        _ => false,
    });
    pages.map(|(key, _)| key.clone()).collect()
}

/// The list that the rows of the scope decide about without being in it: the format of its key, its user, the column that
/// names its rows, and whether open invitations decide rather than memberships.
fn decided_list(selection: &Selection) -> Option<(&'static KeyFormat, &str, &'static str, bool)> {
    if *selection.table != WORKFLOW_MEMBERS {
        return None;
    }
    match (&selection.scope, &selection.filter) {
        (Some(user), None) => Some((&SHARED_WORKFLOWS_KEY, user, "workflow_id", false)),
        // An open invitation names an address. The cache contains only invitations to the user's own.
        (None, Some(filter)) if filter.column == "email" => Some((&INVITATIONS_KEY, "", "id", true)),
        _ => None,
    }
}

/// Whether the rows of the scope decide about the list with this key without being in it.
pub fn decides_about(selection: &Selection, key: &str) -> bool {
    decided_list(selection)
        .is_some_and(|(format, user, ..)| key.starts_with(format.prefix) && key.ends_with(user))
}

/// The cached list that the rows of the scope decide about, if it disagrees with them: a member may have come or gone before
/// the subscription received changes.
pub fn outdated_list<D: Data>(store: &Store<D>, selection: &Selection, rows: &D) -> Option<Rc<str>> {
    let (.., column, is_open) = decided_list(selection)?;
    let key = store.other_keys().find(|key| decides_about(selection, key))?;
    let list = &store.peek(key)?.data;
    let mut decisive = rows.items();
    decisive.retain(|row| (row.column("user_id") == Value::Null) == is_open);
    let is_listed = |row: &D| row.column(column).text().is_some_and(|id| list.position(id).is_some());
    let is_right = decisive.len() == list.len() && decisive.iter().all(is_listed);
    (!is_right).then(|| key.clone())
}

/// Whether the page contains the rows it should, given all `rows` of its scope; their contents are not compared. For
/// an append-only table `rows` are the newest rows, which decide about a first page among them, except for its total.
/// `None` if only the server knows.
fn is_page_right<D: Data>(query: &Query, page: &D, rows: &D) -> Option<bool> {
    let shown = page.child("data")?.items();
    let mut ids = D::Index::default();
    for row in &shown {
        ids.put(&id_of(row)?, row);
    }
    let (mut present, mut absent) = (Vec::new(), Vec::new());
    for row in rows.items() {
        if query.admits(&row)? {
            let is_shown = ids.get(&id_of(&row)?).is_some();
            if is_shown { &mut present } else { &mut absent }.push(row);
        }
    }
    let current = |shown: &D| {
        let id = id_of(shown)?;
        present.iter().find(|row| row.column("id").text() == Some(&id))
    };
    let (mut before, mut has_after) = (0, false);
    if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        let (Some(first), Some(last)) = (current(first), current(last)) else { return Some(false) };
        for row in &absent {
            if query.compare(row, first)? == Ordering::Less {
                before += 1;
            } else if query.compare(row, last)? == Ordering::Greater {
                has_after = true;
            } else {
                return Some(false);
            }
        }
    } else {
        before = absent.len();
    }
    let offset = query.offset as usize;
    let is_numbered = matches!(page.column("page"), Value::Number(_));
    let is_in_place = if is_numbered && shown.is_empty() {
        before <= offset
    } else if is_numbered {
        before == offset
    } else {
        let is_end = |cursor| page.column(cursor) == Value::Null;
        (before == 0 || !is_end("prevCursor")) && (!has_after || !is_end("nextCursor"))
    };
    let is_counted = if query.table.is_append_only {
        before == 0 && offset == 0
    } else {
        #[allow(clippy::cast_precision_loss, reason = "a few thousand rows")]
        let number = (present.len() + absent.len()) as f64;
        page.column("total") == Value::Number(number)
    };
    Some(present.len() == shown.len() && is_in_place && is_counted)
}

/// The rows of the scope that the cache contains in another state than `rows`, lacks in a list, or should not contain, and
/// those that were missing when the application asked for them.
pub fn cached_differences<D: Data>(store: &Store<D>, selection: &Selection, rows: &D) -> Vec<Difference<D>> {
    let table = selection.table;
    let mut known = D::Index::default();
    let mut lacking = Vec::new();
    // If a row is cached in several states, report one that is wrong.
    let mut put = |row: &D| {
        let Some(id) = id_of(row) else { return };
        let is_right = || rows.position(&id).is_some_and(|place| rows.item(place).is_equal(row));
        if known.get(&id).is_none_or(|other| !other.is_equal(row) && !is_right()) {
            known.put(&id, row);
        }
    };
    // The row in full, if `shown` is that row without its secret columns.
    let whole = |query: &Query, shown: D| {
        let is_shown = |row: &D| query.shown(row.clone()).is_equal(&shown);
        let place = id_of(&shown).filter(|_| query.is_public).and_then(|id| rows.position(&id));
        place.map(|place| rows.item(place)).filter(is_shown).unwrap_or(shown)
    };
    for (_, entry) in store.iter() {
        match &entry.shape {
            Shape::Row(own) if **own == *table => put(&entry.data),
            Shape::List(query) if *query.table == *table => {
                // Only the server knows which rows a page lacks.
                if !query.is_page() {
                    lacking.extend(rows_lacking(query, &entry.data, rows));
                }
                entry.data.items().into_iter().for_each(|row| put(&whole(query, row)));
            }
            // `outdated_pages` checks which rows a page lacks.
            Shape::Page(query) if *query.table == *table => {
                entry.data.child("data").iter().flat_map(Data::items).for_each(|row| put(&row));
            }
            _ => {}
        }
    }
    let is_news = |difference: &Difference<D>| match (&difference.old, &difference.new) {
        (Some(_), Some(_)) => true,
        // With a filter, the row may no longer match.
        (Some(row), None) => {
            selection.filter.is_none() && !table.is_append_only && selection.is_in_scope(row) == Some(true)
        }
        // Other rows without an entry can only be missing from lists.
        (None, row) => row.as_ref().is_some_and(|row| store.was_absent(table, row)),
    };
    let mut differences: Vec<_> = known.differences(rows).into_iter().filter(is_news).collect();
    // An index of the rows that differ so far, because there may be thousands.
    let mut differing = D::Index::default();
    for row in differences.iter().filter_map(|Difference { old, new }| new.as_ref().or(old.as_ref())) {
        if let Some(id) = id_of(row) {
            differing.put(&id, row);
        }
    }
    for row in lacking {
        let Some(id) = id_of(&row).filter(|id| differing.get(id).is_none()) else { continue };
        differing.put(&id, &row);
        differences.push(Difference { old: None, new: Some(row) });
    }
    differences
}

/// The members of `rows` that the list lacks. Another entry may contain them.
fn rows_lacking<D: Data>(query: &Query, list: &D, rows: &D) -> Vec<D> {
    let mut held = D::Index::default();
    for row in list.items() {
        if let Some(id) = id_of(&row) {
            held.put(&id, &row);
        }
    }
    let is_held = |row: &D| id_of(row).is_some_and(|id| held.get(&id).is_some());
    rows.items().into_iter().filter(|row| !is_held(row) && query.admits(row) != Some(false)).collect()
}
