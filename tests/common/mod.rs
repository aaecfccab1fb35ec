//! Reading the recorded cases: shared by the tests that run over them.

pub(crate) mod build;
pub(crate) mod by_hand;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};

use kubectl_sched::api::{ObjectKey, name};
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::decode::object::TypeMeta;
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::state::{Cluster, ClusterBuilder};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// One line of a file in `tests/conformance/`.
#[allow(dead_code)] // not every test binary asks for all of it
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    k8s: String,
    pub(crate) config: Option<Value>,
    objects: Vec<Box<RawValue>>,
    /// `namespace/name` of the pods that are asked about.
    #[serde(default)]
    #[allow(dead_code)] // not every test binary asks for it
    pub(crate) pods: Vec<String>,
    /// What kube-scheduler said, by pod.
    pub(crate) expect: BTreeMap<String, Box<RawValue>>,
}

#[allow(dead_code)] // not every test binary asks for all of it
impl Case {
    /// The scheduler with the case's configuration and version.
    pub(crate) fn scheduler(&self) -> Scheduler {
        let behaviour = self.behaviour();
        let config = match &self.config {
            Some(config) => SchedulerConfig::parse(config, &behaviour).unwrap(),
            None => SchedulerConfig::default_for(&behaviour),
        };
        Scheduler::new(config, behaviour)
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
        Behaviour::new(self.k8s.parse::<KubeVersion>().unwrap())
    }

    /// The objects as they were recorded.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &RawValue> {
        self.objects.iter().map(AsRef::as_ref)
    }

    fn build<'a>(&self, objects: impl Iterator<Item = &'a Box<RawValue>>) -> Cluster {
        let mut builder = ClusterBuilder::default();
        for object in objects {
            let json = object.get().as_bytes();
            let meta = TypeMeta::peek(json);
            let (api_version, kind) = (meta.api_version.unwrap_or_default(), meta.kind.unwrap_or_default());
            if let Some(kind) = Kind::of(&api_version, &kind) {
                builder.add(Object::decode(kind, json).unwrap().0);
            }
        }
        builder.build(self.behaviour().request_gates())
    }
}

/// All cases of an area.
#[allow(dead_code)] // not every test binary asks for it
pub(crate) fn cases(area: &str) -> impl Iterator<Item = Case> {
    let path = format!("{}/tests/conformance/{area}.jsonl.gz", env!("CARGO_MANIFEST_DIR"));
    let file = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
    BufReader::new(file).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

/// The key that `namespace/name` spells.
#[allow(dead_code)] // not every test binary asks for it
pub(crate) fn key(pod: &str) -> ObjectKey {
    let (namespace, pod) = pod.split_once('/').unwrap();
    ObjectKey::new(name(namespace), name(pod))
}
