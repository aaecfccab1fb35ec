//! Where in the configuration something stands, written as upstream writes it.

use std::fmt;

/// The path of a field, such as `profiles[0].pluginConfig[1].args` (apimachinery `field.Path`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldPath(String);

impl FieldPath {
    /// The path of a top-level field. `""` is the root itself: upstream validates the arguments
    /// of some plugins without saying in which profile they stand.
    pub(super) fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The field `name` inside this one.
    #[must_use]
    pub(super) fn child(&self, name: &str) -> Self {
        if self.0.is_empty() {
            return Self::new(name);
        }
        Self(format!("{}.{name}", self.0))
    }

    /// The element `index` of this list.
    #[must_use]
    pub(super) fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The entry `key` of this map.
    #[must_use]
    pub(super) fn key(&self, key: &str) -> Self {
        Self(format!("{}[{key}]", self.0))
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
