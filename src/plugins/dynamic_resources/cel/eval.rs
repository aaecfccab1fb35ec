//! The walk over the tree. Every step is paid for, so that it ends.

use std::sync::Arc;

use super::Failure;
use super::expr::{BinaryOperator, Comprehension, Expr};
use super::functions;
use super::value::{Map, Value};

/// Steps an expression may take. Kubernetes stops at a cost of 1,000,000 in units of its own
/// (api/resource/v1, CELSelectorExpressionMaxCost) that a step here costs at most a few of: whatever stays
/// below this stays below that, whatever does not is not answered.
const BUDGET: usize = 200_000;

/// Evaluates `program` with the variable `device`.
pub(super) fn evaluate(program: &Expr, device: Value) -> Result<Value, Failure> {
    Evaluation { variables: vec![("device", device)], budget: BUDGET }.value(program)
}

pub(super) fn unknown<T>(why: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Unknown(why.into()))
}

pub(super) struct Evaluation<'e> {
    /// Inner ones last.
    variables: Vec<(&'e str, Value)>,
    budget: usize,
}

impl<'e> Evaluation<'e> {
    pub(super) fn pay(&mut self, steps: usize) -> Result<(), Failure> {
        match self.budget.checked_sub(steps) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => unknown("its evaluation is close to the cost limit of Kubernetes"),
        }
    }

    pub(super) fn value(&mut self, expr: &'e Expr) -> Result<Value, Failure> {
        self.pay(1)?;
        match expr {
            Expr::Literal(value) => Ok(value.clone()),
            Expr::Ident(name) => self.variable(name).map_or_else(|| unknown(format!("unknown name {name}")), Ok),
            Expr::List(items) => {
                let items = items.iter().map(|item| self.value(item)).collect::<Result<Vec<_>, _>>()?;
                self.paid(Value::List(Arc::new(items)))
            }
            Expr::Map(entries) => self.map(entries),
            Expr::Select(operand, field) => {
                let operand = self.value(operand)?;
                read(&operand, &field.as_str().into())
            }
            Expr::Index(operand, index) => {
                let operand = self.value(operand)?;
                let index = self.value(index)?;
                read(&operand, &index)
            }
            Expr::OptionalSelect(operand, field) => {
                let operand = self.value(operand)?;
                read_optional(&operand, &field.as_str().into())
            }
            Expr::OptionalIndex(operand, index) => {
                let operand = self.value(operand)?;
                let index = self.value(index)?;
                read_optional(&operand, &index)
            }
            Expr::Has(operand, field) => {
                let operand = self.value(operand)?;
                has(&operand, &field.as_str().into()).map(Value::Bool)
            }
            Expr::And(left, right) => self.logical(left, right, false),
            Expr::Or(left, right) => self.logical(left, right, true),
            Expr::Not(operand) => self.bool(operand).map(|value| Value::Bool(!value)),
            Expr::Negate(operand) => match self.value(operand)? {
                Value::Int(value) => {
                    value.checked_neg().map_or_else(|| unknown("an integer overflows"), |v| Ok(Value::Int(v)))
                }
                Value::Double(value) => Ok(Value::Double(-value)),
                other => unknown(format!("a {} cannot be negated", other.type_name())),
            },
            Expr::NotStrictlyFalse(operand) => match self.value(operand) {
                Ok(Value::Bool(false)) => Ok(Value::Bool(false)),
                Err(Failure::Unknown(why)) => unknown(why),
                _ => Ok(Value::Bool(true)),
            },
            Expr::Conditional(parts) => {
                let [condition, yes, no] = parts.as_ref();
                if self.bool(condition)? { self.value(yes) } else { self.value(no) }
            }
            Expr::Binary(operator, operands) => self.binary(*operator, operands),
            Expr::Call { function, target, arguments } => {
                let value = functions::call(self, function, target.as_deref(), arguments)?;
                self.paid(value)
            }
            Expr::Bind { variable, value, body } => {
                let value = self.value(value)?;
                self.with(variable, value, body)
            }
            Expr::OptionalMap { target, variable, body, flat } => match self.value(target)? {
                Value::Optional(None) => Ok(Value::Optional(None)),
                Value::Optional(Some(value)) => {
                    let value = self.with(variable, (*value).clone(), body)?;
                    Ok(if *flat { value } else { Value::Optional(Some(Arc::new(value))) })
                }
                other => unknown(format!("a {} is not an optional value", other.type_name())),
            },
            Expr::Comprehension(parts) => self.comprehension(parts),
        }
    }

    pub(super) fn variable(&self, name: &str) -> Option<Value> {
        self.variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    fn with(&mut self, variable: &'e str, value: Value, body: &'e Expr) -> Result<Value, Failure> {
        self.variables.push((variable, value));
        let result = self.value(body);
        self.variables.pop();
        result
    }

    fn paid(&mut self, value: Value) -> Result<Value, Failure> {
        self.pay(value.size())?;
        Ok(value)
    }

    fn bool(&mut self, expr: &'e Expr) -> Result<bool, Failure> {
        match self.value(expr)? {
            Value::Bool(value) => Ok(value),
            other => unknown(format!("expected a bool, found a {}", other.type_name())),
        }
    }

    /// `&&` and `||`: an operand that decides does so whatever the other one is, errors included.
    fn logical(&mut self, left: &'e Expr, right: &'e Expr, deciding: bool) -> Result<Value, Failure> {
        let left = self.bool(left);
        if left == Ok(deciding) {
            return Ok(Value::Bool(deciding));
        }
        let right = self.bool(right);
        match (left, right) {
            (_, Ok(value)) if value == deciding => Ok(Value::Bool(deciding)),
            (Ok(_), Ok(_)) => Ok(Value::Bool(!deciding)),
            (Err(Failure::Unknown(why)), _) | (_, Err(Failure::Unknown(why))) => unknown(why),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    fn map(&mut self, entries: &'e [(Expr, Expr)]) -> Result<Value, Failure> {
        let mut map = Map::default();
        for (key, value) in entries {
            let key = self.value(key)?;
            if map.get(&key).is_some() {
                return unknown("a map has a key twice");
            }
            let value = self.value(value)?;
            self.pay(map.entries.len())?;
            map.entries.push((key, value));
        }
        self.paid(Value::Map(Arc::new(map)))
    }

    fn binary(&mut self, operator: BinaryOperator, operands: &'e [Expr; 2]) -> Result<Value, Failure> {
        let [left_expr, right_expr] = operands;
        let left = self.value(left_expr)?;
        let right = self.value(right_expr)?;
        self.pay(left.size().max(right.size()))?;
        let is_typed = !left_expr.is_dynamic() && !right_expr.is_dynamic();
        match operator {
            BinaryOperator::Equal | BinaryOperator::NotEqual => {
                let is_odd = std::mem::discriminant(&left) != std::mem::discriminant(&right);
                if is_odd && is_typed {
                    return unknown(format!("a {} is compared with a {}", left.type_name(), right.type_name()));
                }
                Ok(Value::Bool(left.equals(&right) == (operator == BinaryOperator::Equal)))
            }
            BinaryOperator::In => match &right {
                Value::List(items) => Ok(Value::Bool(items.iter().any(|item| item.equals(&left)))),
                Value::Map(map) => Ok(Value::Bool(map.get(&left).is_some())),
                other => unknown(format!("`in` does not work on a {}", other.type_name())),
            },
            BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual => {
                if matches!(left, Value::Quantity(_) | Value::Semver(_)) {
                    return unknown(format!("a {} has no order by operator", left.type_name()));
                }
                let Some(order) = left.compare(&right) else {
                    return unknown(format!("a {} has no order with a {}", left.type_name(), right.type_name()));
                };
                Ok(Value::Bool(match operator {
                    BinaryOperator::Less => order.is_lt(),
                    BinaryOperator::LessOrEqual => order.is_le(),
                    BinaryOperator::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            _ => {
                let result = arithmetic(operator, &left, &right)?;
                self.paid(result)
            }
        }
    }

    fn comprehension(&mut self, parts: &'e Comprehension) -> Result<Value, Failure> {
        let items: Vec<Value> = match self.value(&parts.range)? {
            Value::List(items) => items.to_vec(),
            Value::Map(map) => map.entries.iter().map(|(key, _)| key.clone()).collect(),
            other => return unknown(format!("a {} cannot be iterated over", other.type_name())),
        };
        self.pay(items.len())?;
        let init = self.value(&parts.init);
        let mut accumulated = init;
        for item in items {
            // An error stays the result so far: a later item may still decide.
            let goes_on = self.accumulating(parts, None, accumulated.clone(), &parts.condition)?;
            if matches!(goes_on, Value::Bool(false)) {
                break;
            }
            accumulated = match self.accumulating(parts, Some(item), accumulated, &parts.step) {
                Err(Failure::Unknown(why)) => return unknown(why),
                next => next,
            };
        }
        self.accumulating(parts, None, accumulated, &parts.result)
    }

    /// Evaluates a part of a comprehension with its variables. What has been accumulated may be an error, which the macros'
    /// `&&` and `||` can outlive; it is handed on by evaluating the part in its place.
    fn accumulating(
        &mut self,
        parts: &'e Comprehension,
        item: Option<Value>,
        accumulated: Result<Value, Failure>,
        part: &'e Expr,
    ) -> Result<Value, Failure> {
        let depth = self.variables.len();
        if let Some(item) = item {
            self.variables.push((&parts.variable, item));
        }
        let result = match accumulated {
            Ok(value) => {
                self.variables.push((&parts.accumulator, value));
                self.value(part)
            }
            Err(error) => self.beside_error(parts, error, part),
        };
        self.variables.truncate(depth);
        result
    }

    /// The three shapes in which a macro's part meets an error as its accumulator.
    fn beside_error(&mut self, parts: &'e Comprehension, error: Failure, part: &'e Expr) -> Result<Value, Failure> {
        match part {
            Expr::NotStrictlyFalse(_) | Expr::Literal(_) => Ok(Value::Bool(true)),
            Expr::And(left, right) if is_accumulator(left, parts) => match self.bool(right) {
                Ok(false) => Ok(Value::Bool(false)),
                Err(Failure::Unknown(why)) => unknown(why),
                _ => Err(error),
            },
            Expr::Or(left, right) if is_accumulator(left, parts) => match self.bool(right) {
                Ok(true) => Ok(Value::Bool(true)),
                Err(Failure::Unknown(why)) => unknown(why),
                _ => Err(error),
            },
            _ => Err(error),
        }
    }
}

fn is_accumulator(expr: &Expr, parts: &Comprehension) -> bool {
    matches!(expr, Expr::Ident(name) if *name == parts.accumulator)
}

fn read(operand: &Value, key: &Value) -> Result<Value, Failure> {
    match (operand, key) {
        (Value::Map(map), key) => map.read(key).map_or_else(|| no_such_key(key), Ok),
        (Value::List(items), Value::Int(index)) => {
            match usize::try_from(*index).ok().and_then(|index| items.get(index)) {
                Some(item) => Ok(item.clone()),
                None => unknown(format!("index {index} is out of bounds")),
            }
        }
        // Selection from an optional value is optional too.
        (Value::Optional(_), key) => read_optional(operand, key),
        (operand, _) => unknown(format!("a {} has no parts to select", operand.type_name())),
    }
}

fn no_such_key(key: &Value) -> Result<Value, Failure> {
    match key {
        Value::String(key) => Err(Failure::Error(format!("no such key: {key}"))),
        other => unknown(format!("a map has no key of type {}", other.type_name())),
    }
}

fn read_optional(operand: &Value, key: &Value) -> Result<Value, Failure> {
    let found = match operand {
        Value::Optional(None) => None,
        Value::Optional(Some(value)) => return read_optional(value, key),
        Value::Map(map) => map.read(key),
        Value::List(items) => match key {
            Value::Int(index) => usize::try_from(*index).ok().and_then(|index| items.get(index)).cloned(),
            other => return unknown(format!("a list has no index of type {}", other.type_name())),
        },
        other => return unknown(format!("a {} has no parts to select", other.type_name())),
    };
    Ok(Value::Optional(found.map(Arc::new)))
}

fn has(operand: &Value, key: &Value) -> Result<bool, Failure> {
    match operand {
        Value::Map(map) => Ok(map.read(key).is_some()),
        Value::Optional(None) => Ok(false),
        Value::Optional(Some(value)) => has(value, key),
        other => unknown(format!("a {} has no fields", other.type_name())),
    }
}

fn arithmetic(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, Failure> {
    let result = match (left, right) {
        (Value::Int(left), Value::Int(right)) => match operator {
            BinaryOperator::Divide if *right == 0 => return Err(Failure::Error("division by zero".to_owned())),
            BinaryOperator::Modulo if *right == 0 => return Err(Failure::Error("modulus by zero".to_owned())),
            BinaryOperator::Add => left.checked_add(*right),
            BinaryOperator::Subtract => left.checked_sub(*right),
            BinaryOperator::Multiply => left.checked_mul(*right),
            BinaryOperator::Divide => left.checked_div(*right),
            _ => left.checked_rem(*right),
        }
        .map(Value::Int),
        (Value::Double(left), Value::Double(right)) => match operator {
            BinaryOperator::Add => Some(left + right),
            BinaryOperator::Subtract => Some(left - right),
            BinaryOperator::Multiply => Some(left * right),
            BinaryOperator::Divide => Some(left / right),
            _ => None,
        }
        .map(Value::Double),
        (Value::String(left), Value::String(right)) if operator == BinaryOperator::Add => {
            Some(Value::String(format!("{left}{right}").into()))
        }
        (Value::List(left), Value::List(right)) if operator == BinaryOperator::Add => {
            Some(Value::List(Arc::new(left.iter().chain(right.iter()).cloned().collect())))
        }
        _ => None,
    };
    result.map_or_else(
        || unknown(format!("no arithmetic between a {} and a {}", left.type_name(), right.type_name())),
        Ok,
    )
}
