//! Which tab sends, in browsers without the Web Locks API: the one whose name is stored, for as long as it renews that.

use super::json::{object, Object};
use crate::error::Error;
use crate::json::json_text;
use crate::time::{LEASE_MS, LEASE_RENEWAL_MS};

/// What is stored about the tab that leads. All tabs read the same clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// The tab.
    pub holder: String,
    /// Until when, in milliseconds since 1970.
    pub until_ms: u64,
}

/// The answer to a tab that wants to lead.
#[derive(Debug, PartialEq)]
pub struct Claim {
    /// What to store.
    pub put: Option<Lease>,
    /// Whether the tab leads.
    pub is_held: bool,
    /// When to ask again: to renew, or because the other tab's lease may have expired.
    pub after_ms: u64,
}

impl Lease {
    fn parse(json: &str) -> Option<Self> {
        let lease = Object::parse(json)?;
        Some(Self { holder: lease.text("holder")?, until_ms: lease.whole("untilMs")? })
    }

    fn json(&self) -> String {
        object([("holder", json_text(&self.holder)), ("untilMs", self.until_ms.to_string())])
    }

    /// What becomes of the stored lease if `holder` asks for it.
    pub fn claim(stored: Option<&Self>, holder: &str, now_ms: u64) -> Claim {
        let left_ms = stored.map_or(0, |lease| lease.until_ms.saturating_sub(now_ms));
        let is_others = stored.is_some_and(|lease| lease.holder != holder);
        // More than a whole lease is left only if the clock was set back.
        if is_others && left_ms > 0 && left_ms <= LEASE_MS {
            return Claim { put: None, is_held: false, after_ms: left_ms };
        }
        let put = Self { holder: holder.to_owned(), until_ms: now_ms.saturating_add(LEASE_MS) };
        Claim { put: Some(put), is_held: true, after_ms: LEASE_RENEWAL_MS }
    }
}

/// The same in JSON: from the stored lease, if there is one, to `{ put, isHeld, afterMs }`.
pub fn lease_step(stored: Option<&str>, holder: &str, now_ms: u64) -> Result<String, Error> {
    let stored = match stored {
        Some(json) => Some(Lease::parse(json).ok_or_else(|| Error::invalid("lease", "a stored lease"))?),
        None => None,
    };
    let claim = Lease::claim(stored.as_ref(), holder, now_ms);
    Ok(object([
        ("put", claim.put.map_or_else(|| "null".to_owned(), |lease| lease.json())),
        ("isHeld", claim.is_held.to_string()),
        ("afterMs", claim.after_ms.to_string()),
    ]))
}
