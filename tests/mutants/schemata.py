"""Every mutant of a sample in one program: an environment variable says which of them is on.

cargo-mutants compiles once for each mutant, which takes minutes on a small machine. Here its list of mutants is written into the
sources of a copy of the repository behind `crate::mutants::on(NUMBER)`, so that one build serves all. What does not compile so is taken out
again and counted as not tried.
"""
import json
import os
import pathlib
import re
import subprocess

import tree_sitter
import tree_sitter_rust

LANGUAGE = tree_sitter.Language(tree_sitter_rust.language())
SWITCH = '''
/// Which mutant is on.
#[allow(missing_docs, clippy::all)]
pub mod mutants {
    static ON: std::sync::LazyLock<u32> =
        std::sync::LazyLock::new(|| std::env::var("KUBECTL_SCHED_MUTANT").ok().and_then(|n| n.parse().ok()).unwrap_or(0));
    #[inline(never)]
    pub fn on(number: u32) -> bool {
        *ON == number
    }
    /// A mutant's iterator or that of the code.
    #[derive(Clone)]
    pub enum Either<A, B> {
        Mutant(A),
        Code(B),
    }
    impl<A: Iterator, B: Iterator<Item = A::Item>> Iterator for Either<A, B> {
        type Item = A::Item;
        fn next(&mut self) -> Option<A::Item> {
            match self {
                Self::Mutant(mutant) => mutant.next(),
                Self::Code(code) => code.next(),
            }
        }
    }
}
'''


class Source:
    """A file, and the mutants to write into it."""

    def __init__(self, path):
        self.bytes = path.read_bytes()
        self.tree = tree_sitter.Parser(LANGUAGE).parse(self.bytes)
        self.lines = [0]
        for at, byte in enumerate(self.bytes):
            if byte == 10:
                self.lines.append(at + 1)
        self.nodes = {}  # id of a node -> functions from its text to another
        self.by_id = {}

    def offset(self, place):
        line = self.bytes[self.lines[place["line"] - 1]:].split(b"\n", 1)[0].decode()
        return self.lines[place["line"] - 1] + len(line[:place["column"] - 1].encode())

    def at(self, start, end):
        return self.tree.root_node.descendant_for_byte_range(start, end)

    def add(self, node, change):
        self.nodes.setdefault((node.start_byte, node.end_byte, node.type), []).append(change)

    def text(self, node):
        """The text of a node with all mutants in it."""
        key = (node.start_byte, node.end_byte, node.type)
        out, at = [], node.start_byte
        for child in node.children:
            out.append(self.bytes[at:child.start_byte].decode())
            out.append(self.text(child))
            at = child.end_byte
        out.append(self.bytes[at:node.end_byte].decode())
        text = "".join(out)
        for change in self.nodes.get(key, []):
            text = change(text, node)
        return text

    def parts(self, node):
        """The texts of a node's children, and of what lies between them."""
        return [self.text(child) for child in node.children]


def on(number):
    return "crate::mutants::on(%d)" % number


def write(source, mutant, number):
    """Puts a mutant into its source; False if there is no form for it."""
    start, end = source.offset(mutant["span"]["start"]), source.offset(mutant["span"]["end"])
    replacement, genre = mutant["replacement"], mutant["genre"]
    node = source.at(start, end)
    if genre == "FnValue":
        while node and node.type not in ("block", "function_item"):
            node = node.parent
        if node and node.type == "function_item":
            node = node.child_by_field_name("body")
        if node is None or any(child.type == "function_modifiers" and b"const" in child.text for child in node.parent.children):
            return False
        if "impl " in mutant["function"]["return_type"]:
            # Two ends of one function have to be of one type. The innermost mutant wraps the code, the others wrap that.
            source.add(node, lambda text, _: "{ if %s { crate::mutants::Either::Mutant(%s) } else { crate::mutants::Either::Code(%s) } }"
                       % (on(number), replacement, text))
            return "impl Iterator" in mutant["function"]["return_type"]
        source.add(node, lambda text, _: "{ if %s { return %s; } %s" % (on(number), replacement, text[text.index("{") + 1:]))
        return True
    if genre == "StructField":
        whole = node
        while whole and whole.type != "struct_expression":
            whole = whole.parent
        if whole is None:
            return False
        # The comma goes with the field.
        rest = source.bytes[whole.start_byte:start] + source.bytes[end:whole.end_byte].lstrip().removeprefix(b",")
        source.add(whole, lambda text, _: "(if %s { %s } else { %s })" % (on(number), rest.decode(), text))
        return True
    if genre == "BinaryOperator":
        whole = node.parent if node else None
        if whole is None or whole.type not in ("binary_expression", "compound_assignment_expr"):
            return False
        # The texts of both sides, with the mutants that lie in them.
        left, right = whole.child_by_field_name("left"), whole.child_by_field_name("right")

        def change(text, _):
            sides = source.text(left), source.text(right)
            return "(if %s { %s %s %s } else { %s })" % (on(number), sides[0], replacement, sides[1], text)
        source.add(whole, change)
        return True
    if genre == "UnaryOperator":
        whole = node.parent if node and node.type != "unary_expression" else node
        if whole is None or whole.type != "unary_expression":
            return False
        source.add(whole, lambda text, found: "(if %s { %s } else { %s })" % (on(number), source.text(found.children[-1]), text))
        return True
    if genre == "MatchArmGuard":
        source.add(node, lambda text, _: "(if %s { %s } else { %s })" % (on(number), replacement, text))
        return b"let " not in node.text
    if genre == "MatchArm":
        while node and node.type != "match_arm":
            node = node.parent
        pattern = node.child_by_field_name("pattern") if node else None
        if pattern is None:
            return False

        def guarded(text, found):
            condition = found.child_by_field_name("condition")
            if condition is None:
                return "%s if !%s" % (text, on(number))
            head, _, guard = text.rpartition(" if ")
            return "%s if !%s && (%s)" % (head, on(number), guard)
        condition = pattern.child_by_field_name("condition")
        if condition is not None and (b" if " in condition.text or b"let " in condition.text):
            return False
        source.add(pattern, guarded)
        return True
    return False


def span_of(mutant):
    place = mutant["span"]["start"]
    return "%s:%d:%d" % (mutant["file"], place["line"], place["column"])


def files(mutants):
    """Those that mutants are written into."""
    return {mutant["file"] for mutant in mutants.values()} | {"src/lib.rs"}


def put(path, text):
    """Writes a file that is to be another: what stays as it is need not be compiled again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def build(repository, root, mutants, command):
    """Writes the mutants ({number: mutant}) into the copy at `root` and compiles it; answers those that are in, and those that are not."""
    left, out = dict(mutants), {}
    # What did not compile the last time does not now.
    known = root / "not-tried.json"
    names = {mutant["name"]: number for number, mutant in mutants.items()}
    for name in json.loads(known.read_text()) if known.exists() else []:
        if name in names:
            out[names[name]] = left.pop(names[name])
    environment = dict(os.environ, CARGO_TARGET_DIR=os.environ.get("CHECK_TARGET", str(root / "target")))
    while True:
        numbers_of = {}
        for name in sorted(files(mutants)):
            source = Source(repository / name)
            for number, mutant in list(left.items()):
                if mutant["file"] == name and not write(source, mutant, number):
                    out[number] = left.pop(number)
            text = source.text(source.tree.root_node)
            head = source.bytes[:source.tree.root_node.start_byte].decode()
            text = head + text + (SWITCH if name == "src/lib.rs" else "")
            put(root / name, text)
            numbers_of[name] = [set(map(int, re.findall(r"mutants::on\((\d+)\)", line))) for line in text.split("\n")]
        done = subprocess.run(command + ["--message-format=json"], cwd=root, capture_output=True, text=True, env=environment)
        if done.returncode == 0:
            known.write_text(json.dumps([mutant["name"] for mutant in out.values()]))
            return left, out
        bad = set()
        for line in done.stdout.splitlines():
            message = json.loads(line).get("message") if line.startswith("{") else None
            if not isinstance(message, dict) or message.get("level") != "error":
                continue
            for span in message.get("spans", []):
                lines = numbers_of.get(span["file_name"], [])[span["line_start"] - 1:span["line_end"]]
                found = set().union(*lines) if lines else set()
                # An error in a long expression is one of those that begin nearest.
                bad |= found if len(found) < 8 else set(sorted(found)[:4])
        bad &= set(left)
        if not bad:
            raise SystemExit("does not compile:\n" + "\n".join(
                json.loads(line)["message"]["rendered"] for line in done.stdout.splitlines()
                if line.startswith("{") and json.loads(line).get("message", {}).get("level") == "error")[:6000] + done.stderr[-2000:])
        print("  %d do not compile in this form: %s" % (len(bad), sorted(bad)), flush=True)
        out.update({number: left.pop(number) for number in bad})
