//! What the real kube-scheduler said, case by case: one test for each area and minor, named `AREA::MINOR`.
//!
//! The cases and what each minor answered are in `tests/conformance/`; the README there describes the format, how they
//! were recorded, and how to run one minor or one area. Everything that a case records is compared, nothing is ignored.
//! An area of a minor that does not agree completely yet has a file in `tests/conformance/pending/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)] // a test may fail loudly

mod common;
#[path = "conformance/explain.rs"]
mod explain;
#[path = "conformance/fidelity.rs"]
mod fidelity;
#[path = "conformance/groups.rs"]
mod groups;
#[path = "conformance/outcome.rs"]
mod outcome;
#[path = "conformance/pending.rs"]
mod pending;
#[path = "conformance/simulate.rs"]
mod simulate;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use common::corpus::{self, Answers, Area};
use common::{Case, Mode};
use kubectl_sched::config::KubeVersion;
use libtest_mimic::{Arguments, Failed, Trial};
use outcome::{Differences, Outcome};
use rayon::prelude::*;

fn main() {
    let mut arguments = Arguments::from_args();
    // Every test uses all cores by itself; one after the other, minors that share an area's cases decode them once.
    arguments.test_threads = Some(1);
    let mut areas: Vec<(String, KubeVersion, String, Area)> = corpus::minors()
        .into_iter()
        .flat_map(|minor| {
            let named = move |(name, area)| (name, minor.version, minor.name.clone(), area);
            minor.areas.into_iter().map(named)
        })
        .collect();
    areas.sort_by(|a, b| (&a.0, &a.3.cases, a.1).cmp(&(&b.0, &b.3.cases, b.1)));
    let last = Arc::new(LastRead::default());
    let mut trials: Vec<Trial> = areas
        .into_iter()
        .map(|(name, version, minor, area)| {
            let last = last.clone();
            Trial::test(format!("{name}::{minor}"), move || verify(&name, &minor, version, &area, &last))
        })
        .collect();
    let names: Vec<String> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    trials.push(Trial::test("pending", move || pending::every_area_exists(&names)));
    // The documents' tables are written once nothing is pending without a count.
    if pending::all_counted() {
        trials.push(Trial::test("fidelity", fidelity::documents_say_so));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Runs every case of an area as a minor's scheduler would.
fn verify(name: &str, minor: &str, version: KubeVersion, area: &Area, last: &LastRead) -> Result<(), Failed> {
    let (cases, answers) = (last.cases(&area.cases), area.answers());
    let cases: Vec<&Case> = cases.iter().filter(|case| area.has(case)).collect();
    let outcomes: Vec<Outcome> = cases.par_iter().flat_map_iter(|case| run(case, version, &answers)).collect();
    let (agree, all) = (outcomes.iter().filter(|outcome| outcome.agrees()).count(), outcomes.len());
    let most = std::env::var("CONFORMANCE_SHOW").ok().and_then(|most| most.parse().ok());
    let not_run = cases.iter().filter(|case| case.mode == Mode::Groups).map(|case| case.pods.len() - 1).sum::<usize>();
    if (cases.len(), all + not_run) != (area.count, area.pods) {
        return Err(format!("{} cases, {all} pods: not what the manifest says", cases.len()).into());
    }
    let count = format!("{agree} of {all}");
    match pending::noted(name, minor) {
        None if agree == all => Ok(()),
        None => Err(format!("{count} pods agree{}", outcome::show(&outcomes, most.unwrap_or(5))).into()),
        Some(_) if agree == all => {
            Err(format!("all {all} pods agree now: delete {}", pending::file(name, minor).display()).into())
        }
        Some(noted) => {
            let shown = outcome::show(&outcomes, most.unwrap_or(0));
            eprintln!("  pending: {count} pods agree{shown}");
            if noted.is_empty() || noted == count {
                Ok(())
            } else {
                Err(format!("{count} pods agree, {} says {noted}", pending::file(name, minor).display()).into())
            }
        }
    }
}

fn run(case: &Case, version: KubeVersion, answers: &Answers) -> Vec<Outcome> {
    let scheduler = match case.scheduler_of(version) {
        Ok(scheduler) => scheduler,
        Err(refusal) => {
            let refused = |pod: &String| {
                let mut differences = Differences::default();
                differences.add("configuration", &"accepted", &refusal);
                Outcome::new(case, pod, differences)
            };
            return case.pods.iter().map(refused).collect();
        }
    };
    match case.mode {
        Mode::Explain => explain::run(case, &scheduler, answers),
        Mode::Simulate => simulate::run(case, &scheduler, answers),
        Mode::Groups => groups::run(case, &scheduler, answers),
    }
}

/// The cases that were decoded last, with the states that were built of them.
#[derive(Default)]
struct LastRead(Mutex<Option<(PathBuf, Arc<Vec<Case>>)>>);

impl LastRead {
    fn cases(&self, path: &Path) -> Arc<Vec<Case>> {
        let mut last = self.0.lock().unwrap();
        match &*last {
            Some((read, cases)) if read == path => cases.clone(),
            _ => {
                let cases = Arc::new(corpus::read(path).collect());
                *last = Some((path.to_owned(), Arc::clone(&cases)));
                cases
            }
        }
    }
}
