//! The Cluster Autoscaler that runs as a pod of the cluster: its flags.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The flags that answers rest on; others are not kept.
const KEPT: [&str; 27] = [
    "allowed-scheduler-names",
    "balance-similar-node-groups",
    "balancing-ignore-label",
    "balancing-label",
    "bypassed-scheduler-names",
    "capacity-buffer-pod-injection-enabled",
    "capacity-quotas-enabled",
    "cloud-provider",
    "cores-total",
    "enable-csi-node-aware-scheduling",
    "enable-provisioning-requests",
    "expander",
    "expendable-pods-priority-cutoff",
    "force-ds",
    "gpu-total",
    "ignore-taint",
    "max-node-startup-time",
    "max-nodes-per-scaleup",
    "max-nodes-total",
    "memory-total",
    "namespace",
    "new-pod-scale-up-delay",
    "scale-from-unschedulable",
    "scaleup-simulation-for-skipped-node-groups-enabled",
    "startup-taint",
    "startup-taint-prefix",
    "status-taint",
];

/// What its command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AutoscalerProcess {
    /// The flags, one a text: `--max-nodes-total=50`.
    pub flags: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WirePod {
    spec: WireSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireSpec {
    containers: Vec<WireContainer>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireContainer {
    image: String,
    command: Vec<String>,
    args: Vec<String>,
}

impl AutoscalerProcess {
    /// Whether a pod with these labels may be one: only then is it worth a second look.
    pub(crate) fn is_likely<'a>(mut labels: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
        labels.any(|(key, value)| {
            matches!(key, "app" | "k8s-app" | "app.kubernetes.io/name" | "component")
                && value.contains("cluster-autoscaler")
        })
    }

    /// As [`AutoscalerProcess::is_likely`], for a pod as JSON.
    pub fn is_likely_value(pod: &Value) -> bool {
        let labels = pod.pointer("/metadata/labels").and_then(Value::as_object);
        labels.is_some_and(|labels| {
            Self::is_likely(labels.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))))
        })
    }

    /// Reads a pod that is one.
    pub fn of(pod: &[u8]) -> Option<Self> {
        let mut stream = serde_json::Deserializer::from_slice(pod).into_iter::<WirePod>();
        Self::new(stream.next()?.ok()?)
    }

    /// Leaves out what may tell of its user: keys of taints and labels.
    pub(crate) fn redact(&mut self) {
        self.flags.retain(|flag| !flag.contains("-taint") && !flag.contains("-label") && !flag.contains("names"));
    }

    fn new(pod: WirePod) -> Option<Self> {
        let is_one = |container: &WireContainer| {
            container.image.contains("cluster-autoscaler")
                || container.command.iter().any(|word| word.contains("cluster-autoscaler"))
        };
        let container = pod.spec.containers.into_iter().find(is_one)?;
        // A shell's `-c` has the whole command line in one word.
        let words = container.command.iter().chain(&container.args).flat_map(|word| split(word));
        let flags: Vec<String> = words.collect();
        Some(Self { flags: kept(flags) })
    }
}

/// The flags among `words` that matter, each with its value.
fn kept(words: Vec<String>) -> Vec<String> {
    let mut words = words.into_iter().peekable();
    let mut flags = Vec::new();
    while let Some(word) = words.next() {
        let (flag, value) = word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        let flag = flag.trim_start_matches('-');
        if word.starts_with('-') && KEPT.contains(&flag) {
            let next = || words.next_if(|next| !next.starts_with('-'));
            let value = value.map(str::to_owned).or_else(next);
            flags.push(format!("--{flag}={}", value.as_deref().unwrap_or("true")));
        }
    }
    flags
}

/// The words of a command line. Quotes around a value are taken off.
pub fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut depth) = (String::new(), None::<char>, 0_usize);
    for c in text.chars() {
        match (c, quote) {
            ('"' | '\'', None) if depth == 0 => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            // A JSON value may hold blanks.
            ('{', None) => {
                depth += 1;
                word.push(c);
            }
            ('}', None) => {
                depth = depth.saturating_sub(1);
                word.push(c);
            }
            (c, None) if c.is_whitespace() && depth == 0 => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (c, _) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn flags_of_a_pod() {
        let pod = json!({"metadata": {"labels": {"app": "cluster-autoscaler"}}, "spec": {"containers": [{
            "image": "registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.1",
            "command": ["./cluster-autoscaler", "--v=4", "--expander=priority,least-waste"]}]}});
        assert_eq!(
            AutoscalerProcess::of(pod.to_string().as_bytes()).unwrap().flags,
            ["--expander=priority,least-waste"]
        );
        assert_eq!(AutoscalerProcess::of(br#"{"spec": {"containers": []}}"#), None);
    }

    #[test]
    fn words() {
        assert_eq!(split("--a=1  --b \"x y\""), ["--a=1", "--b", "x y"]);
        assert_eq!(
            split(r#"--scheduler-config={"a": {"b": 1}} --c"#),
            [r#"--scheduler-config={"a": {"b": 1}}"#, "--c"]
        );
    }
}
