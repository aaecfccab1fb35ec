//! The values that an argument may take.
//!
//! An argument says by the name of its value (`NODE`, `NAMESPACE`, `TARGET`) what belongs there; a
//! command that uses these names is completed without a line here.

use clap::{Arg, ValueHint};

use crate::config::KubeVersion;
use crate::decode::Kind;
use crate::decode::workload::WorkloadKind;

use super::line::Line;
use super::names::{self, Of};
use super::{Answer, Candidate, Directive};
use crate::cli::target::NamedKind;
use crate::cli::{completion, target};

/// Values of `argument` that may begin with `typed`.
pub(super) fn of(line: &Line<'_>, argument: &Arg, typed: &str) -> Answer {
    let value_name = argument.get_value_names().and_then(|names| names.first()).map(AsRef::as_ref);
    let named = |of| Answer::of(names::of(of, line).into_iter().map(Candidate::new).collect());
    match (argument.get_id().as_str(), value_name.unwrap_or_default()) {
        ("context", _) => named(Of::Contexts),
        ("cluster", _) => named(Of::Clusters),
        ("user", _) => named(Of::Users),
        (_, "NAMESPACE") => named(Of::Objects(Kind::Namespace)),
        (_, "NODE") => named(Of::Objects(Kind::Node)),
        (_, "POD") => named(Of::Objects(Kind::Pod)),
        (_, "TARGET") => targets(line, typed),
        (_, "SHELL") => Answer::of(completion::SHELLS.iter().map(|(name, _)| Candidate::new(*name)).collect()),
        (_, "VERSION") => Answer::of(versions().map(|version| Candidate::new(version.to_string())).collect()),
        _ => by_definition(argument),
    }
}

/// What clap knows of the argument.
fn by_definition(argument: &Arg) -> Answer {
    if argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "DIR")) {
        return Answer { candidates: Vec::new(), directive: Directive::Directories };
    }
    let possible = argument.get_possible_values();
    if possible.is_empty() && matches!(argument.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath) {
        return Answer { candidates: Vec::new(), directive: Directive::Files };
    }
    let shown = possible.iter().filter(|value| !value.is_hide_set());
    Answer::of(shown.map(|value| super::describe(value.get_name(), value.get_help())).collect())
}

fn versions() -> impl Iterator<Item = KubeVersion> {
    (KubeVersion::OLDEST_MINOR..=KubeVersion::NEWEST_MINOR).map(|minor| KubeVersion { minor, patch: None })
}

/// `POD`, `TYPE/NAME`, `TYPE NAME...`, as [`target::Target`] reads them.
fn targets(line: &Line<'_>, typed: &str) -> Answer {
    if line.flags.iter().any(|(flag, _)| flag.get_id() == "filename") {
        return Answer::nothing();
    }
    let names = |kind| names::of(Of::Objects(kind), line);
    if let Some((word, _)) = typed.split_once('/') {
        let Some(kind) = kind(word) else { return Answer::nothing() };
        return Answer::of(names(kind).into_iter().map(|name| Candidate::new(format!("{word}/{name}"))).collect());
    }
    let candidates: Vec<Candidate> = match line.words.as_slice() {
        [] => names(Kind::Pod).into_iter().map(Candidate::new).chain(types()).collect(),
        [first, ..] if first.contains('/') => types().collect(),
        [first, others @ ..] => {
            let names = kind(first).map(names).unwrap_or_default();
            names.into_iter().filter(|name| !others.contains(name)).map(Candidate::new).collect()
        }
    };
    // As kubectl: when only `TYPE/` is left, the name is still to be typed.
    let mut left = candidates.iter().filter(|candidate| candidate.value.starts_with(typed)).peekable();
    let unfinished = left.peek().is_some() && left.all(|candidate| candidate.value.ends_with('/'));
    Answer { directive: if unfinished { Directive::NoSpace } else { Directive::NoFiles }, candidates }
}

fn kind(word: &str) -> Option<Kind> {
    target::kind_of(word).ok().map(NamedKind::object)
}

/// `pod/`, `deployment/`, and so on.
fn types() -> impl Iterator<Item = Candidate> {
    let workloads = Kind::ALL.iter().filter_map(|kind| match kind {
        Kind::Workload(workload) => Some(WorkloadKind::as_str(*workload)),
        _ => None,
    });
    std::iter::once("Pod")
        .chain(workloads)
        .chain(["PodGroup"])
        .map(|kind| Candidate::new(kind.to_ascii_lowercase() + "/"))
}
