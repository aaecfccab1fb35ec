//! What `RequiredKinds` leaves out changes no answer: tried on the recorded cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Case, cases, key};
use kubectl_sched::api::Timestamp;
use kubectl_sched::decode::object::TypeMeta;
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::explain::Explanation;
use kubectl_sched::required_kinds::{RequiredKinds, Subject, selects_namespaces};

/// One moment for all questions: a pod that never started counts as started now.
const NOW: Timestamp = Timestamp(1_780_000_000);

/// The areas whose cases ask about single pods.
const AREAS: [&str; 17] = [
    "dra",
    "edge-cases",
    "image-locality",
    "inter-pod-affinity",
    "mixed",
    "node-affinity",
    "node-name",
    "ports",
    "preemption",
    "profiles-config",
    "resources-fit",
    "resources-score",
    "running",
    "scheduling-gates",
    "taints",
    "topology-spread",
    "volumes",
];

/// One of so many cases is tried; all of them agreed when this was written.
const STEP: usize = 6;

/// What the answer for `pod` rests on, by the case's objects.
fn required(case: &Case, pod: &str) -> BTreeSet<Kind> {
    let pods: Vec<Object> = case
        .objects()
        .map(|object| object.get().as_bytes())
        .filter(|json| TypeMeta::peek(json).kind.as_deref() == Some("Pod"))
        .map(|json| Object::decode(Kind::Pod, json).unwrap().0)
        .collect();
    let selected = pods.iter().any(|pod| matches!(pod, Object::Pod(pod) if selects_namespaces(&pod.template.spec)));
    let asked = pods.iter().find(|object| object.identity().1 == key(pod)).unwrap();
    let scheduler = case.scheduler();
    let mut required = RequiredKinds::default();
    required.add_pod(scheduler.config(), scheduler.behaviour(), Subject::of(asked).unwrap(), selected);
    required.kinds().chain([Kind::Pod, Kind::Node]).collect()
}

#[test]
fn kinds_that_are_not_needed_change_no_answer() {
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for area in AREAS {
        for case in cases(area).step_by(STEP) {
            let (scheduler, all) = (case.scheduler(), case.cluster());
            for pod in &case.pods {
                let kinds = required(&case, pod);
                let mut less = case.cluster_of(&kinds);
                for kind in all.kinds.difference(&kinds) {
                    *left_out.entry(kind.as_str()).or_default() += 1;
                }
                let mut all = all.clone();
                let id = all.pod_named(key(pod)).expect("the pod is in the state").id;
                let [expected, found] = [&mut all, &mut less].map(|cluster| {
                    let lifted = cluster.lift(id);
                    let placement = scheduler.explain_lifted(cluster, &lifted, NOW);
                    let explanation = Explanation::in_full(&scheduler, cluster, &placement, NOW);
                    format!("{placement:?}\n{explanation:?}")
                });
                assert_eq!(expected, found, "{} {pod} with {kinds:?}", case.name);
            }
        }
    }
    // The test is about something.
    for kind in ["Namespace", "Service", "ReplicaSet", "PriorityClass", "PersistentVolumeClaim", "ResourceSlice"] {
        assert!(left_out.contains_key(kind), "{kind} was never left out");
    }
}
