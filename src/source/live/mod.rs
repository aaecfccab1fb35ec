//! State from a running cluster, through the API server.
//!
//! Only lists, in pages of 500; every page is decoded into the slim structs as it comes.

use std::cell::RefCell;

use futures_util::future::join_all;
use kube::Client;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::cluster::{ClusterBuilder, Kind, Object};

mod connection;
mod error;

pub use connection::Connection;
pub use error::LiveError;

/// kubectl's chunk size.
const PAGE: usize = 500;

/// What came of reading a cluster.
#[derive(Clone, Debug, Default)]
pub struct LiveReport {
    /// The API server's version, such as `v1.34.1`.
    pub version: Option<String>,
    /// Kinds of which all objects were read, be there none.
    pub listed: Vec<Kind>,
    /// Kinds that may not be listed, with the server's reason.
    pub forbidden: Vec<(Kind, String)>,
}

/// Reads all objects of `kinds` into `builder`. A kind that the server does not serve has no
/// objects; one that may not be listed is reported.
///
/// # Errors
/// No connection, no login, no right to list nodes or pods, or an answer that is no list.
pub fn read(connection: &Connection, kinds: &[Kind], builder: &mut ClusterBuilder) -> Result<LiveReport, LiveError> {
    let report = visit(connection, kinds, |kind, json| {
        builder.add(Object::decode(kind, json)?.0);
        Ok(())
    })?;
    for kind in &report.listed {
        builder.saw(*kind);
    }
    Ok(report)
}

/// Gives all objects of `kinds` to `take` as JSON text, one by one and without their
/// `apiVersion` and `kind`.
///
/// # Errors
/// As [`read`]; an object that `take` refuses.
pub fn visit(
    connection: &Connection,
    kinds: &[Kind],
    take: impl FnMut(Kind, &[u8]) -> serde_json::Result<()>,
) -> Result<LiveReport, LiveError> {
    let take = RefCell::new(take);
    runtime()?.block_on(async {
        let client = connection.client().await?;
        let version = client.apiserver_version().await.map_err(LiveError::client)?;
        let lists = join_all(kinds.iter().map(|kind| list(&client, *kind, &take))).await;
        let mut report = LiveReport { version: Some(version.git_version), ..LiveReport::default() };
        for (kind, list) in kinds.iter().zip(lists) {
            match list {
                Ok(()) | Err(ListError::NotServed) => report.listed.push(*kind),
                Err(ListError::Forbidden(why)) if !matches!(kind, Kind::Node | Kind::Pod) => {
                    report.forbidden.push((*kind, why));
                }
                Err(ListError::Forbidden(message)) => {
                    return Err(LiveError::Server { reason: "Forbidden".to_owned(), message });
                }
                Err(ListError::Other(error)) => return Err(error),
            }
        }
        Ok(report)
    })
}

/// The namespace that the current context names.
///
/// # Errors
/// No usable kubeconfig.
pub fn default_namespace(connection: &Connection) -> Result<String, LiveError> {
    runtime()?.block_on(connection.default_namespace())
}

fn runtime() -> Result<tokio::runtime::Runtime, LiveError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| LiveError::Message(format!("cannot start the network runtime: {error}")))
}

enum ListError {
    NotServed,
    Forbidden(String),
    Other(LiveError),
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct PageMetadata {
    #[serde(rename = "continue", default)]
    next: Option<String>,
}

async fn list(
    client: &Client,
    kind: Kind,
    take: &RefCell<impl FnMut(Kind, &[u8]) -> serde_json::Result<()>>,
) -> Result<(), ListError> {
    let mut next: Option<String> = None;
    loop {
        let mut path = format!("{}?limit={PAGE}", kind.api_path());
        if let Some(token) = &next {
            path += &format!("&continue={token}");
        }
        let request = http::Request::get(&path)
            .body(Vec::new())
            .map_err(|error| ListError::Other(LiveError::Message(format!("cannot ask for {path}: {error}"))))?;
        let text = client.request_text(request).await.map_err(|error| match error {
            kube::Error::Api(status) if status.code == 404 => ListError::NotServed,
            kube::Error::Api(status) if status.code == 403 => ListError::Forbidden(status.message),
            error => ListError::Other(LiveError::client(error)),
        })?;
        let unreadable = |error: serde_json::Error| {
            ListError::Other(LiveError::Message(format!("the server's list of {} cannot be read: {error}", kind.as_str())))
        };
        let page: Page<'_> = serde_json::from_str(&text).map_err(unreadable)?;
        {
            // Never held across a wait: the lists take turns.
            let mut take = take.borrow_mut();
            for item in page.items {
                (*take)(kind, item.get().as_bytes()).map_err(unreadable)?;
            }
        }
        match page.metadata.next.filter(|token| !token.is_empty()) {
            Some(token) => next = Some(token),
            None => return Ok(()),
        }
    }
}
