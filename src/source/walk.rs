//! One JSON document of any size, walked from the outside in.
//!
//! Lists and arrays are kept on a stack of their own, whatever they hold, so depth cannot
//! overflow the program's; each object goes to a [`Sink`] as the bytes it stands in.

use std::io::Read;
use std::sync::Arc;

use serde_json::Value;

use super::error::{Fault, InputProblem};
use super::json_path::located;
use super::limits::Limit;
use super::packed::Contents;
use super::progress::FileProgress;
use super::scan::{Cursor, Opening, ScanStop, Skipped, TypeMeta, has_more_values, is_white, opening};
use super::shape;
use super::side_by_side;
use super::window::ReadWindow;
use crate::decode::object::skip;

/// An object that is no larger than this is called by its name in an error.
const NAMED: usize = 1 << 21;
/// Lists hold Lists hold Lists: nobody writes this many.
const DEEPEST: usize = 64;
/// A block of items has as many bytes as so many windows.
const BLOCK: usize = 8;
/// A block of fewer items was not worth its while: what stands here does not lie side by side.
const FEW: usize = 2;
/// What an object takes that waits, beside its bytes.
const WAITING: usize = 64;
/// How many items are then read one by one.
const PATIENCE: u32 = 64;

/// Reads objects, on any thread.
pub(super) trait Decoder: Sync {
    /// What is kept of an object.
    type Found: Send;

    /// Reads the object that `json` begins with; answers how many bytes it took. When that ends
    /// too early (an error of category `Eof`), the object is offered again with more bytes.
    fn decode(&self, object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<(Self::Found, usize)>;
}

/// Takes what is found.
pub(super) trait Sink {
    /// Whether a key that a YAML map has twice is handed on twice; else that is an error.
    const TAKES_DUPLICATE_KEYS: bool = false;

    /// Reads the objects.
    type Decoder: Decoder;

    /// Reads the objects for this one.
    fn decoder(&self) -> Self::Decoder;

    /// Who hears how far each file was read.
    fn progress(&self) -> Option<Arc<dyn FileProgress>> {
        None
    }

    /// Takes what was found in an object, in the order of the input.
    fn take(&mut self, found: FoundBy<Self>);

    /// Learns that there is a list of objects of this type, even an empty one.
    fn list(&mut self, item: Option<TypeMeta<'_>>);

    /// Takes everything of a snapshot in its own form.
    fn packed(&mut self, contents: &Contents<'_>) -> Result<(), Fault> {
        contents.each(self)
    }
}

/// What the decoder of a sink finds.
pub(super) type FoundBy<S> = <<S as Sink>::Decoder as Decoder>::Found;

/// Walks the document that `window` begins with, an object or an array, to its end.
pub(super) fn walk<R: Read, S: Sink>(window: &mut ReadWindow<R>, sink: &mut S) -> Result<(), Fault> {
    let decoder = sink.decoder();
    let mut walk = Walk { window, sink, decoder, frames: Vec::new(), pending: Vec::new(), one_by_one: 0 };
    let walked = walk.document();
    walk.settle();
    let (line, left_out) = (walk.window.line(), walk.window.left_out());
    walked.map_err(|failure| match failure {
        Failure::Here(problem) => Fault { line, problem },
        Failure::Later { lines, problem } => Fault { line: line + lines + left_out, problem },
        Failure::Elsewhere(fault) => fault,
    })
}

/// What went wrong, and on which line.
enum Failure {
    /// That of the first byte of the window.
    Here(InputProblem),
    /// So many lines further down.
    Later { lines: u64, problem: InputProblem },
    /// A line that was remembered.
    Elsewhere(Fault),
}

impl From<InputProblem> for Failure {
    fn from(problem: InputProblem) -> Self {
        Self::Here(problem)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Here(error.into())
    }
}

/// A bracket that was opened and not yet closed.
enum Frame {
    /// A bare array.
    Array { items: u64 },
    /// A List.
    List(List),
}

/// A List that is being walked.
#[derive(Default)]
struct List {
    api_version: String,
    kind: String,
    items: u64,
    /// Past the `]` of its items, among the members that follow them.
    after_items: bool,
    /// Items without a kind of their own, in a List whose kind is not known yet, and the lines
    /// they begin on: they wait for it.
    waiting: Vec<(u64, Box<[u8]>)>,
    /// The bytes of these.
    waiting_bytes: usize,
}

impl List {
    fn type_meta(&self) -> TypeMeta<'_> {
        TypeMeta { api_version: &self.api_version, kind: &self.kind }
    }
}

/// A member of a List after its items.
enum Member {
    ApiVersion(String),
    Kind(String),
    Items,
    /// One whose value comes next.
    Other,
    End,
}

struct Walk<'a, R, S: Sink> {
    window: &'a mut ReadWindow<R>,
    sink: &'a mut S,
    decoder: S::Decoder,
    frames: Vec<Frame>,
    /// What was found and not yet taken.
    pending: Vec<FoundBy<S>>,
    /// So many of the next items are read one by one.
    one_by_one: u32,
}

impl<R: Read, S: Sink> Walk<'_, R, S> {
    fn document(&mut self) -> Result<(), Failure> {
        self.value()?;
        loop {
            match self.frames.last() {
                None => return Ok(()),
                Some(Frame::List(List { after_items: true, .. })) => self.member()?,
                Some(Frame::List(_) | Frame::Array { .. }) => self.item()?,
            }
        }
    }

    /// The next item of the innermost bracket, or its end.
    fn item(&mut self) -> Result<(), Failure> {
        let first = match self.frames.last() {
            Some(Frame::Array { items } | Frame::List(List { items, .. })) => *items == 0,
            None => return Ok(()),
        };
        if !first {
            self.many()?;
        }
        // Past the comma, up to the value; or past the bracket.
        let (bytes, closed) = self.attempt("a List", |mut cursor| {
            if cursor.peek()? == b']' {
                return Ok((cursor.at + 1, true));
            }
            if !first {
                cursor.expect(b',', "`,` or `]`")?;
                cursor.peek()?;
            }
            Ok((cursor.at, false))
        })?;
        self.window.consume(bytes);
        if !closed {
            if let Some(Frame::Array { items } | Frame::List(List { items, .. })) = self.frames.last_mut() {
                *items += 1;
            }
            return self.value();
        }
        match self.frames.last_mut() {
            Some(Frame::List(list)) => list.after_items = true,
            _ => self.frames.truncate(self.frames.len().saturating_sub(1)),
        }
        Ok(())
    }

    /// As many of the next items as the window has, decoded side by side; none of a short List.
    fn many(&mut self) -> Result<(), Failure> {
        if self.one_by_one > 0 {
            self.one_by_one -= 1;
            return Ok(());
        }
        let item = match self.frames.last() {
            Some(Frame::List(list)) => list.type_meta().item().map(owned),
            _ => None,
        };
        let capacity = self.window.capacity();
        loop {
            if self.window.bytes().len() < capacity && !self.window.ended() {
                self.window.more()?;
            }
            if !self.window.ended() && self.window.widen(capacity * BLOCK) {
                self.window.more()?;
            }
            if self.window.bytes().len() < capacity {
                return Ok(());
            }
            let item = item.as_ref().map(borrowed);
            let (bytes, ahead) = self.window.split();
            let (sink, pending) = (&mut *self.sink, std::mem::take(&mut self.pending));
            let mut filled = Ok(());
            let block = side_by_side::decode(&self.decoder, bytes, item, capacity, || {
                filled = ahead.fill();
                for found in pending {
                    sink.take(found);
                }
            });
            filled?;
            let count = block.found.len();
            self.pending = block.found;
            self.window.consume(block.end);
            if let Some(Frame::Array { items } | Frame::List(List { items, .. })) = self.frames.last_mut() {
                *items += count as u64;
            }
            if count < FEW {
                self.one_by_one = PATIENCE;
                return Ok(());
            }
        }
    }

    /// Hands on what was found so far.
    fn settle(&mut self) {
        for found in self.pending.drain(..) {
            self.sink.take(found);
        }
    }

    /// The value that the window begins with.
    fn value(&mut self) -> Result<(), Failure> {
        let first = self.attempt("a document", |mut cursor| cursor.peek())?;
        match first {
            b'{' => self.object(),
            b'[' => {
                self.window.consume(1);
                self.open(Frame::Array { items: 0 })
            }
            other => Err(self.no_object(other)),
        }
    }

    fn object(&mut self) -> Result<(), Failure> {
        // In a `PodList` and its like every item is a Pod, and the API leaves out the kind.
        if let Some(Frame::List(list)) = self.frames.last()
            && let Some((api_version, kind)) = list.type_meta().item().map(owned)
        {
            return self.take(&api_version, &kind);
        }
        let (list, bytes) = loop {
            match opening(Cursor::new(self.window.bytes(), self.window.ended())) {
                Ok(Opening::Object(object)) => {
                    let (api_version, kind) = owned(object);
                    if !kind.is_empty() {
                        return self.take(&api_version, &kind);
                    }
                    return if self.wait()? { Ok(()) } else { self.take_by_shape() };
                }
                Ok(Opening::List { list, bytes }) => break (Some(owned(list)), bytes),
                Ok(Opening::NullList { list, bytes }) => {
                    let item = list.item().map(owned);
                    self.settle();
                    self.sink.list(item.as_ref().map(borrowed));
                    break (None, bytes);
                }
                Err(stop) => self.stopped("an object", stop)?,
            }
        };
        self.window.consume(bytes);
        match list {
            Some((api_version, kind)) => self.open(Frame::List(List { api_version, kind, ..List::default() })),
            None => Ok(()),
        }
    }

    /// Hands the object that the window begins with to the sink.
    fn take(&mut self, api_version: &str, kind: &str) -> Result<(), Failure> {
        loop {
            // Those of a smaller object are as few as its bytes.
            let may_be_large = self.window.bytes().len() > self.window.capacity();
            if may_be_large && has_more_values(self.window.bytes(), Limit::Values.length()) {
                return Err(InputProblem::Limit(Limit::Values).into());
            }
            match self.decoder.decode(TypeMeta { api_version, kind }, self.window.bytes()) {
                Ok((found, bytes)) => {
                    self.settle();
                    self.sink.take(found);
                    self.window.consume(bytes);
                    return Ok(());
                }
                Err(error) if error.is_eof() => self.stopped("an object", ScanStop::Short)?,
                Err(error) => return Err(self.broken(0, &error)),
            }
        }
    }

    /// Hands an object without a kind on as what its fields show it to be.
    fn take_by_shape(&mut self) -> Result<(), Failure> {
        let bytes = self.attempt("an object", |mut cursor| cursor.value().map(|()| cursor.at))?;
        let shape = shape::of(self.window.bytes().get(..bytes).unwrap_or_default());
        self.take(shape.api_version, shape.kind)
    }

    /// Sets an object without a kind aside if its List may still tell it. Answers whether it did.
    fn wait(&mut self) -> Result<bool, Failure> {
        if !matches!(self.frames.last(), Some(Frame::List(list)) if list.kind.is_empty()) {
            return Ok(false);
        }
        let bytes = self.attempt("an object", |mut cursor| cursor.value().map(|()| cursor.at))?;
        let object = self.window.bytes().get(..bytes).unwrap_or_default().into();
        let line = self.window.line();
        if let Some(Frame::List(list)) = self.frames.last_mut() {
            list.waiting_bytes += bytes + WAITING;
            if list.waiting_bytes > Limit::Unnamed.length() {
                return Err(InputProblem::Limit(Limit::Unnamed).into());
            }
            list.waiting.push((line, object));
        }
        self.window.consume(bytes);
        Ok(true)
    }

    /// The next member of the innermost List, or its end.
    fn member(&mut self) -> Result<(), Failure> {
        let (member, bytes) = self.attempt("a List", |mut cursor| {
            if cursor.peek()? == b'}' {
                return Ok((Member::End, cursor.at + 1));
            }
            cursor.expect(b',', "`,` or `}`")?;
            let member = match cursor.key()? {
                "apiVersion" if cursor.peek()? == b'"' => Member::ApiVersion(cursor.string()?.to_owned()),
                "kind" if cursor.peek()? == b'"' => Member::Kind(cursor.string()?.to_owned()),
                "items" if cursor.peek()? == b'[' => {
                    cursor.at += 1;
                    Member::Items
                }
                _ => Member::Other,
            };
            Ok((member, cursor.at))
        })?;
        self.window.consume(bytes);
        let Some(Frame::List(list)) = self.frames.last_mut() else { return Ok(()) };
        match member {
            Member::ApiVersion(api_version) => list.api_version = api_version,
            Member::Kind(kind) => list.kind = kind,
            Member::Items => (list.after_items, list.items) = (false, 0),
            Member::Other => self.skip_value()?,
            Member::End => {
                if let Some(Frame::List(list)) = self.frames.pop() {
                    return self.close(&list);
                }
            }
        }
        Ok(())
    }

    /// Leaves a value behind that nobody reads. Of a long one no more is in memory than the window holds, and no more
    /// is checked than where it ends.
    fn skip_value(&mut self) -> Result<(), Failure> {
        let mut skipped = Skipped::default();
        loop {
            let is_long = self.window.bytes().len() >= self.window.capacity();
            if !skipped.has_begun() {
                match Cursor::new(self.window.bytes(), self.window.ended()).past_value() {
                    Ok(bytes) => {
                        self.window.consume(bytes);
                        return Ok(());
                    }
                    Err(stop) if !is_long || !matches!(stop, ScanStop::Short) => {
                        self.stopped("a List", stop)?;
                        continue;
                    }
                    Err(_) => {}
                }
            }
            let bytes = self.window.bytes().len();
            let end = skipped.value_end(self.window.bytes());
            self.window.consume(end.unwrap_or(bytes));
            if end.is_some() {
                return Ok(());
            }
            if !self.window.more()? {
                return Err(InputProblem::CutOff("a List").into());
            }
        }
    }

    /// Everything of `list` was read: now its items without a kind have one, or never will.
    fn close(&mut self, list: &List) -> Result<(), Failure> {
        let item = list.type_meta().item();
        self.settle();
        self.sink.list(item);
        for (line, object) in &list.waiting {
            let decoded = self.decoder.decode(item.unwrap_or_else(|| shape::of(object)), object);
            let (found, _) = decoded.map_err(|error| {
                let problem = InputProblem::Broken(describe(&error, object));
                Failure::Elsewhere(Fault { line: line + error.line() as u64 - 1, problem })
            })?;
            self.sink.take(found);
        }
        Ok(())
    }

    fn open(&mut self, frame: Frame) -> Result<(), Failure> {
        if self.frames.len() == DEEPEST {
            return Err(InputProblem::TooDeep(DEEPEST).into());
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Scans the bytes of the window, again with more of them as long as they end too early.
    fn attempt<T>(
        &mut self,
        what: &'static str,
        scan: impl Fn(Cursor<'_>) -> Result<T, ScanStop>,
    ) -> Result<T, Failure> {
        loop {
            match scan(Cursor::new(self.window.bytes(), self.window.ended())) {
                Ok(found) => return Ok(found),
                Err(stop) => self.stopped(what, stop)?,
            }
        }
    }

    /// Reads on after a scan of `what` that ended too early; makes a failure of any other stop.
    fn stopped(&mut self, what: &'static str, stop: ScanStop) -> Result<(), Failure> {
        match stop {
            ScanStop::Short => {
                // A word or number at the very end counts once nothing can follow it.
                let was_open = !self.window.ended();
                self.window.squeeze();
                if self.window.more()? || was_open {
                    return Ok(());
                }
                let lines = super::window::newlines(self.window.bytes().trim_ascii_end());
                Err(Failure::Later { lines, problem: InputProblem::CutOff(what) })
            }
            ScanStop::Unexpected { at, expected } => {
                let bytes = self.window.bytes();
                let found = bytes.get(at).copied().unwrap_or_default();
                let lines = super::window::newlines(bytes.get(..at).unwrap_or_default());
                let problem = InputProblem::Broken(format!("expected {expected}, found {}", shown(found)));
                Err(Failure::Later { lines, problem })
            }
            ScanStop::Json { at, error } => Err(self.broken(at, &error)),
        }
    }

    /// What `serde_json` found wrong with the value `at` bytes into the window.
    fn broken(&self, at: usize, error: &serde_json::Error) -> Failure {
        let bytes = self.window.bytes();
        let lines = super::window::newlines(bytes.get(..at).unwrap_or_default());
        Failure::Later {
            lines: lines + error.line() as u64 - 1,
            problem: InputProblem::Broken(describe(error, bytes.get(at..).unwrap_or_default())),
        }
    }

    /// Something else stands where an object should.
    fn no_object(&self, first: u8) -> Failure {
        let found = match first {
            b'n' => "null".to_owned(),
            b'"' => "a string".to_owned(),
            b't' | b'f' => "a boolean".to_owned(),
            b'-' | b'0'..=b'9' => "a number".to_owned(),
            other => shown(other),
        };
        let place = match self.frames.last() {
            Some(Frame::Array { items }) => format!("item {items} of the array"),
            Some(Frame::List(list)) => format!("item {} of the List", list.items),
            None => "the document".to_owned(),
        };
        let before = self.window.bytes().iter().take_while(|byte| is_white(**byte)).filter(|byte| **byte == b'\n');
        Failure::Later {
            lines: before.count() as u64,
            problem: InputProblem::Broken(format!("{place} is {found}; expected a Kubernetes object")),
        }
    }
}

fn owned(meta: TypeMeta<'_>) -> (String, String) {
    (meta.api_version.to_owned(), meta.kind.to_owned())
}

fn borrowed((api_version, kind): &(String, String)) -> TypeMeta<'_> {
    TypeMeta { api_version, kind }
}

fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() { format!("`{}`", char::from(byte)) } else { format!("the byte 0x{byte:02x}") }
}

/// An error's words behind the path to the value, without its line and column, which are those of a part; and what the
/// object that `json` begins with is called.
pub(super) fn describe(error: &serde_json::Error, json: &[u8]) -> String {
    // A broken text has no object to name.
    if !error.is_data() {
        return located(json, error);
    }
    let end = skip(json).ok().filter(|end| *end <= NAMED).unwrap_or_default();
    let object: Value = serde_json::from_slice(json.get(..end).unwrap_or_default()).unwrap_or_default();
    let member = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    let namespace = member(metadata, "namespace").map(|namespace| namespace + "/");
    let name =
        [member(&object, "kind"), Some(namespace.unwrap_or_default() + &member(metadata, "name").unwrap_or_default())];
    let name: Vec<String> = name.into_iter().flatten().filter(|word| !word.is_empty()).collect();
    let words = format!("{}; correct the field or leave the object out", located(json, error));
    if name.is_empty() { words } else { format!("{}: {words}", name.join(" ")) }
}
