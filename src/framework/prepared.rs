//! PreFilter, and the filters that it makes ready.

use std::collections::{BTreeSet, HashMap};

use crate::api::name::Name;
use crate::state::NodeId;

use super::context::Cycle;
use super::filter_set::FilterSet;
use super::plugin::{NodeFilter, PreFilter};
use super::profile::Framework;
use super::reason::Reason;
use super::status::{Code, PluginRejection, Rejection};

/// What PreFilter made of the pod (upstream runtime/framework.go, RunPreFilterPlugins).
pub struct Prepared<'a> {
    /// The filters that were not skipped, in the order of the Filter point.
    pub filters: FilterSet<'a>,
    /// Plugins that PreFilter took out by Skip.
    pub skipped: Vec<&'static str>,
    /// Plugins whose PreFilter was reached.
    pub ran: Vec<&'static str>,
    /// If set, only nodes with these names can be had.
    pub nodes: Option<BTreeSet<Name>>,
    /// The plugins that said so, sorted.
    pub narrowed_by: Vec<&'static str>,
    /// The pod was rejected before any node was looked at.
    pub rejection: Option<PluginRejection>,
    /// If set, the cycle looks at no other nodes: the placement in which the pod's group is tried.
    pub within: Option<&'a BTreeSet<NodeId>>,
}

/// Runs PreFilter and makes the set of filters ready.
pub fn pre_filter<'a>(framework: &'a Framework<'_>, cycle: Cycle<'a>) -> Prepared<'a> {
    let mut ready: HashMap<&'static str, Option<Box<dyn NodeFilter + 'a>>> = HashMap::new();
    let mut prepared = Prepared {
        filters: FilterSet::default(),
        skipped: Vec::new(),
        ran: Vec::new(),
        nodes: None,
        narrowed_by: Vec::new(),
        rejection: None,
        within: None,
    };
    for (plugin, point) in &framework.pre_filter {
        prepared.ran.push(plugin);
        match point.pre_filter(cycle) {
            PreFilter::Skip => {
                prepared.skipped.push(plugin);
                ready.insert(plugin, None);
            }
            PreFilter::Reject(rejection) => {
                let stop = rejection.code != Code::Unschedulable;
                prepared.rejection = Some(pre_filter_rejection(plugin, rejection));
                if stop {
                    break;
                }
            }
            PreFilter::Run { filter, nodes } => {
                ready.insert(plugin, Some(filter));
                prepared.narrow(plugin, nodes);
                if prepared.nodes.as_ref().is_some_and(BTreeSet::is_empty) {
                    prepared.rejection = Some(PluginRejection {
                        plugin: None,
                        rejection: Rejection::unresolvable(Reason::NoNodeLeftByPreFilter {
                            plugins: prepared.narrowed_by.clone(),
                        }),
                    });
                    break;
                }
            }
        }
    }
    for (plugin, point) in &framework.filter {
        match ready.remove(plugin) {
            Some(Some(filter)) => prepared.filters.push(plugin, filter),
            Some(None) => {}
            None => prepared.filters.push(plugin, point.unprepared(cycle)),
        }
    }
    prepared.skipped.sort_unstable();
    prepared
}

fn pre_filter_rejection(plugin: &'static str, rejection: Rejection) -> PluginRejection {
    let rejection = match rejection.code {
        Code::Error => Rejection::error(format!("running PreFilter plugin \"{plugin}\": {}", rejection.message())),
        _ => rejection,
    };
    PluginRejection { plugin: Some(plugin), rejection }
}

impl Prepared<'_> {
    fn narrow(&mut self, plugin: &'static str, nodes: Option<BTreeSet<Name>>) {
        let Some(nodes) = nodes else { return };
        self.narrowed_by.push(plugin);
        self.narrowed_by.sort_unstable();
        self.nodes = Some(match self.nodes.take() {
            Some(before) => before.intersection(&nodes).copied().collect(),
            None => nodes,
        });
    }

    /// Whether the cycle looks at the node called `name` at all.
    pub fn considers(&self, name: Name) -> bool {
        self.nodes.as_ref().is_none_or(|nodes| nodes.contains(&name))
    }
}
