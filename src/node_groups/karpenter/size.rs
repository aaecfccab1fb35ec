//! Pools whose instance types are too small for a pod, whatever the catalogue has: by how large the pool lets them be, or
//! because it names them and all of them were seen.

use std::cmp::Ordering;

use super::amounts::Amounts;
use super::pods::Candidate;
use super::requirement::{INSTANCE_TYPE, Requirements};
use super::solver::{Offer, Pool, Solver, World, pod_strict, template_requirements};
use crate::api::name::{Name, name};
use crate::api::quantity::{Quantity, QuantityFormat};
use crate::api::resources::STANDARD;

/// Labels by which providers say how many processors a type has.
const PROCESSORS: [&str; 4] = [
    "karpenter.k8s.aws/instance-cpu",
    "karpenter.azure.com/sku-cpu",
    "karpenter.k8s.gcp/instance-cpu",
    "karpenter.kwok.sh/instance-cpu",
];

/// Why no instance type of the pool can be large enough; none where one may be.
pub(super) fn too_small(world: &World<'_>, pool: &Pool<'_>, pod: &Candidate) -> Option<String> {
    let words = &world.catalogue.words;
    let mut requirements = template_requirements(world, pool);
    requirements.add_all(&pod_strict(words, pod));
    of_processors(&requirements, &pod.requests).or_else(|| of_named_types(world, pool, &requirements, &pod.requests))
}

fn of_processors(requirements: &Requirements, requests: &Amounts) -> Option<String> {
    let asked = requests.get(STANDARD.cpu);
    PROCESSORS.iter().find_map(|key| {
        let most = requirements.get(name(key))?.most()?;
        let all = Quantity::from_value(most, QuantityFormat::DecimalSI);
        (asked.compare(all) == Ordering::Greater)
            .then(|| format!("its instance types have at most {most} cpu ({key}), the pod asks {asked}"))
    })
}

/// Types that the pool names and that all were seen.
fn of_named_types(
    world: &World<'_>,
    pool: &Pool<'_>,
    requirements: &Requirements,
    requests: &Amounts,
) -> Option<String> {
    let named: Vec<Name> = requirements.get(name(INSTANCE_TYPE))?.listed()?.collect();
    let offers = Solver::new(world, &[*pool], &[], true).offers();
    let offers: &[Offer] = offers.first().map_or(&[], |(_, offers)| offers.as_slice());
    let mut largest: Option<Quantity> = None;
    for wanted in &named {
        let place = world.catalogue.types.iter().position(|instance| instance.name == *wanted)?;
        let instance = world.catalogue.types.get(place)?;
        let offer = offers.iter().find(|offer| offer.instance_type == place);
        let total = offer.map_or_else(|| requests.clone(), |offer| requests.plus(&offer.overhead));
        if total.fits_in(&instance.allocatable) {
            return None;
        }
        let left = offer.map_or_else(|| instance.allocatable.clone(), |it| instance.allocatable.minus(&it.overhead));
        let left = left.get(STANDARD.cpu);
        if largest.is_none_or(|known| left.compare(known) == Ordering::Greater) {
            largest = Some(left);
        }
    }
    let largest = largest?;
    let asked = requests.get(STANDARD.cpu);
    let names: Vec<&str> = named.iter().take(3).map(Name::as_str).collect();
    let names = names.join(", ");
    Some(if asked.compare(largest) == Ordering::Greater {
        format!(
            "of its instance types ({names}) the largest has {largest} cpu left beside DaemonSets, the pod asks {asked}"
        )
    } else {
        format!("none of its instance types ({names}) has enough left beside DaemonSets")
    })
}
