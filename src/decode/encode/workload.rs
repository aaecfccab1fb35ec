//! Objects with a pod template.

use serde_json::{Value, json};

use super::{Meta, object, storage, template_metadata};
use crate::api::update_strategy::UpdateStrategy;
use crate::decode::Kind;
use crate::decode::workload::{Workload, WorkloadKind};

/// A workload of any kind.
pub(crate) fn workload(workload: &Workload) -> Value {
    let Workload {
        kind,
        key,
        uid,
        labels,
        controller,
        selector,
        replicas,
        completions,
        suspended,
        first_ordinal,
        claim_templates,
        strategy,
        paused,
        parallel,
        created,
        creation_failure,
        end,
        template,
    } = workload;
    let metadata = Meta {
        key: Some(*key),
        uid: *uid,
        labels: Some(labels),
        owner: *controller,
        created: *created,
        ..Meta::default()
    };
    let template = json!({ "metadata": template_metadata(&template.metadata), "spec": template.spec });
    let strategy = Some(strategy).filter(|strategy| **strategy != UpdateStrategy::default());
    let suspend = suspended.then_some(true);
    let spec = match kind {
        WorkloadKind::CronJob => json!({
            "suspend": suspend,
            "jobTemplate": { "spec": { "parallelism": replicas, "completions": completions, "template": template } },
        }),
        WorkloadKind::Job => json!({
            "parallelism": replicas, "completions": completions, "suspend": suspend, "selector": selector,
            "template": template, "updateStrategy": strategy,
        }),
        WorkloadKind::ReplicationController => json!({
            "replicas": replicas,
            "selector": selector.as_ref().map(|selector| &selector.match_labels),
            "template": template,
        }),
        _ => json!({
            "replicas": replicas,
            "completions": completions,
            "suspend": suspend,
            "ordinals": Some(first_ordinal).filter(|first| **first != 0).map(|first| json!({ "start": first })),
            "volumeClaimTemplates": claim_templates.iter().map(storage::persistent_volume_claim).collect::<Vec<_>>(),
            "selector": selector,
            "strategy": strategy.filter(|_| *kind == WorkloadKind::Deployment),
            "updateStrategy": strategy.filter(|_| *kind != WorkloadKind::Deployment),
            "paused": paused.then_some(true),
            "podManagementPolicy": parallel.then_some("Parallel"),
            "template": template,
        }),
    };
    let failed = creation_failure
        .as_ref()
        .map(|message| json!([{ "type": "ReplicaFailure", "status": "True", "message": message }]));
    let ended = end.as_ref().map(|end| {
        let r#type = if end.failed { "Failed" } else { "Complete" };
        json!([{ "type": r#type, "status": "True", "reason": end.reason, "message": end.message }])
    });
    object(Kind::Workload(*kind), &metadata.to_json(), &spec, &json!({ "conditions": failed.or(ended) }))
}
