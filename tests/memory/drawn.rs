//! Small clusters drawn from a seed, each for the scheduler of one of the minors: a few templates with many replicas, in
//! several namespaces, some on nodes already, that get into each other's way by everything a scheduler considers.

#[path = "drawn_devices.rs"]
mod devices;

use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::state::{Cluster, ClusterBuilder};
use serde_json::{Value, json};

/// Numbers that follow from a seed (SplitMix64).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len())]
    }
}

/// A state and who schedules in it.
pub(crate) struct Drawn {
    pub(crate) scheduler: Scheduler,
    pub(crate) cluster: Cluster,
}

/// What the pods of a template claim of devices, and the number of the claim that they share.
struct Claimed {
    devices: Option<Value>,
    shared: Option<usize>,
}

impl Claimed {
    /// Lets `pod` claim its devices; the claim, if it is the pod's own.
    fn claim(&self, pod: &mut Value) -> Option<Value> {
        let claim = devices::claim(pod, self.devices.as_ref()?, self.shared);
        Some(claim).filter(|_| self.shared.is_none())
    }
}

const APPS: [&str; 3] = ["web", "db", "job"];
/// The last one has no object, and so no labels.
const NAMESPACES: [(&str, Option<&str>); 4] =
    [("default", Some("platform")), ("shop", Some("retail")), ("depot", Some("retail")), ("gone", None)];
const KEYS: [&str; 3] = ["kubernetes.io/hostname", "topology.kubernetes.io/zone", "rack"];

impl Drawn {
    pub(crate) fn of(seed: u64) -> Self {
        let mut draw = Draw(seed);
        let minors = KubeVersion::OLDEST_MINOR..=KubeVersion::NEWEST_MINOR;
        let minor = minors.start() + (seed % minors.clone().count() as u64) as u32;
        let behaviour = Behaviour::new(KubeVersion { minor, patch: None });
        let mut builder = ClusterBuilder::default();
        let mut add = |kind, object: Value| {
            builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
        };
        let nodes = 2 + draw.below(9);
        for number in 0..nodes {
            add(Kind::Node, node(&mut draw, number));
        }
        for (namespace, team) in NAMESPACES {
            if let Some(team) = team {
                let labels = json!({ "team": team, "kubernetes.io/metadata.name": namespace });
                add(Kind::Namespace, json!({ "metadata": { "name": namespace, "labels": labels } }));
            }
            for app in APPS.into_iter().filter(|_| draw.one_in(2)) {
                let spec = json!({ "selector": { "app": app } });
                add(Kind::Service, json!({ "metadata": { "name": app, "namespace": namespace }, "spec": spec }));
            }
        }
        let device_objects = devices::objects(&mut draw, nodes);
        let has_devices = !device_objects.is_empty();
        for (kind, object) in device_objects {
            add(kind, object);
        }
        let mut templates: Vec<(Value, Claimed)> = Vec::new();
        for number in 0..=draw.below(4) {
            let mut template = template(&mut draw);
            let claimed = if has_devices { devices::claimed(&mut draw) } else { None };
            if has_devices && claimed.is_none() && draw.one_in(4) {
                let resources = &mut template["spec"]["containers"][0]["resources"];
                for part in ["requests", "limits"] {
                    resources[part][devices::EXTENDED_RESOURCE] = json!("1");
                }
            }
            let shared = draw.one_in(6).then_some(number);
            if let Some(devices) = claimed.as_ref().filter(|_| shared.is_some()) {
                let mut model = pod(&template, "model");
                add(Kind::ResourceClaim, devices::claim(&mut model, devices, shared));
            }
            templates.push((template, Claimed { devices: claimed, shared }));
        }
        for number in 0..draw.below(20) {
            let (template, claimed) = draw.of(&templates);
            let mut pod = pod(template, &format!("there-{number}"));
            // Some nodes do not exist, and some pods are on their way out.
            let node = format!("node-{}", draw.below(nodes + 1));
            pod["spec"]["nodeName"] = json!(node);
            if let Some(mut claim) = claimed.claim(&mut pod) {
                devices::allocate(&mut draw, &mut claim, &pod, &node);
                add(Kind::ResourceClaim, claim);
            }
            if draw.one_in(6) {
                pod["metadata"]["deletionTimestamp"] = json!("2026-05-01T00:00:00Z");
            }
            add(Kind::Pod, pod);
        }
        for number in 0..10 + draw.below(20) {
            let (template, claimed) = draw.of(&templates);
            let mut pod = pod(template, &format!("pending-{number}"));
            if let Some(mut claim) = claimed.claim(&mut pod) {
                // A cycle before this one may have got that far.
                if draw.one_in(4) {
                    devices::allocate(&mut draw, &mut claim, &pod, "node-0");
                }
                add(Kind::ResourceClaim, claim);
            }
            if draw.one_in(40) {
                pod["metadata"]["deletionTimestamp"] = json!("2026-05-01T00:00:00Z");
            }
            if draw.one_in(60) {
                pod["status"]["nominatedNodeName"] = json!(format!("node-{}", draw.below(nodes)));
            }
            add(Kind::Pod, pod);
        }
        let config = SchedulerConfig::parse(&config(&mut draw), &behaviour).unwrap();
        let cluster = builder.build(behaviour.request_gates());
        Self { scheduler: Scheduler::new(config, behaviour), cluster }
    }
}

fn node(draw: &mut Draw, number: usize) -> Value {
    let name = format!("node-{number}");
    let mut labels = json!({ "kubernetes.io/hostname": name });
    // The last one is no number, and counts as 1.
    labels["weight"] = json!(draw.of(&["0.5", "1", "4", "many"]));
    for (key, values) in
        [("topology.kubernetes.io/zone", ["a", "b", "c"]), ("rack", ["1", "2", "2"]), ("disk", ["ssd", "ssd", "hdd"])]
    {
        if !draw.one_in(5) {
            labels[key] = json!(draw.of(&values));
        }
    }
    let mut taints = Vec::new();
    if draw.one_in(4) {
        let effect = *draw.of(&["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        taints.push(json!({ "key": "team", "value": "x", "effect": effect }));
    }
    let image = json!({ "names": ["registry/app:1"], "sizeBytes": 300_000_000 });
    json!({
        "metadata": { "name": name, "labels": labels },
        "spec": { "taints": taints, "unschedulable": draw.one_in(10) },
        "status": {
            "images": if draw.one_in(2) { vec![image] } else { Vec::new() },
            "allocatable": {
                "cpu": (1 + draw.below(6)).to_string(),
                "memory": format!("{}Gi", 1 + draw.below(8)),
                "pods": (1 + draw.below(9)).to_string(),
            },
        },
    })
}

fn template(draw: &mut Draw) -> Value {
    let app = *draw.of(&APPS);
    let mut container = json!({ "name": "main", "image": "registry/app:1" });
    if !draw.one_in(5) {
        container["resources"]["requests"] =
            json!({ "cpu": format!("{}m", 50 * draw.below(12)), "memory": format!("{}Mi", 64 * draw.below(10)) });
    }
    if draw.one_in(5) {
        container["ports"] = json!([{ "hostPort": 80 + draw.below(2), "containerPort": 80 }]);
    }
    let mut spec = json!({ "containers": [container], "priority": draw.below(2) });
    if draw.one_in(3) {
        spec["tolerations"] = json!([{ "key": "team", "operator": "Exists" }]);
    }
    if draw.one_in(6) {
        spec["nodeSelector"] = json!({ "disk": "ssd" });
    }
    if draw.one_in(12) {
        spec["schedulingGates"] = json!([{ "name": "wait" }]);
    }
    let mut affinity = json!({});
    if draw.one_in(5) {
        let term = json!({ "matchExpressions": [{ "key": "disk", "operator": "In", "values": ["ssd"] }] });
        affinity["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] =
            json!([{ "weight": 1 + draw.below(50), "preference": term }]);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        for when in ["required", "preferred"] {
            let terms = match draw.below(12) {
                0 | 1 => 1,
                2 => 2,
                _ => 0,
            };
            let terms: Vec<Value> = (0..terms).map(|_| term(draw, when == "preferred")).collect();
            if !terms.is_empty() {
                affinity[kind][format!("{when}DuringSchedulingIgnoredDuringExecution")] = json!(terms);
            }
        }
    }
    if affinity.as_object().is_some_and(|affinity| !affinity.is_empty()) {
        spec["affinity"] = affinity;
    }
    let constraints = if draw.one_in(2) { draw.below(3) } else { 0 };
    spec["topologySpreadConstraints"] = (0..constraints).map(|_| constraint(draw)).collect();
    // Most share a namespace, so that they get into each other's way.
    let (namespace, _) = if draw.one_in(3) { *draw.of(&NAMESPACES) } else { NAMESPACES[0] };
    let labels = json!({ "app": app, "version": draw.below(2).to_string() });
    json!({ "metadata": { "namespace": namespace, "labels": labels }, "spec": spec })
}

fn term(draw: &mut Draw, weighted: bool) -> Value {
    let mut term = json!({ "topologyKey": draw.of(&KEYS), "labelSelector": selector(draw) });
    match draw.below(12) {
        0 => term["namespaceSelector"] = json!({}),
        1 => term["namespaceSelector"] = json!({ "matchLabels": { "team": "retail" } }),
        2 => {
            term["namespaceSelector"] =
                json!({ "matchExpressions": [{ "key": "team", "operator": "NotIn", "values": ["retail"] }] });
        }
        3 => term["namespaces"] = json!([draw.of(&NAMESPACES).0, draw.of(&NAMESPACES).0]),
        4 => {
            term["namespaces"] = json!([draw.of(&NAMESPACES).0]);
            term["namespaceSelector"] = json!({ "matchLabels": { "team": "platform" } });
        }
        _ => {}
    }
    if !term["labelSelector"].is_null() {
        match draw.below(8) {
            0 => term["matchLabelKeys"] = json!(["version"]),
            1 => term["mismatchLabelKeys"] = json!(["version"]),
            _ => {}
        }
    }
    if weighted { json!({ "weight": 1 + draw.below(100), "podAffinityTerm": term }) } else { term }
}

fn constraint(draw: &mut Draw) -> Value {
    let hard = draw.one_in(2);
    let mut constraint = json!({
        "maxSkew": 1 + draw.below(2),
        "topologyKey": draw.of(&KEYS),
        "whenUnsatisfiable": if hard { "DoNotSchedule" } else { "ScheduleAnyway" },
        "labelSelector": selector(draw),
        "nodeAffinityPolicy": draw.of(&["Honor", "Ignore"]),
        "nodeTaintsPolicy": draw.of(&["Honor", "Ignore"]),
    });
    if !constraint["labelSelector"].is_null() && draw.one_in(4) {
        constraint["matchLabelKeys"] = json!(["version"]);
    }
    if hard && draw.one_in(4) {
        constraint["minDomains"] = json!(1 + draw.below(4));
    }
    constraint
}

fn selector(draw: &mut Draw) -> Value {
    match draw.below(8) {
        0 => json!({}),
        1 => Value::Null,
        2 => json!({ "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": [draw.of(&APPS)] }] }),
        3 => json!({ "matchLabels": { "app": draw.of(&APPS), "version": "1" } }),
        _ => json!({ "matchLabels": { "app": draw.of(&APPS) } }),
    }
}

fn pod(template: &Value, name: &str) -> Value {
    let mut pod = template.clone();
    pod["metadata"]["name"] = json!(name);
    pod["metadata"]["uid"] = json!(name);
    pod["metadata"]["creationTimestamp"] = json!("2026-05-01T00:00:00Z");
    pod["status"] = json!({ "phase": "Pending" });
    pod
}

/// One of a few configurations: weights, strategies, constraints of the profile's own, plugins left out.
fn config(draw: &mut Draw) -> Value {
    let strategy = |kind: &str| {
        json!([{ "name": "NodeResourcesFit", "args": { "scoringStrategy": {
            "type": kind,
            "resources": [{ "name": "cpu", "weight": 3 }, { "name": "memory", "weight": 1 }],
        } } }])
    };
    let constraints = |action: &str| {
        json!([{ "name": "PodTopologySpread", "args": { "defaultingType": "List", "defaultConstraints": [
            { "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": action },
        ] } }])
    };
    let profile = match draw.below(9) {
        0 => json!({ "pluginConfig": strategy("MostAllocated") }),
        1 => json!({ "pluginConfig": constraints("DoNotSchedule") }),
        2 => json!({ "pluginConfig": constraints("ScheduleAnyway") }),
        3 => json!({ "plugins": { "score": { "enabled": [{ "name": "InterPodAffinity", "weight": 50 }] } } }),
        4 => json!({ "plugins": { "score": { "disabled": [{ "name": "*" }] } } }),
        5 => json!({ "plugins": { "multiPoint": { "disabled": [{ "name": "PodTopologySpread" }] } } }),
        6 => {
            json!({ "pluginConfig": [{ "name": "InterPodAffinity", "args": { "ignorePreferredTermsOfExistingPods": true } }] })
        }
        _ => json!({}),
    };
    let mut profile = profile;
    profile["schedulerName"] = json!("default-scheduler");
    json!({ "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration", "profiles": [profile] })
}
