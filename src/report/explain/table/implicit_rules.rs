//! `NOT IN THE MANIFEST`: rules of the profile, of the scheduler and of admission that an answer
//! rests on.

use crate::explain::ImplicitRule;
use crate::framework::Amount;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::list;
use crate::report::{Answer, Look, words};

pub(in crate::report) fn render(screen: &mut Screen, answer: &Answer, look: Look) {
    let rules = &answer.explanation.implicit_rules;
    let mut grid = Grid::default();
    for rule in rules.iter().filter(|rule| look.wide || matters(rule, answer)) {
        let (what, text) = words(rule);
        grid.row(Label::Plain, vec![what.to_owned(), text]);
    }
    if !grid.is_empty() {
        screen.heading("NOT IN THE MANIFEST", "but applied to this pod");
        screen.grid(&grid);
    }
}

/// Whether the reader would miss it: what is the same in every cluster, or has no part in the
/// answer, is for `-o wide`.
fn matters(rule: &ImplicitRule, answer: &Answer) -> bool {
    let tells_apart = |plugin: &str| {
        let mut scores = answer
            .placement
            .feasible()
            .filter_map(|node| node.scores.iter().find(|score| score.plugin == plugin).map(|score| score.weighted));
        let first = scores.next();
        scores.any(|score| Some(score) != first)
    };
    match rule {
        ImplicitRule::DefaultSpread { constraints, .. } => {
            tells_apart("PodTopologySpread") || constraints.iter().any(|one| one.do_not_schedule)
        }
        ImplicitRule::AssumedRequests { .. } => tells_apart("NodeResourcesFit"),
        ImplicitRule::Weights { configured, .. } => *configured,
        // That it closes nodes is said by the cause.
        ImplicitRule::AddedAffinity { preferred, .. } => *preferred && tells_apart("NodeAffinity"),
        ImplicitRule::Overhead { .. } | ImplicitRule::LimitRange => true,
        // A class that the pod may have named itself is no surprise.
        ImplicitRule::PriorityClass { default, .. } => *default && answer.placement.preemption.is_some(),
    }
}

fn words(rule: &ImplicitRule) -> (&'static str, String) {
    match rule {
        ImplicitRule::DefaultSpread { system, constraints, selector } => {
            let over: Vec<String> = constraints
                .iter()
                .map(|one| {
                    let hard = if one.do_not_schedule { ", required" } else { "" };
                    format!("{} (maxSkew {}{hard})", one.topology_key, one.max_skew)
                })
                .collect();
            let whose = if *system { "Kubernetes' defaults" } else { "the profile's defaults" };
            let over = list(&over, 4);
            ("spread", format!("{whose} spread the pods with {selector} over {over}: the pod has no constraints"))
        }
        ImplicitRule::AssumedRequests { containers, assumed } => {
            let none: Vec<String> = assumed.iter().map(|one| format!("no {}", one.resource)).collect();
            let amounts: Vec<String> = assumed.iter().map(|one| words::amount(one.resource, one.amount)).collect();
            let (who, each) = match containers.as_slice() {
                [one] => (format!("container {one} requests"), ""),
                several => (format!("containers {} request", list(several, 3)), " each"),
            };
            ("requests", format!("{who} {}: scored as {}{each}", list(&none, 2), list(&amounts, 2)))
        }
        ImplicitRule::Weights { weights, .. } => {
            let weights: Vec<String> = weights
                .iter()
                .filter(|weight| weight.weight != 1 || weight.configured)
                .map(|weight| {
                    let configured = if weight.configured { " (configured)" } else { "" };
                    format!("{} x{}{configured}", weight.plugin, weight.weight)
                })
                .collect();
            ("weights", format!("{}; others x1", weights.join(", ")))
        }
        ImplicitRule::AddedAffinity { required, preferred } => {
            let what = match (required, preferred) {
                (true, true) => "requires and prefers labels of nodes",
                (true, false) => "requires labels of nodes",
                _ => "prefers labels of nodes",
            };
            ("affinity", format!("the profile's addedAffinity {what} in addition to the pod's own"))
        }
        ImplicitRule::Overhead { runtime_class, overhead } => {
            let amounts: Vec<String> = overhead
                .iter()
                .map(|one| {
                    let cpu = one.resource == "cpu";
                    let value = if cpu { one.amount.milli_value() } else { one.amount.value() };
                    format!("{} {}", one.resource, words::amount(one.resource, Amount::new(one.resource, value)))
                })
                .collect();
            let whose = runtime_class.map_or_else(String::new, |class| format!("RuntimeClass {class}: "));
            ("overhead", format!("{whose}{} in addition to the containers' requests", list(&amounts, 4)))
        }
        ImplicitRule::PriorityClass { class, priority, default } => {
            let default = if *default { ", the cluster's default" } else { "" };
            ("priority", format!("{priority}, by PriorityClass {class}{default}"))
        }
        ImplicitRule::LimitRange => {
            ("limits", "a LimitRange of the namespace set some of the requests or limits".to_owned())
        }
    }
}
