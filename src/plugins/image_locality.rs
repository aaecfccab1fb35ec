//! ImageLocality: prefers nodes that have the pod's images already.
//!
//! An image counts with its size, scaled by the share of nodes that have it, so that pods do
//! not all run after one node; init containers count, and image volumes in newer versions. Upstream
//! plugins/imagelocality/image_locality.go.

use std::sync::Arc;

use crate::api::UpstreamError;
use crate::api::image::normalized_image_name;
use crate::api::name::Name;
use crate::framework::cache::SharedKey;
use crate::framework::{
    Cycle, Fact, Incremental, IncrementalPlugin, IncrementalScorer, MAX_NODE_SCORE, NodeScorer, Plugin, ScorePlugin,
    points,
};
use crate::state::node_index::ImageNodes;
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
        let scorer = Scorer::of(cycle);
        let nodes = scorer.images.iter().map(|(image, _)| cycle.cluster.nodes_with_image(*image)).collect();
        Incremental::scorer(Scorer { nodes: ImageIndex::Found(nodes), ..scorer })
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

struct Scorer<'a> {
    /// The images that count, in full, with their scaled sizes in bytes.
    images: Vec<(Name, i64)>,
    nodes: ImageIndex<'a>,
    /// How many images make up the maximum.
    expected: usize,
}

/// Which nodes of the state have each of a pod's images.
enum ImageIndex<'a> {
    /// Looked up when many nodes are asked about: to find them takes a look at every node.
    Of(&'a Cluster),
    /// In step with the images.
    Found(Vec<Arc<ImageNodes>>),
}

impl<'a> Scorer<'a> {
    fn of(cycle: Cycle<'a>) -> Self {
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
        Self { images, nodes: ImageIndex::Of(cycle.cluster), expected }
    }

    /// What so many bytes of images are worth.
    fn points(&self, sum: i64) -> i64 {
        let max_threshold = MAX_CONTAINER_THRESHOLD * self.expected as i64;
        if max_threshold <= MIN_THRESHOLD {
            return 0; // no containers: upstream divides by a negative range, and gets 0 as well
        }
        let sum = sum.clamp(MIN_THRESHOLD, max_threshold);
        MAX_NODE_SCORE * (sum - MIN_THRESHOLD) / (max_threshold - MIN_THRESHOLD)
    }

    /// Images that `node` has.
    fn present(&self, node: &NodeInfo) -> impl Iterator<Item = (Name, i64)> {
        self.images.iter().copied().filter(|(image, size)| *size > 0 && node.node.images.has(*image))
    }
}

impl IncrementalScorer for Scorer<'_> {}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        Ok(self.points(self.present(node).map(|(_, size)| size).sum()))
    }

    fn score_all(&self, nodes: &[&NodeInfo], scores: &mut [i64]) -> Result<(), UpstreamError> {
        let nodes_with = |place: usize, image: Name| match &self.nodes {
            ImageIndex::Of(cluster) => Some(cluster.nodes_with_image(image)),
            ImageIndex::Found(nodes) => nodes.get(place).map(Arc::clone),
        };
        let images = self.images.iter().enumerate().filter(|(_, (_, size))| *size > 0);
        let counted: Vec<(Arc<ImageNodes>, i64)> =
            images.filter_map(|(place, (image, size))| Some((nodes_with(place, *image)?, *size))).collect();
        for (score, node) in scores.iter_mut().zip(nodes) {
            let present = counted.iter().filter(|(nodes, _)| nodes.has(node.id));
            *score = self.points(present.map(|(_, size)| size).sum());
        }
        Ok(())
    }

    fn shared_key(&self) -> Option<SharedKey> {
        Some(SharedKey::of((self.images.clone(), self.expected)))
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        self.present(node)
            .map(|(image, size)| Fact::value(image.as_str(), format!("{} MiB after scaling", size / MEBIBYTE)))
            .collect()
    }
}
