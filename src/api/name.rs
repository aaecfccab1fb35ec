//! Interned strings: a cluster repeats its names, label keys and values endlessly, so each text is
//! stored once and compared by address.
//!
//! **Memory.** A text stays for the life of the process: that is what makes a [`Name`] a copy of eight
//! bytes that needs no lifetime. A command ends soon enough. A program that runs for months over
//! states whose names come and go reads [`interned`] and, past a limit of its own, answers from a fresh
//! process (or a fresh instance of the WebAssembly module): nothing but the names outlives a
//! `Cluster` that is dropped.

use std::borrow::Borrow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::ops::Deref;
use std::sync::{LazyLock, Mutex, PoisonError};

use rustc_hash::FxHasher;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fnv::Fnv;

/// An interned string: eight bytes, `Copy`; equality is an address comparison, order is that of the text.
#[derive(Clone, Copy)]
pub struct Name(&'static Entry);

/// Interns `text`.
pub fn name(text: &str) -> Name {
    // Readers of a state intern in parallel: they seldom meet in one of many tables.
    let table = &TABLES[table_of(text)];
    // A poisoned lock only means that another thread stopped while adding: the table is whole.
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = table.get(text) {
        return Name(known.0);
    }
    let entry: &'static Entry = Box::leak(Box::new(Entry { hash: hash(text), text: text.into() }));
    table.insert(Known(entry));
    Name(entry)
}

/// What all names of this process take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interned {
    /// How many different texts there are.
    pub names: usize,
    /// The bytes of all of them; tables and headers take about fifty more for each.
    pub bytes: usize,
}

/// How many names this process keeps; they are never fewer than before.
pub fn interned() -> Interned {
    TABLES.iter().fold(Interned::default(), |sum, table| {
        let table = table.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: usize = table.iter().map(|known| known.0.text.len()).sum();
        Interned { names: sum.names + table.len(), bytes: sum.bytes + bytes }
    })
}

/// A text and its hash, which a set of names asks for again and again. It does not depend on the
/// process: sets of names have one order everywhere.
struct Entry {
    hash: u64,
    text: Box<str>,
}

/// An entry in a table, where it is found by its text.
struct Known(&'static Entry);

type Table = Mutex<HashSet<Known, BuildHasherDefault<FxHasher>>>;

static TABLES: LazyLock<[Table; 64]> = LazyLock::new(|| std::array::from_fn(|_| Mutex::default()));

/// Names of one cluster differ at their ends.
fn table_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    let end = bytes.iter().rev().take(3).fold(bytes.len(), |sum, byte| sum * 31 + usize::from(*byte));
    end % 64
}

fn hash(text: &str) -> u64 {
    let mut sum = Fnv::default();
    sum.write(text.as_bytes());
    sum.finish()
}

impl Borrow<str> for Known {
    fn borrow(&self) -> &str {
        &self.0.text
    }
}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Known {}

impl Name {
    /// The text.
    pub fn as_str(&self) -> &'static str {
        &self.0.text
    }

    /// Where the text is: only good for finding a name among others of the same process.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self.0).addr()
    }

    /// Whether it is the empty text.
    pub fn is_empty(&self) -> bool {
        self.0.text.is_empty()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other { Ordering::Equal } else { self.as_str().cmp(other.as_str()) }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Default for Name {
    /// The empty text.
    fn default() -> Self {
        static EMPTY: LazyLock<Name> = LazyLock::new(|| name(""));
        *EMPTY
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        name(text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<Name> for str {
    fn eq(&self, other: &Name) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<Name> for &str {
    fn eq(&self, other: &Name) -> bool {
        *self == other.as_str()
    }
}

impl PartialEq<String> for Name {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a [`Name`] calls itself to a deserializer that may have interned its text already.
pub(crate) const INTERNED: &str = "$kubectl-sched::Name";

thread_local! {
    /// The name that a deserializer hands over.
    static HANDED: Cell<Option<Name>> = const { Cell::new(None) };
}

/// Gives `name` to `visitor`, that of a [`Name`], without a look at its text.
pub(crate) fn hand_over<'de, V: Visitor<'de>, E: Error>(name: Name, visitor: V) -> Result<V::Value, E> {
    HANDED.set(Some(name));
    visitor.visit_unit()
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(INTERNED, NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }

    /// Only where a name was handed over.
    fn visit_unit<E: Error>(self) -> Result<Name, E> {
        HANDED.take().ok_or_else(|| E::invalid_type(Unexpected::Unit, &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Name, E> {
        Ok(name(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_name() {
        let (one, other) = (name("node-1"), name(&String::from("node-1")));
        assert!(one == other && std::ptr::eq(one.as_str(), other.as_str()));
        assert!(one != name("node-2") && one < name("node-2"));
        assert_eq!((one.to_string(), format!("{one:?}"), one.len()), ("node-1".to_owned(), "\"node-1\"".to_owned(), 6));
        assert_eq!((AsRef::<str>::as_ref(&one), Name::default()), ("node-1", name("")));
        assert_eq!(size_of::<Option<Name>>(), 8);
    }

    #[test]
    fn threads_agree_on_names() {
        let of = || (0..500).map(|index| name(&format!("thread-{index}"))).collect::<Vec<_>>();
        let names = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(of)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(names.windows(2).all(|pair| pair[0] == pair[1]));
        assert!(interned().names >= 500 && interned().bytes >= 500 * "thread-0".len());
    }

    #[test]
    fn a_name_is_a_string_in_json() {
        let read: Vec<Name> = serde_json::from_str(r#"["a", "b\n", ""]"#).unwrap();
        assert_eq!(read, ["a", "b\n", ""]);
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"["a","b\n",""]"#);
    }
}
