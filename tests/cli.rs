//! The command line, end to end: the real binary, and what it shows.

#[path = "cli/config.rs"]
mod config;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/harness.rs"]
mod harness;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/simulate.rs"]
mod simulate;
#[path = "cli/usage.rs"]
mod usage;
