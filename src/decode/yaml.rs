//! YAML as kubectl reads it. The one file that knows which YAML library is used.
//!
//! One document at a time becomes a JSON value: objects are decoded from JSON alone, so the
//! library's generic code is compiled once and both formats mean the same.

use serde_json::Value;

/// Deeper than any object of the API, a CustomResourceDefinition's schema included; the library
/// takes a stack frame or more a level.
const DEEPEST: usize = 64;

/// What is wrong with a YAML text, and on which of its lines, counted from 1.
#[derive(Debug)]
pub(crate) struct YamlError {
    pub(crate) line: u64,
    pub(crate) message: String,
}

/// Reads the one document that `text` is.
///
/// The library's limits guard against aliases that multiply; its limits on size are set to what
/// a text of this length can hold, as a cluster's is longer than they foresee.
pub(crate) fn parse(text: &str) -> Result<Value, YamlError> {
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
        YamlError { line, message: message(&error.render_with_formatter(&serde_yaml::UserMessageFormatter)) }
    })
}

/// The first line of an error's text, without the place, which comes first.
fn message(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.rsplit_once(" at line ").map_or(line, |(words, _)| words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(yaml: &str, json: &str) {
        assert_eq!(parse(yaml).unwrap().to_string(), json, "{yaml}");
    }

    #[test]
    fn scalars_are_what_kubectl_takes_them_for() {
        case(
            "{a: yes, b: on, c: \"yes\", d: 0644, e: 1_0, f: 12:30, g: ~, h: 2026-01-31}",
            r#"{"a":true,"b":true,"c":"yes","d":420,"e":10,"f":"12:30","g":null,"h":"2026-01-31"}"#,
        );
        case("a: 0.1\nb: 1e3\nc: 500m\nd: |\n  x\n  y\n", r#"{"a":0.1,"b":1000.0,"c":"500m","d":"x\ny\n"}"#);
    }

    #[test]
    fn merge_keys_are_merged() {
        case("a: &a {x: 1}\nb:\n  <<: *a\n", r#"{"a":{"x":1},"b":{"x":1}}"#);
    }
}
