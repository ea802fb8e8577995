//! Calls of another service: a request to the API relay, and the service's own response.

use super::call::{CallOptions, Sent, Stage};
use super::Engine;
use crate::error::{code, Error, Report};
use crate::flows::API_RELAY;
use crate::platform::Platform;
use crate::rest::Request;
use crate::time::SERVICE_TIMEOUT_MS;
use futures_util::future::FutureExt;
use std::rc::Rc;

impl<P: Platform> Engine<P> {
    /// Sends the request. Resolves with the service's response as soon as its headers have arrived, with any status.
    ///
    /// # Errors
    /// Errors of the relay, and those of any request.
    pub async fn call_service(
        self: &Rc<Self>,
        request: Request,
        options: CallOptions,
    ) -> Result<Option<P::Data>, Error> {
        let stage = Stage::default();
        let sent = Sent::default();
        stage.waits_for(&sent);
        let timeout_ms = options.timeout_ms.unwrap_or(SERVICE_TIMEOUT_MS);
        let work = async {
            self.settled().await;
            let answered = self.attempt(request, timeout_ms, &sent).await;
            answered.outcome.map(|answer| Some(answer.rows)).map_err(explained)
        };
        self.supervise(options.cancelled, &stage, work.boxed_local()).await
    }
}

/// The relay reports itself what the database lacks. Only a gateway can report that there is no relay.
fn explained(error: Error) -> Error {
    if error.status != Some(404) || !error.is(code::UNKNOWN_ERROR) {
        return error;
    }
    let hint =
        ["Deploy supabase/functions/api-relay and run ", API_RELAY, ", which the package carries"].concat();
    Report {
        status: error.status,
        hint: Some(hint),
        attempts: error.attempts,
        ..Report::new(code::MIGRATION_REQUIRED, "The edge function api-relay is not deployed")
    }
    .into()
}
