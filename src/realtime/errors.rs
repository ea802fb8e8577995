//! The errors of connections and joins, and the meaning of the server's messages.

use crate::error::{code, Error, Report};

/// Postgres's error code for a refusal by row security.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Whether the message says that row security denies this user access (`You do not have permissions to read from this
/// Channel topic`, on newer servers after `Unauthorized: `).
pub(super) fn is_about_permission(text: &str) -> bool {
    text.as_bytes().windows(10).any(|part| part == b"permission")
}

/// The server refused the join or ended the channel.
pub(super) fn join_refused(reason: String) -> Error {
    let message = "The server refuses the subscription";
    let details = (!reason.is_empty()).then_some(reason);
    Report { details, ..Report::new(code::UNKNOWN_ERROR, message) }.into()
}

/// Row security denies the user access to the room.
pub(super) fn room_refused(reason: String) -> Error {
    let hint = "A room is open to the workflow's owner and members, once \
                supabase/optional/20260301000000_workflow_members.sql is applied";
    Report {
        details: Some(reason),
        hint: Some(hint.to_owned()),
        ..Report::new(INSUFFICIENT_PRIVILEGE, "The user may not enter this room")
    }
    .into()
}

/// Whether the HTTP status means that retrying soon is unlikely to succeed.
pub(super) fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

/// The socket failed to open, or broke. Browsers do not report why.
pub(super) fn unreachable() -> Error {
    Error::network("There is no connection to the realtime server", None, None)
}

/// The server refused the socket with this HTTP status.
pub(super) fn connection_refused(status: u16) -> Error {
    let message = ["The realtime server refuses the connection with status ", &status.to_string()].concat();
    Report { status: Some(status), retryable: true, ..Report::new(code::UNKNOWN_ERROR, message) }.into()
}
