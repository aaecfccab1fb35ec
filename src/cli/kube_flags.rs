//! kubectl's own connection flags, under kubectl's names (cli-runtime's ConfigFlags).

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::error::{Error, Result};
use crate::config::GoDuration;
use crate::source::ConfigMapName;
use crate::source::live;

/// Which cluster, as whom, in which namespace.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection options (as in kubectl)")]
pub(crate) struct KubeFlags {
    /// The namespace of the objects
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// All namespaces; not possible with a name
    #[arg(short = 'A', long, hide_short_help = true)]
    pub(crate) all_namespaces: bool,
    /// Path to the kubeconfig file [default: $KUBECONFIG, or ~/.kube/config]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The kubeconfig context to use
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// The kubeconfig cluster to use
    #[arg(long, value_name = "NAME", hide_short_help = true, hide_long_help = true)]
    pub(crate) cluster: Option<String>,
    /// The kubeconfig user to use
    #[arg(long, value_name = "NAME", hide_short_help = true, hide_long_help = true)]
    pub(crate) user: Option<String>,
    /// Address and port of the Kubernetes API server
    #[arg(short, long, value_name = "URL", hide_short_help = true, hide_long_help = true)]
    pub(crate) server: Option<String>,
    /// Bearer token for the API server
    #[arg(long, value_name = "TOKEN", hide_short_help = true, hide_long_help = true)]
    pub(crate) token: Option<String>,
    /// User name to impersonate
    #[arg(long = "as", value_name = "USER", hide_short_help = true, hide_long_help = true)]
    pub(crate) as_user: Option<String>,
    /// Group to impersonate; may be given several times
    #[arg(long, value_name = "GROUP", hide_short_help = true, hide_long_help = true)]
    pub(crate) as_group: Vec<String>,
    /// UID to impersonate
    #[arg(long, value_name = "UID", hide_short_help = true, hide_long_help = true)]
    pub(crate) as_uid: Option<String>,
    /// How long to wait for a single request (1s, 1m30s, 500ms; 0 waits forever)
    #[arg(long, value_name = "DURATION", hide_short_help = true, hide_long_help = true)]
    pub(crate) request_timeout: Option<String>,
    /// Do not check the server's certificate; this makes the connection insecure
    #[arg(long, hide_short_help = true, hide_long_help = true)]
    pub(crate) insecure_skip_tls_verify: bool,
    /// Path to the certificate of the authority that signed the server certificate
    #[arg(long, value_name = "FILE", hide_short_help = true, hide_long_help = true)]
    pub(crate) certificate_authority: Option<PathBuf>,
    /// Path to a client certificate for TLS
    #[arg(long, value_name = "FILE", hide_short_help = true, hide_long_help = true)]
    pub(crate) client_certificate: Option<PathBuf>,
    /// Path to a client key for TLS
    #[arg(long, value_name = "FILE", hide_short_help = true, hide_long_help = true)]
    pub(crate) client_key: Option<PathBuf>,
    /// Server name for the check of the server certificate
    #[arg(long, value_name = "NAME", hide_short_help = true, hide_long_help = true)]
    pub(crate) tls_server_name: Option<String>,
    /// kubectl's cache directory; accepted but not used
    #[arg(long, value_name = "DIR", hide_short_help = true, hide_long_help = true)]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Objects per page of a list; 0 for all in one
    #[arg(long, value_name = "NUMBER", default_value_t = 500, hide = true)]
    pub(crate) chunk_size: usize,
}

impl KubeFlags {
    /// The flags as the connection takes them.
    ///
    /// # Errors
    /// `--request-timeout` is no duration.
    pub(super) fn connection(&self) -> Result<live::Connection> {
        Ok(live::Connection {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            user: self.user.clone(),
            server: self.server.clone(),
            token: self.token.clone(),
            tls_server_name: self.tls_server_name.clone(),
            insecure_skip_tls_verify: self.insecure_skip_tls_verify,
            certificate_authority: self.certificate_authority.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
            impersonate: self.as_user.clone(),
            impersonate_groups: self.as_group.clone(),
            impersonate_uid: self.as_uid.clone(),
            chunk_size: self.chunk_size,
            request_timeout: self.request_timeout.as_deref().map(timeout).transpose()?.flatten(),
            autoscaler_status: ConfigMapName::default(),
            session: live::SessionCell::default(),
        })
    }
}

/// A bare number counts seconds, anything else is a Go duration; 0 is none (upstream client-go
/// tools/clientcmd/overrides.go, `ParseTimeout`).
fn timeout(text: &str) -> Result<Option<Duration>> {
    let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
    let duration = || u64::try_from(GoDuration::parse(text)?.nanoseconds).ok().map(Duration::from_nanos);
    match seconds.or_else(duration) {
        Some(Duration::ZERO) => Ok(None),
        Some(duration) => Ok(Some(duration)),
        None => Err(Error::new(format!(
            "invalid value for --request-timeout: \"{text}\" is not a number with a time unit (1s, 1m30s, 500ms)"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(text: &str, expected: Option<u64>) {
        let milliseconds = timeout(text).ok().map(|timeout| timeout.unwrap_or_default().as_millis());
        assert_eq!(milliseconds, expected.map(u128::from), "{text}");
    }

    #[test]
    fn timeouts_as_kubectl_reads_them() {
        case("0", Some(0));
        case("0s", Some(0));
        case("7", Some(7000));
        case("1m30s", Some(90_000));
        case("500ms", Some(500));
        case("1.5h", Some(5_400_000));
        case("-1s", None);
        case("soon", None);
        case("", None);
    }
}
