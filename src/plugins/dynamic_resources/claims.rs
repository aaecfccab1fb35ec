//! The claims of a pod, checked before any node is looked at.

use std::sync::Arc;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::pod_spec::PodResourceClaim;
use crate::decode::devices::ResourceClaim;
use crate::decode::devices::claim::{Constraint, DeviceQuery, Wanted};
use crate::framework::{DeviceReason, Reason, Rejection};
use crate::state::Pod;
use crate::state::devices::Devices;

use super::cel::{Cache, Selector};
use super::gates::Gates;

/// The claims that `pod` uses; entries for which no claim was needed are left out
/// (upstream dynamicresources.go, foreachPodResourceClaim).
///
/// # Errors
/// The first claim that cannot be used.
pub(super) fn of_pod<'a>(pod: &Pod, devices: &'a Devices) -> Result<Vec<&'a ResourceClaim>, DeviceReason> {
    let mut claims = Vec::new();
    for entry in &pod.spec().resource_claims {
        let Some((name, is_generated)) = claim_name(pod, entry)? else { continue };
        let key = ObjectKey::new(pod.key().namespace, name);
        let claim = devices.claim(key).ok_or(DeviceReason::ResourceClaimNotFound { claim: key })?;
        if claim.is_terminating {
            return Err(DeviceReason::ResourceClaimTerminating { claim: key });
        }
        if is_generated && claim.controller.is_none_or(|owner| owner.uid != pod.own.uid) {
            return Err(DeviceReason::ResourceClaimOfOtherPod { claim: key, pod: pod.key() });
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
    pub(super) key: ObjectKey,
    pub(super) requests: Vec<RequestInput<'a>>,
    pub(super) constraints: &'a [Constraint],
}

/// A request, with its classes found and its selectors compiled.
pub(super) struct RequestInput<'a> {
    pub(super) name: Name,
    /// The alternatives are a `firstAvailable` list, and not the one thing asked for.
    pub(super) is_list: bool,
    pub(super) alternatives: Vec<QueryInput<'a>>,
}

/// One thing asked for.
pub(super) struct QueryInput<'a> {
    /// The name of the request or of the subrequest.
    pub(super) name: Name,
    pub(super) query: &'a DeviceQuery,
    /// None for a selector that is no CEL expression.
    pub(super) class_selectors: Vec<Option<Arc<Selector>>>,
    pub(super) selectors: Vec<Option<Arc<Selector>>>,
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
        if devices.is_in_flight(claim.key) {
            return Err(reject(DeviceReason::ResourceClaimInFlight { claim: claim.key }));
        }
        let mut requests = Vec::with_capacity(claim.requests.len());
        for request in &claim.requests {
            let name = request.name;
            let (is_list, queries) = match &request.wanted {
                Wanted::Exactly(query) => (false, vec![(name, query, name.to_string())]),
                Wanted::FirstAvailable(_) if !gates.prioritized_list => {
                    return Err(reject(DeviceReason::PrioritizedListDisabled { claim: claim.key, request: name }));
                }
                Wanted::FirstAvailable(alternatives) => {
                    (true, alternatives.iter().map(|(sub, query)| (*sub, query, format!("{name}/{sub}"))).collect())
                }
                Wanted::Unknown => {
                    return Err(reject(DeviceReason::DeviceRequestUnknown { claim: claim.key, request: name }));
                }
            };
            let alternatives = queries
                .into_iter()
                .map(|(name, query, qualified)| QueryInput::new(name, query, qualified, devices, cache))
                .collect::<Result<_, _>>()?;
            requests.push(RequestInput { name, is_list, alternatives });
        }
        Ok(Self { key: claim.key, requests, constraints: &claim.constraints })
    }
}

impl<'a> QueryInput<'a> {
    /// Finds the class (upstream dynamicresources.go, validateDeviceClass).
    fn new(
        name: Name,
        query: &'a DeviceQuery,
        qualified: String,
        devices: &'a Devices,
        cache: &Cache,
    ) -> Result<Self, Rejection> {
        if query.class.is_empty() {
            return Err(Rejection::error(format!("request {qualified}: unsupported request type")));
        }
        let Some(class) = devices.class(query.class) else {
            return Err(reject(DeviceReason::DeviceClassNotFound { request: qualified, class: query.class }));
        };
        let compile = |selectors: &[Option<Name>]| -> Vec<Option<Arc<Selector>>> {
            selectors.iter().map(|expression| expression.map(|expression| cache.get(expression))).collect()
        };
        Ok(Self { name, query, class_selectors: compile(&class.selectors), selectors: compile(&query.selectors) })
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
