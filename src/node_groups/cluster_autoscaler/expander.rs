//! Which of several groups grows (`expander/`). What is drawn is not drawn here: all that tie are named.

use super::estimate::Estimate;
use super::template::Template;
use crate::api::name::Name;
use crate::state::Cluster;

/// A group that could grow.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// The group.
    pub group: usize,
    /// How many nodes, for which pods.
    pub estimate: Estimate,
}

/// The options that are left after the expanders named, in this order; more than one are drawn from.
pub(super) fn best(
    cluster: &Cluster,
    expanders: &[String],
    price_label: Option<Name>,
    options: &[Choice],
    template: &dyn Fn(usize) -> Option<Template>,
) -> Vec<usize> {
    let mut left: Vec<usize> = (0..options.len()).collect();
    for expander in expanders {
        if left.len() < 2 {
            break;
        }
        let kept = match expander.as_str() {
            "least-waste" => minima(&left, |place| waste(cluster, options, place, template)),
            "most-pods" => minima(&left, |place| options.get(place).map(|option| -(option.estimate.pods.len() as f64))),
            "least-nodes" => minima(&left, |place| options.get(place).map(|option| option.estimate.nodes as f64)),
            "price" if price_label.is_some() => {
                minima(&left, |place| price(price_label?, options.get(place)?, template))
            }
            // A program of the user's, a price list, priorities in a ConfigMap: none is in the state.
            _ => left.clone(),
        };
        if !kept.is_empty() {
            left = kept;
        }
    }
    left
}

/// Whether an expander decides by what the state does not have.
pub fn is_unknown(expander: &str) -> bool {
    !matches!(expander, "least-waste" | "most-pods" | "least-nodes" | "random")
}

fn minima(places: &[usize], score: impl Fn(usize) -> Option<f64>) -> Vec<usize> {
    let mut best: Option<f64> = None;
    let mut kept = Vec::new();
    for place in places {
        let Some(score) = score(*place) else { continue };
        if best.is_none_or(|best| score < best) {
            best = Some(score);
            kept.clear();
        }
        if best == Some(score) {
            kept.push(*place);
        }
    }
    kept
}

/// What the new nodes cost, by a label of the group's template. Upstream's own price expander has price lists of clouds.
fn price(label: Name, option: &Choice, template: &dyn Fn(usize) -> Option<Template>) -> Option<f64> {
    let price: f64 = template(option.group)?.built.node.labels.get(label)?.parse().ok()?;
    price.is_finite().then_some(price * option.estimate.nodes as f64)
}

/// The share of CPU plus the share of memory that the pods would leave of the new nodes (expander/waste).
fn waste(
    cluster: &Cluster,
    options: &[Choice],
    place: usize,
    template: &dyn Fn(usize) -> Option<Template>,
) -> Option<f64> {
    let option = options.get(place)?;
    let node = template(option.group)?.built.node;
    let (mut cpu, mut memory) = (0, 0);
    for pod in &option.estimate.pods {
        let requested = &cluster.pod(*pod).class.requests.requested;
        cpu += requested.milli_cpu;
        memory += requested.memory;
    }
    let wasted = |all: i64, used: i64| {
        let all = all.saturating_mul(option.estimate.nodes);
        (all - used) as f64 / all as f64
    };
    Some(wasted(node.capacity.milli_cpu, cpu) + wasted(node.capacity.memory, memory))
}
