//! What can go wrong with a cluster, in kubectl's words.

/// Why no state could be read from the cluster.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A whole sentence, kubectl's where it has one.
    #[error("{0}")]
    Message(String),
    /// The API server's own refusal.
    #[error("Error from server ({reason}): {message}")]
    Server {
        /// Such as `Forbidden`.
        reason: String,
        /// The server's text.
        message: String,
    },
}

impl LiveError {
    pub(super) fn kubeconfig(error: kube::config::KubeconfigError) -> Self {
        use kube::config::KubeconfigError as E;
        Self::Message(match error {
            E::LoadContext(context) => format!("context {context:?} does not exist"),
            E::LoadClusterOfContext(cluster) => format!("cluster {cluster:?} does not exist"),
            E::CurrentContextNotSet => {
                "current-context is not set: choose one with --context, or name a file with --snapshot".to_owned()
            }
            E::ReadConfig(source, path) => format!(
                "cannot read the kubeconfig {}: {source}; give --kubeconfig, or a file with cluster state by --snapshot",
                path.display()
            ),
            error => format!("the kubeconfig cannot be used: {error}"),
        })
    }

    pub(super) fn client(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 401 => {
                Self::Message("You must be logged in to the server (Unauthorized)".to_owned())
            }
            kube::Error::Api(status) => Self::Server { reason: status.reason, message: status.message },
            error => Self::Message(format!("Unable to connect to the server: {}", innermost(&error))),
        }
    }
}

/// The last cause: the one that says what happened.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
