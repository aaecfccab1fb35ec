//! The nodes that the Cluster Autoscaler added during a simulation.

use serde::Serialize;

use crate::api::Name;
use crate::node_groups::cluster_autoscaler::short;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{count, list};
use crate::simulate::autoscale::{Autoscaled, ScaleUp};

/// Groups that are named.
const NAMED: usize = 2;

/// The section.
pub(super) fn render(screen: &mut Screen, autoscaled: &Autoscaled) {
    screen.heading("NODES ADDED", "by the Cluster Autoscaler's rules; new nodes are like its templates");
    if autoscaled.scale_ups.is_empty() {
        screen.paragraph(Label::Plain, "No node group grows.");
    }
    let mut grid = Grid::default();
    for scale_up in &autoscaled.scale_ups {
        grid.row(Label::Fits, vec![short(&scale_up.group).to_owned(), words(scale_up)]);
    }
    screen.grid(&grid);
    for note in &autoscaled.notes {
        screen.paragraph(Label::Warning, note);
    }
}

/// How far a group grew, for how many pods.
pub(in crate::report) fn words(scale_up: &ScaleUp) -> String {
    let ScaleUp { from, to, max, placed, as_good, .. } = scale_up;
    let pods = count(*placed, "pod");
    let as_good: Vec<&str> = as_good.iter().map(|id| short(id)).collect();
    let drawn = match as_good.as_slice() {
        [] => String::new(),
        others => format!("; {} would be as good: the autoscaler draws", list(others, NAMED)),
    };
    format!("from {from} to {to} (maximum {max}): {pods} placed{drawn}")
}

/// A group that grew.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct ScaleUpObject<'a> {
    /// Which loop of the autoscaler, from 1.
    round: usize,
    group: Name,
    from: i64,
    to: i64,
    max: i64,
    nodes: &'a [Name],
    /// Groups that are as good for the expander; the real autoscaler draws one.
    #[serde(skip_serializing_if = "<[Name]>::is_empty")]
    alternatives: &'a [Name],
    /// Pods that got a node after this loop.
    placed: usize,
}

impl<'a> ScaleUpObject<'a> {
    pub(super) fn all(autoscaled: &'a Autoscaled) -> Vec<Self> {
        let scale_ups = autoscaled.scale_ups.iter();
        scale_ups
            .map(|it| Self {
                round: it.round,
                group: it.group,
                from: it.from,
                to: it.to,
                max: it.max,
                nodes: &it.nodes,
                alternatives: &it.as_good,
                placed: it.placed,
            })
            .collect()
    }
}
