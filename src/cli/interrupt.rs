//! Ctrl-C as a wish to stop, for a question whose answer so far is worth having.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Shells say so of what Ctrl-C has ended: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Listens to Ctrl-C: the first asks to stop, the second ends the program. Where nobody can listen
/// the first one does.
pub(crate) fn listen() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return stop };
    thread::spawn(move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                asked.store(true, Ordering::Relaxed);
                if tokio::signal::ctrl_c().await.is_ok() {
                    std::process::exit(INTERRUPTED);
                }
            }
        });
    });
    stop
}
