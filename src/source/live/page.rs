//! One page of a list, as the server sent it.
//!
//! The brackets are walked by hand: the page's token is known before its items are decoded, so
//! that the next page can be on its way, and each item is decoded straight from where it stands.

use serde::Deserialize;

use super::super::scan::{Cursor, Stop};
use crate::cluster::raw::RawObject;
use crate::cluster::{Kind, Object};

/// The text is no list of the kind that was asked for; says why.
pub(in crate::source) type Unreadable = String;

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(rename = "continue", default)]
    next: Option<String>,
}

/// What surrounds the items.
struct Head {
    next: Option<String>,
    /// Where the first item stands; none when `items` is null or missing.
    items: Option<usize>,
}

/// The token of the page that follows, if one does.
///
/// # Errors
/// The text is no list.
pub(super) fn next(text: &str) -> Result<Option<String>, Unreadable> {
    Ok(head(text)?.next.filter(|token| !token.is_empty()))
}

/// An object of a page, with its text where whole objects are wanted.
pub(super) type Item = (Object, Option<RawObject>);

/// The items of the page; with `keep_raw` also what they were decoded from.
///
/// # Errors
/// The text is no list, or one of the items is not of `kind`.
pub(super) fn items(kind: Kind, text: &str, keep_raw: bool) -> Result<Vec<Item>, Unreadable> {
    let mut objects = Vec::new();
    each(text, |json| {
        let (object, bytes) = Object::decode(kind, json)?;
        let raw = if keep_raw { RawObject::of(kind, json.get(..bytes).unwrap_or_default()) } else { None };
        objects.push((object, raw));
        Ok(bytes)
    })?;
    Ok(objects)
}

/// Gives the text that begins with an item to `take`, for each item; `take` says how many bytes
/// the item has.
///
/// # Errors
/// The text is no list, or `take` refuses an item.
pub(in crate::source) fn each(
    text: &str,
    mut take: impl FnMut(&[u8]) -> serde_json::Result<usize>,
) -> Result<(), Unreadable> {
    let Some(first) = head(text)?.items else { return Ok(()) };
    let mut cursor = Cursor::new(text.as_bytes(), true);
    cursor.advance(first);
    let mut is_first = true;
    while cursor.peek().map_err(describe)? != b']' {
        if !is_first {
            cursor.expect(b',', "`,` or `]`").map_err(describe)?;
            cursor.peek().map_err(describe)?;
        }
        is_first = false;
        let bytes = take(cursor.rest()).map_err(|error| error.to_string())?;
        cursor.advance(bytes);
    }
    Ok(())
}

/// Reads up to the items; past them only when the metadata has not come by then.
fn head(text: &str) -> Result<Head, Unreadable> {
    let mut head = Head { next: None, items: None };
    let mut has_metadata = false;
    let mut cursor = Cursor::new(text.as_bytes(), true);
    cursor.expect(b'{', "`{`").map_err(describe)?;
    while cursor.peek().map_err(describe)? != b'}' {
        match cursor.key().map_err(describe)? {
            "metadata" => {
                let start = cursor.at;
                cursor.value().map_err(describe)?;
                let value = text.get(start..cursor.at).unwrap_or_default();
                head.next = serde_json::from_str::<Metadata>(value).map_err(|error| error.to_string())?.next;
                has_metadata = true;
            }
            "items" if cursor.peek().map_err(describe)? == b'[' => {
                head.items = Some(cursor.at + 1);
                if has_metadata {
                    return Ok(head);
                }
                cursor.value().map_err(describe)?;
            }
            _ => cursor.value().map_err(describe)?,
        }
        if cursor.peek().map_err(describe)? == b',' {
            cursor.advance(1);
        }
    }
    Ok(head)
}

fn describe(stop: Stop) -> Unreadable {
    match stop {
        Stop::Short => "it ends too early".to_owned(),
        Stop::Unexpected { at, expected } => format!("{expected} expected at byte {at}"),
        Stop::Json { error, .. } => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(text: &str, expected_next: Option<&str>, names: &[&str]) {
        assert_eq!(next(text).unwrap().as_deref(), expected_next, "{text}");
        let found = items(Kind::Namespace, text, false).unwrap();
        let found: Vec<_> = found.iter().map(|(object, _)| object.identity().1.name.to_string()).collect();
        assert_eq!(found, names, "{text}");
    }

    #[test]
    fn token_and_items_in_any_order() {
        case(
            r#"{"kind":"NamespaceList","metadata":{"continue":"abc"},"items":[{"metadata":{"name":"a"}}]}"#,
            Some("abc"),
            &["a"],
        );
        case(
            r#"{"items": [ {"metadata":{"name":"a"}} , {"metadata":{"name":"b"}} ], "metadata": {"continue": "abc"} }"#,
            Some("abc"),
            &["a", "b"],
        );
        case(r#"{"metadata":{"continue":""},"items":[]}"#, None, &[]);
        case(r#"{"metadata":{},"items":null}"#, None, &[]);
        case("{}", None, &[]);
    }

    #[track_caller]
    fn unreadable(text: &str) {
        assert!(items(Kind::Namespace, text, false).is_err(), "{text}");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in [
            "",
            "<html>",
            "[]",
            r#"{"items":[{}"#,
            r#"{"metadata":{},"items":[{} {}]}"#,
            r#"{"metadata":{},"items":[{"metadata":1}]}"#,
        ] {
            unreadable(text);
        }
    }
}
