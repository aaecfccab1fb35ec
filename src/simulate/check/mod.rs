//! Does a change of manifests fit, and what is worse than before?
//!
//! The same state is taken twice: as it is, with the manifests of the base applied ([`CheckSide`]), and with those of the
//! change on top. Each manifest is a step of a scenario ([`super::scenario::StepAction::Apply`]), so rollouts, quotas,
//! budgets and volumes count as they do there. What stands at the end of both sides is compared: only what is worse
//! breaks the change.

mod change;
mod nodes;
mod problem;
mod side;

pub use change::{Change, ChangeKind, FieldChange, fields, largest_request};
pub use nodes::{MoreNodes, NodeCounts, NodesInUse};
pub use problem::{Problem, ProblemKind, problems};
pub use side::{CheckSide, CheckState, Displaced, Owner, Tally};

use crate::api::{ObjectKey, Timestamp};
use crate::framework::NotEvaluated;
use crate::scheduler::Scheduler;

use super::scenario::ScenarioError;
use super::{Assumption, Watcher};

/// A change, against what was before it.
pub struct CheckQuestion<'a> {
    /// The scheduler that places the pods.
    pub scheduler: &'a Scheduler,
    /// The state before the change.
    pub before: CheckState<'a>,
    /// The state with the change's quotas, budgets, claims and the like, and its new pods, none of its workloads.
    pub after: CheckState<'a>,
    /// What the change does to workloads.
    pub changes: Vec<Change>,
    /// The moment of the question.
    pub now: Timestamp,
    /// Whom to show how far it is.
    pub watcher: &'a dyn Watcher,
}

/// Whether a change fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// Everything has its place.
    Fits,
    /// Something has not, and had none before the change either.
    BrokenBefore,
    /// Something is worse than before.
    Breaks,
}

impl Verdict {
    /// The word for it in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fits => "Fits",
            Self::BrokenBefore => "BrokenBefore",
            Self::Breaks => "Breaks",
        }
    }
}

/// The outcome of a change.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckResult {
    /// What the change does, in the order of the manifests.
    pub changes: Vec<Change>,
    /// What fits nowhere, what is worse than before first.
    pub problems: Vec<Problem>,
    /// Pods that were preempted and were not before, and where they are.
    pub preempted: Vec<Displaced>,
    /// Budgets of which more pods are missing at some moment than they allow, and were not before.
    pub violated_budgets: Vec<ObjectKey>,
    /// Budgets that allow no eviction in the end, and did before, or were not there.
    pub blocked_budgets: Vec<ObjectKey>,
    /// Nodes before and after.
    pub nodes: NodeCounts,
    /// How many nodes more would take what fits nowhere; none where nodes do not help, or are not needed.
    pub more_nodes: Option<MoreNodes>,
    /// What was taken to be so.
    pub assumptions: Vec<Assumption>,
    /// What could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
}

impl CheckResult {
    /// Whether the change fits.
    pub fn verdict(&self) -> Verdict {
        let worst = self
            .problems
            .iter()
            .map(|problem| if problem.was_before { Verdict::BrokenBefore } else { Verdict::Breaks });
        worst.max().unwrap_or(Verdict::Fits)
    }

    /// The problems of a workload or pod.
    pub fn problems_of(&self, owner: Owner) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(move |problem| problem.owner == owner)
    }
}

/// Plays both sides, and compares them. The states are as they were when this returns.
///
/// # Errors
/// A step of the change cannot be taken.
pub fn check(question: CheckQuestion<'_>) -> Result<CheckResult, ScenarioError> {
    let CheckQuestion { scheduler, mut before, mut after, changes, now, watcher } = question;
    let owners: Vec<_> = changes.iter().filter_map(Change::workload).collect();
    let base = side::play(scheduler, &mut before, &[], &[], &owners, now, watcher)?;
    let head = side::play(scheduler, &mut after, &changes, &[], &owners, now, watcher)?;
    let problems = problem::problems(&base, &head, &changes);
    let more_nodes = nodes::more(
        &problems,
        &head,
        &mut |extra| {
            let head = side::play(scheduler, &mut after, &changes, extra, &owners, now, watcher).ok()?;
            Some(problem::problems(&base, &head, &changes))
        },
        before.cluster,
    );
    let preempted = head.displaced.iter().filter(|pod| base.displaced.iter().all(|other| other.pod != pod.pod));
    let new = |all: &[ObjectKey], known: &[ObjectKey]| -> Vec<ObjectKey> {
        all.iter().filter(|budget| !known.contains(budget)).copied().collect()
    };
    let mut not_evaluated = base.not_evaluated.clone();
    NotEvaluated::join(&mut not_evaluated, &head.not_evaluated);
    Ok(CheckResult {
        preempted: preempted.cloned().collect(),
        violated_budgets: new(&head.violated_budgets, &base.violated_budgets),
        blocked_budgets: new(&head.blocked_budgets, &base.blocked_budgets),
        nodes: NodeCounts { before: base.nodes, after: head.nodes },
        more_nodes,
        assumptions: head.assumptions.clone(),
        not_evaluated,
        problems,
        changes: change::with_outcome(changes, &head),
    })
}
