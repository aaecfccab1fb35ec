//! Laws and quirks of the plugin on clusters of a few nodes.

use serde_json::{Value, json};

use super::InterPodAffinity;
use crate::api::{ObjectKey, Timestamp, name};
use crate::config::{Behaviour, InterPodAffinityArgs};
use crate::decode::{Kind, Object};
use crate::framework::{
    Code, Cycle, Fact, NodeFilter, NodeScorer, Notes, PreFilter, PreFilterPlugin, PreScore, PreScorePlugin, Reason,
};
use crate::state::{Cluster, ClusterBuilder, NodeInfo};

/// Nodes a1 and a2 in zone a, b in zone b, and bare without labels; namespaces default and, with
/// the label `team=x`, other.
fn cluster(pods: &[Value]) -> Cluster {
    let mut builder = ClusterBuilder::default();
    let mut add = |kind, object: Value| {
        builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
    };
    for (node, zone) in [("a1", "a"), ("a2", "a"), ("b", "b")] {
        add(Kind::Node, json!({"metadata": {"name": node, "labels": {"zone": zone, "host": node}}}));
    }
    add(Kind::Node, json!({"metadata": {"name": "bare"}}));
    add(Kind::Namespace, json!({"metadata": {"name": "default"}}));
    add(Kind::Namespace, json!({"metadata": {"name": "other", "labels": {"team": "x"}}}));
    for pod in pods {
        add(Kind::Pod, pod.clone());
    }
    builder.build(Behaviour::default().request_gates())
}

/// A pod with the label `app`, on `node` unless that is empty.
#[expect(clippy::needless_pass_by_value, reason = "callers write a literal")]
fn pod(key: &str, node: &str, app: &str, affinity: Value) -> Value {
    let (namespace, name) = key.split_once('/').unwrap();
    json!({
        "metadata": {"namespace": namespace, "name": name, "labels": {"app": app}},
        "spec": {"nodeName": node, "affinity": affinity},
    })
}

fn near(terms: &Value) -> Value {
    json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}})
}

fn away(terms: &Value) -> Value {
    json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}})
}

fn term(app: &str, topology_key: &str) -> Value {
    json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": topology_key})
}

struct Asked {
    cluster: Cluster,
    behaviour: Behaviour,
    args: InterPodAffinityArgs,
    notes: Notes,
}

impl Asked {
    /// About the pod `default/new`, with others around.
    fn new(app: &str, affinity: Value, others: &[Value]) -> Self {
        let mut pods = others.to_vec();
        pods.push(pod("default/new", "", app, affinity));
        Self {
            cluster: cluster(&pods),
            behaviour: Behaviour::default(),
            args: InterPodAffinityArgs { hard_pod_affinity_weight: 1, ignore_preferred_terms_of_existing_pods: false },
            notes: Notes::default(),
        }
    }

    fn plugin(&self) -> InterPodAffinity {
        InterPodAffinity::new(&self.args, &self.behaviour)
    }

    fn cycle(&self) -> Cycle<'_> {
        let pod = self.cluster.pod_named(ObjectKey::new(name("default"), name("new"))).unwrap();
        Cycle {
            cluster: &self.cluster,
            pod,
            behaviour: &self.behaviour,
            now: Timestamp(1_780_000_000),
            notes: &self.notes,
        }
    }

    fn node(&self, node: &str) -> &NodeInfo {
        self.cluster.node_named(name(node)).unwrap()
    }

    /// The nodes that pass, or `skip`.
    fn passing(&self) -> String {
        let plugin = self.plugin();
        match plugin.pre_filter(self.cycle()) {
            PreFilter::Run { filter, .. } => passing(&self.cluster, filter.as_ref()),
            PreFilter::Skip => "skip".to_owned(),
            PreFilter::Reject(rejection) => rejection.message(),
        }
    }

    /// Raw and normalized scores of all nodes, or `skip`.
    fn scores(&self) -> (Vec<i64>, Vec<i64>) {
        let plugin = self.plugin();
        match plugin.pre_score(self.cycle(), &[]) {
            PreScore::Run(scorer) => scores(&self.cluster, scorer.as_ref()),
            PreScore::Skip => (Vec::new(), Vec::new()),
            PreScore::Error(error) => panic!("{error}"),
        }
    }
}

fn passing(cluster: &Cluster, filter: &dyn NodeFilter) -> String {
    let passing = cluster.nodes().iter().filter(|node| filter.filter(node).is_ok());
    passing.map(|node| node.name().as_str()).collect::<Vec<_>>().join(" ")
}

fn scores(cluster: &Cluster, scorer: &dyn NodeScorer) -> (Vec<i64>, Vec<i64>) {
    let nodes: Vec<&NodeInfo> = cluster.nodes().iter().collect();
    let raw: Vec<i64> = nodes.iter().map(|node| scorer.score(node).unwrap()).collect();
    let mut normalized = raw.clone();
    crate::framework::scoring::normalize(scorer, &nodes, &mut normalized);
    (raw, normalized)
}

#[track_caller]
fn passes(app: &str, affinity: Value, others: &[Value], expected: &str) {
    assert_eq!(Asked::new(app, affinity, others).passing(), expected);
}

#[test]
fn required_affinity() {
    let web = pod("default/web", "a1", "web", json!(null));
    let db = pod("default/db", "b", "db", json!(null));
    let both = [web, db];
    passes("new", near(&json!([term("web", "zone")])), &both, "a1 a2");
    passes("new", near(&json!([term("web", "host")])), &both, "a1");
    // One pod must match all terms.
    passes("new", near(&json!([term("web", "zone"), term("db", "zone")])), &both, "");
    passes("new", near(&json!([term("web", "zone"), term("web", "host")])), &both, "a1");
    // The first pod of its kind: any node that has all labels.
    passes("new", near(&json!([term("new", "zone")])), &both, "a1 a2 b");
    passes("new", near(&json!([term("new", "zone"), term("web", "zone")])), &both, "");
    passes("web", near(&json!([term("web", "zone")])), &both, "a1 a2");
    // A pod on a node that is gone is no pod, and one in another namespace is not meant.
    let elsewhere = [pod("default/web", "gone", "web", json!(null)), pod("other/web", "b", "web", json!(null))];
    passes("web", near(&json!([term("web", "zone")])), &elsewhere, "a1 a2 b");
}

#[test]
fn required_anti_affinity_in_both_directions() {
    let web = [pod("default/web", "a1", "web", json!(null))];
    passes("new", away(&json!([term("web", "zone")])), &web, "b bare");
    passes("new", away(&json!([term("db", "zone"), term("web", "host")])), &web, "a2 b bare");
    let loner = [pod("default/loner", "a1", "loner", away(&json!([term("new", "zone")])))];
    passes("new", json!(null), &loner, "b bare");
    passes("other", json!(null), &loner, "skip");
    // Its domain needs the label: on the bare node it keeps nobody away.
    let bare = [pod("default/loner", "bare", "loner", away(&json!([term("new", "zone")])))];
    passes("new", json!(null), &bare, "skip");
    // A selector of nobody, and of everybody.
    passes("new", away(&json!([{"topologyKey": "zone"}])), &web, "a1 a2 b bare");
    passes("new", away(&json!([{"topologyKey": "zone", "labelSelector": {}}])), &web, "b bare");
}

#[test]
fn invalid_selectors_are_all_named() {
    let bad = json!([{"topologyKey": "zone", "labelSelector": {"matchExpressions": [{"key": "a", "operator": "?"}]}}]);
    let both = json!({
        "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": bad},
        "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": bad},
    });
    passes(
        "new",
        both.clone(),
        &[],
        "parsing pod: [requiredAffinityTerms: \"?\" is not a valid label selector operator, \
         requiredAntiAffinityTerms: \"?\" is not a valid label selector operator]",
    );
    // On a node the lists without error still count.
    let mut loner = pod("default/loner", "a1", "loner", both);
    loner["spec"]["affinity"]["podAntiAffinity"] = away(&json!([term("new", "zone")]))["podAntiAffinity"].clone();
    passes("new", json!(null), &[loner], "b bare");
}

#[test]
fn namespace_selectors() {
    let others = [pod("other/web", "a1", "web", json!(null)), pod("default/web", "b", "web", json!(null))];
    let asked = |selector: Value, kept| {
        let mut term = term("web", "host");
        term["namespaceSelector"] = selector;
        let mut asked = Asked::new("new", near(&json!([term])), &others);
        asked.behaviour.namespace_selector_kept_after_expansion = kept;
        asked.passing()
    };
    let team = |operator: &str| json!({"matchExpressions": [{"key": "team", "operator": operator}]});
    for kept in [false, true] {
        assert_eq!(asked(json!({}), kept), "a1 b");
        assert_eq!(asked(team("Exists"), kept), "a1");
    }
    assert_eq!(asked(team("DoesNotExist"), false), "b");
    assert_eq!(asked(team("DoesNotExist"), true), "a1 b");
    // The terms of existing pods are asked with the namespace's labels.
    let mut term = term("new", "zone");
    term["namespaceSelector"] = team("DoesNotExist");
    let loner = pod("other/loner", "a1", "loner", away(&json!([term])));
    passes("new", json!(null), std::slice::from_ref(&loner), "b bare");
    let mut moved = loner;
    moved["spec"]["affinity"] = away(&json!([{"topologyKey": "zone", "labelSelector": {},
        "namespaceSelector": team("Exists")}]));
    passes("new", json!(null), &[moved], "skip");
}

#[test]
fn reasons_tell_the_facts() {
    let others = [
        pod("default/web", "a1", "web", json!(null)),
        pod("default/loner", "b", "loner", away(&json!([term("new", "host")]))),
    ];
    let affinity = |terms: Value| {
        let mut affinity = near(&terms);
        affinity["podAntiAffinity"] = away(&json!([term("web", "host")]))["podAntiAffinity"].clone();
        affinity
    };
    let reason = |node: &str, terms: Value| {
        let asked = Asked::new("new", affinity(terms), &others);
        let plugin = asked.plugin();
        let PreFilter::Run { filter, .. } = plugin.pre_filter(asked.cycle()) else { panic!("skipped") };
        let rejection = filter.filter(asked.node(node)).unwrap_err();
        (rejection.code, rejection.reasons[0].clone())
    };
    let key = |name_: &str| Some(ObjectKey::new(name("default"), name(name_)));
    let unmet = |domain| Reason::PodAffinityUnmet {
        topology_key: name("zone"),
        domain,
        selector: name("app=web"),
        matching_elsewhere: 1,
    };
    let terms = json!([term("web", "zone")]);
    assert_eq!(reason("b", terms.clone()), (Code::UnschedulableAndUnresolvable, unmet(Some(name("b")))));
    assert_eq!(reason("bare", terms.clone()), (Code::UnschedulableAndUnresolvable, unmet(None)));
    let violated = Reason::PodAntiAffinityViolated {
        topology_key: name("host"),
        domain: name("a1"),
        selector: name("app=web"),
        matching: 1,
        pod: key("web"),
    };
    assert_eq!(reason("a1", terms), (Code::Unschedulable, violated));
    let existing =
        Reason::ExistingPodAntiAffinity { topology_key: name("host"), domain: name("b"), pods: 1, pod: key("loner") };
    assert_eq!(reason("b", json!([])), (Code::Unschedulable, existing));
}

#[test]
fn facts_say_where_pods_are_looked_for() {
    let looked_for = |namespaces: Value| {
        let mut wanted = term("web", "zone");
        wanted["namespaces"] = namespaces;
        let asked = Asked::new("new", near(&json!([wanted])), &[]);
        let plugin = asked.plugin();
        let PreFilter::Run { filter, .. } = plugin.pre_filter(asked.cycle()) else { panic!("skipped") };
        filter.facts(asked.node("b")).into_iter().next()
    };
    let fact = |namespaces: &str| Some(Fact::value("required affinity, pods app=web", namespaces));
    assert_eq!(looked_for(json!(null)), fact("in namespace default"));
    assert_eq!(looked_for(json!(["shop", "web"])), fact("in namespaces shop, web"));
}

#[test]
fn a_fork_changes_alone() {
    let others = [
        pod("default/loner", "b", "loner", away(&json!([term("new", "zone")]))),
        pod("default/web", "a1", "web", json!(null)),
        pod("default/pending", "", "web", away(&json!([term("new", "host")]))),
    ];
    let asked = Asked::new("new", near(&json!([term("web", "zone")])), &others);
    let plugin = asked.plugin();
    let PreFilter::Run { filter, .. } = plugin.pre_filter(asked.cycle()) else { panic!("skipped") };
    let of = |pod: &str| asked.cluster.pod_named(ObjectKey::new(name("default"), name(pod))).unwrap();
    assert_eq!(passing(&asked.cluster, filter.as_ref()), "a1 a2");

    let mut fork = filter.fork().unwrap();
    fork.add_pod(of("pending"), asked.node("b"));
    assert_eq!(passing(&asked.cluster, fork.as_ref()), "a1 a2");
    fork.remove_pod(of("loner"), asked.node("b"));
    let rejection = fork.filter(asked.node("b")).unwrap_err();
    assert!(matches!(rejection.reasons[0],
        Reason::ExistingPodAntiAffinity { pods: 1, pod: Some(pod), .. } if pod == of("pending").key()));
    fork.remove_pod(of("pending"), asked.node("b"));
    fork.remove_pod(of("web"), asked.node("a1"));
    assert_eq!(passing(&asked.cluster, fork.as_ref()), "");

    let mut second = fork.fork().unwrap();
    second.add_pod(of("web"), asked.node("b"));
    assert_eq!(passing(&asked.cluster, second.as_ref()), "b");
    assert_eq!(passing(&asked.cluster, filter.as_ref()), "a1 a2");
}

fn prefer(kind: &str, weight: i32, term: &Value) -> Value {
    json!({kind: {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": weight, "podAffinityTerm": term}]}})
}

#[test]
fn scores_add_up_in_both_directions() {
    let web = pod("default/web", "a1", "web", json!(null));
    let asked = Asked::new("new", prefer("podAffinity", 10, &term("web", "zone")), &[web]);
    assert_eq!(asked.scores(), (vec![10, 10, 0, 0], vec![100, 100, 0, 0]));

    let others = [
        pod("default/fond", "a1", "x", near(&json!([term("new", "host")]))),
        pod("default/liked", "a2", "x", prefer("podAffinity", 7, &term("new", "zone"))),
        pod("default/shy", "b", "x", prefer("podAntiAffinity", 20, &term("new", "zone"))),
        pod("default/nowhere", "bare", "x", prefer("podAffinity", 50, &term("new", "zone"))),
    ];
    let mut asked = Asked::new("new", json!(null), &others);
    // 100 * 28 / 28, 100 * 27 / 28 truncated, 0, 100 * 20 / 28 truncated.
    assert_eq!(asked.scores(), (vec![8, 7, -20, 0], vec![100, 96, 0, 71]));
    asked.args.hard_pod_affinity_weight = 0;
    assert_eq!(asked.scores().0, [7, 7, -20, 0]);
    asked.args.ignore_preferred_terms_of_existing_pods = true;
    assert!(asked.scores().0.is_empty());
    // With preferences of its own the pod is scored by the others' as well.
    let mut asked = Asked::new("new", prefer("podAntiAffinity", 1, &term("none", "zone")), &others);
    asked.args.ignore_preferred_terms_of_existing_pods = true;
    assert_eq!(asked.scores().0, [8, 7, -20, 0]);
}

#[test]
fn weights_that_cancel_out_are_not_skipped() {
    let web = pod("default/web", "a1", "web", json!(null));
    let mut both = prefer("podAffinity", 5, &term("web", "zone"));
    both["podAntiAffinity"] = prefer("podAntiAffinity", 5, &term("web", "zone"))["podAntiAffinity"].clone();
    assert_eq!(Asked::new("new", both, std::slice::from_ref(&web)).scores(), (vec![0; 4], vec![0; 4]));
    let nobody = prefer("podAffinity", 5, &term("nobody", "zone"));
    assert!(Asked::new("new", nobody, &[web]).scores().0.is_empty());
}
