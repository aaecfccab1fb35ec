//! How a capacity looks: a table for people, the documented JSON for programs.

mod json;
mod table;

#[cfg(test)]
pub(super) use json::CapacityObject;

use crate::api::Name;
use crate::explain::Finding;
use crate::framework::NotEvaluated;
use crate::node_groups::maker::Maker;
use crate::simulate::Assumption;
use crate::simulate::capacity::{CapacityResult, Needed};
use crate::simulate::scenario::AppliedScenario;

use super::{Answered, Data, Look, Part, Report, Screen};

/// What fits, and what a wanted number needs.
#[derive(Clone, Debug)]
pub struct CapacityAnswer {
    /// What fits as it is.
    pub capacity: CapacityResult,
    /// Whether counting ended at `--limit`, or where the tool stops by itself.
    pub limit: usize,
    /// What a wanted number needs, if one was named.
    pub wanted: Option<CapacityNeeds>,
    /// What the steps did that changed the cluster before.
    pub applied: AppliedScenario,
    /// What was taken to be so.
    pub assumptions: Vec<Assumption>,
    /// What the answer does not rest on.
    pub not_evaluated: Vec<NotEvaluated>,
    /// What keeps a further copy off the nodes, beside its scheduling cycle.
    pub findings: Vec<Finding>,
}

/// What a wanted number needs.
#[derive(Clone, Debug)]
pub struct CapacityNeeds {
    /// Copies that are to fit.
    pub copies: usize,
    /// The node that more are made like; none where no node of the cluster helps.
    pub like: Option<Name>,
    /// How many; not known where it is not known what they are like.
    pub needed: Option<Needed>,
    /// The node group or pool that the node belongs to, where that is known.
    pub maker: Option<Maker>,
    /// What of the programs that make nodes could not be read or was not counted, in sentences.
    pub notes: Vec<String>,
}

impl CapacityAnswer {
    /// What it can be shown as.
    pub const PARTS: &'static [Part] = Part::WITHOUT_PAGE;

    /// Copies that fit.
    pub fn copies(&self) -> usize {
        self.capacity.templates.iter().map(|template| template.placed).sum()
    }

    /// Whether what was asked for is there as it is, the wanted number or any at all, and the cluster was changed as it
    /// was to be.
    pub fn is_enough(&self) -> bool {
        if !self.applied.is_done() {
            return false;
        }
        match &self.wanted {
            Some(wanted) => wanted.needed == Some(Needed::Nodes(0)),
            None => self.copies() > 0,
        }
    }
}

impl Report for Answered<'_, CapacityAnswer> {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(json::CapacityObject::new(self.answer, self.provenance))
    }

    fn screen(&self, look: Look) -> Screen {
        table::screen(self.answer, self.provenance, look)
    }

    /// Every node that takes a copy.
    fn names(&self) -> Option<Vec<String>> {
        let nodes = self.answer.capacity.nodes.iter().filter(|room| room.copies.iter().any(|copies| *copies > 0));
        Some(nodes.map(|room| format!("node/{}", room.node)).collect())
    }
}
