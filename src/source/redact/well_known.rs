//! Words that everybody uses and that tell nothing of whose cluster it is: they stay.

/// Domains of Kubernetes, of its distributions, of clouds and of projects and vendors whose
/// labels, taints, resources and drivers are documented in public; with all domains under them.
const DOMAINS: &[&str] = &[
    "alibabacloud.com",
    "aliyun.com",
    "amazonaws.com",
    "amd.com",
    "argoproj.io",
    "aws.com",
    "azure.com",
    "cattle.io",
    "ceph.com",
    "cert-manager.io",
    "cilium.io",
    "digitalocean.com",
    "gke.io",
    "google.com",
    "habana.ai",
    "helm.sh",
    "hetzner.cloud",
    "ibm.com",
    "ibm.io",
    "intel.com",
    "istio.io",
    "k0sproject.io",
    "k3s.io",
    "k8s.aws",
    "k8s.io",
    "karpenter.sh",
    "keda.sh",
    "knative.dev",
    "kubernetes.io",
    "linode.com",
    "longhorn.io",
    "mellanox.com",
    "nvidia.com",
    "openebs.io",
    "openshift.io",
    "openstack.org",
    "oraclecloud.com",
    "portworx.com",
    "projectcalico.org",
    "rancher.io",
    "rke.cattle.io",
    "rook.io",
    "scaleway.com",
    "tigera.io",
    "vmware.com",
    "volcano.sh",
    "vultr.com",
    "x-k8s.io",
    "xilinx.com",
];

/// Keys without a domain that are habits, not names.
const KEYS: &[&str] = &[
    "app",
    "arch",
    "component",
    "controller-revision-hash",
    "controller-uid",
    "dedicated",
    "disk",
    "env",
    "environment",
    "gpu",
    "group",
    "hostname",
    "instance",
    "job-name",
    "k8s-app",
    "name",
    "node-pool",
    "nodepool",
    "os",
    "part-of",
    "pod-template-generation",
    "pod-template-hash",
    "pool",
    "rack",
    "region",
    "release",
    "role",
    "service",
    "spot",
    "stage",
    "stateset",
    "statefulset",
    "team",
    "tier",
    "track",
    "type",
    "version",
    "workload",
    "zone",
];

/// Values with a meaning that no name has: machines, systems, truth.
const VALUES: &[&str] =
    &["true", "false", "yes", "no", "amd64", "arm64", "arm", "386", "ppc64le", "riscv64", "s390x", "linux", "windows"];

/// Namespaces that every cluster has, sorted. Other names keep their place among them.
pub(super) const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Whether `domain` is well known, or lies under one that is.
pub(super) fn is_domain(domain: &str) -> bool {
    DOMAINS.iter().any(|known| domain.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether the key of a label or taint says nothing of its owner.
pub(super) fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, _)) => is_domain(domain),
        None => KEYS.contains(&key),
    }
}

/// Whether the resource stays: Kubernetes' own have no domain.
pub(super) fn is_resource(resource: &str) -> bool {
    resource.split_once('/').is_none_or(|(domain, _)| is_domain(domain.strip_prefix("requests.").unwrap_or(domain)))
}

/// Whether a CSI driver or provisioner is one that everybody can have.
pub(super) fn is_driver(driver: &str) -> bool {
    is_domain(driver.split('/').next().unwrap_or_default())
}

/// Whether a label's value stays. A number of a few digits is a size, a generation, an ordinal;
/// a longer one may be an account's.
pub(super) fn is_value(value: &str) -> bool {
    VALUES.contains(&value) || (value.len() <= 5 && is_number(value))
}

/// Whether `Gt` and `Lt` can compare it.
pub(super) fn is_number(value: &str) -> bool {
    value.parse::<i64>().is_ok()
}

/// Whether an owner's kind is one of Kubernetes' own.
pub(super) fn is_owner_kind(kind: &str) -> bool {
    [
        "Pod",
        "Node",
        "ReplicaSet",
        "ReplicationController",
        "StatefulSet",
        "Deployment",
        "DaemonSet",
        "Job",
        "CronJob",
        "PersistentVolumeClaim",
        "StorageClass",
        "ResourceClaim",
        "ResourceClaimTemplate",
    ]
    .contains(&kind)
}

/// Whether `text` is a UUID, as the API server makes uids.
pub(super) fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_known_with_what_lies_under_them() {
        for (domain, known) in [
            ("kubernetes.io", true),
            ("node.kubernetes.io", true),
            ("ebs.csi.aws.com", true),
            ("mykubernetes.io", false),
            ("acme.com", false),
            ("kubernetes.io.acme.com", false),
            ("", false),
        ] {
            assert_eq!(is_domain(domain), known, "{domain}");
        }
    }

    #[test]
    fn keys_and_resources() {
        assert!(is_key("app") && is_key("topology.kubernetes.io/zone") && is_key("nvidia.com/gpu.product"));
        assert!(!is_key("acme.com/rack") && !is_key("project-x"));
        assert!(is_resource("cpu") && is_resource("hugepages-2Mi") && is_resource("nvidia.com/gpu"));
        assert!(!is_resource("acme.com/fpga"));
    }

    #[test]
    fn values_and_uids() {
        assert!(is_value("amd64") && is_value("true") && is_value("-4096") && !is_value("123456789012"));
        assert!(is_uuid("fc12d20f-0000-4000-8000-00000000001b") && !is_uuid("web-1"));
    }
}
