//! `kubectl sched check`: the gate of a pull request.

mod manifests;
mod place;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use crate::api::name;
use crate::api::requests::RequestGates;
use crate::cli::error::{Error, Result};
use crate::control_plane::{Created, NewPods, OnRefusal};
use crate::decode::workload::{Workload, WorkloadKey};
use crate::framework::NotEvaluated;
use crate::report::Answered;
use crate::report::check::{CheckAnswer, ManifestPlace};
use crate::session::State;
use crate::simulate::check::{self, Change, ChangeKind, CheckQuestion, CheckState, Owner, Problem, Verdict};
use crate::simulate::{missing, queue};
use crate::state::{Cluster, ClusterBuilder, PodId};

use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::manifests::{ManifestFlags, Validation};
use super::output::say;
use super::progress::PlacingPods;
use super::reading::Request;
use super::{Status, manifest_files, namespaces, output};
use manifests::{ManifestSet, Origin};

/// Check whether the manifests of a change fit, also while they roll out
///
/// Applies the manifests to the state, as kubectl apply and the controllers would: new workloads
/// create their pods, changed ones roll out (with surge, quotas, budgets and volumes), and pods of
/// higher priority preempt others. Then it compares with the state before: only what is worse than
/// before breaks the change. The cluster is not changed.
///
/// Without --base the change is compared with the state. With --base it is compared with the
/// manifests before the change, which also shows what is removed, and which pods are replaced for
/// a field that does not matter to placement.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, CheckAnswer::PARTS)))]
#[command(mut_arg("filename", |file| file.help("Files, directories or standard input with the manifests of the change")))]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched check (-f FILE | -k DIR) [OPTIONS]")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    manifests: ManifestFlags,
    /// The manifests before the change: files or directories, read as -f or -k is
    #[arg(long, value_name = "FILE|DIR", value_delimiter = ',')]
    base: Vec<PathBuf>,
    /// Exit with status 1 also for what did not fit before
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    common: CommonFlags,
}

const EXAMPLES: &str = "\
Examples:
  # Does this change fit?
  kubectl sched check -f examples/pull-requests/too-big \\
      --snapshot examples/pull-requests/cluster.yaml

  # The same against the manifests of the main branch, as a comment for the pull request
  kubectl sched check -f examples/pull-requests/fits --base examples/pull-requests/main \\
      -o markdown --snapshot examples/pull-requests/cluster.yaml

  # With annotations that point at the line that asks too much
  kubectl sched check -f examples/pull-requests/quota --base examples/pull-requests/main \\
      -o github --snapshot examples/pull-requests/cluster.yaml

Exit status:
  0  the change fits, or is no worse than what was before
  1  the change breaks placement; with --strict also: something does not fit
  2  the question could not be answered";

pub(super) fn run(arguments: &CheckArgs) -> Result<Status> {
    if !arguments.manifests.any() {
        return Err(Error::new("you must say what to check")
            .hint("use -f FILE or DIR, -k DIR, or -f - for what helm or kustomize print"));
    }
    let mut problems = Vec::new();
    let head = ManifestSet::read(&arguments.manifests, &mut problems)?;
    arguments.manifests.validate.judge(&problems)?;
    let base = base(arguments)?;
    let mut changed: Option<ClusterBuilder> = None;
    let mut state = arguments.common.load(Request::Simulation { new_pods: true }, |builder| {
        if let Some(base) = &base {
            base.join_others(builder);
        }
        let mut after = builder.clone();
        if let Some(base) = &base {
            base.remove_others(&head, &mut after);
        }
        head.join_others(&mut after);
        changed = Some(after);
    })?;
    let mut after = changed.unwrap_or_default().build(state.gates);
    let (head, base) = (head.in_namespace(&state.namespace), base.map(|base| base.in_namespace(&state.namespace)));
    check_namespaces(&head, &state, &after)?;
    if !head.has_pods() {
        head.without_pods().iter().for_each(|(object, place)| say(&format!("warning: {place}: {object} has no pods")));
    }
    after.admit_claims(&head.claims());
    let mut changes = changes(&head, base.as_ref(), &state);
    let of_base = base.as_ref().map(|base| applied(base, &state.cluster, state.gates)).unwrap_or_default();
    let mut before_pods = Created::default();
    let mut after_pods = Created::default();
    if let Some(base) = &base {
        state.cluster.admit_claims(&base.claims());
        create_pods(base, &mut state.cluster, state.gates, &mut before_pods);
    }
    for key in create_pods(&head, &mut after, state.gates, &mut after_pods) {
        let was_there = state.cluster.pod_named(key).is_some();
        changes.push(Change::pod(key, if was_there { ChangeKind::Unchanged } else { ChangeKind::Added }));
    }
    let mut notes: Vec<NotEvaluated> = missing::of_new_pods(&after).collect();
    notes.retain(|note| !state.notes.iter().any(|known| known.kind == note.kind));
    state.notes.extend(notes);
    let now = arguments.common.now();
    let placing = PlacingPods::on_terminal();
    let asked = |cluster: &Cluster| {
        let mut pods: Vec<PodId> = cluster.pending().map(|pod| pod.id).collect();
        queue::sort(cluster, &mut pods);
        pods
    };
    let question = CheckQuestion {
        scheduler: &state.scheduler,
        before: CheckState {
            pending: asked(&state.cluster),
            cluster: &mut state.cluster,
            base: of_base.clone(),
            refused: before_pods.refused,
        },
        after: CheckState { pending: asked(&after), cluster: &mut after, base: of_base, refused: after_pods.refused },
        changes,
        now,
        watcher: &placing,
    };
    let mut result = check::check(question).map_err(Error::from_error)?;
    drop(placing);
    NotEvaluated::join(&mut result.not_evaluated, &state.notes);
    let places = places(&head, base.as_ref());
    let problem_places =
        result.problems.iter().map(|problem| place_of(problem, &head, &after, state.gates, &result.changes)).collect();
    let verdict = result.verdict();
    let answer = CheckAnswer { result, has_base: base.is_some(), strict: arguments.strict, places, problem_places };
    arguments.common.output.print(&Answered { answer: &answer, provenance: &state.provenance(now) })?;
    let fails = verdict == Verdict::Breaks || arguments.strict && verdict == Verdict::BrokenBefore;
    Ok(if fails { Status::DoesNotFit } else { Status::Answered })
}

/// The manifests before the change, read as those of the change are.
fn base(arguments: &CheckArgs) -> Result<Option<ManifestSet>> {
    if arguments.base.is_empty() {
        return Ok(None);
    }
    let flags = ManifestFlags { validate: Validation::Ignore, ..arguments.manifests.clone() };
    let of_base = |error: Error| Error::new(format!("--base: {error}"));
    let mut problems = Vec::new();
    if arguments.manifests.kustomize.is_some() {
        let [directory] = arguments.base.as_slice() else {
            return Err(Error::new("--base: with -k the base is one directory"));
        };
        let flags = ManifestFlags { filename: Vec::new(), kustomize: Some(directory.clone()), ..flags };
        return ManifestSet::read(&flags, &mut problems).map(Some).map_err(of_base);
    }
    let mut files = Vec::new();
    for path in &arguments.base {
        if path.as_os_str() == "-" {
            return Err(Error::new("--base: standard input is not read for it").hint("name a file or directory"));
        }
        // Where there was nothing before, all is new.
        let is_empty = path.is_dir() && manifest_files::expand(path, arguments.manifests.recursive).is_err();
        files.extend((!is_empty).then(|| path.clone()));
    }
    let flags = ManifestFlags { filename: files, kustomize: None, ..flags };
    ManifestSet::read(&flags, &mut problems).map(Some).map_err(of_base)
}

/// Whether the namespaces of the change exist, with those that it brings.
fn check_namespaces(head: &ManifestSet, state: &State, after: &Cluster) -> Result<()> {
    for (object, namespace, place) in head.namespaced() {
        // A pod of the change itself is no sign of its namespace.
        if namespaces::may_exist(&state.cluster, &namespace) || after.namespaces.contains_key(&namespace) {
            continue;
        }
        let near = namespaces::near(&state.cluster, &namespace).map_or_else(String::new, |near| format!("; {near}"));
        let origin = &state.basis.origin;
        return Err(Error::new(format!("{place}: {object}: namespaces \"{namespace}\" not found in {origin}{near}"))
            .hint("if the change is to create it, add its Namespace to the manifests"));
    }
    Ok(())
}

/// What the manifests do to workloads, in their order; then those that go.
fn changes(head: &ManifestSet, base: Option<&ManifestSet>, state: &State) -> Vec<Change> {
    let known = |key: &WorkloadKey| base.and_then(|base| base.workloads.get(key));
    let mut changes: Vec<Change> = Vec::new();
    for key in &head.order {
        let Some((workload, written, _)) = head.workloads.get(key) else { continue };
        let before = known(key).map(|(before, ..)| before).or_else(|| state.cluster.workload(*key));
        let other_fields = known(key).is_some_and(|(_, before, _)| before != written);
        changes.push(Change::new(before, workload.clone(), other_fields, state.gates));
    }
    let gone = base.iter().flat_map(|base| &base.order).filter(|key| !head.workloads.contains_key(*key));
    changes.extend(gone.map(|key| Change::removed(*key)));
    changes
}

/// The workloads of the base that the state does not have, or not like that.
fn applied(base: &ManifestSet, cluster: &Cluster, gates: RequestGates) -> Vec<Workload> {
    let workloads = base.order.iter().filter_map(|key| base.workloads.get(key)).map(|(workload, ..)| workload);
    let differs = |workload: &&Workload| {
        let there = cluster.workload(workload.identity());
        Change::new(there, (*workload).clone(), false, gates).kind != ChangeKind::Unchanged
    };
    workloads.filter(differs).cloned().collect()
}

/// Creates the pods of the manifests that are not there yet; answers which pods there are in the manifests.
fn create_pods(
    set: &ManifestSet,
    cluster: &mut Cluster,
    gates: RequestGates,
    created: &mut Created,
) -> Vec<crate::api::ObjectKey> {
    let mut keys = Vec::new();
    for (pod, _) in &set.pods {
        keys.push(pod.own.key);
        if cluster.pod_named(pod.own.key).is_none() {
            let pods = NewPods { own: vec![(*pod.own).clone()], template: pod.template.clone(), ..NewPods::default() };
            created.extend(cluster.create(pods, gates, OnRefusal::LeaveOut));
        }
    }
    keys
}

/// Where each object stands; what goes stands in the base.
fn places(head: &ManifestSet, base: Option<&ManifestSet>) -> BTreeMap<Owner, ManifestPlace> {
    let of = |set: &ManifestSet| {
        let workloads = set.workloads.iter().map(|(key, (.., origin))| (Owner::Workload(*key), origin.place()));
        let pods = set.pods.iter().map(|(pod, origin)| (Owner::Pod(pod.own.key), origin.place()));
        workloads.chain(pods).collect::<BTreeMap<_, _>>()
    };
    let mut places = base.map(of).unwrap_or_default();
    places.extend(of(head));
    places
}

/// Where the field stands that asks too much. What the change is not about stands in none of its manifests: what did not
/// fit before is nowhere, what fits no longer at the change that comes first.
fn place_of(
    problem: &Problem,
    head: &ManifestSet,
    after: &Cluster,
    gates: RequestGates,
    changes: &[Change],
) -> Option<ManifestPlace> {
    let origin = |owner: Owner| -> Option<&Origin> {
        match owner {
            Owner::Workload(key) => head.workloads.get(&key).map(|(.., origin)| origin),
            Owner::Pod(key) => head.pods.iter().find(|(pod, _)| pod.own.key == key).map(|(_, origin)| origin),
        }
    };
    let Some(own) = origin(problem.owner) else {
        if problem.was_before {
            return None;
        }
        let first = changes.iter().find(|change| matches!(change.kind, ChangeKind::Added | ChangeKind::Changed))?;
        return origin(first.owner).map(Origin::place);
    };
    let workload = problem.owner.workload().and_then(|key| head.workloads.get(&key)).map(|(workload, ..)| workload);
    let scarce = workload.map_or_else(|| Some(name("cpu")), |workload| check::largest_request(after, workload, gates));
    let change = changes.iter().find(|change| change.owner == problem.owner);
    Some(place::of(problem, change, own, scarce))
}
