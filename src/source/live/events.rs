//! `FailedScheduling` events, asked for only of the pods in question.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::pages::{self, ListError, News};
use super::server::Server;
use super::{Connection, LiveError, Page, Unreadable, each};
use crate::api::ObjectKey;
use crate::decode::Kind;
use crate::decode::scheduling_event::{REASON, SchedulingEvent};

/// Of this many pods of a namespace the events are asked for one by one; of more, all at once.
const ONE_BY_ONE: usize = 10;

/// The events of `pods`.
///
/// # Errors
/// No connection, no right to list events, or an answer that is no list.
pub fn events(connection: &Connection, pods: &[ObjectKey]) -> Result<Vec<SchedulingEvent>, LiveError> {
    let session = connection.session()?;
    session.runtime.block_on(async {
        let paths = paths(pods);
        let lists = join_all(paths.iter().map(|path| list(&session.server, path, connection.chunk_size))).await;
        let mut events = Vec::new();
        for list in lists {
            events.extend(list.map_err(|error| error_of(&session.server, error))?.into_iter().flatten());
        }
        Ok(events)
    })
}

/// The events of all pods, whole: the text of each goes to `take`.
///
/// # Errors
/// As [`events`].
pub(in crate::source) fn all_events(
    connection: &Connection,
    mut take: impl FnMut(&[u8]) -> serde_json::Result<usize>,
) -> Result<(), LiveError> {
    let session = connection.session()?;
    let path = format!("/api/v1/events?fieldSelector={}", selector(None));
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

async fn list(server: &Server, path: &str, chunk_size: usize) -> Result<Vec<Vec<SchedulingEvent>>, ListError> {
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

fn decode(page: &str) -> Result<Page<Vec<SchedulingEvent>>, Unreadable> {
    each(page, |events: &mut Vec<SchedulingEvent>, json| {
        let (event, bytes) = SchedulingEvent::decode(json)?;
        events.extend(event);
        Ok(bytes)
    })
}

/// Fields by which the API server selects events (upstream pkg/registry/core/event/strategy.go, ToSelectableFields).
fn selector(pod: Option<&str>) -> String {
    let reason = format!("involvedObject.kind%3D{}%2Creason%3D{REASON}", Kind::Pod.as_str());
    pod.map_or_else(|| reason.clone(), |pod| format!("{reason}%2CinvolvedObject.name%3D{pod}"))
}

fn paths(pods: &[ObjectKey]) -> Vec<String> {
    let mut namespaces: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pod in pods {
        namespaces.entry(pod.namespace.as_str()).or_default().push(pod.name.as_str());
    }
    let of_namespace = |(namespace, pods): (&str, Vec<&str>)| match pods.len() {
        0..=ONE_BY_ONE => pods.into_iter().map(|pod| list_path(namespace, Some(pod))).collect(),
        _ => vec![list_path(namespace, None)],
    };
    namespaces.into_iter().flat_map(of_namespace).collect()
}

fn list_path(namespace: &str, pod: Option<&str>) -> String {
    format!("/api/v1/namespaces/{namespace}/events?fieldSelector={}", selector(pod))
}

/// What kept the events from being listed.
fn error_of(server: &Server, error: ListError) -> LiveError {
    match error {
        ListError::Forbidden(message) => LiveError::Server { reason: "Forbidden".to_owned(), message },
        ListError::NotServed => LiveError::Message("the server has no events".to_owned()),
        ListError::Client(error) => server.error(error),
        ListError::Unreadable(why) => LiveError::Message(format!("the server's list of events cannot be read: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name;

    #[test]
    fn only_the_pods_in_question() {
        let pod = |number: usize| ObjectKey::new(name("shop"), name(&format!("web-{number}")));
        let few: Vec<ObjectKey> = [1, 2].into_iter().map(pod).collect();
        let web_1 = "/api/v1/namespaces/shop/events?fieldSelector=\
                     involvedObject.kind%3DPod%2Creason%3DFailedScheduling%2CinvolvedObject.name%3Dweb-1";
        assert_eq!(paths(&few), [web_1.to_owned(), web_1.replace("web-1", "web-2")]);
        let many: Vec<ObjectKey> = (0..11).map(pod).collect();
        assert_eq!(
            paths(&many),
            ["/api/v1/namespaces/shop/events?fieldSelector=involvedObject.kind%3DPod%2Creason%3DFailedScheduling"]
        );
        assert!(paths(&[]).is_empty());
    }
}
