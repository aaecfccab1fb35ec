//! No configuration makes the reader panic.
#![no_main]

use kubectl_sched::config::{Behaviour, SchedulerConfig};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    if let Ok(value) = serde_json::from_slice(json) {
        let _ = SchedulerConfig::parse(&value, &Behaviour::default());
    }
});
