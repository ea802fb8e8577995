//! Parses query strings like `PostgREST` 12: `&` and `;` separate, `+` is a space, double quotes enclose a value in a
//! list or a logic tree, and at the top level everything after the operator is the value.

use super::Refusal;

/// A condition on rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Column(String, Operator),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    Eq(String),
    Gt(String),
    Gte(String),
    Lt(String),
    Lte(String),
    In(Vec<String>),
    IsNull,
}

/// A parsed query string.
#[derive(Debug, Default)]
pub struct Params {
    pub select: String,
    pub conditions: Vec<Condition>,
    /// By embedded resource (`""` for the table itself): columns, and whether descending.
    pub order: Vec<(String, Vec<(String, bool)>)>,
    pub limit: Option<usize>,
    pub offset: usize,
    pub on_conflict: Option<String>,
}

fn bad(text: &str) -> Refusal {
    Refusal::new(400, "PGRST100", format!("could not parse {text}"))
}

pub fn params(query: &str) -> Result<Params, Refusal> {
    let mut params = Params { select: "*".to_owned(), ..Params::default() };
    for pair in query.split(['&', ';']).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) =
            (decoded(name).ok_or_else(|| bad(pair))?, decoded(value).ok_or_else(|| bad(pair))?);
        match name.as_str() {
            "select" => params.select = value,
            "limit" => params.limit = Some(value.parse().map_err(|_| bad(pair))?),
            "offset" => params.offset = value.parse().map_err(|_| bad(pair))?,
            "on_conflict" => params.on_conflict = Some(value),
            "or" | "and" => params.conditions.push(parsed_tree(&format!("{name}{value}"))?),
            "order" => params.order.push((String::new(), order_terms(&value)?)),
            _ => match name.strip_suffix(".order") {
                Some(embedded) => params.order.push((embedded.to_owned(), order_terms(&value)?)),
                None => params.conditions.push(column_condition(&name, &value)?),
            },
        }
    }
    Ok(params)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            b'+' => bytes.push(b' '),
            // A browser would percent-encode these characters, or truncate the URL there.
            b'#' | b' ' | b'"' | b'<' | b'>' | b'\n' | b'\t' | b'\r' | 0x80.. => return None,
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

fn order_terms(text: &str) -> Result<Vec<(String, bool)>, Refusal> {
    text.split(',').map(order_term).collect()
}

fn order_term(term: &str) -> Result<(String, bool), Refusal> {
    match term.split_once('.') {
        Some((column, "asc")) => Ok((column.to_owned(), false)),
        Some((column, "desc")) => Ok((column.to_owned(), true)),
        _ => Err(bad(term)),
    }
}

/// A filter at the top level: the value is everything after the operator, including quotes.
fn column_condition(column: &str, text: &str) -> Result<Condition, Refusal> {
    let (is_negated, text) = text.strip_prefix("not.").map_or((false, text), |rest| (true, rest));
    let (name, value) = text.split_once('.').ok_or_else(|| bad(text))?;
    let operator = if name == "in" {
        let mut parser = Parser { rest: value };
        let list = parser.list()?;
        parser.end()?;
        Operator::In(list)
    } else {
        operator(name, value.to_owned())?
    };
    Ok(negated(is_negated, Condition::Column(column.to_owned(), operator)))
}

fn operator(name: &str, value: String) -> Result<Operator, Refusal> {
    match (name, value.as_str()) {
        ("eq", _) => Ok(Operator::Eq(value)),
        ("gt", _) => Ok(Operator::Gt(value)),
        ("gte", _) => Ok(Operator::Gte(value)),
        ("lt", _) => Ok(Operator::Lt(value)),
        ("lte", _) => Ok(Operator::Lte(value)),
        ("is", "null") => Ok(Operator::IsNull),
        _ => Err(bad(name)),
    }
}

fn negated(is_negated: bool, condition: Condition) -> Condition {
    if is_negated {
        Condition::Not(Box::new(condition))
    } else {
        condition
    }
}

fn parsed_tree(text: &str) -> Result<Condition, Refusal> {
    let mut parser = Parser { rest: text };
    let tree = parser.tree()?;
    parser.end()?;
    Ok(tree)
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn end(&self) -> Result<(), Refusal> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(bad(self.rest))
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        let eaten = self.rest.strip_prefix(token);
        self.rest = eaten.unwrap_or(self.rest);
        eaten.is_some()
    }

    fn must_eat(&mut self, token: &str) -> Result<(), Refusal> {
        if self.eat(token) {
            Ok(())
        } else {
            Err(bad(self.rest))
        }
    }

    fn until(&mut self, ends: &[char]) -> String {
        let length = self.rest.find(ends).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        text.to_owned()
    }

    /// `and(…)`, `or(…)`, either with the prefix `not.`, or a condition on one column.
    fn tree(&mut self) -> Result<Condition, Refusal> {
        let before = self.rest;
        let is_negated = self.eat("not.");
        for (name, make) in
            [("and(", Condition::All as fn(Vec<Condition>) -> Condition), ("or(", Condition::Any)]
        {
            if self.eat(name) {
                let mut parts = vec![self.tree()?];
                while self.eat(",") {
                    parts.push(self.tree()?);
                }
                self.must_eat(")")?;
                return Ok(negated(is_negated, make(parts)));
            }
        }
        self.rest = before;
        let column = self.until(&['.', ',', ')']);
        self.must_eat(".")?;
        let is_negated = self.eat("not.");
        let name = self.until(&['.', ',', ')']);
        self.must_eat(".")?;
        let operator =
            if name == "in" { Operator::In(self.list()?) } else { operator(&name, self.value()?)? };
        Ok(negated(is_negated, Condition::Column(column, operator)))
    }

    fn list(&mut self) -> Result<Vec<String>, Refusal> {
        self.must_eat("(")?;
        let mut values = vec![self.value()?];
        while self.eat(",") {
            values.push(self.value()?);
        }
        self.must_eat(")")?;
        Ok(values)
    }

    /// A value in double quotes, in which `\` escapes, or everything up to the next `,` or `)`.
    fn value(&mut self) -> Result<String, Refusal> {
        let before = self.rest;
        if self.eat("\"") {
            let mut value = String::new();
            let mut characters = self.rest.char_indices();
            while let Some((index, character)) = characters.next() {
                match character {
                    '"' => {
                        self.rest = &self.rest[index + 1..];
                        if self.rest.is_empty() || self.rest.starts_with([',', ')']) {
                            return Ok(value);
                        }
                        break;
                    }
                    '\\' => value.push(characters.next().ok_or_else(|| bad(before))?.1),
                    character => value.push(character),
                }
            }
            // Not a quoted value after all: the quotes are part of the value.
            self.rest = before;
        }
        Ok(self.until(&[',', ')']))
    }
}
