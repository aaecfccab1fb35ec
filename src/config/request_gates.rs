//! The part of a behaviour that the rooms below get: they do not know versions.

use super::Behaviour;
use crate::api::requests::RequestGates;
use crate::decode::csi_migration::PortworxMigration;

impl Behaviour {
    /// The gates that requests are counted by.
    pub fn request_gates(&self) -> RequestGates {
        RequestGates {
            in_place_pod_vertical_scaling: self.gates.in_place_pod_vertical_scaling,
            pod_level_resources: self.gates.pod_level_resources,
            in_place_pod_level_resources_vertical_scaling: self.gates.in_place_pod_level_resources_vertical_scaling,
            maximum_of_whole_pods: self.maximum_of_whole_pods,
        }
    }

    /// How far Portworx's volumes have moved to CSI.
    pub fn portworx_migration(&self) -> PortworxMigration {
        PortworxMigration { gate: self.gates.csi_migration_portworx, complete: self.portworx_migration_is_complete }
    }
}
