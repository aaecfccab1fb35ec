//! The page of a comparison: the strategies side by side, each figure as a bar.

use crate::simulate::StrategyResult;

use super::super::Provenance;
use super::super::comparison::{ComparisonAnswer, headline};
use super::super::simulation::table::percent;
use super::super::style::Label;
use super::super::text::{count, thousands};
use super::markup::Markup;
use super::shell;
use super::{mark, notes};

/// A column: its head, and a figure of each trial.
struct ComparisonColumn {
    title: &'static str,
    figures: Vec<Option<Figure>>,
}

/// How long its bar is, from 0 to 1, and what stands beside it.
type Figure = (f64, String);

/// The page of a `simulate --compare`.
pub(in crate::report) fn page(answer: &ComparisonAnswer, provenance: &Provenance) -> String {
    let mut body = Markup::default();
    let label = if answer.fits() { Label::Fits } else { Label::Rejected };
    let headline = headline(answer);
    body.raw("<article class=\"answer\">\n<h2>").append(&mark(label)).text(&headline).raw("</h2>\n");
    notes::not_evaluated(&mut body, &answer.not_evaluated);
    if let Some(first) = answer.refused.first() {
        body.raw("<figure class=\"message\"><figcaption>").text(count(answer.refused.len(), "pod"));
        body.raw(" refused by the API server, such as ").text(first.pod);
        body.raw("</figcaption><blockquote>").text(first).raw("</blockquote></figure>\n");
    }
    body.raw(
        "<section><h3>Side by side</h3>\n<p class=\"aside\">The same pods by each strategy. Of nodes used at least so many: none ",
    );
    body.raw(
        "places these pods with fewer nodes in use. Balance is the standard deviation of the nodes' utilization: ",
    );
    body.raw("0 is even. Fragmented is what is free where no typical pod fits.</p>\n");
    table(&mut body, &answer.trials);
    body.raw("</section>\n</article>\n");
    shell::page("simulate", &headline, &body, provenance)
}

fn table(page: &mut Markup, trials: &[StrategyResult]) {
    let columns = columns(trials);
    page.raw("<div class=\"scroll\"><table class=\"sheet\"><thead><tr><th scope=\"col\">Strategy</th>");
    for column in &columns {
        page.raw("<th scope=\"col\">").raw(column.title).raw("</th>");
    }
    page.raw("</tr></thead><tbody>\n");
    for (place, trial) in trials.iter().enumerate() {
        page.raw("<tr><th scope=\"row\" class=\"whole\">").text(trial.name()).raw("</th>");
        for column in &columns {
            match column.figures.get(place).and_then(Option::as_ref) {
                Some((share, text)) => {
                    let share = (share.clamp(0.0, 1.0) * 100.0).round();
                    page.raw("<td class=\"points\"><span class=\"bar\" style=\"--share:")
                        .text(share)
                        .raw("%\"></span>");
                    page.text(text).raw("</td>");
                }
                None => {
                    page.raw("<td class=\"points\">–</td>");
                }
            }
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
}

/// Costs only where nodes have prices.
fn columns(trials: &[StrategyResult]) -> Vec<ComparisonColumn> {
    let column = |title, of: &dyn Fn(&StrategyResult) -> Option<Figure>| ComparisonColumn {
        title,
        figures: trials.iter().map(of).collect(),
    };
    let part = |part: usize, whole: usize| if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
    let shares = |title, of: fn(&StrategyResult) -> f64| column(title, &|trial| Some((of(trial), percent(of(trial)))));
    let mut columns = vec![
        column("Pods placed", &|trial| {
            let all = trial.placed + trial.unplaced;
            Some((part(trial.placed, all), format!("{} of {}", thousands(trial.placed), thousands(all))))
        }),
        column("Nodes used", &|trial| {
            let [used, all, least] = [trial.nodes_used, trial.nodes, trial.nodes_needed].map(thousands);
            Some((part(trial.nodes_used, trial.nodes), format!("{used} of {all}, at least {least}")))
        }),
        shares("Balance, CPU", |trial| trial.measures.balance.cpu),
        shares("Balance, memory", |trial| trial.measures.balance.memory),
        shares("CPU fragmented", |trial| trial.measures.fragmentation.cpu),
        shares("Memory fragmented", |trial| trial.measures.fragmentation.memory),
    ];
    if trials.iter().any(|trial| trial.cost.is_some()) {
        let dearest = trials.iter().filter_map(|trial| trial.cost).fold(f64::MIN_POSITIVE, f64::max);
        columns.push(column("Cost", &|trial| trial.cost.map(|cost| (cost / dearest, cost.to_string()))));
    }
    columns
}
