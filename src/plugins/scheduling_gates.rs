//! SchedulingGates: a pod with gates waits outside the queue until they are taken away.
//!
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/>;
//! upstream plugins/schedulinggates/scheduling_gates.go.

use crate::framework::{Cycle, Plugin, PreEnqueuePlugin, Reason, Rejection};

/// The plugin.
pub struct SchedulingGates;

impl Plugin for SchedulingGates {
    fn name(&self) -> &'static str {
        "SchedulingGates"
    }

    fn pre_enqueue(&self) -> Option<&dyn PreEnqueuePlugin> {
        Some(self)
    }
}

impl PreEnqueuePlugin for SchedulingGates {
    fn pre_enqueue(&self, cycle: Cycle<'_>) -> Result<(), Rejection> {
        let gates: Vec<_> = cycle.pod.spec().scheduling_gates.iter().map(|gate| gate.name).collect();
        if gates.is_empty() { Ok(()) } else { Err(Rejection::unresolvable(Reason::SchedulingGates { gates })) }
    }
}
