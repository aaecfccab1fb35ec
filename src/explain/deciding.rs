//! Which plugin decided: the one without whose points another node would have won.

use crate::api::name::Name;
use crate::framework::{NodePlacement, Placement};

/// How the best node came to be the best.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// What there was to decide.
    pub how: How,
    /// The nodes at the highest total, in the order of names.
    pub winners: Vec<Name>,
    /// That total, in points.
    pub total: i64,
    /// The best node with a lower total.
    pub runner_up: Option<RunnerUp>,
    /// The plugins that decided, the one with the largest lead first. Empty when the best nodes
    /// stay the best without any single one of them.
    pub decided_by: Vec<Deciding>,
}

impl Decision {
    /// Of how many equally good nodes the scheduler picks each as likely as any other (upstream
    /// schedule_one.go, selectHost).
    pub fn one_of(&self) -> usize {
        match self.how {
            How::OnlyNode | How::Nominated(_) => 1,
            How::Scores => self.winners.len(),
        }
    }
}

/// What there was to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum How {
    /// Nothing: one node is feasible.
    OnlyNode,
    /// Nothing: the pod is nominated to a feasible node, which is taken without comparison.
    Nominated(Name),
    /// The scores.
    Scores,
}

/// The best node with a lower total than the winners'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunnerUp {
    /// The node; the first in the order of names where several tie.
    pub node: Name,
    /// How many points it is behind.
    pub behind: i64,
}

/// A plugin without whose points another node would have won.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deciding {
    /// The plugin.
    pub plugin: &'static str,
    /// The node that would have won; the first in the order of names where several tie.
    pub instead: Name,
    /// By how many points the plugin puts the winner before that node.
    pub lead: i64,
}

/// Finds the decision in the scores of `placement`; none without a feasible node.
pub fn find(placement: &Placement) -> Option<Decision> {
    let scored: Vec<(&NodePlacement, i64)> =
        placement.feasible().filter_map(|node| Some((node, node.total?))).collect();
    let total = scored.iter().map(|(_, total)| *total).max()?;
    let winners: Vec<&NodePlacement> =
        scored.iter().filter(|(_, node_total)| *node_total == total).map(|(node, _)| *node).collect();
    let how = match placement.nominated_fits {
        Some(node) => How::Nominated(node),
        None if scored.len() == 1 => How::OnlyNode,
        None => How::Scores,
    };
    let runner_up = best(scored.iter().filter(|(_, node_total)| *node_total < total).copied())
        .map(|(node, node_total)| RunnerUp { node: node.name, behind: total - node_total });
    let plugins = winners.first().map_or(&[][..], |winner| &winner.scores);
    let mut decided_by: Vec<Deciding> =
        plugins.iter().filter_map(|score| decides(score.plugin, &scored, &winners)).collect();
    decided_by.sort_by_key(|deciding| std::cmp::Reverse(deciding.lead));
    Some(Decision { how, winners: winners.iter().map(|node| node.name).collect(), total, runner_up, decided_by })
}

/// Whether no winner is among the best without the points of `plugin`.
fn decides(plugin: &'static str, scored: &[(&NodePlacement, i64)], winners: &[&NodePlacement]) -> Option<Deciding> {
    let without = scored.iter().map(|(node, total)| (*node, total - points(node, plugin)));
    let (instead, top) = best(without)?;
    let (winner, winner_total) =
        best(winners.iter().filter_map(|node| Some((*node, node.total? - points(node, plugin)))))?;
    (winner_total < top).then(|| Deciding {
        plugin,
        instead: instead.name,
        lead: points(winner, plugin) - points(instead, plugin),
    })
}

/// The weighted points that `plugin` gave `node`.
pub(super) fn points(node: &NodePlacement, plugin: &str) -> i64 {
    node.scores.iter().find(|score| score.plugin == plugin).map_or(0, |score| score.weighted)
}

/// The first of the nodes with most points.
fn best<'a>(nodes: impl Iterator<Item = (&'a NodePlacement, i64)>) -> Option<(&'a NodePlacement, i64)> {
    nodes.reduce(|best, node| if node.1 > best.1 { node } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ObjectKey, name};
    use crate::framework::placement::PluginScore;
    use crate::state::{NodeId, PodId};

    /// Nodes `a`, `b`, … with what `Fit` and `Spread` gave them.
    #[track_caller]
    fn case(points: &[[i64; 2]], winners: &[&str], behind: Option<i64>, decided_by: &[(&str, &str)]) {
        let mut placement = Placement::empty(ObjectKey::new(name("n"), name("p")), PodId(0), name("s"));
        placement.nodes = points
            .iter()
            .zip(["a", "b", "c"])
            .enumerate()
            .map(|(index, (points, node))| NodePlacement {
                name: name(node),
                id: NodeId(index as u32),
                considered: true,
                rejection: None,
                filters: Vec::new(),
                scores: ["Fit", "Spread"]
                    .into_iter()
                    .zip(points)
                    .map(|(plugin, points)| PluginScore {
                        plugin,
                        raw: *points,
                        normalized: *points,
                        weight: 1,
                        weighted: *points,
                    })
                    .collect(),
                total: Some(points.iter().sum()),
                rank: None,
            })
            .collect();
        let decision = find(&placement).unwrap();
        let decided: Vec<(&str, &str)> =
            decision.decided_by.iter().map(|deciding| (deciding.plugin, deciding.instead.as_str())).collect();
        assert_eq!(decision.winners, winners);
        assert_eq!(decision.runner_up.map(|runner_up| runner_up.behind), behind);
        assert_eq!(decided, decided_by);
    }

    #[test]
    fn the_plugin_without_which_another_node_wins() {
        case(&[[10, 90], [20, 10]], &["a"], Some(70), &[("Spread", "b")]);
        // Ahead in both: neither decides.
        case(&[[30, 30], [20, 20]], &["a"], Some(20), &[]);
        // Without it there would be a tie, which the winner still might win.
        case(&[[20, 30], [20, 20]], &["a"], Some(10), &[]);
        case(&[[30, 20], [20, 30], [45, 4]], &["a", "b"], Some(1), &[("Spread", "c")]);
        case(&[[5, 5]], &["a"], None, &[]);
    }
}
