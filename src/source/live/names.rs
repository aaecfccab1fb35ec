//! Names alone, for completion: metadata of one kind's objects, or the entries of the kubeconfig.

use kube::config::Kubeconfig;
use serde::Deserialize;

use super::server::Server;
use super::{Connection, LiveError, body, runtime};
use crate::decode::Kind;

/// The API server's answer without specs and statuses (upstream apimachinery meta/v1, PartialObjectMetadataList).
const ONLY_METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Names a page.
const PAGE: usize = 500;

/// What a kubeconfig has under names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KubeconfigEntry {
    /// `contexts`.
    Context,
    /// `clusters`.
    Cluster,
    /// `users`.
    User,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize, Default)]
struct PageMetadata {
    #[serde(rename = "continue", default)]
    next: String,
}

#[derive(Deserialize)]
struct Item {
    metadata: ItemMetadata,
}

#[derive(Deserialize)]
struct ItemMetadata {
    name: String,
}

/// Hands the names of the objects of `kind` to `take`, page by page, until it answers that no more
/// are wanted. Of a kind that lives in namespaces only those in `namespace`, else in the context's.
///
/// # Errors
/// No connection, no right to list, or an answer that is no list.
pub fn names(
    connection: &Connection,
    kind: Kind,
    namespace: Option<&str>,
    take: &mut dyn FnMut(Vec<String>) -> bool,
) -> Result<(), LiveError> {
    runtime()?.block_on(async {
        let server = connection.server().await?;
        let namespace = namespace.unwrap_or(server.client.default_namespace()).to_owned();
        let path =
            path_of(kind, &namespace).ok_or_else(|| LiveError::new(format!("{namespace:?} cannot be a namespace")))?;
        let mut next = String::new();
        loop {
            let page = page(&server, &format!("{path}?limit={PAGE}{next}")).await?;
            let wanted = take(page.items.into_iter().map(|item| item.metadata.name).collect());
            if !wanted || page.metadata.next.is_empty() {
                return Ok(());
            }
            next = format!("&continue={}", page.metadata.next);
        }
    })
}

async fn page(server: &Server, path: &str) -> Result<Page, LiveError> {
    let request = http::Request::get(path).header(http::header::ACCEPT, ONLY_METADATA).body(Vec::new());
    let request = request.map_err(|error| unusable(path, error))?;
    let text = body::text(server, request).await.map_err(|error| server.error(error))?;
    serde_json::from_str(&text).map_err(|error| unusable(path, error))
}

fn unusable(path: &str, error: impl std::error::Error + Send + Sync + 'static) -> LiveError {
    let message = format!("cannot list {path}: {error}");
    LiveError::caused_by(error, message)
}

/// The list of `kind` in `namespace`; none when that would change what the path says.
pub(super) fn path_of(kind: Kind, namespace: &str) -> Option<String> {
    let path = kind.api_paths().next()?;
    if !kind.is_namespaced() {
        return Some(path);
    }
    let is_label = !namespace.is_empty() && namespace.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let (group, plural) = path.rsplit_once('/').filter(|_| is_label)?;
    Some(format!("{group}/namespaces/{namespace}/{plural}"))
}

/// The names under which the kubeconfig has entries; none when there is no kubeconfig.
pub fn kubeconfig_names(connection: &Connection, entry: KubeconfigEntry) -> Vec<String> {
    let read = match &connection.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let Ok(kubeconfig) = read else { return Vec::new() };
    match entry {
        KubeconfigEntry::Context => kubeconfig.contexts.into_iter().map(|named| named.name).collect(),
        KubeconfigEntry::Cluster => kubeconfig.clusters.into_iter().map(|named| named.name).collect(),
        KubeconfigEntry::User => kubeconfig.auth_infos.into_iter().map(|named| named.name).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::workload::WorkloadKind;

    #[track_caller]
    fn case(kind: Kind, namespace: &str, expected: Option<&str>) {
        assert_eq!(path_of(kind, namespace).as_deref(), expected);
    }

    #[test]
    fn paths_of_lists() {
        case(Kind::Pod, "shop", Some("/api/v1/namespaces/shop/pods"));
        case(Kind::Workload(WorkloadKind::Deployment), "a-1", Some("/apis/apps/v1/namespaces/a-1/deployments"));
        case(Kind::Node, "../..", Some("/api/v1/nodes"));
        case(Kind::Namespace, "", Some("/api/v1/namespaces"));
        case(Kind::Pod, "", None);
        case(Kind::Pod, "../../secrets?", None);
    }
}
