//! Which kinds of objects a question about a state needs, as far as both the command line and others ask it.

use crate::api::ObjectKey;
use crate::config::{Behaviour, SchedulerConfig};
use crate::required_kinds::{RequiredKinds, Subject, selects_namespaces};
use crate::state::ClusterBuilder;

use super::open::Question;

/// What `question` needs.
pub(super) fn of(
    question: Question,
    state: &ClusterBuilder,
    config: &SchedulerConfig,
    behaviour: &Behaviour,
) -> RequiredKinds {
    let selected = state.specs().any(selects_namespaces);
    let mut required = RequiredKinds::default();
    match question {
        Question::Simulation { new_pods } => return RequiredKinds::everything(new_pods),
        Question::Pod(key) => {
            for pod in pod_and_group(state, behaviour, key) {
                required.add_pod(config, behaviour, pod, selected);
            }
        }
        Question::Pending => {
            for pod in state.pending() {
                required.add_pod(config, behaviour, Subject::pod(pod), selected);
                required.add_maker(pod);
            }
        }
    }
    required.add_new_nodes(state.shows_autoscaler());
    required
}

/// A pod and the others of its group, which have their turn with it; nothing where there is no such pod.
pub fn pod_and_group<'s>(state: &'s ClusterBuilder, behaviour: &Behaviour, key: ObjectKey) -> Vec<Subject<'s>> {
    let Some(pod) = state.pod(key) else { return Vec::new() };
    let groups = behaviour.pod_groups();
    let group = groups.of_spec(key.namespace, &pod.template.spec);
    let others = state.pending().filter(|other| {
        group.is_some()
            && groups.of_spec(other.own.key.namespace, &other.template.spec) == group
            && other.own.key != key
    });
    std::iter::once(pod).chain(others).map(Subject::pod).collect()
}
