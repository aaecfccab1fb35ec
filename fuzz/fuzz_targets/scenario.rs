#![no_main]
#![doc = "`scenario` of targets.rs."]

#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::scenario(data));
