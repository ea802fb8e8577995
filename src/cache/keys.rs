//! Cache keys. Applications use the same fixed formats; each table in `src/tables` declares its own.
//!
//! A key is a prefix and ids, such as `workflows:USER`. A variant of the same query (with a filter or a page) appends
//! `?…`. Invalidating the base key also invalidates its variants.

use crate::tables::{KeyFormat, RELATIONS, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};

/// `key` without its variant.
///
/// ```
/// use workflow_db::cache::base_of;
///
/// assert_eq!(base_of("workflows:USER?archived=included"), "workflows:USER");
/// ```
pub fn base_of(key: &str) -> &str {
    key.split('?').next().unwrap_or(key)
}

/// Whether `key` is `base` or one of its variants.
///
/// ```
/// use workflow_db::cache::is_variant_of;
///
/// assert!(is_variant_of("workflows:USER?limit=10", "workflows:USER"));
/// assert!(!is_variant_of("workflows:USER2", "workflows:USER"));
/// ```
pub fn is_variant_of(key: &str, base: &str) -> bool {
    key.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('?'))
}

/// The prefixes of the keys of a workflow's own row, its nodes and its connections.
fn prefixes() -> [&'static str; 3] {
    let prefix = |format: &'static Option<KeyFormat>| format.as_ref().map_or("", |format| format.prefix);
    [&WORKFLOWS.row_key, &WORKFLOW_NODES.list_key, &WORKFLOW_CONNECTIONS.list_key].map(prefix)
}

/// The key of a workflow with its nodes and connections.
pub fn relations_of(workflow_id: &str) -> String {
    [prefixes()[0], workflow_id, RELATIONS].concat()
}

/// The entry that is composed from the entry `key`: a workflow with its nodes and connections.
pub fn relations_key(key: &str) -> Option<String> {
    let id = prefixes().into_iter().find_map(|prefix| key.strip_prefix(prefix))?;
    (!id.contains('?')).then(|| relations_of(id))
}

/// The entries that `key` is composed from, if it is such an entry.
pub fn parts_of_relations(key: &str) -> Option<[String; 3]> {
    let id = key.strip_prefix(prefixes()[0])?.strip_suffix(RELATIONS)?;
    Some(prefixes().map(|prefix| [prefix, id].concat()))
}
