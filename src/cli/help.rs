//! `-h` and `--help`: what a command does and how to type it.
//!
//! Both show one line per option, the usage before the options and examples. `-h` fits a screen or
//! two: it leaves out options that are rarely needed. `--help` has those and every example; the
//! man page also has kubectl's connection options. A request for help is answered before the rest of
//! the line is parsed, so that `simulate --compare --help` is not a complaint about `--compare`.

use std::ffi::OsString;
use std::io::Write;

use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory};

use super::{Cli, plugin_name};

/// Usage first, then examples, then the options.
pub(super) const TEMPLATE: &str = "\
{about}

Usage:
  {usage}{after-help}

{all-args}";

/// Examples that `-h` shows.
const EXAMPLES: usize = 2;

/// A request for help that `arguments` contain, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HelpRequest {
    /// The command that it is about, below `kubectl sched`.
    path: Vec<String>,
    /// `--help` or `help` instead of `-h`.
    long: bool,
}

/// Finds `-h`, `--help` or a leading `help`; words behind `--` are no flags.
pub(super) fn asked(arguments: &[OsString]) -> Option<HelpRequest> {
    let words: Vec<&str> =
        arguments.iter().skip(1).map_while(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let command_first = words.first() == Some(&"help");
    let long = command_first || words.contains(&"--help");
    if !long && !words.contains(&"-h") {
        return None;
    }
    let named = words.iter().skip(usize::from(command_first)).filter(|word| !word.starts_with('-'));
    let mut path = Vec::new();
    let mut command = Cli::command();
    for word in named {
        let Some(next) = command.find_subcommand(word).filter(|next| !next.is_hide_set()).cloned() else { break };
        path.push((*word).to_owned());
        command = next;
    }
    Some(HelpRequest { path, long })
}

/// The help of `kubectl sched` itself, as `-h` shows it.
pub(super) fn of_all() -> HelpRequest {
    HelpRequest { path: Vec::new(), long: false }
}

impl HelpRequest {
    /// Prints the help to standard output.
    pub(super) fn print(&self) {
        // A closed pipe is no failure of ours.
        let _ = write!(anstream::stdout(), "{}", plugin_name::named(&self.text().ansi().to_string()));
    }

    /// The help, with clap's styles.
    pub(super) fn text(&self) -> StyledStr {
        let mut command = Cli::command();
        command.build();
        for name in &self.path {
            command = command.find_subcommand(name).cloned().unwrap_or(command);
        }
        let long = self.long;
        let about = command.get_long_about().filter(|_| long).cloned();
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let footer = if long { String::new() } else { more(&command) };
        let examples = if long { examples } else { shortened(&examples) };
        // One line per option in both: clap's own long form takes three.
        let hidden = move |argument: Arg| {
            let hidden = if long { argument.is_hide_long_help_set() } else { argument.is_hide_short_help_set() };
            let argument = argument.hide_short_help(hidden);
            if argument.get_id() == "help" {
                argument.help("Show help: -h the most common options, --help all")
            } else {
                argument
            }
        };
        command = command.mut_args(hidden).after_help(examples);
        if let Some(about) = about {
            command = command.about(about);
        }
        let mut text = command.render_help();
        let _ = std::fmt::Write::write_str(&mut text, &footer);
        text
    }
}

/// Where the rest is.
fn more(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or("kubectl sched");
    format!("\nUse \"{name} --help\" for all options and examples.\n")
}

/// The first examples, and nothing of the exit status.
fn shortened(after_help: &str) -> String {
    let examples = after_help.split("\n\n").take_while(|block| !block.starts_with("Exit status:"));
    examples.take(EXAMPLES).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(typed: &str, expected: Option<(&str, bool)>) {
        let arguments: Vec<OsString> =
            std::iter::once("kubectl-sched").chain(typed.split_whitespace()).map(OsString::from).collect();
        let found = asked(&arguments);
        let found = found.as_ref().map(|asked| (asked.path.join(" "), asked.long));
        assert_eq!(found, expected.map(|(path, long)| (path.to_owned(), long)), "{typed:?}");
    }

    #[test]
    fn what_help_is_about() {
        case("explain web", None);
        case("explain -- -h", None);
        case("-h", Some(("", false)));
        case("help", Some(("", true)));
        case("explain web -h", Some(("explain", false)));
        case("explain simulate --help", Some(("explain", true)));
        case("simulate --compare --help", Some(("simulate", true)));
        case("help simulate --compare", Some(("simulate", true)));
        case("simulate merge -h", Some(("simulate merge", false)));
        case("nonsense --help", Some(("", true)));
    }
}
