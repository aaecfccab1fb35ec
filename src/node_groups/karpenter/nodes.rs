//! Nodes that are there or were asked for, as Karpenter's cluster state has them
//! (sigs.k8s.io/karpenter v1.15 `pkg/controllers/state/cluster.go`, `statenode.go`).

use crate::api::host_ports::HostPort;
use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::taint::{Taint, TaintEffect};
use crate::decode::autoscaling::karpenter::NodeClaim;
use crate::decode::autoscaling::{Condition, Provisioning, ProvisioningKind, condition};
use crate::state::pod::PodId;
use crate::state::{Cluster, NodeId};

use super::amounts::{Amounts, nodes};
use super::pods::{Candidate, Disks};
use super::requirement::{HOSTNAME, INITIALIZED, INSTANCE_TYPE, NODE_POOL, REGISTERED};
use super::volumes;
use crate::api::quantity::{Quantity, QuantityFormat};

/// A node, a NodeClaim, or both.
#[derive(Clone, Debug)]
pub(super) struct StateNode {
    pub(super) node: Option<NodeId>,
    pub(super) name: Name,
    pub(super) host: Name,
    pub(super) labels: Labels,
    pub(super) taints: Vec<Taint>,
    pub(super) initialized: bool,
    /// Whether it is going.
    pub(super) leaving: bool,
    pub(super) capacity: Amounts,
    pub(super) available: Amounts,
    /// What pods of DaemonSets on it ask for.
    pub(super) daemons: Amounts,
    pub(super) ports: Vec<(PodId, Vec<HostPort>)>,
    pub(super) disks: Disks,
    pub(super) limits: Vec<(Name, i64)>,
}

impl StateNode {
    pub(super) fn pool(&self) -> Option<Name> {
        self.labels.get(name(NODE_POOL))
    }
}

/// All of them.
pub(super) fn read(cluster: &Cluster) -> Vec<StateNode> {
    let mut claims: Vec<(Name, &NodeClaim)> = cluster
        .autoscaling
        .of_kind(ProvisioningKind::NodeClaim)
        .filter_map(|object| match &object.data {
            Provisioning::Claim(claim) if !claim.provider_id.is_empty() => Some((object.key.name, claim)),
            _ => None,
        })
        .collect();
    let mut found = Vec::new();
    for (place, info) in cluster.nodes().iter().enumerate() {
        let node = &info.node;
        let labelled = |key: &str| node.labels.get(name(key)).is_some_and(|value| !value.is_empty());
        // UpdateNode: a node of Karpenter's is waited for until its provider has filled it in.
        let provider = node.provider_id.filter(|id| !id.is_empty());
        if labelled(NODE_POOL) && (provider.is_none() || !labelled(INSTANCE_TYPE) && !labelled(INITIALIZED)) {
            continue;
        }
        let claim = claims.iter().position(|(_, claim)| Some(claim.provider_id) == provider);
        let claim = claim.map(|place| claims.remove(place));
        let Ok(place) = u32::try_from(place) else { continue };
        found.push(of(cluster, Some(NodeId(place)), claim));
    }
    found.extend(claims.into_iter().map(|claim| of(cluster, None, Some(claim))));
    found
}

fn of(cluster: &Cluster, id: Option<NodeId>, claim: Option<(Name, &NodeClaim)>) -> StateNode {
    let info = id.map(|id| cluster.node(id));
    let node = info.map(|info| &info.node);
    let has = |key: &str| node.is_some_and(|node| node.labels.get(name(key)).is_some_and(|value| value == "true"));
    let (registered, initialized) = (claim.is_none() || has(REGISTERED), claim.is_none() || has(INITIALIZED));
    let of_claim = claim.filter(|_| node.is_none() || !registered);
    let labels =
        of_claim.map(|(_, claim)| &claim.labels).or(node.map(|node| &node.labels)).cloned().unwrap_or_default();
    let own_name = of_claim.map(|(name, _)| name).or(node.map(|node| node.name)).unwrap_or_default();
    let true_of =
        |kind: &str| claim.is_some_and(|(_, claim)| condition(&claim.conditions, kind).is_some_and(Condition::is_true));
    let mut taints = match of_claim {
        Some((_, claim)) => claim.node.taints.to_vec(),
        None => node.map(|node| node.taints.to_vec()).unwrap_or_default(),
    };
    if let Some((_, claim)) = claim.filter(|_| !initialized || true_of("Rebooting")) {
        taints.retain(|taint| {
            let same = |other: &Taint| other.key == taint.key && other.effect == taint.effect;
            let rebooting = taint.key == "karpenter.sh/rebooting" && taint.effect == TaintEffect::NoSchedule;
            !(is_passing(taint) || rebooting || claim.node.startup_taints.iter().any(same))
        });
    }
    // What the node does not tell yet is taken from the claim.
    let amounts = |node: Option<Amounts>, claimed: Option<Amounts>| {
        let mut found = node.unwrap_or_default();
        for (resource, amount) in claimed.filter(|_| !initialized).iter().flat_map(Amounts::iter) {
            if found.get(resource).is_zero() {
                found.set(resource, amount);
            }
        }
        found
    };
    let capacity =
        amounts(node.map(|node| Amounts::of(&node.capacity)), claim.map(|(_, claim)| claim.capacity.iter().collect()));
    let allocatable = amounts(
        node.map(|node| Amounts::of(&node.allocatable)),
        claim.map(|(_, claim)| claim.allocatable.iter().collect()),
    );
    let (mut requested, mut daemons) = (Amounts::default(), Amounts::default());
    let (mut ports, mut disks) = (Vec::new(), Disks::new());
    for pod in info.into_iter().flat_map(|info| info.pods.iter().copied()) {
        let pod = cluster.pod(pod);
        let candidate = Candidate::of(pod);
        requested.add(&candidate.requests);
        if pod.own.controller.is_some_and(|owner| owner.kind == "DaemonSet") {
            daemons.add(&candidate.requests);
        }
        ports.push((pod.id, candidate.ports));
        for (driver, claims) in volumes::disks(cluster, pod) {
            disks.entry(driver).or_default().extend(claims);
        }
    }
    let limits = node.and_then(|node| cluster.storage().csi_node(node.name));
    let mut with_node = capacity;
    with_node.set(nodes(), Quantity::from_value(1, QuantityFormat::DecimalSI));
    let host = labels.get(name(HOSTNAME)).filter(|host| !host.is_empty()).unwrap_or(own_name);
    StateNode {
        node: id,
        name: own_name,
        host,
        labels,
        taints,
        initialized,
        leaving: claim.is_some_and(|(_, claim)| claim.deleting) || true_of("InstanceTerminating"),
        capacity: with_node,
        available: allocatable.minus(&requested),
        daemons,
        ports,
        disks,
        limits: limits.map(|node| node.limits.iter().map(|it| (it.driver, it.count)).collect()).unwrap_or_default(),
    }
}

/// IsKnownEphemeralTaint: what goes away while a node comes up.
fn is_passing(taint: &Taint) -> bool {
    let no_schedule = taint.effect == TaintEffect::NoSchedule;
    let no_execute = taint.effect == TaintEffect::NoExecute;
    match taint.key.as_str() {
        "node.kubernetes.io/not-ready" => no_schedule || no_execute,
        "node.kubernetes.io/unreachable" | "node.cloudprovider.kubernetes.io/uninitialized" => no_schedule,
        "karpenter.sh/unregistered" => no_execute,
        key => key.starts_with("readiness.k8s.io/"),
    }
}
