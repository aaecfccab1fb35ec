//! Names that tell nothing, in place of those that do.
//!
//! Twice over the same objects: [`Names`] collects every name, [`Redaction`] puts another in its
//! place. One map serves all kinds and fields, so what was equal stays equal wherever it stands
//! (a node's name, its hostname label, the pods' `nodeName`), and the order of the new names is
//! that of the old: ties and victims are chosen by name. A number in the new name is its place.

mod pieces;
mod walk;
mod well_known;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use crate::api::validation::{label_value_errors, qualified_name_errors};
use crate::decode::Kind;
use crate::decode::autoscaling::priorities::Priorities;
use crate::decode::csi_migration::{BETA_ZONE, ZONE, ZONE_DELIMITER};
use crate::decode::fields::{self, Hint, Role};
use crate::decode::prune;
pub use pieces::DOMAIN;
use pieces::{Piece, pieces};
use walk::{Rename, walk};

/// Every name of the objects that were collected.
#[derive(Debug, Default)]
pub struct Names {
    atoms: BTreeMap<String, Hint>,
    /// Values that say nothing of anybody.
    neutral: BTreeSet<String>,
    /// Longer numbers, by the label they are a value of.
    numbers: BTreeMap<String, BTreeSet<String>>,
    /// Labels that are compared as numbers.
    compared: BTreeSet<String>,
    /// Claims of generic ephemeral volumes: called after the pod and the volume.
    derived: BTreeMap<String, (String, String)>,
    /// Zones of volumes in several of them: the scheduler reads their region off.
    regional: BTreeSet<String>,
    /// Ids of node groups.
    groups: BTreeSet<String>,
    /// What stays though it may tell something.
    kept: Kept,
    object: String,
}

/// What redaction leaves as it is though it may tell something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Objects with CEL expressions, as `Kind namespace/name`.
    pub expressions: BTreeSet<String>,
    /// ResourceSlices: driver, attributes and capacities of their devices.
    pub slices: usize,
    /// Label keys and values that break the rules for them: upstream's errors quote them, so they
    /// must go on breaking them.
    pub invalid: BTreeSet<String>,
    /// Claims whose name is that of two different pairs of a pod and its volume.
    pub ambiguous: BTreeSet<String>,
}

impl Names {
    /// Collects the names of a pruned object of `kind`.
    pub fn collect(&mut self, kind: Kind, object: &mut Value) {
        self.object = called(kind, object);
        match kind {
            Kind::Pod => self.derive(object),
            Kind::PersistentVolume => self.regions(object),
            Kind::ResourceSlice => self.kept.slices += 1,
            _ => {}
        }
        walk(fields::of(kind), object, self);
    }

    /// Collects the names of a `KubeSchedulerConfiguration`.
    pub fn collect_config(&mut self, config: &mut Value) {
        prune::keep(&fields::SCHEDULER_CONFIG, config);
        walk(&fields::SCHEDULER_CONFIG, config, self);
    }

    /// Upstream component-helpers storage/ephemeral/ephemeral.go, VolumeClaimName.
    fn derive(&mut self, pod: &Value) {
        let Some(name) = text(pod, &["metadata", "name"]) else { return };
        let volumes = pod.get("spec").and_then(|spec| spec.get("volumes")).and_then(Value::as_array);
        for volume in volumes.into_iter().flatten().filter(|volume| volume.get("ephemeral").is_some()) {
            let Some(volume) = text(volume, &["name"]) else { continue };
            let claim = format!("{name}-{volume}");
            let pair = (name.to_owned(), volume.to_owned());
            if *self.derived.entry(claim.clone()).or_insert_with(|| pair.clone()) != pair {
                self.kept.ambiguous.insert(claim);
            }
        }
    }

    /// Upstream csi-translation-lib plugins/gce_pd.go, gceGetRegionFromZones: of
    /// `locale-region-zone` the first two parts must agree.
    fn regions(&mut self, volume: &Value) {
        if volume.get("spec").is_none_or(|spec| spec.get("gcePersistentDisk").is_none()) {
            return;
        }
        for label in [ZONE, BETA_ZONE] {
            let zones = text(volume, &["metadata", "labels", label]).unwrap_or_default();
            for zone in zones.split(ZONE_DELIMITER) {
                if let Some(region) = region(zone) {
                    self.atoms.entry(region.to_owned()).or_insert(Hint::Region);
                    self.regional.insert(zone.to_owned());
                }
            }
        }
    }

    /// Gives every name its new one.
    pub fn into_redaction(self) -> Redaction {
        let compared = self.numbers.into_iter().filter(|(key, _)| self.compared.contains(key));
        let stay: BTreeSet<String> = compared
            .flat_map(|(_, numbers)| numbers)
            .chain(self.neutral)
            .chain(self.kept.invalid.iter().cloned())
            .chain(well_known::NAMESPACES.map(str::to_owned))
            .collect();
        let atoms: Vec<_> = self.atoms.into_iter().filter(|(atom, _)| !stay.contains(atom)).collect();
        let width = atoms.len().to_string().len();
        let mut new: FxHashMap<String, String> = FxHashMap::default();
        let mut numbered = Vec::new();
        for (place, (atom, hint)) in atoms.into_iter().enumerate() {
            let name = format!("{}{place:0width$}-{}", prefix(&atom), hint.as_str());
            if self.regional.contains(&atom) {
                numbered.push((atom.clone(), place));
            }
            new.insert(atom, name);
        }
        // After all others, as they are made of their region's new name.
        for (zone, place) in numbered {
            let region = region(&zone).and_then(|region| new.get(region)).cloned().unwrap_or_default();
            new.insert(zone, format!("{region}-z{place:0width$}"));
        }
        let originals = new.iter().map(|(atom, name)| (name.clone(), atom.clone())).collect();
        let mut redaction =
            Redaction { new, derived: self.derived, groups: BTreeMap::new(), kept: self.kept, originals };
        let groups = self.groups.into_iter().map(|id| (redaction.replacement(Role::NodeGroup, &id), id));
        redaction.groups = groups.map(|(new, id)| (id, new)).collect();
        // Answers name such claims also where they were not made yet.
        let claims = redaction.derived.keys().map(|claim| (redaction.replacement(Role::Claim, claim), claim.clone()));
        redaction.originals.extend(claims.collect::<Vec<_>>());
        redaction
    }
}

impl Rename for Names {
    fn rename(&mut self, role: Role, text: &str) -> Option<String> {
        if role == Role::NodeGroup {
            self.groups.insert(text.to_owned());
        }
        if role == Role::Expression {
            self.kept.expressions.insert(self.object.clone());
        }
        let is_value = matches!(role, Role::Value | Role::Zones(_));
        let invalid = match role {
            Role::Key => !qualified_name_errors(text).is_empty(),
            _ => is_value && !label_value_errors(text).is_empty(),
        };
        for piece in pieces(role, text) {
            let Piece::Atom(hint, atom) = piece else { continue };
            if atom.is_empty() {
                continue;
            }
            if is_value && well_known::is_value(atom) {
                self.neutral.insert(atom.to_owned());
            }
            if invalid {
                self.kept.invalid.insert(atom.to_owned());
            }
            match self.atoms.get_mut(atom) {
                Some(known) => *known = hint.min(*known),
                None => {
                    self.atoms.insert(atom.to_owned(), hint);
                }
            }
        }
        None
    }

    fn label(&mut self, key: &str, value: &str) {
        if !well_known::is_value(value) && well_known::is_number(value) {
            self.numbers.entry(key.to_owned()).or_default().insert(value.to_owned());
        }
    }

    fn compared(&mut self, key: &str) {
        self.compared.insert(key.to_owned());
    }
}

/// Puts new names in the place of old ones.
#[derive(Debug)]
pub struct Redaction {
    new: FxHashMap<String, String>,
    derived: BTreeMap<String, (String, String)>,
    /// New ids of node groups.
    groups: BTreeMap<String, String>,
    kept: Kept,
    originals: BTreeMap<String, String>,
}

impl Redaction {
    /// Redacts a pruned object of `kind`, one that was collected.
    pub fn redact(&mut self, kind: Kind, object: &mut Value) {
        walk(fields::of(kind), object, self);
    }

    /// Redacts a `KubeSchedulerConfiguration`, one that was collected. How the API server and
    /// extenders are reached is left out; so are arguments of plugins that are not
    /// kube-scheduler's.
    pub fn redact_config(&mut self, config: &mut Value) {
        prune::keep(&fields::SCHEDULER_CONFIG, config);
        for args in plugin_args(config) {
            self.expand_groups(args);
        }
        walk(&fields::SCHEDULER_CONFIG, config, self);
    }

    /// What stands for what: every new name, and every text made of them that was put in, with the
    /// one it replaced. And what stays though it may tell something.
    pub fn into_parts(self) -> (BTreeMap<String, String>, Kept) {
        (self.originals, self.kept)
    }

    /// A group of ignored resources is identified by its domain, which its resources lose: they are
    /// named one by one instead.
    fn expand_groups(&self, args: &mut Value) {
        let Some(Value::Array(groups)) = args.get_mut("ignoredResourceGroups") else { return };
        let (known, others): (Vec<Value>, Vec<Value>) =
            std::mem::take(groups).into_iter().partition(|group| group.as_str().is_none_or(well_known::is_domain));
        *groups = known;
        let mut members: Vec<&str> = Vec::new();
        for group in others.iter().filter_map(Value::as_str) {
            let member = |name: &&String| name.strip_prefix(group).is_some_and(|rest| rest.starts_with('/'));
            members.extend(self.new.keys().filter(member).map(String::as_str));
        }
        members.sort_unstable();
        if members.is_empty() {
            return;
        }
        let mut ignored = args.get("ignoredResources").and_then(Value::as_array).cloned().unwrap_or_default();
        ignored.extend(members.into_iter().map(|member| json!(member)));
        if let Value::Object(args) = args {
            args.insert("ignoredResources".to_owned(), Value::Array(ignored));
        }
    }

    fn new_name(&self, atom: &str) -> String {
        self.new.get(atom).map_or(atom, String::as_str).to_owned()
    }

    fn replacement(&self, role: Role, text: &str) -> String {
        if role == Role::Claim
            && let Some((pod, volume)) = self.derived.get(text)
        {
            return format!("{}-{}", self.new_name(pod), self.new_name(volume));
        }
        pieces(role, text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.to_owned(),
                Piece::Atom(_, atom) => self.new_name(atom),
            })
            .collect()
    }
}

impl Rename for Redaction {
    fn rename(&mut self, role: Role, text: &str) -> Option<String> {
        if role == Role::Priorities {
            // What cannot be read stays unreadable.
            return Some(Priorities::parse(Some(text)).map(|read| read.renamed(&self.groups)).unwrap_or_default());
        }
        let new = self.replacement(role, text);
        if new == text {
            return None;
        }
        if !self.originals.contains_key(&new) {
            self.originals.insert(new.clone(), text.to_owned());
        }
        Some(new)
    }

    fn label(&mut self, _key: &str, _value: &str) {}

    fn compared(&mut self, _key: &str) {}
}

/// Letters that keep a new name's place among the namespaces that keep theirs.
fn prefix(atom: &str) -> &'static str {
    let before = well_known::NAMESPACES.iter().filter(|namespace| **namespace < atom).count();
    ["a", "g", "kube-o", "kube-r", "r"].get(before).copied().unwrap_or("r")
}

/// `locale-region` of `locale-region-zone`.
fn region(zone: &str) -> Option<&str> {
    let (region, _) = zone.rsplit_once('-')?;
    (region.matches('-').count() == 1).then_some(region)
}

fn plugin_args(config: &mut Value) -> impl Iterator<Item = &mut Value> {
    config
        .get_mut("profiles")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(|profile| profile.get_mut("pluginConfig")?.as_array_mut())
        .flatten()
        .filter_map(|plugin| plugin.get_mut("args"))
}

fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(value, |value, field| value.get(field)).and_then(Value::as_str)
}

/// `Kind namespace/name`.
fn called(kind: Kind, object: &Value) -> String {
    let name = text(object, &["metadata", "name"]).unwrap_or_default();
    match text(object, &["metadata", "namespace"]) {
        Some(namespace) => format!("{} {namespace}/{name}", kind.as_str()),
        None => format!("{} {name}", kind.as_str()),
    }
}

#[cfg(test)]
mod markers;
#[cfg(test)]
mod tests;
