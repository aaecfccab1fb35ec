//! `-o markdown`: a comment for a pull request.

use super::super::text::escape;
use super::super::{Look, Part, Report};
use super::{Format, FormatError};

#[derive(Debug)]
pub(super) struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn part(&self) -> Part {
        Part::Comment
    }

    fn render(&self, report: &dyn Report, _look: Look) -> Result<String, FormatError> {
        report.comment().ok_or(FormatError::NoSuchPart("markdown"))
    }
}

/// A text with nothing in it that Markdown or HTML would take for markup, on one line. Nobody is mentioned by it.
pub(in crate::report) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in escape(text).chars() {
        match letter {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '@' => plain.push_str("&#64;"),
            '#' => plain.push_str("&#35;"),
            '\n' | '\r' => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => plain.extend(['\\', letter]),
            letter => plain.push(letter),
        }
    }
    plain
}

/// A text as it is, in a span of code.
pub(in crate::report) fn code(text: &str) -> String {
    let text = escape(text).replace(['\n', '\r'], " ").replace('|', "\u{2758}");
    let fence = "`".repeat(longest_run(&text) + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// A text as it is, in a block of code.
pub(in crate::report) fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let lines: Vec<String> = text.lines().map(|line| escape(line).into_owned()).collect();
    format!("{fence}text\n{}\n{fence}\n", lines.join("\n"))
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_others_is_text() {
        assert_eq!(plain("<img onerror=x> @all *b* a|b #1"), "&lt;img onerror=x&gt; &#64;all \\*b\\* a\\|b &#35;1");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(block("```\n</details>"), "````text\n```\n</details>\n````\n");
    }
}
