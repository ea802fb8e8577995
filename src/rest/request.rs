//! Requests, without the origin, the key and the token.

use super::url::{push_filters, select_url};
use crate::data::Form;
use crate::error::Error;
use crate::query::{Filter, Position, Query, Test};
use crate::tables::Table;

/// An HTTP method.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads without a body; only at other services.
    Head,
    /// Inserts and function calls.
    Post,
    /// Replacements; only at other services.
    Put,
    /// Updates.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// Its name in HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether sending a request twice has the effect of sending it once (RFC 9110, 9.2.2).
    fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }
}

/// One request to `PostgREST`.
#[derive(Clone)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The table or function, for logs. Logs never contain the URL, because it contains values.
    pub table: &'static str,
    /// The path below `/rest/v1/`, with the query string; for the API relay, below its function.
    pub path: String,
    /// The `Prefer` header; empty for none.
    pub prefer: &'static str,
    /// The JSON body, if any.
    pub body: Option<String>,
    /// The form of a successful response.
    pub form: Form,
    /// The number of reads, batched together, that the response is for.
    pub reads: usize,
    /// Whether a secret is sent or returned, which the details of an error might quote.
    pub carries_secret: bool,
    /// For the API relay: the number of the call of `db` whose headers and body stay in JavaScript.
    pub service_call: Option<u32>,
}

/// The edge function that calls other services.
pub const RELAY: &str = "api-relay";

const COUNT: &str = "count=exact";
// The database's times have no zone. In writes, `now` and defaults must be UTC, regardless of the role's time zone.
const RETURN: &str = "return=representation,timezone=UTC";
const UPSERT: &str = "resolution=merge-duplicates,return=representation,timezone=UTC";
const INSERT_ONCE: &str = "resolution=ignore-duplicates,return=representation,timezone=UTC";

impl Request {
    /// A request to a service through the API relay.
    pub fn service(method: Method, path: String) -> Self {
        Self { form: Form::Text, ..Self::new(method, RELAY, path) }
    }

    /// Whether another attempt is allowed after this error. A service must not receive a non-idempotent request twice,
    /// so only the relay's own statement counts that it did not call the service.
    pub fn may_be_repeated_after(&self, error: &Error) -> bool {
        self.service_call.is_none()
            || self.method.is_idempotent()
            || matches!(&*error.code, "RATE_LIMITED" | "RELAY_UNAVAILABLE")
    }

    fn new(method: Method, table: &'static str, path: String) -> Self {
        let form = Form::Rows;
        Self {
            method,
            table,
            path,
            prefer: "",
            body: None,
            form,
            reads: 1,
            carries_secret: false,
            service_call: None,
        }
    }

    /// Reads the rows of `query` without their total, for responses that servers do not truncate.
    pub fn select(query: &Query, select: &str) -> Self {
        let path = select_url(query, select, None);
        Self { reads: reads(query), ..Self::new(Method::Get, query.table.name, path) }
    }

    /// Reads the rows of `query` after the position `after`, with the total of matching rows: servers truncate long
    /// responses silently, which only the total shows.
    pub fn counted(query: &Query, after: Option<&Position>) -> Self {
        let select = query.select();
        Self { path: select_url(query, &select, after), prefer: COUNT, ..Self::select(query, &select) }
    }

    /// Reads only the number of rows that match `query`.
    pub fn count(query: &Query) -> Self {
        let query = Query { order: Vec::new(), limit: Some(0), offset: 0, ..query.clone() };
        Self { prefer: COUNT, ..Self::select(&query, "id") }
    }

    /// Inserts a row unless one with the same values in the `key` columns exists; then the response is `[]`.
    /// Repeating the request creates no second row.
    pub fn insert(table: &'static Table, key: &str, body: String) -> Self {
        let path = [table.name, "?on_conflict=", key, "&select=*"].concat();
        let carries_secret = table.holds_secrets();
        let new = Self::new(Method::Post, table.name, path);
        Self { prefer: INSERT_ONCE, body: Some(body), carries_secret, ..new }
    }

    /// Inserts a row, or updates the one with the same values in the `key` columns.
    pub fn upsert(table: &'static Table, key: &str, body: String) -> Self {
        Self { prefer: UPSERT, ..Self::insert(table, key, body) }
    }

    /// Calls a database function with a JSON object of its arguments.
    pub fn call(function: &'static str, body: String, form: Form) -> Self {
        let path = ["rpc/", function].concat();
        Self { body: Some(body), form, ..Self::new(Method::Post, function, path) }
    }

    /// Updates the rows that match and returns their new state.
    pub fn update(table: &'static Table, filters: &[Filter], body: String) -> Self {
        Self { method: Method::Patch, body: Some(body), ..Self::delete(table, filters) }
    }

    /// Deletes the rows that match and returns their last state.
    pub fn delete(table: &'static Table, filters: &[Filter]) -> Self {
        let mut path = [table.name, "?select=*"].concat();
        push_filters(&mut path, filters);
        let carries_secret = table.holds_secrets();
        Self { prefer: RETURN, carries_secret, ..Self::new(Method::Delete, table.name, path) }
    }
}

/// Batched reads differ in one column.
fn reads(query: &Query) -> usize {
    let members = query.filters.iter().find_map(|filter| match &filter.test {
        Test::In(members) => Some(members.len()),
        _ => None,
    });
    members.unwrap_or(1)
}
