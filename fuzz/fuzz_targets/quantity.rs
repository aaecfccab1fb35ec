//! No text makes the quantity parser panic, and what it prints it reads back as the same amount.
#![no_main]

use kubectl_sched::api::quantity::Quantity;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(quantity) = Quantity::parse(text) {
        let printed = quantity.to_string();
        let again = Quantity::parse(&printed).expect("what is printed can be read");
        assert!(again.compare(quantity).is_eq(), "{text} -> {printed}");
        let _ = (quantity.value(), quantity.milli_value(), quantity + again, quantity - again);
    }
});
