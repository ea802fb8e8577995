//! Columns: their types in the database, in Rust and in TypeScript.

#[cfg(not(target_arch = "wasm32"))]
use tsify::Tsify;

/// One column of a table.
pub struct Column {
    /// The name in the database.
    pub name: &'static str,
    /// The type.
    pub kind: Kind,
    /// Whether it may be omitted or NULL.
    pub presence: Presence,
}

impl Column {
    /// Whether it accepts NULL.
    pub fn takes_null(&self) -> bool {
        matches!(self.presence, Presence::Nullable | Presence::Defaulted)
    }
}

/// The type of a column, as far as validating and comparing need it.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// `uuid`; compared in its lower-case form.
    Uuid,
    /// `text`. Equality can be decided here, but not order, which depends on the database's collation.
    Text,
    /// `boolean`.
    Bool,
    /// `integer`, 32 bits.
    Int,
    /// `double precision`.
    Float,
    /// `timestamp` without zone.
    Timestamp,
    /// `jsonb`.
    Json,
    /// `text` with a check constraint: one of these.
    OneOf(&'static [&'static str]),
}

/// Whether a column may be omitted, and whether it may be NULL.
#[derive(Clone, Copy, PartialEq)]
pub enum Presence {
    /// Not null, without a default.
    Required,
    /// Not null, with a default.
    Generated,
    /// With a default, but the database allows NULL.
    Defaulted,
    /// NULL by default.
    Nullable,
}

/// A Rust type that represents a column's type.
pub trait ColumnType {
    /// The column's type.
    const KIND: Kind;
}

/// A uuid, such as `3f2504e0-4f89-41d3-9a0c-0305e82c3301`.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
pub struct Uuid(pub String);

/// A time in UTC as the database prints it, without a zone: `2024-02-29T23:59:59.123456`. Inputs may contain `Z` or
/// an offset and are converted.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
pub struct Timestamp(pub String);

/// An object, or any other JSON value, which the app interprets.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(not(target_arch = "wasm32"), tsify(type = "Record<string, any>"))]
pub struct JsonObject(pub String);

/// The nodes and connections that a workflow created from the template starts with.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(
    not(target_arch = "wasm32"),
    tsify(type = "{ nodes: WorkflowNode[]; connections: WorkflowConnection[] }")
)]
pub struct TemplateData(pub String);

/// The row before and after, and the changed columns. Secrets are replaced by `[REDACTED]`.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(
    not(target_arch = "wasm32"),
    tsify(type = "{ old?: Record<string, any>; new?: Record<string, any>; changes?: Record<string, any> }")
)]
pub struct AuditDetails(pub String);

/// The type of a gateway.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(not(target_arch = "wasm32"), tsify(type = "'together' | 'replicate' | 'custom'"))]
pub struct GatewayType(pub String);

/// The app's color scheme.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(not(target_arch = "wasm32"), tsify(type = "'light' | 'dark' | 'auto'"))]
pub struct Theme(pub String);

/// What a member may do: read, or change too.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(not(target_arch = "wasm32"), tsify(type = "'viewer' | 'editor'"))]
pub struct MemberRole(pub String);

/// The status of an execution, or of one node in it.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(not(target_arch = "wasm32"), tsify(type = "'running' | 'completed' | 'failed'"))]
pub struct ExecutionStatus(pub String);

impl ColumnType for Uuid {
    const KIND: Kind = Kind::Uuid;
}
impl ColumnType for String {
    const KIND: Kind = Kind::Text;
}
impl ColumnType for bool {
    const KIND: Kind = Kind::Bool;
}
impl ColumnType for i32 {
    const KIND: Kind = Kind::Int;
}
impl ColumnType for f64 {
    const KIND: Kind = Kind::Float;
}
impl ColumnType for Timestamp {
    const KIND: Kind = Kind::Timestamp;
}
impl ColumnType for JsonObject {
    const KIND: Kind = Kind::Json;
}
impl ColumnType for TemplateData {
    const KIND: Kind = Kind::Json;
}
impl ColumnType for AuditDetails {
    const KIND: Kind = Kind::Json;
}
impl ColumnType for GatewayType {
    const KIND: Kind = Kind::OneOf(&["together", "replicate", "custom"]);
}
impl ColumnType for Theme {
    const KIND: Kind = Kind::OneOf(&["light", "dark", "auto"]);
}
impl ColumnType for MemberRole {
    const KIND: Kind = Kind::OneOf(&["viewer", "editor"]);
}
impl ColumnType for ExecutionStatus {
    const KIND: Kind = Kind::OneOf(&["running", "completed", "failed"]);
}

/// The declarations of these types.
#[cfg(not(target_arch = "wasm32"))]
pub static COLUMN_TYPES: [&str; 9] = [
    Uuid::DECL,
    Timestamp::DECL,
    JsonObject::DECL,
    TemplateData::DECL,
    AuditDetails::DECL,
    GatewayType::DECL,
    Theme::DECL,
    MemberRole::DECL,
    ExecutionStatus::DECL,
];
