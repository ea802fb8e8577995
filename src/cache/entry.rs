//! What the cache stores: an entry, its kind, its age, and the limits and counters of all of them.

use crate::data::{Data, Member};
use crate::query::Query;
use crate::tables::Table;
use crate::time::{Moment, DEFAULT_TTL_MS};
use std::rc::Rc;

/// The cache's limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CacheConfig {
    /// How long an entry answers reads, in milliseconds.
    pub default_ttl_ms: f64,
    /// Maximum number of entries. Beyond it, the least recently used entry is evicted.
    pub max_size: usize,
    /// Age in milliseconds after which an entry still answers but is refreshed in the background. `None`: never.
    pub stale_ms: Option<f64>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { default_ttl_ms: DEFAULT_TTL_MS, max_size: 1_000, stale_ms: None }
    }
}

/// What an entry contains, which decides how changes affect it.
#[derive(Clone)]
pub enum Shape {
    /// One row of a table.
    Row(&'static Table),
    /// All rows that match a query, or one page of them.
    List(Rc<Query>),
    /// `{data, total, …}`: a page of a query with the total number of rows.
    Page(Rc<Query>),
    /// Composed from other entries.
    Relations,
    /// Set by the application.
    Foreign,
}

/// A stored response.
pub struct Entry<D> {
    /// The data.
    pub data: D,
    /// Its kind.
    pub shape: Shape,
    /// When it was stored.
    pub stored: Moment,
    /// Its lifetime in milliseconds.
    pub ttl_ms: f64,
    /// A number that no other current entry has.
    pub slot: u32,
}

impl<D> Entry<D> {
    pub(super) fn age(&self, now: Moment) -> f64 {
        now.since(self.stored)
    }

    /// The remaining lifetime in milliseconds.
    pub fn left_ms(&self, now: Moment) -> f64 {
        self.ttl_ms - self.age(now)
    }
}

/// The freshness of an entry at some moment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Freshness {
    /// The entry answers reads.
    Fresh,
    /// The entry answers reads and should be refreshed.
    Stale,
}

/// Counters since the client was created.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Reads answered from the cache.
    pub hits: f64,
    /// Reads not answered from the cache.
    pub misses: f64,
    /// Entries removed because the store was full.
    pub evictions: f64,
    /// Entries removed because of their age.
    pub expirations: f64,
}

/// The entry of a workflow with its nodes and connections.
pub fn compose<D: Data>(workflow: &D, nodes: &D, connections: &D) -> D {
    D::object(
        Some(workflow),
        &[],
        &[("nodes", Member::Data(nodes)), ("connections", Member::Data(connections))],
    )
}
