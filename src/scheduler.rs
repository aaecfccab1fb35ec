//! A scheduler: every profile of a configuration with its plugins built, ready to be asked.
//!
//! The one way in which all commands run a cycle, so that they agree by construction.

use crate::cluster::pod::PodId;
use crate::cluster::{Cluster, Pod, Timestamp};
use crate::config::{Behaviour, Profile, SchedulerConfig};
use crate::framework::extender::{Extender, Transport};
use crate::framework::placement::{Current, Placement};
use crate::framework::{Cycle, Framework, NotEvaluated, Notes, Plugin, cycle};
use crate::plugins;

/// Profiles by scheduler name, ready to run cycles.
pub struct Scheduler {
    config: SchedulerConfig,
    behaviour: Behaviour,
    profiles: Vec<(Profile, Vec<Box<dyn Plugin>>)>,
    extenders: Vec<Extender>,
}

impl Scheduler {
    /// Builds the plugins of every profile. Extenders are not asked: every placement tells of it.
    pub fn new(config: SchedulerConfig, behaviour: Behaviour) -> Self {
        let profiles = config
            .profiles
            .iter()
            .map(|profile| (profile.clone(), plugins::build(profile, &behaviour)))
            .collect();
        let extenders = config.extenders.iter().cloned().map(Extender::unasked).collect();
        Self { config, behaviour, profiles, extenders }
    }

    /// Lets the extenders of the configuration be asked, each through its transport
    /// ([`crate::framework::extender::http::connect`]). What they are sent must have been kept
    /// ([`crate::cluster::ClusterBuilder::keep_raw`]).
    #[must_use]
    pub fn with_extenders(mut self, transports: Vec<Box<dyn Transport>>) -> Self {
        let configs = self.config.extenders.iter().cloned();
        self.extenders = configs.zip(transports).map(|(config, transport)| Extender::asked(config, transport)).collect();
        self
    }

    /// The configuration it was made from.
    pub fn config(&self) -> &SchedulerConfig {
        &self.config
    }

    /// Version and feature gates.
    pub fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// The profile that answers to the pod's scheduler name, ready to run.
    pub fn framework_for(&self, pod: &Pod) -> Option<(&Profile, Framework<'_>)> {
        let name = pod.spec().scheduler_name();
        let (profile, plugins) = self.profiles.iter().find(|(profile, _)| profile.scheduler_name == name)?;
        Some((profile, Framework { extenders: &self.extenders, ..Framework::new(profile, plugins) }))
    }

    /// Runs one cycle for a pending pod of `cluster`, at the time `now`.
    pub fn schedule(&self, cluster: &Cluster, pod: PodId, now: Timestamp) -> Placement {
        let pod = cluster.pod(pod);
        let Some((profile, framework)) = self.framework_for(pod) else {
            return no_profile(pod);
        };
        let notes = Notes::default();
        self.note_what_is_outside(profile, &notes);
        let cycle = Cycle { cluster, pod, behaviour: &self.behaviour, now, notes: &notes };
        cycle::run(&framework, cycle)
    }

    /// Explains a pod as if it were pending: one that runs somewhere is taken out of the state
    /// first, and the answer tells of its node.
    pub fn explain(&self, cluster: &mut Cluster, pod: PodId, now: Timestamp) -> Placement {
        let node = cluster.pod(pod).own.node_name;
        if node.is_some() {
            cluster.forget(pod);
        }
        let mut placement = self.schedule(cluster, pod, now);
        placement.current = node.map(|node| {
            let there = placement.nodes.iter().find(|n| n.name == node);
            Current {
                node,
                rank: there.and_then(|n| n.rank),
                feasible: there.is_some_and(crate::framework::NodePlacement::is_feasible),
            }
        });
        placement
    }

    /// Plugins of the profile that are not part of this program.
    fn note_what_is_outside(&self, profile: &Profile, notes: &Notes) {
        for plugin in &profile.out_of_tree {
            notes.add(NotEvaluated::new(
                plugin.plugin.as_str(),
                "the profile enables it, and it is not part of kube-scheduler",
                "what it filters or scores is not in this answer",
            ));
        }
    }
}

/// Upstream schedule_one.go, frameworkForPod: such a pod never enters the queue.
fn no_profile(pod: &Pod) -> Placement {
    let name = pod.spec().scheduler_name();
    let mut placement = Placement::empty(pod.key(), pod.id, name);
    placement.errors = vec![format!("profile not found for scheduler name \"{name}\"")];
    placement
}
