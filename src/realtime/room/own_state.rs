//! The state that the others in a room see of this client.

use crate::error::Error;
use crate::json::json_text;

/// The maximum size of a state as JSON, in bytes.
pub const MAX_STATE_BYTES: usize = 1_024;

/// Members to set in a state, each as JSON. A member without a value is removed.
pub type Patch = Vec<(String, Option<String>)>;

/// A state: the JSON of each of its members.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnState {
    members: Vec<(String, String)>,
}

impl OwnState {
    /// This state with the members of `patch` set.
    ///
    /// # Errors
    /// `INVALID_INPUT` if the result is too large.
    pub fn merged(&self, patch: Patch) -> Result<Self, Error> {
        let mut merged = self.clone();
        for (name, json) in patch {
            let place = merged.members.iter().position(|(known, _)| *known == name);
            match (place, json) {
                (Some(place), Some(json)) => merged.members[place].1 = json,
                (Some(place), None) => drop(merged.members.remove(place)),
                (None, Some(json)) => merged.members.push((name, json)),
                (None, None) => {}
            }
        }
        if merged.json().len() > MAX_STATE_BYTES {
            return Err(Error::invalid("state", "at most 1024 bytes of JSON in all"));
        }
        Ok(merged)
    }

    /// This state with those members of `patch` that it does not have yet.
    ///
    /// # Errors
    /// As [`merged`](Self::merged).
    pub fn completed(&self, mut patch: Patch) -> Result<Self, Error> {
        patch.retain(|(name, _)| self.members.iter().all(|(known, _)| known != name));
        self.merged(patch)
    }

    /// The state as a JSON object.
    pub fn json(&self) -> String {
        let mut json = String::from("{");
        for (name, value) in &self.members {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&json_text(name));
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        json
    }
}
