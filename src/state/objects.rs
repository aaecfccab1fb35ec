//! Objects as they come, before the state is built: an object that comes twice counts as its later self.

use std::hash::{BuildHasher, BuildHasherDefault};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxHasher;

use crate::api::ObjectKey;
use crate::decode::node::Node;
use crate::decode::pod::PodObject;
use crate::decode::{Decoded, Kind, Object};

/// What an object is found by.
pub(super) type Identity = (Kind, ObjectKey);

/// What says itself by what it is found: a table of a large state keeps no second copy of that.
pub(super) trait Identified {
    fn identity(&self) -> Identity;
}

impl Identified for PodObject {
    fn identity(&self) -> Identity {
        (Kind::Pod, self.own.key)
    }
}

impl Identified for Node {
    fn identity(&self) -> Identity {
        (Kind::Node, ObjectKey::new(crate::api::Name::default(), self.name))
    }
}

impl Identified for Object {
    fn identity(&self) -> Identity {
        Self::identity(self)
    }
}

/// Objects by identity.
#[derive(Clone, Debug)]
pub(super) struct Store<T> {
    pub(super) items: Vec<T>,
    places: HashTable<Place>,
}

/// Where among the items an object is.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// That of its identity, so that a table that grows reads no object.
    hash: u32,
    place: u32,
}

impl Place {
    /// As the table wants it: with all bits.
    fn spread(self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: HashTable::new() }
    }
}

impl<T: Identified> Store<T> {
    /// Answers whether the object replaced an earlier one.
    pub(super) fn insert(&mut self, item: T) -> bool {
        let identity = item.identity();
        let Self { items, places } = self;
        let place = place(identity, items.len());
        match places.entry(place.spread(), |known| is_at(items, *known, identity), |known| known.spread()) {
            Entry::Occupied(known) => {
                if let Some(earlier) = items.get_mut(known.get().place as usize) {
                    *earlier = item;
                }
                true
            }
            Entry::Vacant(free) => {
                free.insert(place);
                items.push(item);
                false
            }
        }
    }

    pub(super) fn get(&self, identity: Identity) -> Option<&T> {
        self.items.get(self.find(identity)?)
    }

    fn find(&self, identity: Identity) -> Option<usize> {
        let sought = place(identity, 0).spread();
        let known = self.places.find(sought, |known| is_at(&self.items, *known, identity))?;
        Some(known.place as usize)
    }

    /// Takes out one object; the others keep their order.
    pub(super) fn remove_one(&mut self, identity: Identity) -> bool {
        let Some(place) = self.find(identity) else { return false };
        self.items.remove(place);
        self.find_again();
        true
    }

    /// Takes out all objects of `kind`; the others keep their order.
    pub(super) fn remove(&mut self, kind: Kind) {
        self.items.retain(|item| item.identity().0 != kind);
        self.find_again();
    }

    /// Places have changed.
    fn find_again(&mut self) {
        self.places.clear();
        for (number, item) in self.items.iter().enumerate() {
            let place = place(item.identity(), number);
            self.places.insert_unique(place.spread(), place, |known| known.spread());
        }
    }

    pub(super) fn sorted_by_key<K: Ord>(self, key: impl FnMut(&T) -> K) -> Vec<T> {
        let mut items = self.items;
        items.sort_by_key(key);
        items
    }
}

fn place(identity: Identity, place: usize) -> Place {
    let hash = BuildHasherDefault::<FxHasher>::default().hash_one(identity);
    Place { hash: (hash >> 32) as u32, place: place as u32 }
}

fn is_at<T: Identified>(items: &[T], place: Place, identity: Identity) -> bool {
    items.get(place.place as usize).is_some_and(|item| item.identity() == identity)
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
