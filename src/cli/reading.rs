//! Reading from a cluster what a question needs, and no more.
//!
//! Pods and nodes are always read. What else is needed shows in the pods that are asked about: a
//! pod of the cluster is looked up first, so that all kinds can be read side by side, and what only
//! the other pods show (that one of them selects namespaces) is read after them.

use std::collections::BTreeSet;

use crate::api::{Labels, Timestamp};
use crate::cli::error::{Error, Result};
use crate::config::{Behaviour, SchedulerConfig};
use crate::decode::pod::PodObject;
use crate::decode::{Kind, Object};
use crate::framework::{NotEvaluated, PolicyRule};
use crate::report::text::count;
use crate::required_kinds::{RequiredKinds, Subject, selects_namespaces};
use crate::session::Age;
use crate::session::open::not_listed;
use crate::session::required::pod_and_group;
use crate::source::live::{Connection, LiveError, ReadProgress, Reader};
use crate::state::ClusterBuilder;

use super::manifests::AskedObject;
use super::progress::ProgressLine;
use super::target::{Named, NamedKind, Selection, Target};

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request<'a> {
    /// Objects of the state.
    Named(&'a [Named]),
    /// Those that a selection matches.
    Selected(&'a Selection),
    /// Objects of manifests.
    Asked(&'a [AskedObject]),
    /// New pods like those of the state, or of manifests, that are named.
    Copies(&'a Target, &'a [AskedObject]),
    /// All pending pods.
    Pending,
    /// All devices.
    Devices,
    /// All node groups and pools.
    NodeGroups,
    /// What becomes of many pods: whatever any of them may need.
    Simulation {
        /// Some do not exist yet.
        new_pods: bool,
    },
}

impl<'a> Request<'a> {
    /// What is named, whether copies of it are asked about or it itself.
    fn subject(self) -> Self {
        match self {
            Self::Copies(target, objects) => Self::of(target, objects),
            other => other,
        }
    }

    /// About what was named, or about `objects` of the files that were.
    pub(crate) fn of(target: &'a Target, objects: &'a [AskedObject]) -> Self {
        match target {
            Target::Named(named) => Self::Named(named),
            Target::Selected(selection) => Self::Selected(selection),
            Target::Files => Self::Asked(objects),
        }
    }
}

/// A question to a scheduler.
pub(crate) struct Asker<'a> {
    pub(crate) question: Request<'a>,
    /// The namespace of what is named.
    pub(crate) namespace: &'a str,
    pub(crate) config: &'a SchedulerConfig,
    pub(crate) behaviour: &'a Behaviour,
}

impl Asker<'_> {
    /// Kinds without which there is no answer.
    fn deciding(&self) -> BTreeSet<Kind> {
        let mut named = RequiredKinds::default();
        let kinds: Vec<NamedKind> = match self.question.subject() {
            Request::Named(objects) => objects.iter().map(|named| named.kind).collect(),
            Request::Selected(selection) => selection.kinds.clone(),
            _ => Vec::new(),
        };
        kinds.into_iter().filter_map(NamedKind::workload).for_each(|kind| named.add_workload(kind));
        named.kinds().chain([Kind::Pod, Kind::Node]).collect()
    }

    /// What is needed, as far as `state` tells it.
    pub(crate) fn required(&self, state: &ClusterBuilder) -> RequiredKinds {
        self.required_with(state, &[])
    }

    /// The same, when some objects were looked up that the state does not have yet.
    fn required_with(&self, state: &ClusterBuilder, found: &[Object]) -> RequiredKinds {
        let selected = state.specs().any(selects_namespaces);
        let mut required = RequiredKinds::default();
        let mut add = |pod: Subject<'_>| required.add_pod(self.config, self.behaviour, pod, selected);
        match self.question.subject() {
            Request::Simulation { new_pods } => return RequiredKinds::everything(new_pods),
            Request::Asked(objects) => objects.iter().for_each(|object| {
                add(match object {
                    AskedObject::Pod(pod, _) => Subject::manifest(pod),
                    AskedObject::Workload(workload) => Subject::workload(workload),
                });
            }),
            Request::Devices => required.add_devices(),
            // What copies are asked for of was taken before.
            Request::NodeGroups | Request::Copies(..) => {}
            Request::Pending => {
                state.pending().map(Subject::pod).for_each(add);
                state.pending().for_each(|pod| required.add_maker(pod));
            }
            Request::Selected(selection) => {
                selection.pod().iter().flat_map(|pod| self.of_named(state, pod)).for_each(&mut add);
                let takes = |key, labels: &Labels| selection.takes(self.namespace, key, labels);
                // Where none is pending those with a node are explained, and they may need as much.
                state.pods().filter(|pod| takes(pod.own.key, &pod.own.labels)).map(Subject::pod).for_each(&mut add);
                let kinds = || selection.kinds.iter().filter_map(|kind| kind.workload());
                for kind in kinds() {
                    let workloads = state.workloads(kind).filter(|workload| takes(workload.key, &workload.labels));
                    workloads.map(Subject::workload).for_each(&mut add);
                    let managed = state.pending().filter(|pod| pod.own.controller.is_some());
                    managed.map(Subject::pod).for_each(&mut add);
                }
                kinds().for_each(|kind| required.add_workload(kind));
            }
            Request::Named(named) => {
                found.iter().filter_map(Subject::of).for_each(&mut add);
                named.iter().flat_map(|named| self.of_named(state, named)).for_each(&mut add);
                named.iter().filter_map(|named| named.kind.workload()).for_each(|kind| required.add_workload(kind));
            }
        }
        if matches!(self.question, Request::Copies(..)) {
            required.add_new_pods();
        }
        if !matches!(self.question, Request::Devices) {
            required.add_new_nodes(state.shows_autoscaler());
        }
        required
    }

    /// The pod that is named; or the pod that a workload makes, and all that may belong to it.
    fn of_named<'s>(&self, state: &'s ClusterBuilder, named: &Named) -> Vec<Subject<'s>> {
        let key = named.key(self.namespace);
        let groups = self.behaviour.pod_groups();
        let kind = match named.kind {
            NamedKind::Workload(kind) => kind,
            NamedKind::Pod => return pod_and_group(state, self.behaviour, key),
            NamedKind::PodGroup => {
                let is_of = |pod: &&PodObject| {
                    let group = groups.of_spec(pod.own.key.namespace, &pod.template.spec);
                    group.is_some_and(|group| group.is_called(key))
                };
                return state.pending().filter(is_of).map(Subject::pod).collect();
            }
        };
        let managed = state
            .pending()
            .filter(|pod| pod.own.controller.is_some() && pod.own.key.namespace == key.namespace)
            .map(Subject::pod);
        state.workload(kind, key).map(Subject::workload).into_iter().chain(managed).collect()
    }
}

/// What is read of a cluster, and what may not be.
pub(crate) struct Reading {
    reader: Reader,
    progress: ProgressLine,
    asked_for: BTreeSet<Kind>,
    forbidden: Vec<(Kind, String)>,
}

/// The library's words, and where no cluster is configured the flags that name one.
fn from_live(error: LiveError) -> Error {
    match error {
        LiveError::NoCluster(_) => Error::new(format!("{error}: use --kubeconfig, --context or --snapshot")),
        error => Error::from(error),
    }
}

impl Reading {
    /// Connects.
    ///
    /// # Errors
    /// No usable kubeconfig, no connection, no login.
    pub(crate) fn open(connection: &Connection) -> Result<Self> {
        let reader = Reader::open(connection).map_err(from_live)?;
        Ok(Self { reader, progress: ProgressLine::new(), asked_for: BTreeSet::new(), forbidden: Vec::new() })
    }

    /// The API server's version; none when it may not be asked.
    pub(crate) fn version(&self) -> Option<&str> {
        self.reader.version()
    }

    /// The namespace that the current context names.
    pub(crate) fn default_namespace(&self) -> &str {
        self.reader.default_namespace()
    }

    /// Reads into `builder` what `asker` needs and what was not read yet.
    ///
    /// # Errors
    /// No connection, or no right to read what decides the answer.
    pub(crate) fn read(&mut self, asker: &Asker<'_>, builder: &mut ClusterBuilder) -> Result<()> {
        let found = if self.asked_for.is_empty() { self.look_up(asker)? } else { Vec::new() };
        let deciding = asker.deciding();
        let mut required = asker.required_with(builder, &found);
        loop {
            let wanted = [Kind::Pod, Kind::Node].into_iter().chain(required.kinds());
            let kinds: Vec<Kind> = wanted.filter(|kind| self.asked_for.insert(*kind)).collect();
            if kinds.is_empty() {
                self.progress.end();
                return Ok(());
            }
            let progress = &mut self.progress;
            let listed = self.reader.read(&kinds, &deciding, builder, &mut |seen| progress.show(|| in_words(seen)));
            self.forbidden.extend(listed.map_err(from_live)?.forbidden);
            required = asker.required(builder);
        }
    }

    /// What is named, ahead of all else: it shows what is needed.
    fn look_up(&mut self, asker: &Asker<'_>) -> Result<Vec<Object>> {
        let Request::Named(named) = asker.question.subject() else { return Ok(Vec::new()) };
        // Of a group, its pods show what is needed.
        let named = named.iter().filter(|named| named.kind != NamedKind::PodGroup);
        let wanted: Vec<(Kind, &str)> = named.map(|named| (named.kind.object(), named.name.as_str())).collect();
        self.reader.look_up(&wanted, asker.namespace).map_err(Error::from)
    }

    /// What of `required` may not be read; reported once.
    pub(crate) fn not_listed(&mut self, required: &RequiredKinds) -> Vec<NotEvaluated> {
        let forbidden = self.forbidden.drain(..);
        let note = |(kind, why)| Some(not_listed(kind, why, required)?.granted_by(PolicyRule::list(kind)));
        forbidden.filter_map(note).collect()
    }

    /// When the first list was asked for.
    pub(crate) fn as_of(&self) -> Option<Timestamp> {
        self.reader.started().map(|(at, _)| at)
    }

    /// How old it is, and whether it is of one moment.
    pub(crate) fn age(&self) -> Option<Age> {
        let (at, since) = self.reader.started()?;
        Some(Age::Live { at, since, changed: self.reader.changed() })
    }
}

/// How far the reading is.
pub(crate) fn in_words(ReadProgress { kinds, of, objects }: ReadProgress) -> String {
    format!("reading: {kinds} of {}, {}", count(of, "kind"), count(objects, "object"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_counts_kinds_and_objects() {
        let seen = |kinds, of, objects| in_words(ReadProgress { kinds, of, objects });
        assert_eq!(seen(0, 1, 1), "reading: 0 of 1 kind, 1 object");
        assert_eq!(seen(3, 14, 12_500), "reading: 3 of 14 kinds, 12,500 objects");
    }
}
