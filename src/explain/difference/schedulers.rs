//! Two schedulers on one state: which verdicts and winners change, and which plugin makes the difference.

use std::collections::BTreeSet;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::framework::{NodePlacement, Placement};
use crate::scheduler::Scheduler;
use crate::state::Cluster;

use super::objects::FieldDifference;
use super::verdicts::{Because, because, by_template};

/// What differs for pods of one template.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SchedulerDifference {
    /// Whose they are.
    pub owner: String,
    /// The pod that was asked about: the others have the same template.
    pub pod: ObjectKey,
    /// How many there are.
    pub pods: usize,
    /// Whether it fits, before and now.
    pub fits: (bool, bool),
    /// kube-scheduler's message on each side; empty where it fits.
    pub message: (String, String),
    /// The best nodes of each side, where it fits on both and they differ.
    pub winner: Option<WinnerChange>,
    /// Where it fits on one side only: what the nodes that take it there say on the other.
    pub because: Vec<Because>,
}

/// Another node wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WinnerChange {
    /// The best nodes before.
    pub before: Vec<Name>,
    /// The best nodes now.
    pub now: Vec<Name>,
    /// The plugins whose points differ: by how much each puts the winner of before ahead of today's, before and now.
    pub leads: Vec<(&'static str, i64, i64)>,
}

/// Asks both schedulers about every pod of the state, as if it were pending; answers how many pods that are, and what
/// differs. Pods of one template are asked about once, on one side of the state.
pub fn compare_schedulers(
    before: &Scheduler,
    after: &Scheduler,
    cluster: &mut Cluster,
    now: Timestamp,
) -> (usize, Vec<SchedulerDifference>) {
    let groups = by_template(cluster, cluster.pods().iter().filter(|pod| !pod.is_terminating()));
    let all = groups.iter().map(|group| group.count).sum();
    let mut found = Vec::new();
    for group in groups {
        let then = before.explain(cluster, group.first, now);
        let is = after.explain(cluster, group.first, now);
        let message = |placement: &Placement| placement.message.clone().unwrap_or_default();
        let message = (message(&then), message(&is));
        let fits = (then.schedulable, is.schedulable);
        let winner = (fits == (true, true) && then.best != is.best).then(|| winner(&then, &is));
        if fits.0 == fits.1 && winner.is_none() && message.0 == message.1 {
            continue;
        }
        let because = match fits {
            (true, false) => because(&then, &is),
            (false, true) => because(&is, &then),
            _ => Vec::new(),
        };
        found.push(SchedulerDifference {
            owner: group.owner,
            pod: then.pod,
            pods: group.count,
            fits,
            message,
            winner,
            because,
        });
    }
    found.sort_by_key(|difference| (difference.fits.0 == difference.fits.1, difference.winner.is_none()));
    (all, found)
}

fn winner(then: &Placement, is: &Placement) -> WinnerChange {
    let points = |placement: &Placement, node: Option<&Name>, plugin: &str| {
        let of = |node: &NodePlacement| {
            let score = node.scores.iter().find(|score| score.plugin == plugin);
            score.map_or(0, |score| score.weighted)
        };
        placement.nodes.iter().find(|other| Some(&other.name) == node).map_or(0, of)
    };
    // Where they share winners the ones that only one side has tell more.
    let only = |of: &[Name], others: &[Name]| of.iter().find(|node| !others.contains(node)).or(of.first()).copied();
    let (old, new) = (only(&then.best, &is.best), only(&is.best, &then.best));
    let plugins: BTreeSet<&'static str> =
        then.nodes.iter().chain(&is.nodes).flat_map(|node| node.scores.iter().map(|score| score.plugin)).collect();
    let lead = |placement: &Placement, plugin: &str| {
        points(placement, old.as_ref(), plugin) - points(placement, new.as_ref(), plugin)
    };
    let leads = plugins.into_iter().map(|plugin| (plugin, lead(then, plugin), lead(is, plugin)));
    let mut leads: Vec<(&'static str, i64, i64)> = leads.filter(|(_, then, is)| then != is).collect();
    leads.sort_by_key(|(plugin, then, is)| (std::cmp::Reverse((then - is).abs()), *plugin));
    WinnerChange { before: then.best.clone(), now: is.best.clone(), leads }
}

/// What the schedulers themselves differ in: version, feature gates, behaviours, plugins and their weights.
pub fn settings(before: &Scheduler, after: &Scheduler) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    let mut add = |field: String, before: Option<String>, now: Option<String>| {
        if before != now {
            found.push(FieldDifference { field, before, now });
        }
    };
    let (old, new) = (before.behaviour(), after.behaviour());
    add("version".to_owned(), Some(old.version.to_string()), Some(new.version.to_string()));
    for ((gate, was), (_, is)) in old.gates.all().into_iter().zip(new.gates.all()) {
        add(format!("feature gate {gate}"), Some(was.to_string()), Some(is.to_string()));
    }
    for ((behaviour, was), (_, is)) in old.named().into_iter().zip(new.named()) {
        add(format!("behaviour {}", behaviour.replace('_', " ")), Some(was.to_string()), Some(is.to_string()));
    }
    let plugins = |scheduler: &Scheduler| {
        let mut plugins = std::collections::BTreeMap::new();
        for profile in &scheduler.config().profiles {
            for enabled in &profile.filter {
                plugins.insert(format!("{}: filter {}", profile.scheduler_name, enabled.plugin), "on".to_owned());
            }
            for enabled in &profile.score {
                let weight = format!("weight {}", enabled.weight);
                plugins.insert(format!("{}: score {}", profile.scheduler_name, enabled.plugin), weight);
            }
        }
        plugins
    };
    let (old, new) = (plugins(before), plugins(after));
    let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for plugin in all {
        add(plugin.clone(), old.get(plugin).cloned(), new.get(plugin).cloned());
    }
    let args = |scheduler: &Scheduler| {
        let profiles = scheduler.config().profiles.iter();
        profiles.map(|profile| (profile.scheduler_name, format!("{:?}", profile.args))).collect::<Vec<_>>()
    };
    if args(before) != args(after) {
        found.push(FieldDifference { field: "arguments of plugins".to_owned(), before: None, now: None });
    }
    found
}
