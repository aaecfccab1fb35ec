//! Groups rejected nodes by what rejected them.
//!
//! A cause is a plugin, a kind of reason, and the facts that make it one and the same thing to
//! a reader: the taint, the resource, the topology key. Numbers that differ from node to node
//! (how much is missing) become a range. Nodes that another filter rejected first, but where
//! this one would reject them as well, are counted separately: fixing the first cause does not help there.

use indexmap::IndexMap;

use crate::api::name::Name;
use crate::framework::volume_reason::VolumeReason;
use crate::framework::{Amount, NodePlacement, Placement, Reason};
use crate::state::{Cluster, NodeId};

use super::cause_detail::CauseDetail;
use super::ranges::{self, FactRange};
use super::shared_label::{self, SharedLabel};

/// One cause and the nodes it keeps the pod from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cause {
    /// The plugin; none where the framework itself spoke.
    pub plugin: Option<&'static str>,
    /// The reason, with the facts of the first node where they differ from node to node: what all
    /// share is in [`super::shared_facts`], and between which numbers they differ in `ranges`.
    pub reason: Reason,
    /// Least and most that is missing, for a resource.
    pub shortfall: Option<(Amount, Amount)>,
    /// Numbers that are a node's own: from where to where.
    pub ranges: Vec<FactRange>,
    /// Nodes whose verdict this is, in the order of names.
    pub nodes: Vec<Name>,
    /// Nodes where an earlier filter spoke first, in the order of names.
    pub behind: Vec<Name>,
    /// The label that all nodes of the group have and no other node has.
    pub label: Option<SharedLabel>,
    /// What is known beyond the reason; of [`super::Explanation::in_full`] only.
    pub detail: CauseDetail,
}

/// A group while it is being collected.
struct Group {
    cause: Cause,
    ids: Vec<NodeId>,
}

/// The causes of `placement`, the one with most nodes first.
pub fn find(placement: &Placement, cluster: &Cluster) -> Vec<Cause> {
    let mut groups: IndexMap<(Option<&'static str>, String), Group> = IndexMap::new();
    for node in &placement.nodes {
        for said in findings(node) {
            let group = groups.entry((said.plugin, identity(said.reason))).or_insert_with(|| Group {
                cause: Cause {
                    plugin: said.plugin,
                    reason: said.reason.clone(),
                    shortfall: None,
                    ranges: Vec::new(),
                    nodes: Vec::new(),
                    behind: Vec::new(),
                    label: None,
                    detail: CauseDetail::default(),
                },
                ids: Vec::new(),
            });
            group.take_in(node, &said);
        }
    }
    let mut causes: Vec<Cause> =
        groups.into_values().map(|group| Cause { label: label(cluster, &group), ..group.cause }).collect();
    // Stable: causes of equal size stay in the order in which the nodes and filters met them.
    causes.sort_by_key(|cause| std::cmp::Reverse((cause.nodes.len(), cause.behind.len())));
    causes
}

/// What tells the group's nodes from all others. Where the reason is that they lack a label, that
/// they do explains nothing.
fn label(cluster: &Cluster, group: &Group) -> Option<SharedLabel> {
    let lacks_label = matches!(
        group.cause.reason,
        Reason::TopologyLabelMissing { .. } | Reason::PodAffinityUnmet { domain: None, .. }
    );
    shared_label::find(cluster, &group.ids).filter(|label| !(lacks_label && label.values.is_empty()))
}

/// One reason given on one node.
pub(super) struct Saying<'a> {
    pub(super) plugin: Option<&'static str>,
    pub(super) reason: &'a Reason,
    /// Whether it is part of the node's verdict.
    first: bool,
}

/// The verdict's reasons, then those of the other failing filters. What keeps the pod off a node
/// that the search left out is that alone.
pub(super) fn findings(node: &NodePlacement) -> impl Iterator<Item = Saying<'_>> {
    let verdict = node.rejection.as_ref();
    let plugin = verdict.and_then(|verdict| verdict.plugin);
    let first = node.reasons().iter().map(move |reason| Saying { plugin, reason, first: true });
    let others = node
        .filters
        .iter()
        .filter(move |filter| Some(filter.plugin) != plugin && verdict.is_some() && node.considered)
        .flat_map(|filter| {
            let plugin = Some(filter.plugin);
            filter.rejection.reasons.iter().map(move |reason| Saying { plugin, reason, first: false })
        });
    first.chain(others)
}

impl Group {
    fn take_in(&mut self, node: &NodePlacement, said: &Saying<'_>) {
        let cause = &mut self.cause;
        if said.first { &mut cause.nodes } else { &mut cause.behind }.push(node.name);
        self.ids.push(node.id);
        keep_what_is_common(&mut cause.reason, said.reason);
        ranges::widen(&mut cause.ranges, said.reason);
        if let Reason::InsufficientResource { short, .. } = said.reason {
            let (least, most) = cause.shortfall.get_or_insert((*short, *short));
            if short.value < least.value {
                *least = *short;
            }
            if short.value > most.value {
                *most = *short;
            }
        }
    }
}

/// What makes two reasons of one plugin the same cause: upstream's text, which carries no
/// number of a node, and beside it the facts by which a reader tells causes apart.
pub(super) fn identity(reason: &Reason) -> String {
    match reason {
        Reason::UntoleratedTaint { taint, .. } => taint.to_string(),
        Reason::TopologySkew { topology_key, .. }
        | Reason::TopologyLabelMissing { topology_key }
        | Reason::ExistingPodAntiAffinity { topology_key, .. } => format!("{reason} {topology_key}"),
        Reason::PodAffinityUnmet { topology_key, domain: None, .. } => format!("{reason} {topology_key} missing"),
        Reason::PodAffinityUnmet { topology_key, selector, .. }
        | Reason::PodAntiAffinityViolated { topology_key, selector, .. } => {
            format!("{reason} {topology_key} {selector}")
        }
        Reason::Volume(volume) => identity_of_volume(volume),
        _ => reason.to_string(),
    }
}

/// A pod may have several claims, each with a volume and troubles of its own.
fn identity_of_volume(reason: &VolumeReason) -> String {
    match reason {
        VolumeReason::ZoneMismatch { claim, key, .. } => format!("{reason} {claim} {key}"),
        VolumeReason::VolumeNodeAffinityConflict { claim, .. } | VolumeReason::NotEnoughStorage { claim, .. } => {
            format!("{reason} {claim}")
        }
        VolumeReason::NoVolumeToBind { claim, obstacle } => {
            format!("{reason} {claim} {:?}", std::mem::discriminant(obstacle))
        }
        VolumeReason::VolumeLimitExceeded { driver, .. } => format!("{reason} {driver}"),
        _ => reason.to_string(),
    }
}

/// Drops from `reason` the list entries that `other` does not have.
fn keep_what_is_common(reason: &mut Reason, other: &Reason) {
    match (reason, other) {
        (
            Reason::NodeAffinityMismatch { unmatched_labels: ours, affinity },
            Reason::NodeAffinityMismatch { unmatched_labels: theirs, affinity: others },
        ) => {
            ours.retain(|key| theirs.contains(key));
            *affinity &= *others;
        }
        (Reason::HostPortConflict { ports: ours }, Reason::HostPortConflict { ports: theirs }) => {
            ours.retain(|port| theirs.contains(port));
        }
        _ => {}
    }
}
