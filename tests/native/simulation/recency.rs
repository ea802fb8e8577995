//! In which order entries were used, as far as the program tells: a model of the cache's own order.

use std::collections::HashMap;

/// The step in which an entry was used last: not before the one, nor after the other.
#[derive(Clone, Copy, Default)]
struct Used {
    at_least: usize,
    at_most: usize,
}

#[derive(Default)]
pub struct Recency {
    used: HashMap<String, Used>,
}

impl Recency {
    /// The entry answered a read in this step.
    pub fn hit(&mut self, key: &str, step: usize) {
        for key in with_parts(key) {
            self.used.insert(key, Used { at_least: step, at_most: step });
        }
    }

    /// It may have been used or stored.
    pub fn may_use(&mut self, key: &str, step: usize) {
        for key in with_parts(key) {
            self.used.entry(key).or_default().at_most = step;
        }
    }

    /// The entries, most recently used first: none comes after one that was surely used before it.
    pub fn check(&self, keys: &[String]) {
        let mut earliest: Option<(usize, &String)> = None;
        for key in keys {
            let Some(used) = self.used.get(key) else { continue };
            if let Some((at_most, before)) = earliest {
                assert!(
                    used.at_least <= at_most,
                    "{key} was used in step {}, and is kept behind {before}, used in step {at_most} at the latest",
                    used.at_least
                );
            }
            if earliest.is_none_or(|(at_most, _)| used.at_most < at_most) {
                earliest = Some((used.at_most, key));
            }
        }
    }
}

/// The entry, and those that it is put together from.
fn with_parts(key: &str) -> Vec<String> {
    let parts = workflow_db::cache::parts_of_relations(key);
    std::iter::once(key.to_owned()).chain(parts.into_iter().flatten()).collect()
}
