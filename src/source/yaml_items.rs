//! A List in YAML of any length, as kubectl prints it, turned into JSON item by item.
//!
//! `items:` stands at the beginning of a line, each item begins with a dash in the same column, and what follows the
//! items begins at or before it. So the text can be cut without being understood, and each piece is YAML by itself. (An
//! alias of another item's anchor is not: nothing that prints objects writes one.)

use std::io::{self, Cursor, Read};

use super::documents::{is_separator, to_json, without_fence};
use super::error::{Fault, InputProblem};
use super::window::{CAPACITY, ReadWindow};

/// Where the items of a List begin.
pub(super) struct ItemsStart {
    /// The length of what comes before the line `items:`.
    head: usize,
    /// The length of that line.
    line: usize,
    /// Blanks before the dash of an item.
    indent: usize,
}

impl ItemsStart {
    /// In the document that `text` begins with.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let mut at = 0;
        loop {
            let line = line_at(text, at)?;
            if line.trim_ascii_end() == b"items:" {
                let first = line_at(text, at + line.len())?;
                let indent = first.iter().take_while(|byte| **byte == b' ').count();
                let is_item = is_item(first, indent) && !is_separator(first);
                return is_item.then_some(Self { head: at, line: line.len(), indent });
            }
            at += line.len();
        }
    }
}

/// The line that begins at `at`, with its end; none if its end is not there.
fn line_at(text: &[u8], at: usize) -> Option<&[u8]> {
    let rest = text.get(at..)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    rest.get(..=end)
}

/// Whether an item begins on this line.
fn is_item(line: &[u8], indent: usize) -> bool {
    let dash = line.get(indent..).unwrap_or_default();
    let is_indented = line.get(..indent).is_some_and(|blanks| blanks.iter().all(|byte| *byte == b' '));
    is_indented && dash.first() == Some(&b'-') && dash.get(1).is_none_or(u8::is_ascii_whitespace)
}

/// Whether the items end before this line.
fn ends_items(line: &[u8], indent: usize) -> bool {
    let blanks = line.iter().take_while(|byte| **byte == b' ').count();
    let is_blank = line.trim_ascii().is_empty() || line.get(blanks) == Some(&b'#');
    is_separator(line) || !is_blank && blanks <= indent && !is_item(line, indent)
}

/// What comes next.
enum Next {
    Head(ItemsStart),
    Items { indent: usize, is_first: bool },
    Tail,
    Nothing,
}

/// The JSON text of a List; reads it from the window that begins with it, up to its end.
pub(super) struct YamlItems<'a, R> {
    window: &'a mut ReadWindow<R>,
    next: Next,
    as_written: bool,
    json: Cursor<Vec<u8>>,
    line: u64,
    fault: Option<Fault>,
}

impl<'a, R: Read> YamlItems<'a, R> {
    /// `as_written`: a key that a map has twice is handed on twice.
    pub(super) fn new(window: &'a mut ReadWindow<R>, start: ItemsStart, as_written: bool) -> Self {
        let line = window.line();
        Self { window, next: Next::Head(start), as_written, json: Cursor::default(), line, fault: None }
    }

    /// The line of what was read last.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// What was wrong with the YAML.
    pub(super) fn into_fault(self) -> Option<Fault> {
        self.fault
    }

    /// The next piece of JSON; empty at the end.
    fn piece(&mut self) -> Result<Vec<u8>, Fault> {
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Head(ItemsStart { head, line, indent }) => {
                let mut json = b"{".to_vec();
                let members = self.members(head)?;
                self.window.consume(line);
                json.extend_from_slice(&members);
                json.extend_from_slice(if members.is_empty() { b"\"items\":[" } else { b",\"items\":[" });
                self.next = Next::Items { indent, is_first: true };
                Ok(json)
            }
            Next::Items { indent, is_first } => {
                let (length, is_last) = self.items(indent)?;
                let json = self.converted(length)?;
                self.next = if is_last { Next::Tail } else { Next::Items { indent, is_first: false } };
                let items = json.strip_prefix(b"[").and_then(|json| json.strip_suffix(b"]")).unwrap_or_default();
                let comma: &[u8] = if is_first || items.is_empty() { b"" } else { b"," };
                Ok([comma, items].concat())
            }
            Next::Tail => {
                let length = self.tail()?;
                let members = self.members(length)?;
                let comma: &[u8] = if members.is_empty() { b"" } else { b"," };
                Ok([b"]", comma, &members, b"}"].concat())
            }
            Next::Nothing => Ok(Vec::new()),
        }
    }

    /// The JSON of the next `length` bytes, which are left behind.
    fn converted(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        self.line = self.window.line();
        let text = without_fence(self.window.bytes().get(..length).unwrap_or_default());
        let json = to_json(text, self.as_written).map_err(|fault| Fault { line: self.line + fault.line - 1, ..fault });
        self.window.consume(length);
        json
    }

    /// The members of the map that the next `length` bytes are.
    fn members(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        let json = self.converted(length)?;
        match json.strip_prefix(b"{").and_then(|json| json.strip_suffix(b"}")) {
            Some(members) => Ok(members.to_vec()),
            None if json == b"null" => Ok(Vec::new()),
            None => {
                Err(Fault { line: self.line, problem: InputProblem::Broken("a List has no such lines".to_owned()) })
            }
        }
    }

    /// The length of the next items, and whether they are the last ones.
    fn items(&mut self, indent: usize) -> Result<(usize, bool), Fault> {
        let (mut at, mut whole) = (0, 0);
        loop {
            let bytes = self.window.bytes();
            while let Some(line) = line_at(bytes, at).or_else(|| bytes.get(at..).filter(|_| self.window.ended())) {
                if line.is_empty() || at > 0 && ends_items(line, indent) || line.starts_with(b"```") {
                    return Ok((at, true));
                }
                if at > 0 && is_item(line, indent) {
                    whole = at;
                }
                at += line.len();
            }
            if whole > 0 && at >= CAPACITY {
                return Ok((whole, false));
            }
            self.more()?;
        }
    }

    /// The length of what is left of the document.
    fn tail(&mut self) -> Result<usize, Fault> {
        let mut at = 0;
        loop {
            let bytes = self.window.bytes();
            while let Some(line) = line_at(bytes, at).or_else(|| bytes.get(at..).filter(|_| self.window.ended())) {
                if line.is_empty() || is_separator(line) || line.starts_with(b"```") {
                    return Ok(at);
                }
                at += line.len();
            }
            self.more()?;
        }
    }

    fn more(&mut self) -> Result<(), Fault> {
        let read = self.window.more();
        read.map(|_| ()).map_err(|error| Fault { line: self.window.line(), problem: error.into() })
    }
}

impl<R: Read> Read for YamlItems<'_, R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.json.read(room)?;
            if count > 0 || room.is_empty() || matches!(self.next, Next::Nothing) {
                return Ok(count);
            }
            match self.piece() {
                Ok(json) => self.json = Cursor::new(json),
                Err(fault) => {
                    self.fault = Some(fault);
                    return Err(io::Error::other("the YAML is broken"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Input;
    use super::super::files;
    use crate::state::ClusterBuilder;

    /// What is read of a List with so many nodes.
    fn read(head: &str, item: impl Fn(usize) -> String, count: usize, tail: &str) -> Result<usize, String> {
        let items: String = (0..count).map(item).collect();
        let input = Input::memory("list", format!("{head}{items}{tail}").into_bytes());
        let report = files::read(&input, &mut ClusterBuilder::default()).map_err(|error| error.to_string())?;
        assert_eq!(report.duplicate_count, 0);
        Ok(report.objects)
    }

    /// A node; each has 500 bytes and more.
    fn node(indent: &str, number: usize) -> String {
        let note = "x".repeat(400);
        let lines = [
            "- apiVersion: v1",
            "  kind: Node",
            "  metadata:",
            &format!("    name: node-{number}"),
            &format!("    note: {note}"),
            "  # a comment",
            "  spec:",
            "    taints:",
            "    - key: a",
            "      effect: NoSchedule",
            "  text: |",
            "    - not an item",
            "",
            "    kind: neither",
        ];
        lines.map(|line| [indent, line, "\n"].concat()).concat()
    }

    #[test]
    fn a_long_list_is_read_item_by_item() {
        let tails = ["kind: List\nmetadata:\n  resourceVersion: \"\"\n", "# nothing\n", "", "---\n", "...\n", "```\n"];
        for (count, indent) in [(3, ""), (6000, ""), (6000, "  ")] {
            for tail in tails {
                let read = read("apiVersion: v1\nitems:\n", |number| node(indent, number), count, tail);
                assert_eq!(read, Ok(count), "{indent:?} {tail:?}");
            }
            let next = "kind: List\n---\napiVersion: v1\nkind: Node\nmetadata: {name: other}\n";
            assert_eq!(read("items:\n", |number| node(indent, number), count, next), Ok(count + 1));
        }
    }

    #[test]
    fn items_may_leave_their_kind_to_the_list() {
        let item = |number| format!("- metadata:\n    name: n{number}\n    note: {}\n", "x".repeat(400));
        assert_eq!(read("apiVersion: v1\nkind: NodeList\nitems:\n", item, 6000, ""), Ok(6000));
        assert_eq!(read("apiVersion: v1\nitems:\n", item, 6000, "kind: NodeList\n"), Ok(6000));
    }

    #[test]
    fn what_is_broken_is_said_with_its_line() {
        let item = |number| if number == 5000 { "- a: [\n".to_owned() } else { node("", number) };
        let error = read("items:\n", item, 6000, "").unwrap_err();
        assert!(error.starts_with("list: document 1, line 7"), "{error}");
        let error = read("items:\n", |number| node("", number), 6000, "- {").unwrap_err();
        assert!(error.contains("cut off"), "{error}");
    }
}
