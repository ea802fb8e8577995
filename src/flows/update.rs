//! Whether a row is what an own write made, though the write's answer does not say so.

use super::function::{migration_required, MISSING_POLICIES};
use super::write::Condition;
use crate::data::{Data, Member, Value};
use crate::error::{code, Error};
use crate::tables::Table;

/// What a table's `secret_format` says of ciphertext.
const ENCRYPTED: &str = "pgp";

/// Whether `row` is the one that an insert of `body` made. That an id which the caller chose is another row's shows in a
/// column that differs from what was sent. A curated column says nothing. A secret that the database encrypted always
/// differs; only after an answer `was_lost` the other columns have to do.
pub(super) fn is_own_insert<D: Data>(table: &Table, row: &D, body: &str, was_lost: bool) -> bool {
    let Some(body) = D::parse(body) else { return false };
    let format = table.secret_format.map_or(Value::Absent, |column| row.column(column));
    let hidden = table.secret.filter(|_| was_lost && format.text() == Some(ENCRYPTED));
    let ignored: Vec<_> = table.curated.iter().copied().chain(hidden).collect();
    row.covers(&D::object(Some(&body), &ignored, &[]))
}

/// An update whose answer may have been lost: the browser, too, sends a request once more when a connection breaks.
pub(super) struct OwnUpdate<'a, D> {
    pub body: &'a str,
    /// The row as it was known before.
    pub before: Option<&'a D>,
    pub attempts: u32,
}

impl<D: Data> OwnUpdate<'_, D> {
    /// Whether it made the row what it is now, of the version `updated_at`. Where that is not known, it may have when it
    /// was sent more than once. Values that the row had before tell nothing: with one attempt, the version is another
    /// writer's.
    fn made(&self, row: &D, updated_at: &str) -> bool {
        let Some(values) = D::parse(self.body) else { return false };
        let (now, archived_at) = (row.column("updated_at"), row.column("archived_at"));
        // The server's clock says when it was archived.
        let is_archiving = values.column("archived_at").text() == Some("now");
        if is_archiving && archived_at == Value::Null {
            return false;
        }
        let stamps =
            [("updated_at", Member::Text(now.text())), ("archived_at", Member::Text(archived_at.text()))];
        let stamps = &stamps[..if is_archiving { 2 } else { 1 }];
        let stamped: &[&str] = if is_archiving { &["updated_at", "archived_at"] } else { &["updated_at"] };
        let changes = D::object(Some(&values), stamped, &[]);
        match self.before {
            Some(before) if before.column("updated_at").text() == Some(updated_at) => {
                let is_telling = self.attempts > 1 || is_archiving || !before.covers(&changes);
                is_telling && row.is_equal(&D::object(Some(&before.merged(&changes)), &[], stamps))
            }
            _ => self.attempts > 1 && row.covers(&changes),
        }
    }
}

/// What it means that an update changed nothing, though `row` is there: an error, unless it was made all the same.
pub(super) fn unchanged<D: Data>(
    table: &Table,
    row: &D,
    condition: Option<&Condition>,
    own: &OwnUpdate<'_, D>,
) -> Result<(), Error> {
    match condition.map(Condition::updated_at) {
        None => Err(migration_required(MISSING_POLICIES)),
        // It is as expected, and still not for this user to change: a public row of another user.
        Some(updated_at) if row.column("updated_at").text() == Some(updated_at) => {
            Err(Error::not_found(table.name))
        }
        Some(updated_at) if own.made(row, updated_at) => Ok(()),
        Some(_) => {
            let message = ["The row of ", table.name, " has changed since it was read"].concat();
            Err(Error::new(code::CONFLICT, message))
        }
    }
}
