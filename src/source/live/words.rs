//! kubectl's words for what keeps from a server: login plugins, certificates, names, time.
//!
//! client-go and Go's own libraries word these; a search for the sentence finds what others did
//! about it.

use std::error::Error;
use std::io;
use std::path::Path;

use kube::client::AuthError;
use kube::config::{AuthInfo, Cluster, Kubeconfig};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use super::error::{LiveError, cause};
use super::secrets::Secrets;
use crate::api::Timestamp;

/// Why a provider has no credentials; what a plugin says is in [`super::login`].
pub(super) fn credentials(error: AuthError, secrets: &Secrets) -> LiveError {
    let message = format!("Unable to connect to the server: getting credentials: {}", secrets.hide(&cause(&error)));
    LiveError::caused_by(error, message)
}

/// Why the connection to `host` failed.
pub(super) fn connection(error: &(dyn Error + 'static), host: &str) -> String {
    let mut next = Some(error);
    while let Some(error) = next {
        let system = error.downcast_ref::<io::Error>();
        if system.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return "net/http: request canceled (Client.Timeout exceeded while awaiting headers)".to_owned();
        }
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return self::tls(tls);
        }
        // What Go says of a connection that ends in the middle of an answer, and before it.
        if system.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
            return "unexpected EOF".to_owned();
        }
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message) {
            return "EOF".to_owned();
        }
        // Go says which server of names it asked; the system does not.
        if error.to_string() == "dns error" {
            return format!("dial tcp: lookup {host}: no such host");
        }
        // An error of input and output that holds another has that one's source, and not that one.
        next = match system.and_then(io::Error::get_ref) {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    cause(error)
}

/// Go's crypto/tls and crypto/x509.
fn tls(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(certificate) = error else { return format!("tls: {error}") };
    let time = |time: &UnixTime| Timestamp(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)).to_string();
    let why = match certificate {
        CertificateError::UnknownIssuer => "certificate signed by unknown authority".to_owned(),
        CertificateError::ExpiredContext { time: now, not_after } => format!(
            "certificate has expired or is not yet valid: current time {} is after {}",
            time(now),
            time(not_after)
        ),
        CertificateError::NotValidYetContext { time: now, not_before } => format!(
            "certificate has expired or is not yet valid: current time {} is before {}",
            time(now),
            time(not_before)
        ),
        CertificateError::Expired | CertificateError::NotValidYet => {
            "certificate has expired or is not yet valid".to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<&str> = presented.iter().map(|name| unwrapped(name)).collect();
            format!("certificate is valid for {}, not {}", names.join(", "), expected.to_str())
        }
        other => other.to_string(),
    };
    format!("tls: failed to verify certificate: x509: {why}")
}

/// `DnsName("a")` and `IpAddress(127.0.0.1)` as rustls writes them: what stands in them.
fn unwrapped(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}

/// Checks the files that the chosen context names (client-go tools/clientcmd/validation.go,
/// validateClusterInfo and validateAuthInfo).
///
/// # Errors
/// The sentence for the first that cannot be read.
pub(super) fn check_files(kubeconfig: &Kubeconfig, cluster: Option<&str>, user: Option<&str>) -> Result<(), String> {
    let clusters = kubeconfig.clusters.iter().filter(|named| Some(named.name.as_str()) == cluster);
    for Cluster { certificate_authority, certificate_authority_data, .. } in clusters.filter_map(|c| c.cluster.as_ref())
    {
        if certificate_authority_data.is_none() {
            readable("certificate-authority", certificate_authority.as_deref(), cluster)?;
        }
    }
    let users = kubeconfig.auth_infos.iter().filter(|named| Some(named.name.as_str()) == user);
    for auth in users.filter_map(|named| named.auth_info.as_ref()) {
        let AuthInfo { client_certificate, client_certificate_data, client_key, client_key_data, .. } = auth;
        if client_certificate_data.is_none() {
            readable("client-cert", client_certificate.as_deref(), user)?;
        }
        if client_key_data.is_none() {
            readable("client-key", client_key.as_deref(), user)?;
        }
    }
    Ok(())
}

fn readable(what: &str, path: Option<&str>, whose: Option<&str>) -> Result<(), String> {
    let Some(path) = path.filter(|path| !path.is_empty()) else { return Ok(()) };
    match std::fs::File::open(Path::new(path)) {
        Ok(_) => Ok(()),
        Err(error) => {
            let whose = whose.unwrap_or_default();
            Err(format!("unable to read {what} {path} for {whose} due to open {path}: {}", system(&error)))
        }
    }
}

/// The operating system's reason, as Go prints it: in lower case, without a number.
pub(super) fn system(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[track_caller]
    fn case(error: CertificateError, expected: &str) {
        // As it comes out of the connector: wrapped and wrapped again.
        let error = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(error)));
        let error = kube::Error::Service(Box::new(error));
        assert_eq!(connection(&error, "host"), format!("tls: failed to verify certificate: x509: {expected}"));
    }

    #[test]
    fn certificates_are_refused_in_the_words_of_go() {
        case(CertificateError::UnknownIssuer, "certificate signed by unknown authority");
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        case(
            CertificateError::ExpiredContext { time: at(86_400), not_after: at(0) },
            "certificate has expired or is not yet valid: current time 1970-01-02T00:00:00Z is after 1970-01-01T00:00:00Z",
        );
        let presented = vec!["DnsName(\"kubernetes\")".to_owned(), "IpAddress(10.0.0.1)".to_owned()];
        let expected = rustls::pki_types::ServerName::try_from("api.example.com").unwrap();
        case(
            CertificateError::NotValidForNameContext { expected, presented },
            "certificate is valid for kubernetes, 10.0.0.1, not api.example.com",
        );
    }

    #[test]
    fn a_timeout_is_worded_as_go_words_it() {
        let error = kube::Error::Service(Box::new(io::Error::from(io::ErrorKind::TimedOut)));
        assert!(connection(&error, "host").ends_with("(Client.Timeout exceeded while awaiting headers)"));
    }
}
