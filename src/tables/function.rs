//! The functions of `db`, as declared in each table's file.

use super::KeyFormat;

/// A function of `db`.
pub struct Function {
    /// The name.
    pub name: &'static str,
    /// What it does.
    pub action: Action,
}

/// What a function does with its arguments.
#[derive(Clone, Copy)]
pub enum Action {
    /// Reads the row whose column (first field) is the first argument, named by the second field.
    Row(&'static str, &'static str),
    /// Reads the rows of a parent: the column that refers to it, and the name of the argument.
    Children(&'static str, &'static str),
    /// Reads a row by its natural key: user and service.
    OfService,
    /// Reads all rows of a user.
    OfUser,
    /// Inserts a row. Names the owner's column if the owner's id is a separate argument.
    Insert(Option<&'static str>),
    /// Updates the row with the id in the argument of this name.
    Update(&'static str),
    /// Inserts or updates the row with the natural key in the arguments.
    Upsert,
    /// Inserts the row with the natural key in the arguments, unless it exists.
    Ensure,
    /// Deletes a row by id. The flag states whether it must exist.
    Delete(bool),
    /// Deletes the row with the natural key in the arguments.
    Remove,
    /// Anything else; `src/api` implements it.
    Special(Cached),
}

/// Which cached entry can serve a special function, judging by its arguments alone.
#[derive(Clone, Copy)]
pub enum Cached {
    /// None.
    No,
    /// The row's entry, or this variant of it.
    Row(&'static str),
    /// The list's entry, or this variant of it.
    List(&'static str),
    /// The list's entry, or this variant if the second argument is true.
    ListOr(&'static str),
    /// The entry with this key.
    Other(&'static KeyFormat),
}

/// Suffix of the key for a workflow with its nodes and connections.
pub const RELATIONS: &str = "?relations";
/// Suffix of the key for a list without secrets.
pub const WITHOUT_SECRETS: &str = "?secrets=hidden";
/// Suffix of the key for a list with archived rows.
pub const WITH_ARCHIVED: &str = "?archived=included";

/// The TypeScript side of a table.
#[cfg(not(target_arch = "wasm32"))]
pub struct TypeScript {
    /// The name of the row type.
    pub row: &'static str,
    /// The declarations of the row, new row and patch types.
    pub types: [&'static str; 3],
    /// The signatures of each of the table's functions.
    pub functions: &'static [&'static [Signature]],
}

/// A signature of a function.
#[cfg(not(target_arch = "wasm32"))]
pub struct Signature {
    /// Its doc comment, line by line.
    pub docs: &'static [&'static str],
    /// What follows the function's name: `(id: string): Promise<void>`.
    pub text: &'static str,
}
