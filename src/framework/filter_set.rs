//! The filters of one cycle, in the profile's order, and how upstream runs them.

use crate::state::{NodeInfo, Pod};

use super::context::Cycle;
use super::plugin::NodeFilter;
use super::status::{Code, PluginRejection, Rejection};

/// The filters that were not skipped, each with its plugin's name.
#[derive(Default)]
pub struct FilterSet<'a> {
    filters: Vec<(&'static str, Member<'a>)>,
}

/// A filter of a set: shared with the set it was forked from, or its own copy.
enum Member<'a> {
    Shared(&'a dyn NodeFilter),
    Own(Box<dyn NodeFilter + 'a>),
}

impl Member<'_> {
    fn get(&self) -> &dyn NodeFilter {
        match self {
            Self::Shared(filter) => *filter,
            Self::Own(filter) => filter.as_ref(),
        }
    }
}

impl<'a> FilterSet<'a> {
    /// Appends a filter.
    pub fn push(&mut self, plugin: &'static str, filter: Box<dyn NodeFilter + 'a>) {
        self.filters.push((plugin, Member::Own(filter)));
    }

    /// Plugin and filter, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &dyn NodeFilter)> {
        self.filters.iter().map(|(plugin, member)| (*plugin, member.get()))
    }

    /// The set without the filters of `plugins`.
    #[must_use]
    pub fn without(mut self, plugins: &[&'static str]) -> Self {
        self.filters.retain(|(plugin, _)| !plugins.contains(plugin));
        self
    }

    /// A set whose idea of the cluster can be changed without changing this one's.
    pub fn fork(&self) -> FilterSet<'_> {
        FilterSet {
            filters: self
                .filters
                .iter()
                .map(|(plugin, member)| {
                    let filter = member.get();
                    (*plugin, filter.fork().map_or(Member::Shared(filter), Member::Own))
                })
                .collect(),
        }
    }

    /// Tells every forked filter that `pod` is now on `node`.
    pub fn add_pod(&mut self, pod: &Pod, node: &NodeInfo) {
        for (_, member) in &mut self.filters {
            if let Member::Own(filter) = member {
                filter.add_pod(pod, node);
            }
        }
    }

    /// Tells every forked filter that `pod` is no longer on `node`.
    pub fn remove_pod(&mut self, pod: &Pod, node: &NodeInfo) {
        for (_, member) in &mut self.filters {
            if let Member::Own(filter) = member {
                filter.remove_pod(pod, node);
            }
        }
    }

    /// The first filter's no (upstream runtime/framework.go, RunFilterPlugins).
    ///
    /// # Errors
    /// That no.
    pub fn run(&self, node: &NodeInfo) -> Result<(), PluginRejection> {
        for (plugin, filter) in self.iter() {
            if let Err(rejection) = filter.filter(node) {
                return Err(of_pass(plugin, rejection));
            }
        }
        Ok(())
    }

    /// Every filter's no, each filter asked by itself.
    pub fn run_all(&self, node: &NodeInfo) -> Vec<(&'static str, Rejection)> {
        self.iter().filter_map(|(plugin, filter)| Some((plugin, filter.filter(node).err()?))).collect()
    }

    /// Runs the filters with the pods nominated to the node that this pod must yield to, and,
    /// if there are any and all is well, once more without them (upstream runtime/framework.go,
    /// RunFilterPluginsWithNominatedPods).
    ///
    /// # Errors
    /// The first no.
    pub fn run_with_nominated(&self, cycle: Cycle<'_>, node: &NodeInfo) -> Result<(), PluginRejection> {
        if let Some((filters, node)) = self.with_nominated(cycle, node) {
            filters.run(&node)?;
        }
        self.run(node)
    }

    /// The filters and the node with the pods that are nominated to it and that this pod must yield to; none where
    /// there are none (upstream runtime/framework.go, addGENominatedPods).
    pub fn with_nominated(&self, cycle: Cycle<'_>, node: &NodeInfo) -> Option<(FilterSet<'_>, NodeInfo)> {
        let mut nominated = cycle
            .cluster
            .nominated_to(node.name())
            .iter()
            .map(|id| cycle.cluster.pod(*id))
            .filter(|pod| pod.priority() >= cycle.pod.priority() && pod.id != cycle.pod.id)
            .peekable();
        nominated.peek()?;
        let mut filters = self.fork();
        let mut node = node.clone();
        for pod in nominated {
            node.add_pod(pod);
            filters.add_pod(pod, &node);
        }
        Some((filters, node))
    }
}

/// A filter's rejection as the filter pass gives it: an error carries the plugin's name.
pub(super) fn of_pass(plugin: &'static str, rejection: Rejection) -> PluginRejection {
    let rejection = match rejection.code {
        Code::Error => Rejection::error(format!("running \"{plugin}\" filter plugin: {}", rejection.message())),
        _ => rejection,
    };
    PluginRejection { plugin: Some(plugin), rejection }
}
