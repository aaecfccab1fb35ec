//! What the answer does not rest on: near the top, where it cannot be overlooked.

use crate::framework::NotEvaluated;

use super::markup::Markup;

pub(super) fn not_evaluated(page: &mut Markup, items: &[NotEvaluated]) {
    if items.is_empty() {
        return;
    }
    page.raw("<section class=\"warning\"><h3><span aria-hidden=\"true\">⚠</span> Not evaluated</h3>\n");
    page.raw("<p>The answer does not rest on this:</p>\n<ul>\n");
    for item in items {
        page.raw("<li>").element("strong", &item.what).raw(": ").text(&item.why).raw("; ").text(&item.effect);
        page.raw("</li>\n");
    }
    page.raw("</ul></section>\n");
}
