//! NodeClaims that have not become nodes, and why, in the words of who tries (sigs.k8s.io/karpenter v1.15
//! `pkg/controllers/nodeclaim/lifecycle`: Launched, then Registered, then Initialized).

use crate::api::name::{Name, name};
use crate::decode::autoscaling::{Provisioning, ProvisioningKind, condition};
use crate::state::Cluster;

use super::requirement::NODE_POOL;

/// A NodeClaim that is no ready node yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuckClaim {
    /// Its name.
    pub name: Name,
    /// The first condition that does not hold: `Launched`, `Registered`, `Initialized`.
    pub condition: Name,
    /// Why.
    pub why: String,
}

/// Those of a pool, as far as they say why.
pub(super) fn of_pool(cluster: &Cluster, pool: Name) -> Vec<StuckClaim> {
    let claims = cluster.autoscaling.of_kind(ProvisioningKind::NodeClaim);
    claims
        .filter_map(|object| {
            let Provisioning::Claim(claim) = &object.data else { return None };
            if claim.deleting || claim.labels.get(name(NODE_POOL)) != Some(pool) {
                return None;
            }
            let steps = ["Launched", "Registered", "Initialized"];
            let open = steps.iter().filter_map(|step| condition(&claim.conditions, step)).find(|it| !it.is_true())?;
            let why = match (open.message.trim(), open.reason.as_str()) {
                ("", reason) => reason.to_owned(),
                (message, _) => message.to_owned(),
            };
            (!why.is_empty()).then_some(StuckClaim { name: object.key.name, condition: open.r#type, why })
        })
        .collect()
}
