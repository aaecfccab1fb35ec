//! From an expression's text, through kube-cel's parser, to the tree that is evaluated.

use kube_cel::cel::common::ast::{CallExpr, EntryExpr, Expr as Parsed, IdedExpr, LiteralValue, operators};
use kube_cel::cel::parser::Parser;

use super::expr::{Comprehension, Expr, Operator};
use super::value::Value;

/// Nesting beyond which an expression is not evaluated; the parser of Kubernetes stops at 250.
const MAX_DEPTH: usize = 200;

/// The parser goes down one level of the stack for each level of the tree, so it runs on a
/// stack that holds the deepest tree of an expression of the longest length.
const PARSER_STACK: usize = 256 << 20;

/// Reads `text`; the error says why it cannot be evaluated.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    if may_repeat_operators(text) {
        return Err("it repeats the operator ! or -, which the CEL parser misreads".to_owned());
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(PARSER_STACK)
            .spawn_scoped(scope, || parse_here(text))
            .map_err(|error| format!("no thread to read it: {error}"))?
            .join()
            .map_err(|_| "the CEL parser failed on it".to_owned())?
    })
}

/// Of an even number of `!` or `-` the parser (cel 0.13) keeps one, and goes through the operand twice, at each
/// level of nesting. Finds them wherever they might stand; that a string or a comment may look the same costs an answer, no more.
fn may_repeat_operators(text: &str) -> bool {
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    ['!', '-'].into_iter().any(|operator| {
        let times = text.matches(operator).count();
        dense.contains(&String::from_iter([operator, operator])) || (times > 1 && text.contains("//"))
    })
}

fn parse_here(text: &str) -> Result<Expr, String> {
    let parsed = Parser::new()
        .enable_optional_syntax(true)
        .parse(text)
        .map_err(|errors| errors.errors.first().map_or_else(String::new, |error| error.msg.clone()))?;
    convert(parsed, 0)
}

fn convert(parsed: IdedExpr, depth: usize) -> Result<Expr, String> {
    if depth > MAX_DEPTH {
        return Err(format!("it is nested more than {MAX_DEPTH} levels deep"));
    }
    let boxed = |expr: IdedExpr| convert(expr, depth + 1).map(Box::new);
    Ok(match parsed.expr {
        Parsed::Literal(literal) => Expr::Literal(value(&literal)?),
        Parsed::Ident(name) => Expr::Ident(name.trim_start_matches('.').to_owned()),
        Parsed::Select(select) => {
            let operand = boxed(*select.operand)?;
            // The field's name may be quoted in backticks, when it is no identifier.
            let field = select.field.trim_matches('`').to_owned();
            if select.test { Expr::Has(operand, field) } else { Expr::Select(operand, field) }
        }
        Parsed::List(list) if list.optional_indices.is_empty() => Expr::List(many(list.elements, depth)?),
        Parsed::Map(map) => Expr::Map(
            map.entries
                .into_iter()
                .map(|entry| match entry.expr {
                    EntryExpr::MapEntry(entry) if !entry.optional => {
                        Ok((convert(entry.key, depth + 1)?, convert(entry.value, depth + 1)?))
                    }
                    _ => Err("optional map entries are not supported".to_owned()),
                })
                .collect::<Result<_, String>>()?,
        ),
        Parsed::Call(call) => self::call(call, depth)?,
        Parsed::Comprehension(parts) if parts.iter_var2.is_none() => {
            let convert = |expr| convert(expr, depth + 1);
            Expr::Comprehension(Box::new(Comprehension {
                range: convert(parts.iter_range)?,
                variable: parts.iter_var,
                accumulator: parts.accu_var,
                init: convert(parts.accu_init)?,
                condition: convert(parts.loop_cond)?,
                step: convert(parts.loop_step)?,
                result: convert(parts.result)?,
            }))
        }
        _ => return Err("it uses a part of CEL that is not supported".to_owned()),
    })
}

fn many(parsed: Vec<IdedExpr>, depth: usize) -> Result<Vec<Expr>, String> {
    parsed.into_iter().map(|expr| convert(expr, depth + 1)).collect()
}

fn value(literal: &LiteralValue) -> Result<Value, String> {
    Ok(match literal {
        LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
        LiteralValue::Double(value) => Value::Double(*value.inner()),
        LiteralValue::Int(value) => Value::Int(*value.inner()),
        LiteralValue::UInt(value) => Value::Uint(*value.inner()),
        LiteralValue::String(value) => Value::String(value.inner().into()),
        LiteralValue::Null => Value::Null,
        LiteralValue::Bytes(_) => return Err("bytes are not supported".to_owned()),
    })
}

fn call(call: CallExpr, depth: usize) -> Result<Expr, String> {
    if call.func_name == "bind" && is_named(call.target.as_deref(), "cel") {
        let [variable, value, body] = arguments(call.args)?;
        return Ok(Expr::Bind {
            variable: variable_name(variable)?,
            value: Box::new(convert(value, depth + 1)?),
            body: Box::new(convert(body, depth + 1)?),
        });
    }
    if let ("optMap" | "optFlatMap", Some(target)) = (call.func_name.as_str(), &call.target) {
        let flat = call.func_name == "optFlatMap";
        let target = Box::new(convert((**target).clone(), depth + 1)?);
        let [variable, body] = arguments(call.args)?;
        let body = Box::new(convert(body, depth + 1)?);
        return Ok(Expr::OptionalMap { target, variable: variable_name(variable)?, body, flat });
    }
    if call.target.is_none() {
        if let Some(operator) = operator(&call.func_name) {
            let [left, right] = arguments(call.args)?;
            return Ok(Expr::Binary(operator, Box::new([convert(left, depth + 1)?, convert(right, depth + 1)?])));
        }
        if matches!(call.func_name.as_str(), operators::LOGICAL_AND | operators::LOGICAL_OR) {
            let [left, right] = arguments(call.args)?;
            let (left, right) = (Box::new(convert(left, depth + 1)?), Box::new(convert(right, depth + 1)?));
            let is_and = call.func_name == operators::LOGICAL_AND;
            return Ok(if is_and { Expr::And(left, right) } else { Expr::Or(left, right) });
        }
        if let Some(expr) = special(&call, depth)? {
            return Ok(expr);
        }
    }
    let target = call.target.map(|target| convert(*target, depth + 1)).transpose()?.map(Box::new);
    Ok(Expr::Call { function: call.func_name, target, arguments: many(call.args, depth)? })
}

/// Operators that are neither binary nor a function.
fn special(call: &CallExpr, depth: usize) -> Result<Option<Expr>, String> {
    let args = || many(call.args.clone(), depth);
    Ok(Some(match call.func_name.as_str() {
        operators::LOGICAL_NOT => {
            let [operand] = arguments(args()?)?;
            Expr::Not(Box::new(operand))
        }
        operators::NEGATE => {
            let [operand] = arguments(args()?)?;
            Expr::Negate(Box::new(operand))
        }
        operators::NOT_STRICTLY_FALSE => {
            let [operand] = arguments(args()?)?;
            Expr::NotStrictlyFalse(Box::new(operand))
        }
        operators::CONDITIONAL => {
            let parts: [Expr; 3] = arguments(args()?)?;
            Expr::Conditional(Box::new(parts))
        }
        operators::INDEX => {
            let [operand, index] = arguments(args()?)?;
            Expr::Index(Box::new(operand), Box::new(index))
        }
        operators::OPT_INDEX => {
            let [operand, index] = arguments(args()?)?;
            Expr::OptionalIndex(Box::new(operand), Box::new(index))
        }
        operators::OPT_SELECT => match arguments(args()?)? {
            [operand, Expr::Literal(Value::String(field))] => {
                Expr::OptionalSelect(Box::new(operand), field.to_string())
            }
            _ => return Err("an optional selection names no field".to_owned()),
        },
        _ => return Ok(None),
    }))
}

fn operator(function: &str) -> Option<Operator> {
    Some(match function {
        operators::EQUALS => Operator::Equal,
        operators::NOT_EQUALS => Operator::NotEqual,
        operators::LESS => Operator::Less,
        operators::LESS_EQUALS => Operator::LessOrEqual,
        operators::GREATER => Operator::Greater,
        operators::GREATER_EQUALS => Operator::GreaterOrEqual,
        operators::IN => Operator::In,
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Modulo,
        _ => return None,
    })
}

fn arguments<T, const N: usize>(arguments: Vec<T>) -> Result<[T; N], String> {
    arguments.try_into().map_err(|_| "a call has the wrong number of arguments".to_owned())
}

fn is_named(expr: Option<&IdedExpr>, name: &str) -> bool {
    matches!(expr.map(|expr| &expr.expr), Some(Parsed::Ident(ident)) if ident == name)
}

fn variable_name(expr: IdedExpr) -> Result<String, String> {
    match expr.expr {
        Parsed::Ident(name) => Ok(name),
        _ => Err("a variable is not a simple name".to_owned()),
    }
}
