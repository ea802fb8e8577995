//! Details of the pure modules that a surviving mutant showed to be untested (`make mutants`).

mod cache;
mod comparison;
mod flows;
mod in_flight;
mod input;
mod merging;
mod overlays;
mod query;
mod rest;
mod scope;
mod subscription_set;
mod subscriptions;
mod timestamps;
