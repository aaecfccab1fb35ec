//! `kubectl sched devices`.

use std::time::SystemTime;

use clap::Args;

use crate::api::{Timestamp, name};
use crate::cli::error::{Error, Result};
use crate::plugins::dynamic_resources::overview;
use crate::report::Answered;
use crate::report::devices::DevicesAnswer;
use crate::state::NodeInfo;

use super::Status;
use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::output;
use super::reading::Request;

/// Show the devices of dynamic resource allocation
///
/// Shows for each node and pool how many devices are free, which claims and pods have the others,
/// and which devices are tainted. With -o wide there is a row for each device. A free device whose
/// counters are used up by other devices (partitions of one GPU, for example) is "blocked".
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
    common: CommonFlags,
}

const EXAMPLES: &str = "\
Examples:
  # Which devices are free, and who has the others?
  kubectl sched devices --kube-version v1.37 \\
      --snapshot examples/clusters/devices.yaml

  # Those of one node, device by device
  kubectl sched devices --node gpu-1 -o wide --kube-version v1.37 \\
      --snapshot examples/clusters/devices.yaml";

pub(super) fn run(arguments: &DevicesArgs) -> Result<Status> {
    let state = arguments.common.load(Request::Devices, |_| {})?;
    let mut pools = overview::overview(&state.cluster, state.scheduler.behaviour());
    if let Some(node) = &arguments.node {
        let named = state.cluster.node_named(name(node)).map(NodeInfo::name);
        let node = named.ok_or_else(|| Error::new(format!("nodes \"{node}\" not found in {}", state.basis.origin)))?;
        for pool in &mut pools {
            pool.devices.retain(|device| device.reach.includes(node));
        }
    }
    if let Some(driver) = &arguments.driver {
        pools.retain(|pool| pool.id.driver == driver.as_str());
    }
    pools.retain(|pool| !pool.devices.is_empty() || (pool.unsound.is_some() && arguments.node.is_none()));
    let answer = DevicesAnswer { pools, not_evaluated: state.notes.clone() };
    arguments
        .common
        .output
        .print(&Answered { answer: &answer, provenance: &state.provenance(Timestamp::from(SystemTime::now())) })?;
    Ok(Status::Answered)
}
