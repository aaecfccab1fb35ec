//! What differs between clouds: the label of GPU nodes, and labels that do not tell groups apart.

use crate::state::Cluster;

/// The cloud whose groups these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cloud {
    /// AWS.
    Aws,
    /// Azure.
    Azure,
    /// Google.
    Gce,
    /// Cluster API.
    ClusterApi,
    /// Another, of which nothing is known here.
    Other,
}

impl Cloud {
    /// As a flag of the autoscaler names it, else as group ids and nodes look.
    pub(super) fn of<'a>(flag: Option<&str>, mut groups: impl Iterator<Item = &'a str>, cluster: &Cluster) -> Self {
        match flag {
            Some("aws") => return Self::Aws,
            Some("azure") => return Self::Azure,
            Some("gce") => return Self::Gce,
            Some("clusterapi") => return Self::ClusterApi,
            _ => {}
        }
        if groups
            .any(|group| ["MachineDeployment/", "MachineSet/", "MachinePool/"].iter().any(|it| group.starts_with(it)))
        {
            return Self::ClusterApi;
        }
        let ids = cluster.nodes().iter().filter_map(|node| node.node.provider_id);
        let known = ids.filter_map(|id| match id.split_once("://")?.0 {
            "aws" => Some(Self::Aws),
            "azure" => Some(Self::Azure),
            "gce" => Some(Self::Gce),
            _ => None,
        });
        known.into_iter().next().unwrap_or(Self::Other)
    }

    /// The label by which the cloud marks GPU nodes (cloudprovider/*, GPULabel).
    pub(super) fn gpu_label(self) -> Option<&'static str> {
        match self {
            Self::Aws => Some("k8s.amazonaws.com/accelerator"),
            Self::Azure => Some("accelerator"),
            Self::Gce => Some("cloud.google.com/gke-accelerator"),
            Self::ClusterApi => Some("cluster-api/accelerator"),
            Self::Other => None,
        }
    }

    /// Labels in which similar groups may differ, beside those that hold for all (`processors/nodegroupset/*_nodegroups.go`).
    pub(super) fn ignored_labels(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &[
                "alpha.eksctl.io/instance-id",
                "alpha.eksctl.io/nodegroup-name",
                "eks.amazonaws.com/nodegroup",
                "k8s.amazonaws.com/eniConfig",
                "lifecycle",
                "topology.ebs.csi.aws.com/zone",
                "topology.k8s.aws/zone-id",
            ],
            Self::Azure => &[
                "agentpool",
                "kubernetes.azure.com/agentpool",
                "topology.disk.csi.azure.com/zone",
                "aksEngineVersion",
                "creationSource",
                "poolName",
                "resourceNameSuffix",
                "kubernetes.azure.com/node-image-version",
                "kubernetes.azure.com/consolidated-additional-properties",
            ],
            Self::Gce => &["topology.gke.io/zone"],
            Self::ClusterApi | Self::Other => &[],
        }
    }
}
