//! The page around the answers: one file that asks for nothing and runs nothing but its own script.

use super::super::Provenance;
use super::markup::Markup;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The SHA-256 of `page.js` in base64, by which the browser knows our script from any other;
/// `tests/html.rs` says what it must be.
const SCRIPT_HASH: &str = "j88q2I3NG4XajWGbunbd8FZHHrM/xdQOkkGxmZF2kxY=";

/// A page whose `<title>` is `title`; `body` is what stands between header and footer, `command` what
/// was asked.
pub(super) fn page(command: &'static str, title: &str, body: &Markup, provenance: &Provenance) -> String {
    let mut page = Markup::default();
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-");
    page.raw(SCRIPT_HASH).raw("'\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.raw("<meta name=\"generator\" content=\"kubectl-sched ").raw(env!("CARGO_PKG_VERSION")).raw("\">\n");
    page.raw("<link rel=\"icon\" href=\"data:,\">\n");
    page.element("title", title).raw("\n<style>\n").raw(STYLE).raw("</style>\n</head>\n<body>\n");
    page.raw("<a class=\"skip\" href=\"#answer\">Skip to the answer</a>\n");
    page.raw("<header class=\"top\"><h1 class=\"tool\">kubectl sched ").raw(command).raw("</h1>");
    page.raw("<button type=\"button\" id=\"theme\" hidden>Theme: automatic</button></header>\n");
    page.raw("<main id=\"answer\">\n").append(body).raw("</main>\n");
    footer(&mut page, provenance);
    page.raw("<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    page.finish()
}

fn footer(page: &mut Markup, provenance: &Provenance) {
    let Provenance { kube_version, origin, as_of, asked_at, .. } = provenance;
    page.raw("<footer><h2>Basis of this answer</h2>\n<dl>");
    page.raw("<div><dt>Scheduler</dt><dd>kube-scheduler ").text(kube_version).raw(", reproduced offline</dd></div>");
    page.raw("<div><dt>State</dt><dd>").text(origin);
    if let Some(as_of) = as_of {
        page.raw(", as of <time>").text(as_of).raw("</time>");
    }
    page.raw("</dd></div>");
    page.raw("<div><dt>Evaluated at</dt><dd><time>").text(asked_at).raw("</time></dd></div>");
    page.raw("<div><dt>Written by</dt><dd>kubectl-sched v").raw(env!("CARGO_PKG_VERSION"));
    page.raw("; nothing in the cluster was changed</dd></div>");
    page.raw("</dl></footer>\n");
}
