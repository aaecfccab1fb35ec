//! `DOMAINS`: what a rule over topology domains counts, and which domains are closed to the pod.

use crate::api::name::Name;
use crate::explain::{Domain, DomainTable, LeftOut};
use crate::framework::{Reason, RuleKind};
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{count, list, natural, thousands};
use crate::report::{Answer, Look, words};

/// Most conflicting pods that are named.
const MOST_PODS: usize = 3;
/// Rows of a table; domains that read the same share one.
const MOST_ROWS: usize = 6;
/// The same on `-o wide`.
const MOST_ROWS_WIDE: usize = 40;

/// The tables of the rules that reject nodes.
pub(in crate::report) fn render(screen: &mut Screen, answer: &Answer, look: Look) {
    for table in answer.explanation.domains.iter().filter(|table| is_a_cause(table, answer)) {
        one(screen, table, if look.wide { MOST_ROWS_WIDE } else { MOST_ROWS });
    }
}

/// For a pod that fits elsewhere: the pods alone that keep it from the domains it is kept from.
pub(in crate::report) fn pods_in_the_way(screen: &mut Screen, answer: &Answer) {
    let tables = answer.explanation.domains.iter().filter(|table| is_a_cause(table, answer));
    let pods: Vec<String> = tables
        .flat_map(|table| table.domains.iter().filter(|domain| !domain.allowed))
        .flat_map(|domain| domain.examples.iter().map(move |pod| format!("{pod} in {}", domain.domain)))
        .collect();
    if !pods.is_empty() {
        screen.indented(Label::Plain, "blocking pods: ", &list(&pods, MOST_PODS));
    }
}

/// Whether a cause speaks of the rule.
fn is_a_cause(table: &DomainTable, answer: &Answer) -> bool {
    answer.explanation.causes.iter().any(|cause| {
        let key = table.topology_key;
        cause.plugin == Some(table.plugin)
            && match (&cause.reason, table.kind) {
                (Reason::TopologySkew { topology_key, .. }, RuleKind::Spread { .. })
                | (Reason::ExistingPodAntiAffinity { topology_key, .. }, RuleKind::ExistingAntiAffinity) => {
                    *topology_key == key
                }
                (Reason::PodAffinityUnmet { topology_key, selector, .. }, RuleKind::Affinity { .. })
                | (Reason::PodAntiAffinityViolated { topology_key, selector, .. }, RuleKind::AntiAffinity) => {
                    *topology_key == key && *selector == table.selector
                }
                _ => false,
            }
    })
}

/// Domains that read the same.
struct Row {
    domains: Vec<Name>,
    pods: i64,
    nodes: usize,
    examples: Vec<String>,
    remark: String,
}

fn one(screen: &mut Screen, table: &DomainTable, most: usize) {
    screen.heading("DOMAINS", &table.topology_key);
    screen.paragraph(Label::Dim, &demand(table));
    let rows = rows(table);
    let mut grid = Grid::new(["DOMAIN", "PODS", "NODES", ""]).right_aligned([1, 2]);
    for row in rows.iter().take(most) {
        grid.row(Label::Plain, vec![list(&row.domains, 2), row.pods.to_string(), thousands(row.nodes), last_cell(row)]);
    }
    screen.grid(&grid);
    let left_out: usize = rows.iter().skip(most).map(|row| row.domains.len()).sum();
    if left_out > 0 {
        screen.line(&[(Label::Dim, &format!("and {}", count(left_out, "more domain")))]);
    }
    for note in notes(table) {
        screen.paragraph(Label::Plain, &note);
    }
}

fn last_cell(row: &Row) -> String {
    let pods = list(&row.examples, 3);
    let parts = [&pods, &row.remark];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<String>>().join("; ")
}

/// What the rule asks for, in one sentence.
fn demand(table: &DomainTable) -> String {
    let pods = match table.selector.as_str() {
        "<none>" => "no pod: the selector is empty".to_owned(),
        selector => format!("pods with {}", words::selected(selector)),
    };
    let place = match &table.namespaces {
        None if table.selector.is_empty() => String::new(),
        None => " in all namespaces".to_owned(),
        Some(namespaces) => match namespaces.as_slice() {
            [] => " in no namespace".to_owned(),
            [one] => format!(" in namespace {one}"),
            several => format!(" in namespaces {}", list(several, 2)),
        },
    };
    match table.kind {
        RuleKind::Spread { max_skew, from_profile, .. } => {
            let whose = if from_profile { ", by a default constraint of the profile" } else { "" };
            format!("counts {pods}{place}; with this pod at most {max_skew} more than the emptiest{whose}")
        }
        RuleKind::Affinity { .. } => format!("must have {pods}{place}"),
        RuleKind::AntiAffinity => format!("must not have {pods}{place}"),
        RuleKind::ExistingAntiAffinity => "must not have pods whose anti-affinity excludes this one".to_owned(),
    }
}

fn rows(table: &DomainTable) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for domain in &table.domains {
        let remark = remark(table, domain);
        let examples = domain.examples.iter().map(ToString::to_string);
        match rows.iter_mut().find(|row| row.pods == domain.pods && row.remark == remark) {
            Some(row) => {
                row.domains.push(domain.domain);
                row.nodes += domain.nodes;
                row.examples.extend(examples);
            }
            None => rows.push(Row {
                domains: vec![domain.domain],
                pods: domain.pods,
                nodes: domain.nodes,
                examples: examples.collect(),
                remark,
            }),
        }
    }
    for row in &mut rows {
        row.domains.sort_by(|a, b| natural(a, b));
    }
    // Where the pod could be comes first: for affinity domains with pods, else those with few.
    let wants_pods = matches!(table.kind, RuleKind::Affinity { .. });
    rows.sort_by_key(|row| if wants_pods { -row.pods } else { row.pods });
    rows
}

fn remark(table: &DomainTable, domain: &Domain) -> String {
    if let Some(left_out) = domain.left_out {
        return match left_out {
            LeftOut::NodeAffinity => "not counted: excluded by the pod's node affinity",
            LeftOut::Taints => "not counted: tainted, and nodeTaintsPolicy is Honor",
            LeftOut::OtherTopologyKey => "not counted: lacks the key of another constraint",
        }
        .to_owned();
    }
    let mut parts = Vec::new();
    if let RuleKind::Spread { minimum, self_match, .. } = table.kind {
        if domain.is_minimum {
            parts.push("the emptiest".to_owned());
        }
        if !domain.allowed {
            let above = domain.pods + i64::from(self_match) - minimum;
            parts.push(format!("{above} more than the emptiest with this pod"));
        }
    }
    if domain.allowed {
        match closed(domain) {
            Some(closed) => parts.push(closed),
            None if domain.feasible == 0 => parts.push("not usable for this pod".to_owned()),
            None => parts.push("open".to_owned()),
        }
    }
    parts.join("; ")
}

/// `closed: cpu on 4 nodes`.
fn closed(domain: &Domain) -> Option<String> {
    let reasons: Vec<String> = domain
        .closed_by
        .iter()
        .map(|closed| {
            let subject = match &closed.reason {
                Reason::InsufficientResource { resource, .. } => format!("{resource} short"),
                reason => words::brief(reason),
            };
            if domain.nodes > 1 && closed.nodes < domain.nodes {
                format!("{subject} ({})", count(closed.nodes, "node"))
            } else {
                subject
            }
        })
        .collect();
    (!reasons.is_empty()).then(|| format!("not usable for this pod: {}", list(&reasons, 2)))
}

/// What is odd about the counting.
fn notes(table: &DomainTable) -> Vec<String> {
    let mut notes = Vec::new();
    if let RuleKind::Spread { min_domains, honors_node_taints, honors_node_affinity, .. } = table.kind {
        let counted = table.domains.iter().filter(|domain| domain.left_out.is_none()).count() as i64;
        if counted < min_domains {
            let counted = count(usize::try_from(counted).unwrap_or_default(), "domain");
            notes.push(format!("{counted}, fewer than minDomains {min_domains}: measured against 0 pods"));
        }
        let closed: Vec<&Reason> = table
            .domains
            .iter()
            .filter(|domain| domain.is_minimum && domain.allowed && domain.left_out.is_none())
            .flat_map(|domain| &domain.closed_by)
            .map(|closed| &closed.reason)
            .collect();
        let tainted =
            closed.iter().any(|reason| matches!(reason, Reason::UntoleratedTaint { .. } | Reason::NodeUnschedulable));
        let elsewhere = closed.iter().any(|reason| matches!(reason, Reason::NodeAffinityMismatch { .. }));
        if tainted && !honors_node_taints {
            notes.push("tainted domains are counted too: nodeTaintsPolicy is Ignore, the default".to_owned());
        } else if elsewhere && !honors_node_affinity {
            notes.push("domains excluded by node affinity are counted too: nodeAffinityPolicy is Ignore".to_owned());
        } else if !closed.is_empty() {
            notes.push("domains that are not usable for another reason are counted too".to_owned());
        }
    }
    if matches!(table.kind, RuleKind::Affinity { .. }) && table.domains.iter().all(|domain| domain.pods == 0) {
        notes.push("no node runs such a pod, and this pod does not match its own rule".to_owned());
    }
    if table.nodes_without_key > 0 {
        notes.push(format!("{} without the label, not in any domain", count(table.nodes_without_key, "node")));
    }
    notes
}
