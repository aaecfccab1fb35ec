//! What stands under the causes where it says something new: labels wanted and found, topology
//! domains, claims, and who has the ports and devices.

use std::fmt::Write;

use crate::api::name::Name;
use crate::api::resources::STANDARD;
use crate::explain::claim_state::{ClaimPhase, ClaimState, ClassState};
use crate::explain::label_demand::{Demand, DemandOf, LabelDemand};
use crate::explain::{Cause, CauseDetail};
use crate::framework::Amount;
use crate::report::explain::table::domains;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{count, list, thousands};
use crate::report::{Answer, Look, words};

/// Holders named in a line.
const MOST_OCCUPANTS: usize = 3;
/// The same on `-o wide`.
const MOST_HOLDERS_WIDE: usize = 20;

pub(in crate::report) fn render(screen: &mut Screen, answer: &Answer, look: Look) {
    let fits = answer.placement.feasible().next().is_some();
    for cause in &answer.explanation.causes {
        occupants(screen, cause, look);
    }
    for cause in &answer.explanation.causes {
        if let Some(labels) = &cause.detail.labels {
            let everywhere = cause.nodes.len() + cause.behind.len() == answer.nodes;
            if everywhere || look.wide {
                demands(screen, labels, answer.nodes);
            }
        }
    }
    // A pod that has its node keeps the rules: where it counts is as new as where it could not be.
    let is_placed = answer.placement.current.is_some();
    if fits && !look.wide && !is_placed {
        domains::pods_in_the_way(screen, answer);
        return;
    }
    domains::render(screen, answer, look);
    if fits && !look.wide {
        return;
    }
    claims(screen, &answer.explanation.claims, look.wide);
}

/// Who has the ports and the devices.
fn occupants(screen: &mut Screen, cause: &Cause, look: Look) {
    let most = if look.wide { MOST_HOLDERS_WIDE } else { MOST_OCCUPANTS };
    let CauseDetail { ports, devices, .. } = &cause.detail;
    if !ports.is_empty() {
        let held: Vec<String> =
            ports.iter().map(|held| format!("{} by {} on {}", held.port, held.pod, held.node)).collect();
        screen.indented(Label::Plain, "host ports: ", &list(&held, most));
    }
    if !devices.is_empty() {
        let held: Vec<String> =
            devices.iter().map(|held| words::devices::holder(held.claim, held.devices, &held.pods)).collect();
        screen.indented(Label::Plain, "devices taken: ", &list(&held, most));
    }
}

/// What is wanted of labels, on how many nodes that is so, and what there is instead.
fn demands(screen: &mut Screen, labels: &LabelDemand, nodes: usize) {
    if labels.unmet.is_empty() {
        return;
    }
    let remark = match (labels.closest, labels.alternatives) {
        (Some(closest), alternatives) if alternatives > 1 => {
            format!("of {alternatives} terms, number {} is the closest", closest + 1)
        }
        _ => String::new(),
    };
    screen.heading("REQUIRED LABELS", &remark);
    let mut grid = Grid::new(["BY", "LABEL", "NODES", "FOUND"]).right_aligned([2]);
    for demand in &labels.unmet {
        let by = match demand.source {
            DemandOf::NodeSelector => "nodeSelector",
            DemandOf::NodeAffinity => "node affinity",
            DemandOf::AddedAffinity => "the profile",
        };
        let wanted = words::requirement(demand.key, demand.operator, &demand.values);
        grid.row(
            Label::Plain,
            vec![by.to_owned(), words::narrow(&wanted, 32), thousands(demand.matching_nodes), found(demand, nodes)],
        );
    }
    screen.grid(&grid);
    if labels.unmet.len() > 1 && labels.unmet.iter().all(|demand| demand.matching_nodes > 0) {
        screen.paragraph(Label::Plain, "each label is on some node, but no node has all of them");
    }
}

fn found(demand: &Demand, nodes: usize) -> String {
    let did_you_mean = demand.did_you_mean.map(|name| format!("did you mean {name}?"));
    if demand.nodes_with_key == 0 {
        return [Some("no node has this label".to_owned()), did_you_mean]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ");
    }
    let values: Vec<String> = demand
        .values_found
        .iter()
        .map(|found| {
            if found.value.is_empty() {
                format!("\"\" on {}", found.nodes)
            } else {
                format!("{} on {}", found.value, found.nodes)
            }
        })
        .collect();
    let mut text = list(&values, 4);
    let kept_back = demand.distinct_values.saturating_sub(demand.values_found.len());
    if kept_back > 0 {
        let _ = write!(text, " ({} in total)", count(demand.distinct_values, "value"));
    }
    let without = nodes.saturating_sub(demand.nodes_with_key);
    let without = (without > 0 && !values.is_empty()).then(|| format!("absent on {without}"));
    [Some(text).filter(|text| !text.is_empty()), without, did_you_mean]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
}

/// The claims that a reason speaks of; of one that is bound, and no more, the reason says enough.
fn claims(screen: &mut Screen, claims: &[ClaimState], all: bool) {
    let plain =
        |claim: &ClaimState| matches!(claim.phase, ClaimPhase::Bound { exists: true, .. }) && claim.used_by.is_empty();
    let mut shown = claims.iter().filter(|claim| all || !plain(claim)).peekable();
    if shown.peek().is_none() {
        return;
    }
    screen.heading("CLAIMS", "");
    let mut grid = Grid::default();
    for claim in shown {
        grid.row(Label::Plain, vec![claim.claim.to_string(), claim_words(claim)]);
    }
    screen.grid(&grid);
}

fn claim_words(claim: &ClaimState) -> String {
    let phase = match &claim.phase {
        ClaimPhase::Missing => "does not exist".to_owned(),
        ClaimPhase::Terminating => "is being deleted".to_owned(),
        ClaimPhase::Lost { volume } => format!("lost its volume {volume}"),
        ClaimPhase::Bound { volume, exists: true } => format!("bound to {volume}"),
        ClaimPhase::Bound { volume, exists: false } => format!("bound to {volume}, which does not exist"),
        ClaimPhase::PreBound { volume } => format!("not bound yet, requests volume {volume}"),
        ClaimPhase::Unbound => "not bound".to_owned(),
    };
    let size = claim.request.map(|request| {
        let memory = STANDARD.memory;
        words::amount(memory, Amount::new(memory, request.value()))
    });
    let bound = matches!(claim.phase, ClaimPhase::Bound { .. } | ClaimPhase::Lost { .. });
    let class = claim.class.as_ref().filter(|_| !bound).map(class_words);
    let none = matches!(claim.phase, ClaimPhase::Unbound) && claim.class.is_none();
    let node = claim.selected_node.filter(|_| !bound).map(|node| format!("its volume is being provisioned for {node}"));
    let users: Vec<String> = claim.used_by.iter().map(|user| format!("{} on {}", user.pod, user.node)).collect();
    let users = (!users.is_empty()).then(|| format!("used by {}", list(&users, 2)));
    let parts = [Some(phase), size.filter(|_| !bound), class, none.then(|| "no StorageClass".to_owned()), node, users];
    parts.into_iter().flatten().collect::<Vec<String>>().join("; ")
}

fn class_words(class: &ClassState) -> String {
    match class {
        ClassState::Missing { name } => format!("StorageClass {name} does not exist"),
        ClassState::Found { name, wait_for_first_consumer, provisioner } => {
            let when = if *wait_for_first_consumer { "binds when a pod uses it" } else { "binds immediately" };
            let by = provisioner.as_ref().map_or("provisions no volumes", Name::as_str);
            format!("StorageClass {name} {when} ({by})")
        }
    }
}
