//! Tracks which version of a workflow this client's own writes derived from which.
//!
//! `ifUpdatedAt` names the version that a write expects. If only own writes followed that version, the write expects
//! their result instead, so own writes never conflict with each other.

/// Number of workflows tracked; the least recently written one is dropped.
const MAX_ROWS: usize = 100;
/// Number of versions tracked per workflow.
const MAX_VERSIONS: usize = 100;

struct Chain {
    id: String,
    /// `updated_at` values. An own write made each version from the one before it, with no other write in between.
    versions: Vec<String>,
}

/// The versions that own writes made, for the most recently written workflows.
#[derive(Default)]
pub struct OwnVersions {
    chains: Vec<Chain>,
}

impl OwnVersions {
    /// The version that own writes alone derived from `version`; `version` itself if there is none.
    pub fn current(&self, id: &str, version: &str) -> String {
        let chain = self.chains.iter().find(|chain| chain.id == id);
        let chain = chain.filter(|chain| chain.versions.iter().any(|own| own == version));
        chain.and_then(|chain| chain.versions.last()).map_or(version, String::as_str).to_owned()
    }

    /// The version of the last own write.
    pub fn last(&self, id: &str) -> Option<&str> {
        self.chains.iter().find(|chain| chain.id == id)?.versions.last().map(String::as_str)
    }

    /// Records that an own write turned version `before` into `after`. `None` if `before` is unknown.
    pub fn wrote(&mut self, id: &str, before: Option<String>, after: String) {
        let place = self.chains.iter().position(|chain| chain.id == id);
        let known = place.map(|place| self.chains.remove(place).versions).unwrap_or_default();
        let mut versions = if known.last() == before.as_ref() { known } else { before.into_iter().collect() };
        if versions.last() != Some(&after) {
            versions.push(after);
        }
        if versions.len() > MAX_VERSIONS {
            versions.remove(0);
        }
        if self.chains.len() >= MAX_ROWS {
            self.chains.remove(0);
        }
        self.chains.push(Chain { id: id.to_owned(), versions });
    }

    /// Forgets all versions.
    pub fn clear(&mut self) {
        self.chains.clear();
    }
}
