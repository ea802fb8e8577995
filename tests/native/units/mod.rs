//! Single behaviours of the pure modules that a mutant once broke unnoticed (`make mutants`).

mod cache;
mod flows;
mod query;
mod rest;
