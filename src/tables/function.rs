//! The functions of `db`, as each table's file declares them.

/// A function of `db`.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it does with its arguments.
    pub action: Action,
}

/// What a function does with its arguments.
#[derive(Clone, Copy)]
pub enum Action {
    /// Reads the row with the first argument in this column; the argument's name is the second.
    Row(&'static str, &'static str),
    /// Reads the rows whose parent, named by this column, is the argument of this name.
    Children(&'static str, &'static str),
    /// Reads the row that the arguments name by its natural key: user and service.
    OfService,
    /// Reads all rows of a user.
    OfUser,
    /// Creates a row, whose owner's id is an argument of its own or not.
    Insert(Option<&'static str>),
    /// Changes the row whose id is the argument of this name.
    Update(&'static str),
    /// Creates or changes the row that the arguments name by its natural key.
    Upsert,
    /// Creates the row that the arguments name by its natural key, unless it is there.
    Ensure,
    /// Deletes the row of that id, which may have to exist.
    Delete(bool),
    /// Deletes the row that the arguments name by its natural key.
    Remove,
    /// Is like no other: `src/api` has a function for it.
    Special(Cached),
}

/// Which entry may answer a special function, as its arguments tell without the engine.
#[derive(Clone, Copy)]
pub enum Cached {
    /// None.
    No,
    /// That of the row, or this variant of it.
    Row(&'static str),
    /// That of the list, or this variant of it.
    List(&'static str),
    /// That of the list, or this variant where the second argument is true.
    ListOr(&'static str),
}

/// A workflow with its nodes and connections: this variant of its row's key.
pub const RELATIONS: &str = "?relations";
/// A list whose secrets were not asked for: this variant of its key.
pub const WITHOUT_SECRETS: &str = "?secrets=hidden";
/// A list with archived rows: this variant of its key.
pub const WITH_ARCHIVED: &str = "?archived=included";

/// What TypeScript is to know of a table.
#[cfg(not(target_arch = "wasm32"))]
pub struct TypeScript {
    /// The name of a row's type.
    pub row: &'static str,
    /// The declarations of a row, a new row, and a patch.
    pub types: [&'static str; 3],
    /// The ways to call each of the table's functions.
    pub functions: &'static [&'static [Signature]],
}

/// One way to call a function.
#[cfg(not(target_arch = "wasm32"))]
pub struct Signature {
    /// Its comment, line by line.
    pub docs: &'static [&'static str],
    /// What follows the function's name: `(id: string): Promise<void>`.
    pub text: &'static str,
}
