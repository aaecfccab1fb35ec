//! Steps about nodes: those that change, are drained, lost, or join.

use crate::api::name::{Name, name};
use crate::edit::{Edit, EditError};

use super::super::StepError;
use super::super::report::{RefusedAction, StepReport};
use super::super::{Model, NodeChoice, drain, free_node_name, lost, workloads};
use super::Runner;

/// The label by which a node is a topology domain of its own.
const HOSTNAME: &str = "kubernetes.io/hostname";

impl Runner<'_, '_> {
    pub(super) fn on_nodes(
        &mut self,
        choice: &NodeChoice,
        edit: &Edit,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        report.nodes = choice.nodes(self.cluster())?;
        for node in report.nodes.clone() {
            let edit = edit.on_node(node);
            self.edit(&edit)?;
            if let Edit::AddTaint { taint, .. } = &edit
                && let Some(info) = self.cluster().node_named(node)
            {
                let plan = lost::taint(self.cluster(), info, taint);
                self.leave(&plan, report, later)?;
            }
        }
        Ok(())
    }

    /// All nodes are cordoned before the first is drained, as kubectl does.
    pub(super) fn drain(
        &mut self,
        choice: &NodeChoice,
        force: bool,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        report.nodes = choice.nodes(self.cluster())?;
        for node in report.nodes.clone() {
            self.edit(&Edit::Cordon { node })?;
        }
        for node in report.nodes.clone() {
            self.drain_node(node, force, report, later)?;
        }
        Ok(())
    }

    /// Evicts what the budgets allow; when pods have found a place, and their budgets with them,
    /// asks again for the others, as kubectl does every five seconds.
    fn drain_node(&mut self, node: Name, force: bool, report: &mut StepReport, later: bool) -> Result<(), EditError> {
        let info = self.cluster().node_named(node).ok_or(EditError::NoSuchNode(node))?;
        let plan = drain::plan(self.cluster(), info, force);
        report.kept.extend(plan.kept);
        if let Some(message) = plan.refusal {
            report.refused.push(RefusedAction { pod: None, node, message, budgets: Vec::new() });
            return Ok(());
        }
        let mut remaining = plan.evict;
        loop {
            let mut held = Vec::new();
            let all = remaining.len();
            for id in remaining {
                let pod = self.simulation.cluster().pod(id);
                let key = pod.key();
                match self.budgets.evict(pod) {
                    Ok(budgets) => {
                        let leaves = lost::of(self.simulation.cluster(), std::iter::once(pod));
                        self.edit_all(&budgets)?;
                        self.leave_quietly(&leaves, report, later)?;
                        report.local_data.extend(plan.local_data.iter().filter(|pod| **pod == key));
                    }
                    Err(error) => held.push((id, error.into())),
                }
            }
            if !held.is_empty() && held.len() < all && !later && self.schedule(false)? {
                report.retries += 1;
                remaining = held.into_iter().map(|(pod, _)| pod).collect();
                continue;
            }
            for (pod, message) in held {
                let pod = self.cluster().pod(pod);
                let budgets = self.budgets.covering(pod).collect();
                report.refused.push(RefusedAction { pod: Some(pod.key()), node, message, budgets });
            }
            return Ok(());
        }
    }

    pub(super) fn remove_nodes(
        &mut self,
        choice: &NodeChoice,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        report.nodes = choice.nodes(self.cluster())?;
        for node in report.nodes.clone() {
            let info = self.cluster().node_named(node).ok_or(EditError::NoSuchNode(node))?;
            let pods = info.pods.iter().map(|pod| self.cluster().pod(*pod));
            let local_data = pods.filter(|pod| pod.spec().volumes.has_empty_dir()).map(crate::state::Pod::key);
            report.local_data.extend(local_data);
            let plan = lost::node(self.cluster(), info);
            self.leave(&plan, report, later)?;
            self.edit(&Edit::RemoveNode { node })?;
        }
        Ok(())
    }

    pub(super) fn add_nodes(
        &mut self,
        count: u32,
        model: &Model,
        wanted: Option<Name>,
        report: &mut StepReport,
    ) -> Result<(), StepError> {
        let first = self.cluster().pods().len();
        for _ in 0..count {
            match model {
                Model::Like(like) => {
                    let base = wanted.map_or_else(|| format!("{like}-new"), |name| name.to_string());
                    // A name that was given is used as it is, even if it is taken.
                    let exact = wanted.filter(|_| count == 1);
                    let new = exact.unwrap_or_else(|| free_node_name(self.cluster(), &base));
                    self.edit(&Edit::AddNode { like: *like, name: new })?;
                    report.nodes.push(new);
                }
                Model::Object(object) => {
                    let own = object.pointer("/metadata/name").and_then(serde_json::Value::as_str).unwrap_or_default();
                    let base = wanted.map_or(own, |name| name.as_str());
                    let new = if count > 1 { free_node_name(self.cluster(), base) } else { name(base) };
                    let object = named(object.clone(), own, new);
                    self.edit(&Edit::CreateNode { object })?;
                    self.add_daemon_pods(new, report)?;
                    report.nodes.push(new);
                }
            }
        }
        report.created.extend(self.cluster().pods().iter().skip(first).map(crate::state::Pod::key));
        Ok(())
    }

    fn add_daemon_pods(&mut self, node: Name, report: &mut StepReport) -> Result<(), EditError> {
        let id = self.cluster().node_named(node).ok_or(EditError::NoSuchNode(node))?.id;
        for workload in workloads::daemon_sets_of(self.cluster(), id) {
            let pod = name(&format!("{}-{node}", workload.key.name));
            self.create(&Edit::CreatePod { workload, name: pod, node: Some(node) }, report)?;
        }
        Ok(())
    }
}

/// The manifest of a node under another name; its hostname goes with it.
fn named(mut object: serde_json::Value, own: &str, new: Name) -> serde_json::Value {
    if let Some(name) = object.pointer_mut("/metadata/name") {
        *name = serde_json::Value::from(new.as_str());
    }
    if let Some(labels) = object.pointer_mut("/metadata/labels")
        && let Some(hostname) = labels.get_mut(HOSTNAME)
        && hostname == own
    {
        *hostname = serde_json::Value::from(new.as_str());
    }
    object
}
