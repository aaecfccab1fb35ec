//! Words for what claims of devices keep a pod from.

use crate::api::ObjectKey;
use crate::framework::{DeviceReason, DeviceShortage};

use crate::report::text::{count, list};

/// The reason in a few words, without what is a node's own.
pub(super) fn brief(reason: &DeviceReason) -> String {
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
        DeviceReason::ResourceClaimElsewhere { claims } => {
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
pub(super) fn on_node(reason: &DeviceReason) -> String {
    match reason {
        DeviceReason::DevicesInsufficient { requests, match_attributes } => {
            insufficient(requests, match_attributes, found)
        }
        other => brief(other),
    }
}

/// A claim that has devices, and its pods.
pub(in crate::report::table) fn holder(claim: ObjectKey, devices: usize, pods: &[ObjectKey]) -> String {
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
    format!(
        "claim {}, request {}: too few free for {what} of class {}",
        request.claim.name, request.request, request.class
    )
}

fn found(request: &DeviceShortage) -> String {
    let what = match request.wanted {
        Some(wanted) => format!("requests {wanted}"),
        None => "requests all".to_owned(),
    };
    if request.reachable == 0 {
        return format!(
            "claim {}, request {}: {what}, the node has access to no device",
            request.claim.name, request.request
        );
    }
    let parts = [(request.taken, "taken"), (request.not_selected, "not matching"), (request.unsupported, "not usable")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    format!(
        "claim {}, request {}: {what}, {} free of {}{parts}",
        request.claim.name, request.request, request.available, request.reachable
    )
}
