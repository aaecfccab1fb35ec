//! What `explain` knows of causes beyond their names: domains, labels, claims, devices, taints;
//! and why a node wins.

use insta::assert_snapshot;

use super::harness::screen;

/// Explains with a state of its own, written as one YAML stream.
fn explain(arguments: &str, state: &[String]) -> String {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), state.join("\n---\n")).unwrap();
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
    assert_snapshot!(explain("web-3 -n shop", &state), @"");
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
    assert_snapshot!(explain("web-3 -n shop", &state), @"");
    assert_snapshot!(explain("proxy-4 -n shop", &state), @"");
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
    assert_snapshot!(explain("web -n shop", &state), @"");
    assert_snapshot!(explain("api -n shop", &state), @"");
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
    assert_snapshot!(explain("upper -n shop", &state), @"");
    assert_snapshot!(explain("nowhere -n shop", &state), @"");
    assert_snapshot!(explain("both -n shop", &state), @"");
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
    assert_snapshot!(explain("p -n shop", &state), @"");
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
    assert_snapshot!(explain("elsewhere -n shop", &state), @"");
    assert_snapshot!(explain("unbound -n shop", &state), @"");
    assert_snapshot!(explain("classless -n shop", &state), @"");
    assert_snapshot!(explain("too-small -n shop", &state), @"");
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
    assert_snapshot!(explain("p -n shop", &state), @"");
}

#[test]
fn nodes_that_tie() {
    let state =
        [node("n-1", "", ""), node("n-2", "", ""), node("n-3", "", ""), pod("p", "", "", "", "cpu: 1, memory: 1Gi")];
    assert_snapshot!(explain("p -n shop", &state), @"");
    assert_snapshot!(explain("p -n shop --node n-2", &state), @"");
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
    assert_snapshot!(explain("web-2 -n shop", &state), @"");
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
    assert_snapshot!(explain("p -n shop --node n-2", &state), @"");
    assert_snapshot!(explain("p -n shop --node n-3", &state), @"");
    assert_snapshot!(explain("p -n shop --node n-1", &state), @"");
}
