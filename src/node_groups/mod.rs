//! Nodes that are not there yet: what the programs that make nodes would do for a pod, and why they do not.
//!
//! [`cluster_autoscaler`] runs its loop again on the state: which groups it asks, what a new node of each is like, and
//! what kube-scheduler's own filters say of the pod on it. [`karpenter`] does the same with its requirements. Both go by
//! their sources, named beside each rule.

pub mod cluster_autoscaler;
