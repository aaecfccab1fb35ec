//! State from a running cluster, through the API server.
//!
//! Only `get` of the version and `list` of each kind, all kinds at once, each in [`pages`] that
//! are decoded into the slim structs as they come: [`Reader`] does that. Beside it the events of the
//! pods in question, and a `get` of the one ConfigMap that the user names. All of it goes over the
//! one login of a [`Connection`].

mod body;
mod config_map;
mod connection;
mod error;
mod events;
mod login;
mod names;
mod page;
mod pages;
mod reader;
mod retry;
mod scheduler_pod;
mod secrets;
mod server;
mod session;
mod snapshot;
mod words;

pub use config_map::config_map;
pub use connection::Connection;
pub use error::LiveError;
use events::all_events;
pub use events::events;
pub use names::{KubeconfigEntry, kubeconfig_names, names};
pub use reader::{Listed, ReadProgress, Reader};
pub use scheduler_pod::scheduler_process;
pub use session::SessionCell;

use page::{Page, Unreadable, each};

fn runtime() -> Result<tokio::runtime::Runtime, LiveError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        let message = format!("cannot start the network runtime: {error}");
        LiveError::caused_by(error, message)
    })
}
