//! What the answer does not rest on: near the top, where it cannot be overlooked.

use super::super::text::thousands;
use super::markup::Markup;
use crate::framework::NotEvaluated;
use crate::report::screen::not_evaluated::in_groups;

pub(super) fn not_evaluated(page: &mut Markup, items: &[NotEvaluated]) {
    if items.is_empty() {
        return;
    }
    page.raw("<section class=\"warning\"><h3><span aria-hidden=\"true\">⚠</span> Not considered</h3>\n");
    page.raw("<p>This could change the answer:</p>\n<ul>\n");
    for (item, more) in in_groups(items) {
        page.raw("<li>").element("strong", &item.what).raw(": ").text(&item.why).raw("; ").text(&item.effect);
        if more > 0 {
            page.raw("; ").text(format_args!("{} more like this", thousands(more)));
        }
        page.raw("</li>\n");
    }
    page.raw("</ul></section>\n");
}
