//! Reading the outer structure of JSON by hand, one member at a time.
//!
//! `serde_json` reads what lies inside; the brackets of Lists, which may hold a gigabyte, are
//! walked here so that no more than one object needs to be in memory.

use crate::decode::object::skip;

/// Why a scan stopped.
#[derive(Debug)]
pub(super) enum ScanStop {
    /// The bytes end too early.
    Short,
    /// Something else than `expected` stands `at` this offset.
    Unexpected { at: usize, expected: &'static str },
    /// A value that starts `at` this offset is broken.
    Json { at: usize, error: serde_json::Error },
}

/// A place in JSON text.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    json: &'a [u8],
    /// The offset.
    pub(super) at: usize,
    ended: bool,
}

impl<'a> Cursor<'a> {
    /// At the start of `json`; `ended` says that nothing comes after it.
    pub(super) fn new(json: &'a [u8], ended: bool) -> Self {
        Self { json, at: 0, ended }
    }

    /// What has not been gone past.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.json.get(self.at..).unwrap_or_default()
    }

    /// Goes `bytes` further.
    #[cfg(feature = "live")] // pages are walked so
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The next byte that is not white space; stops there.
    pub(super) fn peek(&mut self) -> Result<u8, ScanStop> {
        let rest = self.rest();
        match rest.iter().position(|byte| !is_white(*byte)) {
            Some(white) => {
                self.at += white;
                Ok(rest.get(white).copied().unwrap_or_default())
            }
            None => Err(ScanStop::Short),
        }
    }

    /// Goes past `byte`.
    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), ScanStop> {
        if self.peek()? != byte {
            return Err(ScanStop::Unexpected { at: self.at, expected });
        }
        self.at += 1;
        Ok(())
    }

    /// Goes past a string; answers what stands between the quotes, escapes as they are.
    pub(super) fn string(&mut self) -> Result<&'a str, ScanStop> {
        self.expect(b'"', "a string")?;
        let at = self.at;
        let mut escape = false;
        for (length, byte) in self.rest().iter().enumerate() {
            match byte {
                _ if escape => escape = false,
                b'\\' => escape = true,
                b'"' => {
                    self.at += length + 1;
                    let text = self.json.get(at..at + length).unwrap_or_default();
                    return std::str::from_utf8(text).map_err(|_| ScanStop::Unexpected { at, expected: "UTF-8 text" });
                }
                _ => {}
            }
        }
        Err(ScanStop::Short)
    }

    /// Goes past a member's name and its colon.
    pub(super) fn key(&mut self) -> Result<&'a str, ScanStop> {
        let key = self.string()?;
        self.expect(b':', "`:`")?;
        Ok(key)
    }

    /// The length of what is left up to the end of the value that comes next.
    pub(super) fn past_value(mut self) -> Result<usize, ScanStop> {
        self.value().map(|()| self.at)
    }

    /// Goes past a value of any kind.
    pub(super) fn value(&mut self) -> Result<(), ScanStop> {
        let first = self.peek()?;
        let at = self.at;
        let bytes = skip(self.rest()).map_err(|error| stop(at, error))?;
        self.at += bytes;
        // A number or a word that touches the end may go on in what was not yet read.
        let bracketed = matches!(first, b'{' | b'[' | b'"');
        if !bracketed && self.rest().is_empty() && !self.ended { Err(ScanStop::Short) } else { Ok(()) }
    }
}

/// Whether the object that `json` begins with has more than `most` values, as far as it is there.
pub(super) fn has_more_values(json: &[u8], most: usize) -> bool {
    let (mut values, mut depth, mut in_string, mut is_escaped) = (0, 0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            // Whatever an object is decoded to is larger than a value by itself.
            b'{' => (values, depth) = (values + 10, depth + 1),
            b'[' => (values, depth) = (values + 1, depth + 1),
            b',' => values += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    values > most
}

/// How far a value that is skipped piece by piece was seen.
#[derive(Default)]
pub(super) struct Skipped {
    depth: u64,
    within: Within,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    /// Blanks before the value.
    #[default]
    Before,
    Brackets,
    String,
    /// The byte behind a backslash.
    Escape,
    /// A number or a word, which end where something else begins.
    Bare,
}

impl Skipped {
    /// Whether any of the value was seen.
    pub(super) fn has_begun(&self) -> bool {
        self.within != Within::Before
    }

    /// Where the value ends in its next piece, if it does.
    pub(super) fn value_end(&mut self, piece: &[u8]) -> Option<usize> {
        for (at, byte) in piece.iter().enumerate() {
            match (self.within, byte) {
                (Within::String, b'\\') => self.within = Within::Escape,
                (Within::String, b'"') if self.depth == 0 => return Some(at + 1),
                (Within::String, b'"') => self.within = Within::Brackets,
                (Within::Bare, byte) if is_white(*byte) || matches!(byte, b',' | b'}' | b']') => return Some(at),
                (Within::String | Within::Bare, _) => {}
                (Within::Escape, _) | (_, b'"') => self.within = Within::String,
                (_, b'{' | b'[') => (self.depth, self.within) = (self.depth + 1, Within::Brackets),
                (_, b'}' | b']') => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                (Within::Before, byte) if !is_white(*byte) => self.within = Within::Bare,
                (Within::Before | Within::Brackets, _) => {}
            }
        }
        None
    }
}

/// What `serde_json` says of a value that starts at `at`.
fn stop(at: usize, error: serde_json::Error) -> ScanStop {
    if error.is_eof() { ScanStop::Short } else { ScanStop::Json { at, error } }
}

/// Whether JSON takes `byte` for white space.
pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// `apiVersion` and `kind`, empty where they are not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TypeMeta<'a> {
    pub(super) api_version: &'a str,
    pub(super) kind: &'a str,
}

impl TypeMeta<'_> {
    /// The type of the items of a `PodList` and its like; none for a plain `List`.
    pub(super) fn item(self) -> Option<Self> {
        let kind = self.kind.strip_suffix("List").filter(|kind| !kind.is_empty())?;
        Some(Self { kind, ..self })
    }

    /// Whether it may be a list of objects: it says so, or does not yet say what it is.
    fn may_be_list(self) -> bool {
        self.kind.is_empty() || self.kind.ends_with("List")
    }
}

/// What an object turns out to be once enough of it was seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening<'a> {
    /// One object.
    Object(TypeMeta<'a>),
    /// A List; its first item comes after `bytes`.
    List { list: TypeMeta<'a>, bytes: usize },
    /// A List whose `items` are null: it takes `bytes`.
    NullList { list: TypeMeta<'a>, bytes: usize },
}

/// Looks into the object that `cursor` stands before no further than it must: kubectl and the API
/// server write `apiVersion` and `kind` first, or `items` right after `apiVersion`.
pub(super) fn opening(mut cursor: Cursor<'_>) -> Result<Opening<'_>, ScanStop> {
    let mut found = TypeMeta::default();
    let mut null_items = false;
    cursor.expect(b'{', "`{`")?;
    if cursor.peek()? == b'}' {
        return Ok(Opening::Object(found));
    }
    loop {
        match cursor.key()? {
            "apiVersion" if cursor.peek()? == b'"' => found.api_version = cursor.string()?,
            "kind" if cursor.peek()? == b'"' => found.kind = cursor.string()?,
            "items" if found.may_be_list() && cursor.peek()? == b'[' => {
                return Ok(Opening::List { list: found, bytes: cursor.at + 1 });
            }
            "items" if cursor.peek()? == b'n' => {
                cursor.value()?;
                null_items = true;
            }
            _ => cursor.value()?,
        }
        if !found.api_version.is_empty() && !found.may_be_list() {
            return Ok(Opening::Object(found));
        }
        if cursor.peek()? == b'}' {
            let bytes = cursor.at + 1;
            return Ok(if null_items && found.kind.ends_with("List") {
                Opening::NullList { list: found, bytes }
            } else {
                Opening::Object(found)
            });
        }
        cursor.expect(b',', "`,` or `}`")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn opens(json: &str, expected: &Opening<'_>) {
        assert_eq!(&opening(Cursor::new(json.as_bytes(), false)).unwrap(), expected, "{json}");
    }

    fn meta<'a>(api_version: &'a str, kind: &'a str) -> TypeMeta<'a> {
        TypeMeta { api_version, kind }
    }

    #[test]
    fn an_object_is_known_as_soon_as_can_be() {
        opens(r#"{"apiVersion":"v1","kind":"Pod","spec":{"broken"#, &Opening::Object(meta("v1", "Pod")));
        opens(r#"{"spec":{"kind":"x"}, "kind" : "Pod"}"#, &Opening::Object(meta("", "Pod")));
        opens(r#"{"apiVersion":"v1","items":[{"#, &Opening::List { list: meta("v1", ""), bytes: 28 });
        opens(r#"{"kind":"PodList","items":[ {"#, &Opening::List { list: meta("", "PodList"), bytes: 27 });
        opens(r#"{"kind":"PodList","items":null}"#, &Opening::NullList { list: meta("", "PodList"), bytes: 31 });
        // A kind of its own may be called so without being a list.
        opens(r#"{"apiVersion":"a/v1","kind":"AllowList","spec":{}}"#, &Opening::Object(meta("a/v1", "AllowList")));
        opens(r#"{"apiVersion":"v1","kind":"Basket","items":[1"#, &Opening::Object(meta("v1", "Basket")));
        opens(r#"{"kind":1,"apiVersion":null}"#, &Opening::Object(meta("", "")));
        opens("{}", &Opening::Object(meta("", "")));
    }

    #[track_caller]
    fn is_short(json: &str) {
        assert!(matches!(opening(Cursor::new(json.as_bytes(), false)), Err(ScanStop::Short)), "{json}");
    }

    #[test]
    fn a_value_is_skipped_in_pieces() {
        for (value, rest) in [
            (r#" {"a":[1,"]}\"",{}],"b":"\\"}"#, ",x"),
            ("  12.5e7", "}"),
            (" null", "\n}"),
            (r#""a\"}b""#, ",1"),
            ("[[[]]]", "]"),
        ] {
            let text = format!("{value}{rest}");
            for cut in 0..text.len() {
                let (first, second) = text.as_bytes().split_at(cut);
                let mut skipped = Skipped::default();
                let end = skipped.value_end(first).or_else(|| skipped.value_end(second).map(|end| end + cut));
                assert_eq!(end, Some(value.len()), "{text} cut at {cut}");
            }
        }
    }

    #[test]
    fn more_is_asked_for_rather_than_guessed() {
        for json in ["", "{", "{\"ki", "{\"a\\", "{\"a\":12", "{\"a\":{\"b\":1}", "{\"items\":", "{\"kind\":\"Po"] {
            is_short(json);
        }
    }

    #[test]
    fn broken_text_is_reported_with_its_place() {
        let json = br#"{"a" 1}"#;
        assert!(matches!(opening(Cursor::new(json, false)), Err(ScanStop::Unexpected { at: 5, expected: "`:`" })));
        assert!(matches!(opening(Cursor::new(br#"{"a":[1}"#, false)), Err(ScanStop::Json { at: 5, .. })));
    }
}
