//! From kubectl's connection flags to a client.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::LiveError;

/// kubectl's connection flags, as they were given (cli-runtime's ConfigFlags).
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `--server`.
    pub server: Option<String>,
    /// `--token`.
    pub token: Option<String>,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: bool,
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`.
    pub client_key: Option<PathBuf>,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-group`.
    pub impersonate_groups: Vec<String>,
    /// `--as-uid`.
    pub impersonate_uid: Option<String>,
    /// `--request-timeout`; none means no limit.
    pub request_timeout: Option<Duration>,
}

impl Connection {
    /// The namespace that the current context names.
    ///
    /// # Errors
    /// As [`Connection::config`].
    pub async fn default_namespace(&self) -> Result<String, LiveError> {
        Ok(self.config().await?.default_namespace)
    }

    /// A client for the cluster that the flags and the kubeconfig name.
    ///
    /// # Errors
    /// No usable kubeconfig, or one that does not make a client; in kubectl's words.
    pub async fn client(&self) -> Result<Client, LiveError> {
        let config = self.config().await?;
        Client::try_from(config).map_err(LiveError::client)
    }

    async fn config(&self) -> Result<Config, LiveError> {
        let options =
            KubeConfigOptions { context: self.context.clone(), cluster: self.cluster.clone(), user: self.user.clone() };
        let kubeconfig = match &self.kubeconfig {
            Some(path) => Kubeconfig::read_from(path),
            None => Kubeconfig::read(),
        };
        let mut config = match kubeconfig {
            Ok(mut kubeconfig) => {
                self.override_tls(&mut kubeconfig);
                Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(LiveError::kubeconfig)?
            }
            // As client-go: inside a cluster no kubeconfig is needed.
            Err(error) => match Config::incluster() {
                Ok(config) if self.kubeconfig.is_none() => config,
                _ => self.without_kubeconfig(error)?,
            },
        };
        self.override_config(&mut config)?;
        Ok(config)
    }

    /// `--server` alone is enough to know the cluster.
    fn without_kubeconfig(&self, error: kube::config::KubeconfigError) -> Result<Config, LiveError> {
        match &self.server {
            Some(server) if self.kubeconfig.is_none() => Ok(Config::new(parse_server(server)?)),
            _ => Err(LiveError::kubeconfig(error)),
        }
    }

    /// `--certificate-authority` replaces what the kubeconfig says of the cluster.
    fn override_tls(&self, kubeconfig: &mut Kubeconfig) {
        let Some(authority) = &self.certificate_authority else { return };
        for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
            cluster.certificate_authority = Some(authority.display().to_string());
            cluster.certificate_authority_data = None;
        }
    }

    fn override_config(&self, config: &mut Config) -> Result<(), LiveError> {
        if let Some(server) = &self.server {
            config.cluster_url = parse_server(server)?;
        }
        if let Some(name) = &self.tls_server_name {
            config.tls_server_name = Some(name.clone());
        }
        config.accept_invalid_certs |= self.insecure_skip_tls_verify;
        config.read_timeout = self.request_timeout;
        config.connect_timeout = self.request_timeout.or(config.connect_timeout);
        let auth = &mut config.auth_info;
        if let Some(token) = &self.token {
            auth.token = Some(token.clone().into());
            (auth.token_file, auth.exec, auth.auth_provider) = (None, None, None);
        }
        if let Some(certificate) = &self.client_certificate {
            auth.client_certificate = Some(certificate.display().to_string());
            auth.client_certificate_data = None;
        }
        if let Some(key) = &self.client_key {
            auth.client_key = Some(key.display().to_string());
            auth.client_key_data = None;
        }
        if self.impersonate.is_some() {
            auth.impersonate.clone_from(&self.impersonate);
        }
        if self.impersonate_uid.is_some() {
            auth.impersonate_uid.clone_from(&self.impersonate_uid);
        }
        if !self.impersonate_groups.is_empty() {
            auth.impersonate_groups = Some(self.impersonate_groups.clone());
        }
        Ok(())
    }
}

fn parse_server(server: &str) -> Result<http::Uri, LiveError> {
    let url = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
    url.parse().map_err(|_| LiveError::Message(format!("--server {server:?} is no address: give https://HOST:PORT")))
}
