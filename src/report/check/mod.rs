//! How the check of a change looks: a table for a terminal, a comment, test cases and annotations for a pull request.

mod comment;
mod json;
mod table;
mod words;

use std::collections::BTreeMap;
use std::fmt;

#[cfg(test)]
pub(super) use json::CheckObject;

use serde::Serialize;

use crate::simulate::check::{CheckResult, Owner, Problem};

use super::{Annotation, Answered, Data, Look, Part, Report, Screen, Severity, TestCase, TestOutcome};

/// Whether a change fits.
#[derive(Clone, Debug)]
pub struct CheckAnswer {
    /// What was found.
    pub result: CheckResult,
    /// Whether it was compared with manifests, not with the state alone.
    pub has_base: bool,
    /// Whether what was broken before counts as much.
    pub strict: bool,
    /// Where each object of the change stands.
    pub places: BTreeMap<Owner, ManifestPlace>,
    /// Where the field stands that each problem comes from.
    pub problem_places: Vec<Option<ManifestPlace>>,
}

/// A place in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ManifestPlace {
    /// The file.
    pub file: String,
    /// The line, counted from 1; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl fmt::Display for ManifestPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

impl CheckAnswer {
    /// What it can be shown as.
    pub const PARTS: &'static [Part] = &[Part::Data, Part::Screen, Part::Comment, Part::Cases, Part::Annotations];

    /// The problems, and where the field of each stands.
    fn problems(&self) -> impl Iterator<Item = (&Problem, Option<&ManifestPlace>)> {
        let places = self.problem_places.iter().map(Option::as_ref).chain(std::iter::repeat(None));
        self.result.problems.iter().zip(places)
    }

    /// Whether a problem fails the check.
    fn fails(&self, problem: &Problem) -> bool {
        self.strict || !problem.was_before
    }
}

impl Report for Answered<'_, CheckAnswer> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::CheckObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::screen(self.answer, self.provenance, look)
    }

    fn comment(&self) -> Option<String> {
        Some(comment::comment(self.answer, self.provenance))
    }

    fn cases(&self) -> Option<Vec<TestCase>> {
        let answer = self.answer;
        let changed = answer.result.changes.iter().map(|change| change.owner);
        let mut owners: Vec<Owner> = changed.collect();
        for (problem, _) in answer.problems() {
            if !owners.contains(&problem.owner) {
                owners.push(problem.owner);
            }
        }
        Some(owners.into_iter().map(|owner| case(answer, owner)).collect())
    }

    fn annotations(&self) -> Option<Vec<Annotation>> {
        let answer = self.answer;
        let mut annotations: Vec<Annotation> = answer
            .problems()
            .map(|(problem, place)| Annotation {
                severity: if answer.fails(problem) { Severity::Error } else { Severity::Warning },
                file: place.map(|place| (place.file.clone(), place.line)),
                title: words::title(problem),
                message: words::whole(problem),
            })
            .collect();
        annotations.extend(words::cautions(&answer.result).into_iter().map(|message| Annotation {
            severity: Severity::Warning,
            file: None,
            title: "kubectl sched check".to_owned(),
            message,
        }));
        if annotations.is_empty() {
            annotations.push(Annotation {
                severity: Severity::Notice,
                file: None,
                title: "kubectl sched check".to_owned(),
                message: words::headline(answer),
            });
        }
        Some(annotations)
    }
}

fn case(answer: &CheckAnswer, owner: Owner) -> TestCase {
    let (kind, key) = match owner {
        Owner::Workload(workload) => (workload.kind.as_str().to_ascii_lowercase(), workload.key),
        Owner::Pod(pod) => ("pod".to_owned(), pod),
    };
    let problems: Vec<(&Problem, Option<&ManifestPlace>)> =
        answer.problems().filter(|(problem, _)| problem.owner == owner).collect();
    let failing = problems.iter().find(|(problem, _)| answer.fails(problem));
    let place = failing.or(problems.first()).and_then(|(_, place)| *place).or_else(|| answer.places.get(&owner));
    let outcome = match (failing, problems.first()) {
        (Some((problem, _)), _) => TestOutcome::Failed {
            kind: problem.kind.as_str().to_owned(),
            message: words::what(problem),
            text: problems.iter().map(|(problem, _)| words::whole(problem)).collect::<Vec<_>>().join("\n"),
        },
        (None, Some((problem, _))) => TestOutcome::Skipped(format!("{} (it was so before)", words::what(problem))),
        (None, None) => TestOutcome::Passed,
    };
    TestCase {
        class: format!("{kind}.{}", key.namespace),
        name: key.name.to_string(),
        file: place.map(|place| (place.file.clone(), place.line)),
        outcome,
    }
}
