//! Why a scenario cannot be read, or a step of it cannot be taken.

use crate::api::UpstreamError;
use crate::api::name::Name;
use crate::decode::workload::{WorkloadKey, WorkloadKind};
use crate::edit::EditError;

/// A step that cannot be taken, or be understood, and where it was said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
#[non_exhaustive]
pub struct ScenarioError {
    /// Where it was said: `steps[2].node`, `--drain node-1`.
    pub place: String,
    /// What is wrong, and what to do.
    pub message: String,
    /// Why the step cannot be taken; none for one that cannot be understood.
    pub source: Option<StepError>,
}

impl ScenarioError {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into(), source: None }
    }

    pub(super) fn of_step(place: &str, error: StepError) -> Self {
        Self { place: place.to_owned(), message: error.to_string(), source: Some(error) }
    }
}

/// Why a step cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The state cannot be changed like that.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// There is no such node.
    #[error("nodes \"{node}\" not found{}", behind(near.as_deref()))]
    NoSuchNode {
        /// Its name.
        node: Name,
        /// `did you mean ...?`
        near: Option<String>,
    },
    /// There is no such workload.
    #[error("{} \"{}\" not found{}", workload.kind.resource(), workload.key, behind(near.as_deref()))]
    NoSuchWorkload {
        /// Which one.
        workload: WorkloadKey,
        /// `did you mean ...?`
        near: Option<String>,
    },
    /// No node has what was asked for.
    #[error("no node has {0}")]
    NoNodeHas(String),
    /// The text is no label selector.
    #[error(transparent)]
    Selector(#[from] UpstreamError),
    /// A kind without a number of replicas.
    #[error("a {0} cannot be scaled")]
    NotScalable(WorkloadKind),
    /// What kubectl says to it.
    #[error("{0}")]
    Refused(String),
}

fn behind(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; {near}"))
}
