//! Where text goes: the answer to standard output, talk to standard error.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};

use crate::error::{Error, Result};
use crate::report::table::Options;
use crate::report::text::escape;
use crate::report::{Format, Formats, Grounds};

/// How the answer is printed.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of the output")]
pub(crate) struct OutputFlags {
    /// Output format: table, wide, json, yaml, name or html
    #[arg(short, long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    #[arg(value_parser = FormatParser(Formats::ALL), hide_possible_values = true)]
    pub(crate) output: Format,
    /// Print tables without their headers
    #[arg(long)]
    pub(crate) no_headers: bool,
    /// When to use colour; NO_COLOR is heeded
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Say on standard error what is being done
    #[arg(short = 'v', long = "v", value_name = "LEVEL", num_args = 0..=1, require_equals = true)]
    #[arg(default_value_t = 0, default_missing_value = "1", hide_default_value = true)]
    pub(crate) verbosity: u8,
}

/// `-o` of a command that has no pages.
pub(crate) fn without_html(output: Arg) -> Arg {
    output.value_parser(FormatParser(Formats::WITHOUT_HTML)).help("Output format: table, wide, json, yaml or name")
}

/// `-o` of a command that shows figures only.
pub(crate) fn of_figures(output: Arg) -> Arg {
    output.value_parser(FormatParser(Formats::OF_FIGURES)).help("Output format: table, wide, json or yaml")
}

/// What a command without pages says to one who asks for a page.
pub(crate) fn no_html() -> Error {
    Error::from_error(Formats::WITHOUT_HTML.unknown("html"))
}

/// Reads the formats that a command has, and knows them by name for completion.
#[derive(Clone, Copy, Debug)]
struct FormatParser(Formats);

impl TypedValueParser for FormatParser {
    type Value = Format;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> std::result::Result<Format, clap::Error> {
        let formats = self.0;
        (move |text: &str| formats.parse(text)).parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.names().map(PossibleValue::new)))
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
    /// Prints the answer.
    ///
    /// # Errors
    /// Standard output cannot be written to.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        let choice = match self.color {
            Color::Auto => AutoStream::choice(&io::stdout()),
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        };
        let mut stdout = AutoStream::new(io::stdout().lock(), choice);
        written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
    }

    /// How a table is to look.
    pub(crate) fn table_options<'a>(&self, grounds: &'a Grounds) -> Options<'a> {
        Options { width: width(), wide: self.output == Format::Wide, headers: !self.no_headers, grounds }
    }

    /// Says something of interest to one who asked for it with `-v`.
    pub(crate) fn log(&self, text: &str) {
        if self.verbosity > 0 {
            say(text);
        }
    }
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
    let _ = writeln!(io::stderr().lock(), "{}", escape(text));
}

/// Columns of the terminal; 80 where there is none.
pub(crate) fn width() -> usize {
    const PIPE: usize = 80;
    if !io::stdout().is_terminal() {
        return PIPE;
    }
    terminal_size::terminal_size().map_or(PIPE, |(width, _)| usize::from(width.0))
}
