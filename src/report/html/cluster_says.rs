//! What the cluster's own scheduler says of the pod, beside what was found here.

use crate::explain::ClusterSays;
use crate::explain::own_words::{Comparison, OwnWords};

use super::super::table::cluster_says::lead;
use super::super::table::cluster_says_words as words;
use super::markup::Markup;

pub(super) fn render(page: &mut Markup, says: &ClusterSays) {
    if let Some(said) = &says.words {
        compared(page, said, &words::source(said, says.as_of));
    }
    if let Some(standing) = &says.standing {
        page.raw("<p class=\"caution\"><strong>Caution:</strong> ")
            .text(words::standing(standing, says.as_of))
            .raw("</p>\n");
    }
}

fn compared(page: &mut Markup, said: &OwnWords, source: &str) {
    if said.comparison == Comparison::Same {
        page.classed("p", "aside", lead(said, source)).raw("\n");
        return;
    }
    page.raw("<figure class=\"message\"><figcaption>").text(lead(said, source)).raw("</figcaption><blockquote>");
    page.text(&said.message).raw("</blockquote></figure>\n");
    match &said.comparison {
        Comparison::Stale(changes) => {
            page.raw("<p class=\"aside\">since then ").text(words::changes(changes)).raw("</p>\n");
        }
        Comparison::Different(reasons) => {
            page.raw("<p class=\"aside\">possibly because</p>\n<ul class=\"aside\">");
            for reason in reasons {
                page.element("li", words::reason(reason));
            }
            page.raw("</ul>\n");
        }
        Comparison::Same | Comparison::NotCompared => {}
    }
}
