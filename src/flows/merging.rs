//! Saves an edited graph, merged with concurrent saves.
//!
//! A save names the graph that it is based on: the versions of its nodes, and its connections. The database refuses the
//! save if it contains a different graph. The flow then reads that graph, merges it with the edited one, and saves the
//! result in the same way.

use super::relations::Relations;
use super::write::{Condition, Write};
use super::write_flow::{WriteFlow, Written};
use super::{Answered, Flow, FunctionCall, Parts, Step};
use crate::data::{Data, Form, Member};
use crate::error::{code, Error, Report};
use crate::json::json_text;
use crate::merge::{ends_of, merge_graphs, Graph, Merged, OnConflict, Rows};
use crate::tables::WORKFLOWS;
use crate::time::timestamp;
use std::cmp::Ordering;
use std::rc::Rc;

/// How often a graph is merged and saved again. Each repetition means that another client saved first.
const MAX_MERGES: u32 = 20;

/// The expectation in the error for a base that is not a graph.
pub const BASE_EXPECTED: &str = "the graph that the edit started from";

/// Converts data to JSON.
pub type ToJson<D> = Box<dyn Fn(&D) -> Result<String, Error>>;

/// An own save that succeeded.
pub struct SavedGraph<D> {
    /// The graph that its edit started from.
    pub base: D,
    /// The edited graph.
    pub mine: D,
    /// The workflow as the save left it.
    pub saved: D,
}

impl<D: Data> SavedGraph<D> {
    /// Whether an edit that started from `base` continues from this save: the result of the save is not in `base`.
    fn precedes(&self, base: &D) -> bool {
        let is_older = match (version_of(base), version_of(&self.saved)) {
            (Some(base), Some(saved)) => timestamp::compare(&base, &saved) == Some(Ordering::Less),
            _ => false,
        };
        is_older || base.is_equal(&self.base)
    }
}

/// Saves an edited graph, merged with concurrent saves.
pub struct MergingSave<D: Data> {
    call: FunctionCall,
    base: Graph<D>,
    mine: Graph<D>,
    /// The workflow as an own save left it, if the edit continues from there.
    left: Option<D>,
    to_json: ToJson<D>,
    merges: u32,
    /// The save in progress, or the one that was refused.
    save: WriteFlow<D>,
    /// The read in progress, which fetches the concurrent saves.
    reading: Option<Relations<D>>,
    /// The base and the edited graph, to be remembered after the save.
    edit: (D, D),
}

impl<D: Data> MergingSave<D> {
    /// `call` saves the edited graph; `base` is the graph that the edit started from, as JSON. If `base` does not
    /// contain the result of `earlier`, the edit continues from that save, so that own changes are not mistaken for
    /// changes by others.
    ///
    /// # Errors
    /// `INVALID_INPUT` if the base is not a graph.
    pub fn new(
        call: FunctionCall,
        base: &str,
        earlier: Option<&SavedGraph<D>>,
        to_json: ToJson<D>,
    ) -> Result<Self, Error> {
        let base = D::parse(base).filter(|base| base.is(Form::Object));
        let base = base.ok_or_else(|| Error::invalid("base", BASE_EXPECTED))?;
        let mine: D = graph_of(&call).ok_or_else(|| Error::invalid("graph", "a graph"))?;
        let mut flow = Self {
            base: Graph::new("base", &base)?,
            mine: Graph::new("graph", &mine)?,
            left: None,
            save: WriteFlow::new(Write::Call(call.clone()), None),
            call,
            to_json,
            merges: 0,
            reading: None,
            edit: (base, mine),
        };
        if let Some(earlier) = earlier.filter(|earlier| earlier.precedes(&flow.edit.0)) {
            flow.go_on_from(earlier)?;
        }
        Ok(flow)
    }

    /// Continues the edit from an own save that its base does not contain.
    fn go_on_from(&mut self, earlier: &SavedGraph<D>) -> Result<(), Error> {
        let (start, end) = (Graph::new("base", &earlier.base)?, Graph::new("base", &earlier.mine)?);
        // The base with the own changes since then and those of this edit, which is the latest.
        let own = merge_graphs(&start, &self.base, &end, OnConflict::Theirs).graph();
        let own = Graph::new("base", &own)?;
        self.edit.1 = merge_graphs(&self.base, &self.mine, &own, OnConflict::Theirs).graph();
        self.mine = Graph::new("graph", &self.edit.1)?;
        self.base = own;
        self.left = Some(earlier.saved.clone());
        Ok(())
    }

    /// The version that the save was based on, if it is certain.
    pub fn version_before(&self) -> Option<&str> {
        self.save.version_before()
    }

    /// The save to remember; `saved` is the resulting workflow.
    pub fn saved(self, saved: D) -> SavedGraph<D> {
        let (base, mine) = self.edit;
        SavedGraph { base, mine, saved }
    }

    /// Saves a graph, given by the arguments of the call, which is based on the expected graph.
    fn save(&mut self, arguments: &str, expected: &str, version: Option<String>) -> Step<Written<D>> {
        let arguments = arguments.strip_suffix('}').unwrap_or(arguments);
        let body = [arguments, ",\"p_expected\":", expected, "}"].concat();
        let call = FunctionCall { body, condition: version.map(Condition::Wanted), ..self.call.clone() };
        self.save = WriteFlow::new(Write::Call(call), None);
        let step = self.save.start();
        self.answered_save(step)
    }

    fn answered_save(&mut self, step: Step<Written<D>>) -> Step<Written<D>> {
        step.then(|outcome| match outcome {
            Err(error) if error.is(code::CONFLICT) => self.read(),
            outcome => Step::Done(outcome),
        })
    }

    /// Reads the concurrent saves.
    fn read(&mut self) -> Step<Written<D>> {
        self.merges += 1;
        if self.merges > MAX_MERGES {
            let message = "Others saved the workflow again each time this save was merged with theirs";
            return Step::failed(Report { retryable: true, ..Report::new(code::CONFLICT, message) }.into());
        }
        let reading = Relations::new(self.call.workflow_id.clone().unwrap_or_default());
        let step = self.reading.insert(reading).start();
        self.answered_read(step)
    }

    fn answered_read(&mut self, step: Step<Option<Parts<D>>>) -> Step<Written<D>> {
        step.then(|parts| {
            self.reading = None;
            match parts {
                Ok(Some(parts)) => self.merge_with(&whole(&parts), true).into(),
                Ok(None) => Step::failed(Error::not_found(WORKFLOWS.name)),
                Err(error) => Step::failed(error),
            }
        })
    }

    /// Merges the edited graph with the one in `theirs`. `is_read` states whether `theirs` was just read.
    fn merge_with(&mut self, theirs: &D, is_read: bool) -> Result<Step<Written<D>>, Error> {
        let graph = Graph::new("theirs", theirs)?;
        let merged = merge_graphs(&self.base, &graph, &self.mine, OnConflict::Base);
        if merged.conflicts.is_empty() {
            let arguments = self.arguments(&merged)?;
            let version = if is_read { version_of(theirs) } else { self.version() };
            return Ok(self.save(&arguments, &versions_of(&graph), version));
        }
        if is_read {
            return Err(conflict(&merged, theirs));
        }
        Ok(self.read())
    }

    fn arguments(&self, merged: &Merged<D>) -> Result<String, Error> {
        let id = json_text(self.call.workflow_id.as_deref().unwrap_or_default());
        let (nodes, connections) = ((self.to_json)(&merged.nodes)?, (self.to_json)(&merged.connections)?);
        let parts =
            ["{\"p_workflow_id\":", &id, ",\"p_nodes\":", &nodes, ",\"p_connections\":", &connections, "}"];
        Ok(parts.concat())
    }

    /// The latest known version of the workflow.
    fn version(&self) -> Option<String> {
        self.call.condition.as_ref().map(|condition| condition.updated_at().to_owned())
    }
}

impl<D: Data> Flow<D> for MergingSave<D> {
    type Output = Written<D>;

    fn start(&mut self) -> Step<Self::Output> {
        if let Some(left) = self.left.take() {
            return self.merge_with(&left, false).into();
        }
        let (arguments, expected, version) =
            (self.call.body.clone(), versions_of(&self.base), self.version());
        self.save(&arguments, &expected, version)
    }

    fn answered(&mut self, answer: Answered<D>, other: Option<Answered<D>>) -> Step<Self::Output> {
        if let Some(reading) = &mut self.reading {
            let step = reading.answered(answer, other);
            return self.answered_read(step);
        }
        let step = self.save.answered(answer, other);
        self.answered_save(step)
    }
}

/// The graph that a call saves.
fn graph_of<D: Data>(call: &FunctionCall) -> Option<D> {
    let arguments = D::parse(&call.body)?;
    let (nodes, connections) = (arguments.child("p_nodes")?, arguments.child("p_connections")?);
    Some(D::object(
        None,
        &[],
        &[("nodes", Member::Data(&nodes)), ("connections", Member::Data(&connections))],
    ))
}

fn version_of<D: Data>(workflow: &D) -> Option<String> {
    workflow.column("updated_at").text().map(str::to_owned)
}

/// A workflow with its nodes and connections.
fn whole<D: Data>(parts: &Parts<D>) -> D {
    let lists = [("nodes", Member::Data(&parts.nodes)), ("connections", Member::Data(&parts.connections))];
    D::object(Some(&parts.workflow), &[], &lists)
}

/// The graph in the form that the database compares, as JSON: every node's `updated_at`, and every connection's ends.
fn versions_of<D: Data>(graph: &Graph<D>) -> String {
    let mut json = String::from("{\"nodes\":");
    push_versions(&mut json, graph.nodes(), |node| {
        let version = node.column("updated_at").text().and_then(timestamp::stored);
        version.map_or_else(|| "null".to_owned(), |version| json_text(&version))
    });
    json.push_str(",\"connections\":");
    push_versions(&mut json, graph.connections(), |connection| {
        let [source, target] = ends_of(connection);
        ["[", &json_text(&source), ",", &json_text(&target), "]"].concat()
    });
    json.push('}');
    json
}

/// Appends an object with each row's version.
fn push_versions<D: Data>(json: &mut String, rows: &Rows<D>, version: fn(&D) -> String) {
    let mut before = "{";
    for id in &rows.ids {
        if let Some(row) = rows.get(id) {
            json.push_str(before);
            json.push_str(&json_text(id));
            json.push(':');
            json.push_str(&version(&row));
            before = ",";
        }
    }
    json.push_str(if before == "{" { "{}" } else { "}" });
}

fn conflict<D: Data>(merged: &Merged<D>, theirs: &D) -> Error {
    let (graph, conflicts) = (merged.graph(), merged.conflicts());
    let members = [
        ("conflicts", Member::Data(&conflicts)),
        ("merged", Member::Data(&graph)),
        ("theirs", Member::Data(theirs)),
    ];
    let message = "Another client saved changes that conflict with those of this save";
    let hint = "Let the user resolve each of `conflicts`, and save the result with `theirs` as its base";
    let conflict: D = D::object(None, &[], &members);
    Report {
        hint: Some(hint.to_owned()),
        conflict: Some(Rc::new(conflict)),
        ..Report::new(code::CONFLICT, message)
    }
    .into()
}
