//! Audit log: what was done, written by the database's triggers alone.

use super::Action::Special;
use super::{table, AuditDetails, Cached, KeyFormat, Timestamp, Uuid};

table! {
    /// One thing that was done.
    AuditLog, NewAuditLog, AuditLogPatch => AUDIT_LOGS = "audit_logs",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        /// What was done, such as `workflow_created`.
        action: String = required,
        /// To what kind of thing, such as `workflow`.
        resource_type: String = nullable,
        resource_id: String = nullable,
        details: AuditDetails = nullable,
        ip_address: String = nullable,
        user_agent: String = nullable,
        created_at: Timestamp = defaulted,
    }
    {
        /// A page of what a user did, newest first, with the number of all. Always asks the server.
        getAuditLogs "(userId: string, limit?: number, offset?: number): Promise<PaginatedResponse<AuditLog>>"
        /// A page of what a user did, of some kind or time. A date without time includes that whole day.
        or "(query: AuditLogQuery): Promise<PaginatedResponse<AuditLog>>" = Special(Cached::No);
        /// A page of what a user did, which a cursor of a neighbouring page names.
        getAuditLogsPage "(query: AuditLogPageQuery): Promise<CursorPage<AuditLog>>" = Special(Cached::No);
    }
    list_key: Some(KeyFormat::new("audit_logs:", &["user_id"])),
    scopes: &["user_id"],
    is_append_only: true,
}
