//! Markup that is being written.
//!
//! Literals of ours go in as they are; everything else is escaped on its way in, so that no text
//! of a cluster can become markup, whether between tags, in a quoted attribute or in JSON.

use std::fmt::{Display, Write};

use serde::Serialize;

use super::super::text::{escape, is_hidden};

/// A piece of a page.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Markup(String);

impl Markup {
    /// Markup of ours.
    pub(super) fn raw(&mut self, literal: &'static str) -> &mut Self {
        self.0.push_str(literal);
        self
    }

    /// Text, between tags or within a quoted attribute. Control characters become visible.
    pub(super) fn text(&mut self, text: impl Display) -> &mut Self {
        let _ = write!(Escaping(&mut self.0), "{text}");
        self
    }

    /// `<tag>text</tag>`.
    pub(super) fn element(&mut self, tag: &'static str, text: impl Display) -> &mut Self {
        self.raw("<").raw(tag).raw(">").text(text).raw("</").raw(tag).raw(">")
    }

    /// `<tag class="class">text</tag>`.
    pub(super) fn classed(&mut self, tag: &'static str, class: &'static str, text: impl Display) -> &mut Self {
        self.raw("<").raw(tag).raw(" class=\"").raw(class).raw("\">").text(text).raw("</").raw(tag).raw(">")
    }

    /// Another piece.
    pub(super) fn append(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// A value as JSON that the script reads and the browser does not run.
    pub(super) fn data(&mut self, class: &'static str, value: &impl Serialize) -> &mut Self {
        self.raw("<script type=\"application/json\" class=\"").raw(class).raw("\">");
        // Values of our own types always can be serialised; were it not so, the script would find nothing.
        let json = serde_json::to_string(value).unwrap_or_default();
        for character in json.chars() {
            match character {
                // As JSON has them: two halves where one number is too small.
                character if matches!(character, '<' | '>' | '&') || is_hidden(character) => {
                    for half in character.encode_utf16(&mut [0; 2]) {
                        let _ = write!(self.0, "\\u{half:04x}");
                    }
                }
                other => self.0.push(other),
            }
        }
        self.raw("</script>")
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Writes with the characters replaced that mean something in HTML.
struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for character in escape(text).chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(text: &str, in_text: &str, in_json: &str) {
        let mut markup = Markup::default();
        markup.text(text);
        assert_eq!(markup.finish(), in_text);
        let mut markup = Markup::default();
        markup.data("x", &text);
        assert_eq!(markup.finish(), format!("<script type=\"application/json\" class=\"x\">\"{in_json}\"</script>"));
    }

    #[test]
    fn text_stays_text() {
        case("node-1", "node-1", "node-1");
        case("<script>", "&lt;script&gt;", "\\u003cscript\\u003e");
        case("\" onload='x'", "&quot; onload=&#39;x&#39;", "\\\" onload='x'");
        case("a&b</script>", "a&amp;b&lt;/script&gt;", "a\\u0026b\\u003c/script\\u003e");
        case("\x1b\u{2028}", "^[\\u2028", "\\u001b\\u2028");
    }
}
