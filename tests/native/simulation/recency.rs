//! A model of the cache's order of use, as far as the program determines it.

use std::collections::HashMap;

/// The bounds of the step in which an entry was last used: not before the first, not after the second.
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
    /// The entry served a read in this step.
    pub fn hit(&mut self, key: &str, step: usize) {
        for key in with_parts(key) {
            self.used.insert(key, Used { at_least: step, at_most: step });
        }
    }

    /// The entry may have been used or stored in this step.
    pub fn may_use(&mut self, key: &str, step: usize) {
        for key in with_parts(key) {
            self.used.entry(key).or_default().at_most = step;
        }
    }

    /// Checks the entries, most recently used first: none comes after an entry that was certainly used earlier.
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

/// The entry, and those that it is assembled from.
fn with_parts(key: &str) -> Vec<String> {
    let parts = workflow_db::cache::parts_of_relations(key);
    std::iter::once(key.to_owned()).chain(parts.into_iter().flatten()).collect()
}
