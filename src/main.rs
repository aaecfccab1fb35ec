//! `kubectl-sched`, which kubectl runs as `kubectl sched`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_sched::cli::main(std::env::args_os())
}
