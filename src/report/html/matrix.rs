//! The node × plugin matrix: what every plugin says of every node.
//!
//! Nodes of one verdict share a row that unfolds. The rows are plain markup; the nodes behind them
//! come as JSON, a column a plugin, from which the script makes the rows that are looked at:
//! 5,000 nodes and 20 plugins are never 100,000 cells at once.

use std::cmp::Reverse;

use indexmap::IndexSet;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::api::name::Name;
use crate::explain::discriminating_labels::{self, DiscriminatingLabel};
use crate::explain::{near_misses, shared_label};
use crate::framework::{NodePlacement, Placement};
use crate::state::{Cluster, NodeId, NodeInfo};

use super::super::Answer;
use super::classes::{self, NodeCauses};
use super::heat;
use super::markup::Markup;
use crate::report::words;

/// Label keys that nodes can be grouped by.
const MOST_LABELS: usize = 6;
/// Matrices on a page: a page of very many pods stays one that a browser opens.
const MOST_MATRICES: usize = 50;

/// The matrices of a page and what they share.
pub(super) struct Matrices<'a> {
    cluster: &'a Cluster,
    labels: Vec<DiscriminatingLabel>,
    kept: usize,
}

/// A column of the matrix.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum MatrixColumn {
    /// The sum of weighted scores.
    Number { title: &'static str, values: Vec<Option<i64>> },
    /// A character a node: see [`Said`].
    Filter { title: &'static str, values: String },
    /// Weighted points, and the least and the most of them.
    Score { title: &'static str, weight: i64, values: Vec<Option<i64>>, least: i64, most: i64 },
}

/// What a filter said of a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Yes,
    /// The first no: the verdict.
    No,
    /// A no behind the first.
    Also,
    /// The search left the node out.
    NotAsked,
}

/// What the script gets.
#[derive(Serialize)]
struct Data {
    noun: &'static str,
    /// Nodes, as places in the page's list, the best and then the closest first; all that follows
    /// is in this order.
    rows: Vec<usize>,
    columns: Vec<MatrixColumn>,
    verdicts: Vec<VerdictRow>,
    verdict: Vec<usize>,
    /// Labels to group by, as places in the page's list.
    labels: Vec<usize>,
    texts: IndexSet<String>,
    /// What is missing on each node, as places in `texts`.
    details: Vec<Vec<usize>>,
}

/// A verdict that a row stands for.
#[derive(Serialize)]
pub(super) struct VerdictRow {
    /// What rejects the pod, in a few words.
    pub(super) title: String,
    /// Where.
    pub(super) place: String,
}

/// The page's nodes.
#[derive(Serialize)]
struct Nodes {
    names: Vec<Name>,
    labels: Vec<LabelObject>,
}

#[derive(Serialize)]
struct LabelObject {
    key: Name,
    values: Vec<Option<Name>>,
    of: Vec<usize>,
}

impl<'a> Matrices<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Self { cluster, labels: Vec::new(), kept: 0 }
    }

    /// The section that was made last stays on the page.
    pub(super) fn keep(&mut self) {
        self.kept += 1;
    }

    pub(super) fn section(&mut self, page: &mut Markup, answer: &Answer) {
        let placement = &answer.placement;
        if placement.nodes.is_empty() {
            return;
        }
        page.raw("<section class=\"matrix\"><h3>Every node, every plugin</h3>\n");
        if self.kept >= MOST_MATRICES {
            page.raw(
                "<p class=\"aside\">Left out, because the page has many pods: explain this pod alone to see it.</p></section>\n",
            );
            return;
        }
        let classes = classes::find(placement, &answer.explanation);
        let rows = order(answer);
        let columns = columns(answer, &rows);
        let verdicts: Vec<VerdictRow> =
            classes.list.iter().map(|(obstacles, nodes)| self.verdict(answer, obstacles, nodes)).collect();
        heat::legend(page, &columns);
        page.raw("<div class=\"grid\">\n");
        heat::table(page, &columns, &rows, &classes, &verdicts);
        let (texts, details) = details(placement, &rows);
        page.data(
            "data",
            &Data {
                noun: "node",
                labels: self.labels(&classes.of),
                verdict: rows.iter().filter_map(|node| classes.of.get(*node).copied()).collect(),
                rows,
                columns,
                verdicts,
                texts,
                details,
            },
        );
        page.raw("</div>\n");
        heat::others(page, answer);
        page.raw("</section>\n");
    }

    /// What all matrices refer to.
    pub(super) fn nodes(self, page: &mut Markup) {
        if self.kept == 0 {
            return;
        }
        let labels =
            self.labels.into_iter().map(|DiscriminatingLabel { key, values, of }| LabelObject { key, values, of });
        let names = self.cluster.nodes().iter().map(NodeInfo::name).collect();
        page.data("nodes", &Nodes { names, labels: labels.collect() });
    }

    /// The labels that tell most of these verdicts, as places in the page's list.
    fn labels(&mut self, verdicts: &[usize]) -> Vec<usize> {
        let found = discriminating_labels::find(self.cluster, verdicts, MOST_LABELS);
        let places = found.into_iter().map(|label| {
            self.labels.iter().position(|known| known.key == label.key).unwrap_or_else(|| {
                self.labels.push(label);
                self.labels.len() - 1
            })
        });
        places.collect()
    }

    fn verdict(&self, answer: &Answer, obstacles: &NodeCauses, nodes: &[usize]) -> VerdictRow {
        let placed: Vec<&NodePlacement> = nodes.iter().filter_map(|node| answer.placement.nodes.get(*node)).collect();
        let ids: Vec<NodeId> = placed.iter().map(|node| node.id).collect();
        let names: Vec<Name> = placed.iter().map(|node| node.name).collect();
        let label = shared_label::find(self.cluster, &ids);
        // What the verdict is comes before what would be.
        let (first, behind): (NodeCauses, NodeCauses) = obstacles.iter().copied().partition(|(_, first)| *first);
        let causes: Vec<String> = first
            .iter()
            .chain(&behind)
            .filter_map(|(cause, _)| Some(words::brief(&answer.explanation.causes.get(*cause)?.reason)))
            .collect();
        let takes = placed.first().is_some_and(|node| node.is_feasible());
        VerdictRow {
            title: if takes { "fits".to_owned() } else { causes.join("; ") },
            place: words::place(&names, label.as_ref(), names.len() == answer.nodes),
        }
    }
}

/// Nodes, the best first, then the rejected, the closest first.
fn order(answer: &Answer) -> Vec<usize> {
    let nodes = &answer.placement.nodes;
    let near: FxHashMap<Name, usize> = answer
        .explanation
        .near_misses
        .iter()
        .enumerate()
        .flat_map(|(index, near_miss)| near_miss.nodes.iter().map(move |node| (*node, index)))
        .collect();
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|index| {
        let Some(node) = nodes.get(*index) else { return (Reverse(None), usize::MAX) };
        // A feasible node without a total was never compared with others.
        let total = node.is_feasible().then(|| node.total.unwrap_or_default());
        (Reverse(total), near.get(&node.name).copied().unwrap_or(usize::MAX))
    });
    order
}

/// The sum, the filters that reject any node, and the scores, in the profile's order.
fn columns(answer: &Answer, rows: &[usize]) -> Vec<MatrixColumn> {
    let placement = &answer.placement;
    let nodes: Vec<&NodePlacement> = rows.iter().filter_map(|row| placement.nodes.get(*row)).collect();
    let mut columns = Vec::new();
    let scores = placement.nodes.iter().map(|node| node.scores.as_slice()).find(|scores| !scores.is_empty());
    let scores = scores.unwrap_or_default();
    if !scores.is_empty() {
        columns.push(MatrixColumn::Number { title: "Total", values: nodes.iter().map(|node| node.total).collect() });
    }
    columns.extend(filters(answer).into_iter().map(|title| MatrixColumn::Filter {
        title,
        values: nodes.iter().map(|node| said(node, title).character()).collect(),
    }));
    columns.extend(scores.iter().map(|score| {
        let points =
            |node: &&NodePlacement| Some(node.scores.iter().find(|other| other.plugin == score.plugin)?.weighted);
        let values: Vec<Option<i64>> = nodes.iter().map(points).collect();
        let given = || values.iter().flatten().copied();
        let (least, most) = (given().min().unwrap_or_default(), given().max().unwrap_or_default());
        MatrixColumn::Score { title: score.plugin, weight: score.weight, values, least, most }
    }));
    columns
}

/// The filters that reject a node, in the profile's order; behind them plugins that are none of its
/// filters: extenders, the framework.
pub(super) fn filters(answer: &Answer) -> Vec<&'static str> {
    let nodes = &answer.placement.nodes;
    let sayers: IndexSet<&'static str> = nodes.iter().flat_map(sayers).collect();
    let known = answer.filters.iter().filter(|filter| sayers.contains(*filter));
    let others = sayers.iter().filter(|sayer| !answer.filters.contains(sayer));
    known.chain(others).copied().collect()
}

/// What rejects the node: the filters, or the plugin that gave the verdict where that was none of them.
fn sayers(node: &NodePlacement) -> impl Iterator<Item = &'static str> {
    let filters = node.filters.iter().map(|filter| filter.plugin);
    let verdict = verdict_of(node).filter(|verdict| node.filters.iter().all(|filter| filter.plugin != *verdict));
    filters.filter(|_| node.considered).chain(verdict)
}

fn verdict_of(node: &NodePlacement) -> Option<&'static str> {
    let unnamed = if node.considered { "framework" } else { "PreFilter" };
    node.rejection.as_ref().map(|rejection| rejection.plugin.unwrap_or(unnamed))
}

fn said(node: &NodePlacement, plugin: &str) -> Said {
    if verdict_of(node) == Some(plugin) {
        Said::No
    } else if !node.considered {
        Said::NotAsked
    } else if node.filters.iter().any(|filter| filter.plugin == plugin) {
        Said::Also
    } else {
        Said::Yes
    }
}

impl Said {
    fn character(self) -> char {
        match self {
            Self::Yes => '0',
            Self::No => '1',
            Self::Also => '2',
            Self::NotAsked => '-',
        }
    }
}

/// What is missing on each node, in words; most nodes share theirs with others.
fn details(placement: &Placement, rows: &[usize]) -> (IndexSet<String>, Vec<Vec<usize>>) {
    let mut texts = IndexSet::new();
    let nodes = rows.iter().filter_map(|row| placement.nodes.get(*row));
    let details = nodes
        .map(|node| {
            let misses = if node.is_feasible() { Vec::new() } else { near_misses::misses(node) };
            let texts = misses.iter().map(|miss| {
                let subject = words::subject(miss.plugin, &miss.reason);
                texts.insert_full(format!("{subject}: {}", words::on_node(&miss.reason))).0
            });
            texts.collect()
        })
        .collect();
    (texts, details)
}
