//! The node groups: how large they are, whether they are asked, and what a new node of each is like.

use super::cloud::Cloud;
use super::quota::ExceededQuota;
use super::template::{Builder, From, Template};
use super::{Run, cluster_api};
use crate::api::name::Name;
use crate::framework::device_reason::DeviceReason;
use crate::framework::{PluginRejection, Reason};
use crate::node_groups::new_node::NewNode;

/// A node group.
#[derive(Clone, Debug)]
pub struct NodeGroup {
    /// Its id.
    pub id: Name,
    /// Fewest nodes.
    pub min: i64,
    /// Most nodes.
    pub max: i64,
    /// How many nodes the cloud was asked for.
    pub target: i64,
    /// Nodes that the autoscaler counts.
    pub registered: i64,
    /// Nodes of the state that belong to it.
    pub members: Vec<Name>,
    /// How they were found; none where none was.
    pub membership: Option<String>,
    /// Whether the autoscaler takes it for healthy.
    pub healthy: bool,
    /// `scaleUp.status`, as the autoscaler wrote it.
    pub scale_up: Name,
    /// Since when that is so.
    pub since: Option<crate::api::time::Timestamp>,
    /// Why it is in backoff: the cloud's code and message.
    pub backoff: Option<(Box<str>, Box<str>)>,
    /// Nodes under way that the simulation counts.
    pub upcoming: i64,
    /// Why it is not asked at all.
    pub skip: Option<Skip>,
    /// The node that stands for a new one.
    pub template: Option<Template>,
    /// What that node has.
    pub offer: Option<NewNode>,
    /// Why there is no template.
    pub not_evaluated: Option<String>,
}

/// Why a group is not asked (`orchestrator/skippedreasons.go`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// It is unhealthy.
    NotReady,
    /// A scale-up failed a short while ago.
    Backoff,
    /// It is as large as it may be.
    MaxSize,
    /// The cluster, or a part of it, would get too large.
    Quota(Vec<ExceededQuota>),
    /// The provider does not say what a new node is like; with `false` nobody says so here, and it may know.
    NoTemplate(bool),
}

impl Skip {
    /// The word for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotReady => "not-ready",
            Self::Backoff => "backoff",
            Self::MaxSize => "max-size",
            Self::Quota(_) => "quota",
            Self::NoTemplate(_) => "no-template",
        }
    }

    /// The autoscaler's texts.
    pub fn reasons(&self) -> Vec<String> {
        let one = |text: &str| vec![text.to_owned()];
        match self {
            Self::NotReady | Self::NoTemplate(_) => one("not ready for scale-up"),
            Self::Backoff => one("in backoff after failed scale-up"),
            Self::MaxSize => one("max node group size reached"),
            Self::Quota(exceeded) => exceeded
                .iter()
                .map(|quota| format!("exceeded quota: \"{}\", resources: {}", quota.id, quota.resources.join(", ")))
                .collect(),
        }
    }
}

impl NodeGroup {
    /// Whether pods are tried on a new node of it.
    pub(super) fn is_asked(&self) -> bool {
        self.skip.is_none() && self.template.is_some()
    }
}

/// The groups of the status, in its order.
pub(super) fn of(run: &Run<'_>) -> Vec<NodeGroup> {
    let cluster = run.sandbox.cluster();
    let flags = &run.options.flags;
    let builder = Builder { cluster, flags, gates: run.gates };
    let judge = run.judge();
    let groups = run.status.groups.iter().enumerate().map(|(place, status)| {
        let members: Vec<_> =
            cluster.nodes().iter().filter(|node| run.membership.group_of(node.name()) == Some(place)).collect();
        let under_way = status.target - (status.ready + status.unready + status.suspended + status.long_unregistered);
        let good = members.iter().find(|node| judge.is_good_example(&node.node));
        let saved = run.options.templates.get(status.name, cluster, run.gates, flags.csi_aware);
        let of_provider = || {
            let labels_of = members.first().map(|node| &*node.node);
            cluster_api::template(cluster, &status.name, run.gates, labels_of).map(|built| builder.of_provider(built))
        };
        // Clouds that have a template of their own never come to a bad node (MixedTemplateNodeInfoProvider.Process). Such
        // a template cannot be seen, and what it is like is best seen from a node of the group.
        let last_resort = || {
            let bad = members.first()?;
            Some(builder.of_node(bad, From::LastResort(bad.name(), judge.flaw(&bad.node))))
        };
        let template = saved
            .or_else(|| good.map(|node| builder.of_node(node, From::ReadyNode(node.name()))))
            .or_else(of_provider)
            .or_else(last_resort);
        let skip = if status.unhealthy {
            Some(Skip::NotReady)
        } else if status.scale_up == "Backoff" {
            Some(Skip::Backoff)
        } else if status.target >= status.max {
            Some(Skip::MaxSize)
        } else {
            None
        };
        let not_evaluated = template.is_none().then(|| why_unknown(status.registered));
        let no_template = (template.is_none() && status.registered == 0).then(|| {
            let is_known = run.cloud == Cloud::ClusterApi || run.options.templates.groups().next().is_some();
            Skip::NoTemplate(is_known)
        });
        NodeGroup {
            id: status.name,
            min: status.min,
            max: status.max,
            target: status.target,
            registered: status.registered,
            members: members.iter().map(|node| node.name()).collect(),
            membership: run.membership.found_by(place).map(str::to_owned),
            healthy: !status.unhealthy,
            scale_up: status.scale_up,
            since: status.since,
            backoff: (status.scale_up == "Backoff").then(|| (status.error_code.clone(), status.error_message.clone())),
            upcoming: if status.scale_up == "InProgress" { under_way.max(0) } else { 0 },
            skip: skip.or(no_template),
            offer: template.as_ref().map(NewNode::of_template),
            template,
            not_evaluated,
        }
    });
    groups.collect()
}

fn why_unknown(registered: i64) -> String {
    let why = match registered {
        0 => "no node of it in the state, and no template",
        _ => "nothing in the state says which nodes belong to it, nor what a new one is like",
    };
    why.to_owned()
}

/// Some clouds name a group by its address, of which the last part is its name; EKS has a UUID behind the name.
pub fn short(id: &str) -> &str {
    const UUID: [usize; 5] = [8, 4, 4, 4, 12];
    let id = match id.rsplit_once('/') {
        Some((start, name)) if start.contains("://") => name,
        _ => id,
    };
    let Some(at) = id.len().checked_sub(37).filter(|at| id.starts_with("eks-") && *at > 3) else { return id };
    let Some((group, uuid)) = id.split_at_checked(at) else { return id };
    let uuid = uuid.strip_prefix('-').unwrap_or_default();
    let is_hex = uuid.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    if is_hex && uuid.split('-').map(str::len).eq(UUID) { group } else { id }
}

/// The reasons of a refusal, in the autoscaler's words: they are kube-scheduler's, but for claims that are not there,
/// which it looks up itself (`simulator/dynamicresources/snapshot/snapshot_claim_tracker.go`).
pub fn reasons(rejection: &PluginRejection) -> Vec<String> {
    let word = |reason: &Reason| match reason {
        Reason::Device(DeviceReason::ResourceClaimNotFound { claim, .. }) => format!("claim {claim} not found"),
        reason => reason.to_string(),
    };
    rejection.rejection.reasons.iter().map(word).collect()
}
