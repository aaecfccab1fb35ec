//! What is known of a cause beyond its reason: whose taint it is, which labels are wanted, who has
//! the ports and devices, whether there is room in pieces.

use crate::api::node_selector::NodeSelector;
use crate::api::pod_spec::NodeAffinity;
use crate::config::Profile;
use crate::framework::{Cycle, DeviceReason, Placement, Reason};
use crate::state::NodeInfo;
use serde::Deserialize;

use super::causes::Cause;
use super::fragmentation::{self, Fragmentation};
use super::label_demand::{self, DemandOf, LabelDemand};
use super::occupants::{self, DeviceOccupant, PortOccupant};
use super::taint_origin::{self, TaintOrigin};

/// What is known of a cause; of each part only where it has to do with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CauseDetail {
    /// Whose taint it is.
    pub taint: Option<TaintOrigin>,
    /// The labels that are wanted, and those that there are.
    pub labels: Option<LabelDemand>,
    /// The resource is there, but scattered.
    pub fragmentation: Option<Fragmentation>,
    /// The pods that have the host ports.
    pub ports: Vec<PortOccupant>,
    /// The claims that have devices which the nodes reach.
    pub devices: Vec<DeviceOccupant>,
}

/// Finds it for `cause` of `placement`, which `cycle` gave with `profile`.
pub(super) fn find(cause: &Cause, profile: &Profile, cycle: Cycle<'_>, placement: &Placement) -> CauseDetail {
    let Cycle { cluster, pod, .. } = cycle;
    let nodes = || cause.nodes.iter().chain(&cause.behind).filter_map(|node| cluster.node_named(*node));
    let all = || nodes().collect::<Vec<&NodeInfo>>();
    let mut detail = CauseDetail::default();
    match &cause.reason {
        Reason::UntoleratedTaint { taint, .. } => detail.taint = taint_origin::find(taint, nodes(), cluster, pod),
        Reason::NodeAffinityMismatch { .. } => {
            detail.labels = Some(label_demand::of_pod(pod.spec(), &all(), cluster));
        }
        Reason::EnforcedNodeAffinityMismatch => {
            let terms = added_terms(profile);
            detail.labels = terms.map(|terms| label_demand::of_terms(DemandOf::AddedAffinity, &terms, &all(), cluster));
        }
        Reason::InsufficientResource { resource, .. } => {
            detail.fragmentation = fragmentation::find(placement, *resource);
        }
        Reason::HostPortConflict { .. } => detail.ports = occupants::of_ports(pod, nodes(), cluster),
        Reason::Device(DeviceReason::DevicesInsufficient { .. }) => {
            detail.devices = occupants::of_devices(nodes(), cluster);
        }
        _ => {}
    }
    detail
}

fn added_terms(profile: &Profile) -> Option<NodeSelector> {
    let added = profile.args.node_affinity.added_affinity.as_ref()?;
    NodeAffinity::deserialize(added).ok()?.required
}
