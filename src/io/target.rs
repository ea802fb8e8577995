//! The server's addresses.

use crate::rest::{push_encoded, Request, RELAY};

/// The server that a client connects to.
#[derive(PartialEq)]
pub struct Target {
    /// Ends with `/rest/v1/`.
    pub rest_url: String,
    /// The publishable or anon key.
    pub key: String,
    /// The database schema.
    pub schema: String,
}

impl Target {
    /// The project's address, with a slash at its end.
    fn project_url(&self) -> &str {
        self.rest_url.strip_suffix("rest/v1/").unwrap_or(&self.rest_url)
    }

    /// The URL of a request.
    pub fn url(&self, request: &Request) -> String {
        if request.service_call.is_some() {
            return [self.project_url(), "functions/v1/", RELAY, "/", &request.path].concat();
        }
        [self.rest_url.as_str(), &request.path].concat()
    }

    /// The realtime URL, with the serialization that the session uses.
    pub(super) fn realtime_url(&self) -> String {
        let project = self.project_url();
        let address = project.strip_prefix("http").unwrap_or(project);
        let mut url = ["ws", address, "realtime/v1/websocket?vsn=2.0.0&apikey="].concat();
        push_encoded(&mut url, &self.key);
        url
    }
}
