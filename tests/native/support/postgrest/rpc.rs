//! The functions for saves, as in `supabase/migrations`: one transaction each, with the caller's rights.

use super::schema::{self, Facts};
use super::{calendar, Outcome, Refusal, Row, Server};
use serde_json::{json, Map, Value};

type Arguments = Map<String, Value>;

/// Saves one row of a batch; the flags are `overwrite` and `replay`.
type Save = fn(&mut Server, &Row, (bool, bool), &str) -> Result<Value, Refusal>;

impl Server {
    /// Calls a function. A refusal leaves everything unchanged.
    pub(super) fn call(
        &mut self,
        function: &str,
        body: &str,
        subject: Option<&str>,
    ) -> Result<Outcome, Refusal> {
        let Ok(Value::Object(arguments)) = serde_json::from_str::<Value>(body) else {
            return Err(Refusal::new(400, "PGRST102", "the body is not a JSON object"));
        };
        let Some(subject) = subject else {
            return Err(Refusal::new(401, "42501", "permission denied for function"));
        };
        let before = (self.tables.clone(), self.commits.len(), self.born.len());
        let answer = match function {
            "save_workflow_graph" | "save_merged_workflow_graph" => {
                self.save_workflow_graph(&arguments, subject)
            }
            "batch_save_workflows" => self.save_each(&arguments, "p_workflows", subject, Self::save_workflow),
            "batch_save_api_keys" => self.save_each(&arguments, "p_keys", subject, Self::save_api_key),
            "accept_workflow_invitation" => self.accept_invitation(&arguments, subject),
            "leave_workflow" => Ok(self.leave_workflow(&arguments, subject)),
            "create_workflow_from_template" => self.create_from_template(&arguments, subject),
            _ => Err(Refusal::new(404, "PGRST202", "Could not find the function in the schema cache")),
        };
        if answer.is_err() {
            self.tables = before.0;
            self.commits.truncate(before.1);
            self.born.truncate(before.2);
            self.member_commits.retain(|place| *place < before.1);
            for places in self.history.values_mut() {
                places.retain(|place| *place < before.1);
            }
        }
        Ok(Outcome { status: 200, body: answer?, content_range: None })
    }

    fn accept_invitation(&mut self, arguments: &Arguments, subject: &str) -> Result<Value, Refusal> {
        let id = text(arguments, "p_id");
        let missing = || Refusal::new(404, "PT404", "No such invitation");
        let stored = self.row("workflow_members", &id).cloned();
        if let Some(stored) = stored.clone().filter(|row| row["user_id"] == json!(subject)) {
            return Ok(Value::Object(stored));
        }
        let Some(email) = self.email(subject) else {
            return Err(Refusal::new(403, "42501", "The email address of the account is not verified"));
        };
        let is_open = |row: &Row| row["user_id"].is_null() && row["email"] == json!(email);
        let workflow = text(&stored.filter(is_open).ok_or_else(missing)?, "workflow_id");
        if self.role(&workflow, subject) == Some("owner") {
            return Err(missing());
        }
        // The user is a member already, by another address.
        self.end_memberships(&workflow, subject);
        self.change("workflow_members", &id, json!({"user_id": subject, "accepted_at": self.now()}));
        Ok(self.row("workflow_members", &id).cloned().map_or(Value::Null, Value::Object))
    }

    /// The answer of `workflow_invitations`, which is read like a table.
    pub(super) fn invitations(&self, query: &str, subject: Option<&str>) -> Result<Outcome, Refusal> {
        let order = super::url::params(query)?.order;
        assert_eq!(order.len(), 1, "{query}");
        let email = subject.and_then(|user| self.email(user));
        let mut rows: Vec<&Row> = self
            .rows("workflow_members")
            .filter(|row| row["user_id"].is_null() && row["email"].as_str() == email)
            .filter(|row| {
                subject.is_some_and(|user| self.role(&text(row, "workflow_id"), user) != Some("owner"))
            })
            .collect();
        rows.sort_by_key(|row| (calendar::parse(&text(row, "created_at")), text(row, "id")));
        let total = rows.len();
        let shown = rows.into_iter().take(self.max_rows).map(|row| {
            let workflow = self.row("workflows", &text(row, "workflow_id"));
            json!({
                "id": row["id"], "workflow_id": row["workflow_id"], "role": row["role"],
                "workflow_name": workflow.map(|workflow| &workflow["name"]), "invited_by": row["invited_by"],
                "inviter_name": null, "created_at": row["created_at"],
            })
        });
        let shown: Vec<Value> = shown.collect();
        let content_range = match shown.len() {
            0 => format!("*/{total}"),
            length => format!("0-{}/{total}", length - 1),
        };
        Ok(Outcome { status: 200, body: Value::Array(shown), content_range: Some(content_range) })
    }

    fn leave_workflow(&mut self, arguments: &Arguments, subject: &str) -> Value {
        self.end_memberships(&text(arguments, "p_workflow_id"), subject)
    }

    fn end_memberships(&mut self, workflow: &str, user: &str) -> Value {
        let is_own = |row: &&Row| row["workflow_id"] == json!(workflow) && row["user_id"] == json!(user);
        let gone: Vec<Row> = self.rows("workflow_members").filter(is_own).cloned().collect();
        for row in &gone {
            self.remove("workflow_members", row["id"].as_str().expect("an id"));
        }
        gone.into_iter().map(Value::Object).collect()
    }

    fn save_workflow_graph(&mut self, arguments: &Arguments, subject: &str) -> Result<Value, Refusal> {
        let id = text(arguments, "p_workflow_id");
        let is_writable = |row: &&Row| self.may_write(workflows(), row, Some(subject), false);
        let stored = self.row("workflows", &id).filter(is_writable).cloned();
        let Some(stored) = stored else { return Err(Refusal::new(404, "PT404", "No such row in workflows")) };
        let outdated = || Refusal::new(409, "PT409", "The row of workflows has changed since it was read");
        let wanted = arguments.get("p_if_updated_at").filter(|stamp| !stamp.is_null());
        let is_expected =
            arguments.get("p_expected").is_none_or(|graph| as_stored(graph) == self.versions_of(&id));
        let is_outdated = !is_expected || wanted.is_some_and(|stamp| *stamp != stored["updated_at"]);
        let is_replay = arguments.get("p_replay") == Some(&json!(true));
        if is_outdated && !is_replay {
            return Err(outdated());
        }
        let moment_us = self.moment_after(&stored);
        if self.merge_graph(&id, arguments, ("p_nodes", "p_connections"), moment_us)? {
            if is_outdated {
                return Err(outdated());
            }
            let mut stored = stored;
            stored["updated_at"] = json!(calendar::print(moment_us));
            self.replace(workflows(), &stored)?;
        }
        Ok(self.whole(&id))
    }

    /// Every node's version and every connection's ends, by name.
    fn versions_of(&self, workflow: &str) -> Value {
        let of = |table, name: &str, version: fn(&Row) -> Value| -> Value {
            let rows = self.rows(table).filter(|row| row["workflow_id"] == json!(workflow));
            rows.map(|row| (text(row, name), version(row))).collect::<Map<_, _>>().into()
        };
        let ends = |row: &Row| json!([row["source_node_id"], row["target_node_id"]]);
        json!({
            "nodes": of("workflow_nodes", "node_id", |row| row["updated_at"].clone()),
            "connections": of("workflow_connections", "connection_id", ends),
        })
    }

    fn save_each(
        &mut self,
        arguments: &Arguments,
        name: &str,
        subject: &str,
        save: Save,
    ) -> Result<Value, Refusal> {
        let is_set = |name: &str| arguments.get(name) == Some(&json!(true));
        let mode = (is_set("p_overwrite"), is_set("p_replay"));
        let items = rows(arguments, name);
        items.iter().map(|item| save(self, item, mode, subject)).collect()
    }

    fn save_workflow(
        &mut self,
        item: &Row,
        (overwrites, is_replay): (bool, bool),
        subject: &str,
    ) -> Result<Value, Refusal> {
        let facts = workflows();
        let taken = || Refusal::new(409, "PT409", "A workflow of the batch exists already");
        let mut sent = item.clone();
        sent.retain(|name, _| !matches!(name.as_str(), "nodes" | "connections"));
        let id = text(item, "id");
        let Some(stored) = self.row("workflows", &id).cloned() else {
            let mut row = schema::defaults(facts, &self.now());
            row.extend(sent);
            self.permit(facts, &row, None, Some(subject))?;
            self.bear(facts, row)?;
            self.merge_graph(&id, item, ("nodes", "connections"), self.clock_us)?;
            return Ok(self.whole(&id));
        };
        if !self.may_write(facts, &stored, Some(subject), false) || !(overwrites || is_replay) {
            return Err(taken());
        }
        let moment_us = self.moment_after(&stored);
        let mut wanted = stored.clone();
        wanted.extend(sent);
        if !overwrites && wanted != stored {
            return Err(taken());
        }
        let is_changed = self.merge_graph(&id, item, ("nodes", "connections"), moment_us)?;
        if overwrites {
            wanted["updated_at"] = json!(calendar::print(moment_us));
            self.permit(facts, &wanted, Some(&stored), Some(subject))?;
            self.replace(facts, &wanted)?;
        } else if is_changed {
            return Err(taken());
        }
        Ok(self.whole(&id))
    }

    fn save_api_key(
        &mut self,
        item: &Row,
        (overwrites, is_replay): (bool, bool),
        subject: &str,
    ) -> Result<Value, Refusal> {
        let facts = schema::facts("api_keys").expect("a table");
        let taken = || Refusal::new(409, "PT409", "An API key of the batch exists already");
        let mut wanted = match self.row("api_keys", &text(item, "id")).cloned() {
            None => {
                let mut row = schema::defaults(facts, &self.now());
                row.extend(item.clone());
                self.permit(facts, &row, None, Some(subject))?;
                self.bear(facts, row.clone())?;
                row
            }
            Some(stored) => {
                let mut wanted = stored.clone();
                wanted.extend(item.clone());
                let is_equal = wanted == stored;
                if stored["user_id"] != json!(subject) || !(overwrites || (is_replay && is_equal)) {
                    return Err(taken());
                }
                if overwrites {
                    wanted["updated_at"] = json!(calendar::print(self.moment_after(&stored)));
                    self.permit(facts, &wanted, Some(&stored), Some(subject))?;
                    self.replace(facts, &wanted)?;
                }
                wanted
            }
        };
        wanted["encrypted_key"] = json!("[REDACTED]");
        Ok(Value::Object(wanted))
    }

    fn create_from_template(&mut self, arguments: &Arguments, subject: &str) -> Result<Value, Refusal> {
        let (id, user) = (text(arguments, "p_workflow_id"), text(arguments, "p_user_id"));
        if self.row("workflows", &id).is_some_and(|row| row["user_id"] == json!(user) && user == subject) {
            return Ok(self.whole(&id));
        }
        let Some(template) = self.row("workflow_templates", &text(arguments, "p_template_id")).cloned()
        else {
            return Err(Refusal::new(404, "PT404", "No such row in workflow_templates"));
        };
        let base = arguments.get("p_name").filter(|name| !name.is_null()).unwrap_or(&template["name"]);
        let base = base.as_str().expect("a name");
        let numbered = (2..).map(|number| format!("{base} ({number})"));
        let is_free = |name: &String| {
            self.rows("workflows").all(|row| row["user_id"] != json!(user) || row["name"] != json!(name))
        };
        let name = std::iter::once(base.to_owned()).chain(numbered).find(is_free).expect("a free name");
        let mut row = schema::defaults(workflows(), &self.now());
        row.extend([
            ("id".to_owned(), json!(id)),
            ("user_id".to_owned(), json!(user)),
            ("name".to_owned(), json!(name)),
            ("description".to_owned(), template["description"].clone()),
        ]);
        self.permit(workflows(), &row, None, Some(subject))?;
        self.bear(workflows(), row)?;
        let mut children = template["workflow_data"].as_object().cloned().unwrap_or_default();
        for name in ["nodes", "connections"] {
            for row in children.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
                row.as_object_mut().expect("a row").remove("id");
            }
        }
        self.merge_graph(&id, &children, ("nodes", "connections"), self.clock_us)?;
        let mut template = template;
        template["usage_count"] = json!(template["usage_count"].as_i64().unwrap_or(0) + 1);
        self.replace(schema::facts("workflow_templates").expect("a table"), &template)?;
        Ok(self.whole(&id))
    }

    /// Replaces a workflow's nodes and connections with the requested ones. Returns whether anything changed.
    fn merge_graph(
        &mut self,
        workflow: &str,
        graph: &Arguments,
        (nodes, connections): (&str, &str),
        now_us: i64,
    ) -> Result<bool, Refusal> {
        let nodes = self.merge(workflow, "workflow_nodes", "node_id", &rows(graph, nodes), now_us)?;
        let wanted = rows(graph, connections);
        Ok(self.merge(workflow, "workflow_connections", "connection_id", &wanted, now_us)? || nodes)
    }

    fn merge(
        &mut self,
        workflow: &str,
        table: &'static str,
        name: &str,
        wanted: &[Row],
        now_us: i64,
    ) -> Result<bool, Refusal> {
        let facts = schema::facts(table).expect("a table");
        // A changed connection is deleted and inserted again.
        let comes_back = table == "workflow_connections";
        let stored: Vec<Row> =
            self.rows(table).filter(|row| row["workflow_id"] == json!(workflow)).cloned().collect();
        let mut coming = Vec::new();
        let mut is_changed = false;
        for (place, row) in (1..).zip(wanted) {
            let moment = json!(calendar::print(now_us + place));
            let mut new = schema::defaults(facts, moment.as_str().expect("a time"));
            new["id"] = json!(self.next_id());
            new.extend(row.clone());
            new["workflow_id"] = json!(workflow);
            for column in ["created_at", "updated_at"] {
                if new.contains_key(column) {
                    new[column] = moment.clone();
                }
            }
            let Some(old) = stored.iter().find(|old| old[name] == row[name]) else {
                coming.push(new);
                continue;
            };
            let own = |column: &&(&str, schema::Type, &str)| {
                !matches!(column.0, "id" | "workflow_id" | "created_at" | "updated_at")
            };
            if facts.columns.iter().filter(own).any(|(column, ..)| new[*column] != old[*column]) {
                is_changed = true;
                for column in ["id", "created_at"] {
                    new[column] = old[column].clone();
                }
                if comes_back {
                    self.remove(table, &text(old, "id"));
                    coming.push(new);
                } else {
                    new["updated_at"] = json!(calendar::print(now_us));
                    self.replace(facts, &new)?;
                }
            }
        }
        for old in stored.iter().filter(|old| wanted.iter().all(|row| row[name] != old[name])) {
            is_changed = true;
            self.remove(table, &text(old, "id"));
        }
        is_changed |= !coming.is_empty();
        coming.into_iter().try_for_each(|row| self.bear(facts, row))?;
        Ok(is_changed)
    }

    /// A workflow with its nodes and connections.
    pub fn whole(&self, id: &str) -> Value {
        let mut whole = self.row("workflows", id).cloned().expect("it was saved");
        for (name, table) in [("nodes", "workflow_nodes"), ("connections", "workflow_connections")] {
            let mut rows: Vec<&Row> =
                self.rows(table).filter(|row| row["workflow_id"] == json!(id)).collect();
            let place = |row: &Row| (calendar::parse(&text(row, "created_at")), text(row, "id"));
            rows.sort_by_key(|row| place(row));
            whole.insert(name.to_owned(), json!(rows));
        }
        Value::Object(whole)
    }

    fn moment_after(&self, stored: &Row) -> i64 {
        let before = calendar::parse(&text(stored, "updated_at")).unwrap_or(0);
        self.clock_us.max(before + 1)
    }
}

/// The expected versions, with times in the database's format.
fn as_stored(expected: &Value) -> Value {
    let mut expected = expected.clone();
    for version in expected["nodes"].as_object_mut().expect("nodes").values_mut() {
        if let Some(time) = version.as_str().and_then(calendar::parse) {
            *version = json!(calendar::print(time));
        }
    }
    expected
}

fn workflows() -> &'static Facts {
    schema::facts("workflows").expect("a table")
}

fn text(row: &Row, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn rows(arguments: &Arguments, name: &str) -> Vec<Row> {
    let rows = arguments.get(name).and_then(Value::as_array);
    rows.into_iter().flatten().filter_map(|row| row.as_object().cloned()).collect()
}
