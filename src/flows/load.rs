//! What a read loads, and the result.

use super::batch::Lookup;
use super::completion::List;
use super::page::{CursorPage, NumberedPage};
use super::relations::{Parts, Relations};
use super::{Answered, Flow, Step};
use crate::cache::Shape;
use crate::data::Data;
use crate::query::{Cursor, Query};
use crate::tables::{Table, WORKFLOWS, WORKFLOW_CONNECTIONS, WORKFLOW_NODES};
use std::rc::Rc;

/// What to load.
#[derive(Clone)]
pub enum Load {
    /// A single row, if it exists.
    Row(Lookup),
    /// The rows of one parent.
    Children(Lookup),
    /// All rows of a query.
    List(Query),
    /// `{data, total, page, pageSize, hasMore}`. Never served from the cache.
    Page(Query),
    /// `{data, total, pageSize, nextCursor, prevCursor, hasMore}` of the list with this key. Never served from the
    /// cache.
    CursorPage(Query, Cursor, String),
    /// A workflow with its nodes and connections.
    Relations(String),
}

/// The result of a load.
pub enum Loaded<D> {
    /// An entry of this shape.
    Entry(D, Shape),
    /// A workflow with its nodes and connections, which become separate entries.
    Parts(Parts<D>),
}

impl Load {
    /// Whether it always asks the server and is stored only for observers.
    pub fn is_page(&self) -> bool {
        matches!(self, Self::Page(_) | Self::CursorPage(..))
    }

    /// The tables that it reads.
    pub fn tables(&self) -> Vec<&'static Table> {
        match self {
            Self::Row(lookup) | Self::Children(lookup) => vec![lookup.table],
            Self::List(query) | Self::Page(query) | Self::CursorPage(query, ..) => vec![query.table],
            Self::Relations(_) => vec![&WORKFLOWS, &WORKFLOW_NODES, &WORKFLOW_CONNECTIONS],
        }
    }

    /// The shape of the entry that it yields.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Row(lookup) => Shape::Row(lookup.table),
            Self::Children(lookup) => Shape::List(Rc::new(lookup.query())),
            Self::List(query) => Shape::List(Rc::new(query.clone())),
            Self::Page(query) | Self::CursorPage(query, ..) => Shape::Page(Rc::new(query.clone())),
            Self::Relations(_) => Shape::Relations,
        }
    }

    /// The id, if it reads a single row.
    pub fn row_id(&self) -> Option<&str> {
        match self {
            Self::Row(Lookup { column: "id", value, .. }) => Some(value),
            _ => None,
        }
    }
}

/// Loads data that is not batched with other reads.
pub struct LoadFlow<D: Data>(Asking<D>);

enum Asking<D: Data> {
    List(Query, List<D>),
    Page(Query, NumberedPage<D>),
    CursorPage(Query, CursorPage<D>),
    Relations(Relations<D>),
}

impl<D: Data> LoadFlow<D> {
    /// `None` for a lookup, which is batched.
    pub fn new(load: Load) -> Option<Self> {
        Some(Self(match load {
            Load::Row(_) | Load::Children(_) => return None,
            Load::List(query) => Asking::List(query.clone(), List::new(query)),
            Load::Page(query) => Asking::Page(query.clone(), NumberedPage::new(query)),
            Load::CursorPage(query, cursor, key) => {
                Asking::CursorPage(query.clone(), CursorPage::new(query, cursor, key))
            }
            Load::Relations(id) => Asking::Relations(Relations::new(id)),
        }))
    }

    fn advance(&mut self, answers: Option<(Answered<D>, Option<Answered<D>>)>) -> Step<Option<Loaded<D>>> {
        match &mut self.0 {
            Asking::List(query, list) => {
                advance(list, answers).map(|(rows, _)| Ok(Some(Loaded::list(rows, query))))
            }
            Asking::Page(query, page) => {
                advance(page, answers).map(|page| Ok(Some(Loaded::page(page, query))))
            }
            Asking::CursorPage(query, page) => {
                advance(page, answers).map(|page| Ok(Some(Loaded::page(page, query))))
            }
            Asking::Relations(parts) => advance(parts, answers).map(|parts| Ok(parts.map(Loaded::Parts))),
        }
    }
}

fn advance<D, F: Flow<D>>(
    flow: &mut F,
    answers: Option<(Answered<D>, Option<Answered<D>>)>,
) -> Step<F::Output> {
    match answers {
        None => flow.start(),
        Some((answer, other)) => flow.answered(answer, other),
    }
}

impl<D> Loaded<D> {
    fn list(rows: D, query: &Query) -> Self {
        Self::Entry(rows, Shape::List(Rc::new(query.clone())))
    }

    fn page(page: D, query: &Query) -> Self {
        Self::Entry(page, Shape::Page(Rc::new(query.clone())))
    }
}

impl<D: Data> Flow<D> for LoadFlow<D> {
    type Output = Option<Loaded<D>>;

    fn start(&mut self) -> Step<Self::Output> {
        self.advance(None)
    }

    fn answered(&mut self, answer: Answered<D>, other: Option<Answered<D>>) -> Step<Self::Output> {
        self.advance(Some((answer, other)))
    }
}
