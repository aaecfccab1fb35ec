//! A kube-scheduler that runs as a pod of the cluster, as kubeadm, kops, kind and others have it:
//! its image tells its version, its command line its feature gates.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::list::List;
use crate::api::meta::Metadata;

/// What the pod of a kube-scheduler tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SchedulerProcess {
    /// The tag of its image, such as `v1.34.1`; empty where there is none.
    pub version: String,
    /// `--feature-gates`, those of several flags joined; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub feature_gates: String,
    /// `--config`: a file on its node or in its container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WirePod {
    spec: WireSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireSpec {
    containers: List<WireContainer>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireContainer {
    image: Option<String>,
    command: List<String>,
    args: List<String>,
}

impl SchedulerProcess {
    /// Whether a pod with this metadata may be one: only then is it worth a second look.
    pub(crate) fn is_likely(metadata: &Metadata) -> bool {
        metadata.namespace.is_some_and(|namespace| namespace == "kube-system")
            && metadata.labels.iter().any(|(key, value)| key == "component" && value == "kube-scheduler")
    }

    /// As [`SchedulerProcess::is_likely`], for a pod as JSON.
    pub fn is_likely_value(pod: &Value) -> bool {
        let metadata = pod.get("metadata");
        let text = |path: &str| metadata.and_then(|metadata| metadata.pointer(path)).and_then(Value::as_str);
        text("/namespace") == Some("kube-system") && text("/labels/component") == Some("kube-scheduler")
    }

    /// Reads a pod that is one.
    pub fn of(pod: &[u8]) -> Option<Self> {
        let mut stream = serde_json::Deserializer::from_slice(pod).into_iter::<WirePod>();
        Self::new(&stream.next()?.ok()?)
    }

    /// The same for a pod as JSON.
    pub fn of_value(pod: &Value) -> Option<Self> {
        Self::new(&WirePod::deserialize(pod).ok()?)
    }

    fn new(pod: &WirePod) -> Option<Self> {
        let container = pod.spec.containers.iter().find(|container| container.is_scheduler())?;
        // A shell's `-c` has the whole command line in one word.
        let words: Vec<&str> =
            container.command.iter().chain(&container.args).flat_map(|word| word.split_whitespace()).collect();
        let gates: Vec<&str> = values(&words, "--feature-gates");
        Some(Self {
            version: container.image.as_deref().and_then(tag).unwrap_or_default().to_owned(),
            feature_gates: gates.join(","),
            config: values(&words, "--config").last().map(|&file| file.to_owned()),
        })
    }

    /// Of two replicas that differ, as in the middle of an upgrade, the newer one counts.
    #[must_use]
    pub fn newer(self, other: Self) -> Self {
        let minor = |process: &Self| {
            let numbers = process.version.trim_start_matches('v').split(['.', '-', '+']);
            numbers.map_while(|number| number.parse::<u32>().ok()).collect::<Vec<_>>()
        };
        if minor(&other) > minor(&self) { other } else { self }
    }
}

impl WireContainer {
    fn is_scheduler(&self) -> bool {
        let image = self.image.as_deref().unwrap_or_default();
        let mut words = self.command.iter().chain(&self.args);
        image.contains("kube-scheduler") || words.any(|word| word.contains("kube-scheduler"))
    }
}

/// The tag of an image reference.
fn tag(image: &str) -> Option<&str> {
    let image = image.split('@').next().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split_once(':').map(|(_, tag)| tag)
}

/// What is given to `flag`, in either spelling.
fn values<'a>(words: &[&'a str], flag: &str) -> Vec<&'a str> {
    let next = |at: usize| words.get(at + 1).copied();
    let value = |(at, word): (usize, &&'a str)| match word.strip_prefix(flag)? {
        "" => next(at),
        rest => rest.strip_prefix('='),
    };
    let found = words.iter().enumerate().filter_map(value);
    found.map(|value| value.trim_matches(['"', '\''])).filter(|value| !value.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn case(container: &Value, expected: Option<(&str, &str, Option<&str>)>) {
        let pod = json!({"spec": {"containers": [{"image": "istio/proxy:1.2"}, container]}});
        let found = SchedulerProcess::of_value(&pod);
        let shown = found
            .as_ref()
            .map(|process| (process.version.as_str(), process.feature_gates.as_str(), process.config.as_deref()));
        assert_eq!(shown, expected);
        assert_eq!(SchedulerProcess::of(pod.to_string().as_bytes()), found);
    }

    #[test]
    fn command_lines() {
        case(
            &json!({"image": "registry.k8s.io/kube-scheduler:v1.34.1", "command": ["kube-scheduler",
                "--config=/etc/kubernetes/scheduler.yaml", "--feature-gates=A=true,B=false", "--leader-elect=true"]}),
            Some(("v1.34.1", "A=true,B=false", Some("/etc/kubernetes/scheduler.yaml"))),
        );
        case(
            &json!({"image": "localhost:5000/x@sha256:abc", "command": ["/bin/sh", "-c"],
                "args": ["exec kube-scheduler --feature-gates A=true --feature-gates=\"B=true\" 2>&1"]}),
            Some(("", "A=true,B=true", None)),
        );
        case(&json!({"image": "x:v1"}), None);
        case(&json!({"image": "kube-scheduler:v1.34.1", "command": ["--config"]}), Some(("v1.34.1", "", None)));
    }

    #[test]
    fn the_newer_of_two_counts() {
        let process = |version: &str| SchedulerProcess { version: version.to_owned(), ..SchedulerProcess::default() };
        assert_eq!(process("v1.34.1").newer(process("v1.34.10")).version, "v1.34.10");
        assert_eq!(process("v1.34.1").newer(process("v1.33.9-x")).version, "v1.34.1");
        assert_eq!(process("v1.34.1").newer(process("")).version, "v1.34.1");
    }
}
