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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::requests::RequestGates;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    /// The claims of a new pod, where the state lacks the template `gpus` and has a pod of the controller `owner` with a
    /// claim that was made from `template`.
    #[track_caller]
    fn case(owner: &str, template: &str, expected: &[&str]) {
        let pod = |pod: &str, owner: &str, template: &str, status: &str| {
            format!(
                r#"{{"metadata": {{"name": "{pod}", "namespace": "n", "ownerReferences":
                        [{{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "{owner}", "controller": true}}]}},
                    "spec": {{"resourceClaims": [{{"name": "gpu", "resourceClaimTemplateName": "{template}"}}]}},
                    "status": {{"resourceClaimStatuses": {status}}}}}"#
            )
        };
        let claim = r#"{"metadata": {"name": "old-gpu-x", "namespace": "n"}, "spec": {"devices": {"requests":
            [{"name": "r", "exactly": {"deviceClassName": "gpu.example.com", "count": 2}}]}}}"#;
        let status = r#"[{"name": "gpu", "resourceClaimName": "old-gpu-x"}]"#;
        let mut builder = ClusterBuilder::default();
        for (kind, json) in [
            (Kind::Pod, pod("old", owner, template, status)),
            (Kind::Pod, pod("new", "w", "gpus", "[]")),
            (Kind::ResourceClaim, claim.to_owned()),
        ] {
            builder.add(Object::decode(kind, json.as_bytes()).unwrap().0);
        }
        let cluster = builder.build(RequestGates::OFF);
        let new = cluster.pod_named(ObjectKey::new(name("n"), name("new"))).unwrap();
        let mut own = new.own.clone();
        let claims = make(&cluster, &mut own, new.spec());
        let names: Vec<String> = claims.iter().map(|claim| claim.key.to_string()).collect();
        assert_eq!(names, expected);
        assert_eq!(own.resource_claim_statuses.len(), expected.len());
        let model = cluster.devices.claim(ObjectKey::new(name("n"), name("old-gpu-x"))).unwrap();
        assert!(claims.iter().all(|claim| format!("{:?}", claim.requests) == format!("{:?}", model.requests)));
    }

    #[test]
    fn a_claim_of_a_sibling_stands_in_for_the_template() {
        case("w", "gpus", &["n/new-gpu"]);
        case("w", "others", &[]);
        case("x", "gpus", &[]);
    }
}
