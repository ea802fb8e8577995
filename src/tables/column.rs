//! Columns: their types in the database, here and in TypeScript.

#[cfg(not(target_arch = "wasm32"))]
use tsify::Tsify;

/// One column of a table.
pub struct Column {
    /// Its name in the database.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// When it may be left out or be NULL.
    pub presence: Presence,
}

impl Column {
    /// Whether NULL may be written to it.
    pub fn takes_null(&self) -> bool {
        matches!(self.presence, Presence::Nullable | Presence::Defaulted)
    }
}

/// What a column holds, as far as checking an input and comparing two rows needs it.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// `uuid`; compared in its lower-case form.
    Uuid,
    /// `text`; equality is known here, order is not (it depends on the database's collation).
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
    /// `text` with a check: one of these.
    OneOf(&'static [&'static str]),
}

/// When a column may be left out, and when it may be NULL.
#[derive(Clone, Copy, PartialEq)]
pub enum Presence {
    /// Not null and without a default.
    Required,
    /// Not null, with a default.
    Generated,
    /// With a default, though the database allows NULL.
    Defaulted,
    /// NULL unless given.
    Nullable,
}

/// A Rust type that stands for a column's type.
pub trait ColumnType {
    /// What the column holds.
    const KIND: Kind;
}

/// A uuid, such as `3f2504e0-4f89-41d3-9a0c-0305e82c3301`.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
pub struct Uuid(pub String);

/// A time in UTC as the database prints it: `2024-02-29T23:59:59.123456`, without zone. In inputs, `Z` or an offset
/// is understood and converted.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
pub struct Timestamp(pub String);

/// What the app gives meaning to: an object, or any other JSON value.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(not(target_arch = "wasm32"), tsify(type = "Record<string, any>"))]
pub struct JsonObject(pub String);

/// What a template's workflow begins with.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(
    not(target_arch = "wasm32"),
    tsify(type = "{ nodes: WorkflowNode[]; connections: WorkflowConnection[] }")
)]
pub struct TemplateData(pub String);

/// The row before and after, and what of it changed. Secrets are replaced by `[REDACTED]`.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(
    not(target_arch = "wasm32"),
    tsify(type = "{ old?: Record<string, any>; new?: Record<string, any>; changes?: Record<string, any> }")
)]
pub struct AuditDetails(pub String);

/// What a gateway speaks.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(not(target_arch = "wasm32"), tsify(type = "'together' | 'replicate' | 'custom'"))]
pub struct GatewayType(pub String);

/// Colours of the app.
#[cfg_attr(not(target_arch = "wasm32"), derive(Tsify))]
#[cfg_attr(not(target_arch = "wasm32"), tsify(type = "'light' | 'dark' | 'auto'"))]
pub struct Theme(pub String);

/// How an execution, or one node's part of it, stands.
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
impl ColumnType for ExecutionStatus {
    const KIND: Kind = Kind::OneOf(&["running", "completed", "failed"]);
}

/// The declarations of these types.
#[cfg(not(target_arch = "wasm32"))]
pub static COLUMN_TYPES: [&str; 8] = [
    Uuid::DECL,
    Timestamp::DECL,
    JsonObject::DECL,
    TemplateData::DECL,
    AuditDetails::DECL,
    GatewayType::DECL,
    Theme::DECL,
    ExecutionStatus::DECL,
];
