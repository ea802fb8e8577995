//! `PostgREST`: queries and writes as HTTP requests, and HTTP responses as rows, counts or errors.

mod relations;
mod request;
mod response;
mod url;

pub use relations::{without_embedded, Embedded, CONNECTIONS, NODES};
pub use request::{Method, Request, RELAY};
pub use response::{classify, Answer, Reply, ResponseBody};
pub use url::{push_encoded, quoted, MAX_URL_LENGTH};
