//! How full a cluster is, how evenly, and how much of what is free can be used.
//!
//! Of nodes that are not cordoned: what is free on the others is nobody's. All are shares from 0
//! to 1 of cpu, memory and pods.
//!
//! - *utilization*: requested of all that is allocatable.
//! - *fragmentation*: of all that is free, what lies on nodes that could not take one more typical
//!   pod. Typical is the mean of the pods on nodes, before anything was changed.
//! - *balance*: the standard deviation of the nodes' utilization. 0 is perfectly even.

use crate::state::{Cluster, NodeInfo};

use super::state_summary::Load;

/// Nodes with a pod.
pub(super) fn used(cluster: &Cluster) -> impl Iterator<Item = &NodeInfo> {
    cluster.nodes().iter().filter(|node| !node.pods.is_empty())
}

/// Three numbers, of cpu, memory and pods; shares from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Shares {
    /// Of CPU.
    pub cpu: f64,
    /// Of memory.
    pub memory: f64,
    /// Of pods.
    pub pods: f64,
}

/// The measures of a state.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Measures {
    /// Requested of what is allocatable.
    pub utilization: Shares,
    /// Of what is free, what a typical pod cannot use.
    pub fragmentation: Shares,
    /// Standard deviation of the nodes' utilization.
    pub balance: Shares,
}

/// What a pod of the cluster requests on average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typical(pub Load);

impl Typical {
    /// The mean of the pods on nodes, rounded up; of a cluster without pods one that requests nothing.
    pub fn of(cluster: &Cluster) -> Self {
        let sum = cluster.nodes().iter().map(Load::of).fold([0_i128; 3], |sum, load| {
            let [pods, cpu, memory] = sum;
            [pods + i128::from(load.pods), cpu + i128::from(load.milli_cpu), memory + i128::from(load.memory)]
        });
        let [pods, cpu, memory] = sum;
        let mean = |sum: i128| if pods > 0 { (sum + pods - 1) / pods } else { 0 };
        let mean = |sum| i64::try_from(mean(sum)).unwrap_or(i64::MAX);
        Self(Load { pods: 1, milli_cpu: mean(cpu), memory: mean(memory) })
    }
}

impl Measures {
    /// The measures of `cluster` as it is.
    pub fn of(cluster: &Cluster, typical: Typical) -> Self {
        let nodes: Vec<&NodeInfo> = cluster.nodes().iter().filter(|node| !node.node.unschedulable).collect();
        let of = |part: Part| {
            let rows: Vec<Row> = nodes.iter().map(|node| Row::of(node, part, typical)).collect();
            let whole: f64 = rows.iter().map(|row| row.has).sum();
            let used: f64 = rows.iter().map(|row| row.used).sum();
            let free: f64 = rows.iter().map(Row::free).sum();
            let stranded: f64 = rows.iter().filter(|row| !row.takes_typical).map(Row::free).sum();
            [share(used, whole), share(stranded, free), deviation(&rows)]
        };
        let [cpu, memory, pods] = [of(|load| load.milli_cpu), of(|load| load.memory), of(|load| load.pods)];
        let shares = |index: usize| {
            let at = |measures: [f64; 3]| measures.get(index).copied().unwrap_or_default();
            Shares { cpu: at(cpu), memory: at(memory), pods: at(pods) }
        };
        Self { utilization: shares(0), fragmentation: shares(1), balance: shares(2) }
    }
}

/// Which part of a load.
type Part = fn(&Load) -> i64;

/// A node's part.
struct Row {
    used: f64,
    has: f64,
    takes_typical: bool,
}

impl Row {
    fn of(node: &NodeInfo, part: Part, Typical(typical): Typical) -> Self {
        let (used, allocatable) = (Load::of(node), &node.node.allocatable);
        let has =
            Load { pods: allocatable.allowed_pod_number, milli_cpu: allocatable.milli_cpu, memory: allocatable.memory };
        let fits = |part: Part| part(&used).saturating_add(part(&typical)) <= part(&has);
        Self {
            used: part(&used) as f64,
            has: part(&has) as f64,
            takes_typical: fits(|load| load.pods) && fits(|load| load.milli_cpu) && fits(|load| load.memory),
        }
    }

    fn free(&self) -> f64 {
        (self.has - self.used).max(0.0)
    }
}

fn share(part: f64, whole: f64) -> f64 {
    // The sum of nothing is -0, which nobody wants to read.
    if whole > 0.0 { part / whole + 0.0 } else { 0.0 }
}

/// Over nodes that have any of it.
fn deviation(rows: &[Row]) -> f64 {
    let shares: Vec<f64> = rows.iter().filter(|row| row.has > 0.0).map(|row| share(row.used, row.has)).collect();
    let count = shares.len() as f64;
    let mean = share(shares.iter().sum(), count);
    share(shares.iter().map(|share| (share - mean).powi(2)).sum(), count).sqrt()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::requests::RequestGates;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    fn cluster(nodes: &[(&str, &str, bool)]) -> Cluster {
        let mut builder = ClusterBuilder::default();
        let mut add = |kind, object: serde_json::Value| {
            builder.add(Object::decode(kind, object.to_string().as_bytes()).unwrap().0);
        };
        for (index, (cpu, used, cordoned)) in nodes.iter().enumerate() {
            let name = format!("n{index}");
            add(
                Kind::Node,
                json!({"metadata": {"name": name}, "spec": {"unschedulable": cordoned},
                "status": {"allocatable": {"cpu": cpu, "memory": "4Gi", "pods": "4"}}}),
            );
            add(
                Kind::Pod,
                json!({"metadata": {"name": name}, "spec": {"nodeName": name,
                "containers": [{"resources": {"requests": {"cpu": used, "memory": "1Gi"}}}]}}),
            );
        }
        builder.build(RequestGates::default())
    }

    #[track_caller]
    fn case(nodes: &[(&str, &str, bool)], expected: [f64; 3]) {
        let cluster = cluster(nodes);
        let Measures { utilization, fragmentation, balance } = Measures::of(&cluster, Typical::of(&cluster));
        let found = [utilization.cpu, fragmentation.cpu, balance.cpu].map(|share| (share * 1000.0).round() / 1000.0);
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    }

    #[test]
    fn full_even_and_of_use() {
        // The typical pod wants 2 cpus: both nodes could take one more.
        case(&[("4", "2", false), ("4", "2", false)], [0.5, 0.0, 0.0]);
        // It wants 2: the first has 1 left, the second 3.
        case(&[("4", "3", false), ("4", "1", false)], [0.5, 0.25, 0.25]);
        // What is cordoned does not count, but its pod does for what is typical: 2.
        case(&[("4", "3", false), ("4", "1", true)], [0.75, 1.0, 0.0]);
        case(&[], [0.0, 0.0, 0.0]);
    }
}
