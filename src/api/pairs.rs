//! Small maps keyed by name, read straight into sorted pairs.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::name::Name;

/// The pairs of an object, sorted by key; `null` reads as empty, as in Go. A cluster has millions
/// of such maps with a handful of entries each: no tree is built for them.
pub(crate) struct Pairs<V>(pub(crate) Vec<(Name, V)>);

impl<V> FromIterator<(Name, V)> for Pairs<V> {
    /// A key given twice keeps its later value.
    fn from_iter<I: IntoIterator<Item = (Name, V)>>(pairs: I) -> Self {
        let mut pairs: Vec<(Name, V)> = pairs.into_iter().collect();
        if !pairs.is_sorted_by(|(a, _), (b, _)| a < b) {
            pairs.reverse();
            pairs.sort_by_key(|(key, _)| *key);
            pairs.dedup_by_key(|(key, _)| *key);
        }
        Self(pairs)
    }
}

struct PairsVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<V> {
    type Value = Pairs<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_none<E>(self) -> Result<Pairs<V>, E> {
        Ok(Pairs(Vec::new()))
    }

    fn visit_unit<E>(self) -> Result<Pairs<V>, E> {
        Ok(Pairs(Vec::new()))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Pairs<V>, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<V>, A::Error> {
        let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(8));
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs.into_iter().collect())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(PairsVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(json: &str, expected: &[(&str, i32)]) {
        let pairs: Pairs<i32> = serde_json::from_str(json).unwrap();
        let pairs: Vec<(&str, i32)> = pairs.0.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        assert_eq!(pairs, expected, "{json}");
    }

    #[test]
    fn pairs_are_sorted_and_later_ones_win() {
        case("null", &[]);
        case("{}", &[]);
        case(r#"{"a":1,"b":2}"#, &[("a", 1), ("b", 2)]);
        case(r#"{"b":1,"a":2,"b":3,"c":4,"a":5}"#, &[("a", 5), ("b", 3), ("c", 4)]);
        assert!(serde_json::from_str::<Pairs<i32>>("[1]").is_err());
    }
}
