//! `-v 6` and `-v6`, as kubectl's users type it, beside `-v=6`.
//!
//! kubectl's `-v` always has a level (upstream klog's flag); ours may stand alone, so to clap a
//! level can only come after `=`.

use std::ffi::OsString;

/// Writes every level into its flag: `-v 6`, `--v 6` and `-v6` become `-v=6`.
pub(super) fn joined(arguments: &mut Vec<OsString>) {
    let mut at = 0;
    while let Some(argument) = arguments.get(at).and_then(|argument| argument.to_str()) {
        let next = arguments.get(at + 1).and_then(|next| next.to_str()).filter(|next| is_level(next));
        let level = match (argument, next) {
            ("--", _) => return,
            ("-v" | "--v", Some(level)) => Some((level.to_owned(), true)),
            _ => argument.strip_prefix("-v").filter(|level| is_level(level)).map(|level| (level.to_owned(), false)),
        };
        if let Some((level, is_next)) = level {
            if is_next {
                arguments.remove(at + 1);
            }
            if let Some(argument) = arguments.get_mut(at) {
                *argument = format!("-v={level}").into();
            }
        }
        at += 1;
    }
}

/// One or two digits: klog's levels end at 10, and a pod may be called 2026.
fn is_level(text: &str) -> bool {
    matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(typed: &str, expected: &str) {
        let mut arguments: Vec<OsString> = typed.split_whitespace().map(OsString::from).collect();
        joined(&mut arguments);
        assert_eq!(arguments.join(" ".as_ref()), expected, "{typed:?}");
    }

    #[test]
    fn levels_as_kubectl_has_them() {
        case("explain -v 6 web", "explain -v=6 web");
        case("explain --v 10 web", "explain -v=10 web");
        case("explain web -v6", "explain web -v=6");
        case("explain -v=6 --v=6", "explain -v=6 --v=6");
        case("explain -v web", "explain -v web");
        case("explain -v 2026", "explain -v 2026");
        case("explain -- -v 6", "explain -- -v 6");
    }
}
