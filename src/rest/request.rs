//! Requests, before the origin, the key and the token are added.

use super::url::{push_filters, select_url};
use crate::data::Form;
use crate::query::{Filter, Position, Query, Test};
use crate::tables::Table;

/// An HTTP method.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Method {
    /// Reads.
    Get,
    /// Inserts and function calls.
    Post,
    /// Updates.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// As it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One request to `PostgREST`.
#[derive(Clone)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The table or function, for logs; never the URL, which holds values.
    pub table: &'static str,
    /// Path below `/rest/v1/`, with the query string.
    pub path: String,
    /// The `Prefer` header, or nothing.
    pub prefer: &'static str,
    /// A JSON body, or nothing.
    pub body: Option<String>,
    /// What a successful answer is.
    pub form: Form,
    /// How many reads, asked together, the answer is for.
    pub reads: usize,
    /// Whether a secret is sent or answered, which an error's details might quote.
    pub carries_secret: bool,
}

const COUNT: &str = "count=exact";
// Times have no zone in the database. Of writes, `now` and defaults are meant to be UTC, whichever zone the role has.
const RETURN: &str = "return=representation,timezone=UTC";
const UPSERT: &str = "resolution=merge-duplicates,return=representation,timezone=UTC";
const INSERT_ONCE: &str = "resolution=ignore-duplicates,return=representation,timezone=UTC";

impl Request {
    fn new(method: Method, table: &'static str, path: String) -> Self {
        let form = Form::Rows;
        Self { method, table, path, prefer: "", body: None, form, reads: 1, carries_secret: false }
    }

    /// Rows of `query`, without their number: for answers that no server cuts.
    pub fn select(query: &Query, select: &str) -> Self {
        let path = select_url(query, select, None);
        Self { reads: reads(query), ..Self::new(Method::Get, query.table.name, path) }
    }

    /// Rows of `query`, continued `after` a place, with the number of all that match: servers cut long answers
    /// without a word, and the number is what tells.
    pub fn counted(query: &Query, after: Option<&Position>) -> Self {
        let select = query.select();
        Self { path: select_url(query, &select, after), prefer: COUNT, ..Self::select(query, &select) }
    }

    /// How many rows match `query`, and none of them.
    pub fn count(query: &Query) -> Self {
        let query = Query { order: Vec::new(), limit: Some(0), offset: 0, ..query.clone() };
        Self { prefer: COUNT, ..Self::select(&query, "id") }
    }

    /// One new row, unless there is one with the same value in the `key` columns: then the answer is `[]`. Sent
    /// twice it makes one row.
    pub fn insert(table: &'static Table, key: &str, body: String) -> Self {
        let path = [table.name, "?on_conflict=", key, "&select=*"].concat();
        Self { prefer: INSERT_ONCE, body: Some(body), ..Self::new(Method::Post, table.name, path) }
    }

    /// One new row, or new values for the one with the same value in the `key` columns.
    pub fn upsert(table: &'static Table, key: &str, body: String) -> Self {
        Self { prefer: UPSERT, ..Self::insert(table, key, body) }
    }

    /// Calls a function of the database with a JSON object of its arguments.
    pub fn call(function: &'static str, body: String, form: Form) -> Self {
        let path = ["rpc/", function].concat();
        Self { body: Some(body), form, ..Self::new(Method::Post, function, path) }
    }

    /// Changes the rows that match; answers them as they are then.
    pub fn update(table: &'static Table, filters: &[Filter], body: String) -> Self {
        Self { method: Method::Patch, body: Some(body), ..Self::delete(table, filters) }
    }

    /// Deletes the rows that match; answers them as they were.
    pub fn delete(table: &'static Table, filters: &[Filter]) -> Self {
        let mut path = [table.name, "?select=*"].concat();
        push_filters(&mut path, filters);
        Self { prefer: RETURN, ..Self::new(Method::Delete, table.name, path) }
    }
}

/// Reads that were asked together differ in one column.
fn reads(query: &Query) -> usize {
    let members = query.filters.iter().find_map(|filter| match &filter.test {
        Test::In(members) => Some(members.len()),
        _ => None,
    });
    members.unwrap_or(1)
}
