//! State from a running cluster, through the API server.
//!
//! Only `get` of the version and `list` of each kind, all kinds at once, each in [`pages`] that
//! are decoded into the slim structs as they come. On top of that the events of the pods in
//! question, and a `get` of the one ConfigMap that the user names.

use futures_util::future::join_all;

use crate::cluster::{ClusterBuilder, Kind};

mod config_map;
mod connection;
mod error;
mod events;
mod names;
mod page;
mod pages;
mod server;
mod session;

pub use config_map::config_map;
pub use connection::Connection;
pub use error::LiveError;
pub(super) use events::all_events;
pub use events::events;
pub use names::{KubeconfigEntry, kubeconfig_names, names};
pub use session::SessionCell;

pub(super) use page::{Unreadable, each};
use pages::ListError;
use server::Server;

/// What came of reading a cluster.
#[derive(Clone, Debug, Default)]
pub struct LiveReport {
    /// The API server's version, such as `v1.34.1`; none when it may not be asked.
    pub version: Option<String>,
    /// The namespace that the current context names.
    pub default_namespace: String,
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
    let keep_raw = builder.keeps_raw();
    let report = visit(
        connection,
        kinds,
        move |kind, text| page::items(kind, text, keep_raw),
        |page| {
            for (object, raw) in page {
                builder.add_raw(object, raw);
            }
        },
    )?;
    for kind in &report.listed {
        builder.saw(*kind);
    }
    Ok(report)
}

/// Lists `kinds`; `decode` makes of the text of a page what `take` is given: the pages of a kind
/// in their order, kind after kind.
///
/// # Errors
/// As [`read`].
pub(super) fn visit<P: Send + 'static>(
    connection: &Connection,
    kinds: &[Kind],
    decode: impl Fn(Kind, &str) -> Result<P, Unreadable> + Copy + Send + 'static,
    mut take: impl FnMut(P),
) -> Result<LiveReport, LiveError> {
    let session = connection.session()?;
    session.runtime.block_on(async {
        let server = &session.server;
        let mut report = LiveReport {
            version: server.version().await?,
            default_namespace: server.client.default_namespace().to_owned(),
            ..LiveReport::default()
        };
        let lists = join_all(
            kinds
                .iter()
                .map(|kind| pages::list(*kind, connection.chunk_size, decode, async |path| server.get(&path).await)),
        );
        for (kind, list) in kinds.iter().zip(lists.await) {
            settle(*kind, list, server, &mut report)?.into_iter().for_each(&mut take);
        }
        Ok(report)
    })
}

/// The pages; none when the kind is not served, or reported as forbidden.
fn settle<P>(
    kind: Kind,
    list: Result<Vec<P>, ListError>,
    server: &Server,
    report: &mut LiveReport,
) -> Result<Vec<P>, LiveError> {
    // Without nodes or pods there is no answer at all.
    let decides = matches!(kind, Kind::Node | Kind::Pod);
    match list {
        Ok(pages) => {
            report.listed.push(kind);
            Ok(pages)
        }
        Err(ListError::NotServed) if !decides => {
            report.listed.push(kind);
            Ok(Vec::new())
        }
        Err(ListError::NotServed) => Err(LiveError::Message(format!(
            "the server doesn't have a resource type \"{}s\": is {} a Kubernetes API server?",
            kind.as_str().to_ascii_lowercase(),
            server.address()
        ))),
        Err(ListError::Forbidden(why)) if !decides => {
            report.forbidden.push((kind, why));
            Ok(Vec::new())
        }
        Err(ListError::Forbidden(message)) => Err(LiveError::Server { reason: "Forbidden".to_owned(), message }),
        Err(ListError::Client(error)) => Err(server.error(error)),
        Err(ListError::Unreadable(why)) => {
            Err(LiveError::Message(format!("the server's list of {} cannot be read: {why}", kind.as_str())))
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, LiveError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| LiveError::Message(format!("cannot start the network runtime: {error}")))
}
