//! HTTP extenders: who else would be asked, and for what (`pkg/scheduler/scheduler.go: buildExtenders`,
//! `pkg/scheduler/extender.go: NewHTTPExtender`).

use std::fmt;

use super::duration::GoDuration;
use super::error::ConfigError;
use super::types;
use crate::api::name::{Name, name};

/// The timeout of an extender that sets none, in seconds.
const DEFAULT_TIMEOUT_SECONDS: i64 = 5;

/// An extender. A verb that is `None` is never called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExtenderConfig {
    /// The URL before the verbs; also the extender's name.
    pub url_prefix: String,
    /// Filters nodes.
    pub filter_verb: Option<String>,
    /// Filters preemption candidates.
    pub preempt_verb: Option<String>,
    /// Scores nodes.
    pub prioritize_verb: Option<String>,
    /// What its scores are multiplied with.
    pub weight: i64,
    /// Binds pods.
    pub bind_verb: Option<String>,
    /// Speaks HTTPS.
    pub enable_https: bool,
    /// How the connection is secured.
    pub tls_config: Option<ExtenderTls>,
    /// How long a call may take.
    pub http_timeout: GoDuration,
    /// Is sent node names instead of nodes.
    pub node_cache_capable: bool,
    /// Only pods that request one of these are sent; every pod if empty.
    pub managed_resources: Vec<ManagedResource>,
    /// Scheduling goes on when it does not answer.
    pub ignorable: bool,
}

/// A resource that an extender looks after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ManagedResource {
    /// The resource.
    pub name: Name,
    /// `NodeResourcesFit` leaves it to the extender.
    pub ignored_by_scheduler: bool,
}

/// How the connection to an extender is secured. What is given inline goes before the files.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ExtenderTls {
    /// Any server certificate will do.
    pub insecure: bool,
    /// The server name in the certificate.
    pub server_name: String,
    /// Path of the client certificate.
    pub cert_file: String,
    /// Path of its key.
    pub key_file: String,
    /// Path of the trusted roots.
    pub ca_file: String,
    /// The client certificate, PEM in base64.
    pub cert_data: String,
    /// Its key, PEM in base64.
    pub key_data: String,
    /// The trusted roots, PEM in base64.
    pub ca_data: String,
}

impl fmt::Debug for ExtenderTls {
    /// Inline certificates and the key are left out: they belong in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtenderTls")
            .field("insecure", &self.insecure)
            .field("server_name", &self.server_name)
            .field("cert_file", &self.cert_file)
            .field("key_file", &self.key_file)
            .field("ca_file", &self.ca_file)
            .finish_non_exhaustive()
    }
}

/// The extenders in the order they are asked, and the resources they take from `NodeResourcesFit`.
pub(super) fn build(extenders: &[types::Extender]) -> Result<(Vec<ExtenderConfig>, Vec<String>), ConfigError> {
    let insecure_with_roots =
        |tls: &types::ExtenderTls| tls.insecure && !(tls.ca_file.is_empty() && tls.ca_data.is_empty());
    if extenders.iter().any(|extender| extender.tls_config.as_ref().is_some_and(insecure_with_roots)) {
        return Err(ConfigError::Extenders(
            "specifying a root certificates file with the insecure flag is not allowed",
        ));
    }
    let ignored = extenders
        .iter()
        .flat_map(|extender| &extender.managed_resources)
        .filter(|resource| resource.ignored_by_scheduler)
        .map(|resource| resource.name.clone())
        .collect();
    let (ignorable, needed): (Vec<_>, Vec<_>) = extenders.iter().partition(|extender| extender.ignorable);
    let ordered = needed.into_iter().chain(ignorable).map(ExtenderConfig::from).collect();
    Ok((ordered, ignored))
}

impl From<&types::Extender> for ExtenderConfig {
    fn from(extender: &types::Extender) -> Self {
        let verb = |verb: &String| Some(verb.clone()).filter(|verb| !verb.is_empty());
        Self {
            url_prefix: extender.url_prefix.clone(),
            filter_verb: verb(&extender.filter_verb),
            preempt_verb: verb(&extender.preempt_verb),
            prioritize_verb: verb(&extender.prioritize_verb),
            weight: extender.weight,
            bind_verb: verb(&extender.bind_verb),
            enable_https: extender.enable_https,
            tls_config: extender.tls_config.as_ref().map(|tls| ExtenderTls {
                insecure: tls.insecure,
                server_name: tls.server_name.clone(),
                cert_file: tls.cert_file.clone(),
                key_file: tls.key_file.clone(),
                ca_file: tls.ca_file.clone(),
                cert_data: tls.cert_data.clone(),
                key_data: tls.key_data.clone(),
                ca_data: tls.ca_data.clone(),
            }),
            http_timeout: match extender.http_timeout.nanoseconds {
                0 => GoDuration::from_seconds(DEFAULT_TIMEOUT_SECONDS),
                _ => extender.http_timeout,
            },
            node_cache_capable: extender.node_cache_capable,
            managed_resources: extender
                .managed_resources
                .iter()
                .map(|resource| ManagedResource {
                    name: name(&resource.name),
                    ignored_by_scheduler: resource.ignored_by_scheduler,
                })
                .collect(),
            ignorable: extender.ignorable,
        }
    }
}
