//! A stream of documents: JSON values one after another, YAML documents between `---`, or both.

use std::io::Read;

use super::error::{Fault, InputProblem};
use super::limits::Limit;
use super::scan::is_white;
use super::walk::{Sink, walk};
use super::window::{CAPACITY, ReadWindow};
use super::yaml_items::{ItemsStart, YamlItems};
use super::{open, packed};
use crate::decode::yaml::{self, YamlError};

/// Gives every object of every document in `source` to `sink`; answers how many documents there
/// were. The error comes with the number of the document it is in.
pub(super) fn read<R: Read, S: Sink>(source: R, capacity: usize, sink: &mut S) -> Result<usize, (usize, Fault)> {
    let mut documents = Documents { window: ReadWindow::new(source, capacity), count: 0 };
    match documents.read(sink) {
        Ok(()) => Ok(documents.count),
        Err(fault) => Err((documents.count, fault)),
    }
}

struct Documents<R> {
    window: ReadWindow<R>,
    count: usize,
}

impl<R: Read> Documents<R> {
    fn read<S: Sink>(&mut self, sink: &mut S) -> Result<(), Fault> {
        self.at_least(open::TELLING)?;
        if self.window.bytes().starts_with(packed::MAGIC) {
            self.count += 1;
            let file = self.window.rest(Limit::Snapshot).map_err(|error| self.fault(error))?;
            return packed::read(&file, sink);
        }
        if let Some(what) = open::binary(self.window.bytes()) {
            return Err(self.fault(InputProblem::Binary(what)));
        }
        if self.window.bytes().starts_with(b"\xEF\xBB\xBF") {
            self.window.consume(3);
        }
        self.prelude()?;
        while let Some(first) = self.next()? {
            if self.log()? || self.fence()? {
                continue;
            }
            if self.separator()? {
                self.window.consume(3);
            } else if matches!(first, b'{' | b'[') {
                self.skip_white();
                self.count += 1;
                walk(&mut self.window, sink)?;
            } else {
                self.yaml(sink)?;
            }
        }
        Ok(())
    }

    /// Leaves lines behind that somebody's terminal or chat put before the objects: a prompt, warnings, a fence.
    fn prelude(&mut self) -> Result<(), Fault> {
        self.at_least(open::TELLING)?;
        while let Some(line) = self.line(NOISE)? {
            if !is_noise(&line) {
                let known = foreign(self.window.bytes());
                return known.map_or(Ok(()), |what| Err(self.fault(InputProblem::Foreign(what))));
            }
            self.window.consume(line.len());
        }
        Ok(())
    }

    /// The first line that says something, with its end, if it is no longer than `most`; blank ones before it are left
    /// behind.
    fn line(&mut self, most: usize) -> Result<Option<Vec<u8>>, Fault> {
        if self.next()?.is_none() {
            return Ok(None);
        }
        loop {
            let bytes = self.window.bytes();
            let end = bytes.iter().take(most).position(|byte| *byte == b'\n').map(|at| at + 1);
            let end = end.or_else(|| (self.window.ended() && bytes.len() <= most).then_some(bytes.len()));
            if let Some(end) = end {
                return Ok(bytes.get(..end).map(<[u8]>::to_vec));
            }
            if bytes.len() > most || self.window.ended() {
                return Ok(None);
            }
            self.window.more().map_err(|error| self.fault(error))?;
        }
    }

    /// The logs that `kubectl cluster-info dump` prints between the Lists (upstream
    /// kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go): leaves them behind, and answers whether there were any.
    fn log(&mut self) -> Result<bool, Fault> {
        self.at_least(LOG_START.len())?;
        if !self.window.bytes().starts_with(LOG_START) {
            return Ok(false);
        }
        loop {
            self.at_least(LOG_END.len())?;
            let is_last = self.window.bytes().starts_with(LOG_END);
            self.past_line()?;
            if is_last || self.window.bytes().is_empty() && self.window.ended() {
                return Ok(true);
            }
        }
    }

    /// Leaves a line behind, however long it is.
    fn past_line(&mut self) -> Result<(), Fault> {
        loop {
            let bytes = self.window.bytes();
            let end = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let length = bytes.len();
            self.window.consume(end.unwrap_or(length));
            if end.is_some() || self.window.ended() {
                return Ok(());
            }
            self.window.more().map_err(|error| self.fault(error))?;
        }
    }

    /// A line that ends a Markdown fence, or the last line of `kubectl cluster-info dump` before v1.19.
    fn fence(&mut self) -> Result<bool, Fault> {
        self.at_least(DUMPED.len())?;
        let is_fence = self.window.bytes().starts_with(FENCE) || self.window.bytes().starts_with(DUMPED);
        if is_fence {
            let line = self.line(NOISE)?.unwrap_or_default();
            self.window.consume(line.len().max(FENCE.len()));
        }
        Ok(is_fence)
    }

    fn fault(&self, problem: impl Into<InputProblem>) -> Fault {
        Fault { line: self.window.line(), problem: problem.into() }
    }

    /// Reads on until `count` bytes are in view or the input ends.
    fn at_least(&mut self, count: usize) -> Result<(), Fault> {
        while self.window.bytes().len() < count && !self.window.ended() {
            self.window.more().map_err(|error| self.fault(error))?;
        }
        Ok(())
    }

    /// Leaves blank lines behind; answers the first byte after them that is not white space.
    /// White space before it on its own line stays: in YAML it has a meaning.
    fn next(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            let bytes = self.window.bytes();
            let white = bytes.iter().position(|byte| !is_white(*byte));
            let blank = bytes.get(..white.unwrap_or(bytes.len())).unwrap_or_default();
            let first = white.and_then(|at| bytes.get(at).copied());
            let lines = blank.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            // Nobody indents so far.
            let lines = if blank.len() - lines > LONG_INDENT { blank.len() } else { lines };
            self.window.consume(lines);
            if first.is_some() {
                return Ok(first);
            }
            if self.window.ended() {
                return Ok(None);
            }
            self.window.more().map_err(|error| self.fault(error))?;
        }
    }

    fn skip_white(&mut self) {
        let white = self.window.bytes().iter().take_while(|byte| is_white(**byte)).count();
        self.window.consume(white);
    }

    /// Whether the window begins with a line that parts YAML documents.
    fn separator(&mut self) -> Result<bool, Fault> {
        self.at_least(4)?;
        Ok(is_separator(self.window.bytes()))
    }

    /// A long List in YAML, whose items begin at `start`.
    fn yaml_list<S: Sink>(&mut self, start: ItemsStart, sink: &mut S) -> Result<(), Fault> {
        self.count += 1;
        let line = self.window.line();
        let mut items = YamlItems::new(&mut self.window, start, S::TAKES_DUPLICATE_KEYS);
        let walked = walk(&mut ReadWindow::new(&mut items, CAPACITY), sink);
        let at = items.line();
        match (items.into_fault(), walked) {
            (Some(fault), _) => Err(fault),
            (None, Ok(())) => Ok(()),
            // The value's own lines are lost: that of the items that were read last stands for them.
            (None, Err(fault)) => Err(Fault { line: at.max(line), ..fault }),
        }
    }

    /// The YAML text up to the next separator.
    fn yaml<S: Sink>(&mut self, sink: &mut S) -> Result<(), Fault> {
        // Whether it was looked at as a List.
        let (mut searched, mut is_list) = (0, false);
        let length = loop {
            let (found, up_to) = next_separator(self.window.bytes(), searched, self.window.ended());
            searched = up_to;
            if let Some(length) = found {
                break length;
            }
            if self.window.ended() {
                break self.window.bytes().len();
            }
            if self.window.bytes().len() >= LONG_YAML
                && !is_list
                && let Some(start) = ItemsStart::of(self.window.bytes())
            {
                return self.yaml_list(start, sink);
            }
            is_list |= self.window.bytes().len() >= LONG_YAML;
            if let Err(error) = self.window.more() {
                let problem = match error.into() {
                    InputProblem::Limit(Limit::Object) => InputProblem::Limit(Limit::Document),
                    problem => problem,
                };
                return Err(self.fault(problem));
            }
        };
        let text = without_fence(self.window.bytes().get(..length).unwrap_or_default());
        if says_something(text) {
            self.count += 1;
            let first_line = self.window.line();
            let json = to_json(text, S::TAKES_DUPLICATE_KEYS)
                .map_err(|fault| Fault { line: first_line + fault.line - 1, ..fault })?;
            // The value's own lines are lost; the document's first line stands for all.
            walk(&mut ReadWindow::new(json.as_slice(), json.len()), sink)
                .map_err(|fault| Fault { line: first_line, ..fault })?;
        }
        self.window.consume(length);
        Ok(())
    }
}

/// A longer run of blanks has no meaning in YAML either.
const LONG_INDENT: usize = 1 << 16;
/// A YAML document that is longer is read item by item, if it is a List.
const LONG_YAML: usize = 1 << 20;
const LOG_START: &[u8] = b"==== START logs for ";
const LOG_END: &[u8] = b"==== END logs for ";
const FENCE: &[u8] = b"```";
const DUMPED: &[u8] = b"Cluster info dumped to ";
/// A longer line is no prompt and no warning.
const NOISE: usize = 4096;

/// Whether the line is none of the objects': a fence, a warning of kubectl or of a login plugin, a log line of klog,
/// the command itself.
fn is_noise(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let text = text.trim();
    let is_klog = || {
        let mut letters = text.chars();
        letters.next().is_some_and(|level| "WEIF".contains(level))
            && letters.by_ref().take(4).filter(char::is_ascii_digit).count() == 4
            && letters.next() == Some(' ')
    };
    let is_command = || {
        let words = ["kubectl ", "oc ", "k "];
        let prompts = ["$ ", "# ", "> ", "% "];
        words.iter().any(|word| {
            text.starts_with(word) || prompts.iter().any(|prompt| text.contains(&format!("{prompt}{word}")))
        })
    };
    text.starts_with("```") || text.to_ascii_lowercase().starts_with("warning:") || is_klog() || is_command()
}

/// What the text is, if it is known for something else than objects.
fn foreign(head: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(head.get(..open::TELLING).unwrap_or(head));
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let is_described = first.starts_with("Name:") && head.contains("\nNamespace:")
        || first.starts_with("Name:") && head.contains("\nLabels:");
    if is_described {
        return Some("the output of `kubectl describe`; use `kubectl get -o yaml`");
    }
    let is_table =
        (first.starts_with("NAME ") || first.starts_with("NAMESPACE ")) && first == first.to_ascii_uppercase();
    is_table.then_some("a table of `kubectl get`; add -o yaml")
}

/// The text of a YAML document before the line that ends a Markdown fence.
pub(super) fn without_fence(text: &[u8]) -> &[u8] {
    let fence = text.windows(FENCE.len() + 1).position(|bytes| bytes.starts_with(b"\n") && bytes.ends_with(FENCE));
    fence.and_then(|at| text.get(..=at)).unwrap_or(text)
}

/// The JSON text of one YAML document; lines of errors are counted from its own first one.
pub(super) fn to_json(text: &[u8], as_written: bool) -> Result<Vec<u8>, Fault> {
    let broken = |line, message| Fault { line, problem: InputProblem::Broken(message) };
    let text = std::str::from_utf8(text)
        .map_err(|_| Fault { line: 1, problem: InputProblem::Binary("neither JSON nor YAML: not UTF-8 text") })?;
    // What breaks at its very end was most likely cut off.
    let last = text.trim_end().lines().count() as u64;
    let value = |text| {
        serde_json::to_vec(&yaml::parse(text)?).map_err(|error| YamlError { line: 1, message: error.to_string() })
    };
    let json = if as_written { yaml::to_json_as_written(text) } else { value(text) };
    json.map_err(|error| {
        let problem = format!("{}; this is the last line: was the file cut off?", error.message);
        broken(
            error.line,
            if error.line >= last && last > 1 && !text.ends_with('\n') { problem } else { error.message },
        )
    })
}

/// `---` or `...`, and then the end of the line or a blank.
pub(super) fn is_separator(bytes: &[u8]) -> bool {
    (bytes.starts_with(b"---") || bytes.starts_with(b"...")) && bytes.get(3).is_none_or(|byte| is_white(*byte))
}

/// Where the next line that is a separator begins, looking from `from` on; and from where to look
/// again when more was read.
fn next_separator(bytes: &[u8], from: usize, ended: bool) -> (Option<usize>, usize) {
    let mut at = from;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(newline) = rest.iter().position(|byte| *byte == b'\n') else { return (None, bytes.len()) };
        let line = rest.get(newline + 1..).unwrap_or_default();
        if line.len() < 4 && !ended {
            return (None, at + newline);
        }
        if is_separator(line) {
            return (Some(at + newline + 1), at);
        }
        at += newline + 1;
    }
}

/// Whether `text` is more than blank lines, comments and directives.
fn says_something(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .any(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"%"))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
