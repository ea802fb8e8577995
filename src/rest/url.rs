//! Builds query strings for `PostgREST`. Values are always encoded, so none can alter the structure of the query.

use crate::query::{Comparison, Filter, Order, Position, Query, Test};
use crate::tables::Table;

/// Maximum length of a URL in bytes, because proxies refuse longer ones.
pub const MAX_URL_LENGTH: usize = 8_000;

/// Appends `value`, percent-encoding everything except unreserved characters (RFC 3986, 2.3) and the colon of
/// timestamps.
pub fn push_encoded(url: &mut String, value: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':') {
            url.push(char::from(byte));
        } else {
            url.extend([
                '%',
                char::from(HEX[usize::from(byte >> 4)]),
                char::from(HEX[usize::from(byte & 15)]),
            ]);
        }
    }
}

/// `value` as an element of an `in` list or a logic tree: in double quotes, with `"` and `\` escaped.
///
/// (`PostgREST` documentation, "Reserved characters": characters within quotes have no special meaning.)
///
/// ```
/// use workflow_db::rest::quoted;
///
/// assert_eq!(quoted(r#"a,"b"\"#), r#""a,\"b\"\\""#);
/// ```
pub fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('"');
    text
}

/// The path and query string to read `select` of `query`, starting `after` a position in its order if there is one.
pub fn select_url(query: &Query, select: &str, after: Option<&Position>) -> String {
    let mut url = [query.table.name, "?select=", select].concat();
    push_filters(&mut url, &query.filters);
    if let Some(scope) = &query.scope {
        push_scope(&mut url, query.table, scope);
    }
    if let Some(user_id) = &query.member {
        url.push_str("&workflow_members.user_id=eq.");
        url.push_str(user_id);
    }
    if let Some(Comparison { column, operator, value }) = &query.comparison {
        url.extend(["&", column, "=", operator, "."]);
        push_encoded(&mut url, value);
    }
    if let Some(position) = after {
        push_after(&mut url, position);
    }
    if !query.order.is_empty() {
        url.push_str("&order=");
        push_order(&mut url, &query.order);
    }
    if let Some(limit) = query.limit {
        url.push_str("&limit=");
        url.push_str(&limit.to_string());
    }
    if query.offset > 0 && after.is_none() {
        url.push_str("&offset=");
        url.push_str(&query.offset.to_string());
    }
    url
}

/// Appends `column.asc,…` for `order`.
pub fn push_order(url: &mut String, order: &[Order]) {
    for (index, Order { column, descending }) in order.iter().enumerate() {
        if index > 0 {
            url.push(',');
        }
        url.push_str(column);
        url.push_str(if *descending { ".desc" } else { ".asc" });
    }
}

/// Appends `&column=test` for each filter.
pub fn push_filters(url: &mut String, filters: &[Filter]) {
    for Filter { column, test } in filters {
        url.push('&');
        url.push_str(column);
        let (operator, value) = match test {
            Test::IsNull => ("=is.null", ""),
            Test::Eq(value) => ("=eq.", value.as_str()),
            Test::AtLeast(value) => ("=gte.", value.as_str()),
            Test::AtMost(value) => ("=lte.", value.as_str()),
            Test::Below(value) => ("=lt.", value.as_str()),
            Test::In(values) => {
                url.push_str("=in.(");
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        url.push(',');
                    }
                    push_element(url, value);
                }
                url.push(')');
                continue;
            }
        };
        url.push_str(operator);
        push_encoded(url, value);
    }
}

/// A uuid needs no quotes, which keeps lists of them short. Everything else is quoted.
fn push_element(url: &mut String, value: &str) {
    let bare = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if bare {
        url.push_str(value);
    } else {
        push_encoded(url, &quoted(value));
    }
}

/// Appends the condition that one of the table's scope columns holds this id.
fn push_scope(url: &mut String, table: &Table, id: &str) {
    let mut lead = "&or=(";
    for column in table.scopes {
        url.extend([lead, column, ".eq.", id]);
        lead = ",";
    }
    url.push(')');
}

/// Appends the condition for rows after this position: greater in the first column, or equal in it and after the
/// position in the rest. NULL is the greatest value, so it comes last ascending and first descending.
fn push_after(url: &mut String, position: &Position) {
    url.push_str("&or=(");
    for (depth, (order, value)) in position.iter().enumerate() {
        let beyond = match (value, order.descending) {
            (Some(value), false) => {
                [order.column, ".gt.", &quoted(value), ",", order.column, ".is.null"].concat()
            }
            (Some(value), true) => [order.column, ".lt.", &quoted(value)].concat(),
            (None, true) => [order.column, ".not.is.null"].concat(),
            (None, false) => String::new(),
        };
        if beyond.is_empty() {
            continue;
        }
        if url.as_bytes().last() != Some(&b'(') {
            url.push(',');
        }
        if depth == 0 {
            push_condition(url, &beyond);
            continue;
        }
        url.push_str("and(");
        for (order, value) in &position[..depth] {
            let equal = match value {
                Some(value) => [order.column, ".eq.", &quoted(value)].concat(),
                None => [order.column, ".is.null"].concat(),
            };
            push_condition(url, &equal);
            url.push(',');
        }
        url.push_str("or(");
        push_condition(url, &beyond);
        url.push_str("))");
    }
    url.push(')');
}

/// Appends a condition whose values are quoted already, encoding everything except the commas between conditions.
fn push_condition(url: &mut String, condition: &str) {
    push_encoded(url, condition);
}
