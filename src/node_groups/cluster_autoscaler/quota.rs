//! Limits of the cluster as a whole: `--cores-total`, `--memory-total`, `--gpu-total` (`resourcequotas`).

use std::collections::{BTreeMap, HashMap};

use super::flags::Flags;
use super::readiness::{GPUS, Judge, gpus};
use crate::api::name::name;
use crate::decode::node::Node;

/// What is left of each limited resource.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    left: BTreeMap<String, i64>,
    /// What one node of a group takes; upstream reads it off the first node of the group that it meets.
    of_group: HashMap<usize, BTreeMap<String, i64>>,
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
        flags: &Flags,
        judge: Judge<'_>,
        nodes: impl Iterator<Item = (&'a Node, Option<usize>)>,
        template_gpus: &dyn Fn(usize) -> Result<Option<i64>, Failed>,
    ) -> Result<Self, Failed> {
        let mut quota = Self { left: BTreeMap::new(), of_group: HashMap::new() };
        quota.left.insert("cpu".to_owned(), flags.max_cores);
        quota.left.insert("memory".to_owned(), flags.max_memory);
        for (kind, max) in &flags.max_gpus {
            quota.left.insert(kind.clone(), *max);
        }
        for (node, group) in nodes.filter(|(node, _)| !is_virtual(node)) {
            let used = quota.of_node(judge, node, group, template_gpus)?;
            for (resource, amount) in used {
                if let Some(left) = quota.left.get_mut(&resource) {
                    *left = left.saturating_sub(amount);
                }
            }
        }
        for left in quota.left.values_mut() {
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
        let mut found = BTreeMap::from([("cpu".to_owned(), cores), ("memory".to_owned(), node.capacity.memory.max(0))]);
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

    /// How many of `wanted` nodes of a group the limits allow, and which resources run out (checkQuota).
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
    ) -> Result<(i64, Vec<String>), Failed> {
        let needed = self.of_node(judge, template, Some(group), template_gpus)?;
        let mut allowed = wanted;
        let mut exceeded = Vec::new();
        for (resource, amount) in needed.iter().filter(|(_, amount)| **amount > 0) {
            let Some(left) = self.left.get(resource) else { continue };
            if *left < amount.saturating_mul(wanted) {
                allowed = allowed.min(left / amount);
                exceeded.push(resource.clone());
            }
        }
        Ok((allowed, exceeded))
    }
}

/// Nodes that stand for no machine do not count.
fn is_virtual(node: &Node) -> bool {
    node.labels.get(name("type")).is_some_and(|value| value == "virtual-kubelet")
}

/// How many GPUs a template has, of the first vendor that it has any of.
pub(super) fn capacity_in_gpus(node: &Node) -> Option<i64> {
    GPUS.iter().find_map(|gpu| node.capacity.scalars.find(name(gpu)))
}
