//! Why DynamicResources rejects: upstream's text, and which request found how many of how many devices.
//! Texts by upstream plugins/dynamicresources/dynamicresources.go and dynamic-resource-allocation/resourceclaim/resourceclaim.go.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::api::ObjectKey;
use crate::api::name::Name;

/// One way in which claims of devices keep a pod from a node, or from all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum DeviceReason {
    /// The pod names a claim that does not exist.
    ResourceClaimNotFound {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
    },
    /// The claim is being deleted.
    ResourceClaimTerminating {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
    },
    /// No claim was made from the pod's template yet.
    ResourceClaimNotCreated {
        /// The pod.
        #[serde(serialize_with = "key")]
        pod: ObjectKey,
        /// The name inside the pod.
        name: Name,
    },
    /// The pod's entry names neither a claim nor a template.
    ResourceClaimSourceUnknown {
        /// The pod.
        #[serde(serialize_with = "key")]
        pod: ObjectKey,
        /// The name inside the pod.
        name: Name,
    },
    /// The claim was made from a template for another pod.
    ResourceClaimOfOtherPod {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// The pod.
        #[serde(serialize_with = "key")]
        pod: ObjectKey,
        /// Upstream's text has capitals, as since v1.36.
        #[serde(skip)]
        capitals: bool,
    },
    /// Another pod was just given the claim, and the API does not know yet.
    ResourceClaimInFlight {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
    },
    /// A request names a DeviceClass that does not exist.
    DeviceClassNotFound {
        /// The request, `request/subrequest` for an alternative.
        request: String,
        /// The class.
        class: Name,
    },
    /// A request is of a type that this version does not know.
    DeviceRequestUnknown {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// The request.
        request: Name,
    },
    /// A request has alternatives and the gate `DRAPrioritizedList` is off.
    PrioritizedListDisabled {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
        /// The request.
        request: Name,
    },
    /// Claims have their devices already, where the node does not reach them, or devices that do not become ready.
    ResourceClaimElsewhere {
        /// The claims.
        #[serde(serialize_with = "keys")]
        claims: Vec<ObjectKey>,
        /// Those of them whose devices do not become ready.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        not_ready: Vec<NotReadyDevice>,
    },
    /// No devices were found, and a pool that the node reaches is invalid.
    InvalidResourcePools {
        /// The pools, each with what is wrong with it.
        pools: Vec<InvalidPool>,
    },
    /// A claim that an earlier attempt made for the pod's extended resources was not cleared away yet.
    ExtendedResourceClaimLeftOver {
        /// The claim.
        #[serde(serialize_with = "key")]
        claim: ObjectKey,
    },
    /// The node has an extended resource neither by itself nor by a DeviceClass.
    ExtendedResourceNowhere {
        /// The resource.
        resource: Name,
    },
    /// The devices that the node reaches do not suffice for all claims together.
    DevicesInsufficient {
        /// What each request found by itself. When each found enough, they compete for the same devices or a
        /// constraint rules the combinations out.
        requests: Vec<DeviceShortage>,
        /// Attributes that devices must have in common.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        match_attributes: Vec<Name>,
    },
}

/// A device that a claim has and that does not become ready for use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotReadyDevice {
    /// The claim.
    #[serde(serialize_with = "key")]
    pub claim: ObjectKey,
    /// The device, as `driver/pool/device`.
    pub device: String,
    /// The condition that failed, or that did not become true in time.
    #[serde(rename = "reason")]
    pub why: String,
}

/// A pool that nothing can be taken from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InvalidPool {
    /// `driver/pool`.
    pub pool: String,
    /// What is wrong with it, in upstream's words.
    #[serde(rename = "reason")]
    pub why: String,
}

/// What a request found on a node, before anything was given to the pod's other requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeviceShortage {
    /// The claim.
    #[serde(serialize_with = "key")]
    pub claim: ObjectKey,
    /// The request, `request/subrequest` for an alternative.
    pub request: String,
    /// The DeviceClass.
    pub class: Name,
    /// The extended resource of a container that the request stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_resource: Option<Name>,
    /// Other DeviceClasses that name this extended resource, and do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_classes: Vec<Name>,
    /// Devices it asks for; none means all that match.
    #[serde(rename = "requested", skip_serializing_if = "Option::is_none")]
    pub wanted: Option<i64>,
    /// Devices it could have.
    pub available: usize,
    /// Devices that the node reaches.
    pub reachable: usize,
    /// Of these, devices that match but that another claim has.
    #[serde(rename = "allocated")]
    pub taken: usize,
    /// Of these, devices that match but of whose counters or capacities too little is left.
    #[serde(skip_serializing_if = "is_none")]
    pub exhausted: usize,
    /// Of these, devices that match but have a taint that the request does not tolerate.
    #[serde(skip_serializing_if = "is_none")]
    pub tainted: usize,
    /// Of these, devices for which a selector of class or request is false.
    pub not_selected: usize,
    /// Of these, devices that need a feature that is off.
    pub unsupported: usize,
    /// Devices of the cluster that the node does not reach: other nodes' pools, or outdated.
    #[serde(rename = "onOtherNodes")]
    pub elsewhere: usize,
}

impl DeviceShortage {
    /// Whether the request by itself has enough.
    pub fn is_enough(&self) -> bool {
        match self.wanted {
            Some(wanted) => i64::try_from(self.available).is_ok_and(|available| available >= wanted),
            None => self.available > 0 && self.taken + self.exhausted + self.tainted == 0,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl fmt::Display for DeviceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResourceClaimNotFound { claim } => write!(f, "could not find ResourceClaim \"{claim}\""),
            Self::ResourceClaimTerminating { claim } => {
                write!(f, "resourceclaim {:?} is being deleted", claim.name.as_str())
            }
            Self::ResourceClaimNotCreated { pod, .. } => write!(f, "pod \"{pod}\": ResourceClaim not created yet"),
            Self::ResourceClaimSourceUnknown { pod, name } => {
                let name = name.as_str();
                write!(f, "pod \"{pod}\", spec.resourceClaim {name:?}: none of the supported fields are set")
            }
            Self::ResourceClaimOfOtherPod { claim, pod, capitals } => {
                let word = if *capitals { "Pod" } else { "pod" };
                write!(f, "ResourceClaim {claim} was not created for {word} {pod} ({word} is not owner)")
            }
            Self::ResourceClaimInFlight { claim } => {
                write!(f, "resource claim {claim} is in the process of being allocated")
            }
            Self::DeviceClassNotFound { request, class } => {
                write!(f, "request {request}: device class {class} does not exist")
            }
            Self::DeviceRequestUnknown { claim, request } => {
                write!(f, "resource claim {claim}, request {request}: unknown request type")
            }
            Self::PrioritizedListDisabled { claim, request } => write!(
                f,
                "resource claim {claim}, request {request}: has subrequests, but the DRAPrioritizedList feature is disabled"
            ),
            Self::ResourceClaimElsewhere { .. } => f.write_str("resourceclaim not available on the node"),
            Self::InvalidResourcePools { .. } => f.write_str("invalid resource pools were encountered"),
            Self::ExtendedResourceClaimLeftOver { .. } => f.write_str("cannot schedule extended resource claim"),
            Self::ExtendedResourceNowhere { .. } => f.write_str("cannot fit resource"),
            Self::DevicesInsufficient { .. } => f.write_str("cannot allocate all claims"),
        }
    }
}

fn key<S: Serializer>(key: &ObjectKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(key)
}

fn keys<S: Serializer>(keys: &[ObjectKey], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(keys.iter().map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name;

    #[track_caller]
    fn case(wanted: Option<i64>, [available, taken, exhausted, tainted]: [usize; 4], expected: bool) {
        let shortage = DeviceShortage {
            claim: ObjectKey::new(name("n"), name("c")),
            request: "r".to_owned(),
            class: name("gpu"),
            extended_resource: None,
            other_classes: Vec::new(),
            wanted,
            available,
            reachable: 9,
            taken,
            exhausted,
            tainted,
            not_selected: 1,
            unsupported: 0,
            elsewhere: 1,
        };
        assert_eq!(shortage.is_enough(), expected, "{wanted:?} {available} {taken} {exhausted} {tainted}");
    }

    #[test]
    fn a_request_that_has_enough_by_itself() {
        case(Some(2), [2, 1, 1, 1], true);
        case(Some(2), [1, 0, 0, 0], false);
        // All devices that match, and there must be one.
        case(None, [2, 0, 0, 0], true);
        case(None, [0, 0, 0, 0], false);
        for some_are_missing in [[2, 1, 0, 0], [2, 0, 1, 0], [2, 0, 0, 1]] {
            case(None, some_are_missing, false);
        }
    }
}
