//! kubectl sched: kube-scheduler's pipeline, offline, with every reason spelled out.
//!
//! State flows one way: [`source`] reads it into a [`cluster`], [`config`] says which profile
//! is asked, [`framework`] runs the scheduling cycle over the [`plugins`], and the
//! [`scheduler::Scheduler`] ties these together: one [`framework::Placement`] a pod, of which
//! every command and every output is a function.

pub mod cli;
pub mod cluster;
pub mod config;
pub mod error;
pub mod explain;
pub mod framework;
pub mod plugins;
pub mod report;
pub mod scheduler;
pub mod simulate;
pub mod source;
