//! Ports of the node: which a pod wants, which are taken.

use std::fmt;

use super::name::{Name, name};
use super::pod_spec::PodSpec;

/// A port of the node that a container asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPort {
    /// The node's address; `0.0.0.0` means all of them.
    pub ip: Name,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Name,
    /// 1 to 65535.
    pub port: i32,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ip == "0.0.0.0" {
            write!(f, "{}/{}", self.port, self.protocol)
        } else {
            write!(f, "{}:{}/{}", self.ip, self.port, self.protocol)
        }
    }
}

/// The host ports of a pod's containers and restartable init containers
/// (upstream pkg/scheduler/util/utils.go, GetHostPorts).
pub fn host_ports(spec: &PodSpec) -> Box<[HostPort]> {
    let sidecars = spec.init_containers.iter().filter(|container| container.is_restartable());
    spec.containers
        .iter()
        .chain(sidecars)
        .flat_map(|container| &container.ports)
        .filter_map(|port| {
            let number = port.host_port.filter(|number| *number > 0)?;
            Some(HostPort {
                ip: port.host_ip.filter(|ip| !ip.is_empty()).unwrap_or_else(|| name("0.0.0.0")),
                protocol: port.protocol.filter(|p| !p.is_empty()).unwrap_or_else(|| name("TCP")),
                port: number,
            })
        })
        .collect()
}

/// The ports in use on a node: a set, not a count, so that removing one of two pods that
/// share a port frees it (upstream staging kube-scheduler framework/types.go, HostPortInfo).
#[derive(Clone, Debug, Default)]
pub struct UsedPorts(Vec<HostPort>);

impl UsedPorts {
    /// Marks `port` as taken.
    pub fn add(&mut self, port: HostPort) {
        if !self.0.contains(&port) {
            self.0.push(port);
        }
    }

    /// Marks `port` as free.
    pub fn remove(&mut self, port: HostPort) {
        self.0.retain(|used| *used != port);
    }

    /// The taken port that keeps `wanted` from being had: `0.0.0.0` collides with every address.
    pub fn conflict(&self, wanted: HostPort) -> Option<HostPort> {
        self.0.iter().copied().find(|used| {
            used.port == wanted.port
                && used.protocol == wanted.protocol
                && (used.ip == wanted.ip || used.ip == "0.0.0.0" || wanted.ip == "0.0.0.0")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(spec: &str, expected: &[&str]) {
        let spec: PodSpec = serde_json::from_str(spec).unwrap();
        let ports: Vec<String> = host_ports(&spec).iter().map(HostPort::to_string).collect();
        assert_eq!(ports, expected);
    }

    #[test]
    fn ports_that_are_asked_for() {
        case(r#"{"containers": [{"name": "a", "ports": [{"hostPort": 80}, {"containerPort": 81}]}]}"#, &["80/TCP"]);
        // Upstream's field is 0 where it is left out.
        case(r#"{"containers": [{"name": "a", "ports": [{"hostPort": 0}, {"hostPort": 1}]}]}"#, &["1/TCP"]);
        case(
            r#"{"containers": [{"name": "a", "ports": [{"hostPort": 53, "hostIP": "10.0.0.1", "protocol": "UDP"}]}],
                "initContainers": [{"name": "b", "ports": [{"hostPort": 82}]},
                    {"name": "c", "restartPolicy": "Always", "ports": [{"hostPort": 83, "hostIP": ""}]}]}"#,
            &["10.0.0.1:53/UDP", "83/TCP"],
        );
    }
}
