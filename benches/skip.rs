//! The floor of reading JSON, for comparison: `serde_json` skips a whole file on one thread: `cargo bench --bench skip -- FILE`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::io::Read;
use std::time::Instant;

use serde::de::IgnoredAny;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(path) = arguments.next() else {
        println!("no file named: cargo bench --bench skip -- FILE");
        return;
    };
    let mut text = Vec::new();
    std::fs::File::open(path).unwrap().read_to_end(&mut text).unwrap();
    let start = Instant::now();
    serde_json::from_slice::<IgnoredAny>(&text).unwrap();
    println!("{:.4}", start.elapsed().as_secs_f64());
}
