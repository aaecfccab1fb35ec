//! Which kinds of objects an answer rests on, beside pods and nodes.
//!
//! One table says what each plugin reads, and what it must find in a pod to read it. A live cluster
//! is asked for these kinds only; and when one of them may not be listed, the table says which
//! plugins have to do without.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::Name;
use crate::api::meta::OwnerReference;
use crate::api::pod_spec::{PodAffinity, PodSpec};
use crate::api::resources::is_extended_resource_name;
use crate::api::volume::VolumeSource;
use crate::config::{Behaviour, DefaultConstraints, PodGroupScheduling, Profile, SchedulerConfig};
use crate::decode::pod::PodObject;
use crate::decode::workload::{Workload, WorkloadKind};
use crate::decode::{Kind, Object};
use crate::state::default_selector;
use crate::state::devices::IMPLICIT_EXTENDED_RESOURCE_PREFIX;

/// What of a pod makes a plugin read a kind.
#[derive(Clone, Copy)]
enum When {
    /// Whatever the pod.
    Always,
    /// It has volumes that are claims, by name or ephemeral.
    HasClaims,
    /// It has volumes that may count against a driver's limit: claims, and disks of a kind that moved to CSI.
    HasCountedVolumes,
    /// It has resource claims, or asks for an extended resource that a DeviceClass may serve.
    ClaimsDevices,
    /// The same, where DeviceTaintRules count.
    ClaimsDevicesThatRulesTaint,
    /// It, or any pod that it may stand beside, selects namespaces by label in a term of its pod affinity.
    NamespacesAreSelected,
    /// It is in a group that kube-scheduler schedules as one.
    IsInPodGroup,
    /// It is in a pod group of a Workload (v1.35).
    IsInWorkload,
    /// Groups are preempted as one, or by their own priority.
    GroupsArePreempted,
    /// It has no spread constraints of its own and the profile has some for it, whose selector is made from what
    /// selects and owns the pod.
    IsSpreadByDefault,
}

const CLAIM: Kind = Kind::PersistentVolumeClaim;
const VOLUME: Kind = Kind::PersistentVolume;
const CLASS: Kind = Kind::StorageClass;
const CSI_NODE: Kind = Kind::CsiNode;
const CSI_DRIVER: Kind = Kind::CsiDriver;
const CAPACITY: Kind = Kind::CsiStorageCapacity;
const ATTACHMENT: Kind = Kind::VolumeAttachment;

/// Upstream's informers of each plugin, and when its PreFilter or PreScore does not return Skip.
const READS: [(&str, When, &[Kind]); 12] = [
    ("VolumeRestrictions", When::HasClaims, &[CLAIM]),
    ("VolumeBinding", When::HasClaims, &[CLAIM, VOLUME, CLASS, CSI_NODE, CSI_DRIVER, CAPACITY]),
    ("VolumeZone", When::HasClaims, &[CLAIM, VOLUME, CLASS]),
    ("NodeVolumeLimits", When::HasCountedVolumes, &[CLAIM, VOLUME, CLASS, CSI_NODE, ATTACHMENT]),
    ("DynamicResources", When::ClaimsDevices, &[Kind::ResourceClaim, Kind::ResourceSlice, Kind::DeviceClass]),
    ("DynamicResources", When::ClaimsDevicesThatRulesTaint, &[Kind::DeviceTaintRule]),
    ("InterPodAffinity", When::NamespacesAreSelected, &[Kind::Namespace]),
    (
        "PodTopologySpread",
        When::IsSpreadByDefault,
        &[
            Kind::Service,
            // Of these only the kind that the pod's owner is of.
            Kind::Workload(WorkloadKind::ReplicationController),
            Kind::Workload(WorkloadKind::ReplicaSet),
            Kind::Workload(WorkloadKind::StatefulSet),
        ],
    ),
    ("DefaultPreemption", When::Always, &[Kind::PodDisruptionBudget]),
    ("DefaultPreemption", When::GroupsArePreempted, &[Kind::PodGroup]),
    ("GangScheduling", When::IsInPodGroup, &[Kind::PodGroup]),
    ("GangScheduling", When::IsInWorkload, &[Kind::SchedulingWorkload]),
];

/// Makes of a pod of a template or a manifest what the API server would make of it, or refuses it.
const NEW_NODES: &str = "node groups";
const ADMISSION: &str = "admission of new pods";

/// Makes ResourceClaims for new pods.
const CLAIM_CONTROLLER: &str = "ResourceClaims of new pods";

/// A pod as far as needs are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    spec: &'a PodSpec,
    owner: Option<OwnerReference>,
    /// It comes from a template or a manifest, and is admitted here.
    is_new: bool,
    /// A claim is made for it, as a StatefulSet does.
    gets_claims: bool,
    /// The kind of the controller that would make it from a template.
    maker: Option<WorkloadKind>,
}

impl<'a> Subject<'a> {
    /// A pod of the state.
    pub fn pod(pod: &'a PodObject) -> Self {
        Self { spec: &pod.template.spec, owner: pod.own.controller, is_new: false, gets_claims: false, maker: None }
    }

    /// A pod of a manifest.
    pub fn manifest(pod: &'a PodObject) -> Self {
        Self { is_new: true, ..Self::pod(pod) }
    }

    /// A pod that `workload` would make.
    pub fn workload(workload: &'a Workload) -> Self {
        let maker = match workload.kind {
            WorkloadKind::Deployment => WorkloadKind::ReplicaSet,
            kind => kind,
        };
        Self {
            spec: &workload.template.spec,
            owner: None,
            is_new: true,
            gets_claims: !workload.claim_templates.is_empty(),
            maker: Some(maker),
        }
    }

    /// Whether it has such a volume, or will.
    fn has(&self, volume: impl Fn(&VolumeSource) -> bool) -> bool {
        self.gets_claims || self.spec.volumes.iter().any(|own| volume(&own.source))
    }

    /// The pod, or the pod of the template, that `object` is.
    pub fn of(object: &'a Object) -> Option<Self> {
        match object {
            Object::Pod(pod) => Some(Self::pod(pod)),
            Object::Workload(workload) => Some(Self::workload(workload)),
            _ => None,
        }
    }
}

/// Kinds, and who reads each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequiredKinds(BTreeMap<Kind, BTreeSet<&'static str>>);

impl RequiredKinds {
    /// All that a run over many pods may need, with everything that may read it; with `new_pods` what
    /// decides over pods that do not exist yet.
    pub fn everything(new_pods: bool) -> Self {
        let mut required = Self::default();
        let is_for_new_pods = |kind: &Kind| *kind == Kind::ResourceClaimTemplate || Kind::ADMISSION.contains(kind);
        for kind in Kind::ALL.iter().filter(|kind| new_pods || !is_for_new_pods(kind)) {
            required.0.entry(*kind).or_default();
        }
        for (plugin, _, kinds) in READS {
            required.add(plugin, kinds.iter().copied());
        }
        if new_pods {
            required.add_new_pods();
        }
        required
    }

    /// Adds what decides over pods that do not exist yet.
    pub fn add_new_pods(&mut self) {
        self.add_admission();
        self.add(CLAIM_CONTROLLER, [Kind::ResourceClaimTemplate]);
    }

    /// Adds all that tells of devices.
    pub fn add_devices(&mut self) {
        for (plugin, when, kinds) in READS {
            if matches!(when, When::ClaimsDevices | When::ClaimsDevicesThatRulesTaint) {
                self.add(plugin, kinds.iter().copied());
            }
        }
    }

    /// Adds what tells of nodes that could be made. Where somebody makes nodes, all pending pods take part in what is
    /// simulated, and with them whatever any of them may need.
    pub fn add_new_nodes(&mut self, somebody_does: bool) {
        self.add(NEW_NODES, [Kind::AutoscalerStatus]);
        for kind in Kind::ALL.iter().filter(|kind| matches!(kind, Kind::Provisioning(_))) {
            self.0.entry(*kind).or_default();
        }
        if somebody_does {
            for kind in Kind::ALL.iter().filter(|kind| !Kind::ADMISSION.contains(kind)) {
                self.0.entry(*kind).or_default();
            }
        }
    }

    fn add_admission(&mut self) {
        self.add(ADMISSION, Kind::ADMISSION.iter().copied().chain([Kind::PriorityClass]));
    }

    /// Adds what the answer for `pod` rests on. `namespaces_are_selected` says that some pod of the
    /// cluster selects namespaces ([`selects_namespaces`]).
    pub fn add_pod(
        &mut self,
        config: &SchedulerConfig,
        behaviour: &Behaviour,
        pod: Subject<'_>,
        namespaces_are_selected: bool,
    ) {
        if pod.is_new {
            self.add_admission();
            let mut claims = pod.spec.resource_claims.iter();
            if claims.any(|claim| claim.resource_claim_template_name.is_some()) {
                self.add(CLAIM_CONTROLLER, [Kind::ResourceClaimTemplate]);
            }
        }
        if pod.spec.priority_class_name.is_some_and(|class| !class.is_empty()) {
            // Only to tell where the priority comes from: no verdict rests on it.
            self.0.entry(Kind::PriorityClass).or_default();
        }
        let scheduler = pod.spec.scheduler_name();
        let of_other = config.profiles.iter().all(|profile| profile.scheduler_name != scheduler);
        if of_other || !pod.spec.scheduling_gates.is_empty() {
            // What may hold the pod back: no verdict rests on it.
            for kind in Kind::ALL.iter().filter(|kind| matches!(kind, Kind::Queueing(_))) {
                self.0.entry(*kind).or_default();
            }
        }
        let Some(profile) = config.profiles.iter().find(|profile| profile.scheduler_name == scheduler) else { return };
        let owner = pod.owner.as_ref().and_then(default_selector::owner_kind).or(pod.maker);
        let groups = behaviour.pod_groups();
        let is_grouped = groups.of_spec(Name::default(), pod.spec).is_some();
        for (plugin, when, kinds) in READS {
            let holds = match when {
                When::Always => true,
                When::HasClaims => pod.has(is_claim),
                When::HasCountedVolumes => {
                    pod.has(|source| is_claim(source) || matches!(source, VolumeSource::InTree(_)))
                }
                When::ClaimsDevices => claims_devices(pod.spec, behaviour),
                When::ClaimsDevicesThatRulesTaint => {
                    behaviour.reads_device_taint_rules() && claims_devices(pod.spec, behaviour)
                }
                When::NamespacesAreSelected => namespaces_are_selected || selects_namespaces(pod.spec),
                When::IsInPodGroup => groups.has_group_cycle() && is_grouped,
                When::IsInWorkload => !groups.has_group_cycle() && is_grouped,
                When::GroupsArePreempted => groups == PodGroupScheduling::FeasibleCycle,
                When::IsSpreadByDefault => is_spread_by_default(profile, pod.spec),
            };
            if holds && is_enabled(profile, plugin) {
                let owners = |kind: &Kind| !matches!(kind, Kind::Workload(kind) if Some(*kind) != owner);
                self.add(plugin, kinds.iter().copied().filter(owners));
            }
        }
    }

    /// Adds what it takes to find an object of `kind` by its name, and its pods.
    pub fn add_workload(&mut self, kind: WorkloadKind) {
        const BY_NAME: &str = "what was asked for";
        self.add(BY_NAME, [Kind::Workload(kind)]);
        match kind {
            WorkloadKind::Deployment => self.add(BY_NAME, [Kind::Workload(WorkloadKind::ReplicaSet)]),
            WorkloadKind::CronJob => self.add(BY_NAME, [Kind::Workload(WorkloadKind::Job)]),
            _ => {}
        }
    }

    /// Adds what it takes to tell who made `pod`: a Deployment behind a ReplicaSet, a CronJob behind a Job.
    /// No verdict rests on that.
    pub fn add_maker(&mut self, pod: &PodObject) {
        let kind = match pod.own.controller.as_ref().map(|owner| owner.kind.as_str()) {
            Some("ReplicaSet") => WorkloadKind::ReplicaSet,
            Some("Job") => WorkloadKind::Job,
            _ => return,
        };
        self.0.entry(Kind::Workload(kind)).or_default();
    }

    fn add(&mut self, reader: &'static str, kinds: impl IntoIterator<Item = Kind>) {
        for kind in kinds {
            self.0.entry(kind).or_default().insert(reader);
        }
    }

    /// The kinds.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.0.keys().copied()
    }

    /// Who reads `kind`; none when it is not needed.
    pub fn readers(&self, kind: Kind) -> Option<&BTreeSet<&'static str>> {
        self.0.get(&kind)
    }
}

/// Whether a pod with this specification selects namespaces by label in a term of its pod affinity.
/// A selector that selects all does so without looking at them.
pub fn selects_namespaces(spec: &PodSpec) -> bool {
    let of = |affinity: &PodAffinity| {
        let preferred = affinity.preferred.iter().map(|weighted| &weighted.pod_affinity_term);
        affinity.required.iter().chain(preferred).any(|term| {
            term.namespace_selector
                .as_ref()
                .is_some_and(|selector| !(selector.match_labels.is_empty() && selector.match_expressions.is_empty()))
        })
    };
    spec.affinity
        .as_ref()
        .is_some_and(|affinity| [&affinity.pod_affinity, &affinity.pod_anti_affinity].into_iter().flatten().any(of))
}

fn is_claim(source: &VolumeSource) -> bool {
    matches!(source, VolumeSource::PersistentVolumeClaim(_) | VolumeSource::Ephemeral(_))
}

/// Whether the pod has resource claims, or asks for an extended resource that a DeviceClass may serve.
fn claims_devices(spec: &PodSpec, behaviour: &Behaviour) -> bool {
    let asks_for_extended = || {
        let containers = spec.init_containers.iter().chain(&spec.containers);
        let mut requested = containers.flat_map(|container| container.requests().iter());
        requested.any(|(resource, _)| {
            is_extended_resource_name(&resource) || resource.starts_with(IMPLICIT_EXTENDED_RESOURCE_PREFIX)
        })
    };
    let gates = &behaviour.gates;
    gates.dynamic_resource_allocation
        && (!spec.resource_claims.is_empty() || (gates.dra_extended_resource && asks_for_extended()))
}

fn is_spread_by_default(profile: &Profile, spec: &PodSpec) -> bool {
    let has_defaults = match &profile.args.pod_topology_spread.default_constraints {
        DefaultConstraints::System => true,
        DefaultConstraints::List(constraints) => !constraints.is_empty(),
    };
    has_defaults && spec.topology_spread_constraints.is_empty()
}

/// Whether the profile enables `plugin` at a point where it judges pods or nodes.
fn is_enabled(profile: &Profile, plugin: &str) -> bool {
    [
        &profile.pre_enqueue,
        &profile.pre_filter,
        &profile.filter,
        &profile.post_filter,
        &profile.pre_score,
        &profile.score,
        &profile.reserve,
    ]
    .into_iter()
    .flatten()
    .any(|enabled| enabled.plugin == plugin)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The kinds that a pod with this `spec` needs, by their first letters' words.
    fn required(spec: &Value, owner: Option<&str>, config: Option<&Value>, others: bool) -> Vec<&'static str> {
        let behaviour = Behaviour::default();
        let config = config.map_or_else(
            || SchedulerConfig::default_for(&behaviour),
            |config| SchedulerConfig::parse(config, &behaviour).unwrap(),
        );
        let owners = owner.map(|kind| {
            let version = if kind == "ReplicationController" { "v1" } else { "apps/v1" };
            json!([{"apiVersion": version, "kind": kind, "name": "o", "controller": true}])
        });
        let pod = json!({"metadata": {"name": "p", "ownerReferences": owners}, "spec": spec}).to_string();
        let (object, _) = Object::decode(Kind::Pod, pod.as_bytes()).unwrap();
        let mut required = RequiredKinds::default();
        required.add_pod(&config, &behaviour, Subject::of(&object).unwrap(), others);
        required.kinds().map(Kind::as_str).collect()
    }

    #[track_caller]
    fn case(spec: &Value, owner: Option<&str>, expected: &[&str]) {
        assert_eq!(required(spec, owner, None, false), expected, "{spec}");
    }

    #[test]
    fn a_pod_needs_what_its_plugins_read() {
        case(&json!({}), None, &["Service", "PodDisruptionBudget"]);
        case(&json!({}), Some("ReplicaSet"), &["Service", "PodDisruptionBudget", "ReplicaSet"]);
        case(&json!({}), Some("Job"), &["Service", "PodDisruptionBudget"]);
        let spread = json!({"topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]});
        case(&spread, Some("ReplicaSet"), &["PodDisruptionBudget"]);
        let device = json!({"resourceClaims": [{"name": "gpu", "resourceClaimName": "one"}]});
        case(&device, None, &["Service", "PodDisruptionBudget", "DeviceClass", "ResourceClaim", "ResourceSlice"]);
        case(&json!({"schedulerName": "another"}), None, &["Workload", "PodGroup", "KaiPodGroup"]);
        case(&json!({"priorityClassName": "high"}), None, &["Service", "PodDisruptionBudget", "PriorityClass"]);
    }

    #[test]
    fn volumes_that_are_no_claims_need_nothing_or_less() {
        let none = ["Service", "PodDisruptionBudget"];
        case(
            &json!({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "configMap": {"name": "c"}}]}),
            None,
            &none,
        );
        let counted = ["PersistentVolume", "PersistentVolumeClaim", "StorageClass", "CSINode", "VolumeAttachment"];
        let ebs = json!({"volumes": [{"name": "v", "awsElasticBlockStore": {"volumeID": "vol-1"}}]});
        case(&ebs, None, &[&none[..], &counted[..]].concat());
        let all = [&counted[..4], &["CSIDriver", "CSIStorageCapacity", "VolumeAttachment"]].concat();
        case(
            &json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}),
            None,
            &[&none[..], &all[..]].concat(),
        );
        case(&json!({"volumes": [{"name": "v", "ephemeral": {}}]}), None, &[&none[..], &all[..]].concat());
    }

    #[test]
    fn namespaces_are_read_when_any_pod_selects_them() {
        let affinity = |selector: Value| {
            json!({"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "podAffinityTerm": {"topologyKey": "zone", "namespaceSelector": selector}}]}}})
        };
        case(&affinity(json!({"matchLabels": {"team": "a"}})), None, &["Namespace", "Service", "PodDisruptionBudget"]);
        case(&affinity(json!({})), None, &["Service", "PodDisruptionBudget"]);
        assert!(required(&json!({}), None, None, true).contains(&"Namespace"));
    }

    #[test]
    fn a_plugin_that_the_profile_does_not_have_reads_nothing() {
        let config = json!({"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
            "profiles": [{"schedulerName": "default-scheduler", "plugins": {"multiPoint": {"disabled": [
                {"name": "DefaultPreemption"}, {"name": "PodTopologySpread"}, {"name": "InterPodAffinity"}]}}}]});
        assert!(required(&json!({}), Some("ReplicaSet"), Some(&config), true).is_empty());
    }
}
