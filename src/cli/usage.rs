//! Usage errors in kubectl's words, on one line, with what was probably meant.

use std::error::Error as _;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error};

use crate::did_you_mean;
use crate::report::text::list;

use super::{Cli, help, output, plugin_name};

/// Words that people type for what a command or flag of ours does.
const SYNONYMS: [(&[&str], &str); 12] = [
    (&["why", "describe", "get", "where", "debug", "diagnose"], "explain"),
    (&["list", "pods", "queue", "unschedulable"], "pending"),
    (&["schedule", "run", "place", "apply", "what-if", "whatif"], "simulate --pending"),
    (&["drain"], "simulate --drain"),
    (&["cordon"], "simulate --cordon"),
    (&["taint"], "simulate --taint"),
    (&["label"], "simulate --label"),
    (&["scale"], "simulate --scale"),
    (&["restart", "rollout"], "simulate --restart"),
    (&["delete"], "simulate --delete"),
    (&["fit", "fits", "headroom", "count", "room"], "capacity"),
    (&["dump", "save", "export"], "snapshot"),
];

/// Says what is wrong with the command line.
pub(super) fn report(error: &Error, arguments: &[OsString]) -> ExitCode {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = write!(anstream::stderr(), "{}", plugin_name::named(&help::of_all().text().ansi().to_string()));
        return ExitCode::from(2);
    }
    let (command, name) = command(arguments);
    let message = message(error, &command, arguments);
    let end = if message.ends_with('?') { "" } else { "." };
    output::say(&format!("error: {message}{end} See '{name} -h' for help and examples"));
    ExitCode::from(2)
}

fn message(error: &Error, command: &Command, arguments: &[OsString]) -> String {
    let argument = text(error, ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => unknown_argument(&argument, command),
        ErrorKind::InvalidSubcommand => {
            let name = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            let meant = meant_command(&name, command, arguments).map(|meant| format!("; did you mean '{meant}'?"));
            let of = command.get_bin_name().unwrap_or("kubectl sched");
            format!("unknown command \"{name}\" for \"{of}\"{}", meant.unwrap_or_default())
        }
        // What the value's own parser says is said best there.
        ErrorKind::ValueValidation if error.source().is_some() => {
            error.source().map(ToString::to_string).unwrap_or_default()
        }
        ErrorKind::ArgumentConflict => conflict(error).unwrap_or_else(|| first_line(error)),
        ErrorKind::MissingRequiredArgument => missing(error).unwrap_or_else(|| first_line(error)),
        _ => first_line(error),
    }
}

/// What does not go together, in one sentence: clap lists it line by line.
fn conflict(error: &Error) -> Option<String> {
    let flag = texts(error, ContextKind::InvalidArg)?.into_iter().next()?;
    let mut others = texts(error, ContextKind::PriorArg)?.into_iter().map(|other| without_value(&other).to_owned());
    let mut listed = others.next_back()?;
    let before: Vec<String> = others.collect();
    if !before.is_empty() {
        listed = format!("{} or {listed}", before.join(", "));
    }
    let flag = without_value(&flag);
    Some(if listed == flag {
        format!("{flag} cannot be used more than once")
    } else {
        format!("{flag} cannot be used with {listed}")
    })
}

/// What is missing, in one sentence.
fn missing(error: &Error) -> Option<String> {
    let missing = texts(error, ContextKind::InvalidArg)?;
    let missing: Vec<&str> = missing.iter().map(|argument| argument.trim_end_matches("...")).collect();
    let verb = if missing.len() == 1 { "is" } else { "are" };
    Some(format!("{} {verb} required", list(&missing, missing.len())))
}

/// A flag without the name of its value.
fn without_value(flag: &str) -> &str {
    flag.split_once(" <").map_or(flag, |(flag, _)| flag)
}

fn unknown_argument(argument: &str, command: &Command) -> String {
    let flag = argument.split('=').next().unwrap_or_default();
    if flag.starts_with("--") {
        let known: Vec<String> = command
            .get_arguments()
            .filter(|known| !known.is_hide_set())
            .flat_map(|known| known.get_long_and_visible_aliases().unwrap_or_default())
            .map(str::to_owned)
            .collect();
        let near = did_you_mean::near(flag.trim_start_matches('-'), known.iter().map(String::as_str));
        let meant = near.first().map(|near| format!("; did you mean '--{near}'?"));
        format!("unknown flag: {flag}{}", meant.unwrap_or_default())
    } else if let Some(letter) = flag.strip_prefix('-').and_then(|rest| rest.chars().next()) {
        format!("unknown shorthand flag: '{letter}' in {flag}")
    } else {
        format!("unexpected argument \"{flag}\"")
    }
}

/// `kubectl sched explain web-7`: the line as it was probably meant, if that is clear.
fn meant_command(typed: &str, command: &Command, arguments: &[OsString]) -> Option<String> {
    let names = command.get_subcommands().filter(|known| !known.is_hide_set()).map(Command::get_name);
    let synonym = SYNONYMS.iter().find(|(words, _)| words.contains(&typed)).map(|(_, meant)| *meant);
    let meant = synonym.or_else(|| did_you_mean::near(typed, names).first().copied())?;
    // One word behind it may be shown: more may be flags of another command.
    let words = arguments.iter().skip(1).map_while(|word| word.to_str());
    let next = words.skip_while(|word| *word != typed).nth(1).filter(|word| !word.starts_with('-'));
    let next = match (meant, next) {
        ("simulate --pending" | "pending" | "snapshot", _) | ("simulate --restart", Some("restart")) | (_, None) => {
            String::new()
        }
        (_, Some(next)) => format!(" {next}"),
    };
    Some(format!("kubectl sched {meant}{next}"))
}

fn first_line(error: &Error) -> String {
    let text = error.render().to_string();
    // clap lists missing arguments below its first line.
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    lines.join(" ").trim_start_matches("error: ").trim_end_matches('.').to_owned()
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    texts(error, kind)?.into_iter().next()
}

fn texts(error: &Error, kind: ContextKind) -> Option<Vec<String>> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(vec![text.clone()]),
        ContextValue::Strings(texts) => Some(texts.clone()),
        _ => None,
    }
}

/// The command that the arguments name, as far as there is one, and what to call it.
fn command(arguments: &[OsString]) -> (Command, String) {
    let mut cli = Cli::command();
    cli.build();
    let mut named = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
    let named = named.find_map(|argument| cli.find_subcommand(argument)).cloned();
    match named {
        Some(command) => {
            let name = format!("kubectl sched {}", command.get_name());
            (command, name)
        }
        None => (cli, "kubectl sched".to_owned()),
    }
}
