//! Pods that the input did not have: created as the API server would create them.

use std::sync::Arc;

use super::admission::{self, AdmissionRefusal, Admitted, UnknownClass};
use super::controller;
use super::resource_claims;
use super::volume_claims;
use crate::api::pod_template::PodTemplate;
use crate::api::requests::RequestGates;
use crate::decode::pod::PodOwn;
use crate::decode::storage::PersistentVolumeClaim;
use crate::decode::workload::{Workload, WorkloadKey};
use crate::state::Cluster;
use crate::state::pod::PodId;
use crate::state::pod_class::PodClass;

/// Pods of one template that are to be created.
#[derive(Clone, Debug, Default)]
pub struct NewPods {
    /// What each has of its own, in the order of their creation. Labels that the admission of the
    /// template looks at (`matchLabelKeys`) are those of the first.
    pub own: Vec<PodOwn>,
    /// The template, not yet admitted.
    pub template: Arc<PodTemplate>,
    /// Pods of the state that they stand in for.
    pub replaces: Vec<PodId>,
    /// Claims that are made with them, unless they exist.
    pub claims: Vec<PersistentVolumeClaim>,
}

/// What is done with a pod that the API server would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRefusal {
    /// It is not created.
    LeaveOut,
    /// It is, so that one can ask what would become of it.
    CreateAnyway,
}

/// What was created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Created {
    /// The pods, pending.
    pub pods: Vec<PodId>,
    /// Pods that the API server would refuse.
    pub refused: Vec<AdmissionRefusal>,
    /// Classes that could not be looked up.
    pub unknown: Vec<UnknownClass>,
}

impl Created {
    /// Takes in what was created after it.
    pub fn extend(&mut self, later: Self) {
        self.pods.extend(later.pods);
        self.refused.extend(later.refused);
        self.unknown.extend(later.unknown);
    }
}

impl Cluster {
    /// Creates pods: their claims, then each pod as admission makes it and lets it in.
    pub fn create(&mut self, new: NewPods, gates: RequestGates, on_refusal: OnRefusal) -> Created {
        for pod in &new.replaces {
            self.withdraw(*pod, gates);
        }
        let Some(first) = new.own.first() else { return Created::default() };
        let (_, mut no_claim) = volume_claims::make_before(self, first.key, new.claims);
        let Admitted { template, refused, unknown } = admission::admit(first, &new.template, self, gates);
        let class = Arc::new(PodClass::new(Arc::clone(&template), gates));
        let mut created = Created { unknown, ..Created::default() };
        for mut own in new.own {
            let let_in = match (no_claim.take(), &refused) {
                (Some(refusal), _) => Err(refusal),
                (None, Some(why)) => Err(AdmissionRefusal::of_pod(own.key, why.clone())),
                (None, None) => admission::charge(self, own.key, &template, gates),
            };
            if let Err(refusal) = let_in {
                created.refused.push(refusal);
                if on_refusal == OnRefusal::LeaveOut {
                    continue;
                }
            }
            own = unheard_of(own);
            let claims = resource_claims::make(self, &mut own, &template.spec);
            self.add_resource_claims(claims);
            volume_claims::make_ephemeral(self, &own, &template.spec);
            created.pods.push(self.add_pending(Box::new(own), Arc::clone(&class)));
        }
        created
    }

    /// Takes in a workload, in the place of the one of its name if there is one, as if it had been applied.
    pub fn apply_workload(&mut self, workload: Workload) -> WorkloadKey {
        let key = workload.identity();
        // What admission adds shows in pods beside the template that they are of.
        controller::learn(self);
        match self.workloads.iter_mut().find(|other| other.identity() == key) {
            Some(other) => *other = workload,
            None => self.workloads.push(workload),
        }
        key
    }

    /// The claims called `claims` get the default class where they name none, as new ones do.
    pub fn admit_claims(&mut self, claims: &[crate::api::ObjectKey]) {
        for key in claims {
            if let Some(claim) = self.storage.claim(*key).filter(|claim| !claim.names_class).cloned() {
                self.storage.create_claim(claim);
            }
        }
    }

    /// Takes a pod out of everything that counts pods: another one stands in for it.
    fn withdraw(&mut self, pod: PodId, gates: RequestGates) {
        let (key, template) = (self.pod(pod).key(), Arc::clone(&self.pod(pod).class.template));
        self.set_nomination(pod, None);
        if self.pod(pod).own.node_name.is_some() {
            self.forget(pod);
        }
        admission::release(self, key, &template, gates);
    }
}

/// A pod that only a manifest knows has no uid and no node, and comes after all that the state has.
fn unheard_of(own: PodOwn) -> PodOwn {
    PodOwn { node_name: None, sequence: u32::MAX, ..own.with_uid() }
}
