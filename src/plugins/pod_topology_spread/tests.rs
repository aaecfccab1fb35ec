//! The plugin's laws on clusters small enough to count by hand; the recorded cases check the rest.

#![expect(clippy::needless_pass_by_value, reason = "`json!` makes values to be handed over")]

use serde_json::{Value, json};

use super::*;
use crate::api::{ObjectKey, Timestamp};
use crate::config::KubeVersion;
use crate::decode::Object;
use crate::framework::cache::DeviceReach;
use crate::framework::{Change, DirtySet, Fact, Notes, Reason};
use crate::state::{Cluster, ClusterBuilder, Pod};

fn node(name: &str, labels: Value) -> (Kind, Value) {
    (Kind::Node, json!({ "metadata": { "name": name, "labels": labels } }))
}

fn pod(name: &str, node: &str, labels: Value) -> (Kind, Value) {
    (Kind::Pod, json!({ "metadata": { "name": name, "labels": labels }, "spec": { "nodeName": node } }))
}

/// Adds to an object what `more` has: fields of objects one by one, at every depth.
fn with((kind, mut object): (Kind, Value), more: Value) -> (Kind, Value) {
    fn merge(into: &mut Value, more: Value) {
        match (into, more) {
            (Value::Object(into), Value::Object(more)) => {
                more.into_iter().for_each(|(key, value)| merge(into.entry(key).or_insert(Value::Null), value));
            }
            (into, more) => *into = more,
        }
    }
    merge(&mut object, more);
    (kind, object)
}

/// The pod to be placed.
fn incoming(labels: Value, constraints: Value) -> (Kind, Value) {
    with(pod("incoming", "", labels), json!({ "spec": { "topologySpreadConstraints": constraints } }))
}

fn build(objects: &[(Kind, Value)]) -> Cluster {
    let mut builder = ClusterBuilder::default();
    for (kind, object) in objects {
        builder.add(Object::decode(*kind, object.to_string().as_bytes()).unwrap().0);
    }
    builder.build(behaviour().request_gates())
}

fn behaviour() -> Behaviour {
    Behaviour::new(KubeVersion::REFERENCE)
}

fn find<'a>(cluster: &'a Cluster, pod: &str) -> &'a Pod {
    cluster.pod_named(ObjectKey::new(name("default"), name(pod))).unwrap()
}

/// Calls `ask` in the cycle of the pod `incoming`, with the plugin a profile has by default.
fn in_cycle<T>(cluster: &Cluster, ask: impl FnOnce(&PodTopologySpread, Cycle<'_>) -> T) -> T {
    let behaviour = behaviour();
    let args = PodTopologySpreadArgs { default_constraints: DefaultConstraints::System };
    let plugin = PodTopologySpread::new(&args, &behaviour);
    let notes = Notes::default();
    let pod = find(cluster, "incoming");
    ask(&plugin, Cycle { cluster, pod, behaviour: &behaviour, now: Timestamp(1_780_000_000), notes: &notes })
}

/// In short, what a filter says of each node: `ok`, `no label KEY`, or
/// `DOMAIN: matching + itself - minimum = skew`.
fn verdicts(filter: &dyn NodeFilter, cluster: &Cluster) -> Vec<String> {
    let verdict = |node| match filter.filter(node) {
        Ok(()) => "ok".to_owned(),
        Err(rejection) => match &rejection.reasons[..] {
            [Reason::TopologyLabelMissing { topology_key }] => format!("no label {topology_key}"),
            [Reason::TopologySkew { domain, matching, minimum, skew, max_skew, .. }] => {
                assert!(skew > max_skew);
                let itself = skew - matching + minimum;
                format!("{domain}: {matching} + {itself} - {minimum} = {skew}")
            }
            other => format!("{other:?}"),
        },
    };
    cluster.nodes().iter().map(verdict).collect()
}

#[track_caller]
fn filters(objects: &[(Kind, Value)], expected: &[&str]) {
    let cluster = build(objects);
    let found = in_cycle(&cluster, |plugin, cycle| match PreFilterPlugin::pre_filter(plugin, cycle) {
        PreFilter::Run { filter, .. } => verdicts(&*filter, &cluster),
        PreFilter::Skip => vec!["skip".to_owned()],
        PreFilter::Reject(rejection) => vec![format!("{:?} {}", rejection.code, rejection.message())],
    });
    assert_eq!(found, expected);
}

/// Nodes a (zone x), b (zone x), c (zone y), and two pods `app=web` on a, one on b.
fn three_nodes() -> Vec<(Kind, Value)> {
    vec![
        node("a", json!({ "zone": "x", HOSTNAME: "a" })),
        node("b", json!({ "zone": "x", HOSTNAME: "b" })),
        node("c", json!({ "zone": "y", HOSTNAME: "c" })),
        pod("web-1", "a", json!({ "app": "web", "version": "1" })),
        pod("web-2", "a", json!({ "app": "web", "version": "2" })),
        pod("web-3", "b", json!({ "app": "web", "version": "2" })),
    ]
}

fn three_nodes_and(more: Vec<(Kind, Value)>) -> Vec<(Kind, Value)> {
    [three_nodes(), more].concat()
}

/// `constraint` over `more`: zone, maxSkew 1, `app=web`, DoNotSchedule unless it says otherwise.
fn hard(more: Value) -> Value {
    let basis = json!({
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": { "matchLabels": { "app": "web" } },
    });
    // `labelSelector` is replaced, not merged.
    let (Value::Object(mut basis), Value::Object(more)) = (basis, more) else { unreachable!() };
    basis.extend(more);
    Value::Object(basis)
}

#[track_caller]
fn filters_web(constraint: Value, expected: &[&str]) {
    filters(&three_nodes_and(vec![incoming(json!({ "app": "web", "version": "2" }), json!([constraint]))]), expected);
}

#[test]
fn the_skew_is_over_the_emptiest_domain() {
    let full = "x: 3 + 1 - 0 = 4";
    filters_web(hard(json!({})), &[full, full, "ok"]);
    filters_web(hard(json!({ "maxSkew": 4 })), &["ok", "ok", "ok"]);
    filters_web(hard(json!({ "topologyKey": HOSTNAME })), &["a: 2 + 1 - 0 = 3", "b: 1 + 1 - 0 = 2", "ok"]);
    filters_web(hard(json!({ "whenUnsatisfiable": "ScheduleAnyway" })), &["skip"]);
}

#[test]
fn selectors() {
    // What selects nothing does not count the pod itself either; `{}` does, but no other.
    filters_web(hard(json!({ "labelSelector": null, "minDomains": 9 })), &["ok", "ok", "ok"]);
    filters_web(hard(json!({ "labelSelector": {} })), &["ok", "ok", "ok"]);
    filters_web(
        hard(json!({ "labelSelector": {}, "maxSkew": 0 })),
        &["x: 0 + 1 - 0 = 1", "x: 0 + 1 - 0 = 1", "y: 0 + 1 - 0 = 1"],
    );
    filters_web(hard(json!({ "labelSelector": { "matchLabels": { "app": "db" } } })), &["ok", "ok", "ok"]);
    filters_web(
        hard(json!({ "labelSelector": { "matchExpressions": [{ "key": "app", "operator": "Like" }] } })),
        &["Error get constraints from pod: obtaining pod's hard topology spread constraints: \
           \"Like\" is not a valid label selector operator"],
    );
}

#[test]
fn match_label_keys_take_the_pods_own_values() {
    let narrowed = "x: 2 + 1 - 0 = 3";
    let merged_before = json!({ "matchLabels": { "app": "web" }, "matchExpressions": [{ "key": "version", "operator": "In", "values": ["2"] }] });
    filters_web(hard(json!({ "matchLabelKeys": ["version"] })), &[narrowed, narrowed, "ok"]);
    filters_web(
        hard(json!({ "matchLabelKeys": ["version"], "labelSelector": merged_before })),
        &[narrowed, narrowed, "ok"],
    );
    filters_web(hard(json!({ "matchLabelKeys": ["absent"] })), &["x: 3 + 1 - 0 = 4", "x: 3 + 1 - 0 = 4", "ok"]);
}

#[test]
fn with_too_few_domains_the_minimum_is_0() {
    let objects = |min_domains| {
        three_nodes_and(vec![
            pod("web-4", "c", json!({ "app": "web" })),
            pod("web-5", "c", json!({ "app": "web" })),
            incoming(json!({ "app": "web" }), json!([hard(json!({ "maxSkew": 2, "minDomains": min_domains }))])),
        ])
    };
    filters(&objects(2), &["ok", "ok", "ok"]);
    filters(&objects(3), &["x: 3 + 1 - 0 = 4", "x: 3 + 1 - 0 = 4", "y: 2 + 1 - 0 = 3"]);
}

#[test]
fn a_node_without_a_key_counts_for_no_constraint() {
    let objects = three_nodes_and(vec![
        node("d", json!({ "zone": "z" })),
        pod("web-4", "c", json!({ "app": "web" })),
        incoming(json!({}), json!([hard(json!({})), hard(json!({ "topologyKey": HOSTNAME, "maxSkew": 9 }))])),
    ]);
    // z, empty, is no domain: the minimum is y's.
    filters(&objects, &["x: 3 + 0 - 1 = 2", "x: 3 + 0 - 1 = 2", "ok", "no label kubernetes.io/hostname"]);
}

#[test]
fn nodes_the_pod_cannot_go_to_count_as_the_policies_say() {
    let objects = |policies: Value, demands: Value| {
        three_nodes_and(vec![
            with(
                node("d", json!({ "zone": "z" })),
                json!({ "spec": { "taints": [{ "key": "t", "effect": "NoSchedule" }] } }),
            ),
            pod("web-4", "c", json!({ "app": "web" })),
            with(incoming(json!({}), json!([hard(policies)])), json!({ "spec": demands })),
        ])
    };
    let (over_empty, over_y) = ("x: 3 + 0 - 0 = 3", "x: 3 + 0 - 1 = 2");
    filters(&objects(json!({}), json!({})), &[over_empty, over_empty, "ok", "ok"]);
    filters(&objects(json!({ "nodeTaintsPolicy": "Honor" }), json!({})), &[over_y, over_y, "ok", "ok"]);
    let tolerant = json!({ "tolerations": [{ "operator": "Exists" }] });
    filters(&objects(json!({ "nodeTaintsPolicy": "Honor" }), tolerant), &[over_empty, over_empty, "ok", "ok"]);
    let selective = json!({ "nodeSelector": { "zone": "x" } });
    filters(&objects(json!({}), selective.clone()), &["ok", "ok", "ok", "ok"]);
    filters(&objects(json!({ "nodeAffinityPolicy": "Ignore" }), selective), &[over_empty, over_empty, "ok", "ok"]);
}

#[test]
fn pods_elsewhere_and_terminating_pods_do_not_count() {
    let objects = three_nodes_and(vec![
        with(
            pod("leaving", "c", json!({ "app": "web" })),
            json!({ "metadata": { "deletionTimestamp": "2025-01-01T00:00:00Z" } }),
        ),
        with(pod("foreign", "c", json!({ "app": "web" })), json!({ "metadata": { "namespace": "other" } })),
        pod("lost", "gone", json!({ "app": "web" })),
        incoming(json!({}), json!([hard(json!({}))])),
    ]);
    filters(&objects, &["x: 3 + 0 - 0 = 3", "x: 3 + 0 - 0 = 3", "ok"]);
}

/// The filter of a pod that has a constraint.
fn prepared<'a>(plugin: &'a PodTopologySpread, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
    let PreFilter::Run { filter, .. } = PreFilterPlugin::pre_filter(plugin, cycle) else {
        panic!("the pod has a constraint")
    };
    filter
}

#[test]
fn a_fork_follows_pods_that_come_and_go() {
    let cluster = build(&three_nodes_and(vec![
        with(
            pod("leaving", "c", json!({ "app": "web" })),
            json!({ "metadata": { "deletionTimestamp": "2025-01-01T00:00:00Z" } }),
        ),
        pod("other", "c", json!({ "app": "db" })),
        incoming(json!({}), json!([hard(json!({}))])),
    ]));
    in_cycle(&cluster, |plugin, cycle| {
        let filter = prepared(plugin, cycle);
        let mut fork = filter.fork().unwrap();
        let [a, _, c] = cluster.nodes() else { panic!("three nodes") };
        let mut change = |step: fn(&mut dyn NodeFilter, &Pod, &NodeInfo), pod, node, expected: [&str; 3]| {
            step(&mut *fork, find(&cluster, pod), node);
            assert_eq!(verdicts(&*fork, &cluster), expected);
        };
        let add: fn(&mut dyn NodeFilter, &Pod, &NodeInfo) = |filter, pod, node| filter.add_pod(pod, node);
        let remove: fn(&mut dyn NodeFilter, &Pod, &NodeInfo) = |filter, pod, node| filter.remove_pod(pod, node);
        change(remove, "web-1", a, ["x: 2 + 0 - 0 = 2", "x: 2 + 0 - 0 = 2", "ok"]);
        change(remove, "web-2", a, ["ok", "ok", "ok"]);
        change(add, "web-1", a, ["x: 2 + 0 - 0 = 2", "x: 2 + 0 - 0 = 2", "ok"]);
        change(add, "other", c, ["x: 2 + 0 - 0 = 2", "x: 2 + 0 - 0 = 2", "ok"]);
        change(add, "web-2", c, ["ok", "ok", "ok"]);
        change(remove, "web-2", c, ["x: 2 + 0 - 0 = 2", "x: 2 + 0 - 0 = 2", "ok"]);
        // It was not counted, and is subtracted all the same.
        change(remove, "leaving", c, ["x: 2 + 0 - -1 = 3", "x: 2 + 0 - -1 = 3", "ok"]);
        assert_eq!(verdicts(&*filter, &cluster), ["x: 3 + 0 - 0 = 3", "x: 3 + 0 - 0 = 3", "ok"]);
    });
}

/// In cached cycles as in plain ones.
#[test]
fn a_pod_that_comes_to_a_node_without_a_key_counts_for_no_constraint() {
    let cluster = build(&three_nodes_and(vec![
        node("d", json!({ "zone": "y" })),
        pod("web-4", "d", json!({ "app": "web" })),
        incoming(json!({}), json!([hard(json!({})), hard(json!({ "topologyKey": HOSTNAME, "maxSkew": 9 }))])),
    ]));
    in_cycle(&cluster, |plugin, cycle| {
        let Incremental::Run(mut filter) = IncrementalPlugin::incremental_filter(plugin, cycle) else {
            panic!("the pod has constraints")
        };
        let expected = ["x: 3 + 0 - 0 = 3", "x: 3 + 0 - 0 = 3", "ok", "no label kubernetes.io/hostname"];
        assert_eq!(verdicts(&*filter, &cluster), expected);
        let [_, _, c, d] = cluster.nodes() else { panic!("four nodes") };
        let mut comes_to = |node| {
            let change = Change { pod: find(&cluster, "web-4"), node, sign: 1, devices: DeviceReach::Nowhere };
            filter.update(change, &mut DirtySet::default());
            verdicts(&*filter, &cluster)
        };
        assert_eq!(comes_to(d), expected);
        assert_eq!(comes_to(c), ["x: 3 + 0 - 1 = 2", "x: 3 + 0 - 1 = 2", "ok", "no label kubernetes.io/hostname"]);
    });
}

#[test]
fn facts_name_every_domain() {
    let cluster = build(&three_nodes_and(vec![incoming(json!({}), json!([hard(json!({}))]))]));
    in_cycle(&cluster, |plugin, cycle| {
        let filter = prepared(plugin, cycle);
        let domain = |domain, count, on_this_node| Fact::Domain {
            topology_key: name("zone"),
            domain: name(domain),
            count,
            on_this_node,
        };
        assert_eq!(filter.facts(&cluster.nodes()[0]), [domain("x", 3, true), domain("y", 0, false)]);
    });
}

#[test]
fn a_rule_lists_every_domain_with_its_pods() {
    let cluster = build(&three_nodes_and(vec![incoming(json!({}), json!([hard(json!({}))]))]));
    in_cycle(&cluster, |plugin, cycle| {
        let filter = prepared(plugin, cycle);
        let rules = filter.topology_rules();
        let [rule] = &rules[..] else { panic!("{rules:?}") };
        let domains: Vec<_> =
            rule.domains.iter().map(|found| (found.domain.as_str(), found.pods, found.allowed)).collect();
        assert_eq!(domains, [("x", 3, false), ("y", 0, true)]);
    });
}

/// Raw and normalized score of each node, all of them feasible; none when scoring is skipped.
#[track_caller]
fn scores(objects: &[(Kind, Value)], expected: &[(i64, i64)]) {
    let cluster = build(objects);
    let found = in_cycle(&cluster, |plugin, cycle| {
        let nodes: Vec<&NodeInfo> = cluster.nodes().iter().collect();
        let scorer = match PreScorePlugin::pre_score(plugin, cycle, &nodes) {
            PreScore::Skip => return Vec::new(),
            PreScore::Error(error) => panic!("{error}"),
            PreScore::Run(scorer) => scorer,
        };
        let raw: Vec<i64> = nodes.iter().map(|node| scorer.score(node).unwrap()).collect();
        let mut normalized = raw.clone();
        crate::framework::scoring::normalize(scorer.as_ref(), &nodes, &mut normalized);
        raw.into_iter().zip(normalized).collect()
    });
    assert_eq!(found, expected);
}

#[test]
fn emptier_domains_score_higher() {
    let soft = |more| {
        let (_, constraint) = with((Kind::Pod, hard(more)), json!({ "whenUnsatisfiable": "ScheduleAnyway" }));
        three_nodes_and(vec![incoming(json!({}), json!([constraint]))])
    };
    // Two domains: 3 ln 4 = 4.16.
    scores(&soft(json!({})), &[(4, 0), (4, 0), (0, 100)]);
    // Three nodes: 2 ln 5 + 4 = 7.2, ln 5 + 4 = 5.6, 4; then 100 * (7 + 4 - score) / 7.
    scores(&soft(json!({ "topologyKey": HOSTNAME, "maxSkew": 5 })), &[(7, 57), (6, 71), (4, 100)]);
    // Nothing counted anywhere: nobody is preferred.
    scores(&soft(json!({ "labelSelector": {} })), &[(0, 100), (0, 100), (0, 100)]);
    // No node has the key: none takes part.
    scores(&soft(json!({ "topologyKey": "rack" })), &[(0, 0), (0, 0), (0, 0)]);
}

#[test]
fn system_defaults_spread_by_what_services_and_controllers_select() {
    let zone = "topology.kubernetes.io/zone";
    let objects = |more: Vec<(Kind, Value)>| {
        let nodes = vec![
            node("a", json!({ zone: "x", HOSTNAME: "a" })),
            node("b", json!({ zone: "x", HOSTNAME: "b" })),
            node("c", json!({ HOSTNAME: "c" })),
            pod("web-1", "a", json!({ "app": "web" })),
            pod("web-2", "c", json!({ "app": "web" })),
            incoming(json!({ "app": "web" }), json!([])),
        ];
        [nodes, more].concat()
    };
    scores(&objects(vec![]), &[]);
    let service = (Kind::Service, json!({ "metadata": { "name": "web" }, "spec": { "selector": { "app": "web" } } }));
    // Hostname: ln 5 * pods + 2. Zone, where there is one: ln 4 * 1 + 4, as no zone makes a second domain.
    scores(&objects(vec![service]), &[(9, 44), (7, 66), (4, 100)]);
}

#[test]
fn without_its_cycle_state_it_fails_in_upstreams_words() {
    let cluster = build(&three_nodes_and(vec![incoming(json!({}), json!([]))]));
    in_cycle(&cluster, |plugin, cycle| {
        let node = &cluster.nodes()[0];
        let rejection = FilterPlugin::unprepared(plugin, cycle).filter(node).unwrap_err();
        assert_eq!(rejection, Rejection::error("reading \"PreFilterPodTopologySpread\" from cycleState: not found"));
        let error = ScorePlugin::unprepared(plugin, cycle).score(node).unwrap_err();
        assert_eq!(error.as_str(), "error reading \"PreScorePodTopologySpread\" from cycleState: not found");
    });
}

#[test]
fn default_spreading_notes_what_was_not_read() {
    let noted = |more: &[(Kind, Value)]| -> Vec<String> {
        let owner = json!({"metadata": {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": true}]}});
        let cluster =
            build(&[&three_nodes()[..], &[with(incoming(json!({"app": "web"}), json!([])), owner)], more].concat());
        in_cycle(&cluster, |plugin, cycle| {
            PreScorePlugin::pre_score(plugin, cycle, &cluster.nodes().iter().collect::<Vec<_>>());
            let mut kinds: Vec<String> = cycle.notes.take().into_iter().map(|note| note.what).collect();
            kinds.sort();
            kinds
        })
    };
    let service = (Kind::Service, json!({"metadata": {"name": "other"}, "spec": {"selector": {"app": "other"}}}));
    let set = (
        Kind::Workload(crate::decode::workload::WorkloadKind::ReplicaSet),
        json!({"metadata": {"name": "other"}, "spec": {"selector": {"matchLabels": {"app": "other"}}}}),
    );
    assert_eq!(noted(&[]), ["ReplicaSets", "Services"]);
    assert_eq!(noted(std::slice::from_ref(&service)), ["ReplicaSets"]);
    assert_eq!(noted(&[service, set]), Vec::<String>::new());
}
