//! RuntimeClass: what running a pod in a sandbox costs beside its containers, and where it can be done.
//!
//! <https://kubernetes.io/docs/concepts/containers/runtime-class/>; upstream
//! plugin/pkg/admission/runtimeclass/admission.go.

use crate::api::pod_spec::PodSpec;
use crate::api::resources::ResourceList;
use crate::decode::runtime_class::RuntimeClass;

impl RuntimeClass {
    /// Merges the class into a pod that names it (Admit).
    ///
    /// # Errors
    /// Both say different things; in the API server's words. The pod then has what could be merged.
    pub(super) fn merge_into(&self, spec: &mut PodSpec) -> Result<(), String> {
        self.set_overhead(spec)?;
        for (key, value) in self.node_selector.iter() {
            if let Some(own) = spec.node_selector.get(key).filter(|own| *own != value) {
                return Err(format!(
                    "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {own}"
                ));
            }
        }
        spec.node_selector = spec.node_selector.iter().chain(self.node_selector.iter()).collect();
        // Upstream drops tolerations that another one covers: that changes nothing to scheduling.
        let added = self.tolerations.iter().filter(|toleration| !spec.tolerations.contains(toleration));
        spec.tolerations = spec.tolerations.iter().chain(added).copied().collect();
        Ok(())
    }

    /// setOverhead, and validateOverhead of a class that has none.
    fn set_overhead(&self, spec: &mut PodSpec) -> Result<(), String> {
        match (&self.overhead, &spec.overhead) {
            (Some(overhead), Some(own)) if !same(overhead, own) => {
                Err("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead".to_owned())
            }
            (Some(overhead), _) => {
                spec.overhead = Some(overhead.clone());
                Ok(())
            }
            (None, Some(_)) => Err(OVERHEAD_WITHOUT_CLASS.to_owned()),
            (None, None) => Ok(()),
        }
    }
}

/// Of a pod that has an overhead and no class that gives it one.
pub(super) const OVERHEAD_WITHOUT_CLASS: &str =
    "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

/// Whether both lists have the same amounts, however they are written.
fn same(a: &ResourceList, b: &ResourceList) -> bool {
    a.iter().len() == b.iter().len()
        && a.iter().all(|(resource, amount)| b.get(resource).is_some_and(|other| amount.compare(other).is_eq()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Kind, Object};

    const CLASS: &str = r#"{"metadata":{"name":"kata"},"overhead":{"podFixed":{"cpu":"250m"}},
        "scheduling":{"nodeSelector":{"sandbox":"yes"},"tolerations":[{"key":"kata","operator":"Exists"}]}}"#;

    #[track_caller]
    fn merged(class: &str, spec: &str, expected: Result<&str, &str>) {
        let Ok((Object::RuntimeClass(class), _)) = Object::decode(Kind::RuntimeClass, class.as_bytes()) else {
            panic!("{class}")
        };
        let mut spec: PodSpec = serde_json::from_str(spec).unwrap();
        let result = class.merge_into(&mut spec).map(|()| {
            let selector = spec.node_selector.iter().map(|(key, value)| format!("{key}={value}"));
            let tolerations = spec.tolerations.iter().map(|toleration| toleration.key.unwrap_or_default().to_string());
            let overhead =
                spec.overhead.iter().flat_map(ResourceList::iter).map(|(of, amount)| format!("{of}={amount}"));
            selector.chain(tolerations).chain(overhead).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(result.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn the_class_joins_the_pod() {
        merged(CLASS, "{}", Ok("sandbox=yes kata cpu=250m"));
        merged(
            CLASS,
            r#"{"overhead":{"cpu":"0.25"},"nodeSelector":{"a":"b"},"tolerations":[{"key":"kata","operator":"Exists"}]}"#,
            Ok("a=b sandbox=yes kata cpu=250m"),
        );
        merged(r#"{"metadata":{"name":"runc"}}"#, "{}", Ok(""));
    }

    #[test]
    fn a_pod_that_says_otherwise_is_refused() {
        merged(
            CLASS,
            r#"{"overhead":{"cpu":"1"}}"#,
            Err("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"),
        );
        merged(
            CLASS,
            r#"{"nodeSelector":{"sandbox":"no"}}"#,
            Err("conflict: runtimeClass.scheduling.nodeSelector[sandbox] = yes; pod.spec.nodeSelector[sandbox] = no"),
        );
        merged(r#"{"metadata":{"name":"runc"}}"#, r#"{"overhead":{"cpu":"1"}}"#, Err(OVERHEAD_WITHOUT_CLASS));
    }
}
