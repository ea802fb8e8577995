//! Audit log: what was done, written by the database's triggers alone.

use super::{table, AuditDetails, KeyFormat, Timestamp, Uuid};

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
    list_key: Some(KeyFormat::new("audit_logs:", &["user_id"])),
    scopes: &["user_id"],
    is_append_only: true,
}
