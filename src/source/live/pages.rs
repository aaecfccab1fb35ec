//! All objects of one kind, page by page.
//!
//! While a page is decoded on another thread the next one is fetched, so at most two pages of a
//! kind are in memory as text; what was decoded is handed on at once.

use std::collections::BTreeSet;

use tokio::task::{JoinHandle, spawn_blocking};

use super::page::{self, Page, Unreadable};

/// How often an expired list is begun again in pages before it is asked for whole.
const RESTARTS: usize = 2;

/// Why a kind could not be listed.
#[derive(Debug)]
pub(super) enum ListError {
    /// The server has no such kind.
    NotServed,
    /// The user may not; the server's sentence.
    Forbidden(String),
    /// Anything else that the client or the server says.
    Client(kube::Error),
    /// The answer is no list of the kind.
    Unreadable(Unreadable),
}

impl From<kube::Error> for ListError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 404 => Self::NotServed,
            kube::Error::Api(status) if status.code == 403 => Self::Forbidden(status.message),
            error => Self::Client(error),
        }
    }
}

/// What becomes known of a list.
#[derive(Debug)]
pub(super) enum News<P> {
    /// The next page.
    Page(Page<P>),
    /// The list begins again: the pages so far count for nothing.
    Again,
}

/// Lists what is at the first of `paths` (which may have queries) that the server has, `chunk_size`
/// objects a page (0: all at once); `fetch` gets a path, `decode` makes of a page's text what is kept of it, `tell` is given the pages in their order.
///
/// A page that has expired (410 Gone: the list took longer than the server remembers) makes the
/// list begin again, and in the end come in one piece, which cannot expire (as client-go's
/// `tools/pager`).
///
/// # Errors
/// See [`ListError`].
pub(super) async fn list_at<P, D, F>(
    paths: &[String],
    chunk_size: usize,
    decode: D,
    fetch: F,
    mut tell: impl FnMut(News<P>),
) -> Result<(), ListError>
where
    P: Send + 'static,
    D: Fn(&str) -> Result<Page<P>, Unreadable> + Copy + Send + 'static,
    F: AsyncFn(String) -> Result<String, kube::Error>,
{
    let mut decoding = None;
    let (mut limit, mut restarts) = (chunk_size, 0);
    let mut token: Option<String> = None;
    let mut tokens: BTreeSet<String> = BTreeSet::new();
    let mut paths = paths.iter().map(String::as_str);
    let mut base = paths.next().unwrap_or_default();
    let mut older = paths.peekable();
    loop {
        let text = match fetch(page_of(base, limit, token.as_deref())).await {
            Ok(text) => text,
            Err(kube::Error::Api(status)) if status.code == 404 && older.peek().is_some() => {
                base = older.next().unwrap_or(base);
                continue;
            }
            Err(kube::Error::Api(status)) if status.code == 410 && token.is_some() => {
                tell(News::Again);
                (decoding, token) = (None, None);
                tokens.clear();
                if restarts == RESTARTS {
                    limit = 0;
                }
                restarts += 1;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        token = page::next(&text).map_err(ListError::Unreadable)?;
        // Each token names the object behind its page: the same one again would go round in a circle for ever.
        if token.as_ref().is_some_and(|token| !tokens.insert(token.clone())) {
            return Err(ListError::Unreadable("the server sent a page twice".to_owned()));
        }
        let before = decoding.replace(spawn_blocking(move || decode(&text)));
        if let Some(page) = decoded(before).await? {
            tell(News::Page(page));
        }
        if token.is_none() {
            if let Some(page) = decoded(decoding).await? {
                tell(News::Page(page));
            }
            return Ok(());
        }
    }
}

async fn decoded<P>(page: Option<JoinHandle<Result<P, Unreadable>>>) -> Result<Option<P>, ListError> {
    match page {
        Some(page) => {
            page.await.unwrap_or_else(|error| Err(error.to_string())).map(Some).map_err(ListError::Unreadable)
        }
        None => Ok(None),
    }
}

fn page_of(base: &str, limit: usize, token: Option<&str>) -> String {
    let and = if base.contains('?') { '&' } else { '?' };
    match (limit, token) {
        (0, _) => base.to_owned(),
        (_, None) => format!("{base}{and}limit={limit}"),
        // A token is base64 for URLs and stands as it is.
        (_, Some(token)) => format!("{base}{and}limit={limit}&continue={token}"),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use super::*;
    use crate::decode::Kind;

    /// Answers `script` in order: `a,b>token` is a page with two namespaces, a number an error.
    #[track_caller]
    fn case(chunk_size: usize, script: &[&str], expected: Result<&[&str], &str>, asked: &[&str]) {
        case_of(Kind::Namespace, chunk_size, script, expected, asked);
    }

    #[track_caller]
    fn case_of(kind: Kind, chunk_size: usize, script: &[&str], expected: Result<&[&str], &str>, asked: &[&str]) {
        let answers = RefCell::new(script.iter().copied().collect::<VecDeque<_>>());
        let paths = RefCell::new(Vec::new());
        let fetch = async |path: String| {
            paths.borrow_mut().push(path.replace("/api/v1/namespaces", "").replace("/apis/resource.k8s.io/", ""));
            answer(answers.borrow_mut().pop_front().unwrap())
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let decode = move |text: &str| page::items(kind, text, false);
        let all: Vec<String> = kind.api_paths().collect();
        let mut names = Vec::new();
        let listed = runtime.block_on(list_at(&all, chunk_size, decode, fetch, |news| match news {
            News::Page(page) => names.extend(page.kept.iter().map(|(object, _)| object.identity().1.name.to_string())),
            News::Again => names.clear(),
        }));
        let found = listed.map(|()| names).map_err(|error| format!("{error:?}"));
        match expected {
            Ok(names) => assert_eq!(found.unwrap(), names),
            Err(word) => assert!(found.as_ref().is_err_and(|error| error.starts_with(word)), "{found:?}"),
        }
        assert_eq!(*paths.borrow(), asked);
    }

    fn answer(script: &str) -> Result<String, kube::Error> {
        if let Ok(code) = script.parse::<u16>() {
            return Err(kube::Error::Api(Box::new(kube::core::Status { code, ..Default::default() })));
        }
        let (names, token) = script.split_once('>').unwrap();
        let items = names.split(',').map(|name| serde_json::json!({"metadata": {"name": name}}));
        Ok(serde_json::json!({"metadata": {"continue": token}, "items": items.collect::<Vec<_>>()}).to_string())
    }

    #[test]
    fn pages_follow_one_another_in_order() {
        case(
            2,
            &["a,b>t1", "c,d>t2", "e>"],
            Ok(&["a", "b", "c", "d", "e"]),
            &["?limit=2", "?limit=2&continue=t1", "?limit=2&continue=t2"],
        );
        case(0, &["a,b>"], Ok(&["a", "b"]), &[""]);
    }

    #[test]
    fn an_expired_list_begins_again_and_nothing_counts_twice() {
        case(
            1,
            &["a>t1", "410", "a>t2", "b>"],
            Ok(&["a", "b"]),
            &["?limit=1", "?limit=1&continue=t1", "?limit=1", "?limit=1&continue=t2"],
        );
        case(
            1,
            &["a>t1", "410", "a>t2", "410", "a>t3", "410", "a,b>"],
            Ok(&["a", "b"]),
            &[
                "?limit=1",
                "?limit=1&continue=t1",
                "?limit=1",
                "?limit=1&continue=t2",
                "?limit=1",
                "?limit=1&continue=t3",
                "",
            ],
        );
    }

    #[test]
    fn an_older_server_is_asked_for_the_version_it_has() {
        let paths = ["v1/deviceclasses?limit=1", "v1beta2/deviceclasses?limit=1", "v1beta1/deviceclasses?limit=1"];
        let next = "v1beta1/deviceclasses?limit=1&continue=t1";
        let script = ["404", "404", "a>t1", "b>"];
        case_of(Kind::DeviceClass, 1, &script, Ok(&["a", "b"]), &[paths[0], paths[1], paths[2], next]);
        case_of(Kind::DeviceClass, 1, &["404", "404", "404"], Err("NotServed"), &paths);
        case_of(Kind::DeviceClass, 1, &["404", "403"], Err("Forbidden"), &paths[..2]);
    }

    #[test]
    fn refusals_of_the_server_are_distinguished() {
        case(1, &["404"], Err("NotServed"), &["?limit=1"]);
        case(1, &["a>t1", "403"], Err("Forbidden"), &["?limit=1", "?limit=1&continue=t1"]);
        case(1, &["410"], Err("Client"), &["?limit=1"]);
        case(1, &["500"], Err("Client"), &["?limit=1"]);
    }
}
