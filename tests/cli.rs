//! The command line, end to end: the real binary, and what it shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

#[path = "cli/autoscale.rs"]
mod autoscale;
#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/capacity.rs"]
mod capacity;
#[path = "cli/causes.rs"]
mod causes;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/cluster_messages.rs"]
mod cluster_messages;
#[path = "cli/complete.rs"]
mod complete;
#[path = "cli/config.rs"]
mod config;
#[path = "cli/determinism.rs"]
mod determinism;
#[path = "cli/device_situations.rs"]
mod device_situations;
#[path = "cli/devices.rs"]
mod devices;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/group_situations.rs"]
mod group_situations;
#[path = "cli/harness.rs"]
mod harness;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/interrupted.rs"]
mod interrupted;
#[path = "cli/limits.rs"]
mod limits;
#[path = "cli/manifests.rs"]
mod manifests;
#[path = "cli/new_nodes.rs"]
mod new_nodes;
#[path = "cli/nodegroups.rs"]
mod nodegroups;
#[path = "cli/pending.rs"]
mod pending;
#[path = "cli/pod_groups.rs"]
mod pod_groups;
#[path = "cli/queues.rs"]
mod queues;
#[path = "cli/refused.rs"]
mod refused;
#[path = "cli/resilience.rs"]
mod resilience;
#[path = "cli/scenario.rs"]
mod scenario;
#[path = "cli/simulate.rs"]
mod simulate;
#[path = "cli/simulate_new_pods.rs"]
mod simulate_new_pods;
#[path = "cli/simulate_preempt.rs"]
mod simulate_preempt;
#[path = "cli/strategies.rs"]
mod strategies;
#[path = "cli/sweep.rs"]
mod sweep;
#[path = "cli/usage.rs"]
mod usage;
#[path = "cli/width.rs"]
mod width;
