//! The one ConfigMap that `--scheduler-config` names: a `get` of it, and of no other.

use super::{Connection, LiveError};
use crate::source::config_map::{ConfigMap, ConfigMapName};

/// The ConfigMap called `name`.
///
/// # Errors
/// No connection, no right to get it, or there is none.
pub fn config_map(connection: &Connection, name: &ConfigMapName) -> Result<ConfigMap, LiveError> {
    let session = connection.session()?;
    session.runtime.block_on(async {
        let path = format!("/api/v1/namespaces/{}/configmaps/{}", name.namespace, name.name);
        let text = session.server.get(&path).await.map_err(|error| session.server.error(error))?;
        serde_json::from_str(&text).map_err(|error| {
            let message = format!("the server's answer is not a ConfigMap: {error}");
            LiveError::caused_by(error, message)
        })
    })
}
