//! ImageLocality: prefers nodes that have the pod's images already.
//!
//! An image counts with its size, scaled by the share of nodes that have it, so that pods do
//! not all run after one node; init containers count, and image volumes in newer versions. Upstream
//! plugins/imagelocality/image_locality.go.

use crate::api::UpstreamError;
use crate::api::image::normalized_image_name;
use crate::api::name::Name;
use crate::framework::{
    Cycle, Fact, Incremental, IncrementalPlugin, IncrementalScorer, MAX_NODE_SCORE, NodeScorer, Plugin, ScorePlugin,
    points,
};
use crate::state::{Cluster, NodeInfo};

const MEBIBYTE: i64 = 1024 * 1024;
/// Sums below this many bytes score 0.
const MIN_THRESHOLD: i64 = 23 * MEBIBYTE;
/// Bytes for each image at which the score reaches 100.
const MAX_CONTAINER_THRESHOLD: i64 = 1000 * MEBIBYTE;

/// The plugin.
pub struct ImageLocality;

impl Plugin for ImageLocality {
    fn name(&self) -> &'static str {
        "ImageLocality"
    }

    points!(score, incremental);
}

impl IncrementalPlugin for ImageLocality {
    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        Incremental::scorer(Scorer::of(cycle))
    }
}

impl ScorePlugin for ImageLocality {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        Box::new(Scorer::of(cycle))
    }
}

/// Bytes of `image`, scaled by the share of nodes that have it.
fn scaled_size(cluster: &Cluster, image: Name) -> i64 {
    cluster.image(image).map_or(0, |state| {
        let spread = f64::from(state.nodes) / cluster.nodes().len() as f64;
        (state.size as f64 * spread) as i64
    })
}

struct Scorer {
    /// The images that count, in full, with their scaled sizes in bytes.
    images: Vec<(Name, i64)>,
    /// How many images make up the maximum.
    expected: usize,
}

impl Scorer {
    fn of(cycle: Cycle<'_>) -> Self {
        let (spec, behaviour) = (cycle.pod.spec(), cycle.behaviour);
        let volumes = if behaviour.image_locality_counts_volumes { spec.volumes.images() } else { &[] };
        let containers = spec.init_containers.len() + spec.containers.len();
        let expected = if behaviour.image_locality_expects_volumes { containers + volumes.len() } else { containers };
        let images: Vec<(Name, i64)> = spec
            .init_containers
            .iter()
            .chain(&spec.containers)
            .map(|container| container.image.unwrap_or_default())
            .chain(volumes.iter().copied())
            .map(normalized_image_name)
            .map(|image| (image, scaled_size(cycle.cluster, image)))
            .collect();
        Self { images, expected }
    }

    /// Images that `node` has.
    fn present<'a>(&'a self, node: &'a NodeInfo) -> impl Iterator<Item = (Name, i64)> + 'a {
        self.images.iter().copied().filter(|(image, size)| *size > 0 && node.node.images.has(*image))
    }
}

impl IncrementalScorer for Scorer {}

impl NodeScorer for Scorer {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        let sum: i64 = self.present(node).map(|(_, size)| size).sum();
        let max_threshold = MAX_CONTAINER_THRESHOLD * self.expected as i64;
        if max_threshold <= MIN_THRESHOLD {
            return Ok(0); // no containers: upstream divides by a negative range, and gets 0 as well
        }
        let sum = sum.clamp(MIN_THRESHOLD, max_threshold);
        Ok(MAX_NODE_SCORE * (sum - MIN_THRESHOLD) / (max_threshold - MIN_THRESHOLD))
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        self.present(node)
            .map(|(image, size)| Fact::value(image.as_str(), format!("{} MiB after scaling", size / MEBIBYTE)))
            .collect()
    }
}
