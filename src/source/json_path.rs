//! Where in an object a decoder stumbled: `spec.containers[0].resources.requests.cpu`.
//!
//! A YAML manifest is decoded from the JSON that it means, so that a line and a column of that
//! JSON would lead nowhere; a path leads to the same place in both.

use std::fmt::Write;

use crate::api::decode_error::plain;

/// One step down.
enum Step {
    Field(String),
    Item(usize),
}

/// What a decoder said of `json`, behind the path to the value that it said it of.
pub(super) fn located(json: &[u8], error: &serde_json::Error) -> String {
    let (text, path) = (plain(error), path_of(json, error));
    if path.is_empty() { text } else { format!("{path}: {text}") }
}

/// The path to the value of `json` that a decoder said `error` of; empty where that is the whole.
pub(super) fn path_of(json: &[u8], error: &serde_json::Error) -> String {
    // What is no JSON has no paths, and a value that was decoded from another no place.
    if !error.is_data() || error.line() == 0 {
        return String::new();
    }
    let line_start = json.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len);
    path_at(json, line_start.sum::<usize>() + error.column())
}

/// The path to the value that ends at or after byte `offset` of `json`; empty for the object
/// itself, and as far as it goes where the text is no JSON.
fn path_at(json: &[u8], offset: usize) -> String {
    let mut path: Vec<Step> = Vec::new();
    let mut at = 0;
    // Whether the string that comes next is the name of a field.
    let mut field = false;
    while let Some(byte) = json.get(at).copied() {
        // A container that is wrong as a whole: what is in it does not matter.
        if matches!(byte, b'{' | b'[') && at + 1 >= offset {
            break;
        }
        match byte {
            b'{' => {
                path.push(Step::Field(String::new()));
                field = true;
            }
            b'[' => path.push(Step::Item(0)),
            b'}' | b']' => {
                path.pop();
                if at >= offset {
                    break;
                }
            }
            b',' => match path.last_mut() {
                Some(Step::Item(index)) => *index += 1,
                Some(Step::Field(_)) => field = true,
                None => {}
            },
            b'"' => {
                let end = string_end(json, at);
                if field {
                    if let Some(Step::Field(name)) = path.last_mut() {
                        let text = json.get(at..end).unwrap_or_default();
                        *name = serde_json::from_slice(text).unwrap_or_default();
                    }
                    field = false;
                }
                at = end - 1;
            }
            _ => {}
        }
        at += 1;
        // A field's name belongs to the value behind it.
        if at >= offset && !field && !matches!(byte, b'{' | b'[' | b':' | b',') {
            break;
        }
    }
    written(&path)
}

/// Behind the closing quote of the string that begins at `start`.
fn string_end(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    json.len().max(start + 1)
}

fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) if name.is_empty() => {}
            Step::Field(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Item(index) => {
                let _ = write!(text, "[{index}]");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path to the first `!` in the text.
    #[track_caller]
    fn case(json: &str, expected: &str) {
        assert_eq!(path_at(json.as_bytes(), json.find('!').unwrap() + 1), expected, "{json}");
    }

    #[test]
    fn paths() {
        case(r#"{"a": "!"}"#, "a");
        case(r#"{"a": 1, "b": {"c": ["x", "y!"]}}"#, "b.c[1]");
        case(r#"{"a": [{"b": 1}, {"b": "}]\"!"}], "c": 2}"#, "a[1].b");
        case(r#"{"a": {"x": 1}, "b": "!"}"#, "b");
        case(r#"{"a": [[], [1, "!"]]}"#, "a[1][1]");
        case(r#"["!"#, "[0]");
        case("!", "");
    }

    #[test]
    fn a_container_as_a_whole() {
        let path = |json: &str| path_at(json.as_bytes(), json.find("{\"x").unwrap() + 1);
        assert_eq!(path(r#"{"a": {"b": {"x": 1}}}"#), "a.b");
        assert_eq!(path(r#"{"a": [{"c": 1}, {"x": 1}]}"#), "a[1]");
    }

    #[test]
    fn behind_the_end() {
        assert_eq!(path_at(br#"{"a": 1}"#, 99), "");
        assert_eq!(path_at(b"", 3), "");
        assert_eq!(path_at(br#"{"a\"#, 9), "");
    }
}
