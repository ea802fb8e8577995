//! Handles to JSON that stays with its maker.
//!
//! Rows are made by the browser's own JSON parser and stay there; this crate holds references and reads single
//! columns when it has something to decide. [`Data`] is all the core knows of them, so that natively a test can
//! stand in a plain JSON tree.

/// One column's value, or one argument, as far as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The column is not there (or `undefined`).
    Absent,
    /// SQL's NULL.
    Null,
    /// true or false.
    Bool(bool),
    /// Any JSON number.
    Number(f64),
    /// Any JSON string.
    Text(String),
    /// An object or an array, which is never looked into here.
    Json,
    /// Something that JSON cannot carry; the text says what it is.
    Other(&'static str),
}

impl Value {
    /// The text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What an answer of the server may be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    /// A list of objects.
    Rows,
    /// One object.
    Object,
    /// A string.
    Text,
}

/// A field of an object under construction.
pub enum Member<'a, D> {
    /// Another piece of data.
    Data(&'a D),
    /// A number.
    Number(f64),
    /// true or false.
    Bool(bool),
    /// A string, or null.
    Text(Option<&'a str>),
}

/// Rows by id.
pub trait Index<D>: Default {
    /// The row with this id.
    fn get(&self, id: &str) -> Option<D>;
    /// Takes the row in, in the place of one with the same id.
    fn put(&mut self, id: &str, row: &D);
    /// Takes the row out, and answers it.
    fn remove(&mut self, id: &str) -> Option<D>;
    /// What is here and what is in the list `fresh` instead, row by row: first what `fresh` lacks, then what is new in
    /// it or differs. Rows that are equal in every column are left out.
    fn differences(&self, fresh: &D) -> Vec<Difference<D>>;
}

/// Which entries hold a row, by the row's id. Entries are numbers.
pub trait Holders<D>: Default {
    /// The entry holds the rows `after` (one, or a list) instead of the rows `before`.
    fn replace(&mut self, entry: u32, before: Option<&D>, after: Option<&D>);
    /// The entry holds the row with this id, or does not.
    fn set(&mut self, entry: u32, id: &str, is_held: bool);
    /// The entries that hold the row with this id.
    fn of(&self, id: &str) -> Vec<u32>;
}

/// A row that two sets of rows do not have in common.
pub struct Difference<D> {
    /// As it was.
    pub old: Option<D>,
    /// As it is.
    pub new: Option<D>,
}

impl<D: Data> Difference<D> {
    /// The row's id.
    pub fn id(&self) -> Option<String> {
        self.new.as_ref().or(self.old.as_ref())?.column("id").text().map(str::to_owned)
    }
}

/// Rows that the application may still hold. None is kept alive by this.
pub trait Identities<D>: Default {
    /// `fresh`, a row or a list of rows, with every row that is equal to a known one of its kind replaced by that one. The
    /// others become known if they are the latest.
    fn same(&mut self, kind: &str, fresh: D, is_latest: bool) -> D;
    /// The latest known row of that kind with this id, if it is still held.
    fn latest(&self, kind: &str, id: &str) -> Option<D>;
}

/// A reference to a JSON value: a row, or a list of rows. Cloning copies the reference.
pub trait Data: Clone + 'static {
    /// Rows of it by id.
    type Index: Index<Self>;
    /// Which entries hold which of them.
    type Holders: Holders<Self>;
    /// Rows of it that the application may still hold.
    type Identities: Identities<Self>;

    /// Column `name` of a row.
    fn column(&self, name: &'static str) -> Value;
    /// Whether a row has that column.
    fn has(&self, name: &'static str) -> bool {
        self.column(name) != Value::Absent
    }
    /// The object or list under `name`, as another reference.
    fn child(&self, name: &'static str) -> Option<Self>;
    /// What this is itself: an item of a list need not be a row.
    fn value(&self) -> Value;
    /// Whether this is of that form.
    fn is(&self, form: Form) -> bool;
    /// How many items a list has; 0 for whatever is not a list.
    fn len(&self) -> usize;
    /// Whether there is no item.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Item `index` of a list.
    #[must_use]
    fn item(&self, index: usize) -> Self;
    /// A new list of these items.
    fn list(items: &[Self]) -> Self;
    /// A new object: `base`'s members but those named in `without`, then `members`.
    fn object(
        base: Option<&Self>,
        without: &[&'static str],
        members: &[(&'static str, Member<'_, Self>)],
    ) -> Self;
    /// This row with the members of `part` in the place of its own.
    #[must_use]
    fn merged(&self, part: &Self) -> Self;
    /// Where in this list the row with this id is.
    fn position(&self, id: &str) -> Option<usize>;
    /// This list with `removed` items taken out at `index`, and `row` put there.
    #[must_use]
    fn spliced(&self, index: usize, removed: usize, row: Option<&Self>) -> Self;
    /// Whether both are equal in value, whatever the order of an object's members.
    fn is_equal(&self, other: &Self) -> bool;
    /// Parses a JSON text. None when it is none.
    fn parse(json: &str) -> Option<Self>;
    /// Whether every member of `part` is in this row, equal in value (members of objects in any order).
    fn covers(&self, part: &Self) -> bool;
    /// `fresh`, with every row that is equal in every column replaced by the object that `self` holds for it,
    /// so that whoever compares references sees what changed and nothing else. Works on rows and lists of rows.
    #[must_use]
    fn reuse(&self, fresh: Self) -> Self;

    /// The rows of this list for each of `members`, by the text in `column`: as many lists, each in this list's order.
    fn group_by(&self, column: &'static str, members: &[String]) -> Vec<Self>;
    /// This list without repetitions of an id: of a row that is there twice, the later one.
    #[must_use]
    fn latest_of_each(&self) -> Self;

    /// The items of a list.
    fn items(&self) -> Vec<Self> {
        (0..self.len()).map(|index| self.item(index)).collect()
    }
}
