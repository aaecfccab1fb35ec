//! `-o table` and `-o wide` of a difference: pods that do not fit any more come first, then what changed.

use std::collections::BTreeMap;

use crate::api::{Name, name};
use crate::explain::difference::{Because, FieldDifference, How, SchedulerDifference, Standing, VerdictChange};

use super::super::style::Label;
use super::super::text::{count, list, range};
use super::super::{Look, Provenance, Setting};
use super::{DifferenceAnswer, StatesDifference};
use crate::report::screen::{Grid, Screen, not_evaluated};

/// Rows of each part, unless everything is asked for.
const ROWS: usize = 20;

/// What differs, as a person reads it.
pub(super) fn screen(answer: &DifferenceAnswer, provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let most = if look.wide { usize::MAX } else { ROWS };
    let label = if answer.is_worse() { Label::Rejected } else { Label::Heading };
    screen.headline(label, &headline(answer), &basis(answer, provenance));
    match &answer.states {
        Some(states) => of_states(&mut screen, states, most),
        None => of_schedulers(&mut screen, answer, most),
    }
    settings(&mut screen, answer, most);
    not_evaluated(&mut screen, &answer.not_evaluated);
    screen
}

/// What the answer rests on: both versions where they differ.
fn basis(answer: &DifferenceAnswer, provenance: &Provenance) -> String {
    let versions = answer.settings.iter().find(|setting| setting.field == "version");
    match versions.and_then(|setting| setting.before.as_ref().zip(setting.now.as_ref())) {
        Some((before, now)) => {
            Provenance { kube_version: format!("{before} → {now}"), ..provenance.clone() }.to_string()
        }
        None => provenance.to_string(),
    }
}

fn headline(answer: &DifferenceAnswer) -> String {
    let Some(states) = &answer.states else {
        let pods = |of: &dyn Fn(&&SchedulerDifference) -> bool| -> usize {
            answer.schedulers.iter().filter(of).map(|difference| difference.pods).sum()
        };
        let verdicts = pods(&|difference| difference.fits.0 != difference.fits.1);
        let winners = pods(&|difference| difference.winner.is_some());
        let asked = count(answer.asked, "pod");
        return if answer.schedulers.is_empty() {
            format!("Both schedulers answer the same about {asked}")
        } else {
            let verdict = if verdicts == 0 {
                "no verdict changes".to_owned()
            } else {
                format!("the verdict changes for {verdicts}")
            };
            let winner =
                if winners == 0 { "the same nodes win".to_owned() } else { format!("another node wins for {winners}") };
            let message = !answer.schedulers.is_empty() && verdicts + winners == 0;
            let message = if message { "; messages differ" } else { "" };
            format!("Of {asked}: {verdict}, {winner}{message}")
        };
    };
    let pods = |fits_now: bool| -> usize {
        let of = states.verdicts.iter().filter(|change| (change.now != Standing::DoesNotFit) == fits_now);
        of.map(|change| change.pods).sum()
    };
    let names = format!("{} → {}", states.old, states.new);
    match (pods(false), pods(true)) {
        (0, 0) if states.objects.is_empty() && states.pods.is_empty() => {
            format!("{names}: nothing changed that matters to scheduling")
        }
        (0, 0) => format!("{names}: no pod's verdict changed"),
        (0, better) => format!("{names}: {} now that did not fit then", fits(better)),
        (worse, 0) => format!("{names}: {} now that fitted then", does_not_fit(worse)),
        (worse, better) => {
            format!("{names}: {} now that fitted then; {} that did not", does_not_fit(worse), fits(better))
        }
    }
}

fn fits(pods: usize) -> String {
    format!("{} {}", count(pods, "pod"), if pods == 1 { "fits" } else { "fit" })
}

fn does_not_fit(pods: usize) -> String {
    format!("{} {}", count(pods, "pod"), if pods == 1 { "does not fit" } else { "do not fit" })
}

fn of_states(screen: &mut Screen, states: &StatesDifference, most: usize) {
    let parts: [(&str, &str, bool); 2] = [("FITTED THEN, NOT NOW", "", false), ("FITS NOW, NOT THEN", "", true)];
    for (heading, remark, fits_now) in parts {
        let of: Vec<&VerdictChange> =
            states.verdicts.iter().filter(|change| (change.now != Standing::DoesNotFit) == fits_now).collect();
        if of.is_empty() {
            continue;
        }
        screen.heading(heading, remark);
        for change in of.iter().take(most) {
            let standing = if fits_now { &change.now } else { &change.before };
            let when = if fits_now { "now" } else { "then" };
            let how = match standing {
                Standing::Runs(node) => format!("on {node} {when}"),
                _ => format!("would fit {when}"),
            };
            let label = if fits_now { Label::Fits } else { Label::Rejected };
            let who = match change.pods {
                1 => change.pod.to_string(),
                more => format!("{} ({})", change.owner, count(more, "pod")),
            };
            screen.indented(label, "", &format!("{who}: {how}"));
            because(screen, &change.because, if fits_now { "then" } else { "now" });
            screen.quoted(Label::Plain, "  ", &change.message);
        }
        screen.left_out(of.len(), most, "change");
    }
    objects(screen, states, most);
    pods(screen, states, most);
}

/// `now 3 nodes (a-1, a-2, a-3): Insufficient cpu (NodeResourcesFit)`.
fn because(screen: &mut Screen, because: &[Because], when: &str) {
    for Because { nodes, plugin, reason } in because {
        let names: Vec<&str> = nodes.iter().map(Name::as_str).collect();
        let at = if names.is_empty() { String::new() } else { format!("{}: ", list(&names, 5)) };
        let why = match plugin {
            Some(plugin) => format!("{reason} ({plugin})"),
            None if reason.is_empty() => "not there".to_owned(),
            None => reason.clone(),
        };
        screen.indented(Label::Plain, &format!("  {when} "), &format!("{at}{why}"));
    }
}

fn objects(screen: &mut Screen, states: &StatesDifference, most: usize) {
    if states.objects.is_empty() {
        return;
    }
    // What is the same of several objects is one row; kinds stay in their order.
    let mut kinds: Vec<&str> = Vec::new();
    let mut rows: BTreeMap<(usize, How, String), Vec<Name>> = BTreeMap::new();
    for object in &states.objects {
        let place = kinds.iter().position(|kind| *kind == object.kind).unwrap_or_else(|| {
            kinds.push(&object.kind);
            kinds.len() - 1
        });
        if object.fields.is_empty() {
            rows.entry((place, object.how, String::new())).or_default().push(name(&object.name));
        }
        for field in &object.fields {
            rows.entry((place, object.how, words(field, most))).or_default().push(name(&object.name));
        }
    }
    screen.heading("WHAT CHANGED", "");
    let mut grid = Grid::new(["KIND", "OBJECTS", "CHANGE"]);
    let all = rows.len();
    // No kind takes the place of all others.
    let most = if all > most { (most / kinds.len().max(1)).max(2) } else { most };
    let mut left_out = 0;
    for (place, kind) in kinds.iter().enumerate() {
        let mut of_kind = rows.iter().filter(|((other, ..), _)| *other == place);
        for ((_, how, what), names) in of_kind.by_ref().take(most) {
            let shown: Vec<&str> = names.iter().map(Name::as_str).collect();
            let objects = if shown.len() > 3 {
                format!("{}: {}", count(shown.len(), "object"), range(&shown))
            } else {
                shown.join(", ")
            };
            let change = if *how == How::Changed { what.clone() } else { how.as_str().to_lowercase() };
            grid.row(Label::Plain, [(*kind).to_owned(), objects, change]);
        }
        let rest = of_kind.count();
        if rest > 0 {
            grid.row(Label::Dim, [(*kind).to_owned(), String::new(), format!("and {}", count(rest, "more change"))]);
            left_out += rest;
        }
    }
    screen.grid(&grid);
    screen.left_out(all, all - left_out, "change");
}

/// A value that is longer is shown as far as it differs, unless everything is asked for.
const LONG: usize = 40;

fn words(field: &FieldDifference, most: usize) -> String {
    let FieldDifference { field, before, now } = field;
    let is_long = |value: &Option<String>| value.as_ref().is_some_and(|value| value.len() > LONG);
    let is_short = most == usize::MAX || !(is_long(before) || is_long(now));
    let shown = |value: &Option<String>| match value.as_deref() {
        None => "<none>".to_owned(),
        Some("") => "\"\"".to_owned(),
        Some(value) => value.to_owned(),
    };
    match (before, now) {
        (None, None) => format!("{field} differ"),
        _ if is_short => format!("{field}: {} → {}", shown(before), shown(now)),
        (None, Some(_)) => format!("{field}: added"),
        (Some(_), None) => format!("{field}: removed"),
        (Some(before), Some(now)) => match items_that_differ(before, now) {
            Some(items) => format!("{field}: {items}"),
            None => format!("{field}: changed"),
        },
    }
}

/// Of two lists the items that only one has: `-a, +b`; none where that is long as well.
fn items_that_differ(before: &str, now: &str) -> Option<String> {
    let (before, now): (Vec<&str>, Vec<&str>) = (before.split(", ").collect(), now.split(", ").collect());
    let gone = before.iter().filter(|item| !now.contains(item)).map(|item| format!("-{item}"));
    let new = now.iter().filter(|item| !before.contains(item)).map(|item| format!("+{item}"));
    let items = gone.chain(new).collect::<Vec<_>>().join(", ");
    (!items.is_empty() && items.len() <= 2 * LONG).then_some(items)
}

fn pods(screen: &mut Screen, states: &StatesDifference, most: usize) {
    if states.pods.is_empty() {
        return;
    }
    screen.heading("PODS", "before → now");
    let mut grid = Grid::new(["OWNER", "ON NODES", "PENDING", "MOVED"]);
    for pods in states.pods.iter().take(most) {
        let pair = |(before, now): (usize, usize)| {
            if before == now { now.to_string() } else { format!("{before} → {now}") }
        };
        let moved: Vec<String> =
            pods.moved.iter().map(|(pod, from, to)| format!("{} {from} → {to}", pod.name)).collect();
        let label = if pods.pending.1 > pods.pending.0 { Label::Rejected } else { Label::Plain };
        grid.row(label, [pods.owner.clone(), pair(pods.placed), pair(pods.pending), list(&moved, 2)]);
    }
    screen.grid(&grid);
    screen.left_out(states.pods.len(), most, "owner");
}

fn of_schedulers(screen: &mut Screen, answer: &DifferenceAnswer, most: usize) {
    let (mut verdicts, mut winners, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for difference in &answer.schedulers {
        match (difference.fits.0 == difference.fits.1, &difference.winner) {
            (false, _) => verdicts.push(difference),
            (true, Some(_)) => winners.push(difference),
            (true, None) => messages.push(difference),
        }
    }
    if !verdicts.is_empty() {
        screen.heading("OTHER VERDICT", "");
    }
    for difference in verdicts.iter().take(most) {
        let label = if difference.fits.1 { Label::Fits } else { Label::Rejected };
        let how = if difference.fits.1 { "fits now" } else { "does not fit any more" };
        screen.indented(label, "", &format!("{}: {how}", who(difference)));
        because(screen, &difference.because, if difference.fits.1 { "before" } else { "now" });
        let message = if difference.fits.1 { &difference.message.0 } else { &difference.message.1 };
        screen.quoted(Label::Plain, "  ", message);
    }
    screen.left_out(verdicts.len(), most, "verdict");
    if !winners.is_empty() {
        screen.heading("OTHER BEST NODE", "the points by which a plugin prefers the old one, before → now");
        let mut grid = Grid::new(["PODS", "BEFORE", "NOW", "WHY"]);
        for difference in winners.iter().take(most) {
            let Some(winner) = &difference.winner else { continue };
            let nodes = |nodes: &[Name]| list(&nodes.iter().map(Name::as_str).collect::<Vec<_>>(), 2);
            let leads = winner.leads.iter().map(|(plugin, before, now)| format!("{plugin} {before:+} → {now:+}"));
            let why: Vec<String> = leads.collect();
            let why = if why.is_empty() { "other nodes are feasible".to_owned() } else { list(&why, 3) };
            grid.row(Label::Plain, [who(difference), nodes(&winner.before), nodes(&winner.now), why]);
        }
        screen.grid(&grid);
        screen.left_out(winners.len(), most, "best node");
    }
    if !messages.is_empty() {
        screen.heading("OTHER MESSAGE", "the verdict is the same");
    }
    for difference in messages.iter().take(most) {
        screen.indented(Label::Plain, "", &who(difference));
        screen.quoted(Label::Plain, "  before: ", &difference.message.0);
        screen.quoted(Label::Plain, "  now:    ", &difference.message.1);
    }
    screen.left_out(messages.len(), most, "message");
}

fn who(difference: &SchedulerDifference) -> String {
    match difference.pods {
        1 => difference.pod.to_string(),
        more => format!("{} ({})", difference.owner, count(more, "pod")),
    }
}

/// Sorts of settings that a version brings by the dozen: the field begins with the word.
const BY_VERSION: [&str; 2] = ["feature gate", "behaviour"];

/// So many of them are listed.
const FEW: usize = 3;

fn settings(screen: &mut Screen, answer: &DifferenceAnswer, most: usize) {
    if answer.settings.is_empty() {
        return;
    }
    screen.heading("SCHEDULER", "before → now");
    let is_of = |field: &FieldDifference, sort: &str| field.field.starts_with(sort);
    let (many, mut listed): (Vec<&FieldDifference>, Vec<&FieldDifference>) =
        answer.settings.iter().partition(|field| BY_VERSION.iter().any(|sort| is_of(field, sort)));
    let folds = most != usize::MAX && many.len() > FEW;
    if !folds {
        listed = answer.settings.iter().collect();
    }
    for field in listed.iter().take(most) {
        screen.indented(Label::Plain, "", &words(field, most));
    }
    screen.left_out(listed.len(), most, "setting");
    if folds {
        let sorts = BY_VERSION.iter().map(|sort| (many.iter().filter(|field| is_of(field, sort)).count(), sort));
        let sorts: Vec<String> =
            sorts.filter(|(number, _)| *number > 0).map(|(number, sort)| count(number, sort)).collect();
        let same = answer.states.is_none() && answer.schedulers.is_empty();
        let same = if same { "; none of them changes an answer about these pods" } else { "" };
        let wide = screen.spelled(Setting::Wide).map_or_else(String::new, |wide| format!(": {wide} lists them"));
        screen.indented(Label::Plain, "", &format!("{} differ{same}{wide}", sorts.join(" and ")));
    }
}
