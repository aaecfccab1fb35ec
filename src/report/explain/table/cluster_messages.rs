//! The lines under the message: what the cluster's own scheduler says of the pod.

use crate::explain::SchedulingStatus;
use crate::explain::scheduler_messages::{Comparison, Differs, SchedulerMessages};
use crate::report::Answer;
use crate::report::screen::Screen;
use crate::report::style::Label;
use crate::report::words::{cluster_messages as words, life as life_words};

const MARGIN: &str = "  ";
const DEEPER: &str = "    ";

pub(in crate::report) fn render(screen: &mut Screen, answer: &Answer) {
    let says = &answer.cluster_messages;
    if let Some(said) = &says.words {
        if answer.placement.message.is_none() {
            screen.blank();
        }
        compared(screen, said, &words::source(said, says.as_of));
    }
    if says.scheduling_status.as_ref().is_some_and(|status| !is_aside(status)) {
        status(screen, answer);
    }
    if let Some(SchedulingStatus::Ended(_)) = &says.scheduling_status {
        screen.paragraph(Label::Plain, &life_words::fits_again(&answer.placement, answer.nodes));
    }
    for rejections in &says.rejections {
        screen.blank();
        screen.paragraph(Label::Warning, &life_words::rejections(rejections));
    }
}

/// What is said of schedulers rather than of the pod: behind what decides its case.
pub(in crate::report) fn render_aside(screen: &mut Screen, answer: &Answer) {
    if answer.cluster_messages.scheduling_status.as_ref().is_some_and(is_aside) {
        status(screen, answer);
    }
}

fn is_aside(status: &SchedulingStatus) -> bool {
    matches!(status, SchedulingStatus::NotAttempted { .. } | SchedulingStatus::UnknownScheduler { .. })
}

fn status(screen: &mut Screen, answer: &Answer) {
    let says = &answer.cluster_messages;
    if let Some(status) = &says.scheduling_status {
        screen.blank();
        screen.paragraph(Label::Warning, &words::scheduling_status(status, says.as_of, screen.spelling()));
    }
}

/// What answers have in common that are told once: everything but the times.
pub(in crate::report) fn gist(answer: &Answer) -> String {
    let says = &answer.cluster_messages;
    let said = says.words.as_ref().map(|said| match said.comparison {
        Comparison::Same => String::new(),
        _ => format!("{:?} {}", said.comparison, said.message),
    });
    let status = says.scheduling_status.as_ref().map(|status| match status {
        SchedulingStatus::NotAttempted { .. } => String::new(),
        other => format!("{other:?}"),
    });
    format!("{said:?} {status:?} {:?}", says.rejections)
}

/// How the words of `source` compare with the message, in a line; a colon says that they follow.
pub(in crate::report) fn lead(said: &SchedulerMessages, source: &str) -> String {
    match (&said.comparison, said.differs) {
        (Comparison::Same, Differs::Wording) => format!("same as {source}, in the words of another release"),
        (Comparison::Same, _) => format!("same as {source}"),
        (Comparison::NotCompared, _) => format!("{source} says:"),
        (_, Differs::Preemption) => format!("same as {source}, but for the preemption part:"),
        (_, Differs::TaintText) => format!("same as {source}, but for the text on taints:"),
        (_, Differs::Message | Differs::Nothing | Differs::Wording) => format!("{source} is different:"),
    }
}

fn compared(screen: &mut Screen, said: &SchedulerMessages, source: &str) {
    screen.indented(Label::Dim, MARGIN, &lead(said, source));
    if said.comparison == Comparison::Same {
        return;
    }
    screen.quoted(Label::Dim, DEEPER, &said.message);
    if let Some(difference) = words::difference(said) {
        screen.indented(Label::Plain, MARGIN, &difference);
    }
    match &said.comparison {
        Comparison::Stale(changes) => {
            screen.indented(Label::Dim, MARGIN, &format!("since then {}", words::changes(changes)));
        }
        Comparison::Different(reasons) => {
            screen.indented(Label::Dim, MARGIN, "possibly because");
            for reason in reasons {
                screen.indented(Label::Dim, "  - ", &words::reason(reason, screen.spelling()));
            }
        }
        Comparison::Same | Comparison::NotCompared => {}
    }
}
