//! What of a device an expression looks at, so that a reader sees the values behind its answer.

use super::expr::Expr;
use super::value::Value;

/// One thing that an expression looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plugins::dynamic_resources) enum Reference {
    /// `device.driver`
    Driver,
    /// `device.allowMultipleAllocations`
    Sharing,
    /// An attribute: domain and name.
    Attribute(String, String),
    /// A capacity: domain and name.
    Capacity(String, String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Attributes,
    Capacity,
}

/// A name that stands for the attributes or capacities of a domain.
type Bound<'e> = (&'e str, Part, &'e str);

/// All that `expr` looks at, each once, in the order in which it stands there.
pub(super) fn of(expr: &Expr) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(expr, &mut Vec::new(), &mut found);
    found
}

fn walk<'e>(expr: &'e Expr, bound: &mut Vec<Bound<'e>>, found: &mut Vec<Reference>) {
    if let Some(reference) = reference(expr, bound) {
        if !found.contains(&reference) {
            found.push(reference);
        }
        return;
    }
    match expr {
        Expr::Literal(_) | Expr::Ident(_) => {}
        Expr::List(items) => items.iter().for_each(|item| walk(item, bound, found)),
        Expr::Map(entries) => entries.iter().for_each(|(key, value)| {
            walk(key, bound, found);
            walk(value, bound, found);
        }),
        Expr::Select(operand, _) | Expr::OptionalSelect(operand, _) | Expr::Has(operand, _) => {
            walk(operand, bound, found);
        }
        Expr::Not(operand) | Expr::Negate(operand) | Expr::NotStrictlyFalse(operand) => walk(operand, bound, found),
        Expr::Index(a, b) | Expr::OptionalIndex(a, b) | Expr::And(a, b) | Expr::Or(a, b) => {
            walk(a, bound, found);
            walk(b, bound, found);
        }
        Expr::Conditional(parts) => parts.iter().for_each(|part| walk(part, bound, found)),
        Expr::Binary(_, operands) => operands.iter().for_each(|operand| walk(operand, bound, found)),
        Expr::Call { target, arguments, .. } => {
            for part in target.iter().map(AsRef::as_ref).chain(arguments) {
                walk(part, bound, found);
            }
        }
        Expr::Bind { variable, value, body } => {
            walk(value, bound, found);
            let depth = bound.len();
            if let Some((part, domain)) = domain(value, bound) {
                bound.push((variable, part, domain));
            }
            walk(body, bound, found);
            bound.truncate(depth);
        }
        Expr::OptionalMap { target, body, .. } => {
            walk(target, bound, found);
            walk(body, bound, found);
        }
        Expr::Comprehension(parts) => {
            for part in [&parts.range, &parts.init, &parts.condition, &parts.step, &parts.result] {
                walk(part, bound, found);
            }
        }
    }
}

fn reference(expr: &Expr, bound: &[Bound<'_>]) -> Option<Reference> {
    let (operand, name): (&Expr, &str) = match expr {
        Expr::Select(operand, name) | Expr::OptionalSelect(operand, name) | Expr::Has(operand, name) => (operand, name),
        Expr::Index(operand, index) | Expr::OptionalIndex(operand, index) => (operand, text(index)?),
        // `"name" in device.capacity["domain"]`
        Expr::Binary(super::expr::BinaryOperator::In, operands) => (&operands[1], text(&operands[0])?),
        _ => return None,
    };
    if matches!(operand, Expr::Ident(ident) if ident == "device") {
        return match name {
            "driver" => Some(Reference::Driver),
            "allowMultipleAllocations" => Some(Reference::Sharing),
            _ => None,
        };
    }
    let (part, domain) = domain(operand, bound)?;
    let (domain, name) = (domain.to_owned(), name.to_owned());
    Some(match part {
        Part::Attributes => Reference::Attribute(domain, name),
        Part::Capacity => Reference::Capacity(domain, name),
    })
}

/// The domain, where `expr` is `device.attributes["domain"]` or a name for it.
fn domain<'e>(expr: &'e Expr, bound: &[Bound<'e>]) -> Option<(Part, &'e str)> {
    if let Expr::Ident(name) = expr {
        return bound.iter().rev().find(|(bound, ..)| bound == name).map(|(_, part, domain)| (*part, *domain));
    }
    let (Expr::Index(operand, index) | Expr::OptionalIndex(operand, index)) = expr else { return None };
    let Expr::Select(device, part) = operand.as_ref() else { return None };
    let part = match part.as_str() {
        "attributes" => Part::Attributes,
        "capacity" => Part::Capacity,
        _ => return None,
    };
    matches!(device.as_ref(), Expr::Ident(ident) if ident == "device").then_some((part, text(index)?))
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}
