//! Limits of the cluster as a whole: `--cores-total`, `--memory-total`, `--gpu-total`; and CapacityQuotas, which limit nodes
//! with certain labels (`resourcequotas`, `resourcequotas/capacityquota/provider.go`).

use std::collections::{BTreeMap, HashMap};

use super::flags::Flags;
use super::readiness::{GPUS, Judge, gpus};
use crate::api::name::name;
use crate::api::selector::Selector;
use crate::decode::autoscaling::{Provisioning, ProvisioningKind, condition};
use crate::decode::node::Node;
use crate::state::Cluster;

/// What is left of each limited resource.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    limits: Vec<Limit>,
    /// What one node of a group takes; upstream reads it off the first node of the group that it meets.
    of_group: HashMap<usize, BTreeMap<String, i64>>,
}

/// One quota.
#[derive(Clone, Debug)]
struct Limit {
    id: String,
    /// The nodes that count; none are all.
    selector: Option<Selector>,
    left: BTreeMap<String, i64>,
}

impl Limit {
    fn applies_to(&self, node: &Node) -> bool {
        self.selector.as_ref().is_none_or(|selector| selector.matches(&node.labels))
    }
}

/// A quota that one more node would exceed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceededQuota {
    /// `cluster-wide`, `CapacityQuota/NAME`.
    pub id: String,
    /// The resources of which there would be too much.
    pub resources: Vec<String>,
}

/// A node whose GPUs are not there yet, and whose provider does not say how many there will be: the autoscaler gives up
/// this time, without an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed;

impl Quota {
    /// What the nodes leave of the limits. `template_gpus` says how many GPUs the provider's template of a group has.
    ///
    /// # Errors
    /// The GPUs of a node are not known.
    pub(super) fn of<'a>(
        cluster: &Cluster,
        flags: &Flags,
        judge: Judge<'_>,
        nodes: impl Iterator<Item = (&'a Node, Option<usize>)>,
        template_gpus: &dyn Fn(usize) -> Result<Option<i64>, Failed>,
    ) -> Result<Self, Failed> {
        let standard = [("cpu".to_owned(), flags.max_cores), ("memory".to_owned(), flags.max_memory)];
        let left = standard.into_iter().chain(flags.max_gpus.iter().cloned()).collect();
        let cluster_wide = Limit { id: "cluster-wide".to_owned(), selector: None, left };
        let limits = std::iter::once(cluster_wide).chain(capacity_quotas(cluster, flags)).collect();
        let mut quota = Self { limits, of_group: HashMap::new() };
        for (node, group) in nodes.filter(|(node, _)| !is_virtual(node)) {
            let used = quota.of_node(judge, node, group, template_gpus)?;
            for limit in quota.limits.iter_mut().filter(|limit| limit.applies_to(node)) {
                for (resource, amount) in &used {
                    if let Some(left) = limit.left.get_mut(resource) {
                        *left = left.saturating_sub(*amount);
                    }
                }
            }
        }
        for left in quota.limits.iter_mut().flat_map(|limit| limit.left.values_mut()) {
            *left = (*left).max(0);
        }
        Ok(quota)
    }

    /// totalNodeResources: capacities, and GPUs by their type.
    fn of_node(
        &mut self,
        judge: Judge<'_>,
        node: &Node,
        group: Option<usize>,
        template_gpus: &dyn Fn(usize) -> Result<Option<i64>, Failed>,
    ) -> Result<BTreeMap<String, i64>, Failed> {
        if let Some(known) = group.and_then(|group| self.of_group.get(&group)) {
            return Ok(known.clone());
        }
        // A count of cores is rounded up.
        let cores = node.capacity.milli_cpu.max(0).saturating_add(999) / 1000;
        let mut found = BTreeMap::from([
            ("cpu".to_owned(), cores),
            ("memory".to_owned(), node.capacity.memory.max(0)),
            ("nodes".to_owned(), 1),
        ]);
        let kind = judge.cloud.gpu_label().and_then(|label| node.labels.get(name(label)));
        if let Some(kind) = kind {
            let count = match (gpus(node), group) {
                (Some(count), _) => Some(count),
                (None, None) => return Err(Failed),
                (None, Some(group)) => template_gpus(group)?,
            };
            if let Some(count) = count.filter(|count| *count > 0 && !kind.is_empty()) {
                found.insert(kind.to_string(), count);
            }
        }
        if let Some(group) = group {
            self.of_group.insert(group, found.clone());
        }
        Ok(found)
    }

    /// How many of `wanted` nodes of a group the limits allow, and which quotas that exceeds (checkQuota).
    ///
    /// # Errors
    /// The GPUs of the template are not known.
    pub(super) fn check(
        &mut self,
        judge: Judge<'_>,
        template: &Node,
        group: usize,
        wanted: i64,
        template_gpus: &dyn Fn(usize) -> Result<Option<i64>, Failed>,
    ) -> Result<(i64, Vec<ExceededQuota>), Failed> {
        let needed = self.of_node(judge, template, Some(group), template_gpus)?;
        let mut allowed = wanted;
        let mut exceeded = Vec::new();
        for limit in self.limits.iter().filter(|limit| limit.applies_to(template)) {
            let mut resources = Vec::new();
            for (resource, amount) in needed.iter().filter(|(_, amount)| **amount > 0) {
                let Some(left) = limit.left.get(resource) else { continue };
                if *left < amount.saturating_mul(wanted) {
                    allowed = allowed.min(left / amount);
                    resources.push(resource.clone());
                }
            }
            if !resources.is_empty() {
                exceeded.push(ExceededQuota { id: limit.id.clone(), resources });
            }
        }
        Ok((allowed, exceeded))
    }
}

/// The CapacityQuotas that the autoscaler found valid, which it does only where it keeps to them. Where its flags are known
/// they say whether it does.
fn capacity_quotas<'a>(cluster: &'a Cluster, flags: &Flags) -> impl Iterator<Item = Limit> + 'a {
    let keeps = flags.capacity_quotas || cluster.autoscaling.process.is_none();
    let quotas = cluster.autoscaling.of_kind(ProvisioningKind::CapacityQuota).filter(move |_| keeps);
    quotas.filter_map(|object| {
        let Provisioning::Buffer(quota) = &object.data else { return None };
        condition(&quota.conditions, VALID).filter(|valid| valid.is_true())?;
        let selector = match &quota.selector {
            Some(selector) => Some(Selector::new(Some(selector)).ok()?),
            None => None,
        };
        let left = quota.limits.iter().map(|(resource, limit)| (resource.to_string(), limit.value())).collect();
        Some(Limit { id: format!("CapacityQuota/{}", object.key.name), selector, left })
    })
}

/// The condition by which the autoscaler says that it keeps to a CapacityQuota (`capacityquota/controller.go`).
pub(in crate::node_groups) const VALID: &str = "cluster-autoscaler.kubernetes.io/valid";

/// Nodes that stand for no machine do not count.
fn is_virtual(node: &Node) -> bool {
    node.labels.get(name("type")).is_some_and(|value| value == "virtual-kubelet")
}

/// How many GPUs a template has, of the first vendor that it has any of.
pub(super) fn capacity_in_gpus(node: &Node) -> Option<i64> {
    GPUS.iter().find_map(|gpu| node.capacity.scalars.find(name(gpu)))
}
