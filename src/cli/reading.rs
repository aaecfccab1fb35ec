//! Reading from a cluster what a question needs, and no more.
//!
//! Pods and nodes are always read. What else is needed shows in the pods that are asked about: a
//! pod of the cluster is looked up first, so that all kinds can be read side by side, and what only
//! the other pods show (that one of them selects namespaces) is read after them.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::cluster::pod::PodObject;
use crate::cluster::{ClusterBuilder, Kind, Object, ObjectKey, Timestamp, name};
use crate::config::{Behaviour, SchedulerConfig};
use crate::error::Result;
use crate::framework::{NotEvaluated, PolicyRule};
use crate::needs::{Needs, Subject, selects_namespaces};
use crate::report::StateAge;
use crate::report::text::list;
use crate::source::live::Session;

use super::manifests::AskedObject;
use super::progress::Progress;
use super::state::from_live;
use super::target::{Named, Target};

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question<'a> {
    /// Whatever may come: all kinds.
    Everything,
    /// Objects of the state.
    Named(&'a [Named]),
    /// Objects of manifests.
    Asked(&'a [AskedObject]),
    /// All pending pods.
    Pending,
}

impl<'a> Question<'a> {
    /// About what was named, or about `objects` of the files that were.
    pub(crate) fn of(target: &'a Target, objects: &'a [AskedObject]) -> Self {
        match target {
            Target::Named(named) => Self::Named(named),
            Target::Files(_) => Self::Asked(objects),
        }
    }
}

/// How old a state is that was read from a cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// When the first list was asked for.
    at: Timestamp,
    since: Instant,
    changed: Option<usize>,
}

impl Reading {
    pub(crate) fn age(self) -> StateAge {
        StateAge { read_at: self.at.to_string(), age: self.since.elapsed(), changed: self.changed }
    }
}

/// Reads what `question` needs into `builder`; adds to `notes` what of it may not be read.
///
/// # Errors
/// No connection, or no right to read what decides the answer.
pub(crate) fn read(
    session: &mut Session,
    question: Question<'_>,
    namespace: &str,
    (config, behaviour): (&SchedulerConfig, &Behaviour),
    builder: &mut ClusterBuilder,
    notes: &mut Vec<NotEvaluated>,
) -> Result<Option<Reading>> {
    let found = match question {
        Question::Named(named) => look_up(session, named, namespace)?,
        _ => Vec::new(),
    };
    let asker = Asker { question, namespace, found: &found, config, behaviour };
    let mut needs = asker.needs(None);
    let deciding: BTreeSet<Kind> = asker.deciding();
    let mut progress = Progress::new();
    let mut asked_for = BTreeSet::new();
    let mut forbidden = Vec::new();
    loop {
        let kinds: Vec<Kind> =
            [Kind::Pod, Kind::Node].into_iter().chain(needs.kinds()).filter(|kind| asked_for.insert(*kind)).collect();
        if kinds.is_empty() {
            break;
        }
        let listed = session.read(&kinds, &deciding, builder, &mut |seen| progress.show(seen)).map_err(from_live)?;
        forbidden.extend(listed.forbidden);
        needs = asker.needs(Some(builder));
    }
    notes.extend(
        forbidden
            .into_iter()
            .filter_map(|(kind, why)| Some(not_listed(kind, why, &needs)?.mended_by(PolicyRule::list(kind)))),
    );
    let changed = session.changed();
    Ok(session.started().map(|(at, since)| Reading { at, since, changed }))
}

/// What it means that objects of `kind` are not known; nothing where nobody reads them.
pub(crate) fn not_listed(kind: Kind, why: String, needs: &Needs) -> Option<NotEvaluated> {
    let readers: Vec<&str> = needs.readers(kind)?.iter().copied().collect();
    if readers.is_empty() {
        return None;
    }
    let effect = format!("{} judged as if there were none", list(&readers, readers.len()));
    Some(NotEvaluated::of_kind(kind, why, effect))
}

fn look_up(session: &mut Session, named: &[Named], namespace: &str) -> Result<Vec<Object>> {
    let wanted: Vec<(Kind, &str)> =
        named.iter().map(|named| (named.workload.map_or(Kind::Pod, Kind::Workload), named.name.as_str())).collect();
    session.look_up(&wanted, namespace).map_err(from_live)
}

/// The question, with what says what it needs.
struct Asker<'a> {
    question: Question<'a>,
    namespace: &'a str,
    /// What was looked up.
    found: &'a [Object],
    config: &'a SchedulerConfig,
    behaviour: &'a Behaviour,
}

impl Asker<'_> {
    /// Kinds without which there is no answer.
    fn deciding(&self) -> BTreeSet<Kind> {
        let mut named = Needs::default();
        if let Question::Named(objects) = self.question {
            objects.iter().filter_map(|named| named.workload).for_each(|kind| named.add_workload(kind));
        }
        named.kinds().chain([Kind::Pod, Kind::Node]).collect()
    }

    /// What is needed, as far as it can be told: before the pods are read, or from them.
    fn needs(&self, state: Option<&ClusterBuilder>) -> Needs {
        let selected = state.is_some_and(|state| state.specs().any(selects_namespaces));
        let mut needs = Needs::default();
        let mut add = |pod: Subject<'_>| needs.add_pod(self.config, self.behaviour, pod, selected);
        match self.question {
            Question::Everything => return Needs::everything(),
            Question::Asked(objects) => objects.iter().for_each(|object| {
                add(match object {
                    AskedObject::Pod(pod, _) => Subject::manifest(pod),
                    AskedObject::Workload(workload) => Subject::workload(workload),
                });
            }),
            Question::Pending => {
                state.into_iter().flat_map(ClusterBuilder::pending).for_each(|pod| add(Subject::pod(pod)));
            }
            Question::Named(named) => {
                self.found.iter().filter_map(Subject::of).for_each(&mut add);
                state
                    .into_iter()
                    .flat_map(|state| self.named_pods(state, named))
                    .for_each(|pod| add(Subject::pod(pod)));
                named.iter().filter_map(|named| named.workload).for_each(|kind| needs.add_workload(kind));
            }
        }
        needs
    }

    /// The pods that are named, and those that may belong to a workload that is.
    fn named_pods<'s>(&self, state: &'s ClusterBuilder, named: &[Named]) -> Vec<&'s PodObject> {
        let namespace = name(self.namespace);
        let pods = named.iter().filter(|named| named.workload.is_none());
        let mut found: Vec<&PodObject> =
            pods.filter_map(|named| state.pod(ObjectKey::new(namespace, name(&named.name)))).collect();
        if named.iter().any(|named| named.workload.is_some()) {
            let managed = |pod: &&PodObject| pod.own.controller.is_some() && pod.own.key.namespace == namespace;
            found.extend(state.pending().filter(managed));
        }
        found
    }
}
