//! Label selectors as people type them behind `-l`: `pool=gpu,zone in (a, b),!spot`
//! (apimachinery `labels/selector.go`, `Parse`).

use super::name::name;
use super::selector::{LabelSelector, Selector, SelectorRequirement};
use super::upstream_error::UpstreamError;

/// Reads a selector; all its conditions must hold.
///
/// # Errors
/// What cannot be read, or upstream's text about an invalid key or value.
pub fn parse(text: &str) -> Result<Selector, UpstreamError> {
    let conditions = conditions(text).map(requirement).collect::<Result<_, _>>()?;
    Selector::new(Some(&LabelSelector { match_expressions: conditions, ..LabelSelector::default() }))
}

/// The parts between commas that stand in no parentheses.
fn conditions(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
}

fn requirement(text: &str) -> Result<SelectorRequirement, String> {
    let condition = |key: &str, operator: &str, values: &[&str]| SelectorRequirement {
        key: name(key.trim()),
        operator: name(operator),
        values: values.iter().map(|value| name(value.trim())).collect(),
    };
    if let Some(key) = text.strip_prefix('!') {
        return Ok(condition(key, "DoesNotExist", &[]));
    }
    if let Some(set) = text.strip_suffix(')') {
        let Some((head, values)) = set.split_once('(') else { return Err(unreadable(text)) };
        let values: Vec<&str> = values.split(',').collect();
        return match head.split_whitespace().collect::<Vec<_>>().as_slice() {
            [key, "in"] => Ok(condition(key, "In", &values)),
            [key, "notin"] => Ok(condition(key, "NotIn", &values)),
            _ => Err(unreadable(text)),
        };
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Ok(condition(key, "NotIn", &[value]));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Ok(condition(key, "In", &[value]));
    }
    if text.is_empty() || text.contains(char::is_whitespace) || text.contains(['(', '<', '>']) {
        return Err(unreadable(text));
    }
    Ok(condition(text, "Exists", &[]))
}

fn unreadable(text: &str) -> String {
    format!("\"{text}\" is not a label selector; write key=value, key!=value, key in (a,b), key or !key")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Labels;

    #[track_caller]
    fn case(text: &str, expected: [bool; 3]) {
        let selector = parse(text).unwrap();
        let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (name(k), name(v))).collect::<Labels>();
        let nodes = [labels(&[("pool", "gpu"), ("zone", "a")]), labels(&[("pool", "cpu")]), labels(&[])];
        assert_eq!(nodes.each_ref().map(|labels| selector.matches(labels)), expected, "{text}");
    }

    #[test]
    fn selectors_are_read_as_kubectl_reads_them() {
        case("pool=gpu", [true, false, false]);
        case("pool==gpu", [true, false, false]);
        case("pool!=gpu", [false, true, true]);
        case("pool in (gpu, cpu),zone", [true, false, false]);
        case("pool notin (gpu)", [false, true, true]);
        case("pool, !zone", [false, true, false]);
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        assert!(parse(text).unwrap_err().as_str().contains(expected), "{text}");
    }

    #[test]
    fn what_is_no_selector() {
        refused("", "is not a label selector");
        refused("a=b,", "is not a label selector");
        refused("pool within (a)", "is not a label selector");
        refused("-a=b", "name part must consist of");
    }
}
