//! Events of others than the scheduler: who reported what, how long ago and how often.

use crate::api::Timestamp;
use crate::decode::event::Event;
use crate::report::Setting;
use crate::report::screen::Screen;
use crate::report::style::Label;
use crate::report::text::thousands;
use crate::report::words::cluster_messages::ago;

/// Events that are shown; `wide` shows all.
const MOST: usize = 5;
/// Characters of a message; autoscalers name every node group in one sentence.
const LONGEST: usize = 300;

/// The lines of `events`, which are about `subject`: those about something else name it.
pub(in crate::report) fn render(
    screen: &mut Screen,
    events: &[Event],
    subject: &str,
    as_of: Option<Timestamp>,
    wide: bool,
) {
    if events.is_empty() {
        return;
    }
    screen.heading("EVENTS", "what other components report, newest first");
    let most = if wide { usize::MAX } else { MOST };
    for event in events.iter().take(most) {
        screen.paragraph(if event.warning { Label::Warning } else { Label::Plain }, &lead(event, subject, as_of));
        let message = if wide { event.message.to_string() } else { cut(&event.message, screen.spelled(Setting::Wide)) };
        if !message.is_empty() {
            screen.quoted(Label::Dim, "  ", &message);
        }
    }
    screen.left_out(events.len(), most, "event");
}

/// `cluster-autoscaler, 2 minutes ago (12 times): NotTriggerScaleUp`.
pub(in crate::report) fn lead(event: &Event, subject: &str, as_of: Option<Timestamp>) -> String {
    let reporter = if event.reporter.is_empty() { "reporter unknown" } else { event.reporter.as_str() };
    let when = event.last.map_or_else(String::new, |at| format!(", {}", ago(at, as_of)));
    let often = if event.count > 1 { format!(" ({} times)", thousands(event.count as usize)) } else { String::new() };
    let about = format!("{} {}", event.kind, event.object.name);
    let about = if about == subject { String::new() } else { format!(" of {about}") };
    format!("{reporter}{when}{often}: {}{about}", event.reason)
}

/// A message of usual length: what is longer is cut; `wide` is how to see all of it.
pub(in crate::report) fn cut(message: &str, wide: Option<&str>) -> String {
    match message.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            let how = wide.map_or_else(String::new, |wide| format!(" ({wide} shows all of it)"));
            format!("{}…{how}", message.get(..end).unwrap_or_default().trim_end())
        }
        None => message.to_owned(),
    }
}
