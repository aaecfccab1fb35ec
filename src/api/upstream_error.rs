//! A failure in Kubernetes' own words.

use std::fmt;

/// A failure whose text is that of Kubernetes' own error, to the letter: it stands in events and answers as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UpstreamError(Box<str>);

impl UpstreamError {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UpstreamError {}

impl From<String> for UpstreamError {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for UpstreamError {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<UpstreamError> for String {
    fn from(error: UpstreamError) -> Self {
        error.0.into()
    }
}
