//! The rules for label keys and values, and resource names (apimachinery `util/validation`).

const NAME_LENGTH: usize = 63;
const SUBDOMAIN_LENGTH: usize = 253;
const NAME_PATTERN: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const SUBDOMAIN_PATTERN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const NAME_RULE: &str =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/// What is wrong with `value` as a label key or resource name; nothing when it is one (`IsQualifiedName`). With
/// `label_key_texts`, in the words of `api/validate/content/kube.go: IsLabelKey`, which took its place.
pub(super) fn qualified_name_problems(value: &str, label_key_texts: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let rule = format!(
        "{NAME_RULE} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{NAME_PATTERN}')"
    );
    let parts: Vec<&str> = value.split('/').collect();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_owned());
            } else {
                problems.extend(
                    subdomain_problems(prefix, label_key_texts).iter().map(|problem| format!("prefix part {problem}")),
                );
            }
            *name
        }
        _ => {
            let what = if label_key_texts { "valid label key" } else { "qualified name" };
            return vec![format!(
                "a {what} {rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if name.len() > NAME_LENGTH {
        problems.push(format!("name part {}", too_long(NAME_LENGTH, label_key_texts)));
    }
    if !is_name(name) {
        problems.push(format!("name part {rule}"));
    }
    problems
}

/// What is wrong with `value` as a label value; nothing when it is one (`IsValidLabelValue`).
pub(super) fn label_value_problems(value: &str, label_key_texts: bool) -> Vec<String> {
    let mut problems = Vec::new();
    if value.len() > NAME_LENGTH {
        problems.push(too_long(NAME_LENGTH, label_key_texts));
    }
    if !value.is_empty() && !is_name(value) {
        let rule = NAME_RULE.replacen("must", "a valid label must be an empty string or", 1);
        problems.push(format!(
            "{rule} (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '({NAME_PATTERN})?')"
        ));
    }
    problems
}

/// Newer versions count bytes, as both always did.
fn too_long(most: usize, label_key_texts: bool) -> String {
    format!("must be no more than {most} {}", if label_key_texts { "bytes" } else { "characters" })
}

fn subdomain_problems(value: &str, label_key_texts: bool) -> Vec<String> {
    let mut problems = Vec::new();
    if value.len() > SUBDOMAIN_LENGTH {
        problems.push(too_long(SUBDOMAIN_LENGTH, label_key_texts));
    }
    if !value.split('.').all(is_dns_label) {
        problems.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
             and must start and end with an alphanumeric character \
             (e.g. 'example.com', regex used for validation is '{SUBDOMAIN_PATTERN}')"
        ));
    }
    problems
}

fn is_name(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn is_dns_label(value: &str) -> bool {
    let lower = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = value.as_bytes();
    bytes.first().is_some_and(lower)
        && bytes.last().is_some_and(lower)
        && bytes.iter().all(|byte| lower(byte) || *byte == b'-')
}

/// Whether `name` may be an extended resource (`core/v1/helper.IsExtendedResourceName`).
pub(super) fn is_extended_resource_name(name: &str) -> bool {
    const REQUESTS: &str = "requests.";
    name.contains('/')
        && !name.contains("kubernetes.io/")
        && !name.starts_with(REQUESTS)
        && qualified_name_problems(&format!("{REQUESTS}{name}"), false).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(name: &str, problems: usize, extended: bool) {
        assert_eq!(qualified_name_problems(name, true).len(), problems, "{name}");
        assert_eq!(is_extended_resource_name(name), extended, "{name}");
    }

    #[test]
    fn follows_upstream() {
        case("cpu", 0, false);
        case("nvidia.com/gpu", 0, true);
        case("kubernetes.io/thing", 0, false);
        case("requests.example.com/gpu", 0, false);
        case("A_b.C", 0, false);
        case("", 2, false);
        case("/gpu", 1, false);
        case("Example.com/gpu", 1, false);
        case("a/b/c", 1, false);
        case("-a", 1, false);
        case(&"a".repeat(64), 1, false);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(
            qualified_name_problems("-a", false),
            ["name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
              alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
              '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"]
        );
        assert!(label_value_problems("", true).is_empty());
        assert_eq!(label_value_problems("a b", true).len(), 1);
        let long = "a".repeat(64);
        assert_eq!(qualified_name_problems(&long, false), ["name part must be no more than 63 characters"]);
        assert_eq!(qualified_name_problems(&long, true), ["name part must be no more than 63 bytes"]);
        assert!(qualified_name_problems("a/b/c", true).iter().all(|text| text.starts_with("a valid label key must ")));
    }
}
