//! Words for what claims of devices keep a pod from.

use crate::api::ObjectKey;
use crate::framework::device_refusal::{
    ConstraintValues, DeviceHolder, DeviceRefusal, DeviceRequestFacts, DeviceValue, RefusedDevices,
};
use crate::framework::{DeviceReason, DeviceShortage};
use crate::report::text::{count, list};

/// The reason in a few words, without what is a node's own.
pub(in crate::report) fn brief(reason: &DeviceReason) -> String {
    match reason {
        DeviceReason::ResourceClaimNotFound { claim } => format!("ResourceClaim {} does not exist", claim.name),
        DeviceReason::ResourceClaimTerminating { claim } => format!("ResourceClaim {} is being deleted", claim.name),
        DeviceReason::ResourceClaimNotCreated { name, .. } => {
            format!("the ResourceClaim of template {name} was not created yet")
        }
        DeviceReason::ResourceClaimSourceUnknown { name, .. } => format!("{name} names no ResourceClaim"),
        DeviceReason::ResourceClaimOfOtherPod { claim, .. } => {
            format!("ResourceClaim {} was created for another pod", claim.name)
        }
        DeviceReason::ResourceClaimInFlight { claim } => {
            format!("ResourceClaim {} is being allocated", claim.name)
        }
        DeviceReason::DeviceClassNotFound { request, class } => {
            format!("request {request}: DeviceClass {class} does not exist")
        }
        DeviceReason::ResourceClaimElsewhere { not_ready, .. } if !not_ready.is_empty() => {
            let devices: Vec<String> = not_ready
                .iter()
                .map(|device| format!("device {} of {}: {}", device.device, device.claim.name, device.why))
                .collect();
            format!("not ready: {}", list(&devices, 2))
        }
        DeviceReason::InvalidResourcePools { pools } => {
            let pools: Vec<String> = pools.iter().map(|pool| format!("{}: {}", pool.pool, pool.why)).collect();
            format!("invalid pools: {}", list(&pools, 2))
        }
        DeviceReason::ExtendedResourceClaimLeftOver { claim } => {
            format!("ResourceClaim {} of an earlier attempt is still there", claim.name)
        }
        DeviceReason::ExtendedResourceNowhere { resource } => {
            format!("{resource} comes neither from the node nor from a DeviceClass")
        }
        DeviceReason::ResourceClaimElsewhere { claims, .. } => {
            let names: Vec<_> = claims.iter().map(|claim| claim.name).collect();
            match names.as_slice() {
                [one] => format!("ResourceClaim {one} is allocated to devices of other nodes"),
                several => format!("ResourceClaims {} are allocated to devices of other nodes", list(several, 3)),
            }
        }
        DeviceReason::DevicesInsufficient { requests, match_attributes } => {
            insufficient(requests, match_attributes, wanted)
        }
        other @ (DeviceReason::DeviceRequestUnknown { .. } | DeviceReason::PrioritizedListDisabled { .. }) => {
            other.to_string()
        }
    }
}

/// The reason on one node, with its facts.
pub(in crate::report) fn on_node(reason: &DeviceReason) -> String {
    match reason {
        DeviceReason::DevicesInsufficient { requests, match_attributes } => {
            insufficient(requests, match_attributes, found)
        }
        other => brief(other),
    }
}

/// A claim that has devices, and its pods.
pub(in crate::report) fn holder(claim: ObjectKey, devices: usize, pods: &[ObjectKey]) -> String {
    let pods: Vec<String> = pods.iter().map(ToString::to_string).collect();
    let by = if pods.is_empty() { String::new() } else { format!(" for {}", list(&pods, 2)) };
    format!("{claim} has {devices}{by}")
}

fn insufficient(
    requests: &[DeviceShortage],
    match_attributes: &[crate::api::name::Name],
    words: impl Fn(&DeviceShortage) -> String,
) -> String {
    let lacking: Vec<String> = requests.iter().filter(|request| !request.is_enough()).map(words).collect();
    if !lacking.is_empty() {
        return lacking.join("; ");
    }
    match match_attributes {
        [] => "each request alone finds enough devices, but not all of them together".to_owned(),
        attributes => format!("not enough devices with the same {}", list(attributes, 2)),
    }
}

fn wanted(request: &DeviceShortage) -> String {
    let what = match request.wanted {
        Some(wanted) => count(usize::try_from(wanted).unwrap_or_default(), "device"),
        None => "all devices".to_owned(),
    };
    let others = match request.other_classes.as_slice() {
        [] => String::new(),
        others => format!("; DeviceClass {} names it, too, and does not count", list(others, 2)),
    };
    // What is a node's own, its numbers, is left out: nodes with the same cause share a line.
    let why = if request.reachable == 0 {
        format!("no device on the node, {what} of class {} requested", request.class)
    } else if request.not_selected == request.reachable {
        format!("no device of class {} matches, {what} requested", request.class)
    } else {
        format!("too few free for {what} of class {}", request.class)
    };
    format!("{}: {why}{others}", of_request(request))
}

/// Which request it is.
fn of_request(request: &DeviceShortage) -> String {
    match request.extended_resource {
        Some(resource) => format!("resource {resource}"),
        None => format!("claim {}, request {}", request.claim.name, request.request),
    }
}

fn found(request: &DeviceShortage) -> String {
    let what = match request.wanted {
        Some(wanted) => format!("requests {wanted}"),
        None => "requests all".to_owned(),
    };
    if request.reachable == 0 {
        return format!("{}: {what}, the node has access to no device", of_request(request));
    }
    let parts = [
        (request.taken, "taken"),
        (request.exhausted, "with too little left"),
        (request.tainted, "tainted"),
        (request.not_selected, "not matching"),
        (request.unsupported, "not usable"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    format!("{}: {what}, {} free of {}{parts}", of_request(request), request.available, request.reachable)
}

/// Causes of a request that are listed.
const MOST_CAUSES: usize = 8;

/// Claims that have devices, and values of devices, that are listed.
const MOST_LISTED: usize = 3;

/// What keeps devices from a request, a line a cause.
pub(in crate::report) fn facts(facts: &DeviceRequestFacts) -> Vec<String> {
    let mut lines = vec![format!(
        "claim {}, request {}: {} of {} on this node match and are free; other nodes have {} in all",
        facts.claim.name,
        facts.request,
        facts.available,
        count(facts.reachable, "device"),
        facts.elsewhere
    )];
    lines.extend(facts.unsound_pools.iter().map(|pool| format!("- pool {}: {}", pool.pool, pool.why)));
    for refused in facts.refused.iter().take(MOST_CAUSES) {
        lines.push(refusal(refused));
    }
    let left_out: usize = facts.refused.iter().skip(MOST_CAUSES).map(|refused| refused.devices).sum();
    if left_out > 0 {
        lines.push(format!("- {} for other causes", count(left_out, "device")));
    }
    lines.extend(facts.constraints.iter().map(constraint));
    lines
}

fn refusal(refused: &RefusedDevices) -> String {
    let devices = match refused.devices {
        1 => refused.example.clone(),
        several => format!("{} such as {}", count(several, "device"), refused.example),
    };
    format!("- {devices}: {}", why(&refused.cause))
}

fn why(cause: &DeviceRefusal) -> String {
    match cause {
        DeviceRefusal::SelectorFalse { of, expression, looked_at } => {
            let looked_at: Vec<String> =
                looked_at.iter().map(|input| format!("{} is {}", input.path, values(&input.values))).collect();
            let seen = if looked_at.is_empty() { String::new() } else { format!(" ({})", looked_at.join("; ")) };
            format!("{of} wants {expression}{seen}")
        }
        DeviceRefusal::SelectorFailed { error } | DeviceRefusal::CapacityUnknown { error } => error.clone(),
        DeviceRefusal::NotOnNode => "not for this node".to_owned(),
        DeviceRefusal::Tainted { taint, rule } => match rule {
            Some(rule) => format!("tainted {taint} by DeviceTaintRule {rule}"),
            None => format!("tainted {taint} by its driver"),
        },
        DeviceRefusal::Taken { by } => format!("taken by {}", holders(by)),
        DeviceRefusal::CounterExhausted { counter_set, counter, needed, left, held_by } => {
            format!("needs {needed} of {counter} in {counter_set}, {left} left{}", also(held_by))
        }
        DeviceRefusal::CapacityExhausted { capacity, needed, left, of, held_by } => {
            format!("{needed} of {capacity} asked, {left} of {of} left{}", also(held_by))
        }
        DeviceRefusal::CapacityMissing { capacity } => format!("has no capacity {capacity}"),
        DeviceRefusal::CapacityAgainstPolicy { capacity, amount } => {
            format!("its policy does not allow {amount} of {capacity}")
        }
        DeviceRefusal::FeatureDisabled { gate } => format!("needs {gate}, which is off or unknown to the node"),
    }
}

fn also(held_by: &[DeviceHolder]) -> String {
    if held_by.is_empty() { String::new() } else { format!(", held by {}", holders(held_by)) }
}

fn holders(holders: &[DeviceHolder]) -> String {
    let holder = |holder: &DeviceHolder| {
        let pods: Vec<String> = holder.pods.iter().map(ToString::to_string).collect();
        let by = if pods.is_empty() { String::new() } else { format!(" of {}", list(&pods, 2)) };
        format!("claim {}{by}", holder.claim)
    };
    let holders: Vec<String> = holders.iter().map(holder).collect();
    list(&holders, MOST_LISTED)
}

fn constraint(constraint: &ConstraintValues) -> String {
    let must = if constraint.must_differ { "must differ" } else { "must be the same" };
    let values = if constraint.values.is_empty() { "no device is left".to_owned() } else { values(&constraint.values) };
    format!("- {} {must}: {values}", constraint.attribute)
}

/// `"a" (2), "b"`: how many devices have a value stands beside it where there are several values.
fn values(values: &[DeviceValue]) -> String {
    let one = |value: &DeviceValue| {
        let text = value.value.as_deref().unwrap_or("missing");
        if values.len() > 1 { format!("{text} ({})", value.devices) } else { text.to_owned() }
    };
    let texts: Vec<String> = values.iter().map(one).collect();
    list(&texts, MOST_LISTED)
}
