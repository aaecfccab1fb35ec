//! LimitRange: what a namespace's containers and pods request by default, and may request at all.
//!
//! <https://kubernetes.io/docs/concepts/policy/limit-range/>; upstream
//! plugin/pkg/admission/limitranger/admission.go. Limits of claims (`PersistentVolumeClaim`) are
//! not among what a pod is measured by.

use crate::api::name::Name;
use crate::api::pod_spec::{Container, PodSpec};
use crate::api::pod_template::PodTemplate;
use crate::api::quantity::Quantity;
use crate::api::requests::{PodResources, PodResourcesOptions, RequestGates, pod_requests};
use crate::api::resources::ResourceList;
use crate::decode::limit_range::{LimitRange, LimitRangeItem, over};

impl LimitRange {
    /// Gives containers the requests and limits they lack (PodMutateLimitFunc).
    pub(super) fn default(&self, spec: &mut PodSpec) {
        let (mut requests, mut limits) = (ResourceList::default(), ResourceList::default());
        for item in self.limits.iter().filter(|item| item.of == "Container") {
            requests = over(&requests, &item.default_request);
            limits = over(&limits, &item.default);
        }
        let with_defaults = |container: &Container| {
            let mut container = container.clone();
            let resources = container.resources.get_or_insert_default();
            resources.requests = over(&requests, &resources.requests);
            resources.limits = over(&limits, &resources.limits);
            container
        };
        if !requests.is_empty() || !limits.is_empty() {
            spec.containers = spec.containers.iter().map(with_defaults).collect();
            spec.init_containers = spec.init_containers.iter().map(with_defaults).collect();
        }
    }

    /// What the pod breaks, in the API server's words (PodValidateLimitFunc).
    pub(super) fn violations(&self, template: &PodTemplate, gates: RequestGates) -> Vec<String> {
        let mut found = Vec::new();
        for item in &self.limits {
            match item.of.as_str() {
                "Container" => {
                    for container in template.spec.containers.iter().chain(&template.spec.init_containers) {
                        item.check(container.requests(), container.limits(), &mut found);
                    }
                }
                "Pod" => {
                    let whole = |resources: PodResources<'_>| -> ResourceList {
                        let options = PodResourcesOptions {
                            skip_pod_level_resources: !gates.pod_level_resources,
                            ..PodResourcesOptions::default()
                        };
                        pod_requests(&PodResources { overhead: None, ..resources }, options).iter().collect()
                    };
                    item.check(&whole(template.resources()), &whole(template.limits()), &mut found);
                }
                _ => {}
            }
        }
        found
    }
}

impl LimitRangeItem {
    fn check(&self, requests: &ResourceList, limits: &ResourceList, found: &mut Vec<String>) {
        let of = |resource| (requests.get(resource), limits.get(resource));
        for (resource, bound) in self.min.iter() {
            found.extend(self.below(resource, bound, of(resource)));
        }
        for (resource, bound) in self.max.iter() {
            found.extend(self.above(resource, bound, of(resource)));
        }
        for (resource, bound) in self.max_limit_request_ratio.iter() {
            found.extend(self.out_of_ratio(resource, bound, of(resource)));
        }
    }

    /// minConstraint.
    fn below(&self, resource: Name, bound: Quantity, (request, limit): Amounts) -> Option<String> {
        let rule = format!("minimum {resource} usage per {} is {bound}", self.of);
        let Some(request) = request else { return Some(format!("{rule}.  No request is specified")) };
        if bound.compare(request).is_gt() {
            return Some(format!("{rule}, but request is {request}"));
        }
        let limit = limit.filter(|limit| bound.compare(*limit).is_gt())?;
        Some(format!("{rule}, but limit is {limit}"))
    }

    /// maxConstraint.
    fn above(&self, resource: Name, bound: Quantity, (request, limit): Amounts) -> Option<String> {
        let rule = format!("maximum {resource} usage per {} is {bound}", self.of);
        let Some(limit) = limit else { return Some(format!("{rule}.  No limit is specified")) };
        if limit.compare(bound).is_gt() {
            return Some(format!("{rule}, but limit is {limit}"));
        }
        let request = request.filter(|request| request.compare(bound).is_gt())?;
        Some(format!("{rule}, but request is {request}"))
    }

    /// limitRequestRatioConstraint.
    fn out_of_ratio(&self, resource: Name, bound: Quantity, (request, limit): Amounts) -> Option<String> {
        let rule = format!("{resource} max limit to request ratio per {} is {bound}", self.of);
        let Some(request) = request.filter(|request| !request.is_zero()) else {
            return Some(format!("{rule}, but no request is specified or request is 0"));
        };
        let Some(limit) = limit.filter(|limit| !limit.is_zero()) else {
            return Some(format!("{rule}, but no limit is specified or limit is 0"));
        };
        let ratio = ratio(request, limit, bound);
        let exceeds = if bound.value() <= MOST_IN_MILLIS {
            ratio * 1000.0 > bound.milli_value() as f64
        } else {
            ratio > bound.value() as f64
        };
        exceeds.then(|| format!("{rule}, but provided ratio is {ratio:.6}"))
    }
}

/// Request and limit.
type Amounts = (Option<Quantity>, Option<Quantity>);

/// The largest number of units that fits 64 bits in thousandths.
const MOST_IN_MILLIS: i64 = i64::MAX / 1000;

/// In thousandths where all three fit (requestLimitEnforcedValues).
fn ratio(request: Quantity, limit: Quantity, bound: Quantity) -> f64 {
    if [request, limit, bound].iter().all(|quantity| quantity.value() <= MOST_IN_MILLIS) {
        limit.milli_value() as f64 / request.milli_value() as f64
    } else {
        limit.value() as f64 / request.value() as f64
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decode::{Kind, Object};

    const GATES: RequestGates =
        RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true, ..RequestGates::OFF };

    fn limit_range(limits: &str) -> LimitRange {
        let json = format!(r#"{{"metadata":{{"name":"l"}},"spec":{{"limits":[{limits}]}}}}"#);
        match Object::decode(Kind::LimitRange, json.as_bytes()) {
            Ok((Object::LimitRange(limits), _)) => *limits,
            other => panic!("{other:?}"),
        }
    }

    fn template(spec: &str) -> PodTemplate {
        match Object::decode(Kind::Pod, format!(r#"{{"spec":{spec}}}"#).as_bytes()) {
            Ok((Object::Pod(pod), _)) => Arc::unwrap_or_clone(pod.template),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn defaults(limits: &str, resources: &str, requests: &str, limits_after: &str) {
        let mut template = template(&format!(r#"{{"containers":[{{"resources":{resources}}}]}}"#));
        limit_range(limits).default(&mut template.spec);
        let container = &template.spec.containers[0];
        let shown = |list: &ResourceList| {
            list.iter().map(|(name, amount)| format!("{name}={amount}")).collect::<Vec<_>>().join(",")
        };
        assert_eq!((shown(container.requests()), shown(container.limits())), (requests.into(), limits_after.into()));
    }

    #[test]
    fn what_is_absent_gets_the_default() {
        let limits = r#"{"type":"Container","default":{"cpu":"1"},"defaultRequest":{"cpu":"100m"}}"#;
        defaults(limits, "{}", "cpu=100m", "cpu=1");
        defaults(limits, r#"{"requests":{"cpu":"0"},"limits":{"memory":"1Gi"}}"#, "cpu=0", "cpu=1,memory=1Gi");
        // The maximum is the limit, and the limit the request, where nothing else is said.
        defaults(r#"{"type":"Container","max":{"cpu":"2"},"min":{"memory":"1Mi"}}"#, "{}", "cpu=2,memory=1Mi", "cpu=2");
        defaults(r#"{"type":"Pod","max":{"cpu":"2"}}"#, "{}", "", "");
    }

    #[track_caller]
    fn breaks(limits: &str, spec: &str, expected: &[&str]) {
        assert_eq!(limit_range(limits).violations(&template(spec), GATES), expected);
    }

    fn container(requests: &str, limits: &str) -> String {
        format!(r#"{{"containers":[{{"resources":{{"requests":{{{requests}}},"limits":{{{limits}}}}}}}]}}"#)
    }

    #[test]
    fn containers_are_measured_one_by_one() {
        let min = r#"{"type":"Container","min":{"cpu":"100m"}}"#;
        breaks(min, &container(r#""cpu":"0.1""#, ""), &[]);
        breaks(min, &container(r#""cpu":"50m""#, ""), &["minimum cpu usage per Container is 100m, but request is 50m"]);
        breaks(min, &container("", ""), &["minimum cpu usage per Container is 100m.  No request is specified"]);
        let max = r#"{"type":"Container","max":{"memory":"1Gi"}}"#;
        breaks(
            max,
            &container("", r#""memory":"2048Mi""#),
            &["maximum memory usage per Container is 1Gi, but limit is 2Gi"],
        );
        breaks(max, &container("", ""), &["maximum memory usage per Container is 1Gi.  No limit is specified"]);
        let ratio = r#"{"type":"Container","maxLimitRequestRatio":{"cpu":"2"}}"#;
        breaks(ratio, &container(r#""cpu":"1""#, r#""cpu":"2""#), &[]);
        breaks(
            ratio,
            &container(r#""cpu":"3""#, r#""cpu":"7""#),
            &["cpu max limit to request ratio per Container is 2, but provided ratio is 2.333333"],
        );
        // In thousandths: rounded up to whole units it would be 2.
        breaks(
            ratio,
            &container(r#""cpu":"500m""#, r#""cpu":"1500m""#),
            &["cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000"],
        );
    }

    #[test]
    fn a_pod_is_measured_as_a_whole() {
        let two = r#"{"containers":[{"resources":{"limits":{"cpu":"1"}}},{"resources":{"limits":{"cpu":"1"}}}]}"#;
        breaks(r#"{"type":"Pod","max":{"cpu":"2"}}"#, two, &[]);
        breaks(r#"{"type":"Pod","max":{"cpu":"1500m"}}"#, two, &["maximum cpu usage per Pod is 1500m, but limit is 2"]);
    }
}
