//! State from a running cluster, through the API server.
//!
//! Only `get` of the version and `list` of each kind, all kinds at once, each in [`pages`] that
//! are decoded into the slim structs as they come. [`Session`] is the way in.

mod connection;
mod error;
mod names;
mod page;
mod pages;
mod retry;
mod server;
mod session;
mod words;

pub use connection::Connection;
pub use error::LiveError;
pub use names::{KubeconfigEntry, kubeconfig_names, names};
pub use session::{Listed, Seen, Session};

pub(super) use page::{Page, Unreadable, each};
pub(super) use session::Take;

fn runtime() -> Result<tokio::runtime::Runtime, LiveError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| LiveError::Message(format!("cannot start the network runtime: {error}")))
}
