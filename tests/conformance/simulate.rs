//! Mode `simulate`: all pending pods of a case, placed one after the other.

use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::{self, Simulation, Ties, queue};
use serde::Deserialize;

use crate::common::corpus::Answers;
use crate::common::{Case, NOW};
use crate::outcome::{Differences, Outcome};

#[derive(Deserialize)]
struct Expected {
    steps: Vec<ExpectedStep>,
}

/// What became of one of the pods.
#[derive(Deserialize, Debug, Default, PartialEq)]
#[serde(default)]
struct ExpectedStep {
    pod: String,
    node: Option<String>,
    ties: Vec<String>,
    total: Option<i64>,
    message: Option<String>,
}

pub(crate) fn run(case: &Case, scheduler: &Scheduler, answers: &Answers) -> Vec<Outcome> {
    let expected = answers.to::<Expected>(case).steps;
    let mut cluster = case.cluster_for(scheduler);
    let mut pods: Vec<_> = cluster.pending().map(|pod| pod.id).collect();
    queue::sort(&cluster, &mut pods);
    let mut simulation = Simulation::new(scheduler, &mut cluster, NOW, Ties::First);
    let actual: Vec<ExpectedStep> = pods
        .iter()
        .map(|pod| {
            let placement = simulation.ask(*pod);
            let step = simulation.settle(&placement);
            let pod = step.pod.to_string();
            match step.outcome {
                simulate::Outcome::Placed(place) => ExpectedStep {
                    pod,
                    node: Some(place.name.to_string()),
                    ties: placement.picks.iter().map(ToString::to_string).collect(),
                    total: Some(place.total),
                    message: None,
                },
                simulate::Outcome::Unplaced(unplaced) => {
                    ExpectedStep { pod, message: Some(unplaced.message), ..ExpectedStep::default() }
                }
            }
        })
        .collect();
    let of_step = |(number, expected): (usize, ExpectedStep)| {
        let mut differences = Differences::default();
        differences.check("step", Some(&expected), actual.get(number));
        if number == 0 {
            differences.check("steps", pods.len(), case.pods.len());
        }
        Outcome::new(case, &expected.pod, differences)
    };
    expected.into_iter().enumerate().map(of_step).collect()
}
