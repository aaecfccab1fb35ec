//! KubeSchedulerConfiguration.
