//! What the cluster's own scheduler says of the pod, beside what was found here.

use crate::explain::ClusterMessages;
use crate::explain::scheduler_messages::{Comparison, SchedulerMessages};

use super::super::setting::unspelled;
use super::markup::Markup;
use crate::report::explain::table::cluster_messages::lead;
use crate::report::explain::table::reported_events;
use crate::report::words::{cluster_messages as words, life as life_words};

pub(super) fn render(page: &mut Markup, says: &ClusterMessages) {
    for rejections in &says.rejections {
        page.raw("<p class=\"mind\"><strong>Caution:</strong> ").text(life_words::rejections(rejections)).raw("</p>\n");
    }
    if let Some(said) = &says.words {
        compared(page, said, &words::source(said, says.as_of));
    }
    for event in &says.events {
        let lead = reported_events::lead(event, "", says.as_of);
        page.raw("<figure class=\"message\"><figcaption>").text(lead).raw("</figcaption><blockquote>");
        page.text(&event.message).raw("</blockquote></figure>\n");
    }
    if let Some(scheduling_status) = &says.scheduling_status {
        page.raw("<p class=\"caution\"><strong>Caution:</strong> ")
            .text(words::scheduling_status(scheduling_status, says.as_of, unspelled))
            .raw("</p>\n");
    }
}

fn compared(page: &mut Markup, said: &SchedulerMessages, source: &str) {
    if said.comparison == Comparison::Same {
        page.classed("p", "aside", lead(said, source)).raw("\n");
        return;
    }
    page.raw("<figure class=\"message\"><figcaption>").text(lead(said, source)).raw("</figcaption><blockquote>");
    page.text(&said.message).raw("</blockquote></figure>\n");
    if let Some(difference) = words::difference(said) {
        page.classed("p", "aside", difference).raw("\n");
    }
    match &said.comparison {
        Comparison::Stale(changes) => {
            page.raw("<p class=\"aside\">since then ").text(words::changes(changes)).raw("</p>\n");
        }
        Comparison::Different(reasons) => {
            page.raw("<p class=\"aside\">possibly because</p>\n<ul class=\"aside\">");
            for reason in reasons {
                page.element("li", words::reason(reason, unspelled));
            }
            page.raw("</ul>\n");
        }
        Comparison::Same | Comparison::NotCompared => {}
    }
}
