//! What becomes of the gates that the scheduler reads: most are fields of [`super::FeatureGates`] that the code asks for.
//! Here are the others: those that change an answer in a way that is not reproduced, and those that change none. A test
//! walks the tables of all minors, so that no gate that the scheduler reads is left without a word.

use super::versions::Behaviour;

/// Gates that change an answer when they are on, and what is not reproduced then.
const NOT_REPRODUCED: [(&str, &str); 2] = [
    ("CompositePodGroup", "groups of pod groups are answered as if each pod group stood alone"),
    (
        "InPlacePodVerticalScalingSchedulerPreemption",
        "a pod whose resize is deferred preempts no pod here, and no node is kept free for it",
    ),
];

/// Gates that the scheduler's packages read and that change no verdict, score or message.
#[cfg(test)]
const NO_EFFECT: [(&str, &[&str]); 7] = [
    (
        "how the API is asked and watched",
        &[
            "AtomicFIFO",
            "ClientsAllowCARotation",
            "ClientsAllowCBOR",
            "ClientsAllowTLSCacheGC",
            "ClientsPreferCBOR",
            "InOrderInformers",
            "InOrderInformersBatchProcess",
            "InformerResourceVersion",
            "ShardedListAndWatch",
            "UnlockWhileProcessingFIFO",
            "WatchListClient",
        ],
    ),
    (
        "when a pod is tried again, and in which thread",
        &[
            "SchedulerAsyncAPICalls",
            "SchedulerAsyncPreemption",
            "SchedulerPopFromBackoffQ",
            "SchedulerPreQueueingHints",
            "SchedulerQueueingHints",
        ],
    ),
    (
        "what is written to a pod after the answer",
        &["ClearingNominatedNodeNameAfterBinding", "NominatedNodeNameForExpectation", "PodObservedGenerationTracking"],
    ),
    ("the same answer by a shorter way", &["InterPodAffinityHostnameFastPath", "OpportunisticBatching"]),
    (
        "defaults and validation of the API server",
        &[
            "AllowServiceLBStatusOnNonLB",
            "AuthorizeWithSelectors",
            "ContainerRestartRules",
            "H2CContainerProbe",
            "ImageVolume",
            "LoadBalancerIPMode",
            "MutablePVNodeAffinity",
            "PodLevelResourcesFixDefaulting",
            "PodLogsQuerySplitStreams",
            "PreferSameTrafficDistribution",
            "RecoverVolumeExpansionFailure",
            "RelaxedServiceNameValidation",
            "StrictIPCIDRValidation",
        ],
    ),
    (
        "the kubelet's part; what a node declares decides",
        &[
            "InPlacePodVerticalScalingInitContainers",
            "PodLevelResourcesFixKubeletQOSClass",
            "RestartAllContainersOnContainerExits",
        ],
    ),
    ("always on: locked in every minor", &["SidecarContainers"]),
];

impl Behaviour {
    /// The gates that are on and not reproduced, with what that means for an answer.
    pub fn not_reproduced(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        NOT_REPRODUCED.into_iter().filter(|(gate, _)| self.gates.by_name(gate) == Some(true))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config::KubeVersion;
    use crate::config::feature_gates::fields;
    use crate::config::versions::MINORS;

    /// All source but the list of the fields.
    fn source(dir: &Path, text: &mut String) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                source(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("feature_gates.rs")
            {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn every_gate_that_the_scheduler_reads_is_asked_for_or_named() {
        let mut text = String::new();
        source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
        let asked: BTreeSet<&str> =
            fields().filter(|(_, field)| text.contains(&format!("gates.{field}"))).map(|(gate, _)| gate).collect();
        let of_plugins = MINORS.iter().flat_map(|minor| minor.plugins).filter_map(|plugin| plugin.gate);
        let of_plugins: BTreeSet<&str> = of_plugins.collect();
        let named: BTreeSet<&str> = NOT_REPRODUCED.iter().map(|(gate, _)| *gate).collect();
        let without_effect: BTreeSet<&str> = NO_EFFECT.iter().flat_map(|(_, gates)| *gates).copied().collect();
        for gate in MINORS.iter().flat_map(|minor| minor.gates).filter(|gate| gate.read) {
            let known = [&asked, &of_plugins, &named, &without_effect].iter().any(|known| known.contains(gate.name));
            assert!(known, "{}: read by the scheduler; ask for it, or name it in gate_effects.rs", gate.name);
        }
        for gate in named.iter().chain(&without_effect) {
            assert!(MINORS.iter().any(|minor| minor.gate(gate).is_some()), "{gate} is in no table");
        }
        assert!(asked.is_disjoint(&without_effect), "{:?}", asked.intersection(&without_effect));
        for (gate, _) in fields() {
            assert!(
                asked.contains(gate) || of_plugins.contains(gate) || named.contains(gate),
                "nobody asks for {gate}"
            );
        }
    }

    #[test]
    fn gates_that_are_on_and_not_reproduced_are_named() {
        for minor in MINORS {
            let version = KubeVersion { minor: minor.minor, patch: None };
            assert_eq!(Behaviour::new(version).not_reproduced().count(), 0, "by default, in {version}");
            for (name, _) in NOT_REPRODUCED {
                let Some(gate) = minor.gate(name) else { continue };
                let needed = gate.needs.iter().fold(String::new(), |text, need| text + "," + need + "=true");
                let behaviour = Behaviour::with_feature_gates(version, &format!("{name}=true{needed}")).unwrap();
                assert!(behaviour.not_reproduced().any(|(named, _)| named == name), "{name} in {version}");
            }
        }
    }
}
