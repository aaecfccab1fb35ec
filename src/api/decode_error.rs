//! What `serde_json` says of a value of the wrong type, in the words of Kubernetes' API documentation: objects, lists,
//! strings. Its own words name types of this program, which mean nothing to who wrote the manifest.

/// Characters of a found text that are shown.
const MOST_SHOWN: usize = 60;

/// The error in plain words, without line and column.
pub(crate) fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // A value that is decoded from another has no place.
    let text = match text.rsplit_once(" at line ") {
        Some((words, _)) if error.line() > 0 => words,
        _ => text.as_str(),
    };
    for start in ["invalid type: ", "invalid value: "] {
        let parts = text.strip_prefix(start).and_then(|rest| rest.rsplit_once(", expected "));
        if let Some((found, expected)) = parts {
            return format!("expected {}, found {}", expected_type(expected), found_value(found));
        }
    }
    if let Some(field) = text.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return format!("the field {field} is missing");
    }
    if let Some((found, expected)) =
        text.strip_prefix("unknown variant `").and_then(|rest| rest.split_once("`, expected "))
    {
        return format!("\"{}\" is not {}", shortened(found), expected.replace('`', ""));
    }
    if text.starts_with("data did not match any variant") {
        return "has a form that this field never has".to_owned();
    }
    text.to_owned()
}

fn expected_type(serde: &str) -> &str {
    match serde {
        "a sequence" => "a list",
        "a map" | "unit" => "an object",
        "a &str" | "a borrowed string" | "a character" => "a string",
        "a boolean" => "true or false",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        _ if ["struct ", "internally tagged enum ", "enum ", "tuple "].iter().any(|start| serde.starts_with(start)) => {
            "an object"
        }
        _ => serde,
    }
}

fn found_value(serde: &str) -> String {
    let inner = |start: &str| serde.strip_prefix(start).and_then(|rest| rest.strip_suffix('`'));
    if let Some(number) = inner("integer `").or_else(|| inner("floating point `")) {
        return format!("the number {number}");
    }
    if let Some(value) = inner("boolean `") {
        return value.to_owned();
    }
    if let Some(text) = serde.strip_prefix("string \"").and_then(|rest| rest.strip_suffix('"')) {
        return format!("the string \"{}\"", shortened(text));
    }
    match serde {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit value" | "Option value" => "null".to_owned(),
        _ => serde.to_owned(),
    }
}

fn shortened(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(MOST_SHOWN).collect();
    if letters.next().is_some() { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only decoded")]
    struct Private {
        number: i32,
        text: Option<String>,
        list: Option<Vec<Choice>>,
    }

    #[derive(Debug, serde::Deserialize)]
    enum Choice {
        One,
        Two,
    }

    #[track_caller]
    fn case(json: &str, expected: &str) {
        assert_eq!(plain(&serde_json::from_str::<Private>(json).unwrap_err()), expected, "{json}");
    }

    #[test]
    fn no_type_of_this_program_is_named() {
        case("7", "expected an object, found the number 7");
        case(r#""Ready""#, r#"expected an object, found the string "Ready""#);
        case(r#"{"number": "7"}"#, r#"expected a whole number, found the string "7""#);
        case(r#"{"number": 1.5}"#, "expected a whole number, found the number 1.5");
        case(r#"{"number": 3000000000}"#, "expected a whole number, found the number 3000000000");
        case(r#"{"number": 1, "text": true}"#, "expected a string, found true");
        case(r#"{"number": 1, "text": []}"#, "expected a string, found a list");
        case(r#"{"number": 1, "list": {}}"#, "expected a list, found an object");
        case(r#"{"number": 1, "list": ["Three"]}"#, r#""Three" is not One or Two"#);
        case("{}", "the field number is missing");
        case(
            &format!(r#"{{"number": "{}"}}"#, "x".repeat(80)),
            &format!("expected a whole number, found the string \"{}…\"", "x".repeat(60)),
        );
    }
}
