//! One table a Kubernetes minor, written by `just versions` from Kubernetes' source, and the named behaviours that no
//! table can be read off for. The only place that compares versions.

mod behaviours;
mod devices;
pub(super) mod table;
#[allow(clippy::enum_glob_use, reason = "a table is read more easily")]
mod v1_33;
#[allow(clippy::enum_glob_use, reason = "a table is read more easily")]
mod v1_34;
#[allow(clippy::enum_glob_use, reason = "a table is read more easily")]
mod v1_35;
#[allow(clippy::enum_glob_use, reason = "a table is read more easily")]
mod v1_36;
#[allow(clippy::enum_glob_use, reason = "a table is read more easily")]
mod v1_37;

pub use behaviours::Behaviour;
pub use devices::DeviceBehaviour;

use super::kube_version::KubeVersion;
use table::Minor;

/// The minors that are known, oldest first.
pub(super) const MINORS: [&Minor; 5] = [&v1_33::MINOR, &v1_34::MINOR, &v1_35::MINOR, &v1_36::MINOR, &v1_37::MINOR];

/// The table of a version's minor; of the nearest one, where it is older or newer than all of them.
pub(super) fn minor_of(version: KubeVersion) -> &'static Minor {
    let [oldest, .., newest] = MINORS;
    if version.minor < oldest.minor {
        return oldest;
    }
    MINORS.into_iter().rev().find(|minor| minor.minor <= version.minor).unwrap_or(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_follow_each_other() {
        for pair in MINORS.windows(2) {
            assert_eq!(pair[0].minor + 1, pair[1].minor);
        }
        for minor in MINORS {
            assert!(minor.gates.is_sorted_by(|a, b| a.name < b.name), "v1.{}", minor.minor);
            for plugin in minor.plugins {
                assert!(minor.points(plugin.name).is_some(), "v1.{}: {}", minor.minor, plugin.name);
                assert!(plugin.gate.is_none_or(|gate| minor.gate(gate).is_some()), "v1.{}: {plugin:?}", minor.minor);
            }
            for gate in minor.gates {
                assert!(gate.needs.iter().all(|need| minor.gate(need).is_some()), "v1.{}: {gate:?}", minor.minor);
            }
        }
    }

    #[test]
    fn versions_outside_have_the_nearest_table() {
        let table = |text: &str| minor_of(text.parse().unwrap()).minor;
        assert_eq!(["v1.29", "v1.33", "v1.35.9", "v1.37", "v1.38.0"].map(table), [33, 33, 35, 37, 37]);
    }
}
