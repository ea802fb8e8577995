//! Uuids in the form that the database prints.

/// Length of a uuid in characters.
pub const LENGTH: usize = 36;

/// `text` in lower case if it is a uuid, such as `3f2504e0-4f89-41d3-9a0c-0305e82c3301`.
///
/// ```
/// use workflow_db::uuid::canonical;
///
/// let text = "3F2504E0-4F89-41D3-9A0C-0305E82C3301";
/// assert_eq!(canonical(text), Some("3f2504e0-4f89-41d3-9a0c-0305e82c3301".to_owned()));
/// assert_eq!(canonical("no uuid"), None);
/// ```
pub fn canonical(text: &str) -> Option<String> {
    let is_uuid = text.len() == LENGTH
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    is_uuid.then(|| text.to_ascii_lowercase())
}
