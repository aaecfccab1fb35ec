//! Small words: counts, lists, ranges of names, wrapping, and the escaping of control characters.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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

/// Whether a character steers the screen or deceives its reader: controls, marks that turn the direction of writing, and
/// characters that nobody sees.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Makes hidden characters visible, as kubectl does with controls for safety: `\x1b` becomes `^[`, a carriage
/// return `\r`. Text from a cluster must not steer the terminal.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
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
            hidden if is_hidden(hidden) => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(hidden));
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

/// Breaks `text` into lines of at most `width` columns: at blanks, and in words that are longer than a line behind a
/// sign that parts them.
pub fn break_long(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let blank = usize::from(!line.is_empty());
        let room = width.saturating_sub(columns(&line) + blank);
        let mut rest = word;
        if columns(word) > room {
            // The first part of a long word may still stand on this line.
            let head = if columns(word) > width { sign_within(word, room) } else { None };
            if let Some(end) = head.filter(|_| blank > 0) {
                let (head, tail) = word.split_at(end);
                line.push(' ');
                line.push_str(head);
                rest = tail;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
        } else if blank > 0 {
            line.push(' ');
        }
        while columns(rest) > width && fitting(rest, width) < rest.len() {
            let end = sign_within(rest, width).or_else(|| sign_soon(rest, width));
            let end = end.unwrap_or_else(|| before_its_signs(rest, fitting(rest, width)));
            let (head, tail) = rest.split_at(end);
            lines.push(head.to_owned());
            rest = tail;
        }
        line.push_str(rest);
    }
    lines.push(line);
    lines.join("\n")
}

/// Where the best sign to break `word` behind ends, within its first `room` columns: the `/` of a label's key or a path
/// before `=` and `:`, these before what parts an expression.
fn sign_within(word: &str, room: usize) -> Option<usize> {
    let head = word.get(..fitting(word, room)).filter(|head| head.len() < word.len())?;
    let behind = |signs: &[char]| head.rfind(signs).map(|at| at + 1);
    [&['/'] as &[char], &['=', ':'], &['.', ',', ';'], &['(', '[', '{', '|', '&']].into_iter().find_map(behind)
}

/// The end of the first sign a little beyond `width`: better a line too long than a name cut in two.
fn sign_soon(word: &str, width: usize) -> Option<usize> {
    let head = word.get(..fitting(word, width + width / 4)).filter(|head| head.len() < word.len())?;
    head.find(['/', '=', ':', '.', ',', ';', '(', '[', '{', '|', '&']).map(|at| at + 1)
}

/// Where to cut `word`, of which `fits` bytes fit: no line has only a sign.
fn before_its_signs(word: &str, fits: usize) -> usize {
    let (head, tail) = word.split_at_checked(fits).unwrap_or((word, ""));
    let parted = head.rfind('-').map(|at| at + 1).filter(|_| !tail.contains(char::is_alphanumeric));
    parted.unwrap_or(fits)
}

/// The columns of the longest part of `text` that should not be cut: between blanks and what parts label keys.
pub fn longest_part(text: &str) -> usize {
    let words = text.split_whitespace();
    words.flat_map(|word| word.split_inclusive(['/', '=', ':'])).map(columns).max().unwrap_or(0)
}

/// The end of the part of `word` that fits into `room` columns; at least one character.
fn fitting(word: &str, room: usize) -> usize {
    let mut taken = 0;
    let end = word.char_indices().find(|(at, character)| {
        taken += character.width().unwrap_or(0);
        taken > room && *at > 0
    });
    end.map_or(word.len(), |(at, _)| at)
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
        escapes("a\u{202e}b\u{200b}\u{feff}", "a\\u202eb\\u200b\\ufeff");
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
        assert_eq!(break_long("- net.example.com/pool-1/eth1: taken", 20), "- net.example.com/\npool-1/eth1: taken");
        assert_eq!(
            break_long("wants a.capacity['b'].compareTo(x) to be", 20),
            "wants a.\ncapacity['b'].\ncompareTo(x) to be"
        );
        assert_eq!(break_long("ToBeDeletedSoon=1:No", 13), "ToBeDeletedSoon=\n1:No");
        assert_eq!(break_long("0123456789 x", 4), "0123\n4567\n89 x");
        assert_eq!(break_long("節点節点", 5), "節点\n節点");
        assert_eq!(break_long("", 0), "");
        assert_eq!(break_long("ab", 0), "a\nb");
        assert_eq!(break_camel_case("NodeResourcesBalancedAllocation", 13), "NodeResources\nBalanced\nAllocation");
        assert_eq!(break_camel_case("VolumeBinding", 20), "VolumeBinding");
    }
}
