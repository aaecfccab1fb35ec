//! Label maps: small, immutable, sorted by key.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::name::Name;
use super::pairs::Pairs;

/// The labels of an object (also its annotations, a `nodeSelector`, a `matchLabels`): pairs sorted by key.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels(Box<[(Name, Name)]>);

impl Labels {
    /// The value under `key`.
    pub fn get(&self, key: Name) -> Option<Name> {
        // A handful of entries compared by address: a scan beats a search.
        self.0.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)
    }

    /// Whether `key` is present, with whatever value.
    pub fn contains_key(&self, key: Name) -> bool {
        self.get(key).is_some()
    }

    /// All pairs, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Name, Name)> + '_ {
        self.0.iter().copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<(Name, Name)> for Labels {
    /// A key given twice keeps its later value.
    fn from_iter<I: IntoIterator<Item = (Name, Name)>>(pairs: I) -> Self {
        Self(Pairs::from_iter(pairs).0.into_boxed_slice())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Go reads a null value as "".
        let Pairs(pairs) = Pairs::<Option<Name>>::deserialize(deserializer)?;
        Ok(Self(pairs.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect()))
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[test]
    fn a_key_given_twice_is_one_label() {
        let labels: Labels =
            [("a", "1"), ("b", "2"), ("a", "3")].map(|(key, value)| (name(key), name(value))).into_iter().collect();
        assert_eq!((labels.len(), labels.get(name("a")), labels.get(name("c"))), (2, Some(name("3")), None));
        assert_eq!(Labels::default().len(), 0);
    }
}
