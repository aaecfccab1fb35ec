//! kubectl sched: kube-scheduler's pipeline, offline, with every reason spelled out.
//!
//! State flows one way: [`cluster`] holds what the scheduler would see, [`config`] says which
//! profile is asked, [`framework`] runs the scheduling cycle over the [`plugins`], and the
//! [`scheduler::Scheduler`] ties these together: one [`framework::Placement`] a pod, of which
//! every command and every output is a function.

pub mod cluster;
pub mod config;
pub mod framework;
pub mod plugins;
pub mod scheduler;
