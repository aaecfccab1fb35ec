//! One visit to an API server: the kinds that a question needs, read in one or more goes.

use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Instant, SystemTime};

use futures_util::future::join_all;
use serde::Deserialize;

use super::names::path_of;
use super::page::{self, Item, Page, Unreadable};
use super::pages::{self, ListError, News};
use super::server::Server;
use super::session::Session;
use super::{Connection, LiveError};
use crate::api::Timestamp;
use crate::decode::autoscaling::priorities::PRIORITIES_NAME;
use crate::decode::{Kind, Object};
use crate::source::config_map::ConfigMapName;
use crate::state::ClusterBuilder;

/// What came of listing some kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Kinds of which all objects were read, be there none.
    pub listed: Vec<Kind>,
    /// Kinds that may not be listed, with the server's reason.
    pub forbidden: Vec<(Kind, String)>,
}

/// How far the reading has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadProgress {
    /// Kinds that were read to their end.
    pub kinds: usize,
    /// Kinds that were asked for.
    pub of: usize,
    /// Objects so far.
    pub objects: usize,
}

/// Takes what is read.
pub(in crate::source) trait PageSink<P> {
    /// The next page of `kind`.
    fn page(&mut self, kind: Kind, page: P);

    /// The list of `kind` has expired on the way: what came of it counts for nothing.
    fn again(&mut self, kind: Kind);
}

impl PageSink<Vec<Item>> for ClusterBuilder {
    fn page(&mut self, _kind: Kind, page: Vec<Item>) {
        for (object, raw) in page {
            self.add_raw(object, raw);
        }
    }

    fn again(&mut self, kind: Kind) {
        self.remove_all(kind);
    }
}

/// Reads from an API server, and knows what was read.
pub struct Reader {
    session: Rc<Session>,
    status: ConfigMapName,
    /// The API groups that the server has; none before somebody asked, and where they may not be asked.
    groups: OnceCell<Option<BTreeSet<String>>>,
    chunk_size: usize,
    version: Option<String>,
    started: Option<(Timestamp, Instant)>,
    seen: ReadProgress,
    lists: BTreeMap<Kind, Pages>,
}

/// What the pages of a list said of themselves.
#[derive(Debug, Default)]
struct Pages {
    objects: usize,
    /// As of which change the list is, in the server's count; none where a page did not say.
    as_of: Option<u64>,
    /// The last change of each object.
    changes: Vec<u64>,
}

impl Reader {
    /// Connects, and asks for the version.
    ///
    /// # Errors
    /// No usable kubeconfig, no connection, no login.
    pub fn open(connection: &Connection) -> Result<Self, LiveError> {
        let session = connection.session()?;
        let version = session.runtime.block_on(session.server.version())?;
        Ok(Self {
            session,
            status: connection.autoscaler_status.clone(),
            groups: OnceCell::new(),
            chunk_size: connection.chunk_size,
            version,
            started: None,
            seen: ReadProgress::default(),
            lists: BTreeMap::new(),
        })
    }

    /// The API server's version, such as `v1.34.1`; none when it may not be asked.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The namespace that the current context names.
    pub fn default_namespace(&self) -> &str {
        self.session.server.client.default_namespace()
    }

    /// When the first list was asked for; none before.
    pub fn started(&self) -> Option<(Timestamp, Instant)> {
        self.started
    }

    /// How many of the objects read were changed after the first list was made: so far the state is
    /// not of one moment. None where the server's versions do not tell. What was deleted meanwhile,
    /// and what came too late for its list, is not known.
    pub fn changed(&self) -> Option<usize> {
        let as_of: Option<Vec<u64>> = self.lists.values().map(|list| list.as_of).collect();
        let first = as_of?.into_iter().min()?;
        Some(self.lists.values().flat_map(|list| &list.changes).filter(|change| **change > first).count())
    }

    /// Looks some objects up by their names, to see what they need; those that are not there, or may
    /// not be seen, are left out.
    ///
    /// # Errors
    /// No connection, or an answer that is no list.
    pub fn look_up(&mut self, objects: &[(Kind, &str)], namespace: &str) -> Result<Vec<Object>, LiveError> {
        let Session { runtime, server } = &*self.session;
        let found = runtime.block_on(join_all(objects.iter().map(async |(kind, name)| {
            let Some(path) = path_of(*kind, namespace).filter(|_| is_plain(name)) else { return Ok(None) };
            match server.get(&format!("{path}?fieldSelector=metadata.name%3D{name}")).await {
                Ok(text) => page::items(*kind, &text, false).map(Some).map_err(|why| unreadable(*kind, &why)),
                Err(kube::Error::Api(status)) if matches!(status.code, 400 | 403 | 404) => Ok(None),
                Err(error) => Err(server.error(error)),
            }
        })));
        let mut objects = Vec::new();
        for page in found {
            objects.extend(page?.into_iter().flat_map(|page| page.kept).map(|(object, _)| object));
        }
        Ok(objects)
    }

    /// Reads all objects of `kinds` into `builder`. A kind that the server does not serve has no
    /// objects; one that may not be listed is reported.
    ///
    /// # Errors
    /// No connection, no login, no right to list one of `deciding`, or an answer that is no list.
    pub fn read(
        &mut self,
        kinds: &[Kind],
        deciding: &BTreeSet<Kind>,
        builder: &mut ClusterBuilder,
        progress: &mut dyn FnMut(ReadProgress),
    ) -> Result<Listed, LiveError> {
        let keep_raw = builder.keeps_raw();
        let decode = move |kind: Kind, text: &str| page::items(kind, text, keep_raw);
        let listed = self.visit(kinds, deciding, decode, builder, progress)?;
        for kind in &listed.listed {
            builder.saw(*kind);
        }
        Ok(listed)
    }

    /// Whether the server may have objects of `kind`. Kinds that come with a CRD are asked for only where the server has
    /// their group: one request tells that of all of them.
    fn may_have(&mut self, kind: Kind) -> bool {
        if !kind.is_optional() {
            return true;
        }
        let Session { runtime, server } = &*self.session;
        let groups = self.groups.get_or_init(|| {
            let text = runtime.block_on(server.get("/apis")).ok()?;
            let groups: Groups = serde_json::from_str(&text).ok()?;
            Some(groups.groups.into_iter().map(|group| group.name).collect())
        });
        groups.as_ref().is_none_or(|groups| groups.contains(kind.api_group()))
    }

    /// Lists `kinds`; `decode` makes of the text of a page what `take` is given.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub(in crate::source) fn visit<P: Send + 'static>(
        &mut self,
        kinds: &[Kind],
        deciding: &BTreeSet<Kind>,
        decode: impl Fn(Kind, &str) -> Result<Page<P>, Unreadable> + Copy + Send + 'static,
        take: &mut dyn PageSink<P>,
        progress: &mut dyn FnMut(ReadProgress),
    ) -> Result<Listed, LiveError> {
        self.started.get_or_insert_with(|| (Timestamp::from(SystemTime::now()), Instant::now()));
        let (kinds, absent): (Vec<Kind>, Vec<Kind>) = kinds.iter().partition(|kind| self.may_have(**kind));
        let kinds = kinds.as_slice();
        self.seen.of += kinds.len();
        let visit = RefCell::new(Visit { seen: &mut self.seen, lists: &mut self.lists, take, progress });
        let Session { runtime, server } = &*self.session;
        let lists = runtime.block_on(join_all(kinds.iter().copied().map(async |kind| {
            let fetch = async |path: String| server.get(&path).await;
            let tell = |news| visit.borrow_mut().tell(kind, news);
            let paths = paths(kind, &self.status);
            let list = pages::list_at(&paths, self.chunk_size, move |text| decode(kind, text), fetch, tell).await;
            if kind == Kind::AutoscalerStatus && list.is_ok() && visit.borrow().has_any(kind) {
                // Few autoscalers go by priorities: without the right to see them the rest of the answer stands.
                let paths = [config_map(&self.status.namespace, PRIORITIES_NAME)];
                let more = pages::list_at(&paths, self.chunk_size, move |text| decode(kind, text), fetch, tell).await;
                drop(more);
            }
            visit.borrow_mut().ended();
            list
        })));
        let mut listed = Listed { listed: absent, ..Listed::default() };
        for (kind, list) in kinds.iter().zip(lists) {
            settle(*kind, list, deciding, server, &mut listed)?;
        }
        Ok(listed)
    }
}

/// The list that has one ConfigMap alone.
fn config_map(namespace: &str, name: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/configmaps?fieldSelector=metadata.name%3D{name}")
}

/// Where the objects of a kind are listed; of ConfigMaps just the autoscaler's.
fn paths(kind: Kind, status: &ConfigMapName) -> Vec<String> {
    match kind {
        Kind::AutoscalerStatus => {
            vec![config_map(&status.namespace, &status.name)]
        }
        kind => kind.api_paths().collect(),
    }
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

/// What the lists that run side by side have in common.
struct Visit<'a, P> {
    seen: &'a mut ReadProgress,
    lists: &'a mut BTreeMap<Kind, Pages>,
    take: &'a mut dyn PageSink<P>,
    progress: &'a mut dyn FnMut(ReadProgress),
}

impl<P> Visit<'_, P> {
    fn tell(&mut self, kind: Kind, news: News<P>) {
        match news {
            News::Page(page) => {
                self.seen.objects += page.objects;
                let list = self.lists.entry(kind).or_default();
                list.objects += page.objects;
                list.as_of = page.as_of;
                list.changes.extend(page.changes);
                self.take.page(kind, page.kept);
            }
            News::Again => {
                let list = self.lists.remove(&kind).unwrap_or_default();
                self.seen.objects -= list.objects;
                self.take.again(kind);
            }
        }
        (self.progress)(*self.seen);
    }

    /// Whether the server has any object of `kind`.
    fn has_any(&self, kind: Kind) -> bool {
        self.lists.get(&kind).is_some_and(|list| list.objects > 0)
    }

    fn ended(&mut self) {
        self.seen.kinds += 1;
        (self.progress)(*self.seen);
    }
}

/// Notes what came of a list. Without one of `deciding` there is no answer at all.
fn settle(
    kind: Kind,
    list: Result<(), ListError>,
    deciding: &BTreeSet<Kind>,
    server: &Server,
    listed: &mut Listed,
) -> Result<(), LiveError> {
    let decides = deciding.contains(&kind);
    match list {
        Ok(()) => listed.listed.push(kind),
        Err(ListError::NotServed) if !matches!(kind, Kind::Node | Kind::Pod) => listed.listed.push(kind),
        Err(ListError::NotServed) => {
            return Err(LiveError::new(format!(
                "the server doesn't have a resource type \"{}s\": is {} a Kubernetes API server?",
                kind.as_str().to_ascii_lowercase(),
                server.address()
            )));
        }
        Err(ListError::Forbidden(why)) if !decides => listed.forbidden.push((kind, why)),
        Err(ListError::Forbidden(message)) => {
            return Err(LiveError::Server { reason: "Forbidden".to_owned(), message });
        }
        Err(ListError::Client(error)) => return Err(server.error(error)),
        Err(ListError::Unreadable(why)) => return Err(unreadable(kind, &why)),
    }
    Ok(())
}

fn unreadable(kind: Kind, why: &str) -> LiveError {
    LiveError::new(format!("the server's list of {} cannot be read: {why}", kind.as_str()))
}

/// Whether `name` stands in a URL as it is; names of objects do.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}
