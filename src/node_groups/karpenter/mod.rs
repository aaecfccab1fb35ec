//! Karpenter: would it make a node for a pod, of which pool, and why not
//! (sigs.k8s.io/karpenter v1.15 `pkg/controllers/provisioning/provisioner.go`).
//!
//! The pods of the state are put through its scheduler together, which tells what becomes of each; and each pool is
//! asked about the pod alone. Which instance types there are no cluster knows: without the provider's catalogue only
//! what no catalogue could change is a no, and only types of which the cluster has a node are a yes.

mod amounts;
mod catalogue;
mod fix;
mod flags;
mod launch;
mod nodes;
mod overview;
mod pods;
mod refusal;
mod requirement;
mod size;
mod solver;
mod stuck;
mod topology;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::pod_template::PodTemplate;
use crate::decode::autoscaling::karpenter::NodePool;
use crate::decode::autoscaling::{Condition, Provisioning, ProvisioningKind, condition};
use crate::decode::workload::WorkloadKind;
use crate::state::Cluster;
use crate::state::pod::{Pod, PodId};
use catalogue::Catalogue;
use nodes::StateNode;
use pods::Candidate;
use refusal::Refusal;
use requirement::{HOSTNAME, NODE_POOL, Requirements, Words};
use solver::{Claim, Place, Pool, Solver, World};

pub use catalogue::InstanceTypeFile;
pub use fix::{PoolChange, PoolFix};
pub use flags::Flags;
pub use launch::{Instance, Launch};
pub use overview::{Overview, PoolOverview};
pub use stuck::StuckClaim;

/// What no state says.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Its flags.
    pub flags: Flags,
    /// The provider's catalogue.
    pub types: Option<InstanceTypeFile>,
    /// The pods that are asked about were tried in a simulation, and no others.
    pub simulated: bool,
}

/// What Karpenter would do for a pod.
#[derive(Clone, Debug)]
pub struct KarpenterAnswer {
    /// What becomes of the pod; none where that hangs on unknown instance types.
    pub outcome: Option<&'static str>,
    /// The node, or NodeClaim, that it is expected on.
    pub node: Option<Name>,
    /// The pool that a node is made of.
    pub pool: Option<Name>,
    /// Karpenter's sentence for a pod that it makes nothing for.
    pub error: Option<String>,
    /// Each pool, in the order in which they are asked; those that are not asked last.
    pub pools: Vec<PoolAnswer>,
    /// A pool that is asked before that one, and that may make the node with an instance type that is not known here.
    pub asked_before: Option<Name>,
    /// Whether the instance types are all that there are.
    pub complete: bool,
}

/// What a pool is to a pod.
#[derive(Clone, Debug)]
pub struct PoolAnswer {
    /// Its name.
    pub name: Name,
    /// Why it is not asked.
    pub why: Option<&'static str>,
    /// More of that, in the pool's own words.
    pub because: Option<String>,
    /// Whether it would make a node for the pod alone; none where nobody can tell.
    pub verdict: Option<bool>,
    /// The word for why not.
    pub kind: Option<&'static str>,
    /// Whether an instance type met the requirements, one had the resources, one could be had.
    pub facts: Option<[bool; 3]>,
    /// Karpenter's sentence.
    pub error: Option<String>,
    /// The instance types that would do.
    pub types: Vec<Name>,
    /// Whether it would, were it not for `spec.limits`.
    pub without_limits: Option<bool>,
    /// Changes of the pool with which it would.
    pub fix: Option<PoolFix>,
    /// For a pool that is not ready: whether it would if it were; none where nobody can tell.
    pub if_ready: Option<bool>,
    /// Its limits, what of them is used, in text; empty without limits.
    pub limits: Vec<(Name, String, String)>,
    /// NodeClaims of it that have not become nodes.
    pub stuck: Vec<StuckClaim>,
}

/// What becomes of each pod: the word for it (`unknown` where that hangs on unknown instance types), the node or NodeClaim,
/// the pool.
pub type Outcomes = BTreeMap<PodId, (&'static str, Option<Name>, Option<Name>)>;

/// A round over the whole state.
#[derive(Clone, Debug)]
pub struct Run {
    options: Options,
    catalogue: Arc<Catalogue>,
    nodes: Arc<[StateNode]>,
    daemons: Arc<[Candidate]>,
    asked: BTreeSet<PodId>,
    outcomes: Outcomes,
    errors: BTreeMap<PodId, Vec<(Name, Refusal)>>,
    without_types: BTreeMap<Name, bool>,
    claims: Vec<Claim>,
    passed: BTreeMap<PodId, Name>,
}

/// Why a pool is not asked (`provisioner.go`, NewScheduler); none for one that is.
fn why_not(cluster: &Cluster, pool: &NodePool) -> Option<(&'static str, Option<String>)> {
    // Which classes its provider knows shows in those that exist.
    let is_class = |kind: ProvisioningKind| {
        use ProvisioningKind as P;
        matches!(
            kind,
            P::EC2NodeClass
                | P::NodeClass
                | P::AKSNodeClass
                | P::GCENodeClass
                | P::KWOKNodeClass
                | P::OCINodeClass
                | P::IBMNodeClass
        )
    };
    let mut classes = cluster.autoscaling.objects.iter().filter(|object| is_class(object.kind)).peekable();
    if let Some(class) = pool.node.class
        && classes.peek().is_some()
        && !classes.any(|object| object.kind.as_str() == class.kind.as_str())
    {
        return Some(("not-managed", Some(format!("it has a {}, of which there is none", class.kind))));
    }
    if pool.is_static {
        return Some(("static", None));
    }
    let ready = condition(&pool.conditions, "Ready");
    if !ready.is_some_and(Condition::is_true) {
        let bad =
            pool.conditions.iter().find(|it| it.status == "False" && !it.message.is_empty() && it.r#type != "Ready");
        let bad = bad.or(ready.filter(|it| !it.message.is_empty()));
        let words = |it: &Condition| match it.r#type.as_str() {
            "Ready" => it.message.to_string(),
            kind => format!("{kind}: {}", it.message),
        };
        return Some(("not-ready", bad.map(words)));
    }
    pool.deleting.then_some(("deleting", None))
}

/// A pool that is not asked, why, and more of that.
type NotAsked<'a> = (Pool<'a>, &'static str, Option<String>);

/// The pools that are asked, in their order (`utils/nodepool`, OrderByWeight).
fn pools(cluster: &Cluster) -> (Vec<Pool<'_>>, Vec<NotAsked<'_>>) {
    let (mut asked, mut others) = (Vec::new(), Vec::new());
    for object in cluster.autoscaling.of_kind(ProvisioningKind::NodePool) {
        let Provisioning::Pool(data) = &object.data else { continue };
        let pool = Pool { name: object.key.name, data };
        match why_not(cluster, data) {
            Some((why, because)) => others.push((pool, why, because)),
            None => asked.push(pool),
        }
    }
    asked.sort_by(|one, other| other.data.weight.cmp(&one.data.weight).then_with(|| other.name.cmp(&one.name)));
    (asked, others)
}

/// One pod of each DaemonSet (`getDaemonSetPods`): the newest there is, else the one its template makes.
fn daemons(cluster: &Cluster) -> Vec<Candidate> {
    let sets = cluster.workloads.iter().filter(|workload| workload.kind == WorkloadKind::DaemonSet);
    let mut ids = (0..u32::MAX).rev();
    let mut found = Vec::new();
    for set in sets {
        let Some(id) = ids.next() else { break };
        let own = cluster.pods().iter().filter(|pod| {
            cluster.has_pod(pod.id)
                && pod.key().namespace == set.key.namespace
                && pod.own.controller.is_some_and(|owner| owner.uid == set.uid && owner.kind == "DaemonSet")
        });
        let newest = own.fold(None::<&Pod>, |newest, pod| match newest {
            Some(known) if known.own.creation_timestamp >= pod.own.creation_timestamp => Some(known),
            _ => Some(pod),
        });
        let of_template = || {
            let mut template = PodTemplate { spec: set.template.spec.clone(), ..PodTemplate::default() };
            with_limits(&mut template);
            Candidate::new(PodId(id), set.key, set.template.metadata.labels.clone(), &template)
        };
        let mut pod = newest.map_or_else(of_template, Candidate::of);
        // The DaemonSet controller pins its pods to their nodes.
        if let Some(required) = set.template.spec.required_node_affinity() {
            pod.required = Some(required.node_selector_terms.to_vec());
        }
        pod.id = PodId(id);
        found.push(pod);
    }
    found
}

/// `utils/daemonset`, PodForDaemonSet: what a container may have at most is what it asks for, unless it says.
fn with_limits(template: &mut PodTemplate) {
    let fill = |containers: &crate::api::List<crate::api::pod_spec::Container>| {
        let filled = containers.iter().map(|container| {
            let mut container = container.clone();
            if let Some(resources) = &mut container.resources {
                let own = resources.requests.iter();
                let missing = resources.limits.iter().filter(|(limited, _)| resources.requests.get(*limited).is_none());
                resources.requests = own.chain(missing).collect();
            }
            container
        });
        filled.collect()
    };
    template.spec.containers = fill(&template.spec.containers);
    template.spec.init_containers = fill(&template.spec.init_containers);
}

/// What Karpenter does with a pod before it asks any pool.
enum Entry {
    Looked,
    /// Not its business (`IsProvisionable`).
    Ignored,
    /// `Validate`.
    Refused(String),
}

impl Run {
    /// Puts the state's pods through Karpenter's scheduler; none where nothing tells of Karpenter.
    pub fn new(cluster: &Cluster, options: &Options, asked: &[PodId]) -> Option<Self> {
        let is_karpenters = |kind| kind == ProvisioningKind::NodeClaim || kind == ProvisioningKind::EC2NodeClass;
        let shown = cluster.autoscaling.objects.iter().any(|object| is_karpenters(object.kind));
        if !(cluster.autoscaling.has_pools() || shown || options.types.is_some()) {
            return None;
        }
        let catalogue = match &options.types {
            Some(file) => Catalogue::of_file(file),
            None => Catalogue::seen(cluster),
        };
        let mut run = Self {
            options: options.clone(),
            catalogue: Arc::new(catalogue),
            nodes: nodes::read(cluster).into(),
            daemons: daemons(cluster).into(),
            asked: asked.iter().copied().collect(),
            outcomes: BTreeMap::new(),
            errors: BTreeMap::new(),
            without_types: BTreeMap::new(),
            claims: Vec::new(),
            passed: BTreeMap::new(),
        };
        run.everything(cluster);
        Some(run)
    }

    fn everything(&mut self, cluster: &Cluster) {
        let (pools, _) = pools(cluster);
        let mut candidates = Vec::new();
        let mut volumes = BTreeMap::new();
        let leaving: BTreeSet<_> = self.nodes.iter().filter(|node| node.leaving).filter_map(|node| node.node).collect();
        for pod in cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id)) {
            let moves = cluster.node_of(pod.id).is_some_and(|node| leaving.contains(&node)) && is_reschedulable(pod);
            let is_left_out = self.options.simulated && !self.asked.contains(&pod.id);
            if !moves {
                if is_left_out || pod.own.node_name.is_some() {
                    continue;
                }
                match self.entry(cluster, pod) {
                    Entry::Looked => {}
                    Entry::Ignored => {
                        self.outcomes.insert(pod.id, ("not-looked-at", None, None));
                        continue;
                    }
                    Entry::Refused(_) => {
                        self.outcomes.insert(pod.id, ("invalid", None, None));
                        continue;
                    }
                }
            }
            candidates.push(self.candidate(cluster, pod));
            volumes.insert(pod.id, self.volumes(cluster, pod));
        }
        if pools.is_empty() {
            let failed = candidates.iter().map(|pod| (pod.id, ("failed", None, None)));
            self.outcomes.extend(failed);
            return;
        }
        let world = self.world(cluster, &volumes);
        let round = Solver::new(&world, &pools, &candidates, true).solve(&candidates);
        let mut outcomes = BTreeMap::new();
        for pod in &candidates {
            let outcome = match round.placed.get(&pod.id) {
                Some(Place::Existing(place)) => {
                    let node = self.nodes.get(*place);
                    let under_way = node.is_some_and(|node| node.node.is_none() || !node.initialized);
                    let outcome = if under_way { "in-flight" } else { "existing-node" };
                    (outcome, node.map(|node| node.name), None)
                }
                Some(Place::New(place)) => ("new-claim", None, round.claims.get(*place).map(|claim| claim.pool)),
                None => ("failed", None, None),
            };
            outcomes.insert(pod.id, outcome);
        }
        if !self.catalogue.complete {
            self.leave_open(&world, &pools, &candidates, &mut outcomes);
        }
        self.outcomes.extend(outcomes);
        self.errors = round.refused;
        self.without_types = round.without_types;
        self.claims = round.claims;
        self.passed = if self.catalogue.complete { BTreeMap::new() } else { round.passed };
    }

    /// A pod that no pool makes a node for is `unknown` where a pool that is asked might have an instance type for it that
    /// is not known here. Pods that are alike are tried once.
    fn leave_open(&self, world: &World<'_>, pools: &[Pool<'_>], pods: &[Candidate], outcomes: &mut Outcomes) {
        let mut known: FxHashMap<(usize, Name, Arc<Labels>, Option<PodId>), bool> = FxHashMap::default();
        for candidate in pods {
            let Some(outcome) = outcomes.get_mut(&candidate.id).filter(|(outcome, ..)| *outcome == "failed") else {
                continue;
            };
            let pod = world.cluster.pod(candidate.id);
            // A claim of such a volume is called after its pod.
            let own = pod.spec().volumes.iter().any(crate::api::volume::Volume::is_ephemeral).then_some(pod.id);
            let twins = (Arc::as_ptr(&pod.class) as usize, pod.key().namespace, pod.own.labels.clone(), own);
            let is_open = *known.entry(twins).or_insert_with(|| {
                pools.iter().any(|pool| match self.alone(world, pool, candidate) {
                    Ok(_) => false,
                    Err(refusal) => refusal.hangs_on_types() && size::too_small(world, pool, candidate).is_none(),
                })
            });
            if is_open {
                outcome.0 = "unknown";
            }
        }
    }

    fn world<'a>(
        &'a self,
        cluster: &'a Cluster,
        volumes: &'a BTreeMap<PodId, (Vec<Requirements>, pods::Disks)>,
    ) -> World<'a> {
        World {
            cluster,
            catalogue: &self.catalogue,
            nodes: &self.nodes,
            daemons: &self.daemons,
            best_effort: self.options.flags.best_effort,
            ignore_preferences: self.options.flags.ignore_preferences,
            refuses_devices: self.options.flags.refuses_devices,
            volumes,
        }
    }

    fn volumes(&self, cluster: &Cluster, pod: &Pod) -> (Vec<Requirements>, pods::Disks) {
        (volumes::alternatives(cluster, pod, &self.catalogue.words), volumes::disks(cluster, pod))
    }

    fn candidate(&self, cluster: &Cluster, pod: &Pod) -> Candidate {
        let mut candidate = Candidate::of(pod);
        self.options.flags.add_default_spread(cluster, pod, &mut candidate);
        candidate
    }

    fn entry(&self, cluster: &Cluster, pod: &Pod) -> Entry {
        let is_new = (self.options.simulated || pod.own.creation_timestamp.is_none()) && self.asked.contains(&pod.id);
        let failed = is_new || pod.own.scheduled.as_ref().is_some_and(|condition| condition.unschedulable);
        let owned = pod.own.controller.is_some_and(|owner| owner.kind == "DaemonSet" || owner.kind == "Node");
        if !failed || pod.own.node_name.is_some() || pod.own.nominated_node_name.is_some() || owned {
            return Entry::Ignored;
        }
        match refused(&self.catalogue.words, pod).or_else(|| volumes::refused(cluster, pod)) {
            Some(text) => Entry::Refused(text),
            None => Entry::Looked,
        }
    }

    /// What becomes of the pod in one word (`unknown` where that hangs on unknown instance types), and the pool that a node
    /// is made of; none for a pod that is not pending.
    pub fn outcome(&self, pod: PodId) -> Option<(&'static str, Option<Name>)> {
        self.outcomes.get(&pod).map(|(outcome, _, pool)| (*outcome, *pool))
    }

    /// The node or NodeClaim that Karpenter expects the pod on.
    pub fn expected_on(&self, pod: PodId) -> Option<Name> {
        self.outcomes.get(&pod).and_then(|(_, node, _)| *node)
    }

    /// Why each pool that was asked makes nothing for a pod; what is said of all pools has no name.
    pub fn refusals(&self, pod: PodId) -> Vec<(Name, String)> {
        let refusals = self.errors.get(&pod).into_iter().flatten();
        refusals.map(|(pool, refusal)| (*pool, refusal.to_string())).collect()
    }

    /// Karpenter's sentence for a pod that it makes nothing for.
    pub fn error(&self, cluster: &Cluster, pod: PodId) -> Option<String> {
        match self.entry(cluster, cluster.pod(pod)) {
            Entry::Refused(text) => Some(text),
            Entry::Ignored => None,
            Entry::Looked if pools(cluster).0.is_empty() => Some("no dynamic nodepools found".to_owned()),
            Entry::Looked => self.errors.get(&pod).map(|refusals| {
                let texts: Vec<String> = refusals.iter().map(|(_, refusal)| refusal.to_string()).collect();
                texts.join("; ")
            }),
        }
    }

    /// What becomes of the pod, and what each pool alone would do for it.
    pub fn answer(&self, cluster: &Cluster, pod: PodId) -> KarpenterAnswer {
        let (asked, others) = pools(cluster);
        let the_pod = cluster.pod(pod);
        let candidate = self.candidate(cluster, the_pod);
        let volumes = BTreeMap::from([(pod, self.volumes(cluster, the_pod))]);
        let world = self.world(cluster, &volumes);
        let complete = self.catalogue.complete;
        let (outcome, node, chosen) = self.outcomes.get(&pod).copied().unwrap_or(("not-looked-at", None, None));
        let error = self.error(cluster, pod);
        let mut answers: Vec<PoolAnswer> = asked.iter().map(|pool| self.pool(&world, pool, &candidate)).collect();
        answers.extend(others.into_iter().map(|(pool, why, because)| {
            let alone = || match self.alone(&world, &pool, &candidate) {
                Ok(_) => Some(true),
                Err(refusal) if complete || !refusal.hangs_on_types() => Some(false),
                Err(_) => None,
            };
            let if_ready = if why == "not-ready" { alone() } else { None };
            PoolAnswer { why: Some(why), because, if_ready, ..PoolAnswer::named(pool.name) }
        }));
        let hangs = outcome == "unknown";
        let before = answers.iter().take_while(|pool| Some(pool.name) != chosen);
        let mut asked_before = before.filter(|pool| pool.why.is_none() && pool.verdict.is_none()).map(|pool| pool.name);
        let asked_before = asked_before.find(|_| !complete && chosen.is_some());
        KarpenterAnswer {
            asked_before,
            outcome: (!hangs).then_some(outcome),
            node,
            pool: chosen,
            error: error.filter(|_| !hangs),
            pools: answers,
            complete,
        }
    }

    /// The pool alone.
    fn pool(&self, world: &World<'_>, pool: &Pool<'_>, pod: &Candidate) -> PoolAnswer {
        let no_types = self.without_types.contains_key(&pool.name) && self.catalogue.complete;
        let mut found = PoolAnswer { why: no_types.then_some("no-instance-types"), ..PoolAnswer::named(pool.name) };
        found.limits = self.limits(pool);
        found.stuck = stuck::of_pool(world.cluster, pool.name);
        match self.alone(world, pool, pod) {
            Ok(types) => (found.verdict, found.types) = (Some(true), types),
            Err(refusal) => {
                let known = self.catalogue.complete || !refusal.hangs_on_types();
                found.verdict = known.then_some(false);
                if !known && let Some(why) = size::too_small(world, pool, pod) {
                    (found.verdict, found.kind, found.because) = (Some(false), Some("resources"), Some(why));
                }
                if known {
                    found.fix = self.fix(world, pool, pod, &refusal);
                    found.kind = Some(refusal.kind());
                    found.facts = refusal.facts();
                    found.error = Some(refusal.to_string());
                }
                if !pool.data.limits.is_empty() {
                    let mut unlimited = pool.data.clone();
                    unlimited.limits = std::iter::empty().collect();
                    let unlimited = Pool { name: pool.name, data: &unlimited };
                    found.without_limits = match self.alone(world, &unlimited, pod) {
                        Ok(_) => Some(true),
                        Err(refusal) if self.catalogue.complete || !refusal.hangs_on_types() => Some(false),
                        Err(_) => None,
                    };
                }
            }
        }
        found
    }

    fn alone(&self, world: &World<'_>, pool: &Pool<'_>, pod: &Candidate) -> Result<Vec<Name>, Refusal> {
        let pods = std::slice::from_ref(pod);
        let round = Solver::new(world, &[*pool], pods, false).solve(pods);
        if let Some(refusals) = round.refused.into_values().next() {
            return Err(refusals.into_iter().next().map_or(Refusal::NoTypes, |(_, refusal)| refusal));
        }
        let types = round.claims.first().map(|claim| claim.types.clone()).unwrap_or_default();
        let mut types: Vec<Name> =
            types.iter().filter_map(|place| self.catalogue.types.get(*place)).map(|it| it.name).collect();
        types.sort();
        Ok(types)
    }

    fn limits(&self, pool: &Pool<'_>) -> Vec<(Name, String, String)> {
        let mut used = amounts::Amounts::default();
        let own = self.nodes.iter().filter(|node| !node.leaving && node.pool() == Some(pool.name));
        own.for_each(|node| used.add(&node.capacity));
        let limits = pool.data.limits.iter();
        limits.map(|(resource, limit)| (resource, used.get(resource).to_string(), limit.to_string())).collect()
    }
}

impl PoolAnswer {
    fn named(name: Name) -> Self {
        Self {
            name,
            why: None,
            because: None,
            verdict: None,
            kind: None,
            facts: None,
            error: None,
            types: Vec::new(),
            without_limits: None,
            fix: None,
            if_ready: None,
            limits: Vec::new(),
            stuck: Vec::new(),
        }
    }
}

/// IsReschedulable.
fn is_reschedulable(pod: &Pod) -> bool {
    let owner = pod.own.controller.map(|owner| owner.kind);
    let of = |kind: &str| owner.is_some_and(|owner| owner == kind);
    (!pod.is_terminating() || of("StatefulSet")) && !of("DaemonSet") && !of("Node") && !pod.own.mirror
}

/// `provisioner.go`, Validate; `apis/v1`, ValidateRequirement.
fn refused(words: &Words, pod: &Pod) -> Option<String> {
    let mut candidate = Candidate::of(pod);
    let wanted = candidate.wanted(words, false);
    if wanted.requirements.get(name(NODE_POOL)).is_some_and(|it| it.operator() == requirement::Operator::DoesNotExist) {
        return Some(format!(
            "configured to not run on a Karpenter provisioned node (requirement={NODE_POOL} DoesNotExist)"
        ));
    }
    for (key, value) in pod.spec().node_selector.iter() {
        if let Some(text) = bad(words, key, "In", &[value]) {
            return Some(text);
        }
    }
    for term in pod.spec().required_node_affinity().iter().flat_map(|selector| &selector.node_selector_terms) {
        if !term.match_fields.is_empty() {
            return Some("node selector term with matchFields is not supported".to_owned());
        }
        let mut all = term.match_expressions.iter();
        if let Some(text) = all.find_map(|it| bad(words, it.key, it.operator.as_str(), &it.values)) {
            return Some(text);
        }
    }
    None
}

fn bad(words: &Words, key: Name, operator: &str, values: &[Name]) -> Option<String> {
    const DOMAIN: &str = "karpenter.sh";
    let key = words.normalize(key);
    let domain = key.split_once('/').map(|(domain, _)| domain).unwrap_or_default();
    let restricted = domain == DOMAIN || domain.ends_with(".karpenter.sh") || key == HOSTNAME;
    if restricted && !words.is_well_known(key) {
        return Some(format!(
            "using label {key} is not allowed as it might interfere with the internal provisioning logic"
        ));
    }
    match operator {
        "In" if values.is_empty() => Some(format!("key {key} with operator In must have a value defined")),
        "In" if key == requirement::CAPACITY_TYPE
            && !values.iter().any(|value| ["on-demand", "spot", "reserved"].contains(&value.as_str())) =>
        {
            let values: Vec<&str> = values.iter().map(Name::as_str).collect();
            Some(format!("no valid values found in [{}] for {key}", values.join(" ")))
        }
        "Gt" | "Lt" | "Gte" | "Lte" if !matches!(values, [one] if one.parse::<i64>().is_ok_and(|it| it >= 0)) => {
            Some(format!("key {key} with operator {operator} must have a single positive integer value"))
        }
        _ => None,
    }
}
