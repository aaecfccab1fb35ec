//! What the program ends with when a question cannot be answered: one line in kubectl's words.

use std::fmt;

#[cfg(feature = "live")]
use crate::source::live::LiveError;

/// What went wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    hint: Option<String>,
    from_server: bool,
}

/// A result with this crate's one-line error.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Something went wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, from_server: false }
    }

    /// The API server's own refusal, which kubectl prints as it is.
    pub fn server(message: impl Into<String>) -> Self {
        Self { from_server: true, ..Self::new(message) }
    }

    /// The line that the program ends with: `error: …`.
    pub fn line(&self) -> String {
        if self.from_server { self.to_string() } else { format!("error: {self}") }
    }

    /// And this is what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Wraps another error's text.
    pub fn from_error(error: impl fmt::Display) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(feature = "live")]
impl From<LiveError> for Error {
    /// The server's own refusals stay as kubectl prints them.
    fn from(error: LiveError) -> Self {
        match error {
            LiveError::Server { .. } => Self::server(error.to_string()),
            error => Self::new(error.to_string()),
        }
    }
}

impl fmt::Display for Error {
    /// Without the leading `error: `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
