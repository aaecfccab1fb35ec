//! kubectl sched: kube-scheduler's pipeline, offline, with every reason spelled out.
//!
//! State flows one way: [`source`] reads it into a [`state`], [`config`] says which profile
//! is asked, [`framework`] runs the scheduling cycle over the [`plugins`], and the
//! [`scheduler::Scheduler`] ties these together: one [`framework::Placement`] a pod. What it
//! means is said by [`explain`], how it looks by [`report`]; [`cli`] is what a user types.
//!
//! Why does a pod of the example cluster not fit?
//!
//! ```
//! use kubectl_sched::api::{ObjectKey, Timestamp, name};
//! use kubectl_sched::config::{Behaviour, SchedulerConfig};
//! use kubectl_sched::scheduler::Scheduler;
//! use kubectl_sched::source::{Input, files};
//! use kubectl_sched::state::ClusterBuilder;
//!
//! let mut builder = ClusterBuilder::default();
//! files::read(&Input::File("examples/clusters/mixed.yaml".into()), &mut builder)?;
//! let behaviour = Behaviour::new("v1.34".parse()?);
//! let mut cluster = builder.build(behaviour.request_gates());
//! let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
//!
//! let pod = cluster.pod_named(ObjectKey::new(name("shop"), name("web-7"))).ok_or("no such pod")?.id;
//! let placement = scheduler.explain(&mut cluster, pod, Timestamp::from(std::time::SystemTime::now()));
//! assert!(!placement.schedulable);
//! assert!(placement.message.is_some_and(|text| text.starts_with("0/12 nodes are available: ")));
//! let node = placement.nodes.iter().find(|node| node.name == "node-2").ok_or("no such node")?;
//! assert_eq!(node.filters[0].plugin, "NodeResourcesFit");
//! assert_eq!(node.filters[0].rejection.reasons[0].to_string(), "Insufficient cpu");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Two features, both on by default: `live` reads a running cluster and calls extenders, `cli` is the command line.
//! With neither of them (`default-features = false`) this is a library without network, terminal or clock, and it
//! compiles for `wasm32-unknown-unknown`. `examples/embed.rs` is a program that uses it so: objects from bytes
//! and values ([`source::Input::memory`], [`decode::Object::from_value`]), replaced and removed in a
//! [`state::ClusterBuilder`]. [`api::name`](mod@api::name) says what stays in memory.

pub mod api;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod control_plane;
pub mod decode;
mod did_you_mean;
pub mod edit;
pub mod explain;
pub mod framework;
pub mod node_groups;
pub mod plugins;
pub mod report;
pub mod required_kinds;
pub mod scheduler;
pub mod session;
pub mod simulate;
pub mod source;
pub mod state;
