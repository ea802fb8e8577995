//! `PostgREST`: a query or a write as an HTTP request, and an HTTP answer as rows, a count or an error.

mod relations;
mod request;
mod response;
mod url;

pub use relations::{without_embedded, Embedded, CONNECTIONS, NODES};
pub use request::{Method, Request};
pub use response::{classify, Answer, Reply, ResponseBody};
pub use url::{push_encoded, quoted, MAX_URL_LENGTH};
