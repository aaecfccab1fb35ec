//! The hidden `kubectl sched __complete WORD...`, in Cobra's protocol.
//!
//! kubectl runs `kubectl_complete-sched` with the words typed so far, of which the last, perhaps
//! empty, is to be completed (upstream kubectl pkg/cmd/plugin/plugin_completion.go). The answer is
//! one candidate a line, `value<TAB>description`, and on the last line a directive for the shell.
//! Whatever goes wrong, nothing is offered and nothing is said: who presses Tab reads no errors.

mod line;
mod names;
mod values;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgAction, Command};

use self::line::{Line, WordToComplete};
use super::{command, output};
use crate::report::text::is_hidden;

/// The word that asks for candidates; it never reaches clap, which would read `--` and `-h` for itself.
pub(super) const COMMAND: &str = "__complete";

/// Something to put in place of the last word.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    value: String,
    description: Option<String>,
}

impl Candidate {
    fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), description: None }
    }

    fn described(value: impl Into<String>, description: &str) -> Self {
        Self { value: value.into(), description: Some(description.to_owned()) }
    }
}

/// What the shell does beside offering the candidates (Cobra's ShellCompDirective).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    /// It offers files.
    Files = 0,
    /// Nothing else.
    NoFiles = 4,
    /// Nothing else, and there is more to type after the candidate.
    NoSpace = 6,
    /// It offers directories.
    Directories = 16,
}

/// Candidates, and what the shell does beside offering them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    candidates: Vec<Candidate>,
    directive: Directive,
}

impl Answer {
    fn of(candidates: Vec<Candidate>) -> Self {
        Self { candidates, directive: Directive::NoFiles }
    }

    fn nothing() -> Self {
        Self::of(Vec::new())
    }
}

/// Prints what the last of `words` may become.
pub(super) fn main(words: &[OsString]) -> ExitCode {
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (last, before) = words.split_last().map_or(("", [].as_slice()), |(last, before)| (last.as_str(), before));
    let mut cli = command();
    cli.build();
    // A shell that has gone away needs no candidates.
    let _ = output::print_bytes(render(&answer(&cli, before, last), last).as_bytes());
    ExitCode::SUCCESS
}

fn answer(cli: &Command, before: &[String], last: &str) -> Answer {
    let line = Line::read(cli, before);
    match line.wanted(last) {
        WordToComplete::Value(argument) => values::of(&line, argument, typed(last)),
        WordToComplete::Flag => Answer::of(flags(&line)),
        WordToComplete::Word => match line.positional() {
            Some(argument) => values::of(&line, argument, last),
            None if line.words.is_empty() => Answer::of(commands(line.command)),
            None => Answer::nothing(),
        },
    }
}

/// Only what begins as the last word does, and could not be taken for another line.
fn render(answer: &Answer, last: &str) -> String {
    let typed = typed(last);
    let mut text = String::new();
    for Candidate { value, description } in &answer.candidates {
        if !value.starts_with(typed) || value.contains(is_hidden) {
            continue;
        }
        text.push_str(value);
        if let Some(description) = description.as_deref().and_then(|description| description.lines().next()) {
            text.push('\t');
            text.push_str(description);
        }
        text.push('\n');
    }
    text + &format!(":{}\n", answer.directive as u8)
}

/// The part of the last word that the candidates replace: Cobra's scripts put `--flag=` back themselves.
fn typed(last: &str) -> &str {
    match last.split_once('=') {
        Some((flag, value)) if flag.starts_with('-') => value,
        _ => last,
    }
}

fn commands(command: &Command) -> Vec<Candidate> {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    shown.map(|command| describe(command.get_name(), command.get_about())).collect()
}

/// Flags not given yet, or that may be given again.
fn flags(line: &Line<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for argument in line.command.get_arguments() {
        let again = matches!(argument.get_action(), ArgAction::Append | ArgAction::Count);
        if argument.is_positional() || argument.is_hide_set() || (line.gave(argument) && !again) {
            continue;
        }
        if let Some(long) = argument.get_long() {
            candidates.push(describe(&format!("--{long}"), argument.get_help()));
        }
        if let Some(short) = argument.get_short() {
            candidates.push(describe(&format!("-{short}"), argument.get_help()));
        }
    }
    candidates
}

fn describe(value: &str, help: Option<&clap::builder::StyledStr>) -> Candidate {
    match help {
        Some(help) => Candidate::described(value, &help.to_string()),
        None => Candidate::new(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(typed: &str, expected: &str) {
        let mut cli = command();
        cli.build();
        let words: Vec<String> = typed.split(' ').map(str::to_owned).collect();
        let (last, before) = words.split_last().unwrap();
        let text = render(&answer(&cli, before, last), last);
        let values: Vec<&str> = text.lines().map(|line| line.split('\t').next().unwrap_or_default()).collect();
        assert_eq!(values.join(" "), expected, "{typed:?}");
    }

    #[test]
    fn commands_and_flags() {
        case("expl", "explain :4");
        case("xyz", ":4");
        case("--h", "--help :4");
        case("explain --snap", "--snapshot :4");
        case("explain --kubec", "--kubeconfig :4");
        case("explain -n", "-n :4");
        case("__comp", ":4");
        // Once is enough, but for those that add up.
        case("explain --snapshot x --snap", ":4");
        case("explain --as-group a --as-group b --as-gr", "--as-group :4");
        // After -- nothing is a flag.
        case("explain -- --snap", ":4");
    }

    #[test]
    fn values_of_flags() {
        case("explain -o ", "table wide json yaml name html :4");
        case("version -o ", "table wide json yaml name :4");
        case("explain -o w", "wide :4");
        case("explain --output=j", "json :4");
        case("explain -o=j", "json :4");
        case("explain --color ", "auto always never :4");
        case("config --kube-version v1.34", "v1.34 :4");
        case("completion ", "bash zsh fish powershell :4");
        case("completion bash ", ":4");
        // What the shell knows best.
        case("explain -f ", ":0");
        case("explain --snapshot=clu", ":0");
        case("explain --cache-dir ", ":16");
        // What nobody knows.
        case("explain --token ", ":4");
        // -v takes no value after a blank.
        case("explain -v --snap", "--snapshot :4");
    }

    #[test]
    fn types_of_targets() {
        case("explain --snapshot - deplo", "deployment/ :6");
        case("explain --snapshot - web ", ":4");
        case("explain --snapshot - -f pod.yaml ", ":4");
        case("explain --snapshot - service/", ":4");
    }

    #[test]
    fn what_could_break_a_line_is_not_offered() {
        let candidates = vec![Candidate::new("a\nb"), Candidate::described("c", "d\ne"), Candidate::new("f")];
        assert_eq!(render(&Answer::of(candidates), ""), "c\td\nf\n:4\n");
    }
}
