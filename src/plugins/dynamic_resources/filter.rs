//! One node after the other: whether the claims that have devices can be used there, and whether devices can be found
//! for the others (upstream dynamicresources.go, Filter).

use crate::api::name::Name;
use crate::decode::devices::{DeviceId, ResourceClaim};
use crate::framework::{
    Cycle, DeviceReason, Fact, InvalidPool, NodeFilter, NotEvaluated, NotReadyDevice, Reason, Rejection, Turns,
};
use crate::state::NodeInfo;

use super::DynamicResources;
use super::allocator::pools::{self, Target};
use super::allocator::taints::TaintRules;
use super::allocator::{self, AllocatedClaim, Context, Found};
use super::claims::{ClaimInput, reject};
use super::extended::{ExtendedClaim, ExtendedRequest};
use super::facts;
use super::selection::SearchEnd;
use super::shortage;

/// What PreFilter found out about the pod's claims.
pub(super) struct Filter<'a> {
    pub(super) plugin: &'a DynamicResources,
    pub(super) cycle: Cycle<'a>,
    /// The claims that the pod names.
    pub(super) claims: Vec<&'a ResourceClaim>,
    /// Those of them that have no devices yet.
    pub(super) to_allocate: Vec<ClaimInput<'a>>,
    /// The one for its extended resources.
    pub(super) extended: Option<ExtendedClaim<'a>>,
    pub(super) taint_rules: TaintRules<'a>,
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        self.judge(node).map(|_| ())
    }

    /// Why the claims cannot be had there, device by device.
    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let Err(rejection) = self.judge(node) else { return Vec::new() };
        let lacks_devices = rejection.reasons.iter().any(|reason| {
            matches!(
                reason,
                Reason::Device(DeviceReason::DevicesInsufficient { .. } | DeviceReason::InvalidResourcePools { .. })
            )
        });
        if !lacks_devices {
            return Vec::new();
        }
        let gates = &self.plugin.gates;
        let extended = self.extended_input(self.extended_requests(node).ok().flatten());
        let claims: Vec<&ClaimInput<'_>> = self.to_allocate.iter().chain(&extended).collect();
        let context = Context { devices: &self.cycle.cluster.devices, taint_rules: &self.taint_rules, gates };
        facts::of(&claims, target(node), context, self.cycle)
    }
}

impl<'a> Filter<'a> {
    /// All claims that exist as objects, the one for extended resources last.
    pub(super) fn all_claims(&self) -> impl Iterator<Item = &'a ResourceClaim> {
        let left_over = self.extended.as_ref().and_then(|extended| extended.left_over);
        self.claims.iter().copied().chain(left_over)
    }

    /// Whether devices are to be found for any claim.
    pub(super) fn needs_allocation(&self) -> bool {
        !self.to_allocate.is_empty() || self.extends_unallocated()
    }

    /// Whether the claim for extended resources has no devices yet.
    pub(super) fn extends_unallocated(&self) -> bool {
        self.extended.as_ref().is_some_and(|extended| extended.left_over.is_none_or(|claim| claim.allocation.is_none()))
    }

    /// What the claims without devices are given on `node`, in their order; none where there is none to be found
    /// anything for.
    pub(super) fn judge(&self, node: &NodeInfo) -> Result<Option<Vec<AllocatedClaim>>, Rejection> {
        let requests = self.extended_requests(node).map_err(reject)?;
        if requests.is_none() && self.claims.is_empty() {
            return Ok(None);
        }
        let unavailable = self.unavailable(node)?;
        let found = if self.needs_allocation() {
            let extended = self.extended_input(requests);
            let claims: Vec<&ClaimInput<'_>> = self.to_allocate.iter().chain(&extended).collect();
            Some(self.find(&claims, node)?)
        } else {
            None
        };
        match unavailable {
            Some(reason) => Err(reject(reason)),
            None => Ok(found),
        }
    }

    /// What is asked for of extended resources on `node`; none where nothing is.
    ///
    /// # Errors
    /// The node cannot have the pod.
    pub(super) fn extended_requests(&self, node: &NodeInfo) -> Result<Option<Vec<ExtendedRequest<'a>>>, DeviceReason> {
        let Some(extended) = &self.extended else { return Ok(None) };
        extended.on_node(self.cycle, node, !self.claims.is_empty(), &self.plugin.gates)
    }

    /// The claim for extended resources, where devices are to be found for it.
    pub(super) fn extended_input(&self, requests: Option<Vec<ExtendedRequest<'a>>>) -> Option<ClaimInput<'a>> {
        let extended = self.extended.as_ref().filter(|_| self.extends_unallocated())?;
        let requests = requests.unwrap_or_default();
        let pod = self.cycle.pod.key();
        Some(ClaimInput::of_extended_resources(pod, extended.left_over, requests, &self.plugin.selectors))
    }

    /// Claims that have devices, but not for this node, or devices that do not become ready.
    fn unavailable(&self, node: &NodeInfo) -> Result<Option<DeviceReason>, Rejection> {
        let mut claims = Vec::new();
        let mut not_ready = Vec::new();
        for claim in self.all_claims() {
            let Some(allocation) = &claim.allocation else { continue };
            if let Some(Ok(selector)) = &allocation.node_selector
                && !selector.matches(node.name(), &node.node.labels).map_err(Rejection::error)?
            {
                claims.push(claim.key);
                continue;
            }
            let needs_optional = allocation.devices.iter().any(|device| device.skips_node_operations);
            if needs_optional && !has_optional_operations(node) {
                claims.push(claim.key);
                continue;
            }
            if self.plugin.gates.binding_conditions
                && let Some(device) = self.not_ready(claim)
            {
                claims.push(claim.key);
                not_ready.push(device);
            }
        }
        Ok((!claims.is_empty()).then_some(DeviceReason::ResourceClaimElsewhere { claims, not_ready }))
    }

    /// A device that failed to become ready, or did not become ready in time (isClaimReadyForBinding, isClaimTimeout).
    fn not_ready(&self, claim: &ResourceClaim) -> Option<NotReadyDevice> {
        let allocation = claim.allocation.as_ref()?;
        let mut waits_for: Option<(DeviceId, Name)> = None;
        for device in allocation.devices.iter().filter(|device| !device.binding_conditions.is_empty()) {
            let status = claim.status_of(device.id);
            let failed =
                device.binding_failure_conditions.iter().find_map(|kind| status.and_then(|s| s.true_condition(*kind)));
            if let Some(condition) = failed {
                let why = format!("{} is true: {}", condition.kind, condition.reason);
                return Some(NotReadyDevice { claim: claim.key, device: device.id.to_string(), why });
            }
            let missing = device
                .binding_conditions
                .iter()
                .find(|kind| status.and_then(|status| status.true_condition(**kind)).is_none());
            if let Some(kind) = missing {
                // What comes after is not looked at.
                waits_for = Some((device.id, *kind));
                break;
            }
        }
        let (device, condition) = waits_for?;
        let allocated = allocation.allocated?;
        let timeout = self.plugin.binding_timeout;
        let waited = i128::from(self.cycle.now.0 - allocated.0) * 1_000_000_000;
        (waited > i128::from(timeout.nanoseconds)).then(|| NotReadyDevice {
            claim: claim.key,
            device: device.to_string(),
            why: format!("{condition} did not become true within {timeout}"),
        })
    }

    fn find(&self, claims: &[&ClaimInput<'_>], node: &NodeInfo) -> Result<Vec<AllocatedClaim>, Rejection> {
        let gates = &self.plugin.gates;
        let devices = &self.cycle.cluster.devices;
        let context = Context { devices, taint_rules: &self.taint_rules, gates };
        let target = target(node);
        match allocator::allocate(claims, target, context) {
            Ok(Found::All(found)) => Ok(found),
            Ok(Found::Nothing) => Err(reject(shortage::explain(claims, target, context))),
            Ok(Found::NothingBesideInvalidPools) => Err(reject(invalid_pools(target, context))),
            Err(SearchEnd::Error(text)) => Err(Rejection::error(text)),
            Err(SearchEnd::Unknown { what, why }) => {
                self.cycle.notes.add(
                    NotEvaluated::new(what, why, "DynamicResources accepts nodes where this would decide")
                        .turning(Turns::Fits),
                );
                Ok(claims.iter().map(|claim| AllocatedClaim { claim: claim.taken_as, devices: Vec::new() }).collect())
            }
        }
    }
}

pub(super) fn target(node: &NodeInfo) -> Target<'_> {
    Target { name: node.name(), labels: &node.node.labels, has_optional_operations: has_optional_operations(node) }
}

/// Whether the node declares the feature `DRAOptionalNodeOperations`.
fn has_optional_operations(node: &NodeInfo) -> bool {
    node.node.declared_features.iter().any(|feature| *feature == "DRAOptionalNodeOperations")
}

fn invalid_pools(node: Target<'_>, context: Context<'_>) -> DeviceReason {
    let pools = pools::gather(context.devices, node, context.gates).unwrap_or_default();
    let invalid = |pool: pools::Pool<'_>| Some(InvalidPool { pool: pool.id.to_string(), why: pool.invalid? });
    DeviceReason::InvalidResourcePools { pools: pools.into_iter().filter_map(invalid).collect() }
}
