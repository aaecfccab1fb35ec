//! Extended resources that a DeviceClass serves: what a pod asks for this way, as requests of a claim that only the
//! scheduler knows (upstream dynamicresources/extendeddynamicresources.go).

use crate::api::name::{Name, name};
use crate::api::pod_spec::Container;
use crate::api::requests::{self, RequestGates};
use crate::api::resources::ScalarResources;
use crate::decode::devices::claim::{Count, DeviceQuery};
use crate::decode::devices::{DeviceClass, ResourceClaim};
use crate::framework::{Cycle, DeviceReason};
use crate::plugins::extended_resources::{class_of, is_left_to_devices, may_be_served};
use crate::state::{NodeInfo, Pod};

use super::gates::Gates;

/// The claim for a pod's extended resources.
pub(super) struct ExtendedClaim<'a> {
    /// One of an earlier attempt that was not cleared away.
    pub(super) left_over: Option<&'a ResourceClaim>,
    /// What the pod asks for.
    requests: ScalarResources,
}

/// A request of the claim.
#[derive(Clone, Debug)]
pub(super) struct ExtendedRequest<'a> {
    pub(super) name: Name,
    pub(super) resource: Name,
    pub(super) class: &'a DeviceClass,
    pub(super) query: DeviceQuery,
    count: i64,
}

impl<'a> ExtendedClaim<'a> {
    /// The claim, where the pod asks for a resource that a class serves (preFilterExtendedResources).
    pub(super) fn of_pod(cycle: Cycle<'a>, gates: &Gates) -> Option<Self> {
        let devices = &cycle.cluster.devices;
        if !gates.extended_resources || !devices.has_classes() {
            return None;
        }
        let options = RequestGates { pod_level_resources: true, ..RequestGates::OFF };
        let requests = requests::filter_request(&cycle.pod.class.template.resources(), options).scalars;
        let is_served = |(resource, amount): (Name, i64)| {
            amount != 0
                && may_be_served(resource, &gates.behaviour)
                && class_of(devices, resource, &gates.behaviour).is_some()
        };
        if !requests.iter().any(is_served) {
            return None;
        }
        let left_over = devices.claim_for_extended_resources(cycle.pod.key().name, cycle.pod.own.uid);
        Some(Self { left_over, requests })
    }

    /// What is asked for on `node`; none where its device plugins have everything (filterExtendedResources).
    ///
    /// # Errors
    /// The node cannot have the pod.
    pub(super) fn on_node(
        &self,
        cycle: Cycle<'a>,
        node: &NodeInfo,
        has_other_claims: bool,
        gates: &Gates,
    ) -> Result<Option<Vec<ExtendedRequest<'a>>>, DeviceReason> {
        if let Some(claim) = self.left_over
            && !claim.requests.is_empty()
        {
            return Err(DeviceReason::ExtendedResourceClaimLeftOver { claim: claim.key });
        }
        let devices = &cycle.cluster.devices;
        let allocatable = &node.node.allocatable.scalars;
        let behaviour = &gates.behaviour;
        let mut served: Vec<(Name, &DeviceClass)> = Vec::new();
        let mut is_needed = false;
        for (resource, amount) in self.requests.iter() {
            if amount == 0 || !may_be_served(resource, behaviour) {
                continue;
            }
            let class = class_of(devices, resource, behaviour);
            let is_left = is_left_to_devices(allocatable, resource, behaviour);
            match class {
                Some(class) if is_left => {
                    served.push((resource, class));
                    is_needed = true;
                }
                // Requests are made for these, too, once one is needed.
                Some(class) if behaviour.extended_requests_per_container => served.push((resource, class)),
                None if allocatable.find(resource).is_none() => {
                    return Err(DeviceReason::ExtendedResourceNowhere { resource });
                }
                _ => {}
            }
        }
        let is_allocated = self.left_over.is_some_and(|claim| claim.allocation.is_some());
        if (!has_other_claims && !is_needed) || is_allocated {
            return Ok(None);
        }
        served.sort_by_key(|(resource, _)| *resource);
        let containers = Containers::of(cycle);
        Ok(Some(if behaviour.extended_requests_per_container {
            containers.requests_per_container(&served)
        } else {
            containers.requests(&served)
        }))
    }
}

/// The container and the resource that a request of the claim stands for, by its name.
pub(super) fn container_and_resource(pod: &Pod, request: Name) -> Option<(&Container, Name)> {
    let (container, place) = request.as_str().strip_prefix("container-")?.split_once("-request-")?;
    let spec = pod.spec();
    let container = spec.init_containers.iter().chain(&spec.containers).nth(container.parse().ok()?)?;
    let mut names: Vec<Name> = container.requests().iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    Some((container, *names.get(place.parse::<usize>().ok()?)?))
}

/// The containers of a pod, init containers first.
struct Containers<'a> {
    all: Vec<&'a Container>,
    init: usize,
}

impl<'a> Containers<'a> {
    fn of(cycle: Cycle<'a>) -> Self {
        let spec = cycle.pod.spec();
        Self { all: spec.init_containers.iter().chain(&spec.containers).collect(), init: spec.init_containers.len() }
    }

    /// Containers that run beside each other add up; init containers use what these ask for, and of what more they
    /// need only the most counts (createRequestsAndMappings).
    fn requests<'c>(&self, served: &[(Name, &'c DeviceClass)]) -> Vec<ExtendedRequest<'c>> {
        let mut requests = Vec::new();
        for (resource, class) in served {
            let long_lived: Vec<Option<ExtendedRequest<'c>>> = (0..self.all.len())
                .map(|index| if self.is_long_lived(index) { self.request(index, *resource, class, 0) } else { None })
                .collect();
            let mut most: Option<ExtendedRequest<'c>> = None;
            for index in (0..self.all.len()).filter(|index| !self.is_long_lived(*index)) {
                // Only containers after this one still run when they start, so it can use what they will have.
                let reusable = long_lived.iter().skip(index).flatten().map(|request| request.count);
                let request = self.request(index, *resource, class, reusable.fold(0, i64::saturating_add));
                if let Some(request) = request
                    && most.as_ref().is_none_or(|most| most.count < request.count)
                {
                    most = Some(request);
                }
            }
            requests.extend(most.into_iter().chain(long_lived.into_iter().flatten()));
        }
        requests.sort_by_key(|request| request.name);
        requests
    }

    /// One request for each container that asks (createDeviceRequests of v1.34).
    fn requests_per_container<'c>(&self, served: &[(Name, &'c DeviceClass)]) -> Vec<ExtendedRequest<'c>> {
        let of = |(resource, class): &(Name, &'c DeviceClass)| {
            (0..self.all.len()).filter_map(|index| self.request(index, *resource, class, 0)).collect::<Vec<_>>()
        };
        served.iter().flat_map(of).collect()
    }

    fn is_long_lived(&self, index: usize) -> bool {
        let restarts = self.all[index].restart_policy.is_some_and(|policy| policy == "Always");
        index >= self.init || restarts
    }

    /// What the container asks for beyond what it can use of others' (createResourceRequestAndMappings).
    fn request<'c>(
        &self,
        index: usize,
        resource: Name,
        class: &'c DeviceClass,
        reusable: i64,
    ) -> Option<ExtendedRequest<'c>> {
        let asked = self.all[index].requests();
        let count = asked.get(resource)?.as_int64().filter(|count| *count != 0)?;
        if reusable > 0 && reusable >= count {
            return None;
        }
        let mut names: Vec<Name> = asked.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        let place = names.iter().position(|name| *name == resource).unwrap_or_default();
        let count = count.saturating_sub(reusable);
        Some(ExtendedRequest {
            name: name(&format!("container-{index}-request-{place}")),
            resource,
            class,
            query: DeviceQuery {
                class: class.name,
                selectors: Box::default(),
                count: Count::Exactly(count),
                admin_access: None,
                capacity: None,
                tolerations: Box::default(),
                derived_attributes: Box::default(),
            },
            count,
        })
    }
}
