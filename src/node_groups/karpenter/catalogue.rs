//! What instance types there are: from a file of the provider's, or what nodes of the cluster show.
//!
//! No cluster knows the provider's catalogue. Without it, types of which there is a node are known to exist; that another
//! one would do is never ruled out.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::amounts::Amounts;
use super::requirement::{CAPACITY_TYPE, HOSTNAME, INSTANCE_TYPE, NODE_POOL, Requirement, Requirements, Words, ZONE};
use crate::api::name::{Name, name};
use crate::api::quantity::Quantity;
use crate::api::resources::ResourceList;
use crate::state::Cluster;

/// An instance type.
#[derive(Clone, Debug)]
pub(super) struct InstanceType {
    pub(super) name: Name,
    pub(super) requirements: Requirements,
    pub(super) capacity: Amounts,
    pub(super) allocatable: Amounts,
    /// Those that can be had.
    pub(super) offerings: Vec<Offering>,
}

/// Where a type can be had.
#[derive(Clone, Debug)]
pub(super) struct Offering {
    pub(super) requirements: Requirements,
    /// What it costs, where that is known.
    pub(super) price: Option<f64>,
}

/// The provider's catalogue, as `--instance-types` gives it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InstanceTypeFile {
    instance_types: Vec<TypeEntry>,
    well_known_labels: Vec<Name>,
    normalized_labels: BTreeMap<Name, Name>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeEntry {
    name: Name,
    #[serde(default)]
    labels: BTreeMap<Name, Vec<Name>>,
    #[serde(default)]
    capacity: ResourceList,
    #[serde(default)]
    overhead: ResourceList,
    #[serde(default)]
    offerings: Vec<OfferingEntry>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfferingEntry {
    zone: Name,
    capacity_type: Name,
    #[serde(default = "yes")]
    available: bool,
    #[serde(default)]
    price: Option<f64>,
}

fn yes() -> bool {
    true
}

impl InstanceTypeFile {
    /// Reads what was given.
    ///
    /// # Errors
    /// What is no catalogue.
    pub fn read(value: &serde_json::Value) -> Result<Self, String> {
        let found: Self = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        if found.instance_types.is_empty() {
            return Err("it lists no instanceTypes".to_owned());
        }
        Ok(found)
    }
}

/// Everything that is known of instance types.
#[derive(Clone, Debug)]
pub(super) struct Catalogue {
    pub(super) words: Words,
    pub(super) types: Vec<InstanceType>,
    /// Whether there are no others.
    pub(super) complete: bool,
}

impl Catalogue {
    pub(super) fn of_file(file: &InstanceTypeFile) -> Self {
        let well_known = file.well_known_labels.iter().map(Name::as_str);
        let normalized = file.normalized_labels.iter().map(|(from, to)| (from.as_str(), to.as_str()));
        let words = Words::new(well_known, normalized, false);
        let types =
            file.instance_types.iter().map(|entry| entry.instance_type(&words, &file.well_known_labels)).collect();
        Self { words, types, complete: true }
    }

    /// Types of which the cluster has a node, where such a node was.
    pub(super) fn seen(cluster: &Cluster) -> Self {
        let words = Words::new(std::iter::empty(), std::iter::empty(), true);
        let mut types: BTreeMap<Name, InstanceType> = BTreeMap::new();
        for node in cluster.nodes().iter().map(|info| &info.node) {
            let label = |key: &str| node.labels.get(name(key));
            let (Some(instance), Some(zone), Some(capacity_type)) =
                (label(INSTANCE_TYPE), label(ZONE), label(CAPACITY_TYPE))
            else {
                continue;
            };
            if label(NODE_POOL).is_none() {
                continue;
            }
            let offering = Offering::new(zone, capacity_type, None);
            let capacity = Amounts::of(&node.capacity);
            let entry = types.entry(instance).or_insert_with(|| {
                let mut requirements = Requirements::default();
                let own = [HOSTNAME, NODE_POOL, ZONE, CAPACITY_TYPE];
                for (key, value) in node.labels.iter() {
                    let key = words.normalize(key);
                    if words.is_well_known(key) && !own.contains(&key.as_str()) {
                        requirements.add(Requirement::is_in(key, [value]));
                    }
                }
                InstanceType {
                    name: instance,
                    requirements,
                    allocatable: Amounts::of(&node.allocatable),
                    capacity,
                    offerings: Vec::new(),
                }
            });
            if !entry.offerings.iter().any(|known| known.requirements == offering.requirements) {
                entry.offerings.push(offering);
            }
        }
        let types = types.into_values().map(InstanceType::with_places).collect();
        Self { words, types, complete: false }
    }
}

impl InstanceType {
    /// Its zones and capacity types are those of its offerings.
    fn with_places(mut self) -> Self {
        for key in [ZONE, CAPACITY_TYPE].map(name) {
            let values = self.offerings.iter().filter_map(|offering| offering.requirements.get(key)?.only());
            let places = Requirement::is_in(key, values);
            self.requirements.add(places);
        }
        self
    }
}

impl Offering {
    fn new(zone: Name, capacity_type: Name, price: Option<f64>) -> Self {
        let mut requirements = Requirements::default();
        requirements.add(Requirement::is_in(name(ZONE), [zone]));
        requirements.add(Requirement::is_in(name(CAPACITY_TYPE), [capacity_type]));
        Self { requirements, price }
    }
}

impl TypeEntry {
    fn instance_type(&self, words: &Words, well_known: &[Name]) -> InstanceType {
        let mut requirements = Requirements::default();
        for (key, values) in &self.labels {
            requirements.add(Requirement::is_in(words.normalize(*key), values.iter().copied()));
        }
        requirements.add(Requirement::is_in(name(INSTANCE_TYPE), [self.name]));
        requirements.add(Requirement::is_in(name(ZONE), self.offerings.iter().map(|it| it.zone)));
        requirements.add(Requirement::is_in(name(CAPACITY_TYPE), self.offerings.iter().map(|it| it.capacity_type)));
        for key in well_known {
            if requirements.get(*key).is_none() {
                requirements.add(Requirement::does_not_exist(*key));
            }
        }
        let capacity: Amounts = self.capacity.iter().collect();
        let overhead: Amounts = self.overhead.iter().collect();
        let offerings = self.offerings.iter().filter(|offering| offering.available);
        InstanceType {
            name: self.name,
            requirements,
            allocatable: capacity.minus(&overhead).less_huge_pages(&capacity),
            capacity,
            offerings: offerings.map(|it| Offering::new(it.zone, it.capacity_type, it.price)).collect(),
        }
    }
}

/// How much one pod's processor time must be for somebody to have mistaken the unit.
pub(super) fn million() -> Quantity {
    Quantity::from_value(1_000_000, crate::api::quantity::QuantityFormat::DecimalSI)
}
