//! Reading the recorded cases: shared by the tests that run over them.

pub(crate) mod build;
pub(crate) mod by_hand;
pub(crate) mod corpus;

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock};

use kubectl_sched::api::requests::RequestGates;
use kubectl_sched::api::{ObjectKey, Timestamp, name};
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::decode::object::TypeMeta;
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::state::{Cluster, ClusterBuilder};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// When the tests' questions are asked: after everything that happened in a recorded state.
#[allow(dead_code)] // not every test binary asks for it
pub(crate) const NOW: Timestamp = Timestamp(1_780_000_000);

/// One line of a file in `tests/conformance/`.
#[allow(dead_code)] // not every test binary asks for all of it
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case {
    pub(crate) name: String,
    k8s: String,
    /// As `--feature-gates` takes them; empty when all are at their defaults.
    #[serde(default)]
    feature_gates: String,
    pub(crate) config: Option<Value>,
    objects: Vec<Box<RawValue>>,
    /// `namespace/name` of the pods that are asked about.
    #[serde(default)]
    #[allow(dead_code)] // not every test binary asks for it
    pub(crate) pods: Vec<String>,
    #[serde(default)]
    pub(crate) mode: Mode,
    /// The pods in `pods` are on nodes.
    #[serde(default)]
    pub(crate) running: bool,
    /// What kube-scheduler said.
    expect: Box<RawValue>,
    #[serde(skip)]
    parsed: OnceLock<Value>,
    /// The states that were built of the objects.
    #[serde(skip)]
    states: Mutex<Vec<(RequestGates, Cluster)>>,
}

/// What is asked of a case.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    #[default]
    Explain,
    Simulate,
    Groups,
}

#[allow(dead_code)] // not every test binary asks for all of it
impl Case {
    /// The scheduler with the case's configuration and version.
    pub(crate) fn scheduler(&self) -> Scheduler {
        self.scheduler_of(self.k8s.parse().unwrap()).unwrap()
    }

    /// The scheduler of a version with the case's configuration and feature gates, or its refusal.
    pub(crate) fn scheduler_of(&self, version: KubeVersion) -> Result<Scheduler, String> {
        let behaviour =
            Behaviour::with_feature_gates(version, &self.feature_gates).map_err(|error| error.to_string())?;
        let config = match &self.config {
            Some(config) => SchedulerConfig::parse(config, &behaviour).map_err(|error| error.to_string())?,
            None => SchedulerConfig::default_for(&behaviour),
        };
        Ok(Scheduler::new(config, behaviour))
    }

    /// What kube-scheduler said, as the case's own file has it.
    pub(crate) fn expect(&self) -> &Value {
        self.parsed.get_or_init(|| serde_json::from_str(self.expect.get()).unwrap())
    }

    /// The state as a scheduler reads it. Built once for all schedulers that read it alike.
    pub(crate) fn cluster_for(&self, scheduler: &Scheduler) -> Cluster {
        let gates = scheduler.behaviour().request_gates();
        let known = |states: &[(RequestGates, Cluster)]| {
            states.iter().find(|(built_with, _)| *built_with == gates).map(|(_, cluster)| cluster.clone())
        };
        let mut states = self.states.lock().unwrap();
        known(&states).unwrap_or_else(|| {
            let cluster = Self::build_with(self.objects.iter(), gates);
            states.push((gates, cluster.clone()));
            cluster
        })
    }

    /// The state, its objects in the order of the case.
    pub(crate) fn cluster(&self) -> Cluster {
        self.build(self.objects.iter())
    }

    /// The state, its objects the other way round.
    pub(crate) fn cluster_reversed(&self) -> Cluster {
        self.build(self.objects.iter().rev())
    }

    /// The state as far as objects of these kinds make it.
    #[allow(dead_code)] // not every test binary asks for it
    pub(crate) fn cluster_of(&self, kinds: &BTreeSet<Kind>) -> Cluster {
        self.build(self.objects.iter().filter(|object| {
            let meta = TypeMeta::peek(object.get().as_bytes());
            let (api_version, kind) = (meta.api_version.unwrap_or_default(), meta.kind.unwrap_or_default());
            Kind::of(&api_version, &kind).is_some_and(|kind| kinds.contains(&kind))
        }))
    }

    pub(crate) fn behaviour(&self) -> Behaviour {
        Behaviour::with_feature_gates(self.k8s.parse().unwrap(), &self.feature_gates).unwrap()
    }

    /// The objects as they were recorded.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &RawValue> {
        self.objects.iter().map(AsRef::as_ref)
    }

    fn build<'a>(&self, objects: impl Iterator<Item = &'a Box<RawValue>>) -> Cluster {
        Self::build_with(objects, self.behaviour().request_gates())
    }

    fn build_with<'a>(objects: impl Iterator<Item = &'a Box<RawValue>>, gates: RequestGates) -> Cluster {
        let mut builder = ClusterBuilder::default();
        for object in objects {
            let json = object.get().as_bytes();
            let meta = TypeMeta::peek(json);
            let (api_version, kind) = (meta.api_version.unwrap_or_default(), meta.kind.unwrap_or_default());
            if let Some(kind) = Kind::of(&api_version, &kind) {
                builder.add(Object::decode(kind, json).unwrap().0);
            }
        }
        builder.build(gates)
    }
}

/// All cases of an area, as v1.34.1 answered them.
#[allow(dead_code)] // not every test binary asks for it
pub(crate) fn cases(area: &str) -> impl Iterator<Item = Case> {
    corpus::read(&corpus::folder().join(format!("{area}.jsonl.gz")))
}

/// The key that `namespace/name` spells.
#[allow(dead_code)] // not every test binary asks for it
pub(crate) fn key(pod: &str) -> ObjectKey {
    let (namespace, pod) = pod.split_once('/').unwrap();
    ObjectKey::new(name(namespace), name(pod))
}
