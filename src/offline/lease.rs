//! Selects the tab that sends, in browsers without the Web Locks API. The tab that holds the lease sends, and renews the
//! lease before it expires.

use super::json::{object, Object};
use crate::error::Error;
use crate::json::json_text;
use crate::time::{LEASE_MS, LEASE_RENEWAL_MS};

/// The stored lease of the leading tab. All tabs of a browser read the same clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// The name of the tab.
    pub holder: String,
    /// When it expires, in milliseconds since 1970.
    pub until_ms: u64,
}

/// The answer to a tab that wants to lead.
#[derive(Debug, PartialEq)]
pub struct Claim {
    /// The lease to store.
    pub put: Option<Lease>,
    /// Whether the tab leads.
    pub is_held: bool,
    /// The milliseconds after which to claim again: to renew the lease, or because the other tab's may have expired.
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

    /// Claims the lease for the tab `holder`.
    pub fn claim(stored: Option<&Self>, holder: &str, now_ms: u64) -> Claim {
        let left_ms = stored.map_or(0, |lease| lease.until_ms.saturating_sub(now_ms));
        let is_others = stored.is_some_and(|lease| lease.holder != holder);
        // More than a full term is left only if the clock was set back.
        if is_others && left_ms > 0 && left_ms <= LEASE_MS {
            return Claim { put: None, is_held: false, after_ms: left_ms };
        }
        let put = Self { holder: holder.to_owned(), until_ms: now_ms.saturating_add(LEASE_MS) };
        Claim { put: Some(put), is_held: true, after_ms: LEASE_RENEWAL_MS }
    }
}

/// [`Lease::claim`] with JSON: takes the stored lease, if there is one, and returns `{ put, isHeld, afterMs }`.
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
