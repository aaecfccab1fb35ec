#![no_main]
#![doc = "`state` of targets.rs."]

#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::state(data));
