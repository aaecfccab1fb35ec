//! Container images on nodes.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// A node's `status.images`. Every cycle asks each node for the images of a pod, so the names stand once more in the order of
/// their addresses: a kubelet reports fifty images of two names each.
#[derive(Clone, Default)]
pub struct NodeImages {
    listed: List<NodeImage>,
    by_address: Box<[Name]>,
}

impl NodeImages {
    /// Whether an image has this name.
    pub fn has(&self, image: Name) -> bool {
        self.by_address.binary_search_by_key(&image.address(), Name::address).is_ok()
    }
}

impl From<List<NodeImage>> for NodeImages {
    fn from(listed: List<NodeImage>) -> Self {
        let mut by_address: Box<[Name]> = listed.iter().flat_map(|image| &image.names).copied().collect();
        by_address.sort_unstable_by_key(Name::address);
        Self { listed, by_address }
    }
}

impl Deref for NodeImages {
    type Target = List<NodeImage>;

    fn deref(&self) -> &List<NodeImage> {
        &self.listed
    }
}

impl Hash for NodeImages {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.listed.hash(state);
    }
}

/// Addresses differ from run to run.
impl fmt::Debug for NodeImages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.listed.fmt(formatter)
    }
}

impl<'de> Deserialize<'de> for NodeImages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        List::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for NodeImages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.listed.serialize(serializer)
    }
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
