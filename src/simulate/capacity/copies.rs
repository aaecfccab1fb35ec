//! Copies of pods, made as their controller and the API server would make them, when they are asked for; kept for
//! the next run.

use std::sync::Arc;

use crate::api::meta::OwnerReference;
use crate::api::requests::RequestGates;
use crate::api::{Labels, ObjectKey, name};
use crate::control_plane::admission::{self, AdmissionRefusal, Admitted};
use crate::control_plane::{NewPods, OnRefusal, controller, resource_claims, volume_claims};
use crate::decode::pod::PodOwn;
use crate::decode::workload::{WorkloadKey, WorkloadKind};
use crate::state::pod_class::PodClass;
use crate::state::{Cluster, PodId};

use super::{Model, Template};

/// The copies of some templates, in the order in which they are placed.
#[derive(Clone, Debug)]
pub struct Copies {
    templates: Vec<Maker>,
    made: Vec<Copy>,
    /// Why the API server does not let in the copy behind those that were made.
    refused: Option<(usize, AdmissionRefusal)>,
}

/// A template, and what its copies have in common.
#[derive(Clone, Debug)]
struct Maker {
    template: Template,
    /// What tells a copy that is no StatefulSet's, once the first was asked for.
    common: Option<Common>,
    /// The number that the next name is tried with.
    number: usize,
    /// The first copy, which the template is called by.
    first: Option<ObjectKey>,
}

#[derive(Clone, Debug)]
struct Common {
    base: ObjectKey,
    /// What stands behind the base, before the number.
    suffix: &'static str,
    labels: Arc<Labels>,
    controller: Option<OwnerReference>,
    class: Arc<PodClass>,
}

/// A pending pod like one of the templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) pod: PodId,
    pub(super) template: usize,
}

impl Copies {
    /// Of `templates`, at least one; a share of 0 counts as 1.
    pub fn of(templates: impl IntoIterator<Item = Template>) -> Self {
        let maker = |template: Template| Maker {
            template: Template { share: template.share.max(1), ..template },
            common: None,
            number: 1,
            first: None,
        };
        Self { templates: templates.into_iter().map(maker).collect(), made: Vec::new(), refused: None }
    }

    /// Has the API server refuse every copy of the template at place `template`, and so the first set.
    pub fn refuse(&mut self, template: usize, why: AdmissionRefusal) {
        if self.made.is_empty() {
            self.refused.get_or_insert((template, why));
        }
    }

    /// The templates.
    pub fn templates(&self) -> impl ExactSizeIterator<Item = Template> {
        self.templates.iter().map(|maker| maker.template)
    }

    /// What the template at this place is called: the pod, or the first pod that its workload makes, and the workload.
    pub(super) fn name_of(&self, cluster: &Cluster, template: usize) -> (ObjectKey, Option<WorkloadKey>) {
        let maker = self.templates.get(template);
        let named = maker.map(|maker| match maker.template.model {
            Model::Pod(pod) => (cluster.pod(pod).key(), None),
            Model::Workload(workload) => (maker.first.unwrap_or(workload.key), Some(workload)),
        });
        named.unwrap_or_else(|| (ObjectKey::new(name(""), name("")), None))
    }

    /// The copy at place `number`, counted from 0; made now if it was not yet, and all before it.
    ///
    /// # Errors
    /// The API server would refuse it, or one before it.
    pub(super) fn next(
        &mut self,
        cluster: &mut Cluster,
        number: usize,
        gates: RequestGates,
    ) -> Result<Copy, (usize, AdmissionRefusal)> {
        while self.made.len() <= number {
            if let Some(refused) = &self.refused {
                return Err(refused.clone());
            }
            let template = self.turn(self.made.len());
            match self.make(cluster, template, gates) {
                Ok(pod) => self.made.push(Copy { pod, template }),
                Err(refusal) => self.refused = Some((template, refusal)),
            }
        }
        Ok(self.made[number])
    }

    /// Whose turn is at place `number`: the first template as often as its share says, then the
    /// next, and from the beginning again.
    fn turn(&self, number: usize) -> usize {
        let turn: usize = self.templates().map(|template| template.share).sum();
        let mut within = number % turn.max(1);
        for (index, template) in self.templates().enumerate() {
            if within < template.share {
                return index;
            }
            within -= template.share;
        }
        0
    }

    fn make(&mut self, cluster: &mut Cluster, template: usize, gates: RequestGates) -> Result<PodId, AdmissionRefusal> {
        let Some(maker) = self.templates.get_mut(template) else { return Err(nothing()) };
        if let Some(set) = maker.set(cluster) {
            return maker.next_of_set(cluster, set, gates);
        }
        let common = match &maker.common {
            Some(common) => common,
            None => maker.common.insert(Common::of(maker.template.model, cluster, gates)?),
        };
        let key = loop {
            let number = maker.number;
            maker.number += 1;
            let key = common.key(number);
            if cluster.pod_named(key).is_none() {
                break key;
            }
        };
        let template = Arc::clone(&common.class.template);
        admission::charge(cluster, key, &template, gates)?;
        maker.first.get_or_insert(key);
        let mut own = PodOwn::fresh(key, Arc::clone(&common.labels), common.controller).with_uid();
        let claims = match maker.template.model {
            Model::Pod(model) => resource_claims::make_like(cluster, &mut own, cluster.pod(model)),
            Model::Workload(_) => resource_claims::make(cluster, &mut own, &template.spec),
        };
        cluster.add_resource_claims(claims);
        volume_claims::make_ephemeral(cluster, &own, &template.spec);
        Ok(cluster.add_pending(Box::new(own), Arc::clone(&common.class)))
    }
}

impl Maker {
    /// The StatefulSet that makes the copies, if it is one: each has claims of its own.
    fn set(&self, cluster: &Cluster) -> Option<WorkloadKey> {
        let workload = match self.template.model {
            Model::Pod(pod) => controller::maker_of(cluster, cluster.pod(pod))?.identity(),
            Model::Workload(workload) => workload,
        };
        (workload.kind == WorkloadKind::StatefulSet).then_some(workload)
    }

    fn next_of_set(
        &mut self,
        cluster: &mut Cluster,
        set: WorkloadKey,
        gates: RequestGates,
    ) -> Result<PodId, AdmissionRefusal> {
        let Some(workload) = cluster.workload(set) else { return Err(nothing()) };
        let new = controller::one_more(cluster, workload);
        let created = cluster.create(new, gates, OnRefusal::LeaveOut);
        if let Some(refusal) = created.refused.into_iter().next() {
            return Err(refusal);
        }
        let pod = created.pods.first().copied().ok_or_else(nothing)?;
        self.first.get_or_insert(cluster.pod(pod).key());
        Ok(pod)
    }
}

impl Common {
    fn of(model: Model, cluster: &Cluster, gates: RequestGates) -> Result<Self, AdmissionRefusal> {
        match model {
            Model::Pod(pod) => {
                let pod = cluster.pod(pod);
                let class = controller::remade(cluster, pod, gates).unwrap_or_else(|| Arc::clone(&pod.class));
                // Its own limits are older than it or younger: a copy is admitted by those of today.
                if let Some(why) = admission::limit_violation(cluster, pod.key().namespace, &class.template, gates) {
                    return Err(AdmissionRefusal { pod: pod.key(), claim: None, why, quota: None });
                }
                let (labels, controller) = (Arc::clone(&pod.own.labels), pod.own.controller);
                Ok(Self { base: pod.key(), suffix: "-copy-", labels, controller, class })
            }
            Model::Workload(key) => {
                let Some(workload) = cluster.workload(key) else { return Err(nothing()) };
                let NewPods { own, template, .. } = controller::one_more(cluster, workload);
                let Some(own) = own.into_iter().next() else { return Err(nothing()) };
                let Admitted { template, refused, .. } = admission::admit(&own, &template, cluster, gates);
                if let Some(why) = refused {
                    return Err(AdmissionRefusal::of_pod(own.key, why));
                }
                let class = Arc::new(PodClass::new(template, gates));
                Ok(Self { base: key.key, suffix: "-new", labels: own.labels, controller: own.controller, class })
            }
        }
    }

    /// `web-copy-1`, or as a controller's new pods are called here: `web-new`, `web-new-2`.
    fn key(&self, number: usize) -> ObjectKey {
        let named = match (self.suffix, number) {
            ("-new", 1) => format!("{}-new", self.base.name),
            ("-new", _) => format!("{}-new-{number}", self.base.name),
            (suffix, _) => format!("{}{suffix}{number}", self.base.name),
        };
        ObjectKey::new(self.base.namespace, name(&named))
    }
}

/// A controller that makes no pod: its object is gone.
fn nothing() -> AdmissionRefusal {
    AdmissionRefusal::of_pod(ObjectKey::new(name(""), name("")), "its controller is gone".to_owned())
}
