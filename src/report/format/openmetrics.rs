//! `-o openmetrics`: the figures of an answer as OpenMetrics text, for a textfile collector or a push gateway
//! (github.com/prometheus/OpenMetrics, `specification/OpenMetrics.md`). Parsers of the older Prometheus text read it, too.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::text::is_hidden;
use super::super::{Look, Part, Report};
use super::{Format, FormatError};

#[derive(Debug)]
pub(super) struct OpenMetrics;

/// A gauge: a value for each set of labels.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its name, with the unit at its end where it has one.
    pub name: &'static str,
    /// The unit.
    pub unit: Option<&'static str>,
    /// What it counts.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// The values.
    pub samples: BTreeMap<Vec<String>, i64>,
}

impl Format for OpenMetrics {
    fn name(&self) -> &'static str {
        "openmetrics"
    }

    fn part(&self) -> Part {
        Part::Metrics
    }

    fn render(&self, report: &dyn Report, _look: Look) -> Result<String, FormatError> {
        let metrics = report.metrics().ok_or(FormatError::NoSuchPart("openmetrics"))?;
        let mut text: String = metrics.iter().map(Metric::text).collect();
        text.push_str("# EOF\n");
        Ok(text)
    }
}

impl Metric {
    fn text(&self) -> String {
        let Self { name, help, .. } = self;
        let mut text = format!("# TYPE {name} gauge\n");
        // Writing to a String cannot fail.
        if let Some(unit) = self.unit {
            let _ = writeln!(text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(text, "# HELP {name} {help}");
        for (values, value) in &self.samples {
            let labels = self.labels.iter().zip(values).map(|(label, value)| format!("{label}=\"{}\"", escaped(value)));
            let _ = writeln!(text, "{name}{{{}}} {value}", labels.collect::<Vec<_>>().join(","));
        }
        text
    }
}

/// `escaped-string` of the specification; a control character becomes a blank.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            letter if is_hidden(letter) => text.push(' '),
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_quoted() {
        let samples = BTreeMap::from([(vec!["a\"b\\c\nd".to_owned()], 2)]);
        let metric = Metric { name: "pods", unit: None, help: "Pods.", labels: &["cause"], samples };
        let expected = "# TYPE pods gauge\n# HELP pods Pods.\npods{cause=\"a\\\"b\\\\c d\"} 2\n";
        assert_eq!(metric.text(), expected);
    }
}
