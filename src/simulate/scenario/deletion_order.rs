//! Which pods a controller deletes first, and whether anybody can say so before.

use std::cmp::{Ordering, Reverse};

use rustc_hash::FxHashMap;

use crate::api::Timestamp;
use crate::api::name::Name;
use crate::decode::pod::PodPhase;
use crate::decode::workload::WorkloadKind;
use crate::state::Pod;

/// Sorts pods as controllers delete them, `all` being those of their kind. A StatefulSet's highest number first (upstream
/// pkg/controller/statefulset/stateful_set_control.go); others by [`compare`].
pub(super) fn goes_first(pods: &mut [&Pod], all: &[&Pod], kind: WorkloadKind, now: Timestamp) {
    if kind == WorkloadKind::StatefulSet {
        pods.sort_by_key(|pod| Reverse(ordinal(pod)));
        return;
    }
    let together = together(all);
    // What upstream leaves to chance is decided by the uid, or by the name where the state has none: the same in every
    // run.
    pods.sort_by(|a, b| {
        let order = by_kind(kind, a, b, &together, now);
        order.then_with(|| (a.own.uid, a.key()).cmp(&(b.own.uid, b.key())))
    });
}

/// That other pods could as well be deleted as those that come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// How many pods could be among the deleted or not.
    pub pods: usize,
    /// Whether the second at which the controller acts decides, and not chance alone.
    pub by_moment: bool,
}

/// Seconds within which a controller acts: an order of pods that another moment in them would turn is not relied upon.
const ACTS_WITHIN: i64 = 3600;
/// How many pods before and behind the last that is deleted are compared at other moments than now.
const NEAR: usize = 64;

/// Whether the choice of the first `deleted` pods, sorted by [`goes_first`], is a draw.
pub(super) fn draw(sorted: &[&Pod], all: &[&Pod], kind: WorkloadKind, deleted: usize, now: Timestamp) -> Option<Draw> {
    if kind == WorkloadKind::StatefulSet {
        return None;
    }
    let (leaving, staying) = sorted.split_at_checked(deleted)?;
    let (last, first_kept) = (leaving.last()?, staying.first()?);
    let together = together(all);
    let is_equal = |a: &Pod, b: &Pod| by_kind(kind, a, b, &together, now).is_eq();
    if is_equal(last, first_kept) {
        let pods = sorted.iter().filter(|pod| is_equal(pod, last)).count();
        return Some(Draw { pods, by_moment: false });
    }
    let near_leaving = leaving.get(leaving.len().saturating_sub(NEAR)..)?;
    let near_staying = staying.get(..NEAR).unwrap_or(staying);
    let turns = |first: &Pod, second: &Pod| {
        moments([first, second], now).any(|moment| by_kind(kind, first, second, &together, moment).is_ge())
    };
    let would_stay = near_leaving.iter().filter(|first| near_staying.iter().any(|second| turns(first, second)));
    let would_leave = near_staying.iter().filter(|second| near_leaving.iter().any(|first| turns(first, second)));
    let pods = would_stay.count() + would_leave.count();
    (pods > 0).then_some(Draw { pods, by_moment: true })
}

/// The seconds, within [`ACTS_WITHIN`], at which the rounded age of one of the pods becomes another.
fn moments(pods: [&Pod; 2], now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let times = pods.into_iter().flat_map(|pod| [since(pod), pod.own.creation_timestamp]).flatten();
    times.flat_map(move |time| {
        // Powers of two below a second and beyond 63 bits are no age in seconds.
        let ages = (30..63).map(|power| (1_u64 << power).div_ceil(1_000_000_000).cast_signed());
        ages.map(move |age| Timestamp(time.0.saturating_add(age)))
            .filter(move |moment| *moment > now && moment.0.saturating_sub(now.0) <= ACTS_WITHIN)
    })
}

/// How many pods each node has.
fn together(all: &[&Pod]) -> FxHashMap<Name, usize> {
    let mut together: FxHashMap<Name, usize> = FxHashMap::default();
    for node in all.iter().filter_map(|pod| pod.own.node_name) {
        *together.entry(node).or_default() += 1;
    }
    together
}

fn by_kind(kind: WorkloadKind, a: &Pod, b: &Pod, together: &FxHashMap<Name, usize>, now: Timestamp) -> Ordering {
    if kind == WorkloadKind::Job { compare_of_job(a, b) } else { compare(a, b, together, now) }
}

/// Which of two pods a Job deletes first (controller_utils.go, ActivePods.Less): as a ReplicaSet, but for cost and company
/// on a node, and by the very times.
fn compare_of_job(a: &Pod, b: &Pod) -> Ordering {
    let first = |pod: &Pod| (pod.own.node_name.is_some(), phase(pod), is_ready(pod));
    let later = |a: Option<Timestamp>, b: Option<Timestamp>| match (a, b) {
        (Some(a), Some(b)) => b.cmp(&a),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    first(a)
        .cmp(&first(b))
        .then_with(|| if is_ready(a) && is_ready(b) { later(since(a), since(b)) } else { Ordering::Equal })
        .then_with(|| b.own.restarts.cmp(&a.own.restarts))
        .then_with(|| later(a.own.creation_timestamp, b.own.creation_timestamp))
}

fn phase(pod: &Pod) -> u8 {
    match pod.own.phase {
        // A pod that was created here runs as soon as it has a node.
        PodPhase::Pending if pod.own.sequence != u32::MAX => 0,
        PodPhase::Unknown => 1,
        _ => 2,
    }
}

/// Which of two pods a ReplicaSet deletes first (upstream pkg/controller/controller_utils.go,
/// ActivePodsWithRanks.Less): without a node, pending, not ready, with a lower deletion cost, on a node with more of
/// their kind, ready for a shorter time, restarted more often, younger. Times count in powers of two; where they differ
/// by less, the uid decides. Pods of the same times are equal.
fn compare(a: &Pod, b: &Pod, together: &FxHashMap<Name, usize>, now: Timestamp) -> Ordering {
    let first = |pod: &Pod| {
        let rank = pod.own.node_name.and_then(|node| together.get(&node)).copied().unwrap_or_default();
        (pod.own.node_name.is_some(), phase(pod), is_ready(pod), pod.own.deletion_cost, Reverse(rank))
    };
    // A uid that the state has decides as in the cluster; one that was made up does not.
    let uids = || if has_uid(a) && has_uid(b) { a.own.uid.cmp(&b.own.uid) } else { Ordering::Equal };
    let by_time = |time: fn(&Pod) -> Option<Timestamp>| {
        let (of_a, of_b) = (time(a), time(b));
        if of_a == of_b { Ordering::Equal } else { younger(of_a, of_b, now).then_with(uids) }
    };
    first(a)
        .cmp(&first(b))
        .then_with(|| if is_ready(a) && is_ready(b) { by_time(since) } else { Ordering::Equal })
        .then_with(|| b.own.restarts.cmp(&a.own.restarts))
        .then_with(|| by_time(|pod| pod.own.creation_timestamp))
}

fn since(pod: &Pod) -> Option<Timestamp> {
    pod.own.ready.and_then(|ready| ready.since).or(pod.own.creation_timestamp)
}

fn has_uid(pod: &Pod) -> bool {
    pod.own.uid.as_str() != pod.key().to_string()
}

fn is_ready(pod: &Pod) -> bool {
    pod.own.node_name.is_some() && pod.own.ready.is_none_or(|ready| ready.status)
}

/// The younger first, by the logarithm of their ages (logarithmicRankDiff); without a time first of all (afterOrZero).
fn younger(a: Option<Timestamp>, b: Option<Timestamp>, now: Timestamp) -> Ordering {
    let rank = |time: Timestamp| {
        let nanoseconds = now.0.saturating_sub(time.0).saturating_mul(1_000_000_000);
        if nanoseconds > 0 { i64::from(nanoseconds.ilog2()) } else { -1 }
    };
    match (a, b) {
        (Some(a), Some(b)) => rank(a).cmp(&rank(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn ordinal(pod: &Pod) -> Option<u64> {
    pod.key().name.rsplit_once('-').and_then(|(_, number)| number.parse().ok())
}
