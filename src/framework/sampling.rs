//! How many feasible nodes a live scheduler compares: here all of them are, always.

use super::not_evaluated::NotEvaluated;

/// Below this many nodes all are looked at.
const MIN_FEASIBLE_NODES_TO_FIND: usize = 100;
/// The default percentage falls with the cluster's size, down to this.
const MIN_FEASIBLE_NODES_PERCENTAGE: i32 = 5;

/// How many feasible nodes a live scheduler stops at (upstream schedule_one.go,
/// numFeasibleNodesToFind). `percentage` is the profile's, else the configuration's; 0 adapts.
pub fn feasible_nodes_to_find(nodes: usize, percentage: i32) -> usize {
    if nodes < MIN_FEASIBLE_NODES_TO_FIND {
        return nodes;
    }
    let percentage = match percentage {
        0 => (50 - i32::try_from(nodes / 125).unwrap_or(i32::MAX)).max(MIN_FEASIBLE_NODES_PERCENTAGE),
        percentage => percentage,
    };
    let share = nodes * usize::try_from(percentage).unwrap_or(0) / 100;
    share.max(MIN_FEASIBLE_NODES_TO_FIND)
}

/// What to say where `feasible` of `nodes` nodes were compared, and a live scheduler may have
/// compared fewer.
pub fn note(nodes: usize, feasible: usize, percentage: i32) -> Option<NotEvaluated> {
    let found = feasible_nodes_to_find(nodes, percentage);
    (feasible > found).then(|| {
        let why = match percentage {
            0 => format!("a live scheduler of {nodes} nodes stops at {found} feasible ones"),
            percentage => format!("{percentage}% of {nodes} nodes: a live scheduler stops at {found} feasible ones"),
        };
        NotEvaluated::new(
            "percentageOfNodesToScore",
            why,
            format!("all {feasible} feasible nodes were scored here; a live scheduler may compare fewer"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_adapts_to_the_size() {
        let case = |nodes, percentage| feasible_nodes_to_find(nodes, percentage);
        assert_eq!(case(99, 10), 99);
        assert_eq!(case(100, 0), 100);
        assert_eq!(case(1000, 0), 420);
        assert_eq!(case(5000, 0), 500);
        assert_eq!(case(50_000, 0), 2500);
        assert_eq!(case(1000, 70), 700);
        assert_eq!(case(1000, 1), 100);
        assert_eq!(case(1000, 100), 1000);
    }
}
