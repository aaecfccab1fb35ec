//! kubectl sched: kube-scheduler's pipeline, offline, with every reason spelled out.

pub mod cluster;
pub mod config;
pub mod framework;
