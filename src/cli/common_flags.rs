//! The flags of every command that answers a question about a state: where it comes from, how the answer is printed,
//! which cluster.

use clap::Args;

use crate::api::Timestamp;
use crate::cli::error::Result;
use crate::state::ClusterBuilder;

use super::kube_flags::KubeFlags;
use super::output::OutputFlags;
use super::reading::Request;
use super::state_flags::StateFlags;
use crate::session::State;

/// The flags of every command that answers a question about a state.
#[derive(Clone, Debug, Args)]
pub(crate) struct CommonFlags {
    #[command(flatten)]
    pub(crate) state: StateFlags,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
    #[command(flatten)]
    pub(crate) kube: KubeFlags,
}

impl CommonFlags {
    /// Reads the state, of a cluster as far as `question` needs it. `more` adds objects of the command's own.
    ///
    /// # Errors
    /// Anything that cannot be read, reached, or understood.
    pub(crate) fn load(&self, question: Request<'_>, more: impl FnOnce(&mut ClusterBuilder)) -> Result<State> {
        self.state.load(&self.kube, &self.output, question, more)
    }

    /// The moment of the question.
    pub(crate) fn now(&self) -> Timestamp {
        self.state.now()
    }

    /// The moment that `state` shows, unless another one is asked about.
    pub(crate) fn moment(&self, state: &State) -> Timestamp {
        self.state.at.or(state.basis.as_of).unwrap_or_else(|| self.now())
    }
}
