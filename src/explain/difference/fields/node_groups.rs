//! What autoscalers read of nodes that could be made.

use super::{Facts, Object, condition_text};
use crate::decode::Kind;
use crate::decode::autoscaling::karpenter::NodeSpec;
use crate::decode::autoscaling::{Condition, Provisioning};
use crate::state::Cluster;

/// The groups that the Cluster Autoscaler lists in its status.
pub(super) fn autoscaler_groups(cluster: &Cluster) -> Vec<Object> {
    let groups = cluster.autoscaling.readable_status(None).into_iter().flat_map(|status| &status.groups);
    groups
        .map(|group| {
            let facts = Facts::default()
                .with("min", group.min)
                .with("max", group.max)
                .flag("unhealthy", group.unhealthy)
                .text("scale-up", group.scale_up)
                .some("error", Some(&group.error_code).filter(|code| !code.is_empty()));
            (Kind::AutoscalerStatus, group.name.to_string(), facts)
        })
        .collect()
}

/// Karpenter's objects, Cluster API's, and those of the autoscalers' own API.
pub(super) fn provisioning(cluster: &Cluster) -> Vec<Object> {
    let objects = cluster.autoscaling.objects.iter();
    objects
        .filter_map(|object| {
            let name =
                if object.key.namespace.is_empty() { object.key.name.to_string() } else { object.key.to_string() };
            Some((Kind::Provisioning(object.kind), name, facts(&object.data)?))
        })
        .collect()
}

fn facts(data: &Provisioning) -> Option<Facts> {
    let facts = Facts::default();
    Some(match data {
        Provisioning::Pool(pool) => facts
            .with("weight", pool.weight)
            .flag("static", pool.is_static)
            .flag("terminating", pool.deleting)
            .amounts("limit", &pool.limits)
            .labels("label", &pool.labels)
            .node(&pool.node)
            .conditions(&pool.conditions),
        Provisioning::Claim(claim) => {
            facts.flag("terminating", claim.deleting).amounts("allocatable", &claim.allocatable).node(&claim.node)
        }
        Provisioning::Overlay(overlay) => facts
            .with("weight", overlay.weight)
            .amounts("capacity", &overlay.capacity)
            .flag("changes prices", overlay.changes_price),
        Provisioning::Class(class) => facts.conditions(&class.conditions),
        Provisioning::Scalable(scalable) => facts
            .some("replicas", scalable.replicas)
            .labels("annotation", &scalable.annotations)
            .labels("label", &scalable.template_labels)
            .taints("taint", &scalable.taints)
            .some("infrastructure", scalable.infrastructure.map(|found| format!("{}/{}", found.kind, found.name))),
        // The node that it becomes is compared.
        Provisioning::Machine(_) => return None,
        Provisioning::Template(template) => facts
            .amounts("capacity", &template.capacity)
            .text("architecture", template.architecture)
            .text("operatingSystem", template.operating_system),
        Provisioning::Buffer(buffer) => facts
            .some("replicas", buffer.replicas)
            .some("spare pods", buffer.spare_pods)
            .some("provisioningClassName", buffer.class)
            .selector("selector", buffer.selector.as_ref())
            .amounts("limit", &buffer.limits)
            .conditions(&buffer.conditions),
    })
}

impl Facts {
    fn node(self, node: &NodeSpec) -> Self {
        let requirement = |found: &crate::decode::autoscaling::karpenter::PoolRequirement| {
            condition_text(found.key, found.operator, &found.values)
        };
        let least = node.requirements.iter().filter_map(|found| Some((found.key, found.min_values?)));
        self.list("requirements", node.requirements.iter().map(requirement))
            .each("minValues", least)
            .taints("taint", &node.taints)
            .taints("startup taint", &node.startup_taints)
            .some("node class", node.class.map(|class| format!("{}/{}", class.kind, class.name)))
    }

    fn conditions(self, conditions: &[Condition]) -> Self {
        self.each("condition", conditions.iter().map(|condition| (condition.r#type, condition.status)))
    }
}
