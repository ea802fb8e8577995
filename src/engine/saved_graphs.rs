//! The graphs that this client saved last.
//!
//! An application may save again before it knows the result of its previous save. Both edits then started from the same
//! graph, and the later one continues the earlier one.

use crate::data::Data;
use crate::flows::SavedGraph;

/// The number of workflows whose last save is remembered.
const MAX_WORKFLOWS: usize = 5;

/// The last own save of each workflow, the latest last.
pub struct SavedGraphs<D> {
    saves: Vec<(String, SavedGraph<D>)>,
}

impl<D> Default for SavedGraphs<D> {
    fn default() -> Self {
        Self { saves: Vec::new() }
    }
}

impl<D: Data> SavedGraphs<D> {
    /// The last save of the workflow.
    pub fn last(&self, id: &str) -> Option<&SavedGraph<D>> {
        self.saves.iter().find(|(own, _)| own == id).map(|(_, save)| save)
    }

    /// Remembers a successful save of the workflow.
    pub fn saved(&mut self, id: &str, save: SavedGraph<D>) {
        self.saves.retain(|(own, _)| own != id);
        if self.saves.len() >= MAX_WORKFLOWS {
            self.saves.remove(0);
        }
        self.saves.push((id.to_owned(), save));
    }

    /// Forgets all saves.
    pub fn clear(&mut self) {
        self.saves.clear();
    }
}
