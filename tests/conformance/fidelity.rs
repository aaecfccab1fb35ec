//! The tables of `docs/fidelity.md` and of the README are what the corpus has and what these tests hold it to.
//! `UPDATE=1 cargo test --test conformance fidelity` writes them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use libtest_mimic::Failed;

use crate::common::corpus::{self, Area, Minor};
use crate::pending;

const BEGIN: &str = "<!-- written by UPDATE=1 cargo test --test conformance fidelity -->\n";
const END: &str = "<!-- end -->";

pub(crate) fn documents_say_so() -> Result<(), Failed> {
    let mut minors = corpus::minors();
    minors.sort_by_key(|minor| minor.version);
    same("docs/fidelity.md", &format!("{}\n{}", areas(&minors), left_out(&minors)))?;
    same("README.md", &summary(&minors))
}

/// Compares what a document has between the two marks, or writes it.
fn same(document: &str, table: &str) -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let text = std::fs::read_to_string(&path).unwrap();
    let marks = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let Some((before, (written, after))) = marks else {
        return Err(format!("{document} has lost the marks of its table").into());
    };
    if written == table {
        Ok(())
    } else if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        Ok(())
    } else {
        Err(format!("{document} says\n{written}but it is\n{table}\n(UPDATE=1 cargo test --test conformance fidelity)")
            .into())
    }
}

/// How many of an area's pods agree; `None` when that is not noted.
fn agreeing(name: &str, minor: &Minor, area: &Area) -> Option<usize> {
    match pending::noted(name, &minor.name) {
        None => Some(area.pods),
        Some(noted) => noted.split_once(" of ")?.0.parse().ok(),
    }
}

fn share(agree: Option<usize>, all: usize) -> String {
    match agree {
        Some(agree) => format!("{agree} / {all}"),
        None => format!("? / {all}"),
    }
}

/// All areas of a minor: cases, pods that agree, pods.
fn total(minor: &Minor) -> (usize, Option<usize>, usize) {
    let each = || minor.areas.iter();
    let agree = each().map(|(name, area)| agreeing(name, minor, area)).sum();
    (each().map(|(_, area)| area.count).sum(), agree, each().map(|(_, area)| area.pods).sum())
}

fn heading(minors: &[Minor]) -> String {
    let mut text = String::from("| |");
    for minor in minors {
        let _ = write!(text, " {} |", minor.version);
    }
    format!("{text}\n|---|{}\n", "---|".repeat(minors.len()))
}

fn areas(minors: &[Minor]) -> String {
    let mut names: Vec<&str> = minors.iter().flat_map(|minor| minor.areas.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    let mut text = heading(minors);
    for name in names {
        let _ = write!(text, "| {name} |");
        for minor in minors {
            match minor.areas.get(name) {
                Some(area) => {
                    let agree = share(agreeing(name, minor, area), area.pods);
                    let _ = write!(text, " {}: {agree} |", area.count);
                }
                None => text.push_str(" |"),
            }
        }
        text.push('\n');
    }
    text.push_str("| **all** |");
    for (cases, agree, pods) in minors.iter().map(total) {
        let _ = write!(text, " **{cases}: {}** |", share(agree, pods));
    }
    text.push('\n');
    text
}

/// The cases without an answer, by what kept them from one.
fn left_out(minors: &[Minor]) -> String {
    let mut text = String::from("| left out | area | cases | why |\n|---|---|---|---|\n");
    for minor in minors {
        for (name, area) in &minor.areas {
            let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
            for why in area.left_out.values() {
                *reasons.entry(reason(why)).or_default() += 1;
            }
            for (reason, cases) in reasons {
                let _ = writeln!(text, "| {} | {name} | {cases} | {reason} |", minor.version);
            }
        }
    }
    text
}

/// The recorder's own words, shortened.
fn reason(why: &str) -> &'static str {
    if why.contains("unrecognized feature gate") {
        "the minor does not know the case's feature gate"
    } else if why.starts_with("config: ") || why.contains("does not extend") {
        "the minor refuses the case's configuration"
    } else if why.contains("panic") {
        "the scheduler crashes"
    } else if why == "two runs differ" {
        "two runs of the scheduler differ"
    } else if why.starts_with("ORACLE: ") {
        "the scheduler's cycle and its plugins, asked one by one, differ"
    } else {
        panic!("no words for: {why}")
    }
}

fn summary(minors: &[Minor]) -> String {
    let mut text = heading(minors);
    let totals: Vec<_> = minors.iter().map(total).collect();
    text.push_str("| clusters |");
    for (cases, ..) in &totals {
        let _ = write!(text, " {cases} |");
    }
    text.push_str("\n| pods and placements that agree |");
    for (_, agree, pods) in &totals {
        let _ = write!(text, " {} |", share(*agree, *pods));
    }
    text.push('\n');
    text
}
