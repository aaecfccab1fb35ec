//! The transport of extenders: HTTP with a deadline over the whole call (upstream extender.go,
//! makeTransport and HTTPExtender.send), on the client that also speaks to the API server.
//!
//! Nothing is retried, no redirect followed, no proxy used; an answer has a largest size.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::client::Body;
use kube::config::{AuthInfo, Cluster, Context, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::config::{NamedAuthInfo, NamedCluster, NamedContext};
use kube::{Client, Config};
use tokio::time::{Instant, timeout_at};

use crate::api::UpstreamError;
use crate::config::ExtenderConfig;
use crate::decode::limits::Limit;

use super::Transport;

/// An extender's connection cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the extender {url} cannot be called: {why}")]
pub struct ConnectError {
    url: String,
    why: String,
}

/// Makes ready to call `extenders`, in their order; nothing is sent yet.
///
/// # Errors
/// A URL that is none, or a certificate or key that cannot be read.
pub fn connect(extenders: &[ExtenderConfig]) -> Result<Vec<Box<dyn Transport>>, ConnectError> {
    extenders
        .iter()
        .map(|extender| {
            let http = Http::new(extender).map_err(|why| ConnectError { url: extender.url_prefix.clone(), why })?;
            Ok(Box::new(http) as Box<dyn Transport>)
        })
        .collect()
}

/// One extender's connection.
struct Http {
    /// The URL before the verbs, without a slash at the end.
    url: String,
    config: Config,
    timeout: Duration,
}

impl Http {
    fn new(extender: &ExtenderConfig) -> Result<Self, String> {
        let url = extender.url_prefix.trim_end_matches('/').to_owned();
        let config = runtime()?.block_on(client_config(&url, extender)).map_err(|error| error.to_string())?;
        if !matches!(config.cluster_url.scheme_str(), Some("http" | "https")) {
            return Err("its URL begins with neither http:// nor https://".to_owned());
        }
        let nanoseconds = u64::try_from(extender.http_timeout.nanoseconds).unwrap_or_default();
        let http = Self { url, config, timeout: Duration::from_nanos(nanoseconds) };
        // Reads the certificates, so that a mistake shows before anything is asked.
        runtime()?.block_on(async { Client::try_from(http.config.clone()) }).map_err(|error| innermost(&error))?;
        Ok(http)
    }

    async fn exchange(&self, verb: &str, body: String) -> Result<Vec<u8>, String> {
        let url = format!("{}/{verb}", self.url);
        let deadline = Instant::now() + self.timeout;
        let failed = |what: &str| format!("Post \"{url}\": {what}");
        // A client a call: its connections belong to the runtime that made them.
        let client = Client::try_from(self.config.clone()).map_err(|error| failed(&innermost(&error)))?;
        let request = http::Request::post(format!("/{verb}"))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.into_bytes()))
            .map_err(|error| failed(&error.to_string()))?;
        let response = timeout_at(deadline, client.send(request))
            .await
            .map_err(|_| failed("context deadline exceeded (Client.Timeout exceeded while awaiting headers)"))?
            .map_err(|error| failed(&self.in_words_of_go(&error)))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(format!("failed {verb} with extender at URL {url}, code {status}"));
        }
        let most = Limit::Extender.length();
        let too_long = || format!("{url}: {}", Limit::Extender);
        let length = response.headers().get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > most) {
            return Err(too_long());
        }
        timeout_at(deadline, whole(Limited::new(response.into_body(), most)))
            .await
            .map_err(|_| {
                "context deadline exceeded (Client.Timeout or context cancellation while reading body)".to_owned()
            })?
            .map_err(|error| if error.is::<LengthLimitError>() { too_long() } else { "unexpected EOF".to_owned() })
    }

    /// A failed exchange as Go's client tells it, where it has the same words.
    fn in_words_of_go(&self, error: &kube::Error) -> String {
        let cause = innermost(error);
        if cause.contains("onnection refused") {
            let port = self.config.cluster_url.port_u16().unwrap_or(match self.config.cluster_url.scheme_str() {
                Some("https") => 443,
                _ => 80,
            });
            let host = self.config.cluster_url.host().unwrap_or_default();
            return format!("dial tcp {host}:{port}: connect: connection refused");
        }
        if cause.contains("before message completed") {
            return "EOF".to_owned();
        }
        cause
    }
}

/// All of a body; no part is in memory twice once it is there.
async fn whole(mut body: Limited<Body>) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            text.extend_from_slice(data);
        }
    }
    Ok(text)
}

impl Transport for Http {
    fn post(&self, verb: &str, body: String) -> Result<Vec<u8>, UpstreamError> {
        Ok(runtime()?.block_on(self.exchange(verb, body))?)
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start the network runtime: {error}"))
}

/// What upstream's makeTransport makes of the configuration: HTTPS without trusted roots trusts
/// every certificate.
async fn client_config(url: &str, extender: &ExtenderConfig) -> Result<Config, KubeconfigError> {
    const ONE: &str = "extender";
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (mut cluster, mut user) = (Cluster { server: Some(url.to_owned()), ..Cluster::default() }, AuthInfo::default());
    let mut trust_all = extender.enable_https;
    if let Some(tls) = &extender.tls_config {
        let has_roots = !(tls.ca_file.is_empty() && tls.ca_data.is_empty());
        trust_all = tls.insecure || (extender.enable_https && !has_roots);
        cluster.tls_server_name = given(&tls.server_name);
        cluster.certificate_authority = given(&tls.ca_file);
        cluster.certificate_authority_data = given(&tls.ca_data);
        user.client_certificate = given(&tls.cert_file);
        user.client_certificate_data = given(&tls.cert_data);
        user.client_key = given(&tls.key_file);
        user.client_key_data = given(&tls.key_data).map(Into::into);
    }
    cluster.insecure_skip_tls_verify = Some(trust_all);
    let context = Context { cluster: ONE.to_owned(), user: Some(ONE.to_owned()), ..Context::default() };
    let kubeconfig = Kubeconfig {
        clusters: vec![NamedCluster { name: ONE.to_owned(), cluster: Some(cluster), ..NamedCluster::default() }],
        auth_infos: vec![NamedAuthInfo { name: ONE.to_owned(), auth_info: Some(user), ..NamedAuthInfo::default() }],
        contexts: vec![NamedContext { name: ONE.to_owned(), context: Some(context), ..NamedContext::default() }],
        current_context: Some(ONE.to_owned()),
        ..Kubeconfig::default()
    };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    if trust_all || url.starts_with("http://") {
        // The roots of this machine, which it may not even have, do not matter.
        config.root_cert.get_or_insert_default();
    }
    config.proxy_url = None;
    config.default_retry = false;
    // The deadline is over the call as a whole.
    (config.connect_timeout, config.write_timeout) = (None, None);
    Ok(config)
}

/// The last cause: the one that says what happened.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
