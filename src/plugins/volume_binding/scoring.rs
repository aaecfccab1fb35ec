//! How much of its storage a pod would take on a node (upstream plugins/volumebinding/scorer.go
//! and volume_binding.go, Score), with the feature gate `StorageCapacityScoring`.

use rustc_hash::FxHashMap;

use super::binder::PodVolumes;
use crate::api::name::Name;
use crate::config::VolumeBindingArgs;
use crate::plugins::resource_allocation::broken_line;

/// The profile's line from utilization in percent to points, 0 to 100.
pub(super) struct UtilizationShape(Vec<(i64, i64)>);

/// What is asked for and what there is, in bytes.
#[derive(Clone, Copy, Default)]
struct Use {
    requested: i64,
    capacity: i64,
}

impl UtilizationShape {
    /// As the arguments draw it, with their 10 points made 100.
    pub(super) fn new(args: &VolumeBindingArgs) -> Self {
        Self(args.shape.iter().map(|point| (i64::from(point.utilization), i64::from(point.score) * 10)).collect())
    }

    /// The score of a node with these volumes: the mean over the classes. Volumes to be made count
    /// only where no existing one is bound.
    pub(super) fn score(&self, volumes: &PodVolumes<'_>) -> i64 {
        let mut classes: FxHashMap<Name, Use> = FxHashMap::default();
        for binding in &volumes.static_bindings {
            let class = classes.entry(binding.volume.class_field).or_default();
            class.requested = class.requested.wrapping_add(binding.claim.request.unwrap_or_default().value());
            class.capacity = class.capacity.wrapping_add(binding.volume.capacity.value());
        }
        if volumes.static_bindings.is_empty() {
            for provision in &volumes.dynamic_provisions {
                let Some(capacity) = provision.capacity else { continue };
                let class = classes.entry(provision.claim.class).or_default();
                class.requested = class.requested.wrapping_add(provision.claim.request.unwrap_or_default().value());
                // Set and not added: all volumes of the class come from the same storage.
                class.capacity = capacity.capacity.unwrap_or_default().value();
            }
        }
        self.mean(classes.into_values())
    }

    fn mean(&self, classes: impl ExactSizeIterator<Item = Use>) -> i64 {
        let count = classes.len();
        if count == 0 {
            return 0;
        }
        let sum: i64 = classes.map(|class| self.points(class)).sum();
        (sum as f64 / count as f64).round() as i64
    }

    fn points(&self, Use { requested, capacity }: Use) -> i64 {
        if capacity == 0 || requested > capacity {
            return broken_line(&self.0, 100);
        }
        broken_line(&self.0, requested.wrapping_mul(100).wrapping_div(capacity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(classes: &[(i64, i64)], expected: i64) {
        let shape = UtilizationShape(vec![(0, 0), (100, 100)]);
        let uses: Vec<Use> = classes.iter().map(|&(requested, capacity)| Use { requested, capacity }).collect();
        assert_eq!(shape.mean(uses.into_iter()), expected, "{classes:?}");
    }

    #[test]
    fn the_score_is_the_mean_over_classes() {
        case(&[], 0);
        case(&[(50, 100)], 50);
        case(&[(1, 3), (2, 3)], 50); // 33 and 66: 49.5
        case(&[(1, 0)], 100);
        case(&[(3, 2), (0, 5)], 50);
    }
}
