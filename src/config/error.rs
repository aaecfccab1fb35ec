//! What can be wrong with a `KubeSchedulerConfiguration`, in one line each: what, where, why.

use std::fmt;

use super::field_path::FieldPath;

/// Why a configuration was refused. kube-scheduler refuses to start for the same cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not a configuration of a version and kind that this Kubernetes minor reads.
    #[error("no kind {kind:?} is registered for version {api_version:?}")]
    NotRegistered {
        /// What `kind` says.
        kind: String,
        /// What `apiVersion` says.
        api_version: String,
    },
    /// A kind that exists, in a place for another.
    #[error("{path}: args for plugin {plugin} were not of type {wanted}, got {found}")]
    WrongArgs {
        /// The entry of `pluginConfig`.
        path: FieldPath,
        /// The plugin it names.
        plugin: String,
        /// The kind that belongs there, as `Kind.group`.
        wanted: String,
        /// The kind that stands there, as `Kind.group`.
        found: String,
    },
    /// A value of the wrong JSON type.
    #[error("{path}: expected {expected}, found {found}")]
    Type {
        /// The field.
        path: FieldPath,
        /// The type that belongs there.
        expected: &'static str,
        /// The value that stands there.
        found: String,
    },
    /// Fields that do not exist: the decoder is strict.
    #[error("strict decoding error: {}", unknown_fields(.0))]
    UnknownFields(
        /// Their paths.
        Vec<FieldPath>,
    ),
    /// Fields with values that are not allowed.
    #[error("{}", aggregate(.0))]
    Invalid(
        /// Each with its path.
        Vec<FieldError>,
    ),
    /// The plugins of a profile do not fit together.
    #[error("initializing profiles: creating profile for scheduler name {scheduler_name}: {cause}")]
    Profile {
        /// The profile.
        scheduler_name: String,
        /// What does not fit.
        cause: ProfileError,
    },
    /// The extenders cannot be set up.
    #[error("couldn't build extenders: {0}")]
    Extenders(
        /// What prevents it.
        &'static str,
    ),
}

/// Why the plugins of a profile do not fit together
/// (`framework/runtime/framework.go`: `NewFramework`, `updatePluginList`, `expandMultiPointPlugins`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Enabled at an extension point that the plugin does not implement.
    #[error("plugin {plugin:?} does not extend {interface} plugin")]
    DoesNotExtend {
        /// The plugin.
        plugin: String,
        /// The Go interface of the extension point.
        interface: &'static str,
    },
    /// Enabled twice at one extension point.
    #[error("plugin {plugin:?} already registered as {interface:?}")]
    AlreadyRegistered {
        /// The plugin.
        plugin: String,
        /// The Go interface of the extension point.
        interface: &'static str,
    },
    /// The queue is sorted by exactly one plugin.
    #[error("only one queue sort plugin required for profile with scheduler name {scheduler_name:?}, but got {count}")]
    QueueSortPlugins {
        /// The profile.
        scheduler_name: String,
        /// How many are enabled.
        count: usize,
    },
    /// Somebody must bind.
    #[error("at least one bind plugin is needed for profile with scheduler name {scheduler_name:?}")]
    NoBindPlugin {
        /// The profile.
        scheduler_name: String,
    },
    /// A plugin refuses its arguments.
    #[error("initializing plugin {plugin:?}: {}", aggregate(.errors))]
    PluginArgs {
        /// The plugin.
        plugin: String,
        /// What it refuses.
        errors: Vec<FieldError>,
    },
}

/// One field with a value that is not allowed (apimachinery `field.Error`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field.
    pub path: FieldPath,
    /// What is wrong with it.
    pub problem: FieldProblem,
    /// More about it; may be empty.
    pub detail: String,
}

/// What is wrong with a field (apimachinery `field.ErrorType`), with the value as upstream prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldProblem {
    /// The value is missing.
    Required,
    /// The value is not allowed.
    Invalid(String),
    /// The value is not one of a fixed set.
    NotSupported(String),
    /// The value stands twice.
    Duplicate(String),
    /// The field must not be set here.
    Forbidden,
}

impl FieldError {
    /// A value that is missing.
    pub(super) fn required(path: FieldPath, detail: &str) -> Self {
        Self::new(path, FieldProblem::Required, detail.to_owned())
    }

    /// A value that is not allowed.
    pub(super) fn invalid(path: FieldPath, value: impl Into<Shown>, detail: impl Into<String>) -> Self {
        Self::new(path, FieldProblem::Invalid(value.into().0), detail.into())
    }

    /// A value that is not one of `supported`.
    pub(super) fn not_supported(path: FieldPath, value: &str, supported: &[&str]) -> Self {
        let quoted: Vec<String> = supported.iter().map(|value| format!("{value:?}")).collect();
        let detail = format!("supported values: {}", quoted.join(", "));
        Self::new(path, FieldProblem::NotSupported(Shown::from(value).0), detail)
    }

    /// A value that stands twice.
    pub(super) fn duplicate(path: FieldPath, value: impl Into<Shown>) -> Self {
        Self::new(path, FieldProblem::Duplicate(value.into().0), String::new())
    }

    /// A field that must not be set here.
    pub(super) fn forbidden(path: FieldPath, detail: &str) -> Self {
        Self::new(path, FieldProblem::Forbidden, detail.to_owned())
    }

    fn new(path: FieldPath, problem: FieldProblem, detail: String) -> Self {
        Self { path, problem, detail }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path)?;
        match &self.problem {
            FieldProblem::Required => f.write_str("Required value")?,
            FieldProblem::Invalid(value) => write!(f, "Invalid value: {value}")?,
            FieldProblem::NotSupported(value) => write!(f, "Unsupported value: {value}")?,
            FieldProblem::Duplicate(value) => write!(f, "Duplicate value: {value}")?,
            FieldProblem::Forbidden => f.write_str("Forbidden")?,
        }
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.detail)
    }
}

/// A value as `field.Error` shows it: numbers bare, strings quoted, anything else as JSON.
pub(super) struct Shown(String);

macro_rules! shown {
    ($($number:ty),*) => {
        $(impl From<$number> for Shown {
            fn from(value: $number) -> Self {
                Self(value.to_string())
            }
        })*
    };
}
shown!(i32, i64, usize, serde_json::Value);

impl Shown {
    /// JSON that is written out already: a Go struct has its fields in its own order.
    pub(super) fn json(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Shown {
    fn from(value: &str) -> Self {
        Self(format!("{value:?}"))
    }
}

fn unknown_fields(paths: &[FieldPath]) -> String {
    let fields: Vec<String> = paths.iter().map(|path| format!("unknown field \"{path}\"")).collect();
    fields.join(", ")
}

/// Several errors in one line, each once (apimachinery `errors.Aggregate`).
fn aggregate(errors: &[FieldError]) -> String {
    let mut messages: Vec<String> = Vec::with_capacity(errors.len());
    for error in errors {
        let message = error.to_string();
        if !messages.contains(&message) {
            messages.push(message);
        }
    }
    let joined = messages.join(", ");
    if messages.len() == 1 { joined } else { format!("[{joined}]") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(errors: &[FieldError], expected: &str) {
        assert_eq!(ConfigError::Invalid(errors.to_vec()).to_string(), expected);
    }

    #[test]
    fn reads_as_upstream_prints_it() {
        let path = FieldPath::new("profiles").index(0).child("schedulerName");
        let required = FieldError::required(path.clone(), "");
        case(std::slice::from_ref(&required), "profiles[0].schedulerName: Required value");
        case(
            &[required.clone(), required, FieldError::invalid(path, 7, "not so")],
            "[profiles[0].schedulerName: Required value, profiles[0].schedulerName: Invalid value: 7: not so]",
        );
        case(
            &[FieldError::not_supported(FieldPath::new("type"), "A", &["B", "C"])],
            r#"type: Unsupported value: "A": supported values: "B", "C""#,
        );
    }
}
