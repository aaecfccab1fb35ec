//! What every mix of documents means, however the bytes come in.

use std::fmt::Write;
use std::io::Read;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::scan::TypeMeta;
use super::super::walk::{Decoder, Sink};
use crate::decode::object::skip;

/// Writes down what it is given: a line an object.
#[derive(Default)]
struct Log(String);

impl Decoder for Log {
    type Found = String;

    fn decode(&self, object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<(String, usize)> {
        let bytes = skip(json)?;
        let value: Value = serde_json::from_slice(&json[..bytes])?;
        let name = value["metadata"]["name"].as_str().unwrap_or("?");
        Ok((format!("{} {} {name}", object.api_version, object.kind), bytes))
    }
}

impl Sink for Log {
    type Decoder = Self;

    fn decoder(&self) -> Self {
        Self::default()
    }

    fn take(&mut self, line: String) {
        writeln!(self.0, "{line}").unwrap();
    }

    fn list(&mut self, item: Option<TypeMeta<'_>>) {
        if let Some(item) = item {
            writeln!(self.0, "list of {} {}", item.api_version, item.kind).unwrap();
        }
    }
}

fn log(text: &[u8], capacity: usize) -> Result<(usize, String), String> {
    let mut sink = Log::default();
    match super::read(text, capacity, &mut sink) {
        Ok(count) => Ok((count, sink.0)),
        Err((document, fault)) => Err(format!("document {document}, line {}: {}", fault.line, fault.problem)),
    }
}

#[track_caller]
fn reads(text: &str, documents: usize, expected: &[&str]) {
    let (count, lines) = log(text.as_bytes(), 7).unwrap();
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected, "{text}");
    assert_eq!(count, documents, "{text}");
}

#[track_caller]
fn fails(text: impl AsRef<[u8]>, expected: &str) {
    for capacity in [1, 64, 1 << 20] {
        assert_eq!(log(text.as_ref(), capacity).unwrap_err(), expected, "with windows of {capacity}");
    }
}

#[test]
fn json() {
    reads(r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#, 1, &["v1 Pod a"]);
    // kubectl: sorted keys, so the kind comes last.
    reads(
        r#"{"apiVersion":"v1","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}},
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"b"}}],"kind":"List","metadata":{"resourceVersion":""}}"#,
        1,
        &["v1 Pod a", "v1 Node b"],
    );
    // The API server: items without a kind.
    reads(
        r#"{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}"#,
        1,
        &["v1 Pod a", "v1 Pod b", "list of v1 Pod"],
    );
    // The same with sorted keys.
    reads(
        r#"{"apiVersion":"apps/v1","items":[{"metadata":{"name":"a"}}],"kind":"ReplicaSetList"}"#,
        1,
        &["list of apps/v1 ReplicaSet", "apps/v1 ReplicaSet a"],
    );
    reads(r#"{"items":[{"metadata":{"name":"a"}}]}"#, 1, &["  a"]);
    reads(r#"{"kind":"List","items":[{"metadata":{"name":"a"}}]}"#, 1, &["  a"]);
    reads(r#"{"kind":"PodList","apiVersion":"v1","items":[ ]}"#, 1, &["list of v1 Pod"]);
    reads(r#"{"kind":"PodList","apiVersion":"v1","items":null}"#, 1, &["list of v1 Pod"]);
    reads(r#"{"items":[],"kind":"NodeList"} "#, 1, &["list of  Node"]);
    // A stream, with line ends or without, and arrays.
    reads("{\"kind\":\"A\"}{\"kind\":\"B\"}\r\n\r\n{\"kind\":\"C\"}", 3, &[" A ?", " B ?", " C ?"]);
    reads(r#"[{"kind":"A"},[{"kind":"B"}],[],{"kind":"List","items":[{"kind":"C"}]}]"#, 1, &[" A ?", " B ?", " C ?"]);
    // Lists in Lists.
    reads(
        r#"{"kind":"List","items":[{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a"}}]},{"kind":"B"}]}"#,
        1,
        &["v1 Pod a", "list of v1 Pod", " B ?"],
    );
    // Strings that look like structure.
    reads(r#"{"x":"]}\\\"{[","kind":"A","metadata":{"name":"\"items\":["}}"#, 1, &[r#" A "items":["#]);
    reads("\u{feff} {\"kind\":\"A\"}", 1, &[" A ?"]);
    reads("", 0, &[]);
    reads(" \n\t", 0, &[]);
}

#[test]
fn yaml() {
    reads("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n", 1, &["v1 Pod a"]);
    reads("  kind: A\n  metadata:\n    name: \"1\"", 1, &[" A 1"]);
    reads(
        "---\nkind: A\n---\n# nothing\n---\n\n--- # B comes\nkind: B\n...\nkind: C\n---",
        3,
        &[" A ?", " B ?", " C ?"],
    );
    reads("%YAML 1.2\n---\nkind: A\r\n---\r\nkind: B\r\n", 2, &[" A ?", " B ?"]);
    // must-gather: a typed list, sorted keys.
    reads(
        "---\napiVersion: v1\nitems:\n- metadata:\n    name: a\n- metadata:\n    name: b\nkind: NodeList\n",
        1,
        &["list of v1 Node", "v1 Node a", "v1 Node b"],
    );
    // A text in a document may have lines of dashes.
    reads("kind: A\ndata: |\n  ---\n  -----\nmetadata:\n  name: a\n", 1, &[" A a"]);
    reads("- kind: A\n- kind: B\n", 1, &[" A ?", " B ?"]);
    reads(
        "kind: A\nmetadata: &m\n  name: x\n---\nkind: B\nbase: &b {name: z}\nmetadata:\n  <<: *b\n",
        2,
        &[" A x", " B z"],
    );
}

#[test]
fn both() {
    reads(
        "{\"kind\":\"A\"}\n---\nkind: B\n---\n{\"kind\":\"C\"}\n{\"kind\":\"D\"}\n---\n",
        4,
        &[" A ?", " B ?", " C ?", " D ?"],
    );
    reads("kind: A\n--- {\"kind\":\"B\"}\n", 2, &[" A ?", " B ?"]);
}

#[test]
fn broken_json() {
    fails(
        "{\"kind\":\"A\"}\n\n{\"kind\":\n\"Pod\",\"spec\":{\n",
        "document 2, line 4: the input ends in the middle of an object; it was cut off",
    );
    fails(
        "{\"items\":[\n{\"kind\":\"A\"},\n",
        "document 1, line 2: the input ends in the middle of a List; it was cut off",
    );
    fails("[\n{\"kind\":\"A\"}\n{\"kind\":\"B\"}]", "document 1, line 3: expected `,` or `]`, found `{`");
    fails("{\"kind\":\"A\"\n\"b\":1}", "document 1, line 2: expected `,` or `}`, found `\"`");
    fails("{\n\"kind\":\"A\",\n\"b\":[\n1 2]}", "document 1, line 4: expected `,` or `]`");
    fails("{kind: A}", "document 1, line 1: expected a string, found `k`");
    fails(
        "{\"items\":[{\"kind\":\"A\"},\n\nnull]}",
        "document 1, line 3: item 2 of the List is null; expected a Kubernetes object",
    );
    fails("[1]", "document 1, line 1: item 1 of the array is a number; expected a Kubernetes object");
    fails("{\"items\":[],\n\"kind\":\"List\"\n]", "document 1, line 3: expected `,` or `}`, found `]`");
    // A broken item that waits for its kind is found on its own line, too.
    fails("{\"items\":[{},\n{\"a\":\nx}],\"kind\":\"PodList\"}", "document 1, line 3: expected value");
}

#[test]
fn broken_yaml() {
    fails(
        "kind: A\n---\nkind: B\nspec:\n\tcpu: 1\n",
        "document 2, line 5: tabs disallowed within this context (block indentation)",
    );
    fails("kind: A\nkind: B\n", "document 1, line 2: duplicate mapping key `kind` is not allowed here");
    fails("hello\n", "document 1, line 1: the document is a string; expected a Kubernetes object");
    fails(
        b"kind: \xff\n",
        "document 1, line 1: is neither JSON nor YAML: not UTF-8 text; expected JSON or YAML text, as it is or compressed with gzip or zstd",
    );
}

#[test]
fn depth_is_no_way_to_overflow_the_stack() {
    let deep = |open: &str| open.repeat(10_000_000 / open.len());
    fails(deep("["), "document 1, line 1: Lists and arrays are nested more than 64 deep");
    fails(deep("{\"items\":["), "document 1, line 1: Lists and arrays are nested more than 64 deep");
    assert!(log(deep("{\"a\":").as_bytes(), 1 << 20).unwrap_err().contains("cut off"));
    assert!(log(format!("a: {}", deep("[")).as_bytes(), 1 << 20).unwrap_err().contains("document 1, line 1"));
    assert!(log(deep("- ").as_bytes(), 1 << 20).unwrap_err().contains("document 1, line 1"));
    let closed = format!("{{\"kind\":\"A\",\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let mut sink = Count::default();
    assert!(super::super::documents::read(closed.as_bytes(), 1 << 20, &mut sink).is_ok());
    assert_eq!(sink.0, 1);
}

/// Counts objects without looking into them.
#[derive(Default)]
struct Count(usize);

impl Decoder for Count {
    type Found = ();

    fn decode(&self, _object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<((), usize)> {
        Ok(((), skip(json)?))
    }
}

impl Sink for Count {
    type Decoder = Self;

    fn decoder(&self) -> Self {
        Self::default()
    }

    fn take(&mut self, (): ()) {
        self.0 += 1;
    }

    fn list(&mut self, _item: Option<TypeMeta<'_>>) {}
}

#[test]
fn binary_data_is_refused() {
    fails(
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "document 0, line 1: is binary data; expected JSON or YAML text, as it is or compressed with gzip or zstd",
    );
    fails(
        b"\xff\xfe{\0",
        "document 0, line 1: is binary data; expected JSON or YAML text, as it is or compressed with gzip or zstd",
    );
}

/// Hands out bytes a few at a time, as a pipe does.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(self.0.len()).min(room.len());
        let (now, later) = self.0.split_at(count);
        room[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

fn object() -> impl Strategy<Value = Value> {
    ("[A-Z][a-z]{0,3}", "[a-z\"\\\\\\[{é]{1,8}", any::<bool>()).prop_map(|(kind, name, version)| {
        if version {
            json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": {"numbers": [1, -2.5e-7, 1e30, -1, true, null]}})
        } else {
            json!({"kind": kind, "metadata": {"name": name}})
        }
    })
}

/// Objects, Lists of every shape, and arrays.
fn document() -> impl Strategy<Value = Value> {
    object().prop_recursive(4, 20, 5, |inner| {
        let items = prop::collection::vec(inner, 0..5);
        prop_oneof![
            items
                .clone()
                .prop_map(|items| json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"a": 1}})),
            items.clone().prop_map(|items| json!({"items": items})),
            items.prop_map(Value::Array),
        ]
    })
}

fn print(document: &Value, style: u8) -> String {
    match style {
        0 => document.to_string(),
        1 => serde_json::to_string_pretty(document).unwrap(),
        _ => format!("---\n{}---", serde_yaml::to_string(document).unwrap()),
    }
}

proptest! {
    #[test]
    fn it_does_not_matter_where_the_window_ends(
        documents in prop::collection::vec((document(), 0..3_u8), 1..5),
        capacity in 1..64_usize,
        trickle in 1..9_usize,
    ) {
        let text: Vec<String> = documents.iter().map(|(document, style)| print(document, *style)).collect();
        let text = text.join("\n");
        let whole = log(text.as_bytes(), 1 << 20).unwrap();
        prop_assert_eq!(&log(text.as_bytes(), capacity).unwrap(), &whole);
        let mut sink = Log::default();
        super::read(Trickle(text.as_bytes(), trickle), capacity, &mut sink).unwrap();
        prop_assert_eq!(&sink.0, &whole.1);
        // All of it is there, in order.
        let expected: Vec<String> = documents.iter().flat_map(|(document, _)| flat(document)).collect();
        prop_assert_eq!(whole.1.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), capacity in 1..64_usize) {
        let _ = log(&bytes, capacity);
    }

    #[test]
    fn no_cut_goes_unnoticed(document in document(), at in any::<prop::sample::Index>()) {
        let text = document.to_string();
        let at = at.index(text.len());
        prop_assert_eq!(log(&text.as_bytes()[..at], 16).is_ok(), at == 0);
    }
}

/// The log's lines for a document.
fn flat(document: &Value) -> Vec<String> {
    match document.as_array().or_else(|| document["items"].as_array()) {
        Some(items) => items.iter().flat_map(flat).collect(),
        None => vec![format!(
            "{} {} {}",
            document["apiVersion"].as_str().unwrap_or_default(),
            document["kind"].as_str().unwrap(),
            document["metadata"]["name"].as_str().unwrap()
        )],
    }
}
