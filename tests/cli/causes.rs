//! What `explain` knows of causes beyond their names: domains, labels, claims, devices, taints;
//! and why a node wins.

use insta::assert_snapshot;

use super::harness::{run, screen};

/// Explains with a state of its own, written as a List in YAML.
fn explain(arguments: &str, state: &[String]) -> String {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", state.join("\n- "))).unwrap();
    screen(&format!("explain {arguments} --no-suggestions --snapshot {}", file.path().display()))
}

/// A node with 4 cpu and 16Gi; `labels` and `spec` are YAML in one line.
fn node(name: &str, labels: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Node, metadata: {{name: {name}, labels: {{{labels}}}}}, spec: {{{spec}}}, \
         status: {{allocatable: {{cpu: 4, memory: 16Gi, pods: 110}}, nodeInfo: {{kubeletVersion: v1.34.1}}}}}}"
    )
}

/// A pod of one container; on `node` unless that is empty.
fn pod(name: &str, node: &str, labels: &str, spec: &str, requests: &str) -> String {
    let on = if node.is_empty() { String::new() } else { format!("nodeName: {node}, ") };
    let phase = if node.is_empty() { "Pending" } else { "Running" };
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {{{labels}}}}}, \
         spec: {{{on}{spec}containers: [{{name: c, resources: {{requests: {{{requests}}}}}}}]}}, status: {{phase: {phase}}}}}"
    )
}

const ZONE: &str = "topology.kubernetes.io/zone";

#[test]
fn a_tainted_zone_is_the_emptiest() {
    let spread = format!(
        "topologySpreadConstraints: [{{maxSkew: 1, topologyKey: {ZONE}, whenUnsatisfiable: DoNotSchedule, \
         labelSelector: {{matchLabels: {{app: web}}}}}}], "
    );
    let state = [
        node("a-1", &format!("{ZONE}: a"), ""),
        node("b-1", &format!("{ZONE}: b"), ""),
        node("c-1", &format!("{ZONE}: c"), "taints: [{key: dedicated, value: db, effect: NoSchedule}]"),
        node("d-1", &format!("{ZONE}: d, pool: other"), ""),
        node("e-1", "", ""),
        pod("web-1", "a-1", "app: web", "", ""),
        pod("web-2", "b-1", "app: web", "", ""),
        pod(
            "web-3",
            "",
            "app: web",
            &format!(
                "{spread}affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: \
                 {{nodeSelectorTerms: [{{matchExpressions: [{{key: pool, operator: DoesNotExist}}]}}]}}}}}}, "
            ),
            "",
        ),
    ];
    assert_snapshot!(explain("web-3 -n shop", &state), @"
    Pod shop/web-3 does not fit: 0 of 5 nodes            default-scheduler · v1.34.1

    0/5 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1
    node(s) didn't match pod topology spread constraints (missing required label), 1
    node(s) had untolerated taint {dedicated: db}, 2 node(s) didn't match pod
    topology spread constraints. no new claims to deallocate, preemption: 0/5 nodes
    are available: 2 No preemption victims found for incoming pod, 3 Preemption is
    not helpful for scheduling.

    REASON                                             NODES   WHERE
    PodTopologySpread   topology.kubernetes.io/zone:       2   a-1 and b-1
                        skew would exceed 1
    TaintToleration     dedicated=db:NoSchedule            1   c-1
    NodeAffinity        required node affinity does        1   d-1
                        not match
    PodTopologySpread   node has no label                  1   e-1
                        topology.kubernetes.io/zone

    DOMAINS   topology.kubernetes.io/zone
    counts pods with app=web in namespace shop; with this pod at most 1 more than
    the emptiest
    DOMAIN    PODS   NODES
    c            0       1   the emptiest; not usable for this pod:
                             dedicated=db:NoSchedule
    d            0       1   not counted: excluded by the pod's node affinity
    a and b      1       2   2 more than the emptiest with this pod
    tainted domains are counted too: nodeTaintsPolicy is Ignore, the default
    1 node without the label, not in any domain

    CLOSEST NODES
    c-1   TaintToleration     dedicated=db:NoSchedule is not tolerated
    d-1   NodeAffinity        required node affinity does not match
    e-1   PodTopologySpread   node has no label topology.kubernetes.io/zone
    a-1   PodTopologySpread   topology.kubernetes.io/zone=a has 1, the emptiest
                              domain has 0: skew 2, 1 allowed
    b-1   PodTopologySpread   topology.kubernetes.io/zone=b has 1, the emptiest
                              domain has 0: skew 2, 1 allowed
    --- stderr
    --- status 0
    ");
}

#[test]
fn pods_that_hold_ports_and_anti_affinity() {
    let apart = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
                 [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}, ";
    let host = |name: &str| node(name, &format!("kubernetes.io/hostname: {name}"), "");
    let port = |name: &str, node: &str| {
        pod(name, node, "app: proxy", "", "").replace("{name: c,", "{name: c, ports: [{hostPort: 8080}],")
    };
    let state = [
        host("n-1"),
        host("n-2"),
        host("n-3"),
        pod("web-1", "n-1", "app: web", "", ""),
        pod("web-2", "n-2", "app: web", "", ""),
        pod("big", "n-3", "", "", "cpu: 4"),
        pod("web-3", "", "app: web", apart, "cpu: 1"),
        port("proxy-1", "n-1"),
        port("proxy-2", "n-2"),
        port("proxy-3", "n-3"),
        port("proxy-4", ""),
    ];
    assert_snapshot!(explain("web-3 -n shop", &state), @"
    Pod shop/web-3 does not fit: 0 of 3 nodes            default-scheduler · v1.34.1

    0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod
    anti-affinity rules. no new claims to deallocate, preemption: 0/3 nodes are
    available: 3 No preemption victims found for incoming pod.

    REASON                                              NODES   WHERE
    InterPodAffinity   a pod with app=web in the same       2   n-1 and n-2
                       kubernetes.io/hostname
    NodeResourcesFit   cpu: 1 requested, short by 1         1   n-3

    DOMAINS   kubernetes.io/hostname
    must not have pods with app=web in namespace shop
    DOMAIN        PODS   NODES
    n-3              0       1   not usable for this pod: cpu short
    n-1 and n-2      1       2   shop/web-1 and shop/web-2

    CLOSEST NODES
    n-3           cpu                needs 1, free 0 of 4: 1 short
    n-1 and n-2   InterPodAffinity   a pod with app=web in the same
                                     kubernetes.io/hostname
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("proxy-4 -n shop", &state), @"
    Pod shop/proxy-4 does not fit: 0 of 3 nodes          default-scheduler · v1.34.1

    0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod
    ports. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No
    preemption victims found for incoming pod.

    REASON                                  NODES   WHERE
    NodePorts   host port taken: 8080/TCP       3   every node
    host ports: 8080/TCP by shop/proxy-1 on n-1, 8080/TCP by shop/proxy-2 on n-2 and
                8080/TCP by shop/proxy-3 on n-3

    CLOSEST NODES
    n-1 and 2 more   NodePorts   host port taken: 8080/TCP
    --- stderr
    --- status 0
    ");
}

#[test]
fn affinity_to_pods_that_are_full_or_nowhere() {
    let near = |app: &str| {
        format!(
            "affinity: {{podAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: \
             [{{topologyKey: {ZONE}, labelSelector: {{matchLabels: {{app: {app}}}}}}}]}}}}, "
        )
    };
    let state = [
        node("a-1", &format!("{ZONE}: a"), ""),
        node("b-1", &format!("{ZONE}: b"), ""),
        pod("cache", "a-1", "app: cache", "", "cpu: 4"),
        pod("web", "", "app: web", &near("cache"), "cpu: 1"),
        pod("api", "", "app: api", &near("queue"), "cpu: 1"),
    ];
    assert_snapshot!(explain("web -n shop", &state), @"
    Pod shop/web does not fit: 0 of 2 nodes              default-scheduler · v1.34.1

    0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod affinity
    rules. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No
    preemption victims found for incoming pod, 1 Preemption is not helpful for
    scheduling.

    REASON                                            NODES   WHERE
    NodeResourcesFit   cpu: 1 requested, short by 1       1   a-1
    InterPodAffinity   no pod with app=cache in the       1   b-1
                       same
                       topology.kubernetes.io/zone

    DOMAINS   topology.kubernetes.io/zone
    must have pods with app=cache in namespace shop
    DOMAIN   PODS   NODES
    a           1       1   shop/cache; not usable for this pod: cpu short
    b           0       1

    CLOSEST NODES
    a-1   cpu                needs 1, free 0 of 4: 1 short
    b-1   InterPodAffinity   no pod with app=cache in topology.kubernetes.io/zone=b,
                             1 elsewhere
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("api -n shop", &state), @"
    Pod shop/api does not fit: 0 of 2 nodes              default-scheduler · v1.34.1

    0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod affinity
    rules. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No
    preemption victims found for incoming pod, 1 Preemption is not helpful for
    scheduling.

    REASON                                            NODES   WHERE
    InterPodAffinity   no pod with app=queue in the    1 +1   every node
                       same
                       topology.kubernetes.io/zone
    NodeResourcesFit   cpu: 1 requested, short by 1       1   a-1
    +N: also fails on N nodes that are counted above

    DOMAINS   topology.kubernetes.io/zone
    must have pods with app=queue in namespace shop
    DOMAIN    PODS   NODES
    a and b      0       2
    no node runs such a pod, and this pod does not match its own rule

    CLOSEST NODES
    b-1   InterPodAffinity   no pod with app=queue in topology.kubernetes.io/zone=b,
                             0 elsewhere
    a-1   cpu                needs 1, free 0 of 4: 1 short
          InterPodAffinity   no pod with app=queue in topology.kubernetes.io/zone=a,
                             0 elsewhere
    --- stderr
    --- status 0
    ");
}

#[test]
fn labels_that_are_wanted_and_found() {
    let state = [
        node("n-1", "disk: ssd, team: a", ""),
        node("n-2", "disk: ssd, team: b", ""),
        node("n-3", "disk: hdd", ""),
        pod("upper", "", "", "nodeSelector: {disk: SSD}, ", ""),
        pod("nowhere", "", "", "nodeSelector: {example.com/gpu-model: a100}, ", ""),
        pod("both", "", "", "nodeSelector: {disk: hdd, team: a}, ", ""),
    ];
    assert_snapshot!(explain("upper -n shop", &state), @"
    Pod shop/upper does not fit: 0 of 3 nodes            default-scheduler · v1.34.1

    0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no
    new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is
    not helpful for scheduling.

    REASON                                            NODES   WHERE
    NodeAffinity   nodeSelector disk does not match       3   every node

    REQUIRED LABELS
    BY             LABEL      NODES   FOUND
    nodeSelector   disk=SSD       0   ssd on 2 and hdd on 1; did you mean ssd?

    CLOSEST NODES
    n-1 and 2 more   NodeAffinity   nodeSelector disk does not match
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("nowhere -n shop", &state), @"
    Pod shop/nowhere does not fit: 0 of 3 nodes          default-scheduler · v1.34.1

    0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no
    new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is
    not helpful for scheduling.

    REASON                                          NODES   WHERE
    NodeAffinity   nodeSelector                         3   every node
                   example.com/gpu-model does not
                   match

    REQUIRED LABELS
    BY             LABEL                        NODES   FOUND
    nodeSelector   example.com/gpu-model=a100       0   no node has this label

    CLOSEST NODES
    n-1 and 2 more   NodeAffinity   nodeSelector example.com/gpu-model does not
                                    match
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("both -n shop", &state), @"
    Pod shop/both does not fit: 0 of 3 nodes             default-scheduler · v1.34.1

    0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no
    new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is
    not helpful for scheduling.

    REASON                                       NODES   WHERE
    NodeAffinity   nodeSelector does not match       3   every node

    REQUIRED LABELS
    BY             LABEL      NODES   FOUND
    nodeSelector   disk=hdd       1   ssd on 2 and hdd on 1
    nodeSelector   team=a         1   a on 1 and b on 1; absent on 1
    each label is on some node, but no node has all of them

    CLOSEST NODES
    n-1   NodeAffinity   nodeSelector disk does not match
    n-3   NodeAffinity   nodeSelector team does not match
    n-2   NodeAffinity   nodeSelector disk and team do not match
    --- stderr
    --- status 0
    ");
}

#[test]
fn taints_and_who_sets_them() {
    let taint = |key: &str, rest: &str| format!("taints: [{{key: {key}, effect: NoSchedule{rest}}}]");
    let state = [
        node("n-1", "", &taint("node.kubernetes.io/unreachable", ", timeAdded: 2026-01-31T10:00:00Z")),
        node("n-2", "", &taint("node.kubernetes.io/unreachable", ", timeAdded: 2026-01-31T11:30:00Z")),
        node("n-3", "", &taint("ToBeDeletedByClusterAutoscaler", ", value: \"1769853600\"")),
        node("n-4", "", &taint("karpenter.sh/disrupted", "")),
        node("n-5", "", &taint("team-a", "")),
        pod("p", "", "", "", ""),
    ];
    assert_snapshot!(explain("p -n shop", &state), @"
    Pod shop/p does not fit: 0 of 5 nodes                default-scheduler · v1.34.1

    0/5 nodes are available: 1 node(s) had untolerated taint
    {ToBeDeletedByClusterAutoscaler: 1769853600}, 1 node(s) had untolerated taint
    {karpenter.sh/disrupted: }, 1 node(s) had untolerated taint {team-a: }, 2
    node(s) had untolerated taint {node.kubernetes.io/unreachable: }. no new claims
    to deallocate, preemption: 0/5 nodes are available: 5 Preemption is not helpful
    for scheduling.

    REASON                                              NODES   WHERE
    TaintToleration   node.kubernetes.io/                   2   n-1 and n-2
                      unreachable:NoSchedule
                      set while the node's kubelet
                      does not report (Ready is
                      Unknown); added from
                      2026-01-31T10:00:00Z to
                      2026-01-31T11:30:00Z
    TaintToleration   ToBeDeletedByClusterAutoscaler=       1   n-3
                      1769853600:NoSchedule
                      the Cluster Autoscaler removes
                      the node
    TaintToleration   karpenter.sh/                         1   n-4
                      disrupted:NoSchedule
                      Karpenter removes or replaces
                      the node
    TaintToleration   team-a:NoSchedule                     1   n-5

    CLOSEST NODES
    n-1 and n-2   TaintToleration   node.kubernetes.io/unreachable:NoSchedule is not
                                    tolerated
    n-3           TaintToleration   ToBeDeletedByClusterAutoscaler=1769853600:
                                    NoSchedule is not tolerated
    n-4           TaintToleration   karpenter.sh/disrupted:NoSchedule is not
                                    tolerated
    n-5           TaintToleration   team-a:NoSchedule is not tolerated
    --- stderr
    --- status 0
    ");
}

#[test]
fn facts_that_differ_from_node_to_node() {
    let attached = |node: &str, volume: &str| {
        format!(
            "{{apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {{name: {volume}}}, \
             spec: {{attacher: ebs, nodeName: {node}, source: {{persistentVolumeName: {volume}}}}}}}"
        )
    };
    let limit = |node: &str, count: u32| {
        format!(
            "{{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {{name: {node}}}, \
             spec: {{drivers: [{{name: ebs, nodeID: {node}, allocatable: {{count: {count}}}}}]}}}}"
        )
    };
    let volume = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: {name}}}, spec: {{capacity: {{storage: 1Gi}}, \
             csi: {{driver: ebs, volumeHandle: {name}}}}}, status: {{phase: Bound}}}}"
        )
    };
    let state = [
        node("n-1", "", "").replace("pods: 110", "pods: 1"),
        node("n-2", "", "").replace("pods: 110", "pods: 2"),
        limit("n-1", 1),
        limit("n-2", 2),
        volume("v-1"),
        volume("v-2"),
        volume("v-3"),
        volume("v-4"),
        attached("n-1", "v-1"),
        attached("n-2", "v-2"),
        attached("n-2", "v-3"),
        claim("data", "volumeName: v-4", "pv.kubernetes.io/bind-completed: \"yes\""),
        pod("a", "n-1", "", "", ""),
        pod("b", "n-2", "", "", ""),
        pod("c", "n-2", "", "", ""),
        with_claims("p", &["data"]),
    ];
    assert_snapshot!(explain("p -n shop", &state), @"
    Pod shop/p does not fit: 0 of 2 nodes                default-scheduler · v1.34.1

    0/2 nodes are available: 2 Too many pods. no new claims to deallocate,
    preemption: 0/2 nodes are available: 2 No preemption victims found for incoming
    pod.

    REASON                                             NODES   WHERE
    NodeResourcesFit   pods: full (1 to 2 allowed)         2   every node
    NodeVolumeLimits   ebs: 1 to 2 volumes attached,      +2   every node
                       1 to 2 allowed
    +N: also fails on N nodes that are counted above

    CLOSEST NODES
    n-2   pods               2 of 2 pods
          NodeVolumeLimits   ebs: 2 of 2 volumes attached, 1 more wanted
    n-1   pods               1 of 1 pods
          NodeVolumeLimits   ebs: 1 of 1 volumes attached, 1 more wanted
    --- stderr
    --- status 0
    ");
}

#[test]
fn what_the_profile_wants_on_top() {
    let config = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    let term = "{matchExpressions: [{key: pool, operator: In, values: [batch]}]}";
    std::fs::write(
        config.path(),
        format!(
            "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles:\n\
             - pluginConfig:\n  - name: NodeAffinity\n    args: {{addedAffinity: \
             {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{term}]}}}}}}\n"
        ),
    )
    .unwrap();
    let state = [node("n-1", "pool: web", ""), node("n-2", "pool: web", ""), pod("p", "", "", "", "cpu: 1")];
    let arguments = format!("p -n shop --scheduler-config {}", config.path().display());
    assert_snapshot!(explain(&arguments, &state), @"
    Pod shop/p does not fit: 0 of 2 nodes                default-scheduler · v1.34.1

    0/2 nodes are available: 2 node(s) didn't match scheduler-enforced node
    affinity. no new claims to deallocate, preemption: 0/2 nodes are available: 2
    Preemption is not helpful for scheduling.

    REASON                                        NODES   WHERE
    NodeAffinity   addedAffinity of the profile       2   every node

    REQUIRED LABELS
    BY            LABEL        NODES   FOUND
    the profile   pool=batch       0   web on 2

    CLOSEST NODES
    n-1 and n-2   NodeAffinity   addedAffinity of the profile
    --- stderr
    --- status 0
    ");
}

#[test]
fn causes_in_json_have_what_all_their_nodes_share() {
    let explain = "explain web-7 -n shop --no-suggestions -o json --snapshot examples/clusters/mixed.yaml";
    let answer: serde_json::Value = serde_json::from_slice(&run(explain).stdout).unwrap();
    let expected = serde_json::json!({
        "plugin": "NodeResourcesFit",
        "message": "Insufficient cpu",
        "facts": {"type": "InsufficientResource", "resource": "cpu", "requested": "2"},
        "ranges": {
            "used": {"min": "0", "max": "7400m"},
            "allocatable": {"min": "1930m", "max": "8"},
            "free": {"min": "600m", "max": "1930m"},
            "short": {"min": "70m", "max": "1400m"},
        },
        "nodes": {"count": 4, "nodes": ["node-1", "node-2", "node-3", "small-1"]},
        "fragmentation": {"totalFree": "3900m", "nodes": 3, "largestFree": "1800m", "node": "node-2"},
    });
    assert_eq!(answer["causes"][1], expected);
    assert_eq!(answer["causes"][5]["taint"], serde_json::json!({"origin": "Unschedulable"}));
    assert_eq!(answer["closestNodes"][0]["nodes"], serde_json::json!({"count": 1, "nodes": ["node-2"]}));
    assert_eq!(
        answer["closestNodes"][0]["reasons"][0]["distance"],
        serde_json::json!({"conditions": 0, "pods": 0, "shortfallMillionths": 25000})
    );
    let explain = "explain mailer-1 -n shop --node arm-1 -o json --snapshot examples/clusters/mixed.yaml";
    let answer: serde_json::Value = serde_json::from_slice(&run(explain).stdout).unwrap();
    assert_eq!(answer["decision"]["runnerUp"], serde_json::json!({"node": "small-1", "pointsBehind": 13}));
    assert_eq!(answer["changesToWin"]["position"], "Behind");
    let steps = serde_json::json!([{"kind": "Evict", "pod": "batch/resize-images"}]);
    assert_eq!(answer["changesToWin"]["changes"][0], serde_json::json!({"steps": steps, "total": 486, "tiedNodes": 2}));
}

fn claim(name: &str, spec: &str, annotations: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: {name}, namespace: shop, \
         annotations: {{{annotations}}}}}, spec: {{resources: {{requests: {{storage: 10Gi}}}}, {spec}}}}}"
    )
}

fn with_claims(name: &str, claims: &[&str]) -> String {
    let volumes: Vec<String> = claims
        .iter()
        .map(|claim| format!("{{name: {claim}, persistentVolumeClaim: {{claimName: {claim}}}}}"))
        .collect();
    pod(name, "", "", &format!("volumes: [{}], ", volumes.join(", ")), "")
}

#[test]
fn claims_and_their_volumes() {
    let bound = "pv.kubernetes.io/bind-completed: \"yes\"";
    let state = [
        node("a-1", &format!("{ZONE}: a"), ""),
        node("b-1", &format!("{ZONE}: b"), ""),
        "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: ebs.csi.aws.com, \
         volumeBindingMode: Immediate}"
            .to_owned(),
        "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: local}, \
         provisioner: kubernetes.io/no-provisioner, volumeBindingMode: WaitForFirstConsumer}"
            .to_owned(),
        format!(
            "{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: pv-c}}, spec: {{capacity: {{storage: 10Gi}}, \
             storageClassName: fast, nodeAffinity: {{required: {{nodeSelectorTerms: [{{matchExpressions: \
             [{{key: {ZONE}, operator: In, values: [c]}}]}}]}}}}}}, status: {{phase: Bound}}}}"
        ),
        "{apiVersion: v1, kind: PersistentVolume, metadata: {name: small}, spec: {capacity: {storage: 1Gi}, \
         storageClassName: local}, status: {phase: Available}}"
            .to_owned(),
        claim("data", "storageClassName: fast, volumeName: pv-c", bound),
        claim("late", "storageClassName: fast", ""),
        claim("lost", "storageClassName: gone", ""),
        claim("scratch", "storageClassName: local", ""),
        with_claims("elsewhere", &["data"]),
        with_claims("unbound", &["late"]),
        with_claims("classless", &["lost"]),
        with_claims("too-small", &["scratch"]),
    ];
    assert_snapshot!(explain("elsewhere -n shop", &state), @"
    Pod shop/elsewhere does not fit: 0 of 2 nodes        default-scheduler · v1.34.1

    0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node
    affinity. no new claims to deallocate, preemption: 0/2 nodes are available: 2
    Preemption is not helpful for scheduling.

    REASON                                          NODES   WHERE
    VolumeBinding   claim data: volume pv-c only        2   every node
                    where
                    topology.kubernetes.io/zone=c

    CLOSEST NODES
    a-1 and b-1   VolumeBinding   claim data: volume pv-c only where
                                  topology.kubernetes.io/zone=c

    NOT CONSIDERED   could change the answer
    CSINodes            the input has none: NodeVolumeLimits assumed that no node
                        has a limit
    VolumeAttachments   the input has none: NodeVolumeLimits counted only the
                        volumes used by pods
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("unbound -n shop", &state), @"
    Pod shop/unbound does not fit: 0 of 2 nodes          default-scheduler · v1.34.1

    0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not
    found

    REASON                                      NODES   WHERE
    VolumeBinding   claim late must be bound        2   every node: rejected before
                    before a pod is scheduled           any node was checked

    CLAIMS
    shop/late   not bound; 10Gi; StorageClass fast binds immediately
                (ebs.csi.aws.com)

    NOT CONSIDERED   could change the answer
    CSINodes            the input has none: NodeVolumeLimits assumed that no node
                        has a limit
    VolumeAttachments   the input has none: NodeVolumeLimits counted only the
                        volumes used by pods
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("classless -n shop", &state), @"
    Pod shop/classless does not fit: 0 of 2 nodes        default-scheduler · v1.34.1

    0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not
    found

    REASON                                      NODES   WHERE
    VolumeBinding   claim lost must be bound        2   every node: rejected before
                    before a pod is scheduled           any node was checked

    CLAIMS
    shop/lost   not bound; 10Gi; StorageClass gone does not exist

    NOT CONSIDERED   could change the answer
    CSINodes            the input has none: NodeVolumeLimits assumed that no node
                        has a limit
    VolumeAttachments   the input has none: NodeVolumeLimits counted only the
                        volumes used by pods
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("too-small -n shop", &state), @"
    Pod shop/too-small does not fit: 0 of 2 nodes        default-scheduler · v1.34.1

    0/2 nodes are available: 2 node(s) didn't find available persistent volumes to
    bind. no new claims to deallocate, preemption: 0/2 nodes are available: 2
    Preemption is not helpful for scheduling.

    REASON                                             NODES   WHERE
    VolumeBinding   claim scratch: no volume of            2   every node
                    StorageClass local fits, and the
                    class provisions none

    CLAIMS
    shop/scratch   not bound; 10Gi; StorageClass local binds when a pod uses it
                   (provisions no volumes)

    CLOSEST NODES
    a-1 and b-1   VolumeBinding   claim scratch: no volume of StorageClass local
                                  fits, and the class provisions none (small too
                                  small)

    NOT CONSIDERED   could change the answer
    CSINodes            the input has none: NodeVolumeLimits assumed that no node
                        has a limit
    VolumeAttachments   the input has none: NodeVolumeLimits counted only the
                        volumes used by pods
    --- stderr
    --- status 0
    ");
}

#[test]
fn devices_and_who_has_them() {
    let api = "apiVersion: resource.k8s.io/v1";
    let request = "spec: {devices: {requests: [{name: gpu, exactly: {deviceClassName: gpu, count: 2}}]}}";
    let taken = "status: {reservedFor: [{resource: pods, name: trainer, uid: u1}], allocation: {devices: {results: \
                 [{request: gpu, driver: gpu.example.com, pool: n-1, device: d0}]}}}";
    let state = [
        node("n-1", "", ""),
        node("n-2", "", ""),
        format!("{{{api}, kind: DeviceClass, metadata: {{name: gpu}}, spec: {{}}}}"),
        format!(
            "{{{api}, kind: ResourceSlice, metadata: {{name: s}}, spec: {{driver: gpu.example.com, nodeName: n-1, \
             pool: {{name: n-1, generation: 1, resourceSliceCount: 1}}, devices: [{{name: d0}}, {{name: d1}}]}}}}"
        ),
        format!("{{{api}, kind: ResourceClaim, metadata: {{name: old, namespace: shop}}, {request}, {taken}}}"),
        format!("{{{api}, kind: ResourceClaim, metadata: {{name: new, namespace: shop}}, {request}}}"),
        pod("trainer", "n-1", "", "", "").replace("name: trainer,", "name: trainer, uid: u1,"),
        pod("p", "", "", "resourceClaims: [{name: gpu, resourceClaimName: new}], ", ""),
    ];
    assert_snapshot!(explain("p -n shop", &state), @"
    Pod shop/p does not fit: 0 of 2 nodes                default-scheduler · v1.34.1

    0/2 nodes are available: 2 cannot allocate all claims. still not schedulable,
    preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.

    REASON                                           NODES   WHERE
    DynamicResources   claim new, request gpu: too       2   every node
                       few free for 2 devices of
                       class gpu
    devices taken: shop/old has 1 for shop/trainer

    CLOSEST NODES
    n-1   DynamicResources   claim new, request gpu: requests 2, 1 free of 2 (1
                             taken)
    n-2   DynamicResources   claim new, request gpu: requests 2, the node has access
                             to no device
    --- stderr
    --- status 0
    ");
}

#[test]
fn nodes_that_tie() {
    let state =
        [node("n-1", "", ""), node("n-2", "", ""), node("n-3", "", ""), pod("p", "", "", "", "cpu: 1, memory: 1Gi")];
    assert_snapshot!(explain("p -n shop", &state), @"
    Pod shop/p fits: 3 of 3 nodes                        default-scheduler · v1.34.1

    3 nodes tie at 474 points (n-1, n-2 and n-3): kube-scheduler picks one of them
    at random, each with a chance of 1 in 3

    NODE            RANK   TOTAL
    n-1    picked      1     474
    n-2    picked      1     474
    n-3    picked      1     474
    4 more plugins gave every node the same score (-o wide)

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("p -n shop --node n-2", &state), @"
    Pod shop/p fits: 3 of 3 nodes                        default-scheduler · v1.34.1

    Node n-2 fits: rank 1, 474 points

    FILTER              VERDICT   WHY
    NodeUnschedulable   yes
    NodeName            yes
    TaintToleration     yes
    NodeResourcesFit    yes       pods: requested 1, used 0 of 110
                                  cpu: requested 1, used 0 of 4
                                  memory: requested 1Gi, used 0 of 16Gi
    skipped, because the pod has nothing for them to check: NodeAffinity, NodePorts,
    VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone,
    PodTopologySpread, InterPodAffinity, DynamicResources

    SCORE                RAW   0-100   WEIGHT   POINTS   WHY
    TaintToleration        0     100        3      300
    NodeResourcesFit      84      84        1       84   cpu: requested 1, used 0 of
                                                         4, score 75 x1
                                                         memory: requested 1Gi, used
                                                         0 of 16Gi, score 93 x1
    NodeResources         90      90        1       90   cpu: requested 1, used 0 of
    BalancedAllocation                                   4, score 25 x1
                                                         memory: requested 1Gi, used
                                                         0 of 16Gi, score 6 x1
    ImageLocality          0       0        1        0
    total                                          474
    skipped, because the pod has nothing for them to score: NodeAffinity,
    VolumeBinding, PodTopologySpread, InterPodAffinity

    n-2 ties with 2 others: picked with a chance of 1 in 3

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
}

#[test]
fn rules_that_are_not_in_the_manifest() {
    let state = [
        node("a-1", &format!("kubernetes.io/hostname: a-1, {ZONE}: a"), ""),
        node("b-1", &format!("kubernetes.io/hostname: b-1, {ZONE}: b"), ""),
        "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}}}"
            .to_owned(),
        pod("web-1", "a-1", "app: web", "", "cpu: 1"),
        pod("web-2", "", "app: web", "runtimeClassName: kata, overhead: {cpu: 250m, memory: 120Mi}, ", "cpu: 1")
            .replace(
                "labels:",
                "annotations: {kubernetes.io/limit-ranger: 'LimitRanger plugin set: cpu request'}, labels:",
            ),
    ];
    assert_snapshot!(explain("web-2 -n shop", &state), @"
    Pod shop/web-2 fits: 2 of 2 nodes                    default-scheduler · v1.34.1

    b-1 wins with 667 points, 94 ahead of a-1
    no single plugin decided: b-1 would win even if any one plugin were ignored

    NODE            RANK   TOTAL   NodeResources   PodTopology   NodeResources
                                             Fit        Spread        Balanced
                                              x1            x2      Allocation
                                                                            x1
    b-1    picked      1     667              83           200              84
    a-1                2     573              69           132              72
    2 more plugins gave every node the same score (-o wide)

    NOT IN THE MANIFEST   but applied to this pod
    spread     Kubernetes' defaults spread the pods with app=web over
               kubernetes.io/hostname (maxSkew 3) and topology.kubernetes.io/zone
               (maxSkew 5): the pod has no constraints
    requests   container c requests no memory: scored as 200Mi
    overhead   RuntimeClass kata: cpu 250m and memory 120Mi in addition to the
               containers' requests
    limits     a LimitRange of the namespace set some of the requests or limits
    --- stderr
    --- status 0
    ");
}

#[test]
fn what_a_node_would_need_to_win() {
    let soft = "taints: [{key: spot, effect: PreferNoSchedule}]";
    let state = [
        node("n-1", "", ""),
        node("n-2", "", ""),
        node("n-3", "", soft),
        pod("busy", "n-2", "app: busy", "", "cpu: 2, memory: 8Gi"),
        pod("small", "n-1", "", "", "cpu: 500m, memory: 1Gi"),
        pod("p", "", "", "", "cpu: 1, memory: 1Gi"),
    ];
    assert_snapshot!(explain("p -n shop --node n-2", &state), @"
    Pod shop/p fits: 3 of 3 nodes                        default-scheduler · v1.34.1

    Node n-2 fits: rank 2, 424 points

    FILTER              VERDICT   WHY
    NodeUnschedulable   yes
    NodeName            yes
    TaintToleration     yes
    NodeResourcesFit    yes       pods: requested 1, used 1 of 110
                                  cpu: requested 1, used 2 of 4
                                  memory: requested 1Gi, used 8Gi of 16Gi
    skipped, because the pod has nothing for them to check: NodeAffinity, NodePorts,
    VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone,
    PodTopologySpread, InterPodAffinity, DynamicResources

    SCORE                RAW   0-100   WEIGHT   POINTS   WHY
    TaintToleration        0     100        3      300
    NodeResourcesFit      34      34        1       34   cpu: requested 1, used 2 of
                                                         4, score 25 x1
                                                         memory: requested 1Gi, used
                                                         8Gi of 16Gi, score 43 x1
    NodeResources         90      90        1       90   cpu: requested 1, used 2 of
    BalancedAllocation                                   4, score 75 x1
                                                         memory: requested 1Gi, used
                                                         8Gi of 16Gi, score 56 x1
    ImageLocality          0       0        1        0
    total                                          424
    skipped, because the pod has nothing for them to score: NodeAffinity,
    VolumeBinding, PodTopologySpread, InterPodAffinity

    n-2 is 37 points behind n-1: NodeResourcesFit -40,
    NodeResourcesBalancedAllocation +3

    WHAT WOULD MAKE IT WIN   each one was re-run
    1   move shop/busy   474 points

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("p -n shop --node n-3", &state), @"
    Pod shop/p fits: 3 of 3 nodes                        default-scheduler · v1.34.1

    Node n-3 fits: rank 3, 174 points

    FILTER              VERDICT   WHY
    NodeUnschedulable   yes
    NodeName            yes
    TaintToleration     yes       taint spot:PreferNoSchedule: not tolerated
    NodeResourcesFit    yes       pods: requested 1, used 0 of 110
                                  cpu: requested 1, used 0 of 4
                                  memory: requested 1Gi, used 0 of 16Gi
    skipped, because the pod has nothing for them to check: NodeAffinity, NodePorts,
    VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone,
    PodTopologySpread, InterPodAffinity, DynamicResources

    SCORE                RAW   0-100   WEIGHT   POINTS   WHY
    TaintToleration        1       0        3        0   taint
                                                         spot:PreferNoSchedule: not
                                                         tolerated
    NodeResourcesFit      84      84        1       84   cpu: requested 1, used 0 of
                                                         4, score 75 x1
                                                         memory: requested 1Gi, used
                                                         0 of 16Gi, score 93 x1
    NodeResources         90      90        1       90   cpu: requested 1, used 0 of
    BalancedAllocation                                   4, score 25 x1
                                                         memory: requested 1Gi, used
                                                         0 of 16Gi, score 6 x1
    ImageLocality          0       0        1        0
    total                                          174
    skipped, because the pod has nothing for them to score: NodeAffinity,
    VolumeBinding, PodTopologySpread, InterPodAffinity

    n-3 is 287 points behind n-1: TaintToleration -300,
    NodeResourcesBalancedAllocation +3, NodeResourcesFit +10

    WHAT WOULD MAKE IT WIN   each one was re-run
    1   tolerate spot:PreferNoSchedule                474 points
    2   remove taint spot:PreferNoSchedule from n-3   474 points

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
    assert_snapshot!(explain("p -n shop --node n-1", &state), @"
    Pod shop/p fits: 3 of 3 nodes                        default-scheduler · v1.34.1

    Node n-1 fits: rank 1, 461 points

    FILTER              VERDICT   WHY
    NodeUnschedulable   yes
    NodeName            yes
    TaintToleration     yes
    NodeResourcesFit    yes       pods: requested 1, used 1 of 110
                                  cpu: requested 1, used 500m of 4
                                  memory: requested 1Gi, used 1Gi of 16Gi
    skipped, because the pod has nothing for them to check: NodeAffinity, NodePorts,
    VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone,
    PodTopologySpread, InterPodAffinity, DynamicResources

    SCORE                RAW   0-100   WEIGHT   POINTS   WHY
    TaintToleration        0     100        3      300
    NodeResourcesFit      74      74        1       74   cpu: requested 1, used 500m
                                                         of 4, score 62 x1
                                                         memory: requested 1Gi, used
                                                         1Gi of 16Gi, score 87 x1
    NodeResources         87      87        1       87   cpu: requested 1, used 500m
    BalancedAllocation                                   of 4, score 37 x1
                                                         memory: requested 1Gi, used
                                                         1Gi of 16Gi, score 12 x1
    ImageLocality          0       0        1        0
    total                                          461
    skipped, because the pod has nothing for them to score: NodeAffinity,
    VolumeBinding, PodTopologySpread, InterPodAffinity

    n-1 wins, 37 points ahead of the next

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
}
