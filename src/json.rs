//! JSON output.

/// `text` as a JSON string.
///
/// ```
/// use workflow_db::json::json_text;
///
/// assert_eq!(json_text("a \"b\"\n"), r#""a \"b\"\u000a""#);
/// ```
pub fn json_text(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\u{0}'..='\u{1f}' => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let code = character as usize;
                json.push_str("\\u00");
                json.extend([char::from(HEX[code >> 4]), char::from(HEX[code & 15])]);
            }
            _ => json.push(character),
        }
    }
    json.push('"');
    json
}
