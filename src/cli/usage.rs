//! Usage errors in kubectl's words, on one line.

use std::error::Error as _;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Error};

use super::{Cli, output};

/// Shows help where that was asked for, else what is wrong with the command line.
pub(super) fn report(error: &Error, arguments: &[OsString]) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe is no failure of ours.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(2);
    }
    let command = command(arguments);
    output::say(&format!("error: {}. See '{command} -h' for help and examples", message(error, &command)));
    ExitCode::from(2)
}

fn message(error: &Error, command: &str) -> String {
    let argument = text(error, ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let suggestion = text(error, ContextKind::SuggestedArg)
                .map(|suggested| format!(" (did you mean {suggested}?)"))
                .unwrap_or_default();
            let flag = argument.split('=').next().unwrap_or_default();
            if flag.starts_with("--") {
                format!("unknown flag: {flag}{suggestion}")
            } else if let Some(letter) = flag.strip_prefix('-').and_then(|rest| rest.chars().next()) {
                format!("unknown shorthand flag: '{letter}' in {flag}")
            } else {
                format!("unexpected argument \"{flag}\"")
            }
        }
        ErrorKind::InvalidSubcommand => {
            let name = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            let suggestion = text(error, ContextKind::SuggestedSubcommand)
                .map(|suggested| format!(" (did you mean {suggested}?)"))
                .unwrap_or_default();
            format!("unknown command \"{name}\" for \"{command}\"{suggestion}")
        }
        // What the value's own parser says is said best there.
        ErrorKind::ValueValidation if error.source().is_some() => {
            error.source().map(ToString::to_string).unwrap_or_default()
        }
        _ => first_line(error),
    }
}

fn first_line(error: &Error) -> String {
    let text = error.render().to_string();
    // clap lists missing arguments below its first line.
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    lines.join(" ").trim_start_matches("error: ").trim_end_matches('.').to_owned()
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

/// `kubectl sched explain`, as far as the arguments name a command there is.
fn command(arguments: &[OsString]) -> String {
    let cli = Cli::command();
    let named = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
    let mut named = named.filter(|argument| cli.get_subcommands().any(|known| known.get_name() == *argument));
    named.next().map_or_else(|| "kubectl sched".to_owned(), |name| format!("kubectl sched {name}"))
}
