//! Which gates change how a pod's requests are counted.

use super::Behaviour;
use crate::api::requests::RequestGates;

impl Behaviour {
    /// The gates that requests are counted by.
    pub fn request_gates(&self) -> RequestGates {
        RequestGates {
            in_place_pod_vertical_scaling: self.gates.in_place_pod_vertical_scaling,
            pod_level_resources: self.gates.pod_level_resources,
        }
    }
}
