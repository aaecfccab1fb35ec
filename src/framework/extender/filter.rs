//! Filtering, after all filter plugins (upstream schedule_one.go, findNodesThatPassExtenders and
//! evaluateNominatedNode; extender.go, HTTPExtender.Filter).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::value::RawValue;

use crate::api::image::NodeImages;
use crate::api::name::{Name, name};
use crate::decode::node::Node;
use crate::decode::{Kind, Object};
use crate::framework::not_evaluated::NotEvaluated;
use crate::framework::placement::{FilterVerdict, NodePlacement, Placement};
use crate::framework::prepared::Prepared;
use crate::framework::reason::Reason;
use crate::framework::status::{Code, PluginRejection, Rejection};
use crate::state::{Cluster, NodeId, NodeInfo};

use super::answer::{FilterResult, filter_result};
use super::request::{ExtenderArgs, NodeList};
use super::{Extender, NotAsked, Round, Verb};

/// A node that let the pod pass so far.
pub(super) struct PassedNode {
    pub(super) name: Name,
    /// Its place in the state; none for one that only an extender speaks of.
    id: Option<NodeId>,
    /// The node as the last extender that answers with whole nodes gave it back.
    answered: Option<Answered>,
}

/// From such an answer upstream builds a new node: with what the answer says, and without pods
/// and images, which scoring then does not see.
struct Answered {
    info: NodeInfo,
    json: Box<RawValue>,
}

impl PassedNode {
    fn known(node: &NodePlacement) -> Self {
        Self { name: node.name, id: Some(node.id), answered: None }
    }

    fn answered(cluster: &Cluster, json: Box<RawValue>) -> Result<Self, String> {
        let (Object::Node(node), _) =
            Object::decode(Kind::Node, json.get().as_bytes()).map_err(|e| format!("json: {e}"))?
        else {
            return Err("json: not a Node".to_owned());
        };
        let id = cluster.node_named(node.name).map(|known| known.id);
        let name = node.name;
        let node = Arc::new(Node { images: NodeImages::default(), ..*node });
        let answered = id.map(|id| Answered { info: NodeInfo::new(id, node), json });
        Ok(Self { name, id, answered })
    }

    fn json<'a>(&'a self, cluster: &'a Cluster) -> Result<&'a RawValue, NotAsked> {
        let raw = match &self.answered {
            Some(answered) => Some(&*answered.json),
            None => self.id.and_then(|id| cluster.raw().node(cluster.node(id))),
        };
        raw.ok_or(NotAsked::NoObject(self.name))
    }
}

/// What extenders made of the nodes that the filter plugins let the pod onto.
#[derive(Default)]
pub(in crate::framework) struct Filtered {
    /// Upstream's feasible nodes, which are sent to prioritizers.
    pub(super) passed: Vec<PassedNode>,
    /// Where in `passed` a node is of which an extender gave its own account.
    answered: FxHashMap<NodeId, usize>,
    /// What extenders say of nodes that are not in the state; upstream counts it all the same.
    strangers: Vec<Rejection>,
}

impl Filtered {
    /// The node as scoring sees it.
    pub(in crate::framework) fn node<'a>(&'a self, cluster: &'a Cluster, id: NodeId) -> &'a NodeInfo {
        let passed = self.answered.get(&id).and_then(|place| self.passed.get(*place));
        passed.and_then(|passed| passed.answered.as_ref()).map_or_else(|| cluster.node(id), |answered| &answered.info)
    }

    /// The reasons that the event counts, when no node is feasible (upstream FitError.Error).
    pub(in crate::framework) fn event_reasons<'a>(
        &'a self,
        nodes: &'a [NodePlacement],
        prepared: &Prepared<'_>,
    ) -> Vec<Cow<'a, Reason>> {
        // Nodes without a status of their own: those that PreFilter left out, and those that an
        // extender did not come back to. They count with PreFilter's reason, if there is one;
        // upstream takes what is said of strangers off their number.
        // Nodes outside the placement of a group do not count at all.
        let nodes = || nodes.iter().filter(|node| !node.reasons().contains(&Reason::OutsidePlacement));
        let absent = |node: &&NodePlacement| {
            let unreported = |reason: &Reason| {
                matches!(reason, Reason::ExcludedByPreFilter { .. } | Reason::NotReturnedByExtender { .. })
            };
            node.reasons().iter().any(unreported)
        };
        let explicit = nodes().filter(|node| !absent(node)).flat_map(NodePlacement::reasons);
        let of_strangers = self.strangers.iter().flat_map(|rejection| &rejection.reasons);
        let mut reasons: Vec<_> = explicit.chain(of_strangers).map(Cow::Borrowed).collect();
        if prepared.nodes.is_some() {
            let count = nodes().filter(absent).count().saturating_sub(self.strangers.len());
            let left_out = Reason::ExcludedByPreFilter { plugins: prepared.narrowed_by.clone() };
            reasons.extend(std::iter::repeat_n(Cow::Owned(left_out), count));
        }
        reasons
    }
}

/// What extenders said of nodes, the last word on each.
type Statuses = BTreeMap<Name, PluginRejection>;

/// Asks the extenders, and writes what they say into `placement`.
///
/// # Errors
/// The failure of an extender that is not ignorable, which ends the cycle; and an answer that
/// leaves only nodes that do not exist.
pub(in crate::framework) fn filter(
    round: &Round<'_>,
    prepared: &Prepared<'_>,
    placement: &mut Placement,
) -> Result<Filtered, String> {
    if round.extenders.is_empty() {
        return Ok(Filtered::default());
    }
    let mut pass = Pass { round, statuses: Statuses::new(), lost: BTreeMap::new(), asked: false };
    let mut passed = Vec::new();
    if let Some(nominated) = placement.nominated_fits {
        passed = pass.nominated(placement, nominated);
        if passed.is_empty() {
            placement.nominated_fits = None;
        } else if pass.asked {
            round.cycle.notes.add(NotEvaluated::new(
                "extenders",
                format!("the pod fits its nominated node \"{nominated}\", and kube-scheduler then checks no other"),
                "they were not asked about the other nodes, which are shown as the plugins see them",
            ));
        }
    }
    if placement.nominated_fits.is_none() {
        // A nominated node that PreFilter left out had its only chance above.
        let candidates =
            placement.feasible().filter(|node| prepared.considers(node.name)).map(PassedNode::known).collect();
        passed = pass.run(candidates)?;
        let left: BTreeSet<Name> = passed.iter().map(|passed| passed.name).collect();
        pass.write(placement, prepared, &left);
    }
    let known = |name: &Name| round.cycle.cluster.node_named(*name).is_some();
    let strangers: Vec<_> = passed.iter().map(|passed| passed.name).filter(|name| !known(name)).collect();
    if let Some(stranger) = strangers.first() {
        if strangers.len() == passed.len() {
            return Err(format!(
                "extenders leave only node \"{stranger}\", which does not exist; kube-scheduler does not detect this \
                 and would bind the pod to it"
            ));
        }
        round.cycle.notes.add(NotEvaluated::new(
            format!("node {stranger}"),
            "an extender returned this node, which does not exist",
            "kube-scheduler does not detect this, scores the node as well, and might bind the pod to it",
        ));
    }
    pass.statuses.retain(|name, _| !known(name));
    let places = passed.iter().enumerate().filter(|(_, passed)| passed.answered.is_some());
    let answered = places.filter_map(|(place, passed)| Some((passed.id?, place))).collect();
    Ok(Filtered { passed, answered, strangers: pass.statuses.into_values().map(|said| said.rejection).collect() })
}

/// The extenders going over nodes, one after the other, each over what its predecessors left.
struct Pass<'r, 'a> {
    round: &'r Round<'a>,
    statuses: Statuses,
    /// Nodes that an extender did not come back to, and that extender.
    lost: BTreeMap<Name, Name>,
    /// Whether any extender answered.
    asked: bool,
}

impl Pass<'_, '_> {
    /// The nominated node by itself. A failure here only means that all nodes are looked at.
    fn nominated(&mut self, placement: &Placement, nominated: Name) -> Vec<PassedNode> {
        let candidate = placement.nodes.iter().find(|node| node.name == nominated).map(PassedNode::known);
        self.run(candidate.into_iter().collect()).unwrap_or_else(|error| {
            self.round.cycle.notes.add(NotEvaluated::new(
                format!("the nominated node {nominated}"),
                format!("an extender that was asked about it failed: {error}"),
                "kube-scheduler then checks all nodes",
            ));
            Vec::new()
        })
    }

    fn run(&mut self, mut nodes: Vec<PassedNode>) -> Result<Vec<PassedNode>, String> {
        for extender in &self.round.extenders {
            if nodes.is_empty() {
                break;
            }
            let body = |pod: &RawValue| self.round.nodes_request(extender, pod, &nodes);
            let Some(answer) = self.round.ask(extender, Verb::Filter, body) else { continue };
            self.asked = true;
            let before: Vec<Name> = nodes.iter().map(|node| node.name).collect();
            match answer
                .and_then(|body| filter_result(&body))
                .and_then(|result| self.take(extender, result, &mut nodes))
            {
                Ok(left) => nodes = left,
                Err(error) if extender.config.ignorable => self.round.note_failure(extender, Verb::Filter, &error),
                Err(error) => return Err(error),
            }
            let left: BTreeSet<Name> = nodes.iter().map(|node| node.name).collect();
            self.lost.extend(before.into_iter().filter(|name| !left.contains(name)).map(|name| (name, extender.name)));
        }
        Ok(nodes)
    }

    /// Takes in an answer; `nodes` stays as it is if there is something wrong with it.
    fn take(
        &mut self,
        extender: &Extender,
        result: FilterResult,
        nodes: &mut Vec<PassedNode>,
    ) -> Result<Vec<PassedNode>, String> {
        if !result.error.is_empty() {
            return Err(result.error);
        }
        let left = match (result.node_names, result.nodes) {
            (Some(names), _) if extender.config.node_cache_capable => by_name(extender, &names, nodes)?,
            (_, Some(items)) => {
                let cluster = self.round.cycle.cluster;
                items.into_iter().map(|json| PassedNode::answered(cluster, json)).collect::<Result<_, _>>()?
            }
            (_, None) => Vec::new(),
        };
        // A node in both maps is unresolvable, so that map is written last.
        let said = [(Code::Unschedulable, result.failed), (Code::UnschedulableAndUnresolvable, result.unresolvable)];
        for (code, failed) in said {
            for (node, text) in failed {
                let reasons = vec![Reason::Extender { extender: extender.name, text }];
                let rejection = Rejection { code, reasons };
                self.statuses.insert(name(&node), PluginRejection { plugin: Some(extender.name.as_str()), rejection });
            }
        }
        Ok(left)
    }

    /// Gives every node that is not in `left` the verdict upstream has of it.
    fn write(&mut self, placement: &mut Placement, prepared: &Prepared<'_>, left: &BTreeSet<Name>) {
        for node in placement.nodes.iter_mut().filter(|node| !left.contains(&node.name)) {
            let verdict = match (self.statuses.get(&node.name), self.lost.get(&node.name)) {
                // Also over a filter plugin's no: an extender may speak of nodes it was not sent.
                (Some(status), _) => status.clone(),
                (None, Some(extender)) if node.is_feasible() => PluginRejection {
                    plugin: Some(extender.as_str()),
                    rejection: Rejection::unresolvable(Reason::NotReturnedByExtender { extender: *extender }),
                },
                // The nominated node, which PreFilter had left out, when an extender failed over it.
                (None, None) if node.is_feasible() => PluginRejection {
                    plugin: None,
                    rejection: Rejection::unresolvable(Reason::ExcludedByPreFilter {
                        plugins: prepared.narrowed_by.clone(),
                    }),
                },
                (None, _) => continue,
            };
            if let Some(plugin) = verdict.plugin {
                node.filters.push(FilterVerdict { plugin, rejection: verdict.rejection.clone() });
            }
            node.rejection = Some(verdict);
        }
    }
}

fn by_name(extender: &Extender, names: &[String], nodes: &mut Vec<PassedNode>) -> Result<Vec<PassedNode>, String> {
    let sent: BTreeSet<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    if let Some(stranger) = names.iter().find(|name| !sent.contains(name.as_str())) {
        return Err(format!(
            "extender {:?} claims a filtered node {stranger:?} which is not found in the input node list",
            extender.name.as_str()
        ));
    }
    let mut given: BTreeMap<Name, PassedNode> = nodes.drain(..).map(|node| (node.name, node)).collect();
    Ok(names.iter().filter_map(|node| given.remove(&name(node))).collect())
}

impl Round<'_> {
    /// The request to filter or to prioritize: names for an extender that knows the nodes, or
    /// else whole nodes.
    pub(super) fn nodes_request(
        &self,
        extender: &Extender,
        pod: &RawValue,
        nodes: &[PassedNode],
    ) -> Result<String, NotAsked> {
        let cached = extender.config.node_cache_capable;
        let items = |node| PassedNode::json(node, self.cycle.cluster);
        let args = ExtenderArgs {
            pod,
            nodes: if cached { None } else { Some(NodeList::new(nodes.iter().map(items).collect::<Result<_, _>>()?)) },
            node_names: cached.then(|| nodes.iter().map(|node| node.name).collect()),
        };
        serde_json::to_string(&args).map_err(|_| NotAsked::NoPod)
    }
}
