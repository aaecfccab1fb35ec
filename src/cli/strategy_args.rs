//! `--strategy`, `--compare` and the labels they read.

use clap::{Args, ValueEnum};

use crate::cluster::{Name, name};
use crate::error::{Error, Result};
use crate::simulate::Strategy;

/// By which rule a feasible node is chosen.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of the choice among feasible nodes")]
pub(crate) struct StrategyFlags {
    /// Choose by another rule than the profile's score; see docs/strategies.md
    #[arg(long, value_name = "NAME", conflicts_with = "compare")]
    strategy: Option<StrategyName>,
    /// Place the same pods by several rules, and show side by side what comes of it
    #[arg(long, value_name = "NAME,NAME...", value_delimiter = ',', conflicts_with_all = ["diff", "strategy"])]
    compare: Vec<StrategyName>,
    /// The node label whose value is the weight, for weighted-least-load
    #[arg(long, value_name = "KEY")]
    weight_label: Option<String>,
    /// The node label whose value is the node's price: show what the used nodes cost
    #[arg(long, value_name = "KEY")]
    price_label: Option<String>,
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
        self.strategy.map_or(Ok(Strategy::Default), |name| self.named(name))
    }

    /// The strategies to compare, each once; empty where nobody asked.
    ///
    /// # Errors
    /// As of [`StrategyFlags::strategy`].
    pub(crate) fn compared(&self) -> Result<Vec<Strategy>> {
        let mut strategies: Vec<Strategy> = Vec::new();
        for name in &self.compare {
            let strategy = self.named(*name)?;
            if !strategies.contains(&strategy) {
                strategies.push(strategy);
            }
        }
        Ok(strategies)
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
                    Error::new("weighted-least-load needs weights")
                        .hint("name the node label that holds them with --weight-label KEY")
                })?;
                Strategy::WeightedLeastLoad(name(label))
            }
        })
    }

    /// A label that nobody reads is a mistake.
    fn check_labels(&self) -> Result<()> {
        let weighted = StrategyName::WeightedLeastLoad;
        if self.weight_label.is_some() && self.strategy != Some(weighted) && !self.compare.contains(&weighted) {
            return Err(Error::new("--weight-label is of no use without weighted-least-load")
                .hint("use it with --strategy weighted-least-load"));
        }
        if self.price_label.is_some() && self.compare.is_empty() {
            return Err(Error::new("--price-label is of no use without --compare")
                .hint("use it with --compare default,best-fit"));
        }
        Ok(())
    }
}
