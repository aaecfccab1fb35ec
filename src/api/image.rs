//! Container images on nodes.

use serde::{Deserialize, Serialize};

use super::list::List;
use super::name::{Name, name};

/// An entry of a node's `status.images`.
#[derive(Clone, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeImage {
    /// All names of the image.
    #[serde(default)]
    pub names: List<Name>,
    /// Size in bytes.
    #[serde(default)]
    pub size_bytes: Option<i64>,
}

/// What the cluster knows of an image name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageState {
    /// Size in bytes: that of the first node seen to have it.
    pub size: i64,
    /// On how many nodes it is.
    pub nodes: u32,
}

/// Adds `:latest` to a name without a tag. A colon after the last slash is taken for a tag, so
/// a digest counts as one (upstream imagelocality/image_locality.go, normalizedImageName).
pub fn normalized_image_name(image: Name) -> Name {
    let tagged = match (image.rfind(':'), image.rfind('/')) {
        (Some(colon), Some(slash)) => colon > slash,
        (Some(_), None) => true,
        (None, _) => false,
    };
    if tagged { image } else { name(&format!("{image}:latest")) }
}
