//! Audit log: who did what. Only the database's triggers write it.

use super::Action::Special;
use super::{table, AuditDetails, Cached, KeyFormat, Timestamp, Uuid};

table! {
    /// An entry of the audit log.
    AuditLog, NewAuditLog, AuditLogPatch => AUDIT_LOGS = "audit_logs",
    {
        id: Uuid = generated,
        user_id: Uuid = required,
        /// The action, such as `workflow_created`.
        action: String = required,
        /// The type of the resource, such as `workflow`.
        resource_type: String = nullable,
        resource_id: String = nullable,
        details: AuditDetails = nullable,
        ip_address: String = nullable,
        user_agent: String = nullable,
        created_at: Timestamp = defaulted,
    }
    {
        /// A page of a user's audit log with the total, newest first. Always asks the server.
        /// @param limit - the page size; 100 by default.
        /// @param offset - the number of entries to skip; 0 by default.
        /// @example const { data, total } = await db.getAuditLogs(userId, 20);
        getAuditLogs "(userId: string, limit?: number, offset?: number): Promise<PaginatedResponse<AuditLog>>"
        /// A page of the audit entries that a query selects, newest first.
        /// @example const created = await db.getAuditLogs({ userId, action: 'workflow_created' });
        or "(query: AuditLogQuery): Promise<PaginatedResponse<AuditLog>>" = Special(Cached::No);
        /// One page of a user's audit log. `nextCursor` and `prevCursor` of the result select the neighboring pages.
        /// @throws `INVALID_INPUT` if the cursor belongs to another list.
        /// @example const page = await db.getAuditLogsPage({ userId, pageSize: 20 });
        getAuditLogsPage "(query: AuditLogPageQuery): Promise<CursorPage<AuditLog>>" = Special(Cached::No);
    }
    list_key: Some(KeyFormat::new("audit_logs:", &["user_id"])),
    scopes: &["user_id"],
    is_append_only: true,
}
