//! Calls about the members of workflows and about invitations.

use super::saves::function;
use super::{read, Call, Operation};
use crate::data::Value;
use crate::error::Error;
use crate::flows::{DatabaseFunction, Load, Write};
use crate::input::{self, Field, QueryFields, RequestBody};
use crate::json::json_text;
use crate::query::Query;
use crate::tables::{
    INVITATIONS_KEY, SHARED_WORKFLOWS_KEY, WORKFLOWS, WORKFLOW_INVITATIONS, WORKFLOW_MEMBERS,
};

/// The maximum length of an address in bytes, as the database limits it.
const MAX_ADDRESS_LENGTH: usize = 320;

pub(super) fn invite(call: &Call<'_>) -> Result<Operation, Error> {
    let workflow_id = call.uuid_at(0, "workflowId")?;
    let fields = call.object(1, "invitation")?;
    let email = QueryFields::new(fields, &["email", "role"])?.get("email").clone();
    let mut fields: Vec<Field> = fields.iter().filter(|field| field.name != "email").cloned().collect();
    let email = input::text("email", &email)?;
    let email = email.trim_ascii();
    if !is_address(email) {
        return Err(Error::invalid("email", "an address such as ada@example.com"));
    }
    // The address in the form that the database stores. Only ASCII is lowered; the database lowers other letters by its
    // own rules.
    fields.push(Field::text("email", &email.to_ascii_lowercase()));
    fields.push(Field::text("workflow_id", &workflow_id));
    let (id, chosen_id) = call.give_id(&mut fields)?;
    let body = input::new_row(&WORKFLOW_MEMBERS, &fields)?.json();
    Ok(Operation::Write(Write::Insert { table: &WORKFLOW_MEMBERS, id, chosen_id, body }))
}

/// Whether there is text before and after the only `@`, and no space.
fn is_address(text: &str) -> bool {
    let (mut before, mut after, mut is_after) = (0, 0, false);
    for byte in text.bytes() {
        match byte {
            b'@' if is_after => return false,
            b'@' => is_after = true,
            _ if byte.is_ascii_whitespace() => return false,
            _ if is_after => after += 1,
            _ => before += 1,
        }
    }
    before > 0 && after > 0 && before + after < MAX_ADDRESS_LENGTH
}

pub(super) fn update(call: &Call<'_>) -> Result<Operation, Error> {
    let id = call.uuid_at(0, "memberId")?;
    let fields = call.object(1, "patch")?;
    if *QueryFields::new(fields, &["role"])?.get("role") == Value::Absent {
        return Err(Error::invalid("role", "'viewer' or 'editor'"));
    }
    let body = input::patch(&WORKFLOW_MEMBERS, fields)?.json();
    Ok(Operation::Write(Write::Update { table: &WORKFLOW_MEMBERS, id, body, condition: None }))
}

/// The key names no user. The engine completes it with the signed-in user's id.
#[allow(clippy::unnecessary_wraps, reason = "special functions share one signature")]
pub(super) fn invitations(_: &Call<'_>) -> Result<Operation, Error> {
    Ok(read(INVITATIONS_KEY.of(&[]), Load::List(Query::of(&WORKFLOW_INVITATIONS))))
}

pub(super) fn accept(call: &Call<'_>) -> Result<Operation, Error> {
    let mut arguments = RequestBody::default();
    arguments.set("p_id", json_text(&call.uuid_at(0, "memberId")?));
    Ok(function(DatabaseFunction::AcceptInvitation, &arguments, None, None))
}

pub(super) fn leave(call: &Call<'_>) -> Result<Operation, Error> {
    let workflow_id = call.uuid_at(0, "workflowId")?;
    let mut arguments = RequestBody::default();
    arguments.set("p_workflow_id", json_text(&workflow_id));
    Ok(function(DatabaseFunction::LeaveWorkflow, &arguments, Some(workflow_id), None))
}

pub(super) fn shared_workflows(call: &Call<'_>) -> Result<Operation, Error> {
    let user_id = call.uuid_at(0, "userId")?;
    let key = SHARED_WORKFLOWS_KEY.of(&[&user_id]);
    let query = Query { member: Some(user_id), ..Query::of(&WORKFLOWS) };
    Ok(read(key, Load::List(query)))
}
