//! How losses and drain plans look: tables for people, the documented JSON for programs.

mod consolidation;
mod drains;
mod json;
mod losses;

use crate::framework::NotEvaluated;
use crate::simulate::resilience::consolidation::Consolidation;
use crate::simulate::resilience::drain_plan::DrainPlan;
use crate::simulate::resilience::{By, UnitLosses};
use crate::simulate::scenario::AppliedScenario;
use crate::simulate::{Assumption, UnplacedGroup};
#[cfg(test)]
pub(super) use json::ResilienceObject;

use super::style::Label;
use super::text::{count, list};
use super::{Answered, Data, Look, Part, Report, Screen};
use crate::report::screen::{assumed, not_evaluated};

/// Pods named of each sort.
const PODS: usize = 3;

/// What was asked for.
#[derive(Clone, Debug)]
pub enum ResilienceAnswer {
    /// What each loss does.
    Losses(LossAnswer),
    /// In which order to drain nodes.
    Drains(DrainPlan),
    /// Which nodes can go.
    Consolidation(Consolidation),
}

/// An answer, and what was changed before it.
#[derive(Clone, Debug)]
pub struct ResilienceReport {
    /// What was asked for.
    pub answer: ResilienceAnswer,
    /// What the steps did that changed the cluster before.
    pub applied: AppliedScenario,
}

impl ResilienceReport {
    /// Whether the cluster was changed as it was to be, and the answer is fine.
    pub fn is_fine(&self) -> bool {
        self.applied.is_done() && self.answer.is_fine()
    }
}

/// What each loss does.
#[derive(Clone, Debug)]
pub struct LossAnswer {
    /// What makes nodes one unit.
    pub by: By,
    /// The losses, the worst first.
    pub sweep: UnitLosses,
    /// Nodes that are of no unit: they lack the label.
    pub unlabelled: usize,
}

impl ResilienceAnswer {
    /// What it can be shown as.
    pub const PARTS: &'static [Part] = Part::WITHOUT_PAGE;

    /// Whether every pod finds a place whatever is lost, or whether the drains can be completed.
    pub fn is_fine(&self) -> bool {
        match self {
            Self::Losses(answer) => answer.sweep.losses.iter().all(|loss| loss.unplaced_at_worst() == 0),
            Self::Consolidation(_) => true,
            Self::Drains(plan) => plan.is_complete(),
        }
    }

    /// How many losses were computed, and of how many, where the command was interrupted.
    pub fn stopped_after(&self) -> Option<(usize, usize)> {
        let Self::Losses(LossAnswer { sweep, .. }) = self else { return None };
        let computed = sweep.losses.len();
        (sweep.skipped > 0).then_some((computed, computed + sweep.skipped))
    }

    /// What the answer does not rest on.
    pub fn not_evaluated(&self) -> &[NotEvaluated] {
        match self {
            Self::Losses(answer) => &answer.sweep.not_evaluated,
            Self::Drains(plan) => &plan.not_evaluated,
            Self::Consolidation(found) => &found.not_evaluated,
        }
    }

    /// The same, to add to it.
    pub fn not_evaluated_mut(&mut self) -> &mut Vec<NotEvaluated> {
        match self {
            Self::Losses(answer) => &mut answer.sweep.not_evaluated,
            Self::Drains(plan) => &mut plan.not_evaluated,
            Self::Consolidation(found) => &mut found.not_evaluated,
        }
    }

    /// What was taken to be so.
    pub fn assumptions(&self) -> &[Assumption] {
        match self {
            Self::Losses(answer) => &answer.sweep.assumptions,
            Self::Drains(plan) => &plan.assumptions,
            Self::Consolidation(found) => &found.assumptions,
        }
    }
}

impl Report for Answered<'_, ResilienceReport> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::ResilienceObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        let mut screen = Screen::of(look, self.provenance);
        match &self.answer.answer {
            ResilienceAnswer::Losses(answer) => {
                losses::render(&mut screen, answer, &self.answer.applied, self.provenance, look);
            }
            ResilienceAnswer::Drains(plan) => {
                drains::render(&mut screen, plan, &self.answer.applied, self.provenance, look);
            }
            ResilienceAnswer::Consolidation(found) => {
                consolidation::render(&mut screen, found, &self.answer.applied, self.provenance, look);
            }
        }
        assumed(&mut screen, self.answer.answer.assumptions());
        not_evaluated(&mut screen, self.answer.answer.not_evaluated());
        screen
    }

    /// `node/NAME`, or a label selector, of every unit whose loss has an impact, the worst first; of a drain
    /// plan the nodes in their order.
    fn names(&self) -> Option<Vec<String>> {
        Some(match &self.answer.answer {
            ResilienceAnswer::Losses(answer) => {
                let with_impact = answer.sweep.losses.iter().filter(|loss| loss.has_impact());
                let name = |name| match answer.by.label() {
                    Some(key) => format!("{key}={name}"),
                    None => format!("node/{name}"),
                };
                with_impact.map(|loss| name(loss.unit.name)).collect()
            }
            ResilienceAnswer::Drains(plan) => plan.drains.iter().map(|drain| format!("node/{}", drain.node)).collect(),
            ResilienceAnswer::Consolidation(found) => {
                found.drains.iter().map(|drain| format!("node/{}", drain.node)).collect()
            }
        })
    }
}

/// `3 pods`, with their names behind.
fn pods<T: ToString>(pods: &[T], what: &str, most: usize) -> String {
    let names: Vec<String> = pods.iter().map(ToString::to_string).collect();
    format!("{} {what}: {}", count(names.len(), "pod"), list(&names, most))
}

/// What becomes of the data of `pods`.
fn loses_data<T>(pods: &[T]) -> &'static str {
    if pods.len() == 1 { "loses the data in its emptyDir" } else { "lose the data in their emptyDir" }
}

/// Pods that find no place, and for each group what kube-scheduler says of its first.
fn unplaced(screen: &mut Screen, groups: &[UnplacedGroup], margin: &str, most: usize) {
    for group in groups {
        let verb = if group.pods.len() == 1 { "fits nowhere" } else { "fit nowhere" };
        screen.indented(Label::Rejected, margin, &pods(&group.pods, verb, most));
        screen.quoted(Label::Plain, &format!("{margin}  "), &group.first.message);
    }
}
