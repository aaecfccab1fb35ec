//! One API server: requests with a time limit, and errors that say which server it was.

use std::io;
use std::time::Duration;

use kube::Client;

use super::connection::NO_CLUSTER;
use super::error::LiveError;
use super::login::Login;
use super::{body, retry, words};
use crate::source::Limit;

/// A client for the server that the kubeconfig and the flags name. Requests that fail for now are
/// sent again after a while ([`retry`]).
pub(super) struct Server {
    pub(super) client: Client,
    /// As the kubeconfig has it.
    pub(super) url: http::Uri,
    /// The proxy that requests go through.
    pub(super) proxy: Option<http::Uri>,
    /// `--request-timeout`: for one request, retries included.
    pub(super) timeout: Option<Duration>,
    /// The bytes of answers that are being read.
    pub(super) reading: body::InFlight,
    /// Until when the credentials are good, and what must not be printed.
    pub(super) login: Login,
}

impl Server {
    /// The server's version, such as `v1.34.1`; none when the user may not ask or it has none.
    ///
    /// # Errors
    /// No connection, no login.
    pub(super) async fn version(&self) -> Result<Option<String>, LiveError> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            git_version: String,
        }
        match self.get("/version").await {
            Ok(text) => Ok(serde_json::from_str::<Version>(&text).ok().map(|version| version.git_version)),
            Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404) => Ok(None),
            Err(error) => Err(self.error(error)),
        }
    }

    /// The text at `path`.
    ///
    /// # Errors
    /// What kube finds wrong; a request that took too long is an [`io::ErrorKind::TimedOut`].
    pub(super) async fn get(&self, path: &str) -> Result<String, kube::Error> {
        let answer = self.insist(path);
        match self.timeout {
            None => answer.await,
            Some(limit) => tokio::time::timeout(limit, answer)
                .await
                .unwrap_or_else(|_| Err(kube::Error::Service(Box::new(io::Error::from(io::ErrorKind::TimedOut))))),
        }
    }

    /// Asks again as long as that may help.
    async fn insist(&self, path: &str) -> Result<String, kube::Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let request = http::Request::get(path).body(Vec::new()).map_err(kube::Error::HttpError)?;
            match body::text(self, request).await {
                Ok(text) => return Ok(text),
                Err(error) => match retry::pause(&error, tries) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(error),
                },
            }
        }
    }

    /// Host and port, for sentences.
    pub(super) fn address(&self) -> String {
        address_of(&self.url)
    }

    /// What went wrong, in kubectl's words.
    pub(super) fn error(&self, error: kube::Error) -> LiveError {
        match error {
            kube::Error::Api(status) if status.code == 401 => {
                LiveError::new("You must be logged in to the server (Unauthorized)".to_owned())
            }
            kube::Error::Api(status) => LiveError::Server { reason: status.reason, message: status.message },
            kube::Error::Auth(error) => words::credentials(error, &self.login.secrets),
            kube::Error::FromUtf8(error) => LiveError::caused_by(error, "the server's answer is not text in UTF-8"),
            kube::Error::Service(error) if error.is::<Limit>() => LiveError::new(error.to_string()),
            error => self.unreachable(error),
        }
    }

    fn unreachable(&self, error: kube::Error) -> LiveError {
        let is_refused = io_kind(&error) == Some(io::ErrorKind::ConnectionRefused);
        // Go says so where it is the proxy that is not there (net/http, Transport.dialConn).
        if let Some(proxy) = self.proxy.as_ref().filter(|_| is_refused) {
            let why = format!("proxyconnect tcp: dial tcp {}: connect: connection refused", address_of(proxy));
            return LiveError::caused_by(error, format!("Unable to connect to the server: {why}"));
        }
        if !is_refused {
            let host = self.proxy.as_ref().unwrap_or(&self.url).host().unwrap_or_default();
            let why = self.login.secrets.hide(&words::connection(&error, host));
            return LiveError::caused_by(error, format!("Unable to connect to the server: {why}"));
        }
        let refused = format!(
            "The connection to the server {} was refused - did you specify the right host or port?",
            self.address()
        );
        if self.url == NO_CLUSTER { LiveError::NoCluster(refused) } else { LiveError::caused_by(error, refused) }
    }
}

/// Host and port.
fn address_of(url: &http::Uri) -> String {
    let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("http") { 80 } else { 443 });
    format!("{}:{port}", url.host().unwrap_or_default())
}

/// The kind of the innermost input or output error.
fn io_kind(error: &kube::Error) -> Option<io::ErrorKind> {
    let mut found = None;
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        found = error.downcast_ref::<io::Error>().map(io::Error::kind).or(found);
        next = error.source();
    }
    found
}
