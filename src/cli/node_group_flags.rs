//! What a state does not say of the programs that make nodes.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::error::{Error, Result};
use crate::api::{ObjectKey, name};
use crate::node_groups::cluster_autoscaler::TemplateFile;
use crate::node_groups::karpenter;
use crate::session::State;
use crate::session::new_nodes::{NewNodesFinder, NewNodesSettings};
use crate::source::{Input, read_value};
use crate::state::PodId;

use super::common_flags::CommonFlags;

/// What a state does not say of the programs that make nodes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Node group options")]
pub(crate) struct NodeGroupFlags {
    /// The autoscaler's flags, where it does not run as a pod of the state
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true, hide_short_help = true)]
    pub(crate) autoscaler_flags: Option<String>,
    /// A node label whose value is the id of the node's group
    #[arg(long, value_name = "KEY", hide_short_help = true)]
    pub(crate) node_group_label: Option<String>,
    /// What new nodes are like: the autoscaler's /snapshotz, or nodes by group
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true)]
    pub(crate) node_group_templates: Option<PathBuf>,
    /// The provider's catalogue, for Karpenter: instance types with labels, capacity and offerings
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true)]
    pub(crate) instance_types: Option<PathBuf>,
}

impl NodeGroupFlags {
    /// Reads what was given.
    ///
    /// # Errors
    /// A file that cannot be read, a flag whose value makes no sense.
    pub(crate) fn finder(&self, common: &CommonFlags, state: &State, asked: &[PodId]) -> Result<NewNodesFinder> {
        let templates = match &self.node_group_templates {
            Some(path) => {
                let input = Input::from(path.clone());
                let value = read_value(&input).map_err(Error::from_error)?;
                TemplateFile::read(&value).map_err(|error| Error::new(format!("{input}: {error}")))?
            }
            None => TemplateFile::default(),
        };
        let types = match &self.instance_types {
            Some(path) => {
                let input = Input::from(path.clone());
                let value = read_value(&input).map_err(Error::from_error)?;
                let types = karpenter::InstanceTypeFile::read(&value);
                Some(types.map_err(|error| Error::new(format!("{input}: {error}")))?)
            }
            None => None,
        };
        let status = common.state.autoscaler_status.as_ref();
        let settings = NewNodesSettings {
            autoscaler_flags: self.autoscaler_flags.clone(),
            group_label: self.node_group_label.as_deref().map(name),
            templates,
            types,
            status: status.map(|map| ObjectKey::new(name(&map.namespace), name(&map.name))),
        };
        NewNodesFinder::new(state, asked, common.moment(state), settings)
            .map_err(|error| Error::new(format!("--autoscaler-flags: {error}")))
    }
}
