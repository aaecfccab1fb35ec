//! The flags of the Cluster Autoscaler that decide over new nodes (cluster-autoscaler `config/flags/flags.go`).

use crate::config::GoDuration;

/// The flags, with upstream's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "upstream's flags, each by itself")]
pub struct Flags {
    /// `--max-nodes-total`; 0 is no limit.
    pub max_nodes_total: i64,
    /// `--cores-total`: the maximum.
    pub max_cores: i64,
    /// `--memory-total`: the maximum, in bytes.
    pub max_memory: i64,
    /// `--gpu-total`: the maximum of each type.
    pub max_gpus: Vec<(String, i64)>,
    /// `--max-nodes-per-scaleup`.
    pub max_nodes_per_scale_up: i64,
    /// `--expander`.
    pub expanders: Vec<String>,
    /// `--balance-similar-node-groups`.
    pub balance_similar: bool,
    /// `--balancing-ignore-label`.
    pub balancing_ignored_labels: Vec<String>,
    /// `--balancing-label`.
    pub balancing_labels: Vec<String>,
    /// `--expendable-pods-priority-cutoff`.
    pub expendable_cutoff: i64,
    /// `--enable-provisioning-requests`.
    pub provisioning_requests: bool,
    /// `--capacity-quotas-enabled`.
    pub capacity_quotas: bool,
    /// `--capacity-buffer-pod-injection-enabled`.
    pub capacity_buffers: bool,
    /// `--new-pod-scale-up-delay`.
    pub new_pod_delay: GoDuration,
    /// `--scaleup-simulation-for-skipped-node-groups-enabled`.
    pub simulates_skipped: bool,
    /// `--force-ds`.
    pub force_daemon_sets: bool,
    /// `--startup-taint` and `--ignore-taint`.
    pub startup_taints: Vec<String>,
    /// `--startup-taint-prefix`, and those that are always there.
    pub startup_taint_prefixes: Vec<String>,
    /// `--status-taint`.
    pub status_taints: Vec<String>,
    /// `--scale-from-unschedulable`.
    pub scales_from_unschedulable: bool,
    /// `--enable-csi-node-aware-scheduling`.
    pub csi_aware: bool,
    /// `--max-node-startup-time`.
    pub max_node_startup: GoDuration,
    /// `--bypassed-scheduler-names`.
    pub bypassed_schedulers: Vec<String>,
    /// `--allowed-scheduler-names`.
    pub allowed_schedulers: Vec<String>,
    /// `--cloud-provider`.
    pub cloud_provider: Option<String>,
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            max_nodes_total: 0,
            max_cores: 5000 * 64,
            max_memory: (5000 * 64 * 20) << 30,
            max_gpus: Vec::new(),
            max_nodes_per_scale_up: 1000,
            provisioning_requests: false,
            capacity_quotas: false,
            capacity_buffers: false,
            expanders: vec!["least-waste".to_owned()],
            balance_similar: false,
            balancing_ignored_labels: Vec::new(),
            balancing_labels: Vec::new(),
            expendable_cutoff: -10,
            new_pod_delay: GoDuration::default(),
            simulates_skipped: false,
            force_daemon_sets: false,
            startup_taints: Vec::new(),
            startup_taint_prefixes: vec![
                "ignore-taint.cluster-autoscaler.kubernetes.io/".to_owned(),
                "startup-taint.cluster-autoscaler.kubernetes.io/".to_owned(),
            ],
            status_taints: Vec::new(),
            scales_from_unschedulable: false,
            csi_aware: false,
            max_node_startup: GoDuration::from_seconds(900),
            bypassed_schedulers: Vec::new(),
            allowed_schedulers: Vec::new(),
            cloud_provider: None,
        }
    }
}

/// What begins so is a status taint (cluster-autoscaler `utils/taints/taints.go`).
const STATUS_TAINT_PREFIX: &str = "status-taint.cluster-autoscaler.kubernetes.io/";

/// A flag whose value makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{flag}: \"{value}\" is not {expected}")]
pub struct FlagError {
    /// The flag.
    pub flag: String,
    /// What it was given.
    pub value: String,
    /// What it takes.
    pub expected: &'static str,
}

impl Flags {
    /// Reads `--flag=value` and `--flag value`; flags that decide nothing here are left alone.
    ///
    /// # Errors
    /// A value that the flag does not take.
    pub fn parse(words: &[String]) -> Result<Self, FlagError> {
        let mut flags = Self::default();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { continue };
            let (flag, value) = match flag.split_once('=') {
                Some((flag, value)) => (flag, value.to_owned()),
                None if Self::is_switch(flag) => (flag, "true".to_owned()),
                None => {
                    let next = words.next_if(|next| !next.starts_with("--"));
                    (flag, next.cloned().unwrap_or_else(|| "true".to_owned()))
                }
            };
            flags.set(flag, &value)?;
        }
        Ok(flags)
    }

    fn is_switch(flag: &str) -> bool {
        matches!(
            flag,
            "balance-similar-node-groups"
                | "scaleup-simulation-for-skipped-node-groups-enabled"
                | "force-ds"
                | "scale-from-unschedulable"
                | "enable-csi-node-aware-scheduling"
                | "enable-provisioning-requests"
                | "capacity-quotas-enabled"
                | "capacity-buffer-pod-injection-enabled"
        )
    }

    fn set(&mut self, flag: &str, value: &str) -> Result<(), FlagError> {
        let wrong = |expected| FlagError { flag: format!("--{flag}"), value: value.to_owned(), expected };
        let number = || value.parse::<i64>().map_err(|_| wrong("a number"));
        let switch = || value.parse::<bool>().map_err(|_| wrong("true or false"));
        let duration = || GoDuration::parse(value).ok_or_else(|| wrong("a duration such as 30s"));
        let maximum = || {
            let (min, max) = value.split_once(':').ok_or_else(|| wrong("MIN:MAX"))?;
            let min: i64 = min.parse().map_err(|_| wrong("MIN:MAX"))?;
            max.parse::<i64>().ok().filter(|max| *max >= min && min >= 0).ok_or_else(|| wrong("MIN:MAX"))
        };
        let list = || value.split(',').map(str::to_owned);
        match flag {
            "max-nodes-total" => self.max_nodes_total = number()?,
            "cores-total" => self.max_cores = maximum()?,
            "memory-total" => self.max_memory = maximum()?.saturating_mul(1 << 30),
            "gpu-total" => {
                let parts: Vec<&str> = value.split(':').collect();
                let [kind, _, max] = parts.as_slice() else { return Err(wrong("TYPE:MIN:MAX")) };
                let max = max.parse().map_err(|_| wrong("TYPE:MIN:MAX"))?;
                self.max_gpus.push(((*kind).to_owned(), max));
            }
            "max-nodes-per-scaleup" => self.max_nodes_per_scale_up = number()?,
            "expander" => self.expanders = list().collect(),
            "balance-similar-node-groups" => self.balance_similar = switch()?,
            "balancing-ignore-label" => self.balancing_ignored_labels.push(value.to_owned()),
            "balancing-label" => self.balancing_labels.push(value.to_owned()),
            "expendable-pods-priority-cutoff" => self.expendable_cutoff = number()?,
            "new-pod-scale-up-delay" => self.new_pod_delay = duration()?,
            "scaleup-simulation-for-skipped-node-groups-enabled" => self.simulates_skipped = switch()?,
            "force-ds" => self.force_daemon_sets = switch()?,
            "startup-taint" | "ignore-taint" => self.startup_taints.push(value.to_owned()),
            "startup-taint-prefix" => self.startup_taint_prefixes.push(value.to_owned()),
            "status-taint" => self.status_taints.push(value.to_owned()),
            "scale-from-unschedulable" => self.scales_from_unschedulable = switch()?,
            "enable-csi-node-aware-scheduling" => self.csi_aware = switch()?,
            "enable-provisioning-requests" => self.provisioning_requests = switch()?,
            "capacity-quotas-enabled" => self.capacity_quotas = switch()?,
            "capacity-buffer-pod-injection-enabled" => self.capacity_buffers = switch()?,
            "max-node-startup-time" => self.max_node_startup = duration()?,
            "bypassed-scheduler-names" => self.bypassed_schedulers.extend(list()),
            "allowed-scheduler-names" => self.allowed_schedulers.extend(list()),
            "cloud-provider" => self.cloud_provider = Some(value.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// TaintConfig.IsStartupTaint.
    pub fn is_startup_taint(&self, key: &str) -> bool {
        self.startup_taints.iter().any(|taint| taint == key)
            || self.startup_taint_prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    }

    /// TaintConfig.IsStatusTaint.
    pub fn is_status_taint(&self, key: &str) -> bool {
        self.status_taints.iter().any(|taint| taint == key) || key.starts_with(STATUS_TAINT_PREFIX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::autoscaling::process::split;

    #[test]
    fn flags_are_read_as_pflag_reads_them() {
        let flags = Flags::parse(&split(
            "--max-nodes-total=5 --cores-total 0:24 --balance-similar-node-groups --force-ds=false --v=4 \
             --expander=priority,least-nodes --new-pod-scale-up-delay=1m30s --startup-taint a --startup-taint b",
        ))
        .unwrap();
        assert_eq!((flags.max_nodes_total, flags.max_cores), (5, 24));
        assert_eq!((flags.balance_similar, flags.force_daemon_sets), (true, false));
        assert_eq!(flags.expanders, ["priority", "least-nodes"]);
        assert_eq!(flags.new_pod_delay, GoDuration::from_seconds(90));
        assert!(flags.is_startup_taint("b") && !flags.is_startup_taint("c"));
    }

    #[test]
    fn what_a_flag_does_not_take_is_said() {
        let said = |text: &str| Flags::parse(&split(text)).unwrap_err().to_string();
        assert_eq!(said("--max-nodes-total=x"), "--max-nodes-total: \"x\" is not a number");
        assert_eq!(said("--cores-total=5"), "--cores-total: \"5\" is not MIN:MAX");
    }
}
