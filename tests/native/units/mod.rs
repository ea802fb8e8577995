//! Details of the pure modules that a surviving mutant showed to be untested (`make mutants`).

mod cache;
mod comparison;
mod flows;
mod functions;
mod in_flight;
mod input;
mod merging;
mod missing_rows;
mod overlays;
mod query;
mod rest;
mod rooms;
mod scope;
mod scope_flow;
mod subscription_set;
mod subscriptions;
mod timestamps;
mod writes;
