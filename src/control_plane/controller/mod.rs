//! The pods that controllers make of their templates.
//!
//! Their names are made up where upstream draws letters (`NAME-new`, then with numbers). A pod
//! whose identity is given, a StatefulSet's by its number and a DaemonSet's by its node, stands in
//! for the one that has it already: what a rollout would replace takes no room of its own. The
//! pods of other kinds come beside those that there are.

use std::sync::Arc;

use super::create::NewPods;
use crate::api::List;
use crate::api::labels::Labels;
use crate::api::meta::{ObjectKey, OwnerReference};
use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::api::pod_template::PodTemplate;
use crate::decode::Kind;
use crate::decode::pod::PodOwn;
use crate::decode::workload::{PodTemplateSpec, Workload, WorkloadKey, WorkloadKind};
use crate::state::node_info::NodeInfo;
use crate::state::{Cluster, Pod};

mod daemon_set;
mod missing;
mod recreation;
mod siblings;
mod stateful_set;

pub use daemon_set::pinned_node;
pub use missing::{Hold, WantedPods, ineligible_nodes, managers, owned_pods, set_that_wants, still_wanted, wanted};
pub use recreation::{maker_of, remade};
pub use siblings::{additions, learn};

/// All the pods that the controller of `workload` would make next, in the order in which it
/// makes them; `count` of them if that is said. A DaemonSet has as many as it has nodes.
pub fn pods(cluster: &Cluster, workload: &Workload, count: Option<usize>) -> Vec<NewPods> {
    let count = count.unwrap_or_else(|| replicas(workload));
    match workload.kind {
        WorkloadKind::DaemonSet => daemon_set::pods(cluster, workload),
        WorkloadKind::StatefulSet => stateful_set::pods(cluster, workload, count),
        _ => vec![from_template(cluster, workload, count)],
    }
}

/// One more pod than there are: of a DaemonSet one that is bound to no node, to be asked where it
/// could go.
pub fn one_more(cluster: &Cluster, workload: &Workload) -> NewPods {
    match workload.kind {
        WorkloadKind::StatefulSet => stateful_set::next(cluster, workload),
        _ => from_template(cluster, workload, 1),
    }
}

/// The pod called `pod`, which does not exist yet: with the number of a StatefulSet that is in its
/// name, and the claims of that number.
pub fn one_called(cluster: &Cluster, workload: &Workload, pod: Name) -> NewPods {
    let numbered = stateful_set::called(cluster, workload, pod).filter(|_| workload.kind == WorkloadKind::StatefulSet);
    numbered.unwrap_or_else(|| one_more(cluster, workload))
}

/// The StatefulSet of the pod, if claims that it creates with the pod are missing (upstream
/// pkg/controller/statefulset/stateful_pod_control.go, createPersistentVolumeClaims).
pub fn lacking_claims(cluster: &Cluster, pod: &Pod) -> Option<WorkloadKey> {
    let owner = pod.own.controller.as_ref().filter(|owner| owner.kind == "StatefulSet")?;
    let kind = WorkloadKind::StatefulSet;
    let key = WorkloadKey { kind, key: ObjectKey::new(pod.key().namespace, owner.name) };
    let new = one_called(cluster, cluster.workload(key)?, pod.key().name);
    let mut claims = new.claims.iter();
    let is_missing = claims.any(|claim| cluster.storage().claim(claim.key).is_none());
    (is_missing && cluster.holds(Kind::PersistentVolumeClaim)).then_some(key)
}

/// The pod that the DaemonSet `workload` would have on `node`; none where it would have none.
pub fn daemon_on(cluster: &Cluster, workload: &Workload, node: &NodeInfo) -> Option<NewPods> {
    daemon_set::pod_on(cluster, workload, node)
}

/// How many pods there are to be at a time. Of a Job (upstream pkg/controller/job/job_controller.go,
/// manageJob) as many as may run beside each other, but no more than are to complete.
pub fn replicas(workload: &Workload) -> usize {
    if workload.suspended {
        return 0;
    }
    let one_by_default = |number: Option<i32>| usize::try_from(number.unwrap_or(1)).unwrap_or(0);
    let replicas = one_by_default(workload.replicas);
    workload.completions.map_or(replicas, |completions| replicas.min(one_by_default(Some(completions))))
}

/// `count` pods that differ in nothing but their names.
fn from_template(cluster: &Cluster, workload: &Workload, count: usize) -> NewPods {
    let maker = maker(cluster, workload);
    let mut spec = maker.template.spec.clone();
    if workload.kind == WorkloadKind::DaemonSet {
        daemon_set::add_tolerations(&mut spec);
    }
    let labels = Arc::new(labels(maker));
    let own = free_names(cluster, workload.key, "-new", count)
        .map(|key| PodOwn::fresh(key, Arc::clone(&labels), Some(owner(maker))))
        .collect();
    NewPods { own, template: template(cluster, maker, spec), ..NewPods::default() }
}

/// A Deployment's pods are made by the ReplicaSet of its present template, which adds a label.
fn maker<'a>(cluster: &'a Cluster, workload: &'a Workload) -> &'a Workload {
    replica_set_of(cluster, workload).unwrap_or(workload)
}

/// The ReplicaSet of the Deployment's present template, if there is one.
pub fn replica_set_of<'a>(cluster: &'a Cluster, workload: &Workload) -> Option<&'a Workload> {
    let is_maker = |other: &&Workload| {
        owned(other.key.namespace, other.controller.as_ref(), workload) && other.template.spec == workload.template.spec
    };
    // A restart leaves ReplicaSets behind whose pods would be the same: the one with pods counts.
    cluster.workloads.iter().filter(is_maker).max_by_key(|other| other.replicas)
}

/// The ReplicaSet that the controller of `deployment` makes of its present template; its name is
/// made up, as is the hash in its labels (upstream pkg/controller/deployment/sync.go, getNewReplicaSet).
/// None where the state has none of the Deployment at all: then they were not read.
pub fn new_replica_set(cluster: &Cluster, deployment: &Workload) -> Option<Workload> {
    let owned = |other: &&Workload| owned(other.key.namespace, other.controller.as_ref(), deployment);
    let siblings = cluster.workloads.iter().filter(owned);
    // No fewer than any other has, so that it can be distinguished from those with the same template.
    let replicas = siblings.map(|sibling| sibling.replicas.unwrap_or(1)).max()?.max(deployment.replicas.unwrap_or(1));
    let hashes = (1..).map(|number: usize| if number == 1 { "new".to_owned() } else { format!("new-{number}") });
    let mut named = hashes.map(|hash| {
        (ObjectKey::new(deployment.key.namespace, name(&format!("{}-{hash}", deployment.key.name))), name(&hash))
    });
    let identity = |key| WorkloadKey { kind: WorkloadKind::ReplicaSet, key };
    let (key, hash) = named.find(|(key, _)| cluster.workload(identity(*key)).is_none())?;
    let hash = (name("pod-template-hash"), hash);
    let mut template = PodTemplateSpec::clone(&deployment.template);
    template.metadata.labels = template.metadata.labels.iter().chain([hash]).collect();
    let mut selector = deployment.selector.clone();
    if let Some(selector) = &mut selector {
        selector.match_labels = selector.match_labels.iter().chain([hash]).collect();
    }
    Some(Workload {
        kind: WorkloadKind::ReplicaSet,
        key,
        uid: Name::default(),
        controller: Some(owner(deployment)),
        replicas: Some(replicas),
        selector,
        created: None,
        creation_failure: None,
        end: None,
        template: Arc::new(template),
        ..deployment.clone()
    })
}

/// Whether `owner` of an object in `namespace` is `workload`. A uid counts where both have one.
pub fn owned(namespace: Name, owner: Option<&OwnerReference>, workload: &Workload) -> bool {
    owner.is_some_and(|owner| {
        namespace == workload.key.namespace
            && owner.name == workload.key.name
            && owner.kind == workload.kind.as_str()
            && (owner.uid.is_empty() || workload.uid.is_empty() || owner.uid == workload.uid)
    })
}

fn owner(workload: &Workload) -> OwnerReference {
    OwnerReference {
        api_version: name(&workload.kind.api_version()),
        kind: name(workload.kind.as_str()),
        name: workload.key.name,
        uid: workload.uid,
        controller: Some(true),
    }
}

/// The template's labels; a Job's pods have its name among them
/// (upstream pkg/registry/batch/job/strategy.go, generateSelector).
fn labels(workload: &Workload) -> Labels {
    let own = workload.template.metadata.labels.iter();
    if workload.kind != WorkloadKind::Job {
        return own.collect();
    }
    let job = ["job-name", "batch.kubernetes.io/job-name"].map(|key| (name(key), workload.key.name));
    own.chain(job).collect()
}

/// With what admission adds, as far as running pods of `maker` show it.
fn template(cluster: &Cluster, maker: &Workload, mut spec: PodSpec) -> Arc<PodTemplate> {
    if let Some(additions) = siblings::additions(cluster, maker) {
        additions.add_to(&mut spec);
    }
    Arc::new(PodTemplate { spec, ..PodTemplate::default() })
}

/// `NAME` and the suffix, then with numbers behind it, as far as there is no such pod. Without a
/// suffix the numbers begin with 1.
pub fn free_names(cluster: &Cluster, like: ObjectKey, suffix: &str, count: usize) -> impl Iterator<Item = ObjectKey> {
    let first = (!suffix.is_empty()).then(|| format!("{}{suffix}", like.name));
    let start = if suffix.is_empty() { 1 } else { 2 };
    let numbered = (start..).map(move |number: usize| format!("{}{suffix}-{number}", like.name));
    let keys = first.into_iter().chain(numbered).map(move |free| ObjectKey::new(like.namespace, name(&free)));
    keys.filter(|key| cluster.pod_named(*key).is_none()).take(count)
}

/// A list with `item` behind it.
fn with<T: Clone>(list: &List<T>, item: T) -> List<T> {
    list.iter().cloned().chain([item]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::requests::RequestGates;
    use crate::api::volume::Volume;
    use crate::decode::{Kind, Object};
    use crate::state::builder::ClusterBuilder;

    const GATES: RequestGates =
        RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true, ..RequestGates::OFF };

    fn workload(kind: WorkloadKind, spec: &str) -> Workload {
        let json = format!(r#"{{"metadata":{{"name":"w","namespace":"n"}},"spec":{spec}}}"#);
        match Object::decode(Kind::Workload(kind), json.as_bytes()) {
            Ok((Object::Workload(workload), _)) => *workload,
            other => panic!("{other:?}"),
        }
    }

    fn state(objects: &[(Kind, &str)]) -> Cluster {
        let mut builder = ClusterBuilder::default();
        for (kind, json) in objects {
            builder.add(Object::decode(*kind, json.as_bytes()).unwrap().0);
        }
        builder.build(GATES)
    }

    #[track_caller]
    fn case(cluster: &Cluster, workload: &Workload, count: Option<usize>, expected: &[&str]) {
        let made = pods(cluster, workload, count);
        let names: Vec<String> = made.iter().flat_map(|pods| &pods.own).map(|own| own.key.name.to_string()).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn as_many_pods_as_the_controller_makes() {
        use WorkloadKind::{CronJob, Deployment, Job, StatefulSet};
        let empty = Cluster::default();
        case(&empty, &workload(Deployment, "{}"), None, &["w-new"]);
        case(&empty, &workload(Deployment, r#"{"replicas":3}"#), None, &["w-new", "w-new-2", "w-new-3"]);
        case(&empty, &workload(Deployment, r#"{"replicas":3}"#), Some(1), &["w-new"]);
        case(&empty, &workload(Job, r#"{"parallelism":3,"completions":2}"#), None, &["w-new", "w-new-2"]);
        case(&empty, &workload(Job, r#"{"completions":9}"#), None, &["w-new"]);
        case(&empty, &workload(Job, r#"{"parallelism":3,"suspend":true}"#), None, &[]);
        case(&empty, &workload(Job, r#"{"suspend":true}"#), Some(1), &["w-new"]);
        case(&empty, &workload(CronJob, r#"{"jobTemplate":{"spec":{"parallelism":2}}}"#), None, &["w-new", "w-new-2"]);
        case(&empty, &workload(CronJob, r#"{"suspend":true,"jobTemplate":{}}"#), None, &[]);
        case(&empty, &workload(StatefulSet, r#"{"replicas":2,"ordinals":{"start":5}}"#), None, &["w-5", "w-6"]);
    }

    #[test]
    fn a_pod_of_a_stateful_set_has_its_claims() {
        let set = workload(
            WorkloadKind::StatefulSet,
            r#"{"replicas":2,"volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"storageClassName":"fast"}}],
                "template":{"spec":{"volumes":[{"name":"data","ephemeral":{}},{"name":"tmp","ephemeral":{}}]}}}"#,
        );
        let made = pods(&Cluster::default(), &set, None);
        let claims: Vec<String> =
            made.iter().flat_map(|pods| &pods.claims).map(|claim| format!("{} {}", claim.key, claim.class)).collect();
        assert_eq!(claims, ["n/data-w-0 fast", "n/data-w-1 fast"]);
        let volumes: Vec<_> = made[1].template.spec.volumes.iter().map(Volume::claim_name).collect();
        assert_eq!(volumes, [None, Some(name("data-w-1"))]);
        let ordinal = made[1].own[0].labels.get(name("apps.kubernetes.io/pod-index"));
        assert_eq!(ordinal, Some(name("1")));
    }

    #[test]
    fn a_pod_stands_in_for_the_one_of_its_name() {
        let there = state(&[(Kind::Pod, r#"{"metadata":{"name":"w-0","namespace":"n"}}"#)]);
        let set = workload(WorkloadKind::StatefulSet, r#"{"replicas":2}"#);
        let made = pods(&there, &set, None);
        assert_eq!(made.iter().map(|pods| pods.replaces.len()).sum::<usize>(), 1);
        assert_eq!(one_more(&there, &set).own[0].key.name, "w-1");
    }

    #[test]
    fn what_controllers_lack() {
        use WorkloadKind::{CronJob, Deployment, Job, ReplicaSet};
        let owned = |name: &str, kind: &str, more: &str| {
            let owners = format!(r#"[{{"kind":"{kind}","name":"w","controller":true}}]"#);
            format!(r#"{{"metadata":{{"name":"{name}","namespace":"n","ownerReferences":{owners}}},{more}}}"#)
        };
        // A suspended Job wants no pods: those of the next one count.
        let cron_job = workload(CronJob, r#"{"jobTemplate":{"spec":{"parallelism":2}}}"#);
        let of_job = |spec: &str| {
            let job = owned("w-1", "CronJob", &format!(r#""spec":{spec}"#));
            let found = missing::wanted(&state(&[(Kind::Workload(Job), &job)]), &cron_job);
            (found.wanted, found.next_job)
        };
        assert_eq!(of_job(r#"{"parallelism":3}"#), (3, false));
        assert_eq!(of_job(r#"{"parallelism":3,"suspend":true}"#), (2, true));
        // A ReplicaSet with all its pods lacks none.
        let deployment = workload(Deployment, r#"{"replicas":2}"#);
        let set = owned("w", "Deployment", r#""spec":{"replicas":2}"#);
        let pods = ["w-a", "w-b"].map(|name| owned(name, "ReplicaSet", r#""spec":{"nodeName":"a"}"#));
        let there = [(Kind::Workload(ReplicaSet), &*set), (Kind::Pod, &*pods[0]), (Kind::Pod, &*pods[1])];
        let of_pods = |objects: &[(Kind, &str)]| {
            let found = missing::wanted(&state(objects), &deployment);
            (found.missing.is_empty(), found.surge)
        };
        assert_eq!(of_pods(&there), (true, 0));
        assert_eq!(of_pods(&there[..2]), (false, 0));
        // Amid a rollout that of the new revision does.
        let newer = owned("w-2", "Deployment", r#""spec":{"replicas":1}"#);
        let rollout = [&there[..], &[(Kind::Workload(ReplicaSet), &*newer)]].concat();
        assert_eq!(of_pods(&rollout), (false, 1));
    }

    /// Those that are there included.
    #[test]
    fn a_stateful_set_wants_all_its_numbers() {
        let first = r#"{"metadata":{"name":"w-0","namespace":"n","ownerReferences":[{"kind":"StatefulSet","name":"w","controller":true}]},
            "spec":{"nodeName":"a"}}"#;
        let set = workload(WorkloadKind::StatefulSet, r#"{"replicas":3}"#);
        let found = missing::wanted(&state(&[(Kind::Pod, first)]), &set);
        let missing: usize = found.missing.iter().map(|pods| pods.own.len()).sum();
        assert_eq!((found.wanted, missing), (3, 2));
    }

    /// Below the partition a StatefulSet makes pods of its old revision, which are as the one before.
    #[test]
    fn a_pod_below_the_partition_is_recreated_as_it_was() {
        let set = |strategy: &str| {
            format!(
                r#"{{"metadata":{{"name":"w","namespace":"n"}},"spec":{{"replicas":2,"updateStrategy":{strategy},
                    "template":{{"spec":{{"containers":[{{"name":"c"}}],"nodeSelector":{{"disk":"ssd"}}}}}}}}}}"#
            )
        };
        let pod = |number: usize| {
            format!(
                r#"{{"metadata":{{"name":"w-{number}","namespace":"n","ownerReferences":[{{"kind":"StatefulSet","name":"w","controller":true}}]}},
                    "spec":{{"nodeName":"a","containers":[{{"name":"c"}}]}}}}"#
            )
        };
        for (strategy, expected) in [
            (r#"{"type":"RollingUpdate","rollingUpdate":{"partition":1}}"#, [false, true]),
            (r#"{"type":"RollingUpdate"}"#, [true, true]),
        ] {
            let there = state(&[
                (Kind::Workload(WorkloadKind::StatefulSet), &set(strategy)),
                (Kind::Pod, &pod(0)),
                (Kind::Pod, &pod(1)),
            ]);
            let is_another = |number: usize| {
                let key = ObjectKey::new(name("n"), name(&format!("w-{number}")));
                remade(&there, there.pod_named(key).unwrap(), GATES).is_some()
            };
            assert_eq!([0, 1].map(is_another), expected, "{strategy}");
        }
    }

    #[test]
    fn every_node_that_can_have_a_daemon_gets_one() {
        let nodes = state(&[
            (Kind::Node, r#"{"metadata":{"name":"a","labels":{"disk":"ssd"}}}"#),
            (Kind::Node, r#"{"metadata":{"name":"b"}}"#),
            (
                Kind::Node,
                r#"{"metadata":{"name":"c","labels":{"disk":"ssd"}},"spec":{"taints":[{"key":"gpu","effect":"NoSchedule"}]}}"#,
            ),
            (
                Kind::Node,
                r#"{"metadata":{"name":"d","labels":{"disk":"ssd"}},"spec":{"unschedulable":true,
                    "taints":[{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"}]}}"#,
            ),
            (
                Kind::Pod,
                r#"{"metadata":{"name":"w-x7","namespace":"n","ownerReferences":[{"kind":"DaemonSet","name":"w","controller":true}]},
                    "spec":{"nodeName":"a"}}"#,
            ),
        ]);
        let set = workload(WorkloadKind::DaemonSet, r#"{"template":{"spec":{"nodeSelector":{"disk":"ssd"}}}}"#);
        case(&nodes, &set, None, &["w-a", "w-d"]);
        let made = pods(&nodes, &set, None);
        assert_eq!(made[0].replaces.len(), 1);
        let pinned = made[0].template.spec.required_node_affinity().unwrap();
        assert_eq!(&*pinned.node_selector_terms[0].match_fields[0].values, [name("a")]);
        let anywhere =
            workload(WorkloadKind::DaemonSet, r#"{"template":{"spec":{"tolerations":[{"operator":"Exists"}]}}}"#);
        case(&nodes, &anywhere, None, &["w-a", "w-b", "w-c", "w-d"]);
        let one = workload(WorkloadKind::DaemonSet, r#"{"template":{"spec":{"nodeName":"b"}}}"#);
        case(&nodes, &one, None, &["w-b"]);
    }
}
