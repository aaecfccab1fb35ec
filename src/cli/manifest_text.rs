//! The text of manifests, for who has to name a line of it: standard input is kept, and a template that needs values
//! is known from a file that is broken.

use std::io::Read;

use crate::cli::error::{Error, Result};
use crate::source::{Input, SourceError};

/// The input, with its text kept where it can be read only once.
///
/// # Errors
/// Standard input cannot be read.
pub(super) fn held(input: Input) -> Result<Input> {
    if input != Input::Stdin {
        return Ok(input);
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Error::new(format!("{input}: cannot be read: {error}")))?;
    Ok(Input::memory(input.to_string(), bytes))
}

/// The text; none where it is compressed, or is gone by now.
pub(super) fn of(input: &Input) -> Option<String> {
    match input {
        Input::File(path) => std::fs::read_to_string(path).ok(),
        Input::Memory { bytes, .. } => std::str::from_utf8(bytes).ok().map(str::to_owned),
        _ => None,
    }
}

/// Why a manifest cannot be read, with its line: `web.yaml:7: ...`.
pub(super) fn unreadable(input: &Input, error: &SourceError) -> Error {
    let text = of(input).unwrap_or_default();
    let Some(line) = error.line else { return Error::from_error(error) };
    if let Some(error) = template(input, &text, usize::try_from(line).unwrap_or(1)) {
        return error;
    }
    Error::new(format!("{input}:{line}: {}", error.problem))
}

/// That the text is a template, if it is: on which line the first value is missing, `near` the line that is broken.
pub(super) fn template(input: &Input, text: &str, near: usize) -> Option<Error> {
    let marks = |mark: &str| {
        let lines =
            text.lines().enumerate().filter(|(_, line)| line.contains(mark) && !line.trim_start().starts_with('#'));
        lines.map(|(place, _)| place + 1).min_by_key(|line| line.abs_diff(near))
    };
    if let Some(line) = marks("{{") {
        return Some(
            Error::new(format!("{input}:{line}: this is a template that needs values"))
                .hint("render it first, such as with `helm template CHART | kubectl sched check -f -`"),
        );
    }
    let line = marks("${").or_else(|| marks("$("))?;
    Some(
        Error::new(format!("{input}:{line}: this is a template that needs values"))
            .hint("replace its variables first, such as with `envsubst`"),
    )
}
