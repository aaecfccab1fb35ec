//! Which candidates a live scheduler compares in a large cluster.
//!
//! The dry run goes through the nodes where removing pods may help, in the random order of a map from a random place on,
//! and ends when it has enough candidates, one of them without a violated PodDisruptionBudget (upstream
//! default_preemption.go, GetOffsetAndNumCandidates; framework/preemption/preemption.go, DryRunPreemption).

use crate::config::DefaultPreemptionArgs;

/// How many candidates are enough, of so many nodes (upstream calculateNumCandidates).
pub(super) fn candidates_to_find(nodes: usize, args: DefaultPreemptionArgs) -> usize {
    let share = nodes * usize::try_from(args.min_candidate_nodes_percentage).unwrap_or_default() / 100;
    share.max(usize::try_from(args.min_candidate_nodes_absolute).unwrap_or_default()).min(nodes)
}

/// A candidate as far as the draw is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    /// 0 for the best ones, 1 for the next, and so on.
    pub(super) rank: usize,
    /// Whether it violates no budget.
    pub(super) clean: bool,
}

/// How likely each of `candidates` is picked when the first `found` in random order are compared.
pub(super) fn chances(candidates: &[Drawn], found: usize) -> Vec<f64> {
    let all = candidates.len();
    let clean = candidates.iter().filter(|candidate| candidate.clean).count();
    // Those that violate a budget are worse than all that do not, and the dry run does not end without one of these.
    let no_clean = chance_of_none(all, clean, found);
    candidates
        .iter()
        .map(|candidate| {
            if clean > 0 && !candidate.clean {
                return 0.0;
            }
            let better = candidates.iter().filter(|other| other.rank < candidate.rank).count();
            let as_good = candidates.iter().filter(|other| other.rank == candidate.rank).count();
            let best = chance_of_none(all, better, found) - chance_of_none(all, better + as_good, found);
            let first_clean = if clean > 0 { no_clean / clean as f64 } else { 0.0 };
            best / as_good as f64 + first_clean
        })
        .collect()
}

/// How likely none of `some` is among the first `found` of `all`.
fn chance_of_none(all: usize, some: usize, found: usize) -> f64 {
    if some + found > all {
        return 0.0;
    }
    (0..some).map(|drawn| (all - found - drawn) as f64 / (all - drawn) as f64).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_candidates_are_enough() {
        let args = |percentage, absolute| DefaultPreemptionArgs {
            min_candidate_nodes_percentage: percentage,
            min_candidate_nodes_absolute: absolute,
        };
        for (nodes, percentage, absolute, expected) in
            [(50, 10, 100, 50), (400, 10, 100, 100), (4000, 10, 100, 400), (100, 10, 0, 10), (9, 0, 5, 5)]
        {
            assert_eq!(candidates_to_find(nodes, args(percentage, absolute)), expected, "{nodes}");
        }
    }

    /// Ranks, with `!` behind those that violate a budget: the chances in percent, rounded.
    #[track_caller]
    fn case(ranks: &str, found: usize, expected: &[i64]) {
        let drawn: Vec<Drawn> = ranks
            .split(' ')
            .map(|rank| Drawn { rank: rank.trim_end_matches('!').parse().unwrap(), clean: !rank.ends_with('!') })
            .collect();
        let percent: Vec<i64> = chances(&drawn, found).iter().map(|chance| (chance * 100.0).round() as i64).collect();
        assert_eq!(percent, expected, "{ranks}");
    }

    #[test]
    fn a_candidate_is_picked_if_no_better_one_is_drawn() {
        case("0 1 2 3", 4, &[100, 0, 0, 0]);
        case("0 1 2 3", 2, &[50, 33, 17, 0]);
        case("0 0 1", 1, &[33, 33, 33]);
        // One with a violated budget is never enough.
        case("0 1! 1!", 1, &[100, 0, 0]);
        case("0! 1! 1!", 1, &[33, 33, 33]);
    }
}
