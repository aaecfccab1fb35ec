//! Expressions that differ from a given one in a single literal: what a person would write to have another device.

use std::ops::Range;

use crate::decode::devices::{Attribute, Device};

use super::lex::{self, Token};

/// Of what kind a literal is: it is replaced by others of its kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    String,
    Int,
    Bool,
}

/// Variants of `expression` with a value of `device` in the place of one literal, in the order in which the literals
/// stand there.
pub(in crate::plugins::dynamic_resources) fn of(expression: &str, device: &Device) -> Vec<String> {
    let values = values(device);
    let mut variants = Vec::new();
    for (place, kind) in literals(expression) {
        let literal = expression.get(place.clone()).unwrap_or_default();
        for (_, value) in values.iter().filter(|(of, value)| *of == kind && value != literal) {
            let mut variant = expression.to_owned();
            variant.replace_range(place.clone(), value);
            if !variants.contains(&variant) {
                variants.push(variant);
            }
        }
    }
    variants
}

/// The values of a device, written as literals.
fn values(device: &Device) -> Vec<(Kind, String)> {
    let quoted = |text: &str| (Kind::String, format!("{text:?}"));
    let attributes = device.attributes.values().filter_map(|value| match value {
        Attribute::Int(number) => Some((Kind::Int, number.to_string())),
        Attribute::Bool(value) => Some((Kind::Bool, value.to_string())),
        Attribute::String(text) => Some(quoted(text)),
        Attribute::Version(version) => Some(quoted(version)),
        _ => None,
    });
    let capacities = device.capacity.values().map(|capacity| quoted(&capacity.value.to_string()));
    attributes.chain(capacities).collect()
}

/// Where the literals stand that a value of a device could replace.
fn literals(expression: &str) -> Vec<(Range<usize>, Kind)> {
    let words = lex::words(expression).unwrap_or_default();
    let kind = |token: &Token| match token {
        Token::String(_) => Some(Kind::String),
        Token::Int(_) => Some(Kind::Int),
        Token::True | Token::False => Some(Kind::Bool),
        _ => None,
    };
    words.into_iter().filter_map(|(token, place)| Some((place, kind(&token)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[test]
    fn one_literal_is_another() {
        let mut device = Device::default();
        device.attributes.insert(name("model"), Attribute::String(name("t4")));
        device.attributes.insert(name("index"), Attribute::Int(3));
        let expression = r#"device.attributes["x"].model == "a100" && device.attributes["x"].index < 2"#;
        let variants = of(expression, &device);
        assert!(variants.contains(&expression.replace("a100", "t4")), "{variants:?}");
        assert!(variants.contains(&expression.replace("< 2", "< 3")), "{variants:?}");
        assert_eq!(of("\"open", &device), Vec::<String>::new());
    }
}
