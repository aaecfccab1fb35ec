//! Pending pods as figures to watch: how many by cause, kind of owner and namespace, and how long they have waited.
//!
//! Every label has few values, whatever the cluster: plugins and kinds are those that Kubernetes has, and only the
//! namespaces with the most pending pods are named.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::Name;
use crate::decode::workload::WorkloadKind;
use crate::explain::pending::{Blocker, Owner, Pending, Root};
use crate::report::Metric;

/// Namespaces that are named.
const NAMESPACES: usize = 100;
/// Plugins that are named together.
const PLUGINS: usize = 3;
/// All others: neither a namespace nor a kind can be called so.
const OTHERS: &str = "(other)";

/// The figures of `pending`.
pub(super) fn of(pending: &Pending) -> Vec<Metric> {
    let named = namespaces(pending);
    let mut pods: BTreeMap<Vec<String>, i64> = BTreeMap::new();
    let mut oldest: BTreeMap<Vec<String>, i64> = BTreeMap::new();
    for group in &pending.groups {
        let cause = cause(&group.root);
        for (owner, number) in &group.owners {
            let is_named = named.contains(&owner.key.namespace);
            let namespace = if is_named { owner.key.namespace.as_str() } else { OTHERS };
            let labels = [cause.as_str(), namespace, kind(owner)].map(str::to_owned).to_vec();
            *pods.entry(labels).or_default() += i64::try_from(*number).unwrap_or(i64::MAX);
        }
        if let Some(since) = group.since {
            let known = oldest.entry(vec![cause]).or_insert(since.0);
            *known = since.0.min(*known);
        }
    }
    vec![
        Metric {
            name: "kubectl_sched_pending_pods",
            unit: None,
            help: "Pending pods by what keeps them from the closest node.",
            labels: &["cause", "namespace", "owner_kind"],
            samples: pods,
        },
        Metric {
            name: "kubectl_sched_pending_oldest_created_timestamp_seconds",
            unit: Some("seconds"),
            help: "When the oldest of the pending pods was created.",
            labels: &["cause"],
            samples: oldest,
        },
    ]
}

/// The namespaces with the most pending pods.
fn namespaces(pending: &Pending) -> BTreeSet<Name> {
    let mut pods: BTreeMap<Name, usize> = BTreeMap::new();
    for (owner, number) in pending.groups.iter().flat_map(|group| &group.owners) {
        *pods.entry(owner.key.namespace).or_default() += number;
    }
    let mut pods: Vec<(Name, usize)> = pods.into_iter().collect();
    pods.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    pods.into_iter().take(NAMESPACES).map(|(namespace, _)| namespace).collect()
}

/// The plugins that reject the pods, or the word for what else it is; those of the JSON.
fn cause(root: &Root) -> String {
    match root {
        Root::Fits => "Fits".to_owned(),
        Root::Terminating => "Terminating".to_owned(),
        Root::NoNodes => "NoNodes".to_owned(),
        Root::NoProfile(_) => "NoProfile".to_owned(),
        Root::Failed(_) => "Error".to_owned(),
        Root::HeldBack(blockers) | Root::PodRejected(blockers) | Root::Rejected(blockers) => plugins(blockers),
    }
}

fn plugins(blockers: &[Blocker]) -> String {
    let plugins: BTreeSet<&str> = blockers.iter().map(|blocker| blocker.plugin.unwrap_or("Framework")).collect();
    if plugins.len() > PLUGINS {
        return "Several".to_owned();
    }
    plugins.into_iter().collect::<Vec<_>>().join("+")
}

fn kind(owner: &Owner) -> &'static str {
    match WorkloadKind::from_kind(&owner.kind) {
        Some(kind) => kind.as_str(),
        None if owner.kind == "Pod" => "Pod",
        None => OTHERS,
    }
}
