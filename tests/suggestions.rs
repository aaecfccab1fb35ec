//! Suggestions are proofs: each, applied to the state as it was read, places the pod on the node
//! that it names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::needless_pass_by_value)] // a test may fail loudly, and rows read better

mod common;

use std::collections::BTreeSet;

use common::{build, by_hand, cases, key};
use kubectl_sched::api::quantity::Quantity;
use kubectl_sched::api::{Name, Timestamp};
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::edit::{Edit, PodChange};
use kubectl_sched::explain::Suggestion;
use kubectl_sched::explain::suggest::{self, Weakening};
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::state::Cluster;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_780_000_000);

/// What was seen of an area.
#[derive(Default)]
struct Seen {
    /// Pods that fit nowhere.
    rejected: usize,
    /// Of these, pods that something helps.
    helped: usize,
    /// Suggestions that were followed by hand.
    followed: usize,
    /// Pods that something is needed for from elsewhere.
    needing: usize,
    /// Pods of which neither is known.
    at_a_loss: Vec<String>,
}

/// Everything that must hold of every suggestion.
fn every_suggestion_holds(area: &str, step: usize) -> Seen {
    every_suggestion_holds_in(area, KubeVersion::REFERENCE, step)
}

fn every_suggestion_holds_in(area: &str, version: KubeVersion, step: usize) -> Seen {
    let mut seen = Seen::default();
    for case in cases(area).step_by(step) {
        let scheduler = case.scheduler_of(version).unwrap();
        let mut cluster = case.cluster_for(&scheduler);
        let objects: Vec<Value> = case.objects().map(|object| serde_json::from_str(object.get()).unwrap()).collect();
        for pod in &case.pods {
            let id = cluster.pod_named(key(pod)).unwrap().id;
            let placement = scheduler.schedule(&cluster, id, NOW);
            let Some(found) = suggest::find(&scheduler, &mut cluster, &placement, NOW) else { continue };
            suggest::explain_preemption(&scheduler, &mut cluster, &placement, NOW);
            let again = scheduler.schedule(&cluster, id, NOW);
            assert_eq!(format!("{placement:?}"), format!("{again:?}"), "{} {pod}: the state is as it was", case.name);
            seen.rejected += 1;
            seen.helped += usize::from(!found.is_empty());
            let at = format!("{} {pod}", case.name);
            let needed = suggest::needed(&placement, &cluster);
            seen.needing += usize::from(!needed.is_empty());
            if found.is_empty() && needed.is_empty() {
                seen.at_a_loss.push(format!("{at}: {}", placement.message.clone().unwrap_or_default()));
            }
            no_two_are_the_same(&found, &objects, &at);
            for suggestion in &found {
                is_a_proof(&scheduler, case.cluster_for(&scheduler), pod, suggestion, &at);
                is_the_weakest(&scheduler, case.cluster_for(&scheduler), pod, suggestion, &at);
                seen.followed += usize::from(holds_by_hand(&scheduler, &objects, pod, suggestion, &at));
            }
        }
    }
    seen
}

/// The edits, made to the state as it was read, place the pod on that node.
fn is_a_proof(scheduler: &Scheduler, mut fresh: Cluster, pod: &str, suggestion: &Suggestion, at: &str) {
    let undos = Edit::apply_all(&suggestion.edits, &mut fresh, scheduler.behaviour().request_gates()).unwrap();
    let after = scheduler.schedule(&fresh, fresh.pod_named(key(pod)).unwrap().id, NOW);
    let at = format!("{at} {:?}", suggestion.edits);
    assert!(after.schedulable, "{at}");
    assert!(after.picks.contains(&suggestion.node), "{at}");
    let feasible: Vec<Name> = after.feasible().map(|node| node.name).collect();
    assert_eq!(feasible, suggestion.opens, "{at}");
    drop(undos);
}

/// The largest request that fits and the smallest skew that helps: one notch less places the pod nowhere.
fn is_the_weakest(scheduler: &Scheduler, mut fresh: Cluster, pod: &str, suggestion: &Suggestion, at: &str) {
    let [Edit::PatchPod { pod: key_of_pod, changes }] = suggestion.edits.as_slice() else { return };
    let stronger = match changes.as_slice() {
        [PodChange::Request { container, resource, from, to }] => {
            let notch = if *resource == "cpu" { 1 } else { 1000 };
            // The number of an extended resource is a whole one, also in how it is written.
            let is_extended = resource.as_str().contains('/');
            let next = Quantity::from_milli(to.milli_value() + notch);
            let to = if is_extended { Quantity::from_value(to.value() + 1, to.format()) } else { next };
            PodChange::Request { container: *container, resource: *resource, from: *from, to }
        }
        [PodChange::RaiseMaxSkew { topology_key, from, to }] if to - from > 1 => {
            PodChange::RaiseMaxSkew { topology_key: *topology_key, from: *from, to: to - 1 }
        }
        [PodChange::LowerMinDomains { topology_key, from, to }] if from - to > 1 => {
            PodChange::LowerMinDomains { topology_key: *topology_key, from: *from, to: to + 1 }
        }
        _ => return,
    };
    let edits = [Edit::PatchPod { pod: *key_of_pod, changes: vec![stronger] }];
    let undos = Edit::apply_all(&edits, &mut fresh, scheduler.behaviour().request_gates()).unwrap();
    let after = scheduler.schedule(&fresh, fresh.pod_named(key(pod)).unwrap().id, NOW);
    assert!(!after.schedulable, "{at}: less would do than {:?}", suggestion.edits);
    drop(undos);
}

/// A user who follows it in the input files, with the patch and a text editor, gets the same nodes.
/// Answers whether it could be followed: not every change can be expressed as a patch.
fn holds_by_hand(scheduler: &Scheduler, objects: &[Value], pod: &str, suggestion: &Suggestion, at: &str) -> bool {
    let Some(changed) = by_hand::follow(suggestion, objects) else { return false };
    let cluster = build::cluster(&changed, scheduler.behaviour());
    let after = scheduler.schedule(&cluster, cluster.pod_named(key(pod)).unwrap().id, NOW);
    let names = |nodes: &mut dyn Iterator<Item = Name>| nodes.map(|node| node.to_string()).collect::<BTreeSet<_>>();
    let (feasible, opens) =
        (names(&mut after.feasible().map(|node| node.name)), names(&mut suggestion.opens.iter().copied()));
    assert_eq!(feasible, opens, "by hand: {at} {:?}", suggestion.edits);
    assert!(after.schedulable, "by hand: {at} {:?}", suggestion.edits);
    true
}

/// No two lead to the same objects or read the same, and none is another with something on top.
fn no_two_are_the_same(found: &[Suggestion], objects: &[Value], at: &str) {
    let changed: Vec<_> = found.iter().map(|suggestion| by_hand::follow(suggestion, objects)).collect();
    for (index, a) in found.iter().enumerate() {
        for (other, b) in found.iter().enumerate().filter(|(other, _)| *other != index) {
            assert!(changed[index].is_none() || changed[index] != changed[other], "{at}: {a:?} and {b:?}");
            let changes = |suggestion: &Suggestion| {
                let flat = suggestion.edits.iter().flat_map(|edit| match edit {
                    Edit::PatchPod { changes, .. } => changes.iter().map(|change| format!("{change:?}")).collect(),
                    other => vec![format!("{other:?}")],
                });
                flat.collect::<BTreeSet<String>>()
            };
            assert!(!changes(a).is_subset(&changes(b)), "{at}: {b:?} is {a:?} and more");
        }
    }
}

#[test]
fn mixed() {
    let Seen { rejected, helped, followed, .. } = every_suggestion_holds("mixed", 2);
    assert_eq!((rejected, helped, followed), (61, 46, 115));
}

#[test]
fn taints() {
    let Seen { rejected, helped, followed, .. } = every_suggestion_holds("taints", 2);
    assert_eq!((rejected, helped, followed), (23, 23, 70));
}

#[test]
fn node_affinity() {
    let Seen { rejected, helped, followed, .. } = every_suggestion_holds("node-affinity", 2);
    assert_eq!((rejected, helped, followed), (80, 71, 114));
}

#[test]
fn ports() {
    let Seen { rejected, helped, followed, .. } = every_suggestion_holds("ports", 1);
    assert_eq!((rejected, helped, followed), (5, 5, 10));
}

#[test]
fn resources() {
    let Seen { rejected, helped, followed, .. } = every_suggestion_holds("resources-fit", 2);
    assert_eq!((rejected, helped, followed), (89, 47, 104));
}

#[test]
fn topology_spread() {
    let Seen { rejected, helped, followed, .. } = every_suggestion_holds("topology-spread", 2);
    assert_eq!((rejected, helped, followed), (31, 30, 68));
}

#[test]
fn inter_pod_affinity() {
    let Seen { rejected, helped, followed, .. } = every_suggestion_holds("inter-pod-affinity", 2);
    assert_eq!((rejected, helped, followed), (41, 41, 58));
}

/// What no edit brings about is named instead.
#[test]
fn volumes() {
    let Seen { rejected, needing, at_a_loss, .. } = every_suggestion_holds("volumes", 1);
    assert_eq!((rejected, needing, at_a_loss.len()), (224, 222, 0), "{at_a_loss:#?}");
}

#[test]
fn devices() {
    let Seen { rejected, helped, followed, needing, at_a_loss } = every_suggestion_holds("dra", 1);
    assert_eq!((rejected, helped, followed, needing, at_a_loss.len()), (215, 109, 207, 200, 0), "{at_a_loss:#?}");
}

/// Changes of claims, and claims that could give their devices back.
#[test]
fn newer_devices() {
    let newest = KubeVersion { minor: 37, patch: None };
    let of = |area: &str| {
        let Seen { rejected, helped, followed, .. } = every_suggestion_holds_in(&format!("v1.37/{area}"), newest, 2);
        (rejected, helped, followed)
    };
    assert_eq!(
        ["dra-capacity", "dra-extended", "dra-more", "dra-partition", "dra-taints"].map(of),
        [(86, 53, 100), (128, 33, 53), (45, 12, 30), (57, 33, 64), (51, 49, 93)]
    );
}

#[test]
fn preemption() {
    let Seen { rejected, helped, followed, .. } = every_suggestion_holds("preemption", 4);
    assert_eq!((rejected, helped, followed), (115, 98, 246));
}

fn scheduler_and(objects: &[Value]) -> (Scheduler, Cluster) {
    let behaviour = Behaviour::new(KubeVersion::REFERENCE);
    let cluster = build::cluster(objects, &behaviour);
    (Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour), cluster)
}

/// The suggestions for the pod `a/p`.
fn suggestions(objects: &[Value]) -> Vec<Suggestion> {
    let (scheduler, mut cluster) = scheduler_and(objects);
    let id = cluster.pod_named(key("a/p")).unwrap().id;
    let placement = scheduler.schedule(&cluster, id, NOW);
    suggest::find(&scheduler, &mut cluster, &placement, NOW).unwrap()
}

fn node(name: &str, labels: Value, spec: Value, cpu: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": spec,
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}})
}

fn pod(name: &str, on: Option<&str>, spec: Value) -> Value {
    let mut spec = spec;
    spec["nodeName"] = json!(on);
    if spec.get("containers").is_none() {
        spec["containers"] = json!([{"name": "c"}]);
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "a", "labels": {"app": "x"}}, "spec": spec})
}

fn asking(cpu: &str) -> Value {
    json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]})
}

/// The steps of each suggestion, as JSON.
#[track_caller]
fn case(objects: &[Value], expected: &[Value]) {
    let found: Vec<Value> =
        suggestions(objects).iter().map(|suggestion| serde_json::to_value(&suggestion.edits).unwrap()).collect();
    assert_eq!(json!(found), json!(expected));
}

fn change(change: Value) -> Value {
    json!([{"kind": "PatchPod", "pod": "a/p", "changes": [change]}])
}

#[test]
fn too_little_cpu() {
    // 1999m of 3 are taken: 1001m fit, not a millicore more.
    case(
        &[node("n", json!({}), json!({}), "3"), pod("o", Some("n"), asking("1999m")), pod("p", None, asking("1500m"))],
        &[
            change(json!({"change": "Request", "container": "c", "resource": "cpu", "from": "1500m", "to": "1001m"})),
            json!([{"kind": "FreeResource", "node": "n", "resource": "cpu", "amount": "499m"}]),
            json!([{"kind": "AddNode", "like": "n", "name": "n-copy"}]),
            json!([{"kind": "Evict", "pod": "a/o"}]),
        ],
    );
    // The container that asks for most is changed; what is asked for is far beyond any node.
    let containers = json!({"containers": [{"name": "s", "resources": {"requests": {"cpu": "500m"}}},
        {"name": "l", "resources": {"requests": {"cpu": "3"}}}]});
    case(
        &[node("n", json!({}), json!({}), "3"), pod("p", None, containers)],
        &[change(json!({"change": "Request", "container": "l", "resource": "cpu", "from": "3", "to": "2500m"}))],
    );
    // A hundred times what any node has: the unit is a slip. Seven times: there is nothing to lower.
    case(
        &[node("n", json!({}), json!({}), "1"), pod("p", None, asking("100"))],
        &[change(json!({"change": "Request", "container": "c", "resource": "cpu", "from": "100", "to": "100m"}))],
    );
    let full =
        [node("n", json!({}), json!({}), "10"), pod("o", Some("n"), asking("9500m")), pod("p", None, asking("70"))];
    case(&full, &[]);
}

#[test]
fn taints_and_cordons() {
    let taint = |key: &str, effect: &str| json!({"taints": [{"key": key, "value": "v", "effect": effect}]});
    let toleration = json!({"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"});
    case(
        &[node("n", json!({}), taint("k", "NoSchedule"), "1"), pod("p", None, json!({}))],
        &[
            change(json!({"change": "Tolerate", "toleration": toleration})),
            json!([{"kind": "RemoveTaint", "node": "n", "taint": {"key": "k", "value": "v", "effect": "NoSchedule"}}]),
        ],
    );
    // A taint of a condition goes away when the node is fixed; a pod that tolerates it lands on a node that is not ready.
    let found = suggestions(&[
        node("n", json!({}), taint("node.kubernetes.io/not-ready", "NoExecute"), "1"),
        pod("p", None, json!({})),
    ]);
    assert!(
        matches!(found[0].edits.as_slice(), [Edit::RemoveTaint { .. }]) && found[0].weakens.is_empty(),
        "{found:?}"
    );
    assert_eq!(found.len(), 1, "{found:?}");
    // The cordon and its taint are two reasons and one change.
    let cordoned = json!({"unschedulable": true,
        "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]});
    case(
        &[node("n", json!({}), cordoned, "1"), pod("p", None, json!({}))],
        &[json!([{"kind": "Uncordon", "node": "n"}])],
    );
}

#[test]
fn spread_constraints() {
    let spread = json!({"topologySpreadConstraints": [{"topologyKey": "z", "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "x"}}}]});
    let tainted = json!({"taints": [{"key": "k", "effect": "NoSchedule"}]});
    let objects = [
        node("a", json!({"z": "1"}), json!({}), "1"),
        node("b", json!({"z": "2"}), tainted, "1"),
        pod("o", Some("a"), json!({})),
        pod("p", None, spread),
    ];
    // Without the tainted node there is one domain, and no skew.
    let found = suggestions(&objects);
    let first = serde_json::to_value(&found[0].edits).unwrap();
    assert_eq!(first, change(json!({"change": "HonorTaints", "topologyKey": "z"})));
    assert!(found[0].weakens.is_empty());
    assert!(found.iter().any(|suggestion| {
        let raised = matches!(suggestion.edits.as_slice(), [Edit::PatchPod { changes, .. }]
            if matches!(changes.as_slice(), [PodChange::RaiseMaxSkew { from: 1, to: 2, .. }]));
        raised && matches!(suggestion.weakens.as_slice(), [Weakening::Spread(_)])
    }));
}

#[test]
fn anti_affinity() {
    let apart = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "z", "labelSelector": {"matchLabels": {"app": "x"}}}]}}});
    let found = suggestions(&[
        node("a", json!({"z": "1"}), json!({}), "1"),
        pod("o", Some("a"), json!({})),
        pod("p", None, apart),
    ]);
    let weakened =
        found.iter().find(|suggestion| !suggestion.edits.iter().any(|edit| matches!(edit, Edit::Evict { .. })));
    assert!(matches!(weakened.unwrap().weakens.as_slice(), [Weakening::AntiAffinity(_)]), "{found:?}");
    // There is no other node: the pod that would have to go has no place, and that is said.
    let evicted = found.iter().find(|suggestion| matches!(suggestion.edits.as_slice(), [Edit::Evict { .. }])).unwrap();
    assert!(matches!(evicted.weakens.as_slice(), [Weakening::NoPlaceFor(_)]), "{evicted:?}");
}

#[test]
fn labels() {
    let wanting = |key: &str| json!({"nodeSelector": {key: "ssd"}});
    case(
        &[node("n", json!({}), json!({}), "1"), pod("p", None, wanting("disk"))],
        &[
            json!([{"kind": "LabelNode", "node": "n", "key": "disk", "value": "ssd"}]),
            change(json!({"change": "DropNodeSelector", "key": "disk"})),
        ],
    );
    // A typing mistake is corrected where it was made.
    let found = suggestions(&[
        node("n", json!({"disk": "nvme-fast"}), json!({}), "1"),
        pod("p", None, json!({"nodeSelector": {"disk": "nvme_fast"}})),
    ]);
    let replaced = json!({"change": "ReplaceNodeSelector", "key": "disk", "toKey": "disk", "toValue": "nvme-fast"});
    assert_eq!(serde_json::to_value(&found[0].edits).unwrap(), change(replaced));
    // What a node is cannot be wished for.
    case(
        &[node("n", json!({}), json!({}), "1"), pod("p", None, wanting("kubernetes.io/arch"))],
        &[change(json!({"change": "DropNodeSelector", "key": "kubernetes.io/arch"}))],
    );
}

#[test]
fn several_changes_where_one_does_not_help() {
    let spec = json!({"taints": [{"key": "k", "effect": "NoSchedule"}, {"key": "l", "effect": "NoSchedule"}]});
    let found = suggestions(&[node("n", json!({}), spec, "1"), pod("p", None, asking("2"))]);
    let Edit::PatchPod { changes, .. } = &found[0].edits[0] else { panic!("{found:?}") };
    // The second taint is no reason until the first is tolerated.
    assert_eq!((found[0].edits.len(), changes.len()), (1, 3), "{found:?}");
    let patch = found[0].patch.as_ref().unwrap();
    assert_eq!(patch["spec"]["containers"][0]["resources"]["requests"]["cpu"], "1");
    assert_eq!(patch["spec"]["tolerations"].as_array().unwrap().len(), 2);
}

#[test]
fn nothing_helps_a_volume_in_another_zone() {
    let objects = [
        node("n", json!({"topology.kubernetes.io/zone": "1"}), json!({}), "1"),
        json!({"apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": {"name": "v", "labels": {"topology.kubernetes.io/zone": "2"}},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                "claimRef": {"namespace": "a", "name": "c"}}}),
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": "a",
            "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"volumeName": "v", "accessModes": ["ReadWriteOnce"]}, "status": {"phase": "Bound"}}),
        pod("p", None, json!({"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]})),
    ];
    case(&objects, &[]);
}

#[test]
fn gates() {
    case(
        &[node("n", json!({}), json!({}), "1"), pod("p", None, json!({"schedulingGates": [{"name": "g"}]}))],
        &[change(json!({"change": "RemoveSchedulingGates"}))],
    );
}
