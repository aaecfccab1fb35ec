//! Why a pool makes no node for a pod, in Karpenter's own sentences
//! (sigs.k8s.io/karpenter v1.15 `pkg/controllers/provisioning/scheduling/nodeclaim.go`, InstanceTypeFilterError).

use std::fmt;

use super::amounts::Amounts;
use super::requirement::{Incompatible, Requirements};
use super::solver::is_absurd;
use crate::api::name::Name;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Taints that the pod does not tolerate, in sentences.
    Taints(Vec<String>),
    /// The pool's requirements and the pod's.
    Incompatible(Incompatible),
    /// The same with where the pod's volumes are.
    Volumes(Incompatible),
    /// Spread, affinity or anti-affinity.
    Topology(String),
    /// No instance type is left.
    Types(Box<Filter>),
    /// `spec.limits`.
    Limit(Name),
    /// `spec.limits.nodes`.
    NodeLimit(Name),
    /// The pool's own requirements leave no instance type.
    NoTypes,
    /// The pod wants devices.
    Devices,
}

impl Refusal {
    /// The word for it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Taints(_) => "taint",
            Self::Incompatible(Incompatible::Undefined(_)) => "undefined-label",
            Self::Incompatible(Incompatible::Keys(_)) => "incompatible",
            Self::Volumes(_) => "volume-requirements",
            Self::Topology(_) => "topology",
            Self::Types(filter) => filter.kind(),
            Self::Limit(_) => "limit",
            Self::NodeLimit(_) => "node-limit",
            Self::NoTypes => "pool-requirements",
            Self::Devices => "dra",
        }
    }

    /// Whether another catalogue of instance types could change it.
    pub(super) fn hangs_on_types(&self) -> bool {
        matches!(self, Self::Types(_) | Self::NoTypes | Self::Topology(_))
    }

    /// Was there an instance type that met the requirements, one with the resources, one with an offering.
    pub(super) fn facts(&self) -> Option<[bool; 3]> {
        match self {
            Self::Types(filter) if filter.min_values.is_none() => Some([filter.met, filter.fits, filter.offered]),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taints(texts) => f.write_str(&texts.join("; ")),
            Self::Incompatible(it) => write!(f, "incompatible requirements, {it}"),
            Self::Volumes(it) => write!(f, "incompatible volume requirements, {it}"),
            Self::Topology(text) => f.write_str(text),
            Self::Types(filter) => filter.fmt(f),
            Self::Limit(pool) => {
                write!(f, "all available instance types exceed limits for nodepool (NodePool={pool})")
            }
            Self::NodeLimit(pool) => write!(f, "node limits have been exhausted for nodepool (NodePool={pool})"),
            Self::NoTypes => f.write_str("nodepool requirements filtered out all available instance types"),
            Self::Devices => {
                f.write_str("pod has Dynamic Resource Allocation requirements that are not yet supported by Karpenter")
            }
        }
    }
}

/// InstanceTypeFilterError.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "upstream's facts, each by itself")]
pub(super) struct Filter {
    met: bool,
    fits: bool,
    offered: bool,
    met_and_fits: bool,
    met_and_offered: bool,
    fits_and_offered: bool,
    /// Labels of which fewer values are left than the pool demands.
    pub(super) min_values: Option<Vec<Name>>,
    requirements: Requirements,
    requests: Amounts,
    least_overhead: Amounts,
    most_overhead: Amounts,
}

impl Filter {
    pub(super) fn new(requirements: Requirements, requests: Amounts) -> Self {
        Self {
            met: false,
            fits: false,
            offered: false,
            met_and_fits: false,
            met_and_offered: false,
            fits_and_offered: false,
            min_values: None,
            requirements,
            requests,
            least_overhead: Amounts::default(),
            most_overhead: Amounts::default(),
        }
    }

    /// trackDaemonOverhead.
    pub(super) fn track_overhead(&mut self, overhead: &Amounts) {
        if self.most_overhead.is_empty() {
            self.least_overhead = overhead.clone();
            self.most_overhead = overhead.clone();
        } else {
            self.least_overhead.min(overhead);
            self.most_overhead.max(overhead);
        }
    }

    pub(super) fn track(&mut self, met: bool, fits: bool, offered: bool) {
        self.met |= met;
        self.fits |= fits;
        self.offered |= offered;
        self.met_and_fits |= met && fits && !offered;
        self.met_and_offered |= met && offered && !fits;
        self.fits_and_offered |= fits && offered && !met;
    }

    fn kind(&self) -> &'static str {
        if self.min_values.is_some() {
            return "min-values";
        }
        match (self.met, self.fits, self.offered) {
            (false, false, false) => "requirements+resources+offering",
            (false, false, true) => "requirements+resources",
            (false, true, false) => "requirements+offering",
            (true, false, false) => "resources+offering",
            (false, true, true) => "requirements",
            (true, false, true) => "resources",
            (true, true, false) => "offering",
            (true, true, true) if self.met_and_fits => "together: offering",
            (true, true, true) if self.fits_and_offered => "together: requirements",
            (true, true, true) if self.met_and_offered => "together: resources",
            (true, true, true) => "together",
        }
    }

    fn sentence(&self) -> &'static str {
        match self.kind() {
            "requirements+resources+offering" => {
                "no instance type met the scheduling requirements or had enough resources or had a required offering"
            }
            "requirements+resources" => "no instance type met the scheduling requirements or had enough resources",
            "requirements+offering" => "no instance type met the scheduling requirements or had a required offering",
            "resources+offering" => "no instance type had enough resources or had a required offering",
            "requirements" => "no instance type met all requirements",
            "resources" => "no instance type has enough resources",
            "offering" => "no instance type has the required offering",
            "together: offering" => {
                "no instance type which met the scheduling requirements and had enough resources, had a required offering"
            }
            "together: requirements" => {
                "no instance type which had enough resources and the required offering met the scheduling requirements"
            }
            "together: resources" => {
                "no instance type which met the scheduling requirements and the required offering had the required resources"
            }
            _ => "no instance type met the requirements/resources/offering tuple",
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.min_values {
            Some(keys) => {
                let keys: Vec<&str> = keys.iter().map(Name::as_str).collect();
                write!(f, "minValues requirement is not met for label(s) (label(s)=[{}])", keys.join(" "))?;
            }
            None => f.write_str(self.sentence())?,
        }
        write!(f, ", requirements={}, resources=", self.requirements)?;
        if self.least_overhead.is_empty() {
            write!(f, "{}", self.requests)?;
        } else {
            let least = self.least_overhead.plus(&self.requests).to_string();
            let most = self.most_overhead.plus(&self.requests).to_string();
            if least == most { f.write_str(&least)? } else { write!(f, "min={least}, max={most}")? }
        }
        if self.kind() == "resources" && is_absurd(&self.requests) {
            f.write_str(" (CPU request >= 1 Million, m vs M typo?)")?;
        }
        Ok(())
    }
}
