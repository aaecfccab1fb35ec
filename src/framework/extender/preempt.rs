//! Preemption candidates, between the dry run and the pick (upstream
//! framework/preemption/preemption.go, callExtenders; extender.go, HTTPExtender.ProcessPreemption).

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::api::UpstreamError;
use crate::framework::not_evaluated::NotEvaluated;
use crate::state::{NodeId, PodId};

use super::answer::{MetaVictims, meta_victims};
use super::request::{ExtenderPreemptionArgs, MetaPod, SentVictims};
use super::{Extender, NotAsked, Round, Verb};

/// The pods of a node that would have to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victims {
    /// The most important first; as an extender has them, if one had its say.
    pub pods: Vec<PodId>,
    /// How many of them a PodDisruptionBudget protects.
    pub violations: i64,
}

type Candidates = BTreeMap<NodeId, Victims>;

impl Round<'_> {
    /// Lets extenders drop and change candidates.
    ///
    /// # Errors
    /// The failure of an extender that is not ignorable, which ends preemption.
    pub fn process_preemption(&self, mut candidates: Candidates) -> Result<Candidates, UpstreamError> {
        for extender in &self.extenders {
            if candidates.is_empty() {
                break;
            }
            let body = |pod: &RawValue| self.victims_request(extender, pod, &candidates);
            let Some(answer) = self.ask(extender, Verb::Preempt, body) else { continue };
            let ignorable = extender.config.ignorable;
            match answer.and_then(|body| meta_victims(&body)).and_then(|result| self.victims(extender, result)) {
                Ok(left) => candidates = left,
                Err(error) if ignorable => {
                    self.note_failure(extender, Verb::Preempt, &error);
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            let empty: Vec<NodeId> =
                candidates.iter().filter(|(_, victims)| victims.pods.is_empty()).map(|(node, _)| *node).collect();
            for id in empty {
                candidates.remove(&id);
                let node = self.cycle.cluster.node(id).name();
                if !ignorable {
                    return Err(format!("expected at least one victim pod on node \"{node}\"").into());
                }
                self.cycle.notes.add(NotEvaluated::new(
                    format!("extender {}", extender.name),
                    format!("asked to preempt, it names node \"{node}\" without a victim"),
                    "kube-scheduler skips the node, because the extender is ignorable",
                ));
            }
        }
        Ok(candidates)
    }

    fn victims_request(
        &self,
        extender: &Extender,
        pod: &RawValue,
        candidates: &Candidates,
    ) -> Result<String, NotAsked> {
        let cluster = self.cycle.cluster;
        let node = |id: &NodeId| cluster.node(*id).name();
        let mut args = ExtenderPreemptionArgs { pod, node_name_to_victims: None, node_name_to_meta_victims: None };
        if extender.config.node_cache_capable {
            let meta = candidates.iter().map(|(id, victims)| {
                let pods = victims.pods.iter().map(|pod| MetaPod { uid: cluster.pod(*pod).own.uid }).collect();
                (node(id), SentVictims { pods, violations: victims.violations })
            });
            args.node_name_to_meta_victims = Some(meta.collect());
        } else {
            let whole = candidates.iter().map(|(id, victims)| {
                let pod = |pod: &PodId| {
                    let pod = cluster.pod(*pod);
                    cluster.raw().pod(pod).ok_or(NotAsked::NoObject(pod.own.key.name))
                };
                let pods = victims.pods.iter().map(pod).collect::<Result<_, _>>()?;
                Ok((node(id), SentVictims { pods, violations: victims.violations }))
            });
            args.node_name_to_victims = Some(whole.collect::<Result<_, _>>()?);
        }
        serde_json::to_string(&args).map_err(|_| NotAsked::NoPod)
    }

    /// Finds the pods that an answer names (upstream convertToVictims).
    fn victims(&self, extender: &Extender, result: Vec<(String, MetaVictims)>) -> Result<Candidates, String> {
        let cluster = self.cycle.cluster;
        let found = |(name, meta): (String, MetaVictims)| {
            let node = cluster
                .node_named(crate::api::name(&name))
                .ok_or_else(|| format!("nodeinfo not found for node name {name:?}"))?;
            let pod = |uid: &String| {
                let here = node.pods.iter().find(|pod| cluster.pod(**pod).own.uid == uid.as_str());
                here.copied().ok_or_else(|| {
                    format!(
                        "extender: {} claims to preempt pod (UID: &{{{uid}}}) on node: {name}, but the pod is not found \
                         on that node",
                        extender.name
                    )
                })
            };
            let pods = meta.uids.iter().map(pod).collect::<Result<_, String>>()?;
            Ok((node.id, Victims { pods, violations: meta.violations }))
        };
        result.into_iter().map(found).collect()
    }
}
