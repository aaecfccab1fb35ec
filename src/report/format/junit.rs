//! `-o junit`: test cases as JUnit XML, which CI servers show (the schema is that of Ant's and Jenkins' reports).

use std::fmt::Write;

use super::super::text::is_hidden;
use super::super::{Look, Part, Report};
use super::{Format, FormatError};

#[derive(Debug)]
pub(super) struct Junit;

/// One thing that was tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// What it belongs to: `deployment.shop`.
    pub class: String,
    /// Its name.
    pub name: String,
    /// The file that it stands in, and the line.
    pub file: Option<(String, Option<usize>)>,
    /// What came of it.
    pub outcome: TestOutcome,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TestOutcome {
    /// It is as it should be.
    Passed,
    /// It is not.
    Failed {
        /// The kind of failure.
        kind: String,
        /// What is wrong, in one line.
        message: String,
        /// Everything about it.
        text: String,
    },
    /// It does not count, and why.
    Skipped(String),
}

impl Format for Junit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn part(&self) -> Part {
        Part::Cases
    }

    fn render(&self, report: &dyn Report, _look: Look) -> Result<String, FormatError> {
        let cases = report.cases().ok_or(FormatError::NoSuchPart("junit"))?;
        let failed = cases.iter().filter(|case| matches!(case.outcome, TestOutcome::Failed { .. })).count();
        let skipped = cases.iter().filter(|case| matches!(case.outcome, TestOutcome::Skipped(_))).count();
        let counts = format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\"", cases.len());
        // Writing to a String cannot fail.
        let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n");
        let _ = writeln!(text, "  <testsuite name=\"kubectl sched check\" {counts} skipped=\"{skipped}\">");
        for case in &cases {
            case.write(&mut text);
        }
        text.push_str("  </testsuite>\n</testsuites>\n");
        Ok(text)
    }
}

impl TestCase {
    fn write(&self, text: &mut String) {
        let file = self.file.as_ref().map_or_else(String::new, |(file, line)| {
            let line = line.map_or_else(String::new, |line| format!(" line=\"{line}\""));
            format!(" file=\"{}\"{line}", escaped(file))
        });
        let _ =
            write!(text, "    <testcase classname=\"{}\" name=\"{}\"{file}", escaped(&self.class), escaped(&self.name));
        let _ = match &self.outcome {
            TestOutcome::Passed => writeln!(text, "/>"),
            TestOutcome::Failed { kind, message, text: whole } => writeln!(
                text,
                ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
                escaped(kind),
                escaped(message),
                escaped(whole)
            ),
            TestOutcome::Skipped(why) => {
                writeln!(text, ">\n      <skipped message=\"{}\"/>\n    </testcase>", escaped(why))
            }
        };
    }
}

/// XML has no control characters, not even escaped ones.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter if is_hidden(letter) => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}
