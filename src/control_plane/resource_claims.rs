//! ResourceClaims that are made for pods from templates (upstream pkg/controller/resourceclaim/controller.go,
//! handleClaim).
//!
//! A claim is called after its pod and the entry in it, without the random letters that the controller adds.

use crate::api::meta::{ObjectKey, OwnerReference};
use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::decode::devices::{ResourceClaim, ResourceClaimTemplate};
use crate::decode::pod::{PodOwn, PodResourceClaimStatus};
use crate::state::{Cluster, Pod};

/// The claims of a new pod, which `own` then knows. Where the state does not have a template, a claim that was made from
/// it for another pod of the same controller stands in for it; without one, no claim is made.
pub fn make(cluster: &Cluster, own: &mut PodOwn, spec: &PodSpec) -> Vec<ResourceClaim> {
    let mut claims = Vec::new();
    for entry in &spec.resource_claims {
        let is_known = own.resource_claim_statuses.iter().any(|status| status.name == entry.name);
        let Some(template) = entry.resource_claim_template_name.filter(|_| !is_known) else { continue };
        let key = ObjectKey::new(own.key.namespace, template);
        let template = cluster.devices.template(key).cloned().or_else(|| of_sibling(cluster, own, entry.name, key));
        let Some(template) = template else { continue };
        let claim = claim(own, entry.name, template);
        know(own, entry.name, Some(claim.key.name));
        claims.push(claim);
    }
    claims
}

/// The claims of a copy of the pod `like`, which `own` then knows: where there is no template, what the pod's own claims
/// ask for.
pub fn make_like(cluster: &Cluster, own: &mut PodOwn, like: &Pod) -> Vec<ResourceClaim> {
    let spec = like.spec();
    let mut claims = make(cluster, own, spec);
    for status in &like.own.resource_claim_statuses {
        if own.resource_claim_statuses.iter().any(|known| known.name == status.name) {
            continue;
        }
        let key = status.resource_claim_name.map(|claim| ObjectKey::new(like.key().namespace, claim));
        let made = key.and_then(|key| cluster.devices.claim(key)).map(|model| {
            let (requests, constraints) = (model.requests.clone(), model.constraints.clone());
            claim(own, status.name, ResourceClaimTemplate { key: model.key, requests, constraints })
        });
        // Where no claim was needed for the one, none is for the other.
        if let (None, Some(_)) = (&made, key) {
            continue;
        }
        know(own, status.name, made.as_ref().map(|claim| claim.key.name));
        claims.extend(made);
    }
    claims
}

fn know(own: &mut PodOwn, entry: Name, claim: Option<Name>) {
    let status = PodResourceClaimStatus { name: entry, resource_claim_name: claim };
    own.resource_claim_statuses = own.resource_claim_statuses.iter().copied().chain([status]).collect();
}

impl Cluster {
    /// Adds claims that do not exist; their names.
    pub fn add_resource_claims(&mut self, claims: Vec<ResourceClaim>) -> Vec<ObjectKey> {
        let mut added = Vec::new();
        for claim in claims {
            if self.devices.claim(claim.key).is_none() {
                added.push(claim.key);
                self.devices.set_claim(claim.key, Some(claim));
            }
        }
        added
    }
}

fn claim(own: &PodOwn, entry: Name, template: ResourceClaimTemplate) -> ResourceClaim {
    let owner = OwnerReference {
        api_version: name("v1"),
        kind: name("Pod"),
        name: own.key.name,
        uid: own.uid,
        controller: Some(true),
    };
    ResourceClaim {
        key: ObjectKey::new(own.key.namespace, name(&format!("{}-{entry}", own.key.name))),
        is_terminating: false,
        controller: Some(owner),
        is_for_extended_resources: false,
        requests: template.requests,
        constraints: template.constraints,
        allocation: None,
        reserved_for: Box::default(),
        device_statuses: Box::default(),
    }
}

/// What the template of `entry` says, read off a claim that was made from it.
fn of_sibling(cluster: &Cluster, own: &PodOwn, entry: Name, template: ObjectKey) -> Option<ResourceClaimTemplate> {
    let controller = own.controller?;
    let siblings = cluster.pods().iter().filter(|pod| {
        pod.own.controller == Some(controller) && pod.key().namespace == own.key.namespace && pod.key() != own.key
    });
    siblings.into_iter().find_map(|pod| {
        let asks = |other: &&crate::api::pod_spec::PodResourceClaim| {
            other.name == entry && other.resource_claim_template_name == Some(template.name)
        };
        pod.spec().resource_claims.iter().find(asks)?;
        let status = pod.own.resource_claim_statuses.iter().find(|status| status.name == entry)?;
        let claim = cluster.devices.claim(ObjectKey::new(own.key.namespace, status.resource_claim_name?))?;
        let (requests, constraints) = (claim.requests.clone(), claim.constraints.clone());
        Some(ResourceClaimTemplate { key: template, requests, constraints })
    })
}
