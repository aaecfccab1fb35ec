//! `-o table` and `-o wide` of node groups and pools: how large each is and may be, its state, what a new node of it has,
//! and what becomes of the pending pods.

use std::collections::BTreeMap;

use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::super::{Look, Provenance};
use super::NodeGroupsAnswer;
use crate::api::resources::{Resources, STANDARD};
use crate::api::{Name, ObjectKey};
use crate::node_groups::cluster_autoscaler::{GroupVerdict, Loop, NodeGroup, PodOutcome, Skip, short};
use crate::node_groups::karpenter::Overview;
use crate::node_groups::new_node::{NewNode, amounts};
use crate::report::screen::{Grid, Screen, not_evaluated};
use crate::report::words::{amount, new_nodes as words};
use crate::state::PodId;

/// Instance types of a pool that are shown.
const TYPES: usize = 3;
/// DaemonSets that are named.
const OWNERS: usize = 3;
/// Groups with the same DaemonSets that are named.
const GROUPS: usize = 3;

/// Groups and pools as a person reads them.
pub(super) fn screen(answer: &NodeGroupsAnswer, provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let (label, headline) = headline(answer);
    screen.headline(label, &headline, &provenance.to_string());
    if let Some(run) = &answer.autoscaler {
        groups(&mut screen, run, answer, look);
    }
    if let Some(found) = &answer.karpenter {
        pools(&mut screen, found, answer, look);
    }
    for note in &answer.notes {
        screen.blank();
        screen.paragraph(Label::Warning, note);
    }
    not_evaluated(&mut screen, &answer.not_evaluated);
    screen
}

/// How many could grow, before any pod is looked at.
fn headline(answer: &NodeGroupsAnswer) -> (Label, String) {
    let at_limit = answer.autoscaler.as_ref().is_some_and(|run| run.at_node_limit);
    let groups = answer.autoscaler.iter().flat_map(|run| &run.groups);
    let groups: Vec<Option<bool>> = groups.map(|group| if at_limit { Some(false) } else { can_grow(group) }).collect();
    let pools = answer.karpenter.iter().flat_map(|found| &found.pools);
    let pools: Vec<Option<bool>> = pools.map(|pool| Some(pool.can_grow())).collect();
    let number = |wanted: Option<bool>| groups.iter().chain(&pools).filter(|open| **open == wanted).count();
    let (open, unknown) = (number(Some(true)), number(None));
    let parts = [(&groups, "node group"), (&pools, "NodePool")];
    let parts = parts.iter().filter(|(all, _)| !all.is_empty()).map(|(all, noun)| count(all.len(), noun));
    let all = list(&parts.collect::<Vec<_>>(), 2);
    let label = if open > 0 { Label::Fits } else { Label::Rejected };
    let open = if open == 0 { "none".to_owned() } else { thousands(open) };
    let unknown = if unknown == 0 { String::new() } else { format!(", {} not known", thousands(unknown)) };
    match groups.len() + pools.len() {
        0 => (Label::Rejected, "No node group and no NodePool".to_owned()),
        _ => (label, format!("{all}: {open} can grow{unknown}")),
    }
}

/// Whether a group could get a node; none where that rests on a template that is not known.
fn can_grow(group: &NodeGroup) -> Option<bool> {
    match &group.skip {
        None => group.template.is_some().then_some(true),
        Some(Skip::NoTemplate(false)) => None,
        Some(_) => Some(false),
    }
}

fn label_of(can_grow: Option<bool>) -> Label {
    match can_grow {
        Some(true) => Label::Fits,
        Some(false) => Label::Rejected,
        None => Label::Plain,
    }
}

fn groups(screen: &mut Screen, run: &Loop, answer: &NodeGroupsAnswer, look: Look) {
    let (is_stale, basis) = words::status_basis(answer.status_age);
    screen.heading("NODE GROUPS", &format!("cluster-autoscaler, {basis}"));
    if is_stale {
        let text = "caution: the autoscaler writes its status every few seconds; is it running?";
        screen.paragraph(Label::Warning, text);
    }
    if run.unhealthy {
        let text = "The cluster is not healthy: too many nodes are not ready. The autoscaler looks at no pod.";
        screen.paragraph(Label::Rejected, text);
    }
    if run.at_node_limit {
        let text =
            "The cluster has as many nodes as the autoscaler allows (its flag max-nodes-total): no group is asked.";
        screen.paragraph(Label::Rejected, text);
    }
    let id = |id: &str| if look.wide { id.to_owned() } else { short(id).to_owned() };
    let mut grid = Grid::with_header(if look.wide {
        ["GROUP", "NODES", "LIMITS", "PENDING", "MEMBERS", "STATE"].map(str::to_owned).to_vec()
    } else {
        ["GROUP", "NODES", "LIMITS", "PENDING", "STATE"].map(str::to_owned).to_vec()
    })
    .right_aligned([1, 2]);
    let tried = run.pods.values().filter(|answer| !answer.verdicts.is_empty()).count();
    for (place, group) in run.groups.iter().enumerate() {
        let fits = run.pods.values().filter(|answer| answer.verdicts.get(place) == Some(&GroupVerdict::Fits)).count();
        let takes = match &group.template {
            Some(_) if tried > 0 => format!("takes {} of {}", thousands(fits), thousands(tried)),
            Some(_) => "<none>".to_owned(),
            None => "<unknown>".to_owned(),
        };
        let mut row = vec![id(&group.id), group.target.to_string(), format!("{}-{}", group.min, group.max), takes];
        if look.wide {
            row.push(match &group.membership {
                Some(found_by) => format!("{} by {found_by}", group.members.len()),
                None => "<none>".to_owned(),
            });
        }
        row.push(words::group_state(run, place));
        grid.row(label_of(can_grow(group)), row);
    }
    screen.grid(&grid);
    let rows = run.groups.iter().map(|group| (id(&group.id), group.offer.as_slice(), group.not_evaluated.as_deref()));
    new_nodes(screen, &rows.collect::<Vec<_>>(), "like", look);
    pending(screen, &of_autoscaler(run, answer));
    for note in &run.notes {
        screen.paragraph(Label::Dim, &format!("Not known: {note}"));
    }
}

fn pools(screen: &mut Screen, found: &Overview, answer: &NodeGroupsAnswer, look: Look) {
    let types = if found.complete { "given" } else { "of existing nodes only" };
    screen.heading("NODE POOLS", &format!("Karpenter; instance types: {types}"));
    let mut header = vec!["POOL", "NODES", "WEIGHT", "LIMITS"];
    header.extend(look.wide.then_some("REQUIREMENTS"));
    header.push("STATE");
    let mut grid = Grid::with_header(header.into_iter().map(str::to_owned).collect()).right_aligned([1, 2]);
    for pool in &found.pools {
        let limits = pool.limits.iter().map(|(resource, used, limit, _)| format!("{resource} {used} of {limit}"));
        let limits: Vec<String> = limits.collect();
        let limits = if limits.is_empty() { "<none>".to_owned() } else { limits.join("\n") };
        let mut row = vec![pool.name.to_string(), thousands(pool.nodes), pool.weight.to_string(), limits];
        if look.wide {
            let all: Vec<String> = pool.requirements.iter().map(words::pool_requirement).collect();
            row.push(if all.is_empty() { "<none>".to_owned() } else { all.join("\n") });
        }
        row.push(words::pool_state(pool));
        grid.row(label_of(Some(pool.can_grow())), row);
    }
    screen.grid(&grid);
    let unknown = if found.complete { None } else { Some("no node of it shows an instance type") };
    let rows = found.pools.iter().map(|pool| (pool.name.to_string(), pool.new_nodes.as_slice(), unknown));
    new_nodes(screen, &rows.collect::<Vec<_>>(), "instance type", look);
    pending(screen, &of_karpenter(found, answer));
}

/// What new nodes have: a row a node that could be made.
fn new_nodes(screen: &mut Screen, rows: &[(String, &[NewNode], Option<&str>)], like: &str, look: Look) {
    let nodes = || rows.iter().flat_map(|(_, nodes, _)| nodes.iter());
    let others = nodes().any(|node| !others(&node.free()).is_empty());
    let mut header =
        vec!["OF".to_owned(), like.to_uppercase(), "CPU".to_owned(), "MEMORY".to_owned(), "PODS".to_owned()];
    header.extend(others.then(|| "OTHER".to_owned()));
    if look.wide {
        header.extend(["LABELS", "TAINTS", "DAEMONSETS TAKE"].map(str::to_owned));
    }
    let mut grid = Grid::with_header(header).right_aligned([2, 3, 4]);
    let mut unknown = Vec::new();
    let most = if look.wide { usize::MAX } else { TYPES };
    for (of, nodes, why) in rows {
        for node in nodes.iter().take(most) {
            grid.row(Label::Plain, row(of, node, others, look));
        }
        if nodes.len() > most {
            let more = format!("and {} more", thousands(nodes.len() - most));
            grid.row(Label::Dim, vec![of.clone(), more]);
        }
        if nodes.is_empty() {
            unknown.extend(why.map(|why| format!("{of}: {why}: a new node of it is not known")));
        }
    }
    screen.heading("A NEW NODE", "what is left of it for pods beside its DaemonSets");
    if !grid.is_empty() {
        screen.grid(&grid);
    }
    if !look.wide {
        for text in daemons_of(rows) {
            screen.paragraph(Label::Plain, &text);
        }
    }
    for text in unknown {
        screen.paragraph(Label::Dim, &text);
    }
}

fn row(of: &str, node: &NewNode, with_others: bool, look: Look) -> Vec<String> {
    let free = node.free();
    let like = match (node.like, node.instance_type) {
        (Some(like), _) => like.to_string(),
        (None, Some(instance)) => instance.to_string(),
        (None, None) => "<none>".to_owned(),
    };
    let all = amounts(&free);
    let of_resource = |wanted: Name| {
        all.iter().find(|(it, _)| *it == wanted).map(|(it, value)| amount(*it, *value)).unwrap_or_default()
    };
    let mut row = vec![of.to_owned(), like];
    row.extend([STANDARD.cpu, STANDARD.memory, STANDARD.pods].map(of_resource));
    let or_none = |texts: Vec<String>| if texts.is_empty() { "<none>".to_owned() } else { texts.join("\n") };
    if with_others {
        row.push(or_none(others(&free)));
    }
    if look.wide {
        row.push(or_none(node.labels.iter().map(|(key, value)| format!("{key}={value}")).collect()));
        row.push(or_none(node.taints.iter().map(ToString::to_string).collect()));
        row.push(daemons(node, usize::MAX - 1));
    }
    row
}

/// What is neither CPU, memory, pods nor disk.
fn others(resources: &Resources) -> Vec<String> {
    let standard = [STANDARD.cpu, STANDARD.memory, STANDARD.pods, STANDARD.ephemeral_storage];
    let all = amounts(resources).into_iter().filter(|(resource, _)| !standard.contains(resource));
    all.map(|(resource, value)| format!("{resource} {}", amount(resource, value))).collect()
}

/// What DaemonSets take of the nodes, once for all nodes of which they take the same.
fn daemons_of(rows: &[(String, &[NewNode], Option<&str>)]) -> Vec<String> {
    let mut taken: Vec<(String, Vec<&str>)> = Vec::new();
    for (of, nodes, _) in rows {
        for text in nodes.iter().map(|node| daemons(node, OWNERS)) {
            match taken.iter_mut().find(|(known, _)| *known == text) {
                Some((_, groups)) => {
                    if !groups.contains(&of.as_str()) {
                        groups.push(of);
                    }
                }
                None => taken.push((text, vec![of])),
            }
        }
    }
    let one = taken.len() == 1;
    let say = |(text, groups): (String, Vec<&str>)| match (text.as_str(), one) {
        ("<none>", true) => "No DaemonSet has a pod on a new node.".to_owned(),
        (_, true) => format!("DaemonSets take of each: {text}"),
        ("<none>", false) => format!("DaemonSets take nothing of {}", list(&groups, GROUPS)),
        (_, false) => format!("DaemonSets take of {}: {text}", list(&groups, GROUPS)),
    };
    taken.into_iter().map(say).collect()
}

/// What the pods of DaemonSets request, and the DaemonSets, of which so many are named.
fn daemons(node: &NewNode, owners: usize) -> String {
    if node.daemon_owners.is_empty() {
        return "<none>".to_owned();
    }
    let requests = amounts(&node.daemons).into_iter();
    let requests: Vec<String> = requests
        .filter(|(resource, value)| *resource != STANDARD.pods && value.value != 0)
        .map(|(resource, value)| format!("{resource} {}", amount(resource, value)))
        .collect();
    let requests = if requests.is_empty() { "nothing".to_owned() } else { requests.join(", ") };
    let owners = list(&node.daemon_owners, owners);
    format!("{requests} ({owners})")
}

/// Pods that meet the same: how many, what, and one of them.
type Fates = BTreeMap<String, (Label, usize, ObjectKey)>;

fn pending(screen: &mut Screen, fates: &Fates) {
    if fates.is_empty() {
        return;
    }
    let all: usize = fates.values().map(|(_, number, _)| number).sum();
    screen.heading("PENDING PODS", &format!("{}; explain POD shows what each group or pool says", thousands(all)));
    let mut fates: Vec<_> = fates.iter().collect();
    fates.sort_by_key(|(_, (_, number, _))| std::cmp::Reverse(*number));
    let mut grid = Grid::default().right_aligned([0]);
    for (text, (label, number, example)) in fates {
        let example = if *number == 1 { format!(" ({example})") } else { format!(" (such as {example})") };
        grid.row(*label, vec![thousands(*number), format!("{text}{example}")]);
    }
    screen.grid(&grid);
}

fn add(fates: &mut Fates, answer: &NodeGroupsAnswer, pod: PodId, text: String, label: Label) {
    let Some(key) = answer.pending.get(&pod) else { return };
    let (_, number, example) = fates.entry(text).or_insert((label, 0, *key));
    *number += 1;
    *example = (*example).min(*key);
}

fn of_autoscaler(run: &Loop, answer: &NodeGroupsAnswer) -> Fates {
    let mut fates = Fates::new();
    for (pod, found) in &run.pods {
        let helped = matches!(found.outcome, PodOutcome::Triggered | PodOutcome::Option | PodOutcome::FitsUpcoming(_));
        let label = if helped { Label::Fits } else { Label::Rejected };
        add(&mut fates, answer, *pod, words::fate(run, found), label);
    }
    fates
}

fn of_karpenter(found: &Overview, answer: &NodeGroupsAnswer) -> Fates {
    let mut fates = Fates::new();
    for (pod, (outcome, _, pool)) in &found.outcomes {
        let label = match *outcome {
            "new-claim" | "in-flight" => Label::Fits,
            "failed" | "invalid" => Label::Rejected,
            _ => Label::Plain,
        };
        let first = match found.passed.get(pod) {
            Some(before) if *outcome == "new-claim" => format!(", or of {before}, whose instance types are not known"),
            _ => String::new(),
        };
        add(&mut fates, answer, *pod, format!("{}{first}", words::karpenter_fate(outcome, *pool)), label);
    }
    fates
}
