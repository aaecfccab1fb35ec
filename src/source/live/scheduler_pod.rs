//! The pods of kube-scheduler, where it runs as pods of the cluster: its image and its command line tell its version and
//! its gates.

use serde_json::Value;

use super::{Connection, LiveError};
use crate::decode::scheduler_process::SchedulerProcess;

/// Where kubeadm, kops, kind and others put it ([`SchedulerProcess::is_likely_value`]).
const PATH: &str = "/api/v1/namespaces/kube-system/pods?labelSelector=component%3Dkube-scheduler";

/// The kube-scheduler that runs as a pod; of several the newest. None where there is none to be seen.
///
/// # Errors
/// No connection.
pub fn scheduler_process(connection: &Connection) -> Result<Option<SchedulerProcess>, LiveError> {
    let session = connection.session()?;
    let text = match session.runtime.block_on(session.server.get(PATH)) {
        Ok(text) => text,
        Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404) => return Ok(None),
        Err(error) => return Err(session.server.error(error)),
    };
    let list: Value = serde_json::from_str(&text).map_err(|error| {
        let message = format!("the server's answer is no list of pods: {error}");
        LiveError::caused_by(error, message)
    })?;
    let pods = list.get("items").and_then(Value::as_array).into_iter().flatten();
    Ok(pods.filter_map(SchedulerProcess::of_value).reduce(SchedulerProcess::newer))
}
