//! YAML as kubectl reads it. The one file that knows which YAML library is used.
//!
//! One document at a time becomes a JSON value: objects are decoded from JSON alone, so the
//! library's generic code is compiled once and both formats mean the same.

use serde_json::Value;

/// Deeper than any object of the API, a CustomResourceDefinition's schema included.
const DEEPEST: usize = 128;

/// What is wrong with a YAML text, and on which of its lines, counted from 1.
#[derive(Debug)]
pub(super) struct YamlError {
    pub(super) line: u64,
    pub(super) message: String,
}

/// Reads the one document that `text` is.
///
/// The library's limits guard against aliases that multiply; its limits on size are set to what
/// a text of this length can hold, as a cluster's is longer than they foresee.
pub(super) fn parse(text: &str) -> Result<Value, YamlError> {
    let size = text.len() + 16;
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_events: size * 2,
            max_nodes: size,
            max_total_scalar_bytes: size * 2,
            max_depth: DEEPEST,
            max_anchors: size,
            max_aliases: size,
        },
        // 0644 is 420, as in Kubernetes.
        legacy_octal_numbers: true,
        with_snippet: false,
    };
    serde_yaml::from_str_with_options(text, options).map_err(|error| {
        let error = error.without_snippet();
        let line = error.location().map_or(1, |location| location.line()).max(1);
        YamlError { line, message: message(&error.to_string()) }
    })
}

/// The first line of an error's text, without the place, which is told in front.
fn message(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
