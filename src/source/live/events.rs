//! Events, asked for only of the objects in question.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::pages::{self, ListError, News};
use super::server::Server;
use super::{Connection, LiveError, Page, Unreadable, each};
use crate::api::ObjectKey;
use crate::decode::event::Event;

/// Of this many objects of a kind in a namespace the events are asked for one by one; of more, all at once.
const ONE_BY_ONE: usize = 10;

/// The events about `objects`, each a kind with a namespace and name.
///
/// # Errors
/// No connection, no right to list events, or an answer that is no list.
pub fn events(connection: &Connection, objects: &[(&str, ObjectKey)]) -> Result<Vec<Event>, LiveError> {
    let session = connection.session()?;
    session.runtime.block_on(async {
        let paths = paths(objects);
        let lists = join_all(paths.iter().map(|path| list(&session.server, path, connection.chunk_size))).await;
        let mut events = Vec::new();
        for list in lists {
            events.extend(list.map_err(|error| error_of(&session.server, error))?.into_iter().flatten());
        }
        Ok(events)
    })
}

/// All events, whole: the text of each goes to `take`.
///
/// # Errors
/// As [`events`].
pub(in crate::source) fn all_events(
    connection: &Connection,
    mut take: impl FnMut(&[u8]) -> serde_json::Result<usize>,
) -> Result<(), LiveError> {
    let session = connection.session()?;
    let path = "/api/v1/events".to_owned();
    let fetch = async |query: String| session.server.get(&query).await;
    let whole = |text: &str| Ok(Page::of(text.to_owned()));
    let mut pages: Vec<String> = Vec::new();
    let list = pages::list_at(std::slice::from_ref(&path), connection.chunk_size, whole, fetch, collect(&mut pages));
    session.runtime.block_on(list).map_err(|error| error_of(&session.server, error))?;
    for page in pages {
        let each = each(&page, |(): &mut (), json| take(json));
        each.map_err(|why| error_of(&session.server, ListError::Unreadable(why)))?;
    }
    Ok(())
}

async fn list(server: &Server, path: &str, chunk_size: usize) -> Result<Vec<Vec<Event>>, ListError> {
    let fetch = async |query: String| server.get(&query).await;
    let mut pages = Vec::new();
    pages::list_at(&[path.to_owned()], chunk_size, decode, fetch, collect(&mut pages)).await?;
    Ok(pages)
}

/// Keeps the pages in their order.
fn collect<P>(pages: &mut Vec<P>) -> impl FnMut(News<P>) {
    |news| match news {
        News::Page(page) => pages.push(page.kept),
        News::Again => pages.clear(),
    }
}

fn decode(page: &str) -> Result<Page<Vec<Event>>, Unreadable> {
    each(page, |events: &mut Vec<Event>, json| {
        let (event, bytes) = Event::decode(json)?;
        events.extend(event);
        Ok(bytes)
    })
}

/// Fields by which the API server selects events (upstream pkg/registry/core/event/strategy.go, ToSelectableFields).
fn list_path(namespace: &str, kind: &str, object: Option<&str>) -> String {
    let of_kind = format!("/api/v1/namespaces/{namespace}/events?fieldSelector=involvedObject.kind%3D{kind}");
    object.map_or_else(|| of_kind.clone(), |object| format!("{of_kind}%2CinvolvedObject.name%3D{object}"))
}

fn paths(objects: &[(&str, ObjectKey)]) -> Vec<String> {
    let mut places: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (kind, key) in objects {
        places.entry((key.namespace.as_str(), kind)).or_default().insert(key.name.as_str());
    }
    let of_place = |((namespace, kind), names): ((&str, &str), BTreeSet<&str>)| match names.len() {
        0..=ONE_BY_ONE => names.into_iter().map(|object| list_path(namespace, kind, Some(object))).collect(),
        _ => vec![list_path(namespace, kind, None)],
    };
    places.into_iter().flat_map(of_place).collect()
}

/// What kept the events from being listed.
fn error_of(server: &Server, error: ListError) -> LiveError {
    match error {
        ListError::Forbidden(message) => LiveError::Server { reason: "Forbidden".to_owned(), message },
        ListError::NotServed => LiveError::new("the server has no events".to_owned()),
        ListError::Client(error) => server.error(error),
        ListError::Unreadable(why) => LiveError::new(format!("the server's list of events cannot be read: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name;

    #[test]
    fn only_the_objects_in_question() {
        let pod = |number: usize| ("Pod", ObjectKey::new(name("shop"), name(&format!("web-{number}"))));
        let few: Vec<_> = [1, 2, 1].into_iter().map(pod).collect();
        let web_1 =
            "/api/v1/namespaces/shop/events?fieldSelector=involvedObject.kind%3DPod%2CinvolvedObject.name%3Dweb-1";
        assert_eq!(paths(&few), [web_1.to_owned(), web_1.replace("web-1", "web-2")]);
        let mut many: Vec<_> = (0..11).map(pod).collect();
        many.push(("ReplicaSet", pod(1).1));
        let all = "/api/v1/namespaces/shop/events?fieldSelector=involvedObject.kind%3DPod";
        let set = web_1.replace("3DPod", "3DReplicaSet");
        assert_eq!(paths(&many), [all.to_owned(), set]);
        assert!(paths(&[]).is_empty());
    }
}
