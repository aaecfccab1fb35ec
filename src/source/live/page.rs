//! One page of a list, as the server sent it.
//!
//! The brackets are walked by hand: the page's token is known before its items are decoded, so
//! that the next page can be on its way, and each item is decoded straight from where it stands.

use serde::Deserialize;

use super::super::json_path::located;
use super::super::scan::{Cursor, ScanStop};
use crate::decode::{Kind, Object};
use crate::state::raw::RawObject;

/// The text is no list of the kind that was asked for; says why.
pub(in crate::source) type Unreadable = String;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    #[serde(rename = "continue")]
    next: Option<String>,
    resource_version: Option<String>,
    /// How many objects the pages behind this one have, where the server counts them.
    remaining_item_count: Option<i64>,
}

/// What surrounds the items.
struct Head {
    metadata: Metadata,
    /// Where the first item stands; none when `items` is null or missing.
    items: Option<usize>,
}

/// The token of the page that follows, if one does.
///
/// # Errors
/// The text is no list.
pub(super) fn next(text: &str) -> Result<Option<String>, Unreadable> {
    let Metadata { next, remaining_item_count, .. } = head(text)?.metadata;
    let next = next.filter(|token| !token.is_empty());
    match remaining_item_count {
        Some(missing) if missing > 0 && next.is_none() => {
            Err(format!("it ends {missing} objects too early, without a token for the next page"))
        }
        _ => Ok(next),
    }
}

/// What is kept of a page, and as of when it is.
///
/// The API server counts all changes of the cluster in one number, `resourceVersion`; what it means
/// is not promised before 1.35, but it is etcd's revision in all versions. (A kind may be kept in
/// another etcd, by `--etcd-servers-overrides`: usually events, which are no kind of the state.)
#[derive(Debug, Default)]
pub(in crate::source) struct Page<P> {
    /// What is kept.
    pub(in crate::source) kept: P,
    /// The number of objects.
    pub(super) objects: usize,
    /// As of which change the list is.
    pub(super) as_of: Option<u64>,
    /// The last change of each object, as far as they say.
    pub(super) changes: Vec<u64>,
}

impl<P> Page<P> {
    /// A page that is kept as it is, whatever it is.
    pub(super) fn of(kept: P) -> Self {
        Self { kept, objects: 0, as_of: None, changes: Vec::new() }
    }

    /// Keeps something else of it.
    pub(in crate::source) fn map<Q, E>(self, keep: impl FnOnce(P) -> Result<Q, E>) -> Result<Page<Q>, E> {
        Ok(Page { kept: keep(self.kept)?, objects: self.objects, as_of: self.as_of, changes: self.changes })
    }
}

/// An object of a page, with its text where whole objects are wanted.
pub(super) type Item = (Object, Option<RawObject>);

/// The items of the page; with `keep_raw` also what they were decoded from.
///
/// # Errors
/// The text is no list, or one of the items is not of `kind`.
pub(super) fn items(kind: Kind, text: &str, keep_raw: bool) -> Result<Page<Vec<Item>>, Unreadable> {
    each(text, |objects: &mut Vec<Item>, json| {
        let (object, bytes) = Object::decode(kind, json)?;
        let raw = if keep_raw { RawObject::of(kind, json.get(..bytes).unwrap_or_default()) } else { None };
        objects.push((object, raw));
        Ok(bytes)
    })
}

/// Gives the text that begins with an item to `take`, for each item; `take` adds to what is kept
/// and says how many bytes the item has.
///
/// # Errors
/// The text is no list, or `take` refuses an item.
pub(in crate::source) fn each<P: Default>(
    text: &str,
    mut take: impl FnMut(&mut P, &[u8]) -> serde_json::Result<usize>,
) -> Result<Page<P>, Unreadable> {
    let head = head(text)?;
    let mut page = Page { as_of: head.metadata.resource_version.and_then(|text| text.parse().ok()), ..Page::default() };
    let Some(first) = head.items else { return Ok(page) };
    let mut cursor = Cursor::new(text.as_bytes(), true);
    cursor.advance(first);
    let mut is_first = true;
    while cursor.peek().map_err(describe)? != b']' {
        if !is_first {
            cursor.expect(b',', "`,` or `]`").map_err(describe)?;
            cursor.peek().map_err(describe)?;
        }
        is_first = false;
        page.objects += 1;
        page.changes.extend(last_change(cursor.rest()));
        let bytes = take(&mut page.kept, cursor.rest()).map_err(|error| located(cursor.rest(), &error))?;
        cursor.advance(bytes);
    }
    Ok(page)
}

/// `metadata.resourceVersion` of the object that `json` begins with. The API server writes it
/// among the first fields, so little is read.
fn last_change(json: &[u8]) -> Option<u64> {
    let mut cursor = Cursor::new(json, true);
    go_to("metadata", &mut cursor)?;
    go_to("resourceVersion", &mut cursor)?;
    cursor.string().ok()?.parse().ok()
}

/// Goes into an object, up to the value of its member `key`.
fn go_to(key: &str, cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.expect(b'{', "`{`").ok()?;
    while cursor.peek().ok()? != b'}' {
        if cursor.key().ok()? == key {
            return Some(());
        }
        cursor.value().ok()?;
        if cursor.peek().ok()? == b',' {
            cursor.advance(1);
        }
    }
    None
}

/// Reads up to the items; past them only when the metadata has not come by then.
fn head(text: &str) -> Result<Head, Unreadable> {
    let mut head = Head { metadata: Metadata::default(), items: None };
    let mut has_metadata = false;
    let mut cursor = Cursor::new(text.as_bytes(), true);
    cursor.expect(b'{', "`{`").map_err(describe)?;
    while cursor.peek().map_err(describe)? != b'}' {
        match cursor.key().map_err(describe)? {
            "metadata" => {
                let start = cursor.at;
                cursor.value().map_err(describe)?;
                let value = text.get(start..cursor.at).unwrap_or_default();
                head.metadata = serde_json::from_str(value).map_err(|error| error.to_string())?;
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

fn describe(stop: ScanStop) -> Unreadable {
    match stop {
        ScanStop::Short => "it ends too early".to_owned(),
        ScanStop::Unexpected { at, expected } => format!("{expected} expected at byte {at}"),
        ScanStop::Json { error, .. } => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(text: &str, expected_next: Option<&str>, names: &[&str]) {
        assert_eq!(next(text).unwrap().as_deref(), expected_next, "{text}");
        let found = items(Kind::Namespace, text, false).unwrap();
        let found: Vec<_> = found.kept.iter().map(|(object, _)| object.identity().1.name.to_string()).collect();
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
    fn changed(text: &str, as_of: Option<u64>, changes: &[u64]) {
        let page = items(Kind::Namespace, text, false).unwrap();
        assert_eq!((page.as_of, page.changes.as_slice()), (as_of, changes), "{text}");
    }

    #[test]
    fn changes_are_read_where_the_server_tells_them() {
        changed(
            r#"{"metadata":{"resourceVersion":"12"},"items":[
                {"metadata":{"name":"a","labels":{"resourceVersion":"99"},"resourceVersion":"7"}},
                {"kind":"x","metadata":{"name":"\"resourceVersion\":\"5\"","resourceVersion":"12"}}]}"#,
            Some(12),
            &[7, 12],
        );
        changed(r#"{"metadata":{"resourceVersion":""},"items":[{"metadata":{"resourceVersion":"x"}},{}]}"#, None, &[]);
    }

    #[test]
    fn a_page_that_says_that_more_follow_has_to_say_where() {
        let list = |metadata: &str| next(&format!(r#"{{"metadata":{metadata},"items":[]}}"#));
        assert!(list(r#"{"remainingItemCount":3}"#).is_err());
        assert_eq!(list(r#"{"remainingItemCount":3,"continue":"a"}"#), Ok(Some("a".to_owned())));
        assert_eq!(list(r#"{"remainingItemCount":0}"#), Ok(None));
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
