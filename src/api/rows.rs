//! Calls that concern one row, or the rows of one parent.

use super::{read, Call, Operation};
use crate::cache::relations_of;
use crate::data::Value;
use crate::error::Error;
use crate::flows::{Condition, Load, Lookup, Write};
use crate::input::{self, Field, QueryFields};
use crate::query::{Filter, Query, Test};
use crate::rest::Request;
use crate::tables::{Kind, Table, API_KEYS, WORKFLOWS, WORKFLOW_CONNECTIONS};
use crate::time::timestamp;

/// The natural key of a row, as columns and values.
type NaturalKey = Vec<(&'static str, String)>;

impl Call<'_> {
    /// Reads the row whose `column` is the first argument.
    pub(super) fn row(
        &self,
        table: &'static Table,
        column: &'static str,
        argument: &str,
    ) -> Result<Operation, Error> {
        let value = self.uuid_at(0, argument)?;
        let key = table.row_key(&[&value]);
        Ok(read(key, Load::Row(Lookup { table, column, value, within: Vec::new() })))
    }

    /// Reads the rows whose parent's id is the first argument.
    pub(super) fn children(
        &self,
        table: &'static Table,
        column: &'static str,
        argument: &str,
    ) -> Result<Operation, Error> {
        let value = self.uuid_at(0, argument)?;
        let key = table.list_key(&[&value]);
        Ok(read(key, Load::Children(Lookup { table, column, value, within: Vec::new() })))
    }

    /// Reads a row by user (first argument) and service (second argument).
    pub(super) fn of_service(&self, table: &'static Table) -> Result<Operation, Error> {
        let user_id = self.uuid_at(0, "userId")?;
        let service = input::text("service", self.value(1))?;
        let query = Query::of(table)
            .filter("user_id", Test::Eq(user_id.clone()))
            .filter("service_name", Test::In(vec![service.clone()]));
        self.check_length("service", Request::counted(&query, None).path.len())?;
        let key = table.row_key(&[&user_id, &service]);
        let mut within = vec![("user_id", user_id)];
        within.extend(table.active.map(|column| (column, "true".to_owned())));
        Ok(read(key, Load::Row(Lookup { table, column: "service_name", value: service, within })))
    }

    /// Reads all rows of a user (first argument).
    pub(super) fn of_user(&self, table: &'static Table) -> Result<Operation, Error> {
        let user_id = self.uuid_at(0, "userId")?;
        let key = table.list_key(&[&user_id]);
        Ok(read(key, Load::List(Query::of(table).filter("user_id", Test::Eq(user_id)))))
    }

    /// Inserts a row: the last argument, after the `owner`'s id if the function takes one.
    pub(super) fn insert(
        &self,
        table: &'static Table,
        owner: Option<&'static str>,
    ) -> Result<Operation, Error> {
        let mut fields = match owner {
            None => self.object(0, "new")?.to_vec(),
            Some(column) => {
                let id = self.uuid_at(0, "userId")?;
                let mut fields = self.object(1, "new")?.to_vec();
                input::agree(table, &mut fields, column, &id)?;
                fields
            }
        };
        let (id, chosen_id) = self.give_id(&mut fields)?;
        let body = input::new_row(table, &fields)?.json();
        Ok(Operation::Write(Write::Insert { table, id, chosen_id, body }))
    }

    /// Assigns an id to a new row, so that a repeated request cannot create two. The flag tells whether the caller
    /// chose the id.
    pub(super) fn give_id(&self, fields: &mut Vec<Field>) -> Result<(String, bool), Error> {
        let chosen = fields.iter().find(|field| field.name == "id" && field.value != Value::Absent);
        let chosen = chosen.map(|field| input::uuid("id", &field.value)).transpose()?;
        let is_chosen = chosen.is_some();
        let id = chosen.unwrap_or_else(|| (self.uuid)());
        fields.retain(|field| field.name != "id");
        fields.push(Field::text("id", &id));
        Ok((id, is_chosen))
    }

    /// Updates the row whose id is the first argument with the values in the second.
    pub(super) fn update(&self, table: &'static Table, argument: &str) -> Result<Operation, Error> {
        let (id, fields) = self.patch(table, argument)?;
        let body = input::patch(table, &fields)?.json();
        Ok(Operation::Write(Write::Update { table, id, body, condition: None }))
    }

    fn patch(&self, table: &Table, argument: &str) -> Result<(String, Vec<Field>), Error> {
        let id = self.uuid_at(0, argument)?;
        let mut fields = self.object(1, "patch")?.to_vec();
        input::agree(table, &mut fields, "id", &id)?;
        fields.retain(|field| field.name != "id");
        Ok((id, fields))
    }

    /// Creates or updates a row with the values in the last argument; the arguments before it are its natural key.
    pub(super) fn upsert(&self, table: &'static Table) -> Result<Operation, Error> {
        let key = self.natural_key(table)?;
        let mut fields = self.object(key.len(), "patch")?.to_vec();
        // An id would overwrite the primary key of an existing row.
        fields.retain(|field| field.name != "id");
        for (column, value) in &key {
            input::agree(table, &mut fields, column, value)?;
        }
        let body = input::upsert(table, &fields)?.json();
        Ok(Operation::Write(Write::Upsert { table, user_id: owner(&key), body }))
    }

    /// Creates the row with the natural key in the arguments, unless it exists.
    pub(super) fn ensure(&self, table: &'static Table) -> Result<Operation, Error> {
        let key = self.natural_key(table)?;
        let fields: Vec<_> = key.iter().map(|(column, value)| Field::text(column, value)).collect();
        let body = input::new_row(table, &fields)?.json();
        let user_id = owner(&key);
        Ok(Operation::Write(Write::Ensure { table, user_id, filters: filters(key), body }))
    }

    pub(super) fn delete(&self, table: &'static Table, must_exist: bool) -> Result<Operation, Error> {
        let filters = filters(vec![("id", self.uuid_at(0, "id")?)]);
        Ok(Operation::Write(Write::Delete { table, filters, must_exist }))
    }

    /// Deletes the row with the natural key in the arguments.
    pub(super) fn remove(&self, table: &'static Table) -> Result<Operation, Error> {
        let filters = filters(self.natural_key(table)?);
        self.remove_where(table, filters, "service")
    }

    fn remove_where(
        &self,
        table: &'static Table,
        filters: Vec<Filter>,
        text_argument: &str,
    ) -> Result<Operation, Error> {
        let write = Write::Delete { table, filters, must_exist: false };
        self.check_length(text_argument, write.url_length())?;
        Ok(Operation::Write(write))
    }

    /// The leading arguments, one per column of the table's natural key.
    fn natural_key(&self, table: &'static Table) -> Result<NaturalKey, Error> {
        let mut key = NaturalKey::new();
        for (index, name) in table.natural_key.split(',').enumerate() {
            let argument = &argument_of(name);
            let is_uuid = table.column(name).is_some_and(|column| column.kind == Kind::Uuid);
            let value = if is_uuid {
                self.uuid_at(index, argument)?
            } else {
                input::text(argument, self.value(index))?
            };
            key.push((name, value));
        }
        Ok(key)
    }
}

/// The name of the argument for this column: camel case, without a trailing `_name`.
fn argument_of(column: &str) -> String {
    let mut name = String::new();
    let mut is_initial = false;
    for letter in column.strip_suffix("_name").unwrap_or(column).chars() {
        if letter != '_' {
            name.push(if is_initial { letter.to_ascii_uppercase() } else { letter });
        }
        is_initial = letter == '_';
    }
    name
}

fn owner(key: &NaturalKey) -> String {
    key.iter().find(|(column, _)| *column == "user_id").map(|(_, id)| id.clone()).unwrap_or_default()
}

fn filters(key: NaturalKey) -> Vec<Filter> {
    key.into_iter().map(|(column, value)| Filter { column, test: Test::Eq(value) }).collect()
}

pub(super) fn workflow_with_relations(call: &Call<'_>) -> Result<Operation, Error> {
    let id = call.uuid_at(0, "id")?;
    Ok(read(relations_of(&id), Load::Relations(id)))
}

pub(super) fn update_workflow(call: &Call<'_>) -> Result<Operation, Error> {
    let (id, fields) = call.patch(&WORKFLOWS, "id")?;
    let body = input::patch(&WORKFLOWS, &fields)?.json();
    let options = QueryFields::new(call.options(2, "options")?, &["ifUpdatedAt"])?;
    let condition = if_updated_at(&options)?.map(Condition::Wanted);
    Ok(Operation::Write(Write::Update { table: &WORKFLOWS, id, body, condition }))
}

/// The option `ifUpdatedAt`.
pub(super) fn if_updated_at(options: &QueryFields<'_>) -> Result<Option<String>, Error> {
    match options.get("ifUpdatedAt") {
        Value::Absent => Ok(None),
        value => {
            let stamp = value.text().and_then(timestamp::stored);
            let expected = "the updated_at of the row, as it was read";
            stamp.map(Some).ok_or_else(|| Error::invalid("ifUpdatedAt", expected))
        }
    }
}

pub(super) fn archive_workflow(call: &Call<'_>) -> Result<Operation, Error> {
    let id = call.uuid_at(0, "id")?;
    let mut body = input::RequestBody::default();
    body.set("archived_at", "\"now\"".to_owned());
    input::touch(&WORKFLOWS, &mut body);
    Ok(Operation::Write(Write::Update { table: &WORKFLOWS, id, body: body.json(), condition: None }))
}

pub(super) fn delete_connection(call: &Call<'_>) -> Result<Operation, Error> {
    let workflow_id = call.uuid_at(0, "workflowId")?;
    let connection_id = input::text("connectionId", call.value(1))?;
    let key = vec![("workflow_id", workflow_id), ("connection_id", connection_id)];
    call.remove_where(&WORKFLOW_CONNECTIONS, filters(key), "connectionId")
}

pub(super) fn delete_api_key(call: &Call<'_>) -> Result<Operation, Error> {
    let key = vec![("id", call.uuid_at(0, "id")?), ("user_id", call.uuid_at(1, "userId")?)];
    call.remove_where(&API_KEYS, filters(key), "id")
}
