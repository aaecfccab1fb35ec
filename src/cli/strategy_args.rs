//! `--strategy`, `--compare` and the labels they read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};

use crate::api::{Name, name};
use crate::cli::error::{Error, Result};
use crate::simulate::Strategy;

/// By which rule a feasible node is chosen.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options for choosing among feasible nodes")]
pub(crate) struct StrategyFlags {
    /// Choose nodes by least-load, best-fit, first-fit, weighted-least-load, random or config=FILE
    #[arg(long, value_name = "NAME", hide_possible_values = true, value_parser = ChoiceParser, conflicts_with = "compare")]
    strategy: Option<Choice>,
    /// Place the same pods with several strategies, and compare; see docs/strategies.md
    #[arg(long, value_name = "NAME,NAME...", hide_possible_values = true, value_delimiter = ',', value_parser = ChoiceParser)]
    #[arg(conflicts_with_all = ["diff", "strategy"])]
    compare: Vec<Choice>,
    /// The node label with the weight, for weighted-least-load
    #[arg(long, value_name = "KEY", hide_short_help = true)]
    weight_label: Option<String>,
    /// The node label with the price of the node: show the cost of the used nodes
    #[arg(long, value_name = "KEY", hide_short_help = true)]
    price_label: Option<String>,
}

/// How nodes are chosen, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Named(StrategyName),
    /// As kube-scheduler would with this configuration.
    Configured(PathBuf),
}

/// One of the rules that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ComparedStrategy {
    pub(crate) strategy: Strategy,
    /// The configuration it is asked of; none for that of the question.
    pub(crate) configuration: Option<PathBuf>,
}

/// What stands before the name of a file.
const CONFIGURED: &str = "config=";

/// Reads a strategy, and knows their names for completion.
#[derive(Clone, Copy, Debug)]
struct ChoiceParser;

impl TypedValueParser for ChoiceParser {
    type Value = Choice;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> std::result::Result<Choice, clap::Error> {
        choice.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = StrategyName::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        Some(Box::new(names.chain([PossibleValue::new(CONFIGURED)])))
    }
}

/// A strategy by name, or `config=FILE`.
fn choice(text: &str) -> std::result::Result<Choice, String> {
    if let Some(file) = text.strip_prefix(CONFIGURED).filter(|file| !file.is_empty()) {
        return Ok(Choice::Configured(PathBuf::from(file)));
    }
    let names = StrategyName::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
    let named = StrategyName::from_str(text, false).map(Choice::Named);
    named.map_err(|_| format!("\"{text}\" is not a strategy; use {} or {CONFIGURED}FILE", names.join(", ")))
}

/// A strategy by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StrategyName {
    Default,
    Random,
    LeastLoad,
    BestFit,
    FirstFit,
    WeightedLeastLoad,
}

impl StrategyFlags {
    /// The strategy of a single simulation.
    ///
    /// # Errors
    /// The label of the weights is not named, or nobody reads a label that is.
    pub(crate) fn strategy(&self) -> Result<Strategy> {
        self.check_labels()?;
        match &self.strategy {
            Some(Choice::Named(name)) => self.named(*name),
            Some(Choice::Configured(_)) | None => Ok(Strategy::Default),
        }
    }

    /// The configuration that `--strategy` names instead of a rule.
    pub(crate) fn configuration(&self) -> Option<&Path> {
        match &self.strategy {
            Some(Choice::Configured(file)) => Some(file),
            Some(Choice::Named(_)) | None => None,
        }
    }

    /// The rules to compare, each once; empty where nobody asked.
    ///
    /// # Errors
    /// As of [`StrategyFlags::strategy`].
    pub(crate) fn compared(&self) -> Result<Vec<ComparedStrategy>> {
        let mut all: Vec<ComparedStrategy> = Vec::new();
        for choice in &self.compare {
            let compared = match choice {
                Choice::Named(name) => ComparedStrategy { strategy: self.named(*name)?, configuration: None },
                Choice::Configured(file) => {
                    ComparedStrategy { strategy: Strategy::Default, configuration: Some(file.clone()) }
                }
            };
            if !all.contains(&compared) {
                all.push(compared);
            }
        }
        Ok(all)
    }

    /// The label that holds prices.
    pub(crate) fn price(&self) -> Option<Name> {
        self.price_label.as_deref().map(name)
    }

    fn named(&self, strategy: StrategyName) -> Result<Strategy> {
        Ok(match strategy {
            StrategyName::Default => Strategy::Default,
            StrategyName::Random => Strategy::Random,
            StrategyName::LeastLoad => Strategy::LeastLoad,
            StrategyName::BestFit => Strategy::BestFit,
            StrategyName::FirstFit => Strategy::FirstFit,
            StrategyName::WeightedLeastLoad => {
                let label = self.weight_label.as_deref().ok_or_else(|| {
                    Error::new("weighted-least-load requires --weight-label KEY")
                        .hint("KEY is the node label that contains the weight")
                })?;
                Strategy::WeightedLeastLoad(name(label))
            }
        })
    }

    /// A label that nobody reads is a mistake.
    fn check_labels(&self) -> Result<()> {
        let weighted = Choice::Named(StrategyName::WeightedLeastLoad);
        let is_used = self.strategy.as_ref() == Some(&weighted) || self.compare.contains(&weighted);
        if self.weight_label.is_some() && !is_used {
            return Err(Error::new("--weight-label requires --strategy weighted-least-load")
                .hint("add that strategy, or remove --weight-label"));
        }
        Ok(())
    }
}
