//! How two states, or two schedulers, differ: a table for people, the documented JSON for programs.

mod json;
mod table;

#[cfg(test)]
pub(super) use json::DifferenceObject;

use crate::explain::difference::{
    FieldDifference, ObjectDifference, PodsDifference, SchedulerDifference, Standing, VerdictChange,
};
use crate::framework::NotEvaluated;

use super::{Answered, Data, Look, Part, Report, Screen};

/// What differs.
#[derive(Clone, Debug)]
pub struct DifferenceAnswer {
    /// Two states; none where two schedulers were compared.
    pub states: Option<StatesDifference>,
    /// What the schedulers differ in.
    pub settings: Vec<FieldDifference>,
    /// Pods that two schedulers were asked about.
    pub asked: usize,
    /// Pods that they answer differently.
    pub schedulers: Vec<SchedulerDifference>,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// What differs between two states.
#[derive(Clone, Debug)]
pub struct StatesDifference {
    /// What the older one is called.
    pub old: String,
    /// What the newer one is called.
    pub new: String,
    /// Objects that changed.
    pub objects: Vec<ObjectDifference>,
    /// Pods that came, went or moved, by workload.
    pub pods: Vec<PodsDifference>,
    /// Pods that fit on one side only.
    pub verdicts: Vec<VerdictChange>,
}

impl DifferenceAnswer {
    /// What it can be shown as.
    pub const PARTS: &'static [Part] = Part::OF_FIGURES;

    /// Whether a pod that fitted does not fit any more.
    pub fn is_worse(&self) -> bool {
        let of_states = self.states.iter().flat_map(|states| &states.verdicts);
        of_states.clone().any(|change| change.now == Standing::DoesNotFit)
            || self.schedulers.iter().any(|difference| difference.fits == (true, false))
    }
}

impl Report for Answered<'_, DifferenceAnswer> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::DifferenceObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::screen(self.answer, self.provenance, look)
    }
}
