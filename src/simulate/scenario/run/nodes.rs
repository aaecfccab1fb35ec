//! Steps about nodes: those that change, are drained, lost, or join.

use crate::api::name::{Name, name};
use crate::edit::{Edit, EditError};
use crate::state::PodId;

use super::super::super::new_nodes::{self, NodeModel};
use super::super::StepError;
use super::super::budgets::Denial;
use super::super::drain::DrainedPods;
use super::super::report::{RefusedAction, StepReport};
use super::super::{NodeChoice, drain, free_node_name, lost};
use super::Runner;

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

    /// All nodes are cordoned before the first is drained, and then drained one after the other, as kubectl does
    /// (kubectl pkg/cmd/drain/drain.go, RunDrain). Where one is held up by a budget the others are drained all the
    /// same, and it is asked again when they are.
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
        let mut plans: Vec<DrainedPods> = Vec::new();
        for node in report.nodes.clone() {
            let info = self.cluster().node_named(node).ok_or(EditError::NoSuchNode(node))?;
            let plan = drain::plan(self.cluster(), info, force);
            report.kept.extend(&plan.kept);
            if let Some(message) = plan.refusal {
                report.refused.push(RefusedAction { pod: None, node, message, budgets: Vec::new(), cause: None });
            } else {
                plans.push(plan);
            }
        }
        let mut held: Vec<(PodId, Denial)> = Vec::new();
        for plan in &plans {
            held.extend(self.evict_all(plan.evict.clone(), &plans, report, later)?);
        }
        if !held.is_empty() {
            let again = held.into_iter().map(|(pod, _)| pod).collect();
            held = self.evict_all(again, &plans, report, later)?;
        }
        for (pod, Denial { message, cause }) in held {
            let pod = self.cluster().pod(pod);
            let node = pod.own.node_name.unwrap_or_default();
            let budgets = self.budgets.covering(pod).collect();
            report.refused.push(RefusedAction { pod: Some(pod.key()), node, message, budgets, cause });
        }
        Ok(())
    }

    /// Evicts what the budgets allow; when pods have found a place, and their budgets with them, asks again for the
    /// others, as kubectl does every five seconds. Answers with those that stay.
    fn evict_all(
        &mut self,
        pods: Vec<PodId>,
        plans: &[DrainedPods],
        report: &mut StepReport,
        later: bool,
    ) -> Result<Vec<(PodId, Denial)>, EditError> {
        let mut remaining = pods;
        loop {
            let mut held = Vec::new();
            for id in remaining {
                let cluster = self.simulation.cluster();
                let pod = cluster.pod(id);
                let key = pod.key();
                match self.budgets.evict(cluster, pod) {
                    Ok(budgets) => {
                        let leaves = lost::of(cluster, std::iter::once(pod));
                        self.simulation.note_eviction();
                        self.edit_all(&budgets)?;
                        self.leave_quietly(&leaves, report, later)?;
                        let loses_data = plans.iter().any(|plan| plan.local_data.contains(&key));
                        report.local_data.extend(loses_data.then_some(key));
                    }
                    Err(denial) => held.push((id, denial)),
                }
            }
            if held.is_empty() || later || !self.schedule(false)? {
                return Ok(held);
            }
            report.retries += 1;
            remaining = held.into_iter().map(|(pod, _)| pod).collect();
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
            // Pods of a node that is gone are deleted for good, whether or not it answered before.
            let taints = info.node.taints.iter().filter(|taint| taint.key == lost::UNREACHABLE).copied();
            for taint in taints.collect::<Vec<_>>() {
                self.edit(&Edit::RemoveTaint { node, taint })?;
            }
            self.leave(&plan, report, later)?;
            self.edit(&Edit::RemoveNode { node })?;
        }
        Ok(())
    }

    pub(super) fn add_nodes(
        &mut self,
        count: u32,
        model: &NodeModel,
        wanted: Option<Name>,
        report: &mut StepReport,
    ) -> Result<(), StepError> {
        let first = self.cluster().pods().len();
        for _ in 0..count {
            let new = match (model, wanted) {
                // A name that was given is meant, be it taken.
                (_, Some(exact)) if count == 1 => exact,
                (NodeModel::Like(like), None) => free_node_name(self.cluster(), &format!("{like}-new")),
                (_, Some(base)) => free_node_name(self.cluster(), &base),
                (NodeModel::Object(_), None) if count == 1 => name(model.base()),
                (NodeModel::Object(_), None) => free_node_name(self.cluster(), model.base()),
            };
            self.add_node(model, new, report)?;
            report.nodes.push(new);
        }
        report.created.extend(self.cluster().pods().iter().skip(first).map(crate::state::Pod::key));
        Ok(())
    }

    fn add_node(&mut self, model: &NodeModel, new: Name, report: &mut StepReport) -> Result<(), EditError> {
        match model {
            NodeModel::Like(like) => self.edit(&Edit::AddNode { like: *like, name: new }),
            NodeModel::Object(object) => {
                let object = new_nodes::named(object.clone(), model.base(), new);
                self.edit(&Edit::CreateNode { object })?;
                if let Some(note) = new_nodes::not_known(self.cluster(), new) {
                    self.simulation.note(&note);
                }
                new_nodes::daemon_pods(self.cluster(), new).iter().try_for_each(|edit| self.create(edit, report))
            }
        }
    }
}
