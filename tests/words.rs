//! Plain words: what a user reads has none of the turns that STYLE.md rules out.
//!
//! Looked at are the string literals of `src` (code under `#[cfg(test)]` left out), every help text, the
//! pages under `docs`, and the Markdown and manifests that a user sees first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::fs;
use std::path::{Path, PathBuf};

/// Archaic or private turns, in lower case; STYLE.md says what to write instead.
const RULED_OUT: &[&str] = &[
    "all the same",
    "anew",
    "asks nobody",
    "be it",
    "comes of it",
    "comes of them",
    "comes to",
    "do without",
    "does without",
    "finds no place",
    "find no place",
    "for good",
    "for want of",
    "goes without",
    "gone at once",
    "have a say",
    "has a say",
    "heeded",
    "homeless",
    "in the way",
    "is of no use",
    "letter for letter",
    "made way",
    "make way",
    "makes way",
    "mend",
    "mended",
    "mind:",
    "no place",
    "nobody",
    "of no use",
    "pass over",
    "passes over",
    "passed over",
    "say no",
    "says no",
    "says of",
    "set free",
    "sets free",
    "somebody",
    "stands in",
    "take it that",
    "took it that",
    "told",
    "turned away",
    "unsaid",
    "what becomes of",
    "whoever",
];

/// The worst of them, which comments and identifiers do without as well; in identifiers a `_` stands between words.
const RULED_OUT_IN_CODE: &[&str] = &[
    "anew",
    "goes without",
    "heeded",
    "homeless",
    "made way",
    "make way",
    "makes way",
    "mended",
    "of no use",
    "told",
    "untold",
    "whoever",
];

/// The phrases of [`RULED_OUT`] in `text`, as whole words.
fn ruled_out(text: &str) -> Vec<&'static str> {
    phrases(text, RULED_OUT)
}

fn phrases(text: &str, ruled_out: &[&'static str]) -> Vec<&'static str> {
    let text = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let has = |phrase: &&str| {
        text.match_indices(phrase).any(|(at, _)| {
            let after = text[at + phrase.len()..].chars().next();
            !is_word(text[..at].chars().next_back()) && (phrase.ends_with(':') || !is_word(after))
        })
    };
    ruled_out.iter().copied().filter(has).collect()
}

/// The string literals of Rust code, with their lines.
fn literals(code: &str) -> Vec<(usize, String)> {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut found = Vec::new();
    let mut rest = code;
    let line = |rest: &str| code[..code.len() - rest.len()].lines().count();
    while let Some(at) = rest.find(['"', '\'', '/', 'r']) {
        let before = rest[..at].chars().next_back();
        rest = &rest[at..];
        let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(raw) =
            rest.strip_prefix('r').filter(|raw| !in_word && raw.trim_start_matches('#').starts_with('"'))
        {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            let end = format!("\"{}", "#".repeat(hashes));
            let (text, after) = raw[hashes + 1..].split_once(end.as_str()).unwrap();
            found.push((line(rest), text.to_owned()));
            rest = after;
        } else if let Some(text) = rest.strip_prefix('"') {
            let mut escaped = false;
            let end = text.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            let end = end.unwrap();
            // A line that ends in `\` goes on in the next one, without its indent.
            let text_lines: Vec<&str> = text[..end].split("\\\n").collect();
            found.push((line(rest), text_lines.iter().map(|line| line.trim_start()).collect::<Vec<_>>().join("")));
            rest = &text[end + 1..];
        } else if rest.starts_with('\'') {
            // A character, or a lifetime.
            let skip = if rest.starts_with("'\\") { 2 } else { 1 };
            let after = &rest[skip..];
            let width = after.chars().next().map_or(0, char::len_utf8);
            let is_character = after[width..].starts_with('\'');
            rest = if is_character { &after[width + 1..] } else { after };
        } else {
            rest = &rest[1..];
        }
    }
    found
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(directory: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| path.to_str().unwrap().ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn complain(complaints: &[String]) {
    assert!(complaints.is_empty(), "STYLE.md rules these out:\n{}", complaints.join("\n"));
}

#[test]
fn messages() {
    let mut complaints = Vec::new();
    let mut read = 0;
    for file in files(&in_repository("src"), &[".rs"]) {
        let name = file.to_str().unwrap();
        if name.ends_with("tests.rs") || name.contains("/tests/") {
            continue;
        }
        for (line, text) in literals(&fs::read_to_string(&file).unwrap()) {
            read += 1;
            let words = ruled_out(&text);
            if !words.is_empty() {
                complaints.push(format!("{name}:{line}: {words:?} in {text:?}"));
            }
        }
    }
    assert!(read > 2000, "the literals of src were not found: {read}");
    complain(&complaints);
}

#[test]
fn comments_and_identifiers() {
    let mut complaints = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        for file in files(&in_repository(folder), &[".rs"]) {
            // This file has the list.
            if file.ends_with("tests/words.rs") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in text.lines().enumerate() {
                let words = phrases(&line.replace('_', " "), RULED_OUT_IN_CODE);
                if !words.is_empty() {
                    complaints.push(format!("{}:{}: {words:?} in {line}", file.display(), number + 1));
                }
            }
        }
    }
    complain(&complaints);
}

/// Flags are the command line's: the rest of the crate is used by programs without one.
#[test]
fn no_flag_outside_the_command_line() {
    /// Where other programs are quoted, by the beginning of the file's path and a part of the text.
    const QUOTED: &[(&str, &str)] = &[
        // kubectl's words and commands.
        ("simulate/scenario/", "(use --force to override)"),
        ("source/", "kubectl get -o json"),
        ("report/screen/not_evaluated.rs", "kubectl create clusterrole"),
        ("source/documents.rs", "kubectl"),
        ("report/commands.rs", ""),
        // The page in a browser shows the commands that say the same: what sets something is called alike in both.
        ("session/", ""),
        // zstd's flag, and kube-scheduler's.
        ("source/open.rs", "--long"),
        ("decode/scheduler_process.rs", "--"),
        // The titles of schemas are commands.
        ("report/schema.rs", "kubectl sched simulate --"),
    ];
    let is_flag = |text: &str| {
        let long = text.match_indices("--").any(|(at, _)| {
            // A variable of a style sheet ends in a colon or stands in `var()`.
            let word: &str = text[at + 2..].split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap();
            let after = &text[at + 2 + word.len()..];
            !word.is_empty() && !word.starts_with('-') && !after.starts_with(':') && !text[..at].ends_with("var(")
        });
        long || text.contains("-o wide")
            || text.contains("-o json")
            || text.contains("-o yaml")
            || text.contains("-o html")
    };
    let source = in_repository("src");
    let mut complaints = Vec::new();
    for file in files(&source, &[".rs"]) {
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap();
        if name.starts_with("cli/") || name.ends_with("tests.rs") {
            continue;
        }
        for (line, text) in literals(&fs::read_to_string(&file).unwrap()) {
            let quoted = QUOTED.iter().any(|(path, part)| name.starts_with(path) && text.contains(part));
            if is_flag(&text) && !quoted {
                complaints.push(format!("src/{name}:{line}: {text:?}"));
            }
        }
    }
    assert!(complaints.is_empty(), "flags outside src/cli:\n{}", complaints.join("\n"));
}

#[test]
fn help() {
    fn of(command: &mut clap::Command, complaints: &mut Vec<String>) {
        let text = command.render_long_help().to_string();
        let words = ruled_out(&text);
        if !words.is_empty() {
            complaints.push(format!("{} --help: {words:?}", command.get_name()));
        }
        for command in command.get_subcommands_mut() {
            of(command, complaints);
        }
    }
    let mut complaints = Vec::new();
    of(&mut kubectl_sched::cli::command(), &mut complaints);
    complain(&complaints);
}

#[test]
fn pages() {
    let mut paths = files(&in_repository("docs"), &[".md", ".yaml"]);
    paths.extend(files(&in_repository("krew"), &[".md", ".yaml"]));
    paths.extend(["README.md", "CHANGELOG.md"].map(in_repository));
    let mut complaints = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        // A phrase may be broken over lines: paragraph by paragraph.
        for paragraph in text.split("\n\n") {
            let words = ruled_out(paragraph);
            if !words.is_empty() {
                complaints.push(format!("{}: {words:?} in {paragraph}", path.display()));
            }
        }
    }
    complain(&complaints);
}

#[test]
#[allow(clippy::needless_raw_string_hashes)] // the text has a raw string of its own
fn literals_are_found() {
    let code = r##"
        let a = 'x'; // "not this"
        fn f<'a>(b: &'a str) { g("one", '"', '\'', r#"two "quoted""#, "th\"ree"); }
        "four \
         lines"
        #[cfg(test)]
mod tests { "not that" }
    "##;
    let texts: Vec<String> = literals(code).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["one", "two \"quoted\"", "th\\\"ree", "four lines"]);
    assert_eq!(ruled_out("Mind: nobody is TOLD\nanew"), ["anew", "mind:", "nobody", "told"]);
    assert_eq!(ruled_out("remind: retold, recommend"), [""; 0]);
}
