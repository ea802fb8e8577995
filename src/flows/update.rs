//! Decides whether a row is the result of an own write whose response does not say so.

use super::function::{migration_required, MISSING_POLICIES};
use super::write::Condition;
use crate::data::{Data, Member, Value};
use crate::error::{code, Error};
use crate::tables::Table;

/// The value of a table's `secret_format` column for ciphertext.
const ENCRYPTED: &str = "pgp";

/// Whether `row` was created by an insert of `body`. If the id that the caller chose belongs to another row, some
/// column differs from what was sent. Curated columns are not compared. A secret that the database encrypted always
/// differs; after a lost response (`was_lost`), the other columns decide.
pub(super) fn is_own_insert<D: Data>(table: &Table, row: &D, body: &str, was_lost: bool) -> bool {
    let Some(body) = D::parse(body) else { return false };
    let format = table.secret_format.map_or(Value::Absent, |column| row.column(column));
    let hidden = table.secret.filter(|_| was_lost && format.text() == Some(ENCRYPTED));
    let ignored: Vec<_> = table.curated.iter().copied().chain(hidden).collect();
    row.covers(&D::object(Some(&body), &ignored, &[]))
}

/// An update whose response may have been lost. The browser, too, repeats a request when a connection breaks.
pub(super) struct OwnUpdate<'a, D> {
    pub body: &'a str,
    /// The previously known state of the row.
    pub before: Option<&'a D>,
    pub attempts: u32,
}

impl<D: Data> OwnUpdate<'_, D> {
    /// Whether the update turned version `updated_at` into the row's current state. If that is unknown, it may have
    /// done so if it was sent more than once. Values that the row had before prove nothing: with a single attempt,
    /// the version is another writer's.
    fn made(&self, row: &D, updated_at: &str) -> bool {
        let Some(values) = D::parse(self.body) else { return false };
        let (now, archived_at) = (row.column("updated_at"), row.column("archived_at"));
        // The archiving time comes from the server's clock.
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

/// The meaning of an update that changed nothing although `row` exists: an error, unless the update was made
/// nevertheless.
pub(super) fn unchanged<D: Data>(
    table: &Table,
    row: &D,
    condition: Option<&Condition>,
    own: &OwnUpdate<'_, D>,
) -> Result<(), Error> {
    match condition.map(Condition::updated_at) {
        None => Err(migration_required(MISSING_POLICIES)),
        // The version matches, but this user may not change the row, such as another user's public row.
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
