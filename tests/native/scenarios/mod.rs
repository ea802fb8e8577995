//! Stories of one behaviour each.

mod aborts;
mod arguments;
mod batches;
mod channels;
mod coherence;
mod completeness;
mod crowd;
mod explanations;
mod found;
mod fresh;
mod freshness;
mod gaps;
mod identity;
mod keys;
mod lists;
mod live;
mod lost_answers;
mod members;
mod overtaken;
mod reads;
mod relations;
mod retries;
mod saves;
mod session;
mod tokens;
mod versions;
