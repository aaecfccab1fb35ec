//! What a scheduling cycle is about, and how much it is to find out.

use crate::api::Timestamp;
use crate::config::Behaviour;
use crate::state::{Cluster, Pod};

use super::not_evaluated::Notes;

/// What every plugin may look at.
#[derive(Clone, Copy)]
pub struct Cycle<'a> {
    /// The state.
    pub cluster: &'a Cluster,
    /// The pod to be placed; it is pending in the state.
    pub pod: &'a Pod,
    /// Version and feature gates.
    pub behaviour: &'a Behaviour,
    /// The time the question is asked at.
    pub now: Timestamp,
    /// Where a plugin says what it could not judge.
    pub notes: &'a Notes,
}

/// How much a cycle is to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every filter's word on every node, and what PostFilter could do where none is left.
    Everything,
    /// What decides and no more: filters stop at the first no, and PostFilter is not asked.
    Decision,
    /// The same, but PostFilter is asked where no node is left.
    Preemption,
}
