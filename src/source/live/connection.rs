//! From kubectl's connection flags to a client.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use super::body::InFlight;
use super::error::{LiveError, cause};
use super::login::Login;
use super::secrets::{without_user, without_value};
use super::server::Server;
use super::session::SessionCell;
use super::words;
use crate::source::Limit;
use crate::source::config_map::ConfigMapName;

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
    /// `--chunk-size`: objects a page, 0 for all in one.
    pub chunk_size: usize,
    /// The ConfigMap of the Cluster Autoscaler, which is the only one that lists ask for.
    pub autoscaler_status: ConfigMapName,
    /// The login, shared by all reads over this connection.
    pub session: SessionCell,
}

/// Where client-go looks when nobody says where (tools/clientcmd, `DefaultClusterConfig`).
pub(super) const NO_CLUSTER: &str = "http://localhost:8080";

/// How we name ourselves to servers, and in their audit logs.
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("kubectl-sched/", env!("CARGO_PKG_VERSION")));

impl Connection {
    /// The server that the flags and the kubeconfig name.
    ///
    /// # Errors
    /// No usable kubeconfig, or one that does not make a client; in kubectl's words.
    pub(super) async fn server(&self) -> Result<Server, LiveError> {
        let mut config = self.config().await?;
        let (url, timeout, proxy) = (config.cluster_url.clone(), self.request_timeout, config.proxy_url.clone());
        let mut login = Login::of(&mut config.auth_info)?;
        [Some(&url), proxy.as_ref()].into_iter().flatten().for_each(|address| login.secrets.add_password_of(address));
        match Client::try_from(config) {
            Ok(client) => Ok(Server { client, url, proxy, timeout, reading: InFlight::of(self.chunk_size), login }),
            Err(kube::Error::Auth(error)) => Err(words::credentials(error, &login.secrets)),
            Err(error) => {
                let message = format!("Unable to connect to the server: {}", cause(&error));
                Err(LiveError::caused_by(error, login.secrets.hide(&message)))
            }
        }
    }

    async fn config(&self) -> Result<Config, LiveError> {
        let options =
            KubeConfigOptions { context: self.context.clone(), cluster: self.cluster.clone(), user: self.user.clone() };
        let mut config = match self.kubeconfig() {
            Ok(Some(mut kubeconfig)) => {
                self.check_user(&kubeconfig)?;
                self.override_tls(&mut kubeconfig);
                self.check_files(&kubeconfig)?;
                Config::from_custom_kubeconfig(kubeconfig, &options).await.or_else(|error| self.flags_alone(error))?
            }
            // As client-go: inside a cluster no kubeconfig is needed.
            Ok(None) => Config::incluster().or_else(|_| self.flags_alone(KubeconfigError::CurrentContextNotSet))?,
            Err(error) => return Err(error),
        };
        self.override_config(&mut config)?;
        Ok(config)
    }

    /// The file that the flag names, else those of `KUBECONFIG` merged, else `~/.kube/config`. Of
    /// the latter some or all may be missing, as client-go's `tools/clientcmd` has it.
    fn kubeconfig(&self) -> Result<Option<Kubeconfig>, LiveError> {
        if let Some(path) = &self.kubeconfig {
            return read(path).map(Some);
        }
        let paths: Vec<PathBuf> = match std::env::var_os("KUBECONFIG").filter(|paths| !paths.is_empty()) {
            Some(paths) => std::env::split_paths(&paths).collect(),
            None => std::env::home_dir().map(|home| home.join(".kube/config")).into_iter().collect(),
        };
        let mut merged: Option<Kubeconfig> = None;
        for path in paths.iter().filter(|path| path.exists()) {
            let next = read(path)?;
            merged = Some(merged.unwrap_or_default().merge(next).map_err(LiveError::kubeconfig)?);
        }
        Ok(merged)
    }

    /// kube takes a user that is not there for nobody; kubectl refuses.
    fn check_user(&self, kubeconfig: &Kubeconfig) -> Result<(), LiveError> {
        match &self.user {
            Some(user) if !kubeconfig.auth_infos.iter().any(|named| named.name == *user) => {
                Err(LiveError::new(format!("auth info {user:?} does not exist")))
            }
            _ => Ok(()),
        }
    }

    /// The files that the chosen context names.
    fn check_files(&self, kubeconfig: &Kubeconfig) -> Result<(), LiveError> {
        let context = self.context.as_ref().or(kubeconfig.current_context.as_ref());
        let named = kubeconfig.contexts.iter().find(|named| Some(&named.name) == context);
        let context = named.and_then(|named| named.context.as_ref());
        let cluster = self.cluster.as_deref().or(context.map(|context| context.cluster.as_str()));
        let user = self.user.as_deref().or(context.and_then(|context| context.user.as_deref()));
        words::check_files(kubeconfig, cluster, user).map_err(LiveError::new)
    }

    /// `--server` alone is enough to know the cluster, unless a context was named; and where nothing
    /// is named at all, kubectl looks on this machine.
    fn flags_alone(&self, error: KubeconfigError) -> Result<Config, LiveError> {
        let no_context = match &error {
            KubeconfigError::CurrentContextNotSet => true,
            KubeconfigError::LoadContext(context) => context.is_empty(),
            _ => false,
        };
        match &self.server {
            Some(server) if no_context => Ok(Config::new(parse_server(server)?)),
            None if no_context => Ok(Config::new(http::Uri::from_static(NO_CLUSTER))),
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
        config.headers.push((http::header::USER_AGENT, USER_AGENT));
        // kube would ask fifteen times, for minutes; `retry` asks again instead.
        config.default_retry = false;
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

/// # Errors
/// In client-go's words (tools/clientcmd/loader.go, Load).
fn read(path: &Path) -> Result<Kubeconfig, LiveError> {
    if std::fs::metadata(path).is_ok_and(|file| file.len() > Limit::Kubeconfig.most()) {
        return Err(LiveError::new(format!("error loading config file \"{}\": {}", path.display(), Limit::Kubeconfig)));
    }
    Kubeconfig::read_from(path).map_err(|error| match error {
        KubeconfigError::Parse(error) => {
            // What comes after the first line shows the place in the file.
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            let line = line.strip_prefix("error: ").unwrap_or(line);
            let message = format!("error loading config file \"{}\": yaml: {}", path.display(), without_value(line));
            LiveError::caused_by(error, message)
        }
        error => LiveError::kubeconfig(error),
    })
}

fn parse_server(server: &str) -> Result<http::Uri, LiveError> {
    let url = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
    url.parse().map_err(|error: http::uri::InvalidUri| {
        let server = without_user(server);
        LiveError::caused_by(error, format!("server {server:?} is not an address: expected https://HOST:PORT"))
    })
}
