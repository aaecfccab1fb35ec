//! Whether a namespace exists, as far as the state tells.

use crate::api::{Name, name};
use crate::decode::Kind;
use crate::did_you_mean;
use crate::state::Cluster;

use crate::session::State;

/// The API server creates these itself (upstream pkg/controlplane/controller/systemnamespaces).
const SYSTEM: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Whether the state tells of the namespace, or has no Namespaces and so cannot tell.
pub(crate) fn may_exist(cluster: &Cluster, namespace: &str) -> bool {
    SYSTEM.contains(&namespace)
        || !cluster.holds(Kind::Namespace)
        || cluster.namespaces.contains_key(&name(namespace))
        || has_pods(cluster, namespace)
}

/// Whether any pod or workload of the state lives in the namespace.
pub(crate) fn has_pods(cluster: &Cluster, namespace: &str) -> bool {
    let of_pods = cluster.pods().iter().map(|pod| pod.key().namespace);
    let of_ended = cluster.ended().iter().map(|pod| pod.own.key.namespace);
    let of_workloads = cluster.workloads.iter().map(|workload| workload.key.namespace);
    of_pods.chain(of_ended).chain(of_workloads).any(|other| other == namespace)
}

/// kubectl's sentence about a namespace that does not exist, with what was probably meant.
pub(crate) fn missing(state: &State, namespace: &str) -> Option<String> {
    if may_exist(&state.cluster, namespace) {
        return None;
    }
    let near = near(&state.cluster, namespace).map_or_else(String::new, |near| format!("; {near}"));
    Some(format!("namespaces \"{namespace}\" not found in {}{near}", state.basis.origin))
}

/// `did you mean shop?`
pub(crate) fn near(cluster: &Cluster, namespace: &str) -> Option<String> {
    let of_pods = cluster.pods().iter().map(|pod| pod.key().namespace);
    let known = cluster.namespaces.keys().copied().chain(of_pods);
    let known: std::collections::BTreeSet<&str> = known.map(|known: Name| known.as_str()).collect();
    did_you_mean::question(namespace, known.into_iter())
}
