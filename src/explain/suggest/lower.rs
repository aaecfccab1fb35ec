//! Lowering a request to the largest value that fits.

use crate::api::name::Name;
use crate::api::pod_spec::Container;
use crate::api::pod_template::PodTemplate;
use crate::api::quantity::{Quantity, QuantityFormat};
use crate::api::requests::{self, RequestGates};
use crate::api::resources::{Resources, STANDARD, is_hugepage_resource_name};
use crate::edit::PodChange;

/// A request is lowered to this share at least: below, it is another pod that is asked for.
const LEAST_SHARE: i64 = 10;

/// The change after which the pod asks for `target` of `resource`, in the scheduler's units, or as
/// near below as its containers' requests allow. One container is changed; none when that cannot
/// do, or would leave too little of its request.
pub(super) fn lower(template: &PodTemplate, gates: RequestGates, resource: Name, target: i64) -> Option<PodChange> {
    let asked = asked(template, gates, resource);
    let excess = asked.checked_sub(target).filter(|excess| *excess > 0)?;
    let less = |from| units(resource, from).saturating_sub(excess);
    let spec = &template.spec;
    if gates.pod_level_resources
        && let Some(from) = spec.resources.as_ref().and_then(|resources| resources.requests.get(resource))
        && let Some(change) = request(None, resource, from, less(from))
        && asked_after(template, gates, &change) <= target
    {
        return Some(change);
    }
    let mut containers: Vec<&Container> = spec.containers.iter().chain(&spec.init_containers).collect();
    // The largest first: it feels the change the least.
    containers.sort_by_key(|container| {
        std::cmp::Reverse(container.requests().get(resource).map(|quantity| units(resource, quantity)))
    });
    containers.into_iter().find_map(|container| {
        let from = container.requests().get(resource)?;
        let change = request(Some(container.name?), resource, from, less(from))?;
        (asked_after(template, gates, &change) <= target).then_some(change)
    })
}

/// The change of one container that reads its request in the next smaller unit (`100m` for `100`,
/// `512Mi` for `512Gi`), if the pod then asks for no more than `target`.
pub(super) fn one_unit_smaller(
    template: &PodTemplate,
    gates: RequestGates,
    resource: Name,
    target: i64,
) -> Option<PodChange> {
    let spec = &template.spec;
    spec.containers.iter().chain(&spec.init_containers).find_map(|container| {
        let from = container.requests().get(resource)?;
        let unit = if resource == STANDARD.cpu { 1000 } else { 1024 };
        let asked = units(resource, from);
        let to = quantity(resource, asked / unit);
        let change = PodChange::Request { container: Some(container.name?), resource, from, to };
        let whole = asked >= unit && asked % unit == 0;
        (whole && asked_after(template, gates, &change) <= target).then_some(change)
    })
}

fn request(container: Option<Name>, resource: Name, from: Quantity, to: i64) -> Option<PodChange> {
    if to <= 0 || to < units(resource, from) / LEAST_SHARE {
        return None;
    }
    Some(PodChange::Request { container, resource, from, to: quantity(resource, to) })
}

/// `amount` in the scheduler's units, as people write it.
pub(crate) fn quantity(resource: Name, amount: i64) -> Quantity {
    if resource == STANDARD.cpu {
        return Quantity::from_milli(amount);
    }
    let bytes =
        resource == STANDARD.memory || resource == STANDARD.ephemeral_storage || is_hugepage_resource_name(&resource);
    Quantity::from_value(amount, if bytes { QuantityFormat::BinarySI } else { QuantityFormat::DecimalSI })
}

/// What the filter counts of the pod.
fn asked(template: &PodTemplate, gates: RequestGates, resource: Name) -> i64 {
    amount(&requests::filter_request(&template.resources(), gates), resource)
}

fn asked_after(template: &PodTemplate, gates: RequestGates, change: &PodChange) -> i64 {
    let PodChange::Request { resource, .. } = change else { return i64::MAX };
    let mut changed = template.clone();
    match change.apply(&mut changed.spec) {
        Ok(()) => asked(&changed, gates, *resource),
        Err(_) => i64::MAX,
    }
}

/// A resource of a sum, in the scheduler's units.
pub(crate) fn amount(sum: &Resources, resource: Name) -> i64 {
    if resource == STANDARD.cpu {
        sum.milli_cpu
    } else if resource == STANDARD.memory {
        sum.memory
    } else if resource == STANDARD.ephemeral_storage {
        sum.ephemeral_storage
    } else {
        sum.scalars.get(resource)
    }
}

/// A quantity in the scheduler's units: millicores, or whole units.
pub(crate) fn units(resource: Name, quantity: Quantity) -> i64 {
    if resource == STANDARD.cpu { quantity.milli_value() } else { quantity.value() }
}
