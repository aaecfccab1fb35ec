//! `-f` and `-k`: manifests that need not exist in the cluster.
//!
//! Pods and workloads are asked about; whatever else lies in the file (a claim, a
//! PriorityClass) joins the state, as if the whole file had been applied.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::api::{ObjectKey, name};
use crate::cli::error::{Error, Result};
use crate::decode::pod::PodObject;
use crate::decode::workload::Workload;
use crate::decode::{Kind, Object};
use crate::report::text::{count, list};
use crate::source::{Input, InputProblem, Manifests, read_manifests};
use crate::state::ClusterBuilder;

use super::output::say;
use super::{kustomize, manifest_files, manifest_text, namespaces, resolve};
use crate::session::State;

/// Which manifests, and how strictly they are read: kubectl's own flags.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ManifestFlags {
    /// Files, directories or standard input with manifests
    #[arg(short, long, value_name = "FILE|DIR|-", value_delimiter = ',', group = "manifests")]
    pub(crate) filename: Vec<PathBuf>,
    /// Read the directories of -f with all directories below them
    #[arg(short = 'R', long, requires = "filename")]
    pub(crate) recursive: bool,
    /// Read the manifests that `kubectl kustomize` makes of a directory
    #[arg(short = 'k', long, value_name = "DIR", group = "manifests")]
    pub(crate) kustomize: Option<PathBuf>,
    /// What to do about fields and kinds that the API does not have: strict refuses them
    #[arg(
        long, value_name = "strict|warn|ignore", value_enum, num_args = 0..=1, require_equals = true,
        default_value_t = Validation::Warn, default_missing_value = "strict", hide_default_value = true,
        hide_possible_values = true, hide_short_help = true
    )]
    pub(crate) validate: Validation,
}

/// What is done about manifests that the API server would object to, under kubectl's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Validation {
    /// They are refused.
    #[value(alias = "true")]
    Strict,
    /// They are read, with a warning.
    #[default]
    Warn,
    /// They are read.
    #[value(alias = "false")]
    Ignore,
}

/// What is done about a file of a directory that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnBroken {
    /// It is left out, with a warning.
    Skip,
    /// Nothing is answered.
    Fail,
}

/// More warnings than this are counted, not written.
const MOST_WARNINGS: usize = 10;

impl ManifestFlags {
    /// Whether manifests were named.
    pub(crate) fn any(&self) -> bool {
        !self.filename.is_empty() || self.kustomize.is_some()
    }

    /// Reads the manifests: before a cluster is asked, as a login plugin may want standard input as well.
    ///
    /// # Errors
    /// One cannot be read, the API server would object to one and `--validate=strict` is given, or none has a pod or
    /// anything with a pod template.
    pub(crate) fn read(&self) -> Result<AskedManifests> {
        if !self.any() {
            return Ok(AskedManifests::default());
        }
        let mut asked = AskedManifests { validation: self.validate, ..AskedManifests::default() };
        let mut problems = Vec::new();
        for (input, manifests) in self.inputs(OnBroken::Skip, &mut problems)? {
            problems.extend(manifests.problems.iter().map(|problem| format!("{input}: {problem}")));
            asked.add(&input, manifests)?;
        }
        if asked.objects.is_empty() {
            return Err(self.without_pods(&problems));
        }
        self.validate.judge(&problems)?;
        asked.count_once();
        Ok(asked)
    }

    /// What each input has. In a directory a file that cannot be read is left out, as long as another one can be and
    /// `on_broken` lets it pass.
    pub(super) fn inputs(&self, on_broken: OnBroken, problems: &mut Vec<String>) -> Result<Vec<(Input, Manifests)>> {
        if let Some(directory) = &self.kustomize {
            let input = kustomize::build(directory)?;
            let manifests = read_manifests(&input).map_err(Error::from_error)?;
            return Ok(vec![(input, manifests)]);
        }
        let mut found = Vec::new();
        for path in &self.filename {
            let files = manifest_files::expand(path, self.recursive)?;
            if on_broken == OnBroken::Fail {
                found.extend(Self::unbroken(path, files, problems)?);
                continue;
            }
            let (mut first, before) = (None, found.len());
            for file in files.paths {
                if files.are_of_a_directory && manifest_files::is_kustomization(&file) {
                    let shown = path.to_string_lossy();
                    problems.push(format!("skipped {}: use -k {shown} to read it", file.to_string_lossy()));
                    continue;
                }
                let input = Input::from(file);
                match read_manifests(&input) {
                    Ok(manifests) => found.push((input, manifests)),
                    Err(error) if files.are_of_a_directory => {
                        problems.push(format!("skipped {error}"));
                        first.get_or_insert(error);
                    }
                    Err(error) => return Err(Error::from_error(error)),
                }
            }
            if let Some(error) = first.filter(|_| found.len() == before) {
                return Err(Error::from_error(error));
            }
        }
        Ok(found)
    }

    /// What each file has; one that has no object at all is left out of a directory.
    fn unbroken(
        path: &Path,
        files: manifest_files::ManifestFiles,
        problems: &mut Vec<String>,
    ) -> Result<Vec<(Input, Manifests)>> {
        let mut found = Vec::new();
        for file in files.paths {
            if files.are_of_a_directory && manifest_files::is_kustomization(&file) {
                let (shown, file) = (path.to_string_lossy(), file.to_string_lossy());
                problems.push(format!("skipped {file}: use -k {shown} to read it"));
                continue;
            }
            let input = manifest_text::held(Input::from(file))?;
            match read_manifests(&input) {
                Ok(manifests) => found.push((input, manifests)),
                Err(error)
                    if files.are_of_a_directory
                        && matches!(error.problem, InputProblem::Empty | InputProblem::NoObject) =>
                {
                    problems.push(format!("skipped {error}"));
                }
                Err(error) => return Err(manifest_text::unreadable(&input, &error)),
            }
        }
        Ok(found)
    }

    fn without_pods(&self, problems: &[String]) -> Error {
        // What is wrong with the manifests is most likely why they have no pods.
        if let Some(problem) = problems.first() {
            return Error::new(problem.clone());
        }
        let names = self.filename.iter().chain(&self.kustomize).map(|path| Path::to_string_lossy(path));
        let names: Vec<_> = names.collect();
        Error::new(format!("no pod and nothing with a pod template in {}", names.join(", ")))
            .hint("name a file with a Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob")
    }
}

impl Validation {
    /// Warns of `problems`, or refuses them.
    ///
    /// # Errors
    /// There are any, and manifests are read strictly.
    pub(super) fn judge(self, problems: &[String]) -> Result<()> {
        match (self, problems) {
            (Self::Ignore, _) | (_, []) => {}
            (Self::Strict, [first, more @ ..]) => {
                let more = if more.is_empty() {
                    String::new()
                } else {
                    format!(" (and {})", count(more.len(), "more problem"))
                };
                return Err(Error::new(format!("{first}{more}")));
            }
            (Self::Warn, all) => {
                all.iter().take(MOST_WARNINGS).for_each(|problem| say(&format!("warning: {problem}")));
                let left = all.len().saturating_sub(MOST_WARNINGS);
                if left > 0 {
                    say(&format!("warning: {} in the manifests", count(left, "more problem")));
                }
            }
        }
        Ok(())
    }
}

/// What the files ask about, in their order.
#[derive(Debug, Default)]
pub(crate) struct AskedManifests {
    pub(crate) objects: Vec<AskedObject>,
    /// Claims among the others.
    pub(crate) claims: Vec<ObjectKey>,
    /// What else lies in the files.
    pub(crate) others: Others,
    validation: Validation,
}

impl AskedManifests {
    fn add(&mut self, input: &Input, manifests: Manifests) -> Result<()> {
        for manifest in manifests.objects {
            let object = manifest
                .decode()
                .map_err(|error| Error::new(format!("{input}: {}: {error}", manifest.kind.as_str())))?;
            match object {
                Object::Pod(pod) => self.objects.push(AskedObject::Pod(pod, manifest.json)),
                Object::Workload(workload) => self.objects.push(AskedObject::Workload(workload)),
                other => {
                    if let Object::PersistentVolumeClaim(claim) = &other {
                        self.claims.push(claim.key);
                    }
                    self.others.0.push((other, manifest.json));
                }
            }
        }
        Ok(())
    }

    /// Leaves out what another object of the manifests creates: the ReplicaSet of a Deployment, the pods of either,
    /// as `kubectl get all -o yaml` prints them.
    fn count_once(&mut self) {
        let is_uid = |uid: &&str| !uid.is_empty();
        let there: BTreeSet<(String, ObjectKey)> = self.objects.iter().map(AskedObject::identity).collect();
        let uids: BTreeSet<String> =
            self.objects.iter().map(AskedObject::uid).filter(is_uid).map(str::to_owned).collect();
        let (owned, others): (Vec<AskedObject>, Vec<AskedObject>) =
            std::mem::take(&mut self.objects).into_iter().partition(|object| {
                let (_, key) = object.identity();
                object.controller().is_some_and(|(kind, owner, uid)| {
                    let owner = (kind.to_owned(), ObjectKey::new(key.namespace, name(owner)));
                    there.contains(&owner) || uids.contains(uid)
                })
            });
        self.objects = others;
        let names: Vec<String> =
            owned.iter().map(AskedObject::identity).map(|(kind, key)| format!("{kind} {}", key.name)).collect();
        if !names.is_empty() {
            say(&format!("counted with the owner in the same manifests: {}", list(&names, 3)));
        }
    }

    /// Whether the namespaces of the manifests exist, as far as the state has Namespaces.
    ///
    /// # Errors
    /// One does not, and manifests are read strictly.
    pub(crate) fn check_namespaces(&self, state: &State) -> Result<()> {
        let mut missing = BTreeSet::new();
        for object in &self.objects {
            let (kind, key) = object.identity();
            let namespace = resolve::namespace(state, key.namespace);
            if let Some(problem) = namespaces::missing(state, namespace.as_str()) {
                missing.insert(format!("{kind} {}: {problem}", key.name));
            }
        }
        self.validation.judge(&missing.into_iter().collect::<Vec<_>>())
    }
}

/// Objects that are not asked about, and the JSON that each was decoded from.
#[derive(Debug, Default)]
pub(crate) struct Others(Vec<(Object, Vec<u8>)>);

impl Others {
    /// Gives the kind and the JSON of each to `take`, until one fails.
    ///
    /// # Errors
    /// What `take` says.
    pub(crate) fn each<E>(
        &self,
        mut take: impl FnMut(Kind, &[u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        self.0.iter().try_for_each(|(object, json)| take(object.identity().0, json))
    }

    /// Puts them into the state, over what it has of the same name.
    pub(crate) fn join(self, builder: &mut ClusterBuilder) {
        for (object, json) in self.0 {
            let raw = builder.raw(&object, &json);
            builder.add_raw(object, raw);
        }
    }
}

/// A pod, or something with a pod template.
#[derive(Debug)]
pub(crate) enum AskedObject {
    /// A pod, and the JSON it was decoded from.
    Pod(Box<PodObject>, Vec<u8>),
    Workload(Box<Workload>),
}

impl AskedObject {
    /// Kind, namespace and name.
    fn identity(&self) -> (String, ObjectKey) {
        match self {
            Self::Pod(pod, _) => ("Pod".to_owned(), pod.own.key),
            Self::Workload(workload) => (workload.kind.to_string(), workload.key),
        }
    }

    fn uid(&self) -> &str {
        match self {
            Self::Pod(pod, _) => pod.own.uid.as_str(),
            Self::Workload(workload) => workload.uid.as_str(),
        }
    }

    /// Kind, name and uid of what manages it.
    fn controller(&self) -> Option<(&str, &str, &str)> {
        let controller = match self {
            Self::Pod(pod, _) => pod.own.controller.as_ref(),
            Self::Workload(workload) => workload.controller.as_ref(),
        }?;
        Some((controller.kind.as_str(), controller.name.as_str(), controller.uid.as_str()))
    }
}
