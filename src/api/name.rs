//! Interned strings. A cluster repeats its names, label keys and values endlessly: each is
//! stored once for the life of the process and compared by address.

/// An interned string: 8 bytes, `Copy`; equality is an address comparison, order is that of the text.
pub type Name = ustr::Ustr;

/// Interns `text`.
pub fn name(text: &str) -> Name {
    ustr::ustr(text)
}
