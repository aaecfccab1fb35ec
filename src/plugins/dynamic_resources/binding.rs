//! What a pod's claims are like once it is on a node: with their devices, the nodes that reach these, and reserved for
//! the pod. Reserve and PreBind as one step, since nothing comes between them here
//! (upstream dynamicresources.go, Reserve, bindClaim; extendeddynamicresources.go, createExtendedResourceClaimInAPI).

use crate::api::meta::OwnerReference;
use crate::api::name::name;
use crate::api::node_selector::LazyErrorNodeSelector;
use crate::decode::devices::claim::{ClaimAllocation, DeviceRequest, RequestedDevices};
use crate::decode::devices::device::DeviceNodes;
use crate::decode::devices::{AllocatedDevice, Device, ResourceClaim};
use crate::framework::Rejection;
use crate::state::devices::{Devices, unwritten_claim};
use crate::state::{NodeInfo, Take};

use super::claims::reject;
use super::filter::Filter;

impl Filter<'_> {
    /// What the pod takes on `node`, which the filter found feasible.
    ///
    /// # Errors
    /// The node is not feasible.
    pub(super) fn takes(&self, node: &NodeInfo) -> Result<Vec<Take>, Rejection> {
        let found = self.judge(node)?.unwrap_or_default();
        let mut takes = Vec::new();
        for claim in self.all_claims().filter(|claim| claim.allocation.is_some()) {
            if !claim.reserved_for.contains(&self.cycle.pod.own.uid) {
                takes.push(self.reserved(claim.clone()));
            }
        }
        // One without devices is a claim of which it is not known whether it can be had.
        for found in found.into_iter().filter(|found| !found.devices.is_empty()) {
            let object = match self.all_claims().find(|claim| claim.key == found.claim) {
                Some(claim) => claim.clone(),
                None => self.extended_claim(node)?,
            };
            let allocation = ClaimAllocation {
                node_selector: reach(&found.devices, &self.cycle.cluster.devices, node).map(Ok),
                devices: found.devices.into(),
                allocated: Some(self.cycle.now),
            };
            takes.push(self.reserved(ResourceClaim { allocation: Some(allocation), ..object }));
        }
        Ok(takes)
    }

    fn reserved(&self, claim: ResourceClaim) -> Take {
        let reserved_for = claim.reserved_for.iter().copied().chain([self.cycle.pod.own.uid]).collect();
        Take::Claim(Box::new(ResourceClaim { reserved_for, ..claim }))
    }

    /// The claim for the pod's extended resources as it is written to the API.
    fn extended_claim(&self, node: &NodeInfo) -> Result<ResourceClaim, Rejection> {
        let pod = self.cycle.pod;
        let requests = self.extended_requests(node).map_err(reject)?.unwrap_or_default();
        let owner = OwnerReference {
            api_version: name("v1"),
            kind: name("Pod"),
            name: pod.key().name,
            uid: pod.own.uid,
            controller: Some(true),
        };
        Ok(ResourceClaim {
            key: unwritten_claim(pod.key()),
            is_terminating: false,
            controller: Some(owner),
            is_for_extended_resources: true,
            requests: requests
                .into_iter()
                .map(|request| DeviceRequest { name: request.name, wanted: RequestedDevices::Exactly(request.query) })
                .collect(),
            constraints: Box::default(),
            allocation: None,
            reserved_for: Box::default(),
            device_statuses: Box::default(),
        })
    }
}

/// The nodes that reach all of `given`, which were found for `node`; none means all
/// (upstream structured/internal/*/allocator_*.go, createNodeSelector).
fn reach(given: &[AllocatedDevice], devices: &Devices, node: &NodeInfo) -> Option<LazyErrorNodeSelector> {
    let mut selectors = Vec::new();
    for device in given {
        let Some((choice, binds_to_node)) = choice_of(device, devices) else { continue };
        if choice.node_name.is_some() || binds_to_node {
            return Some(LazyErrorNodeSelector::of_node(node.name()));
        }
        if let Some(Ok(selector)) = choice.node_selector.as_deref() {
            selectors.push(selector);
        }
    }
    LazyErrorNodeSelector::all_of(&selectors)
}

/// Which nodes reach the device, and whether a claim that gets it is bound to the node.
fn choice_of<'a>(given: &AllocatedDevice, devices: &'a Devices) -> Option<(&'a DeviceNodes, bool)> {
    let slices = || devices.slices_of(given.id.pool);
    let newest = slices().map(|slice| slice.generation).max()?;
    slices().filter(|slice| slice.generation == newest).find_map(|slice| {
        let device: &Device = slice.devices.iter().find(|device| device.name == given.id.device)?;
        let choice = if slice.per_device_node_selection == Some(true) { &device.nodes } else { &slice.nodes };
        Some((choice, device.binds_to_node))
    })
}
