//! Objects as they come, before the state is built: an object that comes twice counts as its later self.

use rustc_hash::FxHashMap;

use crate::api::ObjectKey;
use crate::decode::{Decoded, Kind, Object};

/// Objects by identity.
#[derive(Clone, Debug)]
pub(super) struct Store<T> {
    pub(super) items: Vec<T>,
    places: FxHashMap<(Kind, ObjectKey), usize>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: FxHashMap::default() }
    }
}

impl<T> Store<T> {
    /// Answers whether the object replaced an earlier one.
    pub(super) fn insert(&mut self, identity: (Kind, ObjectKey), item: T) -> bool {
        if let Some(&place) = self.places.get(&identity) {
            self.items[place] = item;
            return true;
        }
        self.places.insert(identity, self.items.len());
        self.items.push(item);
        false
    }

    pub(super) fn get(&self, identity: &(Kind, ObjectKey)) -> Option<&T> {
        self.items.get(*self.places.get(identity)?)
    }

    /// Takes out one object; the others keep their order.
    pub(super) fn remove_one(&mut self, identity: &(Kind, ObjectKey)) -> bool {
        let Some(place) = self.places.remove(identity) else { return false };
        self.items.remove(place);
        self.places.values_mut().filter(|other| **other > place).for_each(|other| *other -= 1);
        true
    }

    /// Takes out all objects of `kind`; the others keep their order.
    pub(super) fn remove(&mut self, kind: Kind) {
        let mut kept: Vec<(usize, (Kind, ObjectKey))> = Vec::new();
        for (identity, place) in self.places.drain().filter(|(identity, _)| identity.0 != kind) {
            kept.push((place, identity));
        }
        kept.sort_unstable();
        self.places = kept.iter().enumerate().map(|(place, (_, identity))| (*identity, place)).collect();
        let mut place = 0;
        self.items.retain(|_| {
            place += 1;
            kept.binary_search_by_key(&(place - 1), |(place, _)| *place).is_ok()
        });
    }

    pub(super) fn sorted_by_key<K: Ord>(self, key: impl FnMut(&T) -> K) -> Vec<T> {
        let mut items = self.items;
        items.sort_by_key(key);
        items
    }
}

impl Store<Object> {
    /// Takes out all that is decoded to a `T`, in the order of namespace, name and kind. What is left can no longer be
    /// found by its identity: this is for building the state.
    pub(super) fn take<T: Decoded>(&mut self) -> Vec<T> {
        self.places.clear();
        let of = |object: &mut Object| T::KINDS.contains(&object.identity().0);
        let mut found: Vec<Object> = self.items.extract_if(.., of).collect();
        found.sort_by_cached_key(|object| {
            let (kind, key) = object.identity();
            (key, kind)
        });
        found.into_iter().filter_map(T::from_object).collect()
    }
}
