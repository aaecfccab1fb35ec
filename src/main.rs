//! `kubectl-sched`, which kubectl runs as `kubectl sched`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    kubectl_sched::cli::main(std::env::args_os())
}
