//! JSON as it is spelled: values are taken apart only as far as they matter, so that no number changes.
//!
//! A library that can read everything would be four fifths of the module that a browser loads for `offline`.

use crate::json::json_text;

/// A value, as it is spelled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Json<'a>(pub &'a str);

impl<'a> Json<'a> {
    /// The value that `text` consists of.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value()?;
        reader.skip_space();
        (reader.at == text.len()).then_some(value)
    }

    /// Text.
    pub fn string(self) -> Option<String> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        let mut text = String::with_capacity(inner.len());
        let mut rest = inner;
        while let Some((plain, escaped)) = rest.split_once('\\') {
            text.push_str(plain);
            rest = unescape(escaped, &mut text)?;
        }
        text.push_str(rest);
        Some(text)
    }

    /// A whole number.
    pub fn whole(self) -> Option<u64> {
        self.0.parse().ok()
    }

    pub fn is_null(self) -> bool {
        self.0 == "null"
    }

    pub fn items(self) -> Option<Vec<Json<'a>>> {
        let mut reader = Reader { text: self.0, at: 0 };
        let mut items = Vec::new();
        reader.list(b'[', b']', |reader| {
            items.push(reader.value()?);
            Some(())
        })?;
        Some(items)
    }

    pub fn object(self) -> Option<Object<'a>> {
        let mut reader = Reader { text: self.0, at: 0 };
        let mut members = Vec::new();
        reader.list(b'{', b'}', |reader| {
            let name = reader.value()?.string()?;
            reader.expect(b':')?;
            members.push((name, reader.value()?));
            Some(())
        })?;
        Some(Object(members))
    }
}

/// Takes the escape sequence at the start of `escaped`, without its backslash. Returns what follows it.
fn unescape<'a>(escaped: &'a str, text: &mut String) -> Option<&'a str> {
    let letter = *escaped.as_bytes().first()?;
    let rest = escaped.get(1..)?;
    let plain = match letter {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unescape_unit(rest, text),
        _ => char::from(letter),
    };
    text.push(plain);
    Some(rest)
}

fn unescape_unit<'a>(rest: &'a str, text: &mut String) -> Option<&'a str> {
    let unit = |digits: &str| u32::from_str_radix(digits, 16).ok();
    let high = unit(rest.get(..4)?)?;
    let after = rest.get(4..)?;
    let low = after.strip_prefix("\\u").and_then(|low| unit(low.get(..4)?));
    if let (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) = (high, low) {
        text.extend(char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)));
        return after.get(6..);
    }
    text.push(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(after)
}

/// The members of an object, in order.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(Vec<(String, Json<'a>)>);

impl<'a> Object<'a> {
    /// `None` if `text` is not an object.
    pub fn parse(text: &'a str) -> Option<Self> {
        Json::parse(text)?.object()
    }

    /// A member; `None` where it is missing or null.
    pub fn get(&self, name: &str) -> Option<Json<'a>> {
        self.given(name).filter(|value| !value.is_null())
    }

    /// A member, also if it is null.
    pub fn given(&self, name: &str) -> Option<Json<'a>> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    pub fn members(&self) -> impl Iterator<Item = (&str, Json<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Text, which may not be missing.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.string()
    }

    /// Text, or nothing. `None` if it is something else.
    #[allow(clippy::option_option, reason = "a wrong type is no missing member")]
    pub fn optional_text(&self, name: &str) -> Option<Option<String>> {
        self.get(name).map_or(Some(None), |value| value.string().map(Some))
    }

    /// A whole number, which may not be missing.
    pub fn whole(&self, name: &str) -> Option<u64> {
        self.get(name)?.whole()
    }

    /// Takes over the members of `later`.
    pub fn extend(&mut self, later: Self) {
        for (name, value) in later.0 {
            self.set(&name, value);
        }
    }

    pub fn set(&mut self, name: &str, value: Json<'a>) {
        match self.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => *own = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The names of the members that `other` lacks or spells differently.
    pub fn differing_from<'b>(&'b self, other: &'b Self) -> impl Iterator<Item = &'b str> {
        self.0.iter().filter(|member| !other.0.contains(member)).map(|(name, _)| name.as_str())
    }

    /// Whether a member is spelled like this.
    pub fn holds(&self, value: &str) -> bool {
        self.0.iter().any(|(_, own)| own.0 == value)
    }

    pub fn json(&self) -> String {
        object(self.members().map(|(name, value)| (name, value.0)))
    }
}

/// The object in `json` without a member, unless it has no other; as it is if that is no object.
pub(crate) fn without_member(json: &str, name: &str) -> String {
    let others = Object::parse(json).unwrap_or_default().0.into_iter().filter(|(own, _)| own != name);
    let others = Object(others.collect());
    if others.0.is_empty() {
        return json.to_owned();
    }
    others.json()
}

/// An object of values that are JSON already.
pub(super) fn object<N: AsRef<str>, V: AsRef<str>>(members: impl IntoIterator<Item = (N, V)>) -> String {
    let mut json = String::from("{");
    for (name, value) in members {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&json_text(name.as_ref()));
        json.push(':');
        json.push_str(value.as_ref());
    }
    json.push('}');
    json
}

/// A list of values that are JSON already.
pub(super) fn list<V: AsRef<str>>(items: impl IntoIterator<Item = V>) -> String {
    let mut json = String::from("[");
    for item in items {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(item.as_ref());
    }
    json.push(']');
    json
}

/// Text, or null.
pub(super) fn optional_text(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), json_text)
}

/// Finds where values end. It does not check what is nested in them.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip_space();
        let found = self.peek()? == byte;
        self.at += usize::from(found);
        found.then_some(())
    }

    /// What stands between the brackets, separated by commas.
    fn list(&mut self, open: u8, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(open)?;
        if self.expect(close).is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            if self.expect(b',').is_none() {
                return self.expect(close);
            }
        }
    }

    /// The value that follows.
    fn value(&mut self) -> Option<Json<'a>> {
        self.skip_space();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth == 0 => return None,
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                _ => self.skip_word(),
            }
            if depth == 0 {
                return Some(Json(self.text.get(start..self.at)?));
            }
        }
    }

    fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }

    /// A number, `true`, `false` or `null`.
    fn skip_word(&mut self) {
        while self.peek().is_some_and(|byte| !b",:{}[]\" \t\n\r".contains(&byte)) {
            self.at += 1;
        }
    }
}
