//! What a pod requests, in the four readings of it that the scheduler has.
//!
//! [`pod_requests`] is the common rule (component-helpers `resource/helpers.go` `PodRequests`):
//! the containers' sum, but at least what initialization needs at its peak; pod-level requests
//! instead, where given; and the overhead on top. The readings differ in options:
//! [`existing_pod`] for pods on nodes, [`filter_request`] and [`score_request`] for the incoming one.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::Deserialize;

use super::name::Name;
use super::quantity::{Format, Quantity};
use super::resources::{ResourceList, Resources, STANDARD, is_hugepage_resource_name};

/// CPU in millicores that scoring assumes of a container without a request (`schedutil.DefaultMilliCPURequest`).
pub const DEFAULT_MILLI_CPU_REQUEST: i64 = 100;
/// Memory in bytes that scoring assumes of a container without a request (`schedutil.DefaultMemoryRequest`).
pub const DEFAULT_MEMORY_REQUEST: i64 = 200 * 1024 * 1024;

/// Both assumptions as [`PodResourcesOptions::non_missing`] takes them.
static NON_ZERO_DEFAULTS: LazyLock<[(Name, Quantity); 2]> = LazyLock::new(|| {
    [
        (STANDARD.cpu, Quantity::from_milli(DEFAULT_MILLI_CPU_REQUEST)),
        (STANDARD.memory, Quantity::from_value(DEFAULT_MEMORY_REQUEST, Format::DecimalSI)),
    ]
});

/// The `resources` of a container or a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub struct ContainerResources {
    /// What is set aside for it.
    pub requests: ResourceList,
    /// What it may use.
    pub limits: ResourceList,
}

/// What counts of a container.
#[derive(Clone, Copy, Debug)]
pub struct ContainerInput<'a> {
    /// `resources.requests` of the spec.
    pub requests: &'a ResourceList,
    /// For init containers: whether it keeps running beside the others (`restartPolicy: Always`).
    pub restartable: bool,
    /// `resources.requests` and `allocatedResources` of the container's status, if that has `resources`.
    pub status: Option<(&'a ResourceList, &'a ResourceList)>,
}

/// What counts of a pod.
#[derive(Clone, Debug, Default)]
pub struct PodResources<'a> {
    /// The containers.
    pub containers: Vec<ContainerInput<'a>>,
    /// The init containers, in order.
    pub init_containers: Vec<ContainerInput<'a>>,
    /// `spec.resources.requests`.
    pub pod_level: Option<&'a ResourceList>,
    /// `spec.overhead`.
    pub overhead: Option<&'a ResourceList>,
    /// Whether the first condition `PodResizePending` has the reason `Infeasible` (`IsPodResizeInfeasible`).
    pub resize_infeasible: bool,
}

impl PodResources<'_> {
    /// Whether pod-level requests name any resource that is supported there (`IsPodLevelRequestsSet`).
    pub fn has_pod_level_requests(&self) -> bool {
        self.pod_level_requests().next().is_some()
    }

    fn pod_level_requests(&self) -> impl Iterator<Item = (Name, Quantity)> {
        self.pod_level.into_iter().flat_map(ResourceList::iter).filter(|(resource, _)| {
            *resource == STANDARD.cpu || *resource == STANDARD.memory || is_hugepage_resource_name(resource)
        })
    }
}

/// The feature gates that decide how requests are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestGates {
    /// `InPlacePodVerticalScaling`: running containers count with what their status says.
    pub in_place_pod_vertical_scaling: bool,
    /// `PodLevelResources`: `spec.resources` counts.
    pub pod_level_resources: bool,
}

/// How to read a pod's requests (upstream's type of the same name).
#[derive(Clone, Copy, Debug, Default)]
pub struct PodResourcesOptions<'a> {
    /// Whether what containers have by their status counts, where it is more than the spec.
    pub use_status_resources: bool,
    /// Whether pod-level requests are left aside.
    pub skip_pod_level_resources: bool,
    /// What containers request that say nothing about a resource; an explicit 0 stays 0.
    pub non_missing: Option<&'a [(Name, Quantity)]>,
}

/// Quantities by resource, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceMap(Vec<(Name, Quantity)>);

impl ResourceMap {
    /// The quantity of a resource.
    pub fn get(&self, resource: Name) -> Option<Quantity> {
        self.0.iter().find(|(name, _)| *name == resource).map(|(_, quantity)| *quantity)
    }

    /// All pairs, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Name, Quantity)> + '_ {
        self.0.iter().copied()
    }

    /// Puts `new` where the resource is missing, and what `combine` makes of both where it is not.
    fn merge(&mut self, resource: Name, new: Quantity, combine: impl FnOnce(Quantity, Quantity) -> Quantity) {
        match self.0.binary_search_by(|(name, _)| name.cmp(&resource)) {
            Ok(place) => {
                if let Some((_, quantity)) = self.0.get_mut(place) {
                    *quantity = combine(*quantity, new);
                }
            }
            Err(place) => self.0.insert(place, (resource, new)),
        }
    }

    /// `addResourceList`.
    fn add(&mut self, list: &[(Name, Quantity)]) {
        for (resource, quantity) in list {
            self.merge(*resource, *quantity, |old, new| old + new);
        }
    }

    /// `maxResourceList`: of equal amounts the old spelling stays.
    fn max(&mut self, list: &[(Name, Quantity)]) {
        for (resource, quantity) in list {
            self.merge(*resource, *quantity, |old, new| if new.compare(old).is_gt() { new } else { old });
        }
    }

    fn set(&mut self, resource: Name, quantity: Quantity) {
        self.merge(resource, quantity, |_, new| new);
    }
}

/// What a container counts with.
fn container_requests<'a>(
    container: &ContainerInput<'a>,
    use_status: bool,
    resize_infeasible: bool,
    non_missing: Option<&[(Name, Quantity)]>,
) -> Cow<'a, [(Name, Quantity)]> {
    let mut requests = Cow::Borrowed(container.requests.as_slice());
    if use_status && let Some((actual, allocated)) = container.status {
        // determineContainerReqs: an infeasible resize does not count with what it asks for.
        let mut largest = ResourceMap(if resize_infeasible { Vec::new() } else { requests.into_owned() });
        largest.max(actual.as_slice());
        largest.max(allocated.as_slice());
        requests = Cow::Owned(largest.0);
    }
    if let Some(defaults) = non_missing.filter(|defaults| !defaults.is_empty()) {
        let mut filled = ResourceMap(requests.into_owned());
        for (resource, quantity) in defaults {
            filled.merge(*resource, *quantity, |given, _| given);
        }
        requests = Cow::Owned(filled.0);
    }
    requests
}

/// `AggregateContainerRequests`: the containers' sum, raised to the peak of initialization.
fn aggregate_container_requests(pod: &PodResources<'_>, options: PodResourcesOptions<'_>) -> ResourceMap {
    let effective =
        |container, use_status| container_requests(container, use_status, pod.resize_infeasible, options.non_missing);
    let mut requests = ResourceMap::default();
    for container in &pod.containers {
        requests.add(&effective(container, options.use_status_resources));
    }
    let mut sidecars = ResourceMap::default();
    let mut peak = ResourceMap::default();
    for container in &pod.init_containers {
        let own = effective(container, options.use_status_resources && container.restartable);
        if container.restartable {
            requests.add(&own);
            sidecars.add(&own);
            peak.max(&sidecars.0);
        } else {
            // It runs beside the sidecars that were started before it.
            let mut together = ResourceMap(own.into_owned());
            together.add(&sidecars.0);
            peak.max(&together.0);
        }
    }
    requests.max(&peak.0);
    requests
}

/// A pod's requests (component-helpers `resource/helpers.go` `PodRequests`).
pub fn pod_requests(pod: &PodResources<'_>, options: PodResourcesOptions<'_>) -> ResourceMap {
    let mut requests = aggregate_container_requests(pod, options);
    if !options.skip_pod_level_resources {
        for (resource, quantity) in pod.pod_level_requests() {
            requests.set(resource, quantity);
        }
    }
    if let Some(overhead) = pod.overhead {
        requests.add(overhead.as_slice());
    }
    requests
}

/// What a pod on a node takes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExistingPod {
    /// The real requests.
    pub requested: Resources,
    /// CPU in millicores with the defaults for containers that request none.
    pub non_zero_milli_cpu: i64,
    /// Memory in bytes with the defaults for containers that request none.
    pub non_zero_memory: i64,
}

/// What a pod takes of the node it is on (`framework/types.go` `PodInfo.CalculateResource`).
pub fn existing_pod(pod: &PodResources<'_>, gates: RequestGates) -> ExistingPod {
    let options = PodResourcesOptions {
        use_status_resources: gates.in_place_pod_vertical_scaling,
        skip_pod_level_resources: !gates.pod_level_resources,
        non_missing: None,
    };
    let requests = pod_requests(pod, options);
    let pod_level = gates.pod_level_resources && pod.has_pod_level_requests();
    // With pod-level requests only what is missing altogether is assumed (getNonMissingContainerRequests).
    let defaults: Vec<(Name, Quantity)> = NON_ZERO_DEFAULTS
        .iter()
        .filter(|(resource, _)| !pod_level || requests.get(*resource).is_none())
        .copied()
        .collect();
    let non_zero = pod_requests(pod, PodResourcesOptions { non_missing: Some(&defaults), ..options });
    let mut requested = Resources::default();
    requested.add(requests.iter());
    ExistingPod {
        requested,
        non_zero_milli_cpu: non_zero.get(STANDARD.cpu).unwrap_or_default().milli_value(),
        non_zero_memory: non_zero.get(STANDARD.memory).unwrap_or_default().value(),
    }
}

/// What the incoming pod must find free on a node (`noderesources/fit.go` `computePodResourceRequest`).
pub fn filter_request(pod: &PodResources<'_>, gates: RequestGates) -> Resources {
    let options =
        PodResourcesOptions { skip_pod_level_resources: !gates.pod_level_resources, ..PodResourcesOptions::default() };
    let mut request = Resources::default();
    request.set_max(pod_requests(pod, options).iter());
    request
}

/// What the incoming pod counts with in scoring, one amount per resource asked for: CPU in millicores, the others
/// in their units (`noderesources/resource_allocation.go` `calculatePodResourceRequestList`).
///
/// `use_requested` takes the real requests instead of the ones with non-zero defaults. Mind `gates`: upstream's
/// scorers of `NodeResourcesFit` run with both off, `NodeResourcesBalancedAllocation` with the scheduler's own.
pub fn score_request_list(
    pod: &PodResources<'_>,
    gates: RequestGates,
    resources: impl IntoIterator<Item = Name>,
    use_requested: bool,
) -> Vec<i64> {
    let options = PodResourcesOptions {
        use_status_resources: gates.in_place_pod_vertical_scaling,
        skip_pod_level_resources: !gates.pod_level_resources,
        non_missing: if use_requested { None } else { Some(&*NON_ZERO_DEFAULTS) },
    };
    let requests = pod_requests(pod, options);
    let amount = |resource| {
        let quantity = requests.get(resource).unwrap_or_default();
        if resource == STANDARD.cpu { quantity.milli_value() } else { quantity.value() }
    };
    resources.into_iter().map(amount).collect()
}

/// [`score_request_list`] for one resource (`calculatePodResourceRequest`).
pub fn score_request(pod: &PodResources<'_>, gates: RequestGates, resource: Name, use_requested: bool) -> i64 {
    score_request_list(pod, gates, [resource], use_requested).into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::super::name::name;
    use super::*;

    const ON: RequestGates = RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true };
    const OFF: RequestGates = RequestGates { in_place_pod_vertical_scaling: false, pod_level_resources: false };

    /// A pod as text: lists as JSON.
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Pod {
        containers: Vec<Container>,
        init: Vec<Container>,
        resources: Option<ResourceList>,
        overhead: Option<ResourceList>,
        infeasible: bool,
    }

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Container {
        requests: ResourceList,
        sidecar: bool,
        status: Option<(ResourceList, ResourceList)>,
    }

    impl Container {
        fn input(&self) -> ContainerInput<'_> {
            ContainerInput {
                requests: &self.requests,
                restartable: self.sidecar,
                status: self.status.as_ref().map(|(actual, allocated)| (actual, allocated)),
            }
        }
    }

    impl Pod {
        fn input(&self) -> PodResources<'_> {
            PodResources {
                containers: self.containers.iter().map(Container::input).collect(),
                init_containers: self.init.iter().map(Container::input).collect(),
                pod_level: self.resources.as_ref(),
                overhead: self.overhead.as_ref(),
                resize_infeasible: self.infeasible,
            }
        }
    }

    /// `filter` is CPU and memory that must be free; `existing` CPU and memory requested, then non-zero.
    #[track_caller]
    fn case(pod: &str, filter: (i64, i64), existing: (i64, i64, i64, i64)) {
        let pod: Pod = serde_json::from_str(pod).unwrap();
        let request = filter_request(&pod.input(), ON);
        assert_eq!((request.milli_cpu, request.memory), filter, "filter");
        let found = existing_pod(&pod.input(), ON);
        let found =
            (found.requested.milli_cpu, found.requested.memory, found.non_zero_milli_cpu, found.non_zero_memory);
        assert_eq!(found, existing, "existing");
    }

    const MIB: i64 = 1024 * 1024;

    #[test]
    fn defaults_and_rounding() {
        case("{}", (0, 0), (0, 0, 0, 0));
        case(r#"{"containers":[{},{"requests":{"cpu":"0"}}]}"#, (0, 0), (0, 0, 100, 400 * MIB));
        // Rounded once, after the sum.
        case(
            r#"{"containers":[{"requests":{"cpu":"0.1m","memory":"0.5"}},{"requests":{"cpu":"0.1m","memory":"0.5"}}]}"#,
            (1, 1),
            (1, 1, 1, 1),
        );
        case(
            r#"{"containers":[{"requests":{"cpu":"1"}}],"overhead":{"cpu":"10m","memory":"1"}}"#,
            (1010, 1),
            (1010, 1, 1010, 200 * MIB + 1),
        );
    }

    #[test]
    fn init_containers() {
        // The sidecar runs beside the containers; the second init container beside the sidecar.
        case(
            r#"{"containers":[{"requests":{"cpu":"1","memory":"10"}}],"init":[
                {"requests":{"cpu":"4","memory":"1"}},
                {"requests":{"cpu":"2","memory":"5"},"sidecar":true},
                {"requests":{"cpu":"3","memory":"1"}}]}"#,
            (5000, 15),
            (5000, 15, 5000, 15),
        );
        // The defaults hold for init containers as well.
        case(r#"{"init":[{}]}"#, (0, 0), (0, 0, 100, 200 * MIB));
    }

    #[test]
    fn pod_level() {
        case(
            r#"{"containers":[{"requests":{"cpu":"5"}},{}],"resources":{"cpu":"2","x.io/y":"1"},"overhead":{"cpu":"1"}}"#,
            (3000, 0),
            (3000, 0, 3000, 400 * MIB),
        );
        // Nothing that is supported: as if not there.
        case(r#"{"containers":[{}],"resources":{"ephemeral-storage":"1"}}"#, (0, 0), (0, 0, 100, 200 * MIB));
    }

    #[test]
    fn status() {
        let pod = |infeasible| {
            format!(
                r#"{{"containers":[{{"requests":{{"cpu":"2","memory":"5"}},"status":[{{"cpu":"3","memory":"1"}},{{"memory":"2"}}]}}],
                    "init":[{{"requests":{{"cpu":"9"}},"status":[{{"cpu":"20"}},null]}}],"infeasible":{infeasible}}}"#
            )
        };
        case(&pod(false), (9000, 5), (9000, 5, 9000, 200 * MIB));
        case(&pod(true), (9000, 5), (9000, 2, 9000, 200 * MIB));
    }

    #[test]
    fn scoring() {
        let pod: Pod = serde_json::from_str(
            r#"{"containers":[{"requests":{"cpu":"0","x.io/y":"2"},"status":[{"cpu":"7"},null]},{}],"resources":{"cpu":"3"}}"#,
        )
        .unwrap();
        let resources = [STANDARD.cpu, STANDARD.memory, name("x.io/y"), name("x.io/z")];
        let list = |gates, use_requested| score_request_list(&pod.input(), gates, resources, use_requested);
        assert_eq!(list(OFF, false), [100, 400 * MIB, 2, 0]);
        assert_eq!(list(OFF, true), [0, 0, 2, 0]);
        assert_eq!(list(ON, true), [3000, 0, 2, 0]);
        assert_eq!(score_request(&pod.input(), OFF, STANDARD.cpu, false), 100);
    }
}
