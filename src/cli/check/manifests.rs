//! The manifests of a change, each with the file and line that it stands on.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::api::{Name, ObjectKey, name};
use crate::cli::error::{Error, Result};
use crate::decode::pod::PodObject;
use crate::decode::workload::{Workload, WorkloadKey};
use crate::decode::{Kind, Object};
use crate::report::check::ManifestPlace;
use crate::source::lines::{self, ObjectLines};
use crate::source::{Input, Manifest};
use crate::state::ClusterBuilder;

use super::super::manifest_text;
use super::super::manifests::{ManifestFlags, OnBroken};
use super::super::output::say;

/// What a set of manifests has.
#[derive(Default)]
pub(super) struct ManifestSet {
    pub(super) workloads: BTreeMap<WorkloadKey, (Workload, Value, Origin)>,
    /// The workloads in their order.
    pub(super) order: Vec<WorkloadKey>,
    pub(super) pods: Vec<(PodObject, Origin)>,
    others: Vec<(Object, Vec<u8>)>,
    /// Objects of kinds that have no pods, in words, and where they stand.
    without_pods: Vec<(String, ManifestPlace)>,
}

/// Where an object stands.
#[derive(Clone, Default)]
pub(super) struct Origin {
    file: String,
    lines: Option<Rc<ObjectLines>>,
}

impl Origin {
    /// The place of a field.
    pub(super) fn at(&self, path: &str) -> ManifestPlace {
        let Some(lines) = &self.lines else { return ManifestPlace { file: self.file.clone(), line: None } };
        match &lines.source {
            // Lines of what was rendered are not those of its source.
            Some(source) => ManifestPlace { file: source.clone(), line: None },
            None => ManifestPlace { file: self.file.clone(), line: Some(lines.line_of(path)) },
        }
    }

    /// The place of the object.
    pub(super) fn place(&self) -> ManifestPlace {
        let first = self.lines.as_ref().map(|lines| lines.line);
        ManifestPlace { line: self.at("").line.and(first), ..self.at("") }
    }

    /// Whether the field is written.
    pub(super) fn has(&self, path: &str) -> bool {
        self.lines.as_ref().is_some_and(|lines| lines.has(path))
    }
}

impl ManifestSet {
    /// Reads what `flags` name. A manifest without a namespace goes to `namespace`.
    ///
    /// # Errors
    /// A file cannot be read, or an object is not of its kind's shape.
    pub(super) fn read(flags: &ManifestFlags, problems: &mut Vec<String>) -> Result<Self> {
        let mut set = Self::default();
        for (input, manifests) in flags.inputs(OnBroken::Fail, problems)? {
            problems.extend(manifests.problems.iter().map(|problem| format!("{input}: {problem}")));
            let text = manifest_text::of(&input).unwrap_or_default();
            let places: Vec<Rc<ObjectLines>> = lines::objects(&text).into_iter().map(Rc::new).collect();
            for manifest in manifests.objects {
                set.add(&input, &text, &places, manifest)?;
            }
            for object in &places {
                if Kind::ALL.iter().any(|kind| kind.as_str() == object.kind && has_pods(*kind))
                    || object.kind.is_empty()
                {
                    continue;
                }
                let origin = Origin { file: input.to_string(), lines: Some(Rc::clone(object)) };
                set.without_pods.push((format!("{} {}", object.kind, object.name), origin.place()));
            }
        }
        Ok(set)
    }

    fn add(&mut self, input: &Input, text: &str, places: &[Rc<ObjectLines>], manifest: Manifest) -> Result<()> {
        let written: Value = serde_json::from_slice(&manifest.json).unwrap_or_default();
        let field = |path: &str| written.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let (own, namespace) = (field("/metadata/name"), field("/metadata/namespace"));
        let mut of_kind = places.iter().filter(|object| object.kind == manifest.kind.as_str());
        let named = of_kind
            .clone()
            .find(|object| object.name == own && (object.namespace == namespace || object.namespace.is_empty()));
        let lines = named.or_else(|| of_kind.next().filter(|_| of_kind.clone().count() == 0)).cloned();
        let origin = Origin { file: input.to_string(), lines };
        let line = origin.lines.as_ref().map_or(1, |lines| lines.line);
        let place = origin.place();
        let is_template = own.contains("{{") || namespace.contains("{{") || own.contains("${");
        let template = || manifest_text::template(input, text, line);
        if let Some(error) = template().filter(|_| is_template) {
            return Err(error);
        }
        let object = manifest.decode().map_err(|error| {
            let place = if error.path.is_empty() { place.clone() } else { origin.at(&dotted(&error.path)) };
            let plain = || Error::new(format!("{place}: {} {own}: {error}", manifest.kind.as_str()));
            template().unwrap_or_else(plain)
        })?;
        if own.is_empty() && has_pods(manifest.kind) {
            let generated = written.pointer("/metadata/generateName").and_then(Value::as_str);
            let kind = manifest.kind.as_str();
            return Err(match generated {
                Some(generated) => {
                    Error::new(format!("{place}: {kind} {generated}: kubectl apply does not take generateName"))
                        .hint("give it a name")
                }
                None => Error::new(format!("{place}: {kind}: metadata.name is missing")),
            });
        }
        match object {
            // Made by what has them in its own manifest.
            Object::Pod(pod) if pod.own.controller.is_some() => {}
            Object::Workload(workload) if workload.controller.is_some() => {}
            Object::Pod(pod) => self.pods.push((*pod, origin)),
            Object::Workload(workload) => {
                let key = workload.identity();
                let template = template_of(&written).cloned().unwrap_or_default();
                if let Some((_, _, first)) = self.workloads.insert(key, (*workload, template, origin)) {
                    say(&format!(
                        "warning: {place}: {key} is written twice, first in {}: the last one counts",
                        first.place()
                    ));
                    return Ok(());
                }
                self.order.push(key);
            }
            other => self.others.push((other, manifest.json)),
        }
        Ok(())
    }

    /// The same with all that names no namespace in `namespace`.
    pub(super) fn in_namespace(mut self, namespace: &str) -> Self {
        let moved = |key: ObjectKey| {
            if key.namespace == "default" { ObjectKey::new(name(namespace), key.name) } else { key }
        };
        let key = |own: WorkloadKey| WorkloadKey { key: moved(own.key), ..own };
        self.workloads = std::mem::take(&mut self.workloads)
            .into_iter()
            .map(|(own, (workload, written, origin))| {
                (key(own), (Workload { key: moved(own.key), ..workload }, written, origin))
            })
            .collect();
        self.order = self.order.iter().map(|own| key(*own)).collect();
        for (pod, _) in &mut self.pods {
            pod.own.key = moved(pod.own.key);
        }
        self
    }

    /// Puts what is no workload and no pod into the state, over what it has of the same name.
    pub(super) fn join_others(&self, builder: &mut ClusterBuilder) {
        for (object, json) in &self.others {
            let raw = builder.raw(object, json);
            builder.add_raw(object.clone(), raw);
        }
    }

    /// Takes out of the state what this has and `other` has not.
    pub(super) fn remove_others(&self, other: &Self, builder: &mut ClusterBuilder) {
        let kept: Vec<(Kind, ObjectKey)> = other.others.iter().map(|(object, _)| object.identity()).collect();
        for (object, _) in &self.others {
            let (kind, key) = object.identity();
            if !kept.contains(&(kind, key)) {
                builder.remove(kind, key);
            }
        }
    }

    /// The claims of it.
    pub(super) fn claims(&self) -> Vec<ObjectKey> {
        let claims = self.others.iter().filter_map(|(object, _)| match object {
            Object::PersistentVolumeClaim(claim) => Some(claim.key),
            _ => None,
        });
        claims.collect()
    }

    /// Whether anything of it is scheduled.
    pub(super) fn has_pods(&self) -> bool {
        !self.order.is_empty() || !self.pods.is_empty()
    }

    /// Objects that have no pods, in words, and where each stands.
    pub(super) fn without_pods(&self) -> &[(String, ManifestPlace)] {
        &self.without_pods
    }

    /// Whatever lives in a namespace: kind, name, namespace and place.
    pub(super) fn namespaced(&self) -> impl Iterator<Item = (String, Name, ManifestPlace)> + '_ {
        let workloads = self.order.iter().filter_map(|key| {
            let (.., origin) = self.workloads.get(key)?;
            Some((format!("{} {}", key.kind, key.key.name), key.key.namespace, origin.place()))
        });
        let pods = self
            .pods
            .iter()
            .map(|(pod, origin)| (format!("Pod {}", pod.own.key.name), pod.own.key.namespace, origin.place()));
        workloads.chain(pods)
    }
}

fn has_pods(kind: Kind) -> bool {
    matches!(kind, Kind::Pod | Kind::Workload(_))
}

/// The pod template as it is written.
fn template_of(written: &Value) -> Option<&Value> {
    ["/spec/jobTemplate/spec/template", "/spec/template"].iter().find_map(|path| written.pointer(path))
}

/// `spec.containers[0].image` as lines are looked up by: `spec.containers.0.image`.
fn dotted(path: &str) -> String {
    path.replace('[', ".").replace(']', "")
}
