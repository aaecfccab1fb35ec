//! `kubectl sched devices`.

use clap::Args;

use crate::api::{Timestamp, name};
use crate::error::{Error, Result};
use crate::plugins::dynamic_resources::overview;
use crate::report::Answered;
use crate::report::devices::DevicesAnswer;

use super::kube_flags::KubeFlags;
use super::output::{self, OutputFlags};
use super::reading::Request;
use super::state::StateFlags;
use super::{Status, TEMPLATE};

/// Show the devices of dynamic resource allocation, by node and pool
///
/// Tells of every pool of devices which nodes reach it, how many of its devices are free, which claims and pods have
/// the others, which are blocked as too little is left of a counter that they share with others, and which are tainted.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, DevicesAnswer::PARTS)))]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched devices [OPTIONS]")]
pub(crate) struct DevicesArgs {
    /// Only the devices that this node reaches
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Only the devices of this driver
    #[arg(long, value_name = "DRIVER")]
    driver: Option<String>,
    #[command(flatten)]
    state: StateFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    kube: KubeFlags,
}

const EXAMPLES: &str = "\
Examples:
  # Which devices are free, and who has the others?
  kubectl sched devices --snapshot examples/clusters/gpu.yaml

  # Those of one node, device by device
  kubectl sched devices --node gpu-1 -o wide --snapshot examples/clusters/gpu.yaml";

pub(super) fn run(arguments: &DevicesArgs) -> Result<Status> {
    let DevicesArgs { state, output, kube, .. } = arguments;
    let state = state.load(kube, output, Request::Devices, |_| {})?;
    let mut pools = overview::overview(&state.cluster, state.scheduler.behaviour());
    if let Some(node) = &arguments.node {
        let node = state
            .cluster
            .node_named(name(node))
            .ok_or_else(|| Error::new(format!("there is no node {node} in {}", state.origin)))?
            .name();
        pools.iter_mut().for_each(|pool| pool.devices.retain(|device| device.reach.includes(node)));
    }
    if let Some(driver) = &arguments.driver {
        pools.retain(|pool| pool.id.driver == driver.as_str());
    }
    pools.retain(|pool| !pool.devices.is_empty() || (pool.unsound.is_some() && arguments.node.is_none()));
    let answer = DevicesAnswer { pools, not_evaluated: state.notes.clone() };
    output.print(&Answered { answer: &answer, provenance: &state.provenance(Timestamp::now()) })?;
    Ok(Status::Answered)
}
