//! Where the state comes from.
//!
//! [`live`] reads it from an API server, [`files`] from files, directory trees and standard input.
//! A file's bytes pass through a rolling `window`; `documents` finds where each JSON or YAML
//! document begins, `walk` goes through the Lists in it by hand, and each object is decoded from
//! the bytes it stands in straight into what the state keeps, on all cores where a List is long
//! (`side_by_side`). Nothing here knows what the objects mean.
//!
//! The other way, [`snapshot`] writes a state down: `decode::prune` leaves of each object what
//! scheduling reads, [`redact`] gives it other names, and `form` writes it as JSON or in our own form (`packed`).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

mod api_fields;
mod compress;
mod config_map;
mod documents;

mod error;
#[cfg(test)]
mod example_files;
pub mod files;
mod form;
mod json_path;
pub mod lines;
#[cfg(feature = "live")]
pub mod live;
mod manifests;
mod open;
mod pack;
mod packed;
mod progress;
pub mod redact;
mod scan;
mod shape;
mod side_by_side;
pub mod snapshot;
pub mod state_file;
mod tree;
mod utf16;
mod walk;
mod window;
mod yaml_items;

pub use crate::decode::limits::{self, Limit};
pub use compress::Compression;
pub use config_map::{ConfigMap, ConfigMapError, ConfigMapName, ConfigSource};
pub use error::{InputProblem, SourceError};
pub use manifests::{Manifest, ManifestError, ManifestProblem, Manifests, read_manifests, read_value};
pub use progress::FileProgress;

/// Where to read from, as `--snapshot`, `-f` and `--scheduler-config` name it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// A file or a directory.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// Bytes that are there already.
    Memory {
        /// What they are called in messages.
        name: String,
        /// JSON or YAML, as it is or compressed.
        bytes: Arc<[u8]>,
    },
}

impl Input {
    /// Bytes that are there already, called `name` in messages.
    pub fn memory(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Memory { name: name.into(), bytes: bytes.into() }
    }
}

impl From<PathBuf> for Input {
    /// `-` is standard input.
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Self::Stdin } else { Self::File(path) }
    }
}

impl fmt::Display for Input {
    /// Control characters in a path are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&error::escaped(&path.to_string_lossy())),
            Self::Stdin => f.write_str("standard input"),
            Self::Memory { name, .. } => f.write_str(&error::escaped(name)),
        }
    }
}
