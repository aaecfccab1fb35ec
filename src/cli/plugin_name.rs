//! What the plugin is called. Help, errors and commands that an answer names are written for `kubectl sched`; installed as
//! `kubectl-explain_scheduling` the program is `kubectl explain-scheduling`, and its texts follow.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;

/// The name that texts are written with.
const WRITTEN: &str = "kubectl sched";

static CALLED: OnceLock<String> = OnceLock::new();

/// Takes the name from the program's own: kubectl finds a plugin by it, and writes `_` for `-` (kubectl
/// pkg/cmd/plugin/plugin.go).
pub(super) fn set(program: &OsStr) {
    if let Some(name) = name(program) {
        let _ = CALLED.set(format!("kubectl {name}"));
    }
}

fn name(program: &OsStr) -> Option<String> {
    let stem = Path::new(program).file_stem()?.to_str()?;
    let name = stem.strip_prefix("kubectl-")?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (!name.is_empty() && name.chars().all(is_plain)).then(|| name.replace('_', "-"))
}

/// `text` with the plugin called as it is.
pub(super) fn named(text: &str) -> Cow<'_, str> {
    match CALLED.get() {
        Some(name) if name != WRITTEN => Cow::Owned(text.replace(WRITTEN, name)),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_the_program() {
        let case = |program: &str| name(OsStr::new(program));
        assert_eq!(case("/usr/bin/kubectl-sched"), Some("sched".to_owned()));
        assert_eq!(case("kubectl-explain_scheduling.exe"), Some("explain-scheduling".to_owned()));
        assert_eq!(case("target/debug/deps/anything"), None);
        assert_eq!(case("kubectl-\u{1b}[31m"), None);
    }
}
