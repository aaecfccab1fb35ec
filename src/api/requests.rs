//! What a pod requests, in the four readings of it that the scheduler has.
//!
//! [`pod_requests`] is the common rule (component-helpers `resource/helpers.go` `PodRequests`):
//! the containers' sum, but at least what initialization needs at its peak; pod-level requests
//! instead, where given; and the overhead on top. While a pod is resized in place, the largest of what it
//! asks for, was allocated and runs with counts. The readings differ in options:
//! [`existing_pod`] for pods on nodes, [`filter_request`] and [`score_request`] for the incoming one.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::name::Name;
use super::quantity::{Quantity, QuantityFormat};
use super::resources::{ResourceList, Resources, STANDARD, is_hugepage_resource_name};

/// CPU in millicores that scoring assumes of a container without a request (`schedutil.DefaultMilliCPURequest`).
pub const DEFAULT_MILLI_CPU_REQUEST: i64 = 100;
/// Memory in bytes that scoring assumes of a container without a request (`schedutil.DefaultMemoryRequest`).
pub const DEFAULT_MEMORY_REQUEST: i64 = 200 * 1024 * 1024;

/// Both assumptions as [`PodResourcesOptions::non_missing`] takes them.
static NON_ZERO_DEFAULTS: LazyLock<[(Name, Quantity); 2]> = LazyLock::new(|| {
    [
        (STANDARD.cpu, Quantity::from_milli(DEFAULT_MILLI_CPU_REQUEST)),
        (STANDARD.memory, Quantity::from_value(DEFAULT_MEMORY_REQUEST, QuantityFormat::DecimalSI)),
    ]
});

/// The `resources` of a container or a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// What its status says of its resources.
    pub status: ReportedResources<'a>,
}

/// What the status of a pod or a container says of its resources.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportedResources<'a> {
    /// Whether it has `resources`.
    pub has_resources: bool,
    /// `resources.requests`: what it runs with.
    pub actuated: Option<&'a ResourceList>,
    /// `allocatedResources`: what the node has set aside.
    pub allocated: Option<&'a ResourceList>,
}

impl<'a> ReportedResources<'a> {
    fn actuated(&self) -> &'a [(Name, Quantity)] {
        self.actuated.map_or(&[], ResourceList::as_slice)
    }

    fn allocated(&self) -> &'a [(Name, Quantity)] {
        self.allocated.map_or(&[], ResourceList::as_slice)
    }
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
    /// What the pod's status says of the resources of the pod as a whole.
    pub status: ReportedResources<'a>,
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
        self.pod_level.into_iter().flat_map(ResourceList::iter).filter(|(resource, _)| is_pod_level(*resource))
    }

    /// Whether upstream adds the overhead to the specification itself, once more each time the requests are read: a
    /// pod-level request that is kept as `inf.Dec` is summed up in place (`PodRequests`, `addResourceList`). API
    /// servers store quantities in a form in which that takes more than fifteen digits.
    pub fn accumulates_overhead(&self, gates: RequestGates) -> bool {
        gates.pod_level_resources && self.accumulated(1).next().is_some()
    }

    /// What that adds, after the requests were read so many times before.
    fn accumulated(&self, earlier_readings: usize) -> impl Iterator<Item = (Name, Quantity)> {
        let decimal = self.pod_level_requests().filter(|(_, quantity)| quantity.is_decimal());
        let overhead = decimal.filter_map(|(resource, _)| Some((resource, self.overhead?.get(resource)?)));
        overhead.flat_map(move |pair| std::iter::repeat_n(pair, earlier_readings))
    }

    /// The largest of the pod-level requests in spec and status; an infeasible resize does not count with what it
    /// asks for.
    fn resized_pod_level_requests(&self) -> ResourceMap {
        let spec = self.pod_level.filter(|_| !self.resize_infeasible);
        let mut largest = ResourceMap(spec.map(|spec| spec.as_slice().to_vec()).unwrap_or_default());
        largest.max(self.status.actuated());
        largest.max(self.status.allocated());
        largest
    }
}

/// Whether a pod as a whole can request it (`IsSupportedPodLevelResource`).
fn is_pod_level(resource: Name) -> bool {
    resource == STANDARD.cpu || resource == STANDARD.memory || is_hugepage_resource_name(&resource)
}

/// The feature gates that decide how requests are read, and what else differs between versions there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent difference with a name")]
pub struct RequestGates {
    /// `InPlacePodVerticalScaling`: running containers count with what their status says.
    pub in_place_pod_vertical_scaling: bool,
    /// `PodLevelResources`: `spec.resources` counts.
    pub pod_level_resources: bool,
    /// `InPlacePodLevelResourcesVerticalScaling`: so does what the pod's status says of the pod as a whole.
    pub in_place_pod_level_resources_vertical_scaling: bool,
    /// The largest of spec and status is taken of whole pods, not container by container.
    pub maximum_of_whole_pods: bool,
}

impl RequestGates {
    /// Only what the containers' specifications say counts.
    pub const OFF: Self = Self {
        in_place_pod_vertical_scaling: false,
        pod_level_resources: false,
        in_place_pod_level_resources_vertical_scaling: false,
        maximum_of_whole_pods: false,
    };

    /// How these gates have a pod on a node read.
    pub fn options(self) -> PodResourcesOptions<'static> {
        PodResourcesOptions {
            use_status_resources: self.in_place_pod_vertical_scaling,
            use_pod_level_status: self.in_place_pod_level_resources_vertical_scaling,
            skip_pod_level_resources: !self.pod_level_resources,
            maximum_of_whole_pods: self.maximum_of_whole_pods,
            earlier_readings: 0,
            non_missing: None,
        }
    }
}

impl Default for RequestGates {
    /// As the reference version has them.
    fn default() -> Self {
        Self { in_place_pod_vertical_scaling: true, pod_level_resources: true, ..Self::OFF }
    }
}

/// How to read a pod's requests (upstream's type of the same name).
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "upstream's options, each by itself")]
pub struct PodResourcesOptions<'a> {
    /// Whether what containers have by their status counts, where it is more than the spec.
    pub use_status_resources: bool,
    /// Whether, with `use_status_resources`, what the pod as a whole has by its status counts, too.
    pub use_pod_level_status: bool,
    /// Whether the largest of spec and status is taken of whole pods.
    pub maximum_of_whole_pods: bool,
    /// Whether pod-level requests are left aside.
    pub skip_pod_level_resources: bool,
    /// How often the requests were read before ([`PodResources::accumulates_overhead`]).
    pub earlier_readings: usize,
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

/// What a container requests.
type Requests<'a> = Cow<'a, [(Name, Quantity)]>;

/// The containers' sum, raised to the peak of initialization. `requests` says what a container counts with, and is
/// given whether it is one that ends before the others start.
fn sum_of_containers<'a>(
    pod: &PodResources<'a>,
    non_missing: Option<&[(Name, Quantity)]>,
    requests: impl Fn(&ContainerInput<'a>, bool) -> Requests<'a>,
) -> ResourceMap {
    let effective = |container: &ContainerInput<'a>, ends_first| {
        let mut requests = requests(container, ends_first);
        if let Some(defaults) = non_missing.filter(|defaults| !defaults.is_empty()) {
            let mut filled = ResourceMap(requests.into_owned());
            for (resource, quantity) in defaults {
                filled.merge(*resource, *quantity, |given, _| given);
            }
            requests = Cow::Owned(filled.0);
        }
        requests
    };
    let mut sum = ResourceMap::default();
    for container in &pod.containers {
        sum.add(&effective(container, false));
    }
    let mut sidecars = ResourceMap::default();
    let mut peak = ResourceMap::default();
    for container in &pod.init_containers {
        let own = effective(container, !container.restartable);
        if container.restartable {
            sum.add(&own);
            sidecars.add(&own);
            peak.max(&sidecars.0);
        } else {
            // It runs beside the sidecars that were started before it.
            let mut together = ResourceMap(own.into_owned());
            together.add(&sidecars.0);
            peak.max(&together.0);
        }
    }
    sum.max(&peak.0);
    sum
}

fn of_spec<'a>(container: &ContainerInput<'a>) -> Requests<'a> {
    Cow::Borrowed(container.requests.as_slice())
}

/// The largest of what a container's spec and status say (`determineEffectiveRequests`, until v1.36).
fn of_spec_or_status<'a>(container: &ContainerInput<'a>, resize_infeasible: bool) -> Requests<'a> {
    if !container.status.has_resources {
        return of_spec(container);
    }
    // An infeasible resize does not count with what it asks for.
    let mut largest = ResourceMap(if resize_infeasible { Vec::new() } else { container.requests.as_slice().to_vec() });
    largest.max(container.status.actuated());
    largest.max(container.status.allocated());
    Cow::Owned(largest.0)
}

/// `containerAllocatedRequests`, from v1.37 on.
fn allocated<'a>(container: &ContainerInput<'a>, resize_infeasible: bool) -> Requests<'a> {
    match container.status.allocated {
        Some(allocated) => Cow::Borrowed(allocated.as_slice()),
        None if resize_infeasible => Cow::Borrowed(&[]),
        None => of_spec(container),
    }
}

/// `containerActuatedRequests`, from v1.37 on.
fn actuated<'a>(container: &ContainerInput<'a>, resize_infeasible: bool) -> Requests<'a> {
    match container.status.actuated {
        Some(actuated) => Cow::Borrowed(actuated.as_slice()),
        None => allocated(container, resize_infeasible),
    }
}

/// What the containers request (`AggregateContainerRequests`).
fn aggregate_container_requests<'a>(pod: &PodResources<'a>, options: PodResourcesOptions<'_>) -> ResourceMap {
    let sum = |requests: fn(&ContainerInput<'a>, bool) -> Requests<'a>| {
        sum_of_containers(pod, options.non_missing, |container, _| requests(container, pod.resize_infeasible))
    };
    let spec = || sum_of_containers(pod, options.non_missing, |container, _| of_spec(container));
    if !options.use_status_resources {
        return spec();
    }
    if !options.maximum_of_whole_pods {
        return sum_of_containers(pod, options.non_missing, |container, ends_first| {
            if ends_first { of_spec(container) } else { of_spec_or_status(container, pod.resize_infeasible) }
        });
    }
    // What the status says of the whole pod is the sum over its containers already.
    let whole = pod.status.allocated.zip(pod.status.actuated).filter(|_| options.use_pod_level_status);
    let (allocated, actuated) = match whole {
        Some((allocated, actuated)) => {
            (ResourceMap(allocated.as_slice().to_vec()), ResourceMap(actuated.as_slice().to_vec()))
        }
        None => (sum(allocated), sum(actuated)),
    };
    let mut largest = if pod.resize_infeasible { ResourceMap::default() } else { spec() };
    largest.max(&actuated.0);
    largest.max(&allocated.0);
    largest
}

/// A pod's requests (component-helpers `resource/helpers.go` `PodRequests`).
pub fn pod_requests(pod: &PodResources<'_>, options: PodResourcesOptions<'_>) -> ResourceMap {
    let mut requests = aggregate_container_requests(pod, options);
    if !options.skip_pod_level_resources && pod.has_pod_level_requests() {
        let resized = (options.use_status_resources && options.use_pod_level_status && pod.status.has_resources)
            .then(|| pod.resized_pod_level_requests());
        match resized {
            None => {
                pod.pod_level_requests().for_each(|(resource, quantity)| requests.set(resource, quantity));
                requests.add(&pod.accumulated(options.earlier_readings).collect::<Vec<_>>());
            }
            Some(resized) if options.maximum_of_whole_pods => {
                let resized = resized.iter().filter(|(resource, _)| is_pod_level(*resource));
                resized.for_each(|(resource, quantity)| requests.set(resource, quantity));
            }
            // Until v1.36 the status changes what the spec names, and adds nothing.
            Some(resized) => pod.pod_level_requests().for_each(|(resource, _)| {
                requests.set(resource, resized.get(resource).unwrap_or_default());
            }),
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
    let options = gates.options();
    let mut requests = pod_requests(pod, options);
    let pod_level = gates.pod_level_resources && pod.has_pod_level_requests();
    // With pod-level requests only what is missing altogether is assumed (getNonMissingContainerRequests).
    let defaults: Vec<(Name, Quantity)> = NON_ZERO_DEFAULTS
        .iter()
        .filter(|(resource, _)| !pod_level || requests.get(*resource).is_none())
        .copied()
        .collect();
    // With defaults, upstream reads the requests twice and uses both afterwards.
    let earlier_readings = usize::from(!defaults.is_empty());
    if pod.accumulates_overhead(gates) {
        requests = pod_requests(pod, PodResourcesOptions { earlier_readings, ..options });
    }
    let non_zero = pod_requests(pod, PodResourcesOptions { non_missing: Some(&defaults), earlier_readings, ..options });
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
/// `earlier_readings` as in [`PodResourcesOptions`]. `use_requested` takes the real requests instead of the ones with
/// non-zero defaults. `gates` differ: upstream's
/// scorers of `NodeResourcesFit` run with both off, `NodeResourcesBalancedAllocation` with the scheduler's own.
pub fn score_request_list(
    pod: &PodResources<'_>,
    gates: RequestGates,
    resources: impl IntoIterator<Item = Name>,
    use_requested: bool,
    earlier_readings: usize,
) -> Vec<i64> {
    let non_missing = if use_requested { None } else { Some(NON_ZERO_DEFAULTS.as_slice()) };
    let options = PodResourcesOptions { non_missing, ..gates.options() };
    let requests = pod_requests(pod, options);
    let accumulates = pod.accumulates_overhead(gates);
    let amount = |(place, resource)| {
        // Upstream reads the requests once for each resource.
        let again = PodResourcesOptions { earlier_readings: earlier_readings + place, ..options };
        let quantity = if accumulates { pod_requests(pod, again).get(resource) } else { requests.get(resource) };
        let quantity = quantity.unwrap_or_default();
        if resource == STANDARD.cpu { quantity.milli_value() } else { quantity.value() }
    };
    resources.into_iter().enumerate().map(amount).collect()
}

/// [`score_request_list`] for one resource (`calculatePodResourceRequest`).
pub fn score_request(pod: &PodResources<'_>, gates: RequestGates, resource: Name, use_requested: bool) -> i64 {
    score_request_list(pod, gates, [resource], use_requested, 0).into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::super::name::name;
    use super::*;

    const OFF: RequestGates = RequestGates::OFF;
    const ON: RequestGates = RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true, ..OFF };
    const POD_LEVEL_STATUS: RequestGates = RequestGates { in_place_pod_level_resources_vertical_scaling: true, ..ON };
    const WHOLE_PODS: RequestGates = RequestGates { maximum_of_whole_pods: true, ..POD_LEVEL_STATUS };

    /// A pod as text: lists as JSON.
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Pod {
        containers: Vec<Container>,
        init: Vec<Container>,
        resources: Option<ResourceList>,
        overhead: Option<ResourceList>,
        /// The same of the status: actuated and allocated.
        status: Option<(Option<ResourceList>, Option<ResourceList>)>,
        infeasible: bool,
    }

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Container {
        requests: ResourceList,
        sidecar: bool,
        /// Actuated and allocated.
        status: Option<(Option<ResourceList>, Option<ResourceList>)>,
    }

    fn reported(status: Option<&(Option<ResourceList>, Option<ResourceList>)>) -> ReportedResources<'_> {
        ReportedResources {
            has_resources: status.is_some(),
            actuated: status.and_then(|(actuated, _)| actuated.as_ref()),
            allocated: status.and_then(|(_, allocated)| allocated.as_ref()),
        }
    }

    impl Container {
        fn input(&self) -> ContainerInput<'_> {
            ContainerInput {
                requests: &self.requests,
                restartable: self.sidecar,
                status: reported(self.status.as_ref()),
            }
        }
    }

    impl Pod {
        fn input(&self) -> PodResources<'_> {
            PodResources {
                containers: self.containers.iter().map(Container::input).collect(),
                init_containers: self.init.iter().map(Container::input).collect(),
                pod_level: self.resources.as_ref(),
                status: reported(self.status.as_ref()),
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

    /// CPU that a pod on a node takes, with each set of gates.
    #[track_caller]
    fn resized(pod: &str, on: i64, pod_level_status: i64, whole_pods: i64) {
        let pod: Pod = serde_json::from_str(pod).unwrap();
        let found =
            [ON, POD_LEVEL_STATUS, WHOLE_PODS].map(|gates| existing_pod(&pod.input(), gates).requested.milli_cpu);
        assert_eq!(found, [on, pod_level_status, whole_pods]);
    }

    #[test]
    fn the_maximum_is_taken_of_containers_or_of_whole_pods() {
        // One container grows, the other shrinks.
        let pod = |infeasible| {
            format!(
                r#"{{"containers":[{{"requests":{{"cpu":"3"}},"status":[{{"cpu":"1"}},{{"cpu":"1"}}]}},
                                 {{"requests":{{"cpu":"1"}},"status":[{{"cpu":"2"}},{{"cpu":"2"}}]}}],
                    "infeasible":{infeasible}}}"#
            )
        };
        resized(&pod(false), 5000, 5000, 4000);
        resized(&pod(true), 3000, 3000, 3000);
        // What is not reported falls back: actuated to allocated to spec, or to nothing while it is infeasible.
        let pod = r#"{"containers":[{"requests":{"cpu":"3"},"status":[null,{"cpu":"4"}]},{"requests":{"cpu":"1"}}]}"#;
        resized(pod, 5000, 5000, 5000);
        let pod = r#"{"containers":[{"requests":{"cpu":"3"},"status":[null,{"cpu":"4"}]},{"requests":{"cpu":"1"}}],
                      "infeasible":true}"#;
        resized(pod, 5000, 5000, 4000);
        // An init container that ends counts with its status, too.
        resized(r#"{"init":[{"requests":{"cpu":"1"},"status":[{"cpu":"2"},null]}]}"#, 1000, 1000, 2000);
    }

    #[test]
    fn a_fraction_of_a_binary_unit_takes_the_overhead_again_at_each_reading() {
        let pod = |memory: &str| -> Pod {
            let text =
                format!(r#"{{"containers":[{{}}],"resources":{{"memory":"{memory}"}},"overhead":{{"memory":"1"}}}}"#);
            serde_json::from_str(&text).unwrap()
        };
        let memory = |text: &str| {
            let pod = pod(text);
            let existing = existing_pod(&pod.input(), ON);
            let scored = score_request_list(&pod.input(), ON, [STANDARD.cpu, STANDARD.memory], true, 2);
            let beyond = |bytes: i64| bytes - 1024 * MIB;
            (beyond(filter_request(&pod.input(), ON).memory), beyond(existing.requested.memory), beyond(scored[1]))
        };
        assert_eq!(memory("1Gi"), (1, 1, 1));
        assert_eq!(memory("1.0Gi"), (1, 2, 4));
    }

    #[test]
    fn the_status_of_the_whole_pod() {
        let pod = |infeasible| {
            format!(
                r#"{{"containers":[{{"requests":{{"cpu":"1"}}}}],"resources":{{"cpu":"2"}},
                    "status":[{{"cpu":"3"}},{{"memory":"1"}}],"infeasible":{infeasible}}}"#
            )
        };
        resized(&pod(false), 2000, 3000, 3000);
        resized(&pod(true), 2000, 3000, 3000);
        // Only what the spec names is changed until v1.36, and an infeasible resize leaves nothing of it.
        let pod = r#"{"containers":[{"requests":{"cpu":"1"}}],"resources":{"cpu":"2"},"status":[null,{"memory":"1"}],
                      "infeasible":true}"#;
        resized(pod, 2000, 0, 0);
        // Without pod-level requests only whole pods look at it.
        let pod = r#"{"containers":[{"requests":{"cpu":"1"}}],"status":[{"cpu":"3"},{"cpu":"2"}]}"#;
        resized(pod, 1000, 1000, 3000);
    }

    #[test]
    fn scoring() {
        let pod: Pod = serde_json::from_str(
            r#"{"containers":[{"requests":{"cpu":"0","x.io/y":"2"},"status":[{"cpu":"7"},null]},{}],"resources":{"cpu":"3"}}"#,
        )
        .unwrap();
        let resources = [STANDARD.cpu, STANDARD.memory, name("x.io/y"), name("x.io/z")];
        let list = |gates, use_requested| score_request_list(&pod.input(), gates, resources, use_requested, 0);
        assert_eq!(list(OFF, false), [100, 400 * MIB, 2, 0]);
        assert_eq!(list(OFF, true), [0, 0, 2, 0]);
        assert_eq!(list(ON, true), [3000, 0, 2, 0]);
        assert_eq!(score_request(&pod.input(), OFF, STANDARD.cpu, false), 100);
    }
}
