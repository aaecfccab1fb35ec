//! Items of a List decoded on all cores.
//!
//! Where an item ends is known only once it has been read. So a block of the input is cut where an item *seems* to
//! begin: at the text that parts the first two of them. Each piece is decoded by itself, and it counts only if the one
//! before it ended exactly where it begins; what is behind a wrong guess is decoded again, in order. The result is
//! that of reading one item after the other, whatever the guesses are worth.

use super::scan::{Cursor, Opening, TypeMeta, is_white, opening};
use super::walk::Decoder;
use super::window::CAPACITY;

/// So many places are tried for the beginning of a piece.
const MOST_TRIED: usize = 16;

/// What a block of items has, as far as it could be read.
pub(super) struct Block<F> {
    pub(super) found: Vec<F>,
    /// Behind the last item that was read.
    pub(super) end: usize,
}

/// One piece of a block.
struct Piece<F> {
    found: Vec<F>,
    end: usize,
    /// Where the item behind it begins, if one does.
    next: Option<usize>,
}

/// Decodes the items of `bytes`, which stands behind an item; `meanwhile` runs on this thread.
///
/// `item` is the type of all items, if the List has it. Pieces are about `size` bytes long. Whatever is no plain
/// object of known type ends the block, and so does anything that is wrong: it is read again one by one, and said with
/// its place.
pub(super) fn decode<D: Decoder>(
    decoder: &D,
    bytes: &[u8],
    item: Option<TypeMeta<'_>>,
    size: usize,
    meanwhile: impl FnOnce(),
) -> Block<D::Found> {
    let starts = starts(bytes, item, size);
    let mut pieces: Vec<Option<Piece<D::Found>>> = Vec::new();
    pieces.resize_with(starts.len(), || None);
    rayon::in_place_scope(|scope| {
        for (index, (piece, from)) in pieces.iter_mut().zip(&starts).enumerate() {
            let until = starts.get(index + 1).copied();
            scope.spawn(move |_| *piece = Some(Piece::decode(decoder, bytes, *from, until, item)));
        }
        meanwhile();
    });
    let mut block = Block { found: Vec::new(), end: 0 };
    let mut next = starts.first().copied();
    let mut guessed = pieces.into_iter().flatten().zip(&starts).peekable();
    while let Some(from) = next {
        while guessed.next_if(|(_, start)| **start < from).is_some() {}
        let piece = match guessed.next_if(|(_, start)| **start == from) {
            Some((piece, _)) => piece,
            // A wrong guess: up to where the next one may be right.
            None => Piece::decode(decoder, bytes, from, guessed.peek().map(|(_, start)| **start), item),
        };
        if piece.found.is_empty() {
            break;
        }
        block.end = piece.end;
        block.found.extend(piece.found);
        next = piece.next;
    }
    block
}

/// Where pieces begin: the first item for certain, the others by guess.
fn starts(bytes: &[u8], item: Option<TypeMeta<'_>>, size: usize) -> Vec<usize> {
    let Some(parting) = Parting::of(bytes) else { return Vec::new() };
    let mut starts = vec![parting.item];
    let mut from = size;
    while let Some(start) = parting.next(bytes, from, item) {
        starts.push(start);
        from = start + size;
    }
    starts
}

/// The text that parts two items, up to the first key of the second one.
struct Parting<'a> {
    text: &'a [u8],
    /// Where in it the item begins.
    item: usize,
}

impl<'a> Parting<'a> {
    /// That which `bytes` begins with.
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes, false);
        cursor.expect(b',', "`,`").ok()?;
        cursor.peek().ok().filter(|byte| *byte == b'{')?;
        let item = cursor.at;
        cursor.expect(b'{', "`{`").ok()?;
        cursor.string().ok()?;
        Some(Self { text: bytes.get(..cursor.at)?, item })
    }

    /// The next place behind `from` where an item seems to begin. Only a few places are tried: each look may
    /// go to the end of the block, and input can be made so that all of them fail.
    fn next(&self, bytes: &[u8], mut from: usize, item: Option<TypeMeta<'_>>) -> Option<usize> {
        for _ in 0..MOST_TRIED {
            let rest = bytes.get(from..)?;
            let at = from + rest.windows(self.text.len()).position(|text| text == self.text)?;
            let start = at + self.item;
            // An item ends before it, and what begins there says of what type it is.
            let before = bytes.get(..at)?.iter().rfind(|byte| !is_white(**byte));
            let is_object = || item.is_some() || type_of(bytes.get(start..).unwrap_or_default()).is_some();
            if before == Some(&b'}') && is_object() {
                return Some(start);
            }
            from = at + 1;
        }
        None
    }
}

/// The type of the object that `bytes` begins with, if it is a plain one that says it.
fn type_of(bytes: &[u8]) -> Option<TypeMeta<'_>> {
    match opening(Cursor::new(bytes, false)) {
        Ok(Opening::Object(object)) if !object.kind.is_empty() => Some(object),
        _ => None,
    }
}

impl<F> Piece<F> {
    /// The items from the one at `from` up to the one at `until`.
    fn decode<D: Decoder<Found = F>>(
        decoder: &D,
        bytes: &[u8],
        from: usize,
        until: Option<usize>,
        item: Option<TypeMeta<'_>>,
    ) -> Self {
        let mut piece = Self { found: Vec::new(), end: from, next: Some(from) };
        while let Some(at) = piece.next.filter(|at| until.is_none_or(|until| *at < until)) {
            // A longer one is read by itself, and its values counted before.
            let json = bytes.get(at..bytes.len().min(at + CAPACITY)).unwrap_or_default();
            piece.next = None;
            let Some(object) = item.or_else(|| type_of(json)) else { break };
            let Ok((found, length)) = decoder.decode(object, json) else { break };
            piece.found.push(found);
            piece.end = at + length;
            piece.next = behind(bytes, piece.end);
        }
        piece
    }
}

/// Where the item behind the one that ends at `end` begins, if it is an object.
fn behind(bytes: &[u8], end: usize) -> Option<usize> {
    let mut cursor = Cursor::new(bytes.get(end..)?, false);
    cursor.expect(b',', "`,`").ok()?;
    cursor.peek().ok().filter(|byte| *byte == b'{')?;
    Some(end + cursor.at)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::decode::object::skip;

    /// The text of each item; counts how many it decoded.
    #[derive(Default)]
    struct Texts(AtomicUsize);

    impl Decoder for Texts {
        type Found = String;

        fn decode(&self, _object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<(String, usize)> {
            let bytes = skip(json)?;
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok((String::from_utf8_lossy(&json[..bytes]).into_owned(), bytes))
        }
    }

    #[track_caller]
    fn case(items: &[String], rest: &str, whole: usize) {
        let text = format!(",{}{rest}", items.join(","));
        for size in [1, 7, 40, 100, 1000] {
            let block = decode(&Texts::default(), text.as_bytes(), None, size, || {});
            assert_eq!(block.found, items[..whole], "pieces of {size}");
            let read: usize = items[..whole].iter().map(|item| item.len() + 1).sum();
            assert_eq!(block.end, read, "pieces of {size}");
        }
    }

    fn pod(name: &str, more: &str) -> String {
        format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}"}}{more}}}"#)
    }

    #[test]
    fn whatever_the_guesses_are_worth() {
        let plain: Vec<String> = (0..20).map(|number| pod(&number.to_string(), "")).collect();
        case(&plain, "]", 20);
        // Text that looks like the seam between two items.
        let seam = format!(r#","spec":[{},{},{}]"#, pod("x", ""), pod("y", ""), pod("z", ""));
        let quoted = r#","note":"},{\"apiVersion\"","also":"},{""#;
        let odd: Vec<String> =
            (0..20).map(|number| pod(&number.to_string(), if number % 2 == 0 { &seam } else { quoted })).collect();
        case(&odd, "]", 20);
        // What is cut off, broken or no plain object is left for others.
        case(&plain, r#",{"apiVersion":"v1","kind":"Pod","#, 20);
        case(&plain, ",{]", 20);
        case(&plain, r#",{"apiVersion":"v1","kind":"List","items":[]}"#, 20);
        let mixed: Vec<String> = plain.iter().cloned().chain(["17".to_owned()]).chain(plain.clone()).collect();
        case(&mixed, "]", 20);
        case(&[], "]", 0);
        case(&[], "", 0);
    }

    #[test]
    fn few_places_are_tried() {
        // Each of them seems to begin an object that has no kind.
        let nested = format!("{}1{}", r#"[{},{"apiVersion":"#.repeat(100), "}]".repeat(100));
        let text = format!(r#",{{"apiVersion":{nested}}},{}"#, pod("a", ""));
        let parting = Parting::of(text.as_bytes()).unwrap();
        assert_eq!(parting.next(text.as_bytes(), 1, None), None);
        assert!(parting.next(text.as_bytes(), text.len() - pod("a", "").len() - 2, None).is_some());
    }

    #[test]
    fn a_good_guess_decodes_nothing_twice() {
        let items: Vec<String> = (0..100).map(|number| pod(&number.to_string(), "")).collect();
        let text = format!(",{}]", items.join(","));
        let decoder = Texts::default();
        assert_eq!(decode(&decoder, text.as_bytes(), None, 500, || {}).found, items);
        assert_eq!(decoder.0.into_inner(), 100);
    }
}
