//! The engine of the page: a state that is opened once, and answers as the command line prints them.
//!
//! Every answer is made by the library's `session` and `report`, as the command line makes it: the JSON is that of
//! `-o json`, the markup that of `-o html`. What the page alone needs, the nodes and pods at a glance, is in
//! `overview`. The page gives the time, as a browser's engine has no clock.

mod overview;

use kubectl_sched::api::{ObjectKey, Timestamp, name};
use kubectl_sched::framework::NotEvaluated;
use kubectl_sched::report::explain::ExplainAnswer;
use kubectl_sched::report::{Answered, Report};
use kubectl_sched::session::explain::{ExplainExtras, Subject};
use kubectl_sched::session::new_nodes::{NewNodesFinder, NewNodesSettings};
use kubectl_sched::session::open::{self, Opened, Question};
use kubectl_sched::session::scheduler_settings::SchedulerSettings;
use kubectl_sched::session::simulation::{self, SimulationQuestion};
use kubectl_sched::session::{State, explain, pending};
use kubectl_sched::simulate::scenario::{self, Scenario, read};
use kubectl_sched::simulate::{Simulation, Strategy, Ties};
use kubectl_sched::source::Input;
use kubectl_sched::state::PodId;
use serde_json::Value;
use wasm_bindgen::prelude::wasm_bindgen;

/// What the page calls the file with the steps that it tries.
const SCENARIO: &str = "what-if.json";

/// An answer in two forms.
#[wasm_bindgen(getter_with_clone)]
pub struct Reply {
    /// What `-o json` prints.
    pub json: String,
    /// What `-o html` prints.
    pub page: String,
}

/// An opened state.
#[wasm_bindgen]
pub struct Engine {
    opened: Opened,
    /// The state after the steps that the page tries.
    changed: Option<State>,
    scenario: Scenario,
    now: Timestamp,
}

#[wasm_bindgen]
impl Engine {
    /// Opens the bytes of a file called `file`, at the moment `now` (seconds since 1970). `kube_version` may be empty.
    #[wasm_bindgen(constructor)]
    pub fn new(file: &str, bytes: Vec<u8>, now: f64, kube_version: &str) -> Result<Engine, String> {
        let kube_version = match kube_version {
            "" => None,
            text => Some(text.parse().map_err(|error| format!("{error}"))?),
        };
        let settings = SchedulerSettings { kube_version, feature_gates: None };
        let now = Timestamp(now as i64);
        let input = Input::memory(file, bytes);
        let opened = open::open(&input, &settings, now, &mut |_| {}).map_err(|error| error.to_string())?;
        Ok(Self { opened, changed: None, scenario: Scenario::default(), now })
    }

    /// Nodes and pods at a glance, as JSON: those of the state, or of the changed one.
    pub fn overview(&self) -> Result<String, String> {
        let state = self.changed.as_ref().unwrap_or(&self.opened.state);
        serde_json::to_string(&overview::of(state)).map_err(|error| error.to_string())
    }

    /// Why a pod is pending, or why it is where it is. Without `suggestions` the answer is there sooner.
    pub fn explain(&mut self, namespace: &str, pod: &str, suggestions: bool) -> Result<Reply, String> {
        let key = ObjectKey::new(name(namespace), name(pod));
        let now = self.now;
        self.ask(Question::Pod(key), |state| {
            let pod = state.cluster.pod_named(key).ok_or_else(|| format!("pods \"{key}\" not found"))?.id;
            let finder = NewNodesFinder::new(state, &[pod], moment(state, now), NewNodesSettings::default())?;
            let mut extras = ExplainExtras::new(suggestions, true);
            let answers = [explain::answer(state, Subject::alone(pod), None, &mut extras, &finder, now)];
            let answer = ExplainAnswer { answers: &answers, cluster: &state.cluster };
            reply(&Answered { answer: &answer, provenance: &state.provenance(now) })
        })
    }

    /// The containers of a pod and what they request, as JSON: `[{"name": "main", "requests": {"cpu": "2"}}]`.
    pub fn containers(&self, namespace: &str, pod: &str) -> Result<String, String> {
        let state = self.changed.as_ref().unwrap_or(&self.opened.state);
        let key = ObjectKey::new(name(namespace), name(pod));
        let pod = state.cluster.pod_named(key).ok_or_else(|| format!("pods \"{key}\" not found"))?;
        serde_json::to_string(&overview::containers(pod)).map_err(|error| error.to_string())
    }

    /// All pending pods, by root cause.
    pub fn pending(&mut self, suggestions: bool) -> Result<Reply, String> {
        let now = self.now;
        self.ask(Question::Pending, |state| {
            let pods = pending::pods(&state.cluster, None);
            let finder = NewNodesFinder::new(state, &pods, moment(state, now), NewNodesSettings::default())?;
            let answer = pending::answer(state, None, &pods, suggestions, Some(&finder), now);
            reply(&Answered { answer: &answer, provenance: &state.provenance(now) })
        })
    }

    /// Where all pending pods would go once the steps that are tried are done, as
    /// `simulate --pending --scenario FILE` has it.
    pub fn simulate(&mut self) -> Result<Reply, String> {
        let now = self.now;
        let changed = self.changed.take();
        let scenario = self.scenario.clone();
        let new_pods = !scenario.steps.is_empty();
        let answer = self.ask(Question::Simulation { new_pods }, |state| {
            let pods: Vec<PodId> = pending::pods(&state.cluster, None);
            let question = SimulationQuestion {
                scenario: &scenario,
                pods: &pods,
                strategy: Strategy::Default,
                preempts: false,
                ties: Ties::First,
                now,
                diff: false,
                autoscaler: None,
            };
            let answer = simulation::answer(state, &question, None, |_, _| {}).map_err(|error| error.to_string())?;
            reply(&Answered { answer: &answer, provenance: &state.provenance(now) })
        });
        self.changed = changed;
        answer
    }

    /// Tries the steps of a scenario, written as its file is, in JSON; none goes back to the state as it was opened.
    /// What is asked from now on is asked of the changed state, but for `simulate`, which does the steps itself.
    pub fn change(&mut self, scenario: &str) -> Result<(), String> {
        let value: Value = serde_json::from_str(scenario).map_err(|error| error.to_string())?;
        let no_files = |file: &str| -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
            Err(format!("{file}: files cannot be read here").into())
        };
        let mut scenario = read::scenario(&value, &no_files).map_err(|error| error.to_string())?;
        // As the command has it that reads the file.
        scenario.steps.iter_mut().for_each(|step| step.said = format!("{SCENARIO}: {}", step.said));
        if scenario.steps.is_empty() {
            (self.changed, self.scenario) = (None, scenario);
            return Ok(());
        }
        let mut state = self.opened.with(self.opened.state.cluster.clone());
        let mut simulation = Simulation::new(&state.scheduler, &mut state.cluster, self.now, Ties::First);
        scenario::run(&mut simulation, &scenario, &[]).map_err(|error| error.to_string())?;
        let notes = simulation.not_evaluated();
        drop(simulation);
        NotEvaluated::join(&mut state.notes, &notes);
        (self.changed, self.scenario) = (Some(state), scenario);
        Ok(())
    }
}

impl Engine {
    /// Asks the changed state, if there is one, with what is missing for this question; the notes are those of the state
    /// again afterwards.
    fn ask<T>(
        &mut self,
        question: Question,
        answer: impl FnOnce(&mut State) -> Result<T, String>,
    ) -> Result<T, String> {
        let missing = self.opened.notes(question);
        let state = self.changed.as_mut().unwrap_or(&mut self.opened.state);
        let known = state.notes.clone();
        state.notes.extend(missing);
        let answer = answer(state);
        state.notes = known;
        answer
    }
}

/// The moment that the state shows, else that of the question.
fn moment(state: &State, now: Timestamp) -> Timestamp {
    state.basis.as_of.unwrap_or(now)
}

fn reply(report: &dyn Report) -> Result<Reply, String> {
    let json = report.data().json().map_err(|error| error.to_string())?;
    Ok(Reply { json, page: report.page().unwrap_or_default() })
}
