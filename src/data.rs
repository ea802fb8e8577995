//! Handles to JSON that the host owns.
//!
//! The browser's own JSON parser creates the rows and keeps them; this crate holds references and reads single
//! columns to make decisions. The core uses rows only through [`Data`], so native tests can substitute a plain JSON
//! tree.

/// The value of one column or argument, as far as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Missing, or `undefined`.
    Absent,
    /// SQL NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// A JSON number.
    Number(f64),
    /// A JSON string.
    Text(String),
    /// An object or an array; its content is not read here.
    Json,
    /// Something that JSON cannot represent, with its description.
    Other(&'static str),
}

impl Value {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The expected form of a response.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    /// A list of objects.
    Rows,
    /// One object.
    Object,
    /// A string.
    Text,
}

/// A member of an object under construction.
pub enum Member<'a, D> {
    /// Another value.
    Data(&'a D),
    /// A number.
    Number(f64),
    /// A boolean.
    Bool(bool),
    /// A string, or null.
    Text(Option<&'a str>),
}

/// The original version of a value, and those of two sides. `None` where it is missing.
#[derive(Clone, Debug)]
pub struct Versions<T> {
    /// The original.
    pub base: Option<T>,
    /// The version of one side.
    pub theirs: Option<T>,
    /// The version of the other side.
    pub mine: Option<T>,
}

impl<T> Versions<T> {
    /// Converts each version.
    pub fn map<U>(&self, make: impl Fn(&T) -> U) -> Versions<U> {
        let make = |version: &Option<T>| version.as_ref().map(&make);
        Versions { base: make(&self.base), theirs: make(&self.theirs), mine: make(&self.mine) }
    }
}

/// Rows, indexed by id.
pub trait Index<D>: Default {
    /// The row with this id.
    fn get(&self, id: &str) -> Option<D>;
    /// Adds the row, replacing one with the same id.
    fn put(&mut self, id: &str, row: &D);
    /// Removes the row and returns it.
    fn remove(&mut self, id: &str) -> Option<D>;
    /// The differences between this index and the list `fresh`: first the rows missing from `fresh`, then the rows
    /// that are new in it or differ. Equal rows are omitted.
    fn differences(&self, fresh: &D) -> Vec<Difference<D>>;
}

/// An index of the entries that contain a row, by row id. Entries are numbers.
pub trait Holders<D>: Default {
    /// Replaces the rows of the entry: `after` (a single row or a list) instead of `before`.
    fn replace(&mut self, entry: u32, before: Option<&D>, after: Option<&D>);
    /// Records whether the entry contains the row with this id.
    fn set(&mut self, entry: u32, id: &str, is_held: bool);
    /// The entries that contain the row with this id.
    fn of(&self, id: &str) -> Vec<u32>;
}

/// A row that differs between two sets of rows.
pub struct Difference<D> {
    /// The previous state.
    pub old: Option<D>,
    /// The new state.
    pub new: Option<D>,
}

impl<D: Data> Difference<D> {
    /// The row's id.
    pub fn id(&self) -> Option<String> {
        self.new.as_ref().or(self.old.as_ref())?.column("id").text().map(str::to_owned)
    }
}

/// Rows that the application may still reference. References are weak.
pub trait Identities<D>: Default {
    /// `fresh`, a row or a list of rows, with every row replaced by the known one of its kind if the two are equal.
    /// The others become known if they are the latest.
    fn same(&mut self, kind: &str, fresh: D, is_latest: bool) -> D;
    /// The latest known row of this kind and id, if it is still referenced.
    fn latest(&self, kind: &str, id: &str) -> Option<D>;
}

/// A reference to a JSON value: a row, or a list of rows. Cloning copies the reference only.
pub trait Data: Clone + 'static {
    /// An index of rows by id.
    type Index: Index<Self>;
    /// The entries that contain each row.
    type Holders: Holders<Self>;
    /// The rows that the application may still reference.
    type Identities: Identities<Self>;

    /// Column `name` of a row.
    fn column(&self, name: &'static str) -> Value;
    /// Whether a row has the column.
    fn has(&self, name: &'static str) -> bool {
        self.column(name) != Value::Absent
    }
    /// A reference to the object or list under `name`.
    fn child(&self, name: &'static str) -> Option<Self>;
    /// The members of an object that are objects or lists, with their names.
    fn members(&self) -> Vec<(String, Self)>;
    /// This value itself, because an item of a list need not be a row.
    fn value(&self) -> Value;
    /// Whether this has the form.
    fn is(&self, form: Form) -> bool;
    /// The number of items; 0 if this is not a list.
    fn len(&self) -> usize;
    /// Whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Item `index` of a list.
    #[must_use]
    fn item(&self, index: usize) -> Self;
    /// A new list of these items.
    fn list(items: &[Self]) -> Self;
    /// A new list of these texts.
    fn texts(texts: &[String]) -> Self;
    /// A new object: the members of `base` except those in `without`, then `members`.
    fn object(
        base: Option<&Self>,
        without: &[&'static str],
        members: &[(&'static str, Member<'_, Self>)],
    ) -> Self;
    /// A new object with these members, whatever their names.
    fn from_members(members: Vec<(String, Self)>) -> Self;
    /// The members of three objects, or of those that exist, sorted by their names.
    fn zip(versions: &Versions<Self>) -> Vec<(String, Versions<Self>)>;
    /// This row, with the members of `part` replacing its own.
    #[must_use]
    fn merged(&self, part: &Self) -> Self;
    /// The position in this list of the row with this id.
    fn position(&self, id: &str) -> Option<usize>;
    /// This list with `removed` items removed at `index` and `row` inserted there.
    #[must_use]
    fn spliced(&self, index: usize, removed: usize, row: Option<&Self>) -> Self;
    /// Whether both have equal values, regardless of the order of members.
    fn is_equal(&self, other: &Self) -> bool;
    /// Parses a JSON text; `None` if it is invalid.
    fn parse(json: &str) -> Option<Self>;
    /// Whether this row has every member of `part` with an equal value, regardless of the order of nested members.
    fn covers(&self, part: &Self) -> bool;
    /// Returns `fresh` with each row replaced by the equal one of `self`, so that comparing references shows exactly
    /// what changed. Works on single rows and lists.
    #[must_use]
    fn reuse(&self, fresh: Self) -> Self;

    /// The rows of this list grouped by the text in `column`: one list per member, in this list's order.
    fn group_by(&self, column: &'static str, members: &[String]) -> Vec<Self>;
    /// This list without duplicate ids; the later of two rows wins.
    #[must_use]
    fn latest_of_each(&self) -> Self;

    /// The items of a list.
    fn items(&self) -> Vec<Self> {
        (0..self.len()).map(|index| self.item(index)).collect()
    }
}
