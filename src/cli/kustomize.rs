//! `-k`: what `kubectl kustomize` makes of a directory.
//!
//! Bases, patches and generators are kustomize's own business: kubectl has it, and is asked.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::error::{Error, Result};
use crate::source::Input;

use super::output::say;

/// The manifests of the kustomization in `directory`.
///
/// # Errors
/// There is no such directory, no kubectl, or kubectl refuses it.
pub(super) fn build(directory: &Path) -> Result<Input> {
    let shown = directory.to_string_lossy();
    if !directory.is_dir() {
        let error = Error::new(format!("-k {shown}: is not a directory"));
        return Err(if shown.contains("://") { error.hint("URLs are not read: download it") } else { error });
    }
    let by_hand = format!("run `kustomize build {shown}` elsewhere and pass its output to -f");
    // Never taken for a flag.
    let path = Path::new(".").join(directory);
    let output = Command::new("kubectl").arg("kustomize").arg(path).stdin(Stdio::null()).output().map_err(|error| {
        let missing = error.kind() == ErrorKind::NotFound;
        let why = if missing { "kubectl was not found in PATH".to_owned() } else { format!("kubectl: {error}") };
        Error::new(format!("-k requires kubectl: {why}")).hint(by_hand.clone())
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    if !output.status.success() {
        let why = lines
            .next()
            .map_or_else(|| output.status.to_string(), |line| line.trim_start_matches("error: ").to_owned());
        return Err(Error::new(format!("kubectl kustomize {shown}: {why}")));
    }
    lines.for_each(|line| say(&format!("warning: kubectl kustomize: {}", line.trim_start_matches("# Warning: "))));
    Ok(Input::memory(format!("kubectl kustomize {shown}"), output.stdout))
}
