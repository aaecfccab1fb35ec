//! What becomes of several pods that are pending for the same reason.

use super::NewNodes;
use super::cluster_autoscaler::{Loop, PodAnswer};
use super::karpenter;
use crate::api::name::Name;
use crate::state::pod::PodId;

/// What becomes of them, counted.
#[derive(Clone, Debug)]
pub struct Fates {
    /// One of them in full.
    pub example: NewNodes,
    /// How many meet each answer of the Cluster Autoscaler, the most first.
    pub autoscaler: Vec<(PodAnswer, usize)>,
    /// How many meet each answer of Karpenter, and the pool that a node is made of; the most first.
    pub karpenter: Vec<((&'static str, Option<Name>), usize)>,
}

impl Fates {
    /// Of `pods`; `example` is the answer for one of them.
    pub fn count(example: NewNodes, run: Option<&Loop>, round: Option<&karpenter::Run>, pods: &[PodId]) -> Self {
        let mut autoscaler: Vec<(PodAnswer, usize)> = Vec::new();
        for answer in pods.iter().filter_map(|pod| run?.pods.get(pod)) {
            let same = |known: &&mut (PodAnswer, usize)| {
                known.0.outcome == answer.outcome
                    && known.0.verdicts == answer.verdicts
                    && known.0.event.as_ref().map(|event| &event.message) == answer.event.as_ref().map(|it| &it.message)
            };
            match autoscaler.iter_mut().find(same) {
                Some((_, number)) => *number += 1,
                None => autoscaler.push((answer.clone(), 1)),
            }
        }
        let mut of_karpenter: Vec<((&'static str, Option<Name>), usize)> = Vec::new();
        for pod in pods {
            let Some((outcome, pool)) = round.and_then(|round| round.outcome(*pod)) else { continue };
            match of_karpenter.iter_mut().find(|(known, _)| *known == (outcome, pool)) {
                Some((_, number)) => *number += 1,
                None => of_karpenter.push(((outcome, pool), 1)),
            }
        }
        autoscaler.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        of_karpenter.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        Self { example, autoscaler, karpenter: of_karpenter }
    }
}
