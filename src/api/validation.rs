//! The formats of names and label values, and upstream's way of reporting what breaks them.
//! Such texts end up in a pod's `FailedScheduling` event, so they are upstream's exactly
//! (apimachinery `pkg/util/validation` and `pkg/util/validation/field`).

/// Longest name part of a qualified name, and longest label value.
const NAME_LENGTH: usize = 63;
/// Longest DNS subdomain.
const SUBDOMAIN_LENGTH: usize = 253;

const NAME_FORMAT: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// What keeps `text` from being a qualified name, such as a label key: `name` or `prefix/name`
/// (`validation.go` `IsQualifiedName`). Empty when nothing does.
pub fn qualified_name_errors(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a qualified name {NAME_FORMAT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
        Some(("", name)) => {
            errors.push("prefix part must be non-empty".to_owned());
            name
        }
        Some((prefix, name)) => {
            if prefix.len() > SUBDOMAIN_LENGTH {
                errors.push(format!("prefix part must be no more than {SUBDOMAIN_LENGTH} characters"));
            }
            if !is_subdomain(prefix) {
                errors.push(
                    "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
                     '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used \
                     for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                        .to_owned(),
                );
            }
            name
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > NAME_LENGTH {
        errors.push(format!("name part must be no more than {NAME_LENGTH} characters"));
    }
    if !is_name(name) {
        errors.push(format!("name part {NAME_FORMAT}"));
    }
    errors
}

/// What keeps `text` from being a label value (`validation.go` `IsValidLabelValue`). Empty when nothing does.
pub fn label_value_errors(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > NAME_LENGTH {
        errors.push(format!("must be no more than {NAME_LENGTH} characters"));
    }
    if !text.is_empty() && !is_name(text) {
        errors.push(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
             validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
                .to_owned(),
        );
    }
    errors
}

fn begins_and_ends_alphanumeric(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_name(text: &str) -> bool {
    begins_and_ends_alphanumeric(text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(|label| {
        begins_and_ends_alphanumeric(label)
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

/// A field error about a text (`field/errors.go` `Invalid` with a string).
pub(crate) fn invalid_text(field: &str, value: &str, detail: &str) -> String {
    format!("{field}: Invalid value: {}: {detail}", go_quoted(value))
}

/// A field error about a list (`field/errors.go` `Invalid` with anything else, which is printed as JSON).
pub(crate) fn invalid_list<'a>(field: &str, values: impl ExactSizeIterator<Item = &'a str>, detail: &str) -> String {
    // Go marshals the list as it decodes an absent or empty one from protobuf: as nil.
    let list = if values.len() == 0 {
        "null".to_owned()
    } else {
        format!("[{}]", values.map(go_json_string).collect::<Vec<_>>().join(","))
    };
    format!("{field}: Invalid value: {list}: {detail}")
}

/// A field error about a value outside a closed list (`field/errors.go` `NotSupported`).
pub(crate) fn not_supported(field: &str, value: &str, supported: &[&str]) -> String {
    let supported: Vec<String> = supported.iter().map(|value| go_quoted(value)).collect();
    format!("{field}: Unsupported value: {}: supported values: {}", go_json_string(value), supported.join(", "))
}

/// Several errors as one, without repetitions (`util/errors` `aggregate`); `None` when there are none.
pub(crate) fn aggregate(errors: &[String]) -> Option<String> {
    let mut distinct: Vec<&str> = Vec::new();
    for error in errors {
        if !distinct.contains(&error.as_str()) {
            distinct.push(error);
        }
    }
    match distinct[..] {
        [] => None,
        [one] => Some(one.to_owned()),
        _ => Some(format!("[{}]", distinct.join(", "))),
    }
}

/// A character by its number, in `width` hexadecimal digits.
fn escape(kind: char, width: usize, character: char) -> String {
    format!("\\{kind}{:0width$x}", u32::from(character))
}

/// Go's `%q`, for all but exotic unprintable characters.
pub(crate) fn go_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\0'..='\u{1f}' | '\u{7f}' => quoted.push_str(&escape('x', 2, character)),
            '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{2028}' | '\u{2029}' => {
                quoted.push_str(&escape('u', 4, character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A string as Go's `encoding/json` writes it: safe inside HTML.
fn go_json_string(text: &str) -> String {
    let mut json = serde_json::Value::from(text).to_string();
    for (character, escape) in
        [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")]
    {
        if json.contains(character) {
            json = json.replace(character, escape);
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualified_names() {
        let long = "a".repeat(64);
        for (text, errors) in [
            ("app", 0),
            ("app.kubernetes.io/name", 0),
            ("A_b.c-D", 0),
            ("-a", 1),
            ("é", 1),
            ("", 2),
            ("/", 3),
            ("/a", 1),
            ("Example.com/a", 1),
            ("a..b/c", 1),
            ("a/b/c", 1),
            (&long, 1),
        ] {
            assert_eq!(qualified_name_errors(text).len(), errors, "{text}");
        }
        assert!(label_value_errors("").is_empty());
        assert_eq!(label_value_errors(&format!("{long}-")).len(), 2);
    }

    #[test]
    fn quoting() {
        assert_eq!(go_quoted("a\"\\\n\u{1}é"), r#""a\"\\\n\x01é""#);
        assert_eq!(invalid_list("f", ["<a>", "b"].into_iter(), "no"), r#"f: Invalid value: ["\u003ca\u003e","b"]: no"#);
    }
}
