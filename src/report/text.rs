//! Small words: counts, lists, ranges of names, wrapping, and the escaping of control characters.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

/// `1 node`, `2 nodes`, `5,000 nodes`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// A time that has passed, in its largest unit: `3 seconds`, `2 minutes`, `5 hours`, `12 days`.
pub fn duration(seconds: i64) -> String {
    let seconds = usize::try_from(seconds).unwrap_or_default();
    match seconds {
        0..=119 => count(seconds, "second"),
        120..=7199 => count(seconds / 60, "minute"),
        7200..=172_799 => count(seconds / 3600, "hour"),
        _ => count(seconds / 86_400, "day"),
    }
}

/// `5000` as `5,000`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `a`, `a and b`, `a, b and c`; of more than `most` items the first ones and how many more.
pub fn list<T: AsRef<str>>(items: &[T], most: usize) -> String {
    // Naming the last item takes no more room than "and 1 more".
    let shown = if items.len() <= most.saturating_add(1) { items.len() } else { most };
    let (named, rest) = items.split_at(shown);
    if !rest.is_empty() {
        let named: Vec<&str> = named.iter().map(AsRef::as_ref).collect();
        return format!("{} and {} more", named.join(", "), thousands(rest.len()));
    }
    match named {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// `a, b, c` or, for more than three, `a … z`: for names that a label already says belong together.
pub fn range<T: AsRef<str>>(items: &[T]) -> String {
    let mut names: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    names.sort_by(|a, b| natural(a, b));
    match names.as_slice() {
        [first, .., last] if names.len() > 3 => format!("{first} … {last}"),
        names => names.join(", "),
    }
}

/// Orders as a person counts: `node-9` before `node-10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (left, right) = (chunk(a), chunk(b));
        if left.is_empty() || right.is_empty() {
            return left.len().cmp(&right.len());
        }
        let by_number = match (left.parse::<u64>(), right.parse::<u64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => Ordering::Equal,
        };
        let order = by_number.then_with(|| left.cmp(right));
        if order != Ordering::Equal {
            return order;
        }
        a = a.get(left.len()..).unwrap_or_default();
        b = b.get(right.len()..).unwrap_or_default();
    }
}

/// The digits, or the other characters, that `text` begins with.
fn chunk(text: &str) -> &str {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Makes control characters visible, as kubectl does for safety: `\x1b` becomes `^[`, a carriage
/// return `\r`. Text from a cluster must not steer the terminal.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\r' => escaped.push_str("\\r"),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            '\x7f' => escaped.push_str("^?"),
            control @ '\0'..'\x20' => {
                escaped.push('^');
                escaped.push(char::from(control as u8 + b'@'));
            }
            control if control.is_control() => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(control));
            }
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// How many columns `text` takes on a screen: CJK and emoji take two, combining marks none.
pub fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Breaks `text` at blanks into lines of at most `width` columns; longer words stand alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// Breaks `text` into lines of at most `width` columns, at blanks and, for words that are
/// longer than that, behind the `/` of a label's key and behind `=` and `:`.
pub fn break_long(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in wrap(text, width) {
        if columns(&line) <= width {
            lines.push(line);
            continue;
        }
        let mut rest = line.as_str();
        while let Some((head, tail)) = rest.split_once('/') {
            lines.push(format!("{head}/"));
            rest = tail;
        }
        let mut last = String::new();
        for part in rest.split_inclusive(['=', ':']) {
            if !last.is_empty() && columns(&last) + columns(part) > width {
                lines.push(std::mem::take(&mut last));
            }
            last.push_str(part);
        }
        lines.push(last);
    }
    lines.join("\n")
}

/// `NodeResourcesFit` in lines of about `width` characters, broken before capitals.
pub fn break_camel_case(name: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut word = String::new();
    let mut previous_lower = false;
    for character in name.chars() {
        if character.is_uppercase() && previous_lower {
            push_word(&mut lines, &mut line, &mut word, width);
        }
        previous_lower = character.is_lowercase();
        word.push(character);
    }
    push_word(&mut lines, &mut line, &mut word, width);
    lines.push(line);
    lines.join("\n")
}

fn push_word(lines: &mut Vec<String>, line: &mut String, word: &mut String, width: usize) {
    if !line.is_empty() && line.len() + word.len() > width {
        lines.push(std::mem::take(line));
    }
    line.push_str(word);
    word.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn escapes(text: &str, expected: &str) {
        assert_eq!(escape(text), expected);
    }

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        escapes("plain ü", "plain ü");
        escapes("\x1b[31mred\r\n", "^[[31mred\\r\\n");
        escapes("\0\x7f\u{9b}", "^@^?\\u009b");
    }

    #[track_caller]
    fn listed(items: &[&str], expected: &str) {
        assert_eq!(list(items, 2), expected);
    }

    #[test]
    fn lists() {
        listed(&[], "");
        listed(&["a"], "a");
        listed(&["a", "b"], "a and b");
        listed(&["a", "b", "c"], "a, b and c");
        listed(&["a", "b", "c", "d"], "a, b and 2 more");
    }

    #[test]
    fn counts() {
        assert_eq!(count(0, "node"), "0 nodes");
        assert_eq!(count(1, "node"), "1 node");
        assert_eq!(count(1_234_567, "node"), "1,234,567 nodes");
    }

    #[test]
    fn ranges_count_as_people_do() {
        assert_eq!(range(&["n-10", "n-9", "n-1", "n-2"]), "n-1 … n-10");
        assert_eq!(range(&["b", "a"]), "a, b");
    }

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrap("unbreakable x", 4), ["unbreakable", "x"]);
        // Two columns each.
        assert_eq!(wrap("節点 節点", 8), ["節点", "節点"]);
        assert_eq!(wrap("節点 節点", 9), ["節点 節点"]);
        assert_eq!(break_long("example.com/a:NoSchedule", 20), "example.com/\na:NoSchedule");
        assert_eq!(break_long("ToBeDeleted=1769853600:NoSchedule", 24), "ToBeDeleted=1769853600:\nNoSchedule");
        assert_eq!(break_camel_case("NodeResourcesBalancedAllocation", 13), "NodeResources\nBalanced\nAllocation");
        assert_eq!(break_camel_case("VolumeBinding", 20), "VolumeBinding");
    }
}
