//! Input that is larger than a cluster can make it: what nobody reads costs nothing, what is too much is refused in one
//! line. (`benches/hostile.py` measures the memory.)

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;

use super::harness::screen;

const NODE: &str =
    r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"},"status":{"allocatable":{"cpu":"4","pods":"110"}}}"#;

const PACKED: &str = "nodes.json.gz";

/// What `pending` says of a file with these pieces.
fn pending(name: &str, pieces: &[&[u8]]) -> String {
    pending_with(name, pieces, "")
}

fn pending_with(name: &str, pieces: &[&[u8]], flags: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    let file = std::fs::File::create(&path).unwrap();
    let mut out: Box<dyn Write> =
        if name == PACKED { Box::new(GzEncoder::new(file, Compression::fast())) } else { Box::new(file) };
    for piece in pieces {
        out.write_all(piece).unwrap();
    }
    drop(out);
    let screen = screen(&format!("pending {flags} --snapshot {}", path.display()));
    screen.replace(&*directory.path().to_string_lossy(), "DIR")
}

#[test]
fn blanks_and_members_that_nobody_reads_cost_nothing() {
    let blanks = vec![b' '; 6 << 20];
    let text = vec![b'x'; 6 << 20];
    let list = br#"{"apiVersion":"v1","kind":"List","#;
    let items = format!(r#""items":[{NODE}]"#);
    let screen = pending(PACKED, &[&blanks, list, &blanks, items.as_bytes(), br#","x":[""#, &text, br#""]}"#]);
    assert_snapshot!(screen, @"
    --- stderr
    No pending pods found.
    --- status 0
    ");
}

#[test]
fn a_name_without_end() {
    let text = vec![b'x'; 17 << 20];
    let json = [br#"{"apiVersion":"v1","kind":"Node","metadata":{"name":""#.as_slice(), &text, br#""}}"#];
    assert_snapshot!(pending("nodes.json", &json), @"
    --- stderr
    error: DIR/nodes.json: document 1, line 1: an object is larger than 16 MiB (etcd takes 1.5 MiB); --input-limits=2 accepts more
    --- status 2
    ");
    let yaml = [b"apiVersion: v1\nkind: Node\nmetadata:\n  name: ".as_slice(), &text];
    assert_snapshot!(pending("nodes.yaml", &yaml), @"
    --- stderr
    error: DIR/nodes.yaml: a YAML document is larger than 16 MiB, and not a List as kubectl prints it; --input-limits=2 accepts more
    --- status 2
    ");
    assert_snapshot!(pending_with("nodes.json", &json, "--input-limits 2").lines().last().unwrap(), @"--- status 0");
}

#[test]
fn a_million_values() {
    let conditions = "{},".repeat(700_000);
    let json = format!(r#"{{"apiVersion":"v1","kind":"Node","status":{{"conditions":[{conditions}{{}}]}}}}"#);
    assert_snapshot!(pending("nodes.json", &[json.as_bytes()]), @"
    --- stderr
    error: DIR/nodes.json: document 1, line 1: an object has more than 1000000 values (each object in it counts as 10); --input-limits=2 accepts more
    --- status 2
    ");
}

#[test]
fn aliases_that_multiply() {
    let mut lines = vec!["a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned()];
    for (before, name) in ('a'..='y').zip('b'..='z') {
        let nine = vec![format!("*{before}"); 9].join(",");
        lines.push(format!("{name}: &{name} [{nine}]\n"));
    }
    let yaml = lines.concat();
    assert_snapshot!(pending("bomb.yaml", &[yaml.as_bytes()]), @"
    --- stderr
    error: DIR/bomb.yaml: document 1, line 7: a YAML document has more than 1000000 values, or its aliases repeat much text; --input-limits=2 accepts more
    --- status 2
    ");
}

#[test]
fn items_that_wait_for_their_kind() {
    let items = "{},".repeat(3_000_000);
    assert_snapshot!(pending("items.json", &[format!(r#"{{"items":[{items}{{}}]}}"#).as_bytes()]), @"
    --- stderr
    error: DIR/items.json: document 1, line 1: a List has more than 128 MiB of items without kind before its own kind; --input-limits=2 accepts more
    --- status 2
    ");
}
