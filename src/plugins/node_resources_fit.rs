//! NodeResourcesFit: the pod's requests must fit beside those of the pods on the node.
//!
//! Only requests count, never what runs hot. The score follows the profile's strategy over the
//! requests with the 100m/200Mi defaults. <https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/>;
//! upstream plugins/noderesources/fit.go.

mod placement;

use crate::api::UpstreamError;
use crate::api::name::Name;
use crate::api::requests::{self, RequestGates};
use crate::api::resources::{Resources, STANDARD, is_extended_resource_name};
use crate::config::{Behaviour, DeviceBehaviour, NodeResourcesFitArgs};
use crate::framework::cache::{RepeatedScorer, SharedKey};
use crate::framework::{
    Amount, Code, Cycle, Fact, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, IncrementalScorer,
    NodeFilter, NodeScorer, Plugin, PreFilter, PreFilterPlugin, PreScore, PreScorePlugin, Reason, Rejection,
    ScorePlugin, Unprepared, points,
};
use crate::state::{NodeInfo, Pod};

use super::dynamic_resources::DeviceCounter;
use super::extended_resources;
use super::resource_allocation::{AllocationStrategy, ResourceAllocation, ScoredResources};

const NAME: &str = "NodeResourcesFit";

/// The plugin.
pub struct NodeResourcesFit {
    ignored_resources: Vec<Name>,
    ignored_resource_groups: Vec<Name>,
    gates: RequestGates,
    /// [`Behaviour::request_above_allocatable_is_unresolvable`].
    above_allocatable_is_unresolvable: bool,
    /// [`Behaviour::negative_scalar_requests_are_ignored`].
    ignores_negative_scalars: bool,
    scored: ScoredResources,
    strategy: AllocationStrategy,
    /// The gate `DRAExtendedResource`, and what it means in this version.
    served_by_devices: Option<DeviceBehaviour>,
    devices: DeviceCounter,
}

impl NodeResourcesFit {
    /// With the profile's arguments, which validation has found sound.
    pub fn new(args: &NodeResourcesFitArgs, behaviour: &Behaviour) -> Self {
        Self {
            ignored_resources: args.ignored_resources.clone(),
            ignored_resource_groups: args.ignored_resource_groups.clone(),
            gates: behaviour.request_gates(),
            above_allocatable_is_unresolvable: behaviour.request_above_allocatable_is_unresolvable,
            ignores_negative_scalars: behaviour.negative_scalar_requests_are_ignored,
            scored: ScoredResources::new(&args.resources),
            strategy: AllocationStrategy::of(&args.strategy),
            served_by_devices: extended_resources::is_on(behaviour).then_some(behaviour.devices),
            devices: DeviceCounter::new(behaviour),
        }
    }

    fn filter_of(&self, cycle: Cycle<'_>) -> Filter<'_> {
        let request = requests::filter_request(&cycle.pod.class.template.resources(), self.gates);
        let served = self.served_by_devices(&request, cycle);
        Filter { plugin: self, request, served }
    }

    /// Resources that DynamicResources judges on nodes that have none of their own
    /// (upstream fit.go, shouldDelegateResourceToDRA; withDeviceClass of v1.34).
    fn served_by_devices(&self, request: &Resources, cycle: Cycle<'_>) -> Vec<Name> {
        let Some(behaviour) = &self.served_by_devices else { return Vec::new() };
        let requested = || request.scalars.iter().filter(|(_, amount)| *amount != 0).map(|(resource, _)| resource);
        if behaviour.extended_requests_per_container && !requested().any(|name| is_extended_resource_name(&name)) {
            // Without a map of classes v1.34 leaves every scalar resource to DynamicResources, which looks at none of them.
            return requested().collect();
        }
        let devices = &cycle.cluster.devices;
        requested().filter(|name| extended_resources::class_of(devices, *name, behaviour).is_some()).collect()
    }

    /// Scoring looks neither at pod-level resources nor at the status of the incoming pod
    /// (upstream leaves both switches of its scorer unset).
    fn scorer<'a>(&'a self, pod: &Pod) -> Scorer<'a> {
        Scorer { plugin: self, allocation: self.scored.allocation(pod, RequestGates::OFF, false, 0) }
    }

    fn scorer_with_devices<'a>(&'a self, cycle: Cycle<'a>) -> Scorer<'a> {
        let scorer = self.scorer(cycle.pod);
        let devices = self.devices.totals(cycle, self.scored.names());
        Scorer { allocation: scorer.allocation.with_devices(devices), ..scorer }
    }

    fn ignores(&self, resource: Name) -> bool {
        let in_group = || {
            let group = resource.split('/').next().unwrap_or_default();
            self.ignored_resource_groups.iter().any(|ignored| *ignored == group)
        };
        is_extended_resource_name(&resource) && (self.ignored_resources.contains(&resource) || in_group())
    }
}

impl Plugin for NodeResourcesFit {
    fn name(&self) -> &'static str {
        NAME
    }

    points!(pre_filter, filter, pre_score, score, placement_score, incremental);
}

impl IncrementalPlugin for NodeResourcesFit {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::filter(self.filter_of(cycle))
    }

    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        if self.devices.totals(cycle, self.scored.names()).is_some() {
            return Incremental::scorer(RepeatedScorer::new(
                self,
                |plugin, cycle| Some(Box::new(plugin.scorer_with_devices(cycle))),
                None,
            ));
        }
        Incremental::scorer(self.scorer(cycle.pod))
    }
}

impl PreFilterPlugin for NodeResourcesFit {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        PreFilter::run(self.filter_of(cycle))
    }
}

impl FilterPlugin for NodeResourcesFit {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Unprepared(NAME))
    }
}

struct Filter<'a> {
    plugin: &'a NodeResourcesFit,
    request: Resources,
    /// Resources that devices may serve.
    served: Vec<Name>,
}

/// One resource of the pod on one node, in the scheduler's units.
struct Demand {
    resource: Name,
    requested: i64,
    used: i64,
    allocatable: i64,
}

impl Demand {
    fn fits(&self) -> bool {
        fits(self.requested, self.used, self.allocatable)
    }

    /// More than the whole node has.
    fn is_above_allocatable(&self) -> bool {
        self.requested > self.allocatable
    }

    fn reason(&self) -> Reason {
        let amount = |value| Amount::new(self.resource, value);
        Reason::InsufficientResource {
            resource: self.resource,
            requested: amount(self.requested),
            used: amount(self.used),
            allocatable: amount(self.allocatable),
            short: amount(self.requested.wrapping_sub(self.allocatable.wrapping_sub(self.used))),
        }
    }
}

/// Whether there is room for a request beside what is used.
fn fits(requested: i64, used: i64, allocatable: i64) -> bool {
    requested <= allocatable.wrapping_sub(used)
}

impl Filter<'_> {
    /// What is compared on `node`. cpu, memory and ephemeral-storage only when asked for at all;
    /// a negative request (one that wrapped in 64 bits) asks for nothing.
    fn demands(&self, node: &NodeInfo) -> impl Iterator<Item = Demand> {
        let (request, used, allocatable) = (&self.request, &node.requested, &node.node.allocatable);
        let built_in = [
            (STANDARD.cpu, request.milli_cpu, used.milli_cpu, allocatable.milli_cpu),
            (STANDARD.memory, request.memory, used.memory, allocatable.memory),
            (
                STANDARD.ephemeral_storage,
                request.ephemeral_storage,
                used.ephemeral_storage,
                allocatable.ephemeral_storage,
            ),
        ]
        .into_iter()
        .filter(|(_, requested, ..)| *requested > 0)
        .map(|(resource, requested, used, allocatable)| Demand { resource, requested, used, allocatable });
        let scalars = request
            .scalars
            .iter()
            .filter(|(_, requested)| *requested > 0 || (*requested < 0 && !self.plugin.ignores_negative_scalars))
            .filter(|(resource, _)| !self.plugin.ignores(*resource))
            .filter(|(resource, _)| !self.is_left_to_devices(node, *resource))
            .map(|(resource, requested)| Demand {
                resource,
                requested,
                used: used.scalars.get(resource),
                allocatable: allocatable.scalars.get(resource),
            });
        built_in.chain(scalars)
    }

    fn is_left_to_devices(&self, node: &NodeInfo, resource: Name) -> bool {
        self.served.contains(&resource)
            && self.plugin.served_by_devices.as_ref().is_some_and(|behaviour| {
                extended_resources::is_left_to_devices(&node.node.allocatable.scalars, resource, behaviour)
            })
    }

    /// A pod that requests nothing at all is only counted. A scalar key with value 0 is a request.
    fn requests_nothing(&self) -> bool {
        let request = &self.request;
        request.milli_cpu == 0 && request.memory == 0 && request.ephemeral_storage == 0 && request.scalars.is_empty()
    }
}

impl IncrementalFilter for Filter<'_> {}

impl NodeFilter for Filter<'_> {
    /// Upstream fitsRequest: all shortages are named; one beyond the node's size makes the whole
    /// answer unresolvable, as no preemption can help.
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let mut rejection = Rejection { code: Code::Unschedulable, reasons: Vec::new() };
        let pods = node.pods.len() as i64;
        if pods + 1 > node.node.allocatable.allowed_pod_number {
            rejection
                .reasons
                .push(Reason::TooManyPods { used: pods, allocatable: node.node.allocatable.allowed_pod_number });
        }
        if !self.requests_nothing() {
            for demand in self.demands(node).filter(|demand| !demand.fits()) {
                if self.plugin.above_allocatable_is_unresolvable && demand.is_above_allocatable() {
                    rejection.code = Code::UnschedulableAndUnresolvable;
                }
                rejection.reasons.push(demand.reason());
            }
        }
        if rejection.reasons.is_empty() { Ok(()) } else { Err(rejection) }
    }

    fn admits(&self, node: &NodeInfo) -> Option<bool> {
        let (request, used, allocatable) = (&self.request, &node.requested, &node.node.allocatable);
        let has_room =
            |requested: i64, used: i64, allocatable: i64| requested <= 0 || fits(requested, used, allocatable);
        let admitted = (node.pods.len() as i64) < allocatable.allowed_pod_number
            && has_room(request.milli_cpu, used.milli_cpu, allocatable.milli_cpu)
            && has_room(request.memory, used.memory, allocatable.memory)
            && has_room(request.ephemeral_storage, used.ephemeral_storage, allocatable.ephemeral_storage)
            // Resources by name are looked for on the node one by one.
            && (request.scalars.is_empty() || self.demands(node).all(|demand| demand.fits()));
        Some(admitted)
    }

    fn shared_key(&self) -> Option<SharedKey> {
        Some(SharedKey::of((self.request.clone(), self.served.clone())))
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let pods = STANDARD.pods;
        let count = Fact::Resource {
            resource: pods,
            requested: Amount::new(pods, 1),
            used: Amount::new(pods, node.pods.len() as i64),
            allocatable: Amount::new(pods, node.node.allocatable.allowed_pod_number),
            score: None,
            weight: None,
        };
        let resources = self.demands(node).map(|demand| Fact::Resource {
            resource: demand.resource,
            requested: Amount::new(demand.resource, demand.requested),
            used: Amount::new(demand.resource, demand.used),
            allocatable: Amount::new(demand.resource, demand.allocatable),
            score: None,
            weight: None,
        });
        std::iter::once(count).chain(resources).collect()
    }
}

impl PreScorePlugin for NodeResourcesFit {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        PreScore::Run(Box::new(self.scorer_with_devices(cycle)))
    }
}

impl ScorePlugin for NodeResourcesFit {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        Box::new(self.scorer_with_devices(cycle))
    }
}

struct Scorer<'a> {
    plugin: &'a NodeResourcesFit,
    allocation: ResourceAllocation<'a>,
}

impl IncrementalScorer for Scorer<'_> {}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        if self.plugin.scored.is_empty() {
            return Err("resources not found".into());
        }
        Ok(self.plugin.strategy.score(self.allocation.shares(node)))
    }

    fn shared_key(&self) -> Option<SharedKey> {
        self.allocation.shared_key()
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        self.allocation.facts(node, |share| self.plugin.strategy.resource_score(share))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::{ObjectKey, Timestamp, name};
    use crate::config::SchedulerConfig;
    use crate::framework::Notes;
    use crate::plugins::volume_state;

    /// A pod with these requests on a node with one FPGA, where a class of devices serves GPUs.
    #[track_caller]
    fn case(version: &str, requests: &Value, expected: &str) {
        let cluster = volume_state::cluster(&[
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"},
                "status": {"allocatable": {"cpu": "4", "pods": "9", "example.com/fpga": "1"}}}),
            json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "d"},
                "spec": {"extendedResourceName": "example.com/gpu"}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"},
                "spec": {"containers": [{"name": "c", "resources": {"requests": requests}}]}}),
        ]);
        let behaviour = Behaviour::with_feature_gates(version.parse().unwrap(), "DRAExtendedResource=true").unwrap();
        let config = SchedulerConfig::default_for(&behaviour);
        let plugin = NodeResourcesFit::new(&config.profiles[0].args.node_resources_fit, &behaviour);
        let notes = Notes::default();
        let pod = cluster.pod_named(ObjectKey::new(name("n"), name("p"))).unwrap();
        let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
        let (filter, node) = (plugin.filter_of(cycle), &cluster.nodes()[0]);
        let said = filter.filter(node).map_or_else(|rejection| rejection.message(), |()| "fits".to_owned());
        assert_eq!(said, expected, "{version} {requests}");
        assert_eq!(filter.admits(node), Some(expected == "fits"), "{version} {requests}");
    }

    #[test]
    fn what_devices_serve_is_left_to_them() {
        for version in ["v1.34", "v1.35"] {
            case(version, &json!({"cpu": "4"}), "fits");
            case(version, &json!({"cpu": "5"}), "Insufficient cpu");
            case(version, &json!({"example.com/fpga": "1"}), "fits");
            case(version, &json!({"example.com/fpga": "2"}), "Insufficient example.com/fpga");
            case(version, &json!({"example.com/gpu": "1"}), "fits");
            case(version, &json!({"example.com/other": "1"}), "Insufficient example.com/other");
        }
        // fit.go of v1.34: without an extended resource there is no map of classes, and each name is left to devices.
        case("v1.34", &json!({"hugepages-2Mi": "2Mi"}), "fits");
        case("v1.35", &json!({"hugepages-2Mi": "2Mi"}), "Insufficient hugepages-2Mi");
    }
}
