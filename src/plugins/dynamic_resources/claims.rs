//! The claims of a pod, checked before any node is looked at.

use std::borrow::Cow;
use std::sync::Arc;

use crate::api::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::pod_spec::PodResourceClaim;
use crate::decode::devices::claim::{DeviceConstraint, DeviceQuery, RequestedDevices};
use crate::decode::devices::{DeviceClass, ResourceClaim};
use crate::framework::{DeviceReason, Reason, Rejection};
use crate::state::Pod;
use crate::state::devices::{Devices, unwritten_claim};

use super::cel::{Cache, CelSelector};
use super::extended::ExtendedRequest;
use super::gates::Gates;

/// The claims that `pod` uses; entries for which no claim was needed are left out
/// (upstream dynamicresources.go, foreachPodResourceClaim).
///
/// # Errors
/// The first claim that cannot be used.
pub(super) fn of_pod<'a>(
    pod: &Pod,
    devices: &'a Devices,
    gates: &Gates,
) -> Result<Vec<&'a ResourceClaim>, DeviceReason> {
    let mut claims = Vec::new();
    for entry in &pod.spec().resource_claims {
        let Some((name, is_generated)) = claim_name(pod, entry)? else { continue };
        let key = ObjectKey::new(pod.key().namespace, name);
        let claim = devices.claim(key).ok_or(DeviceReason::ResourceClaimNotFound { claim: key })?;
        if claim.is_terminating {
            return Err(DeviceReason::ResourceClaimTerminating { claim: key });
        }
        if is_generated && claim.controller.is_none_or(|owner| owner.uid != pod.own.uid) {
            let capitals = gates.behaviour.owner_text_has_capitals;
            return Err(DeviceReason::ResourceClaimOfOtherPod { claim: key, pod: pod.key(), capitals });
        }
        claims.push(claim);
    }
    Ok(claims)
}

/// The name of the claim, and whether it was generated for the pod
/// (upstream resourceclaim/resourceclaim.go, Name).
fn claim_name(pod: &Pod, entry: &PodResourceClaim) -> Result<Option<(Name, bool)>, DeviceReason> {
    if let Some(name) = entry.resource_claim_name {
        return Ok(Some((name, false)));
    }
    let (pod_key, name) = (pod.key(), entry.name);
    if entry.resource_claim_template_name.is_none() {
        return Err(DeviceReason::ResourceClaimSourceUnknown { pod: pod_key, name });
    }
    match pod.own.resource_claim_statuses.iter().find(|status| status.name == name) {
        Some(status) => Ok(status.resource_claim_name.map(|name| (name, true))),
        None => Err(DeviceReason::ResourceClaimNotCreated { pod: pod_key, name }),
    }
}

/// A claim that devices are to be found for.
pub(super) struct ClaimInput<'a> {
    /// As upstream's texts name it.
    pub(super) key: ObjectKey,
    /// As the state keeps what it is given.
    pub(super) taken_as: ObjectKey,
    pub(super) requests: Vec<RequestInput<'a>>,
    pub(super) constraints: &'a [DeviceConstraint],
}

/// A request, with its classes found and its selectors compiled.
pub(super) struct RequestInput<'a> {
    pub(super) name: Name,
    /// The extended resource of a container that it stands for.
    pub(super) extended_resource: Option<Name>,
    /// The alternatives are a `firstAvailable` list, and not the one thing asked for.
    pub(super) is_list: bool,
    pub(super) alternatives: Vec<QueryInput<'a>>,
}

/// One thing asked for.
pub(super) struct QueryInput<'a> {
    /// The name of the request or of the subrequest.
    pub(super) name: Name,
    pub(super) query: Cow<'a, DeviceQuery>,
    /// None for a selector that is no CEL expression.
    pub(super) class_selectors: Vec<Option<Arc<CelSelector>>>,
    pub(super) selectors: Vec<Option<Arc<CelSelector>>>,
    /// Attributes that the request computes, by name.
    pub(super) derived_attributes: Vec<(Name, Arc<CelSelector>)>,
}

impl<'a> ClaimInput<'a> {
    /// Checks a claim without allocation (upstream dynamicresources.go, PreFilter).
    ///
    /// # Errors
    /// No node can give what it asks for.
    pub(super) fn new(
        claim: &'a ResourceClaim,
        devices: &'a Devices,
        gates: &Gates,
        cache: &Cache,
    ) -> Result<Self, Rejection> {
        let mut requests = Vec::with_capacity(claim.requests.len());
        for request in &claim.requests {
            let name = request.name;
            let (is_list, queries) = match &request.wanted {
                RequestedDevices::Exactly(query) => (false, vec![(name, query, name.to_string())]),
                RequestedDevices::FirstAvailable(_) if !gates.prioritized_list => {
                    return Err(reject(DeviceReason::PrioritizedListDisabled { claim: claim.key, request: name }));
                }
                RequestedDevices::FirstAvailable(alternatives) => {
                    (true, alternatives.iter().map(|(sub, query)| (*sub, query, format!("{name}/{sub}"))).collect())
                }
                RequestedDevices::Unknown => {
                    return Err(reject(DeviceReason::DeviceRequestUnknown { claim: claim.key, request: name }));
                }
            };
            let alternatives = queries
                .into_iter()
                .map(|(name, query, qualified)| {
                    let class = find_class(query.class, qualified, devices)?;
                    Ok(QueryInput::new(name, Cow::Borrowed(query), class, cache))
                })
                .collect::<Result<_, Rejection>>()?;
            requests.push(RequestInput { name, extended_resource: None, is_list, alternatives });
        }
        Ok(Self { key: claim.key, taken_as: claim.key, requests, constraints: &claim.constraints })
    }

    /// The claim for extended resources of `pod`, with what it asks for on a node.
    pub(super) fn of_extended_resources(
        pod: ObjectKey,
        left_over: Option<&ResourceClaim>,
        requests: Vec<ExtendedRequest<'_>>,
        cache: &Cache,
    ) -> Self {
        let requests = requests.into_iter().map(|request| RequestInput {
            name: request.name,
            extended_resource: Some(request.resource),
            is_list: false,
            alternatives: vec![QueryInput::new(request.name, Cow::Owned(request.query), request.class, cache)],
        });
        Self {
            key: left_over
                .map_or_else(|| ObjectKey::new(pod.namespace, name("<extended-resources>")), |claim| claim.key),
            taken_as: left_over.map_or_else(|| unwritten_claim(pod), |claim| claim.key),
            requests: requests.collect(),
            constraints: &[],
        }
    }
}

/// Finds the class (upstream dynamicresources.go, validateDeviceClass).
fn find_class(class: Name, request: String, devices: &Devices) -> Result<&DeviceClass, Rejection> {
    if class.is_empty() {
        return Err(Rejection::error(format!("request {request}: unsupported request type")));
    }
    devices.class(class).ok_or_else(|| reject(DeviceReason::DeviceClassNotFound { request, class }))
}

impl<'a> QueryInput<'a> {
    fn new(name: Name, query: Cow<'a, DeviceQuery>, class: &DeviceClass, cache: &Cache) -> Self {
        let compile = |selectors: &[Option<Name>]| -> Vec<Option<Arc<CelSelector>>> {
            selectors.iter().map(|expression| expression.map(|expression| cache.get(expression))).collect()
        };
        Self {
            name,
            class_selectors: compile(&class.selectors),
            selectors: compile(&query.selectors),
            derived_attributes: query
                .derived_attributes
                .iter()
                .map(|(attribute, expression)| (*attribute, cache.get(*expression)))
                .collect(),
            query,
        }
    }

    /// The same of another class.
    pub(super) fn of_class<'c>(&self, class: &DeviceClass, cache: &Cache) -> QueryInput<'c> {
        let query = DeviceQuery { class: class.name, ..DeviceQuery::clone(&self.query) };
        QueryInput::new(self.name, Cow::Owned(query), class, cache)
    }

    pub(super) fn has_admin_access(&self) -> bool {
        self.query.admin_access.unwrap_or_default()
    }
}

/// Every no of this plugin is final: no removal of pods gives devices back
/// (upstream dynamicresources.go, statusUnschedulable).
pub(super) fn reject(reason: DeviceReason) -> Rejection {
    Rejection::unresolvable(Reason::Device(reason))
}
