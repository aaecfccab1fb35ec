#![no_main]
#![doc = "`ksnap` of targets.rs."]

#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::ksnap(data));
