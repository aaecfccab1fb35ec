//! What can be changed of a pod's specification.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EditError, merge};
use crate::api::list::List;
use crate::api::name::Name;
use crate::api::node_selector::PreferredSchedulingTerm;
use crate::api::pod_spec::{
    Affinity, Container, NodeInclusionPolicy, PodAffinity, PodSpec, TopologySpreadConstraint, WeightedPodAffinityTerm,
    WhenUnsatisfiable,
};
use crate::api::quantity::Quantity;
use crate::api::requests::ContainerResources;
use crate::api::resources::{ResourceList, STANDARD};
use crate::api::taint::Toleration;

/// The weight of a requirement that has become a preference: the largest there is.
const WEIGHT: i32 = 100;

/// One change of a pod's specification.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "change", rename_all_fields = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum PodChange {
    /// Sets a request; the limit goes with it where the API wants both equal.
    Request {
        /// The container or init container; none for the pod's own `resources`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        container: Option<Name>,
        /// The resource.
        resource: Name,
        /// What it was; nothing hangs on it.
        #[serde(default)]
        from: Quantity,
        /// What it shall be.
        to: Quantity,
    },
    /// Adds a toleration.
    Tolerate {
        /// The toleration.
        toleration: Toleration,
    },
    /// Takes a label out of `nodeSelector`.
    DropNodeSelector {
        /// The label's key.
        key: Name,
    },
    /// Asks for another label in place of one in `nodeSelector`.
    ReplaceNodeSelector {
        /// The label's key.
        key: Name,
        /// The key that is asked for instead, often the same.
        to_key: Name,
        /// Its value.
        to_value: Name,
    },
    /// Required node affinity becomes preferred.
    PreferNodeAffinity,
    /// Raises `maxSkew` of a `DoNotSchedule` constraint.
    RaiseMaxSkew {
        /// The constraint's key; no two constraints that filter have the same.
        topology_key: Name,
        /// What it was; nothing hangs on it.
        #[serde(default)]
        from: i32,
        /// What it shall be.
        to: i32,
    },
    /// Lowers `minDomains` of a `DoNotSchedule` constraint.
    LowerMinDomains {
        /// The constraint's key; no two constraints that filter have the same.
        topology_key: Name,
        /// What it was.
        from: i32,
        /// What it shall be.
        to: i32,
    },
    /// Sets `nodeTaintsPolicy: Honor`: nodes the pod does not tolerate make no domain.
    HonorTaints {
        /// The constraint's key.
        topology_key: Name,
    },
    /// Sets `whenUnsatisfiable: ScheduleAnyway`: the constraint scores and no longer filters.
    ScheduleAnyway {
        /// The constraint's key.
        topology_key: Name,
    },
    /// A required pod affinity term becomes a preferred one.
    PreferPodAffinity {
        /// Which, counted from 0.
        index: usize,
        /// Its key.
        topology_key: Name,
    },
    /// A required pod anti-affinity term becomes a preferred one.
    PreferPodAntiAffinity {
        /// Which, counted from 0.
        index: usize,
        /// Its key.
        topology_key: Name,
    },
    /// Takes all scheduling gates away.
    RemoveSchedulingGates,
    /// Whatever a strategic-merge patch changes of what scheduling reads.
    Patch {
        /// The patch: an object with a `spec`.
        patch: Value,
    },
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotChanged {
    /// The specification has nothing of what is to be changed: this.
    Missing(String),
    /// The patch cannot be merged; where it stands, and why.
    Patch(String),
}

impl NotChanged {
    /// As an error about `owner`: `pod "a/b"`.
    pub(super) fn of(self, owner: String) -> EditError {
        match self {
            Self::Missing(what) => EditError::NothingToChange { owner, what },
            Self::Patch(message) => EditError::NotMerged { owner, message },
        }
    }
}

impl PodChange {
    /// Changes `spec`.
    ///
    /// # Errors
    /// It has nothing of what is to be changed, and stays as it is.
    pub fn apply(&self, spec: &mut PodSpec) -> Result<(), NotChanged> {
        match self {
            Self::Request { container, resource, to, .. } => set_request(spec, *container, *resource, *to),
            Self::Tolerate { toleration } => {
                spec.tolerations = spec.tolerations.iter().copied().chain([*toleration]).collect();
                Ok(())
            }
            Self::DropNodeSelector { key } => {
                if !spec.node_selector.contains_key(*key) {
                    return Err(NotChanged::Missing(format!("nodeSelector \"{key}\"")));
                }
                spec.node_selector = spec.node_selector.iter().filter(|(other, _)| other != key).collect();
                Ok(())
            }
            Self::ReplaceNodeSelector { key, to_key, to_value } => {
                if !spec.node_selector.contains_key(*key) {
                    return Err(NotChanged::Missing(format!("nodeSelector \"{key}\"")));
                }
                let others = spec.node_selector.iter().filter(|(other, _)| other != key);
                spec.node_selector = others.chain([(*to_key, *to_value)]).collect();
                Ok(())
            }
            Self::PreferNodeAffinity => prefer_node_affinity(spec),
            Self::RaiseMaxSkew { topology_key, to, .. } => {
                spread(spec, *topology_key, |constraint| constraint.max_skew = *to)
            }
            Self::LowerMinDomains { topology_key, to, .. } => {
                spread(spec, *topology_key, |constraint| constraint.min_domains = Some(*to))
            }
            Self::HonorTaints { topology_key } => spread(spec, *topology_key, |constraint| {
                constraint.node_taints_policy = Some(NodeInclusionPolicy::Honor);
            }),
            Self::ScheduleAnyway { topology_key } => spread(spec, *topology_key, |constraint| {
                constraint.when_unsatisfiable = WhenUnsatisfiable::ScheduleAnyway;
                // Only a constraint that filters may have one.
                constraint.min_domains = None;
            }),
            Self::PreferPodAffinity { index, .. } => prefer(spec, *index, |affinity| affinity.pod_affinity.as_mut())
                .ok_or_else(|| NotChanged::Missing("such pod affinity term".to_owned())),
            Self::PreferPodAntiAffinity { index, .. } => {
                prefer(spec, *index, |affinity| affinity.pod_anti_affinity.as_mut())
                    .ok_or_else(|| NotChanged::Missing("such pod anti-affinity term".to_owned()))
            }
            Self::RemoveSchedulingGates => {
                spec.scheduling_gates = List::default();
                Ok(())
            }
            Self::Patch { patch } => {
                let mut merged = spec.clone();
                merge::merge(&mut merged, patch).map_err(NotChanged::Patch)?;
                *spec = merged;
                Ok(())
            }
        }
    }
}

/// Whether limits must equal requests: so for all that cannot be overcommitted.
pub(super) fn limit_follows(resource: Name) -> bool {
    resource != STANDARD.cpu && resource != STANDARD.memory && resource != STANDARD.ephemeral_storage
}

fn set_request(spec: &mut PodSpec, container: Option<Name>, resource: Name, to: Quantity) -> Result<(), NotChanged> {
    let set = |resources: &ContainerResources| {
        let mut changed = ContainerResources { requests: with(&resources.requests, resource, to), ..resources.clone() };
        if limit_follows(resource) && resources.limits.get(resource).is_some() {
            changed.limits = with(&resources.limits, resource, to);
        }
        changed
    };
    let Some(wanted) = container else {
        let resources =
            spec.resources.as_ref().ok_or_else(|| NotChanged::Missing("resources of its own".to_owned()))?;
        spec.resources = Some(set(resources));
        return Ok(());
    };
    let mut found = false;
    let mut change = |container: &Container| {
        if container.name != Some(wanted) {
            return container.clone();
        }
        found = true;
        let resources = container.resources.clone().unwrap_or_default();
        Container { resources: Some(set(&resources)), ..container.clone() }
    };
    spec.containers = spec.containers.iter().map(&mut change).collect();
    spec.init_containers = spec.init_containers.iter().map(&mut change).collect();
    if found { Ok(()) } else { Err(NotChanged::Missing(format!("container \"{wanted}\""))) }
}

fn with(list: &ResourceList, resource: Name, to: Quantity) -> ResourceList {
    list.iter().chain([(resource, to)]).collect()
}

fn spread(
    spec: &mut PodSpec,
    topology_key: Name,
    change: impl Fn(&mut TopologySpreadConstraint),
) -> Result<(), NotChanged> {
    let mut found = false;
    spec.topology_spread_constraints = spec
        .topology_spread_constraints
        .iter()
        .map(|constraint| {
            let mut constraint = constraint.clone();
            if filters(&constraint, topology_key) {
                found = true;
                change(&mut constraint);
            }
            constraint
        })
        .collect();
    if found {
        Ok(())
    } else {
        Err(NotChanged::Missing(format!("topologySpreadConstraints over \"{topology_key}\" that filter")))
    }
}

/// Whether it is the constraint over `topology_key` that filters.
pub(super) fn filters(constraint: &TopologySpreadConstraint, topology_key: Name) -> bool {
    constraint.topology_key == topology_key && constraint.when_unsatisfiable == WhenUnsatisfiable::DoNotSchedule
}

/// Each alternative becomes a preference of its own.
fn prefer_node_affinity(spec: &mut PodSpec) -> Result<(), NotChanged> {
    let nothing = || NotChanged::Missing("required node affinity".to_owned());
    let node_affinity =
        spec.affinity.as_mut().and_then(|affinity| affinity.node_affinity.as_mut()).ok_or_else(nothing)?;
    let required = node_affinity.required.take().ok_or_else(nothing)?;
    // A preferred term without conditions would match every node; a required one matches none.
    let terms = required.node_selector_terms.iter().filter(|term| !term.is_empty());
    let preferred = terms.map(|term| PreferredSchedulingTerm { weight: WEIGHT, preference: term.clone() });
    node_affinity.preferred = node_affinity.preferred.iter().cloned().chain(preferred).collect();
    Ok(())
}

fn prefer(spec: &mut PodSpec, index: usize, terms: impl Fn(&mut Affinity) -> Option<&mut PodAffinity>) -> Option<()> {
    let affinity = terms(spec.affinity.as_mut()?)?;
    let term = affinity.required.get(index)?.clone();
    affinity.required = affinity
        .required
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index)
        .map(|(_, term)| term.clone())
        .collect();
    let preferred = WeightedPodAffinityTerm { weight: WEIGHT, pod_affinity_term: term };
    affinity.preferred = affinity.preferred.iter().cloned().chain([preferred]).collect();
    Some(())
}
