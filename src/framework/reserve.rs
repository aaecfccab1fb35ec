//! The Reserve point (upstream runtime/framework.go, RunReservePluginsReserve).

use crate::api::UpstreamError;
use crate::state::{NodeInfo, Take};

use super::context::Cycle;
use super::placement::Placement;
use super::profile::Framework;

/// What the pod of `placement` takes on `node`, one of its picks, beside the node's resources.
///
/// # Errors
/// A plugin's failure, in upstream's words.
pub fn reserve(
    framework: &Framework<'_>,
    cycle: Cycle<'_>,
    placement: &Placement,
    node: &NodeInfo,
) -> Result<Vec<Take>, UpstreamError> {
    // Upstream's plugins take what their own filter found in the same cycle, and nothing where it did not run.
    let filtered = |plugin: &str| {
        framework.filter.iter().any(|(other, _)| *other == plugin) && !placement.skipped_filters.contains(&plugin)
    };
    reserve_by(framework, cycle, &filtered, node)
}

/// What the Reserve plugins that `runs` names take for the pod of `cycle` on `node`.
///
/// # Errors
/// A plugin's failure, in upstream's words.
pub fn reserve_by(
    framework: &Framework<'_>,
    cycle: Cycle<'_>,
    runs: &dyn Fn(&str) -> bool,
    node: &NodeInfo,
) -> Result<Vec<Take>, UpstreamError> {
    let mut takes = Vec::new();
    for (plugin, point) in framework.reserve.iter().filter(|(plugin, _)| runs(plugin)) {
        let taken = point.reserve(cycle, node);
        takes.extend(taken.map_err(|no| format!("running Reserve plugin \"{plugin}\": {}", no.message()))?);
    }
    Ok(takes)
}
