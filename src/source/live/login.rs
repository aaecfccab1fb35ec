//! Credentials, settled before there is a client: what a plugin prints is bounded, a token that is no header is refused in
//! one line, and every secret is known that no message may repeat.
//!
//! The kubeconfig names the plugin, which is trusted to run; not to be brief, and not to keep its token to itself.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, AuthProviderConfig, ExecConfig, ExecInteractiveMode};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use super::error::LiveError;
use super::secrets::{Secrets, without_tokens};
use super::words;
use crate::api::Timestamp;
use crate::source::Limit;

/// A token file is read again after so long (client-go transport/token_source.go, NewCachedFileTokenSource).
const TOKEN_FILE: Duration = Duration::from_secs(60);
/// A plugin's credentials are replaced so long before they end.
const BEFORE_THE_END: u64 = 60;

/// What came of logging in.
#[derive(Default)]
pub(super) struct Login {
    /// After this moment a new login is needed; none if these credentials stay good.
    until: Option<Instant>,
    pub(super) secrets: Secrets,
}

impl Login {
    /// Whether the credentials end now, or have ended.
    pub(super) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| until <= Instant::now())
    }

    /// Puts a token or a key into `auth` in the place of the file or plugin that has it.
    ///
    /// # Errors
    /// There are none, in client-go's words.
    pub(super) fn of(auth: &mut AuthInfo) -> Result<Self, LiveError> {
        let mut login = Self::default();
        login.secrets.add_all_of(auth);
        // client-go takes an empty one for none.
        auth.token = auth.token.take().filter(|token| !token.expose_secret().is_empty());
        if let Some(provider) = &auth.auth_provider {
            check_provider(provider)?;
        } else if auth.username.is_some() && auth.password.is_some() || auth.token.is_some() {
        } else if let Some(path) = auth.token_file.take() {
            let token = token_of(&path)?;
            login.secrets.add(&token);
            login.until = Some(Instant::now() + TOKEN_FILE);
            auth.token = Some(token.into());
        } else if let Some(exec) = auth.exec.take() {
            login.ask(&exec, auth).map_err(|why| {
                LiveError::new(
                    login.secrets.hide(&format!("Unable to connect to the server: getting credentials: {why}")),
                )
            })?;
        }
        if auth.token.as_ref().is_some_and(|token| !is_header(token.expose_secret())) {
            let why = "Unable to connect to the server: net/http: invalid header field value for \"Authorization\"";
            return Err(LiveError::new(format!("{why} (the token has a line end or another control character)")));
        }
        Ok(login)
    }

    /// Asks a plugin.
    fn ask(&mut self, exec: &ExecConfig, auth: &mut AuthInfo) -> Result<(), String> {
        let plugin = exec.command.as_deref().unwrap_or_default();
        let output = run(exec, plugin)?;
        let credential: Credential = serde_yaml::from_slice(&output)
            .map_err(|_| format!("decoding stdout: {plugin} did not print an ExecCredential"))?;
        let status = credential.status.ok_or("exec plugin didn't return a status field")?;
        for secret in [&status.token, &status.client_key_data].into_iter().flatten() {
            self.secrets.add(secret);
        }
        if let Some(end) = &status.expiration_timestamp {
            let end: Timestamp = end.parse().map_err(|_| {
                format!("decoding stdout: the expirationTimestamp that {plugin} printed is not a time as 2026-01-31T12:00:00Z")
            })?;
            // Credentials that have ended already are the server's to refuse.
            let left =
                u64::try_from(end.0.saturating_sub(jiff::Timestamp::now().as_second())).ok().filter(|left| *left > 0);
            self.until = left.and_then(|left| {
                Instant::now().checked_add(Duration::from_secs(left.saturating_sub(BEFORE_THE_END).max(1)))
            });
        }
        match (status.client_certificate_data, status.client_key_data) {
            (Some(certificate), Some(key)) => {
                auth.client_certificate_data = Some(STANDARD.encode(certificate));
                auth.client_key_data = Some(STANDARD.encode(key).into());
                (auth.client_certificate, auth.client_key) = (None, None);
            }
            (None, None) => {}
            // client-go plugin/pkg/client/auth/exec/exec.go, refreshCredsLocked.
            _ => return Err("exec plugin returned only certificate or key, not both".to_owned()),
        }
        auth.token = status.token.map(Into::into);
        Ok(())
    }
}

#[derive(Deserialize)]
struct Credential {
    status: Option<CredentialStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialStatus {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// What may stand in a header (golang.org/x/net/http/httpguts, ValidHeaderFieldValue).
fn is_header(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

/// client-go knows one provider still; the others are plugins since v1.26 (plugin/pkg/client/auth/gcp/gcp_stub.go).
fn check_provider(provider: &AuthProviderConfig) -> Result<(), LiveError> {
    let instead = match provider.name.as_str() {
        "oidc" => return Ok(()),
        "gcp" => "gke-gcloud-auth-plugin",
        "azure" => "kubelogin (https://github.com/Azure/kubelogin)",
        other => return Err(LiveError::new(format!("no Auth Provider found for name {other:?}"))),
    };
    let name = &provider.name;
    Err(LiveError::new(format!(
        "The {name} auth plugin has been removed. Please use {instead} as a credential plugin instead"
    )))
}

/// Without the blanks around it (client-go transport/token_source.go, fileTokenSource).
fn token_of(path: &str) -> Result<String, LiveError> {
    let failed = |error: io::Error| {
        let message = format!("open {path}: {}", words::system(&error));
        LiveError::caused_by(error, message)
    };
    let mut text = String::new();
    let file = std::fs::File::open(Path::new(path)).map_err(failed)?;
    file.take(Limit::Login.most() + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > Limit::Login.most() {
        return Err(LiveError::new(format!("the token file {path:?} is larger than a token can be")));
    }
    let token = text.trim();
    if token.is_empty() {
        Err(LiveError::new(format!("read empty token from file {path:?}")))
    } else {
        Ok(token.to_owned())
    }
}

/// What a plugin printed, in client-go's words if it fails (plugin/pkg/client/auth/exec/exec.go, wrapCmdRunErrorLocked).
fn run(exec: &ExecConfig, plugin: &str) -> Result<Vec<u8>, String> {
    if plugin.is_empty() {
        return Err("command must be specified to use exec authentication plugin".to_owned());
    }
    let is_interactive = exec.interactive_mode != Some(ExecInteractiveMode::Never);
    let mut spec = json!({ "interactive": is_interactive });
    if exec.provide_cluster_info {
        let cluster = exec.cluster.as_ref().ok_or("the kubeconfig has no cluster to tell the exec plugin about")?;
        spec["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
    }
    let info = json!({ "apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec });
    let mut command = Command::new(plugin);
    command.args(exec.args.iter().flatten());
    let pairs = exec.env.iter().flatten().filter_map(|pair| Some((pair.get("name")?, pair.get("value")?)));
    command.envs(pairs).env("KUBERNETES_EXEC_INFO", info.to_string()).stdout(Stdio::piped());
    if is_interactive {
        command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
    } else {
        command.stdin(Stdio::null()).stderr(Stdio::piped());
    }
    let mut child = command.spawn().map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound && !plugin.contains('/') {
            format!("exec: executable {plugin} not found")
        } else {
            format!("exec: fork/exec {plugin}: {}", words::system(&error))
        }
    })?;
    let (output, complaint, end) = printed(&mut child).map_err(|error| format!("exec: {plugin}: {error}"))?;
    if [&output, &complaint].into_iter().any(|text| text.len() as u64 > Limit::Login.most()) {
        return Err(format!("exec: executable {plugin} printed too much: {}", Limit::Login));
    }
    if end.success() {
        return Ok(output);
    }
    let end = match end.code() {
        Some(code) => format!("failed with exit code {code}"),
        None => "was ended by a signal".to_owned(),
    };
    // kubectl lets a plugin say it that is not interactive; here the last line is said, without what looks like a token.
    let said = String::from_utf8_lossy(&complaint);
    let said = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    let said = said.map_or_else(String::new, |line| format!(": {}", without_tokens(line)));
    Err(format!("exec: executable {plugin} {end}{said}"))
}

/// Both streams of a program, each up to a byte more than may be, and how it ended. One that prints more is ended.
fn printed(child: &mut Child) -> io::Result<(Vec<u8>, Vec<u8>, ExitStatus)> {
    fn read(stream: Option<impl Read>) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        if let Some(stream) = stream {
            stream.take(Limit::Login.most() + 1).read_to_end(&mut text)?;
        }
        Ok(text)
    }
    let (out, err) = (child.stdout.take(), child.stderr.take());
    // Whichever stream is full closes: the program gets an error or a signal when it prints more.
    let (output, complaint) = thread::scope(|scope| {
        let complaint = scope.spawn(|| read(err));
        let output = read(out);
        (output, complaint.join().unwrap_or_else(|_| Ok(Vec::new())))
    });
    let (output, complaint) = (output?, complaint?);
    if [&output, &complaint].into_iter().any(|text| text.len() as u64 > Limit::Login.most()) {
        // It may be gone already.
        let _ = child.kill();
    }
    Ok((output, complaint, child.wait()?))
}
