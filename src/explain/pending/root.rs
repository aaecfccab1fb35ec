//! What keeps a pod pending, in one sentence.
//!
//! A pod may be kept from 5,000 nodes for ten reasons. The ones to begin with are those of the
//! node that is closest to taking it: fixing them is the least that helps.

use crate::api::Name;
use crate::framework::{Amount, Placement, Reason};
use crate::state::Pod;

use super::super::{causes, near_misses};

/// What stands in a pod's way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Root {
    /// Nothing: a node fits, and kube-scheduler has not bound the pod yet.
    Fits,
    /// The pod is being deleted: kube-scheduler passes it over.
    Terminating,
    /// Scheduling gates, or another PreEnqueue plugin.
    HeldBack(Vec<Blocker>),
    /// No profile has the pod's `schedulerName`.
    NoProfile(Name),
    /// There is no node.
    NoNodes,
    /// The cycle ended in an error.
    Failed(String),
    /// It is rejected before any node is looked at.
    PodRejected(Vec<Blocker>),
    /// What keeps it from the node that is closest to taking it.
    Rejected(Vec<Blocker>),
}

/// One thing that keeps the pod from the node.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Blocker {
    /// The plugin; none where the framework itself spoke.
    pub plugin: Option<&'static str>,
    /// The reason, as the first pod of a group met it.
    pub reason: Reason,
    /// Least and most that is missing on the closest node, for a resource.
    pub shortfall: Option<(Amount, Amount)>,
}

impl Root {
    /// What keeps `pod` pending, whose cycle was `placement`.
    pub(super) fn of(placement: &Placement, pod: &Pod) -> Self {
        let obstacles = |said: &crate::framework::PluginRejection| {
            let reasons = said.rejection.reasons.iter();
            reasons.map(|reason| Blocker::new(said.plugin, reason)).collect::<Vec<_>>()
        };
        // Only such a pod has an error and no message.
        if !placement.errors.is_empty() && placement.message.is_none() {
            return Self::NoProfile(pod.spec().scheduler_name());
        }
        if let Some(held_back) = &placement.pre_enqueue {
            return Self::HeldBack(obstacles(held_back));
        }
        if pod.is_terminating() {
            return Self::Terminating;
        }
        if let Some(error) = placement.errors.first() {
            return Self::Failed(error.clone());
        }
        if placement.schedulable {
            return Self::Fits;
        }
        if let Some(turned_away) = &placement.pre_filter {
            return Self::PodRejected(obstacles(turned_away));
        }
        match near_misses::find(placement).into_iter().next() {
            Some(closest) => {
                Self::Rejected(closest.misses.into_iter().map(|miss| Blocker::new(miss.plugin, &miss.reason)).collect())
            }
            None => Self::NoNodes,
        }
    }

    /// Whether a new node could be what its pods wait for.
    pub fn needs_a_node(&self) -> bool {
        matches!(self, Self::NoNodes | Self::Failed(_) | Self::PodRejected(_) | Self::Rejected(_))
    }

    /// What makes two root causes the same: the plugins and what they say, without the numbers
    /// that differ from pod to pod. More than any node has is another thing than what is taken.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Fits => "fits".to_owned(),
            Self::Terminating => "terminating".to_owned(),
            Self::NoNodes => "no nodes".to_owned(),
            Self::NoProfile(name) => format!("no profile {name}"),
            Self::Failed(error) => format!("failed {error}"),
            Self::HeldBack(obstacles) => format!("held back {}", identities(obstacles)),
            Self::PodRejected(obstacles) => format!("pre-filter {}", identities(obstacles)),
            Self::Rejected(obstacles) => format!("rejected {}", identities(obstacles)),
        }
    }

    /// Widens the numbers so that they hold for the pods of `other` too, which is the same cause.
    pub(super) fn take_in(&mut self, other: &Self) {
        let (Self::Rejected(ours), Self::Rejected(theirs)) = (self, other) else { return };
        for obstacle in ours {
            let same = theirs.iter().find(|theirs| theirs.identity() == obstacle.identity());
            let (Some((least, most)), Some(Some((less, more)))) =
                (&mut obstacle.shortfall, same.map(|same| same.shortfall))
            else {
                continue;
            };
            if less.value < least.value {
                *least = less;
            }
            if more.value > most.value {
                *most = more;
            }
        }
    }

    /// Whether a change of the state or of the pod could be looked for.
    pub(super) fn can_be_helped(&self) -> bool {
        matches!(self, Self::HeldBack(_) | Self::PodRejected(_) | Self::Rejected(_))
    }
}

impl Blocker {
    fn new(plugin: Option<&'static str>, reason: &Reason) -> Self {
        let shortfall = match reason {
            Reason::InsufficientResource { short, .. } => Some((*short, *short)),
            _ => None,
        };
        Self { plugin, reason: reason.clone(), shortfall }
    }

    /// Whether the pod asks for more of a resource than the node has at all.
    pub fn is_beyond_the_node(&self) -> bool {
        matches!(&self.reason, Reason::InsufficientResource { requested, allocatable, .. }
            if requested.value > allocatable.value)
    }

    fn identity(&self) -> String {
        let beyond = if self.is_beyond_the_node() { " beyond" } else { "" };
        format!("{} {}{beyond}", self.plugin.unwrap_or_default(), causes::identity(&self.reason))
    }
}

fn identities(obstacles: &[Blocker]) -> String {
    let mut identities: Vec<String> = obstacles.iter().map(Blocker::identity).collect();
    identities.sort_unstable();
    identities.dedup();
    identities.join("; ")
}
