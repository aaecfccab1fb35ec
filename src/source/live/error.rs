//! What can go wrong with a cluster, in kubectl's words.

use super::words;

/// Why no state could be read from the cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// A whole sentence, kubectl's where it has one.
    #[error("{message}")]
    Failed {
        /// The sentence; it names what is of use of the cause.
        message: String,
        /// What failed, where a library said so.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The same, and no cluster is configured at all: nobody meant the server that was not there.
    #[error("{0} No cluster is configured")]
    NoCluster(String),
    /// The API server's own refusal.
    #[error("Error from server{}: {message}", in_brackets(reason))]
    Server {
        /// Such as `Forbidden`; may be empty.
        reason: String,
        /// The server's text.
        message: String,
    },
}

impl LiveError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), source: None }
    }

    pub(super) fn caused_by(
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
        message: impl Into<String>,
    ) -> Self {
        Self::Failed { message: message.into(), source: Some(source.into()) }
    }

    pub(super) fn kubeconfig(error: kube::config::KubeconfigError) -> Self {
        use kube::config::KubeconfigError as E;
        let message = match &error {
            E::LoadContext(context) => format!("context was not found for specified context: {context}"),
            E::LoadClusterOfContext(cluster) => format!("no server found for cluster {cluster:?}"),
            E::ReadConfig(source, path) => format!("stat {}: {}", path.display(), words::system(source)),
            error => format!("the kubeconfig cannot be used: {error}"),
        };
        Self::caused_by(error, message)
    }
}

fn in_brackets(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// The last cause: the one that says what happened.
pub(super) fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
