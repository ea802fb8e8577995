//! Which versions of a workflow this client's own writes made of which.
//!
//! `ifUpdatedAt` names the version that a write is meant for. Where own writes alone led on from that one, the write is
//! meant for what they left: own writes never conflict with each other.

/// The versions of this many workflows are remembered: those written last.
const MAX_ROWS: usize = 100;
/// Versions of one workflow that are remembered.
const MAX_VERSIONS: usize = 100;

struct Chain {
    id: String,
    /// By their `updated_at`. Each was made from the one before by an own write, and no other write came between.
    versions: Vec<String>,
}

/// The versions that own writes made, of the workflows that were written last.
#[derive(Default)]
pub struct OwnVersions {
    chains: Vec<Chain>,
}

impl OwnVersions {
    /// What own writes alone made of `version`; the version itself where they made nothing of it.
    pub fn current(&self, id: &str, version: &str) -> String {
        let chain = self.chains.iter().find(|chain| chain.id == id);
        let chain = chain.filter(|chain| chain.versions.iter().any(|own| own == version));
        chain.and_then(|chain| chain.versions.last()).map_or(version, String::as_str).to_owned()
    }

    /// What the last own write made.
    pub fn last(&self, id: &str) -> Option<&str> {
        self.chains.iter().find(|chain| chain.id == id)?.versions.last().map(String::as_str)
    }

    /// An own write made the version `after` of `before`; of an unknown one when that is None.
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

    /// Nothing is remembered any more.
    pub fn clear(&mut self) {
        self.chains.clear();
    }
}
