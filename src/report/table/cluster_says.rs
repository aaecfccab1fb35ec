//! The lines under the message: what the cluster's own scheduler says of the pod.

use crate::explain::own_words::{Comparison, Differs, OwnWords};

use super::super::Answer;
use super::super::style::Label;
use super::cluster_says_words as words;
use super::screen::Screen;

const MARGIN: &str = "  ";
const DEEPER: &str = "    ";

pub(super) fn render(screen: &mut Screen, answer: &Answer) {
    let says = &answer.cluster_says;
    if let Some(said) = &says.words {
        if answer.placement.message.is_none() {
            screen.blank();
        }
        compared(screen, said, &words::source(said, says.as_of));
    }
    if let Some(standing) = &says.standing {
        screen.blank();
        screen.paragraph(Label::Warning, &words::standing(standing, says.as_of));
    }
}

fn compared(screen: &mut Screen, said: &OwnWords, source: &str) {
    let line = match (&said.comparison, said.differs) {
        (Comparison::Same, _) => {
            return screen.indented(Label::Dim, MARGIN, &format!("same as {source}"));
        }
        (Comparison::NotCompared, _) => format!("{source} says:"),
        (_, Differs::Preemption) => format!("same as {source}, but for the preemption part:"),
        (_, Differs::TaintText) => format!("same as {source}, but for the text on taints:"),
        (_, Differs::Message | Differs::Nothing) => format!("{source} says otherwise:"),
    };
    screen.indented(Label::Dim, MARGIN, &line);
    screen.indented(Label::Dim, DEEPER, &said.message);
    match &said.comparison {
        Comparison::Stale(changes) => {
            screen.indented(Label::Dim, MARGIN, &format!("since then {}", words::changes(changes)));
        }
        Comparison::Different(reasons) => {
            screen.indented(Label::Dim, MARGIN, "possibly because");
            for reason in reasons {
                screen.indented(Label::Dim, "  - ", &words::reason(reason));
            }
        }
        Comparison::Same | Comparison::NotCompared => {}
    }
}
