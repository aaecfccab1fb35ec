//! The text of an answer, as long as it may be and no longer.
//!
//! Lists of many kinds are read at the same time, so what counts is how much all of them have in memory at once. An
//! answer that says that something went wrong is short, or cut short.

use std::cell::Cell;
use std::rc::Rc;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Frame;
use kube::Error;
use kube::client::Body;
use kube::core::Status;

use super::secrets::Secrets;
use super::server::Server;
use crate::source::Limit;

/// So much is read of an answer that is no success.
const REFUSAL: usize = 1 << 16;
/// So much is said of one that is no `Status`.
const SAID: usize = 200;

/// How many bytes of answers are being read.
#[derive(Debug)]
pub(super) struct InFlight {
    bytes: Rc<Cell<usize>>,
    limit: Limit,
}

impl InFlight {
    /// Of lists that come in pages of `chunk_size` objects; 0 is in one piece.
    pub(super) fn of(chunk_size: usize) -> Self {
        Self { bytes: Rc::default(), limit: if chunk_size == 0 { Limit::Whole } else { Limit::Pages } }
    }
}

/// The bytes of one answer among those that are being read.
struct Share<'a> {
    in_flight: &'a InFlight,
    bytes: usize,
}

impl Share<'_> {
    fn add(&mut self, bytes: usize) -> Result<(), Error> {
        self.bytes += bytes;
        let all = self.in_flight.bytes.get() + bytes;
        self.in_flight.bytes.set(all);
        if all > self.in_flight.limit.length() {
            return Err(Error::Service(Box::new(self.in_flight.limit)));
        }
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.in_flight.bytes.set(self.in_flight.bytes.get().saturating_sub(self.bytes));
    }
}

/// Sends `request`; answers with the text that comes.
///
/// # Errors
/// What kube finds wrong, a status that is no success, an answer larger than its limit.
pub(super) async fn text(server: &Server, request: Request<Vec<u8>>) -> Result<String, Error> {
    let response = server.client.send(request.map(Body::from)).await?;
    if response.status().is_client_error() || response.status().is_server_error() {
        return Err(refusal(response, &server.login.secrets).await);
    }
    let mut share = Share { in_flight: &server.reading, bytes: 0 };
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            share.add(data.len())?;
            text.extend_from_slice(&data);
        }
    }
    String::from_utf8(text).map_err(Error::FromUtf8)
}

/// What an answer that is no success says: a `Status`, or the first line of whatever a proxy on the way has put there. Either
/// may repeat what it was sent.
async fn refusal(response: Response<Body>, secrets: &Secrets) -> Error {
    let code = response.status().as_u16();
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => text.extend_from_slice(&data),
            Ok(Err(_)) => {}
            Err(error) => return error,
        }
        if text.len() > REFUSAL {
            break;
        }
    }
    if let Ok(status) = serde_json::from_slice::<Status>(&text) {
        // A server that lies about the code in its text is still one that answered with this code.
        let (message, reason) = (secrets.hide(&status.message), secrets.hide(&status.reason));
        return Error::Api(Box::new(Status { code, message, reason, ..status }));
    }
    let text = secrets.hide(&String::from_utf8_lossy(&text));
    let first = text.trim().lines().next().unwrap_or_default();
    let mut said: String = first.chars().take(SAID).collect();
    if said.len() < text.trim().len() {
        said.push('…');
    }
    let reason = http::StatusCode::from_u16(code).ok().and_then(|code| code.canonical_reason()).unwrap_or_default();
    let message = if said.is_empty() { format!("the server answered {code} {reason}") } else { said };
    Error::Api(Box::new(Status::failure(&message, reason).with_code(code)))
}
