//! Reads what the state keeps without a detour through JSON: a template is decoded once, and each of its pods is a copy
//! with what is its own.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::bytes::Bytes;
use super::columns::{Row, Rows};
use super::deserializer::{Budget, Reading};
use super::reader::{Contents, Objects, Template, decoded};
use super::tables::Tables;
use super::values::{Part, Place};
use super::{PackedError, Result, text};
use crate::api::{ObjectKey, Timestamp, name};
use crate::decode::pod::PodObject;
use crate::decode::{Kind, Object, direct, pod};
use crate::source::error::Fault;
use crate::source::scan::TypeMeta;
use crate::source::walk::{FoundBy, Sink};
use crate::state::PodHashes;

/// Takes objects that are decoded already.
pub(in crate::source) trait ObjectSink: Sink {
    /// Lets a pod share its labels and its specification with equal ones.
    fn share(&mut self, pod: &mut PodObject, hashes: PodHashes);

    /// Takes a pod that shares them.
    fn pod(&mut self, pod: PodObject);

    /// Takes any other object.
    fn object(&mut self, object: Object);
}

/// A pod or an object, or what the decoder of text finds in it.
enum Read<T, F> {
    Direct(T),
    Text(F),
}

type Found<S, T> = std::result::Result<Read<T, FoundBy<S>>, Fault>;

impl Contents<'_> {
    /// Gives everything to `sink`: what is found is what [`Contents::each`] would let it find.
    pub(in crate::source) fn each_decoded<S: ObjectSink>(&self, sink: &mut S) -> std::result::Result<(), Fault> {
        let decoder = sink.decoder();
        self.aside(&decoder, sink)?;
        let prototype = |template| {
            let pod = self.prototype(template)?;
            Ok(pod.map(|pod| (PodHashes::of(&pod), pod)))
        };
        let templates = self.templates.par_iter().map(prototype).collect::<Result<Vec<_>>>()?;
        let mut share = |(hashes, mut pod): (PodHashes, PodObject)| {
            sink.share(&mut pod, hashes);
            pod
        };
        let templates: Vec<Option<PodObject>> = templates.into_iter().map(|found| found.map(&mut share)).collect();
        let pods = |of: TypeMeta<'_>, bytes: Bytes<'_>| -> Result<Vec<Read<PodObject, Vec<u8>>>> {
            let rows = Rows::read(bytes)?;
            let mut pods = Vec::with_capacity(rows.count);
            rows.each(
                |template| Ok(self.template(template)?.open),
                |row| {
                    pods.push(match templates.get(row.template) {
                        Some(Some(template)) => Read::Direct(filled(template, row, &self.tables)?),
                        _ => Read::Text(self.pod(of, row)?),
                    });
                    Ok(())
                },
            )?;
            Ok(pods)
        };
        // Pods of all sections side by side; other objects of one section at a time.
        let all = |group: &super::reader::Group<'_>| match &group.holds {
            Objects::Pods(bytes) => Some(pods(group.of, *bytes)),
            Objects::Values(_) => None,
        };
        let read: Vec<_> = self.groups.par_iter().map(all).collect();
        for (group, pods) in self.groups.iter().zip(read) {
            match (&group.holds, pods) {
                (Objects::Values(values), _) => {
                    let kind = Kind::of(group.of.api_version, group.of.kind);
                    let read = |value: &&[u8]| self.object::<S>(&decoder, group.of, kind, value);
                    let found: Vec<Found<S, Object>> = values.par_iter().map(read).collect();
                    for found in found {
                        match found? {
                            Read::Direct(object) => sink.object(object),
                            Read::Text(found) => sink.take(found),
                        }
                    }
                }
                (Objects::Pods(_), pods) => {
                    for pod in pods.unwrap_or_else(|| Ok(Vec::new()))? {
                        match pod {
                            Read::Direct(pod) => sink.pod(pod),
                            Read::Text(text) => {
                                let found = decoded(&decoder, group.of, &text)?;
                                sink.take(found);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The pod that a template is; none where it is to be read as text.
    fn prototype(&self, template: &Template<'_>) -> Result<Option<PodObject>> {
        let (mut bytes, budget) = (Bytes(template.bytes), Budget::default());
        let found = pod::direct(Reading::new(&mut bytes, &self.tables, &budget));
        self.tables.spend(budget.taken())?;
        Ok(found.filter(|_| bytes.0.is_empty()))
    }

    fn object<S: Sink>(
        &self,
        decoder: &S::Decoder,
        of: TypeMeta<'_>,
        kind: Option<Kind>,
        value: &[u8],
    ) -> Found<S, Object> {
        let (mut bytes, budget) = (Bytes(value), Budget::default());
        let found = kind.and_then(|kind| direct::object(kind, Reading::new(&mut bytes, &self.tables, &budget)));
        self.tables.spend(budget.taken())?;
        match found {
            Some(object) if bytes.0.is_empty() => Ok(Read::Direct(object)),
            _ => {
                let text = text::object(of.api_version, of.kind, value, None, &self.tables)?;
                decoded(decoder, of, &text).map(Read::Text)
            }
        }
    }
}

/// The pod of `template` that a row is.
fn filled(template: &PodObject, row: &Row<'_>, tables: &Tables<'_>) -> Result<PodObject> {
    let mut pod = template.clone();
    let own = &mut *pod.own;
    let time = |place, seconds| row.has(place).then_some(Timestamp(seconds));
    if row.has(Place::Name) {
        own.key = ObjectKey::new(own.key.namespace, name(row.name));
    }
    if row.has(Place::Uid)
        && let Some(uid) = Part::Uuid(row.uid).short_text()
    {
        own.uid = name(uid.as_str());
    }
    if row.has(Place::Node) {
        own.node_name = Some(tables.name(row.node)?).filter(|node| !node.is_empty());
    }
    own.creation_timestamp = time(Place::Created, row.created).or(own.creation_timestamp);
    own.start_time = time(Place::Started, row.started).or(own.start_time);
    if row.has(Place::Ready) {
        let ready = own.ready.as_mut().ok_or(PackedError::Damaged("a pod has no condition Ready"))?;
        ready.since = Some(Timestamp(row.ready));
    }
    Ok(pod)
}
