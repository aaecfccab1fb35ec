//! What the Cluster API provider says a new node is like: annotations, and the status of the infrastructure template
//! (cloudprovider/clusterapi `clusterapi_nodegroup.go`, TemplateNodeInfo; `clusterapi_unstructured.go`).

use std::sync::Arc;

use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::pod_template::PodTemplate;
use crate::api::quantity::{Quantity, QuantityFormat};
use crate::api::requests::RequestGates;
use crate::api::resources::{ResourceList, Resources, STANDARD};
use crate::api::taint::{Taint, TaintEffect};
use crate::api::validation::{label_value_errors, qualified_name_errors};
use crate::decode::autoscaling::cluster_api::{CAPACITY_PREFIX, MachineTemplate, ScalableResource};
use crate::decode::autoscaling::{Provisioning, ProvisioningKind};
use crate::decode::node::{Node, Readiness};
use crate::decode::pod::PodOwn;
use crate::decode::storage::{CsiNode, DriverLimit};
use crate::decode::{Kind, Object};
use crate::edit::{BuiltNode, BuiltPod};
use crate::state::Cluster;
use crate::state::pod_class::PodClass;

/// Pods a node may have where nothing says how many (defaultMaxPods).
const MAX_PODS: i64 = 110;
/// Labels of these domains are passed on to nodes (isManagedLabel).
const MANAGED: [&str; 2] = ["node-restriction.kubernetes.io", "node.cluster.x-k8s.io"];

/// What the provider says of the group with this id; none where it is no resource of the state, or says too little.
pub(super) fn template(
    cluster: &Cluster,
    group: &str,
    gates: RequestGates,
    labels_of: Option<&Node>,
) -> Option<BuiltNode> {
    let mut parts = group.splitn(3, '/');
    let (kind, namespace, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let kind = match kind {
        "MachineDeployment" => ProvisioningKind::MachineDeployment,
        "MachineSet" => ProvisioningKind::MachineSet,
        "MachinePool" => ProvisioningKind::MachinePool,
        _ => return None,
    };
    let key = ObjectKey::new(name(namespace), name(resource));
    let Some(Provisioning::Scalable(scalable)) = cluster.autoscaling.get(kind, key) else { return None };
    let infrastructure = infrastructure(cluster, scalable, key.namespace);
    let capacity = capacity(scalable, infrastructure)?;
    let has = |resource| capacity.get(resource).is_some();
    if !has(STANDARD.cpu) || !has(STANDARD.memory) {
        return None;
    }
    let mut amounts = Resources::default();
    amounts.add(capacity.iter());
    let node = Node {
        labels: labels(scalable, infrastructure, labels_of),
        taints: taints(scalable).into(),
        readiness: Readiness { known: true, ready: true, ..Readiness::default() },
        capacity: amounts.clone(),
        allocatable: amounts,
        ..Node::default()
    };
    let pods = kube_proxy(key, gates).into_iter().collect();
    Some(BuiltNode { node, pods, csi_node: csi_node(scalable), slices: Vec::new() })
}

fn annotation(scalable: &ScalableResource, key: &str) -> Option<Name> {
    scalable.annotations.get(name(&format!("{CAPACITY_PREFIX}{key}")))
}

/// readInfrastructureReferenceResource.
fn infrastructure<'a>(
    cluster: &'a Cluster,
    scalable: &ScalableResource,
    namespace: Name,
) -> Option<&'a MachineTemplate> {
    let reference = scalable.infrastructure?;
    let key = ObjectKey::new(namespace, reference.name);
    cluster.autoscaling.objects.iter().find_map(|object| match &object.data {
        Provisioning::Template(template) if object.key == key && reference.kind == object.kind.as_str() => {
            Some(template)
        }
        _ => None,
    })
}

/// InstanceCapacity: annotations override the status of the template, resource by resource. An annotation that cannot be
/// read is an error, and then the group cannot grow from zero.
fn capacity(scalable: &ScalableResource, infrastructure: Option<&MachineTemplate>) -> Option<ResourceList> {
    let quantity = |key: &str| match annotation(scalable, key).filter(|text| !text.is_empty()) {
        Some(text) => Quantity::parse(&text).map(|quantity| Some(quantity).filter(|it| !it.is_zero())).map_err(|_| ()),
        None => Ok(None),
    };
    let integer = |key: &str| match annotation(scalable, key).filter(|text| !text.is_empty()) {
        Some(text) => text.parse::<i64>().map(|count| Some(count).filter(|count| *count != 0)).map_err(|_| ()),
        None => Ok(None),
    };
    let count = |count| Quantity::from_value(count, QuantityFormat::DecimalSI);
    let mut own: Vec<(Name, Quantity)> = Vec::new();
    own.extend(quantity("cpu").ok()?.map(|it| (STANDARD.cpu, it)));
    own.extend(quantity("memory").ok()?.map(|it| (STANDARD.memory, it)));
    own.extend(quantity("ephemeral-disk").ok()?.map(|it| (STANDARD.ephemeral_storage, it)));
    let gpus = integer("gpu-count").ok()?;
    if let (Some(gpus), Some(kind)) = (gpus, annotation(scalable, "gpu-type").filter(|kind| !kind.is_empty())) {
        own.push((kind, count(gpus)));
    }
    own.push((STANDARD.pods, count(integer("maxPods").ok()?.unwrap_or(MAX_PODS))));
    match infrastructure {
        Some(template) => Some(template.capacity.iter().chain(own).collect()),
        // The number of pods is always there.
        None if own.len() > 1 => Some(own.into_iter().collect()),
        None => None,
    }
}

/// buildTemplateLabels, Labels: what the environment defaults to, what the template's status says (empty where it says
/// nothing), what is passed on, what the annotation says, and at last a few labels of a node that is there.
fn labels(scalable: &ScalableResource, infrastructure: Option<&MachineTemplate>, node: Option<&Node>) -> Labels {
    let (arch, os) = (name("kubernetes.io/arch"), name("kubernetes.io/os"));
    let mut labels: Vec<(Name, Name)> = vec![(arch, name("amd64")), (os, name("linux"))];
    if let Some(template) = infrastructure {
        labels.extend([(arch, template.architecture), (os, template.operating_system)]);
    }
    labels.extend(scalable.template_labels.iter().filter(|(key, _)| is_managed(key)));
    if let Some(text) = annotation(scalable, "labels") {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        labels.extend(pairs.map(|(key, value)| (name(key), name(value))));
    }
    if let Some(node) = node {
        let kept = [
            "kubernetes.io/arch",
            "kubernetes.io/os",
            "beta.kubernetes.io/instance-type",
            "node.kubernetes.io/instance-type",
            "failure-domain.beta.kubernetes.io/region",
            "topology.kubernetes.io/region",
            "failure-domain.beta.kubernetes.io/zone",
        ];
        let own = kept.iter().filter_map(|key| Some((name(key), node.labels.get(name(key))?)));
        labels.extend(own.filter(|(_, value)| !value.is_empty()));
    }
    labels.into_iter().collect()
}

fn is_managed(key: &str) -> bool {
    let domain = key.split('/').next().unwrap_or_default();
    let within =
        |managed: &str| domain.strip_suffix(managed).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    domain == "node-role.kubernetes.io" || MANAGED.iter().any(|managed| within(managed))
}

/// Taints: those of the template; the annotation overrides by key and effect.
fn taints(scalable: &ScalableResource) -> Vec<Taint> {
    let mut taints = scalable.taints.to_vec();
    let text = annotation(scalable, "taints").unwrap_or_default();
    for taint in text.split(',').filter_map(parse_taint) {
        match taints.iter_mut().find(|other| (other.key, other.effect) == (taint.key, taint.effect)) {
            Some(other) => *other = taint,
            None => taints.push(taint),
        }
    }
    taints
}

/// parseTaint; one without an effect has none, and is left out.
fn parse_taint(text: &str) -> Option<Taint> {
    let (pair, effect) = text.split_once(':')?;
    let effect = match effect {
        "NoSchedule" => TaintEffect::NoSchedule,
        "PreferNoSchedule" => TaintEffect::PreferNoSchedule,
        "NoExecute" => TaintEffect::NoExecute,
        _ => return None,
    };
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let valid = qualified_name_errors(key).is_empty() && label_value_errors(value).is_empty() && !value.contains('=');
    valid.then(|| Taint { key: name(key), value: name(value), effect })
}

/// InstanceCSINode: `driver=limit,…`.
fn csi_node(scalable: &ScalableResource) -> Option<CsiNode> {
    let text = annotation(scalable, "csi-driver").filter(|text| !text.is_empty())?;
    let pairs: Vec<(&str, Option<i64>)> = text
        .split(',')
        .map(|pair| {
            pair.trim().split_once('=').map_or((pair.trim(), None), |(driver, limit)| (driver, limit.parse().ok()))
        })
        .filter(|(driver, _)| !driver.is_empty())
        .collect();
    let limits =
        pairs.iter().filter_map(|(driver, limit)| Some(DriverLimit { driver: name(driver), count: (*limit)? }));
    Some(CsiNode {
        drivers: pairs.iter().map(|(driver, _)| name(driver)).collect(),
        limits: limits.collect(),
        ..CsiNode::default()
    })
}

/// The pod that upstream puts on every such template (`cloudprovider/utils.go`, BuildKubeProxy).
fn kube_proxy(group: ObjectKey, gates: RequestGates) -> Option<BuiltPod> {
    let json = br#"{"metadata":{"name":"kube-proxy","namespace":"kube-system",
        "labels":{"component":"kube-proxy","tier":"node"},"annotations":{"kubernetes.io/config.mirror":"1"}},
        "spec":{"priority":2000000000,"containers":[{"name":"kube-proxy","resources":{"requests":{"cpu":"100m"}}}]},
        "status":{"phase":"Running"}}"#;
    let Ok((Object::Pod(pod), _)) = Object::decode(Kind::Pod, json) else { return None };
    let key = ObjectKey::new(name("kube-system"), name(&format!("kube-proxy-{}", group.name)));
    let template: Arc<PodTemplate> = pod.template;
    let own = PodOwn { key, ..*pod.own };
    Some(BuiltPod { own, class: Arc::new(PodClass::new(template, gates)) })
}
