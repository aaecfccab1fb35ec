//! Where text goes: the answer to standard output, talk to standard error.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};

use crate::cli::error::{Error, Result};
use crate::report::text::escape;
use crate::report::{self, Format, Look, Part, Report, Setting};

use super::plugin_name;

/// How the answer is printed.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct OutputFlags {
    /// Output format: table, wide, json, yaml, name or html
    #[arg(short, long, value_name = "FORMAT", default_value = report::format::DEFAULT, hide_default_value = true)]
    #[arg(value_parser = FormatParser(Part::ALL), hide_possible_values = true)]
    pub(crate) output: &'static dyn Format,
    /// Print tables without headers
    #[arg(long, hide_short_help = true)]
    pub(crate) no_headers: bool,
    /// When to use colour; NO_COLOR is respected
    #[arg(long, hide_short_help = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Log to standard error what is being done
    #[arg(short = 'v', long = "v", hide_short_help = true, value_name = "LEVEL", num_args = 0..=1, require_equals = true)]
    #[arg(default_value_t = 0, default_missing_value = "1", hide_default_value = true)]
    pub(crate) verbosity: u8,
}

/// `-o` of a command whose answer has these parts.
pub(crate) fn of(output: Arg, parts: &'static [Part]) -> Arg {
    let names: Vec<&str> = report::format::names(parts).collect();
    output.value_parser(FormatParser(parts)).help(format!("Output format: {}", or(&names)))
}

/// `a, b or c`.
fn or(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        names => names.concat(),
    }
}

/// Reads the formats that a command has, and knows them by name for completion.
#[derive(Clone, Copy, Debug)]
struct FormatParser(&'static [Part]);

impl TypedValueParser for FormatParser {
    type Value = &'static dyn Format;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> std::result::Result<Self::Value, clap::Error> {
        let parts = self.0;
        (move |text: &str| report::format::parse(text, parts)).parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(report::format::names(self.0).map(PossibleValue::new)))
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR says otherwise.
    Auto,
    Always,
    Never,
}

impl OutputFlags {
    /// Prints the answer in the format that was asked for.
    ///
    /// # Errors
    /// The answer does not have that format, or standard output cannot be written to.
    pub(crate) fn print(&self, report: &dyn Report) -> Result<()> {
        self.print_with(report, false)
    }

    /// The same; with `commands` suggestions come with the commands that make them.
    ///
    /// # Errors
    /// As [`OutputFlags::print`].
    pub(crate) fn print_with(&self, report: &dyn Report, commands: bool) -> Result<()> {
        let look = Look { width: width(), wide: false, headers: !self.no_headers, spelling: flag, commands };
        let text = self.output.render(report, look).map_err(Error::from_error)?;
        let choice = match self.color {
            Color::Auto => AutoStream::choice(&io::stdout()),
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        };
        let mut stdout = AutoStream::new(io::stdout().lock(), choice);
        written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
    }

    /// Refuses a format that an answer with these `parts` does not have, before it is worked out.
    ///
    /// # Errors
    /// It does not have the format; `why` says why.
    pub(crate) fn check(&self, parts: &'static [Part], why: &str) -> Result<()> {
        report::format::check(self.output, parts).map_err(|error| Error::from_error(error).hint(why))
    }

    /// Says something of interest to one who asked for it with `-v`.
    pub(crate) fn log(&self, text: &str) {
        if self.verbosity > 0 {
            say(text);
        }
    }
}

/// The flag of a setting that a report speaks of.
#[expect(clippy::unnecessary_wraps, reason = "where there is no command line the answer is none")]
fn flag(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::Wide => "-o wide",
        Setting::Json => "-o json",
        Setting::Runs => "--runs",
        Setting::Seed => "--seed",
        Setting::Preempt => "--preempt",
        Setting::Like => "--like FILE",
        Setting::SchedulerConfig => "--scheduler-config",
        Setting::KubeVersion => "--kube-version",
        Setting::AsDefaultScheduler => "--as-default-scheduler",
    })
}

/// Prints an answer that has one form and no colour.
///
/// # Errors
/// Standard output cannot be written to.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// A reader that has gone away is no error: `| head` is a habit.
fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// A line on standard error. When nobody can read it there is nobody to tell.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", escape(&plugin_name::named(text)));
}

/// Columns of the terminal; 80 where there is none.
pub(crate) fn width() -> usize {
    const PIPE: usize = 80;
    if !io::stdout().is_terminal() {
        return PIPE;
    }
    terminal_size::terminal_size().map_or(PIPE, |(width, _)| usize::from(width.0))
}
