//! An expression as it is evaluated, its macros expanded.

use super::value::Value;

/// A node of the tree.
#[derive(Debug)]
pub(super) enum Expr {
    Literal(Value),
    Ident(String),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    /// `operand.field`
    Select(Box<Self>, String),
    /// `operand.?field`
    OptionalSelect(Box<Self>, String),
    /// `has(operand.field)`
    Has(Box<Self>, String),
    /// `operand[index]`
    Index(Box<Self>, Box<Self>),
    /// `operand[?index]`
    OptionalIndex(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Negate(Box<Self>),
    /// True unless its operand is plainly false: what lets `exists` and `all` run past errors.
    NotStrictlyFalse(Box<Self>),
    Conditional(Box<[Self; 3]>),
    Binary(BinaryOperator, Box<[Self; 2]>),
    Call {
        function: String,
        target: Option<Box<Self>>,
        arguments: Vec<Self>,
    },
    /// `cel.bind(variable, value, body)`
    Bind {
        variable: String,
        value: Box<Self>,
        body: Box<Self>,
    },
    /// `target.optMap(variable, body)`; flat for `optFlatMap`.
    OptionalMap {
        target: Box<Self>,
        variable: String,
        body: Box<Self>,
        flat: bool,
    },
    Comprehension(Box<Comprehension>),
}

/// What `all`, `exists`, `exists_one`, `map` and `filter` expand to.
#[derive(Debug)]
pub(super) struct Comprehension {
    pub(super) range: Expr,
    pub(super) variable: String,
    pub(super) accumulator: String,
    pub(super) init: Expr,
    pub(super) condition: Expr,
    pub(super) step: Expr,
    pub(super) result: Expr,
}

/// An operator with two operands that are both evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BinaryOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Expr {
    /// Whether the value's type is only known once it is there. Between two operands of known type
    /// Kubernetes' type checker refuses a comparison that the evaluation alone would answer.
    pub(super) fn is_dynamic(&self) -> bool {
        match self {
            Self::List(items) => items.iter().any(Self::is_dynamic),
            Self::Map(entries) => entries.iter().any(|(key, value)| key.is_dynamic() || value.is_dynamic()),
            Self::Select(operand, field) => {
                !matches!(operand.as_ref(), Self::Ident(_)) || !matches!(field.as_str(), "driver")
            }
            Self::Literal(_) | Self::Not(_) | Self::And(..) | Self::Or(..) | Self::Has(..) => false,
            Self::Negate(operand) => operand.is_dynamic(),
            Self::Binary(operator, operands) => {
                matches!(
                    operator,
                    BinaryOperator::Add
                        | BinaryOperator::Subtract
                        | BinaryOperator::Multiply
                        | BinaryOperator::Divide
                        | BinaryOperator::Modulo
                ) && operands.iter().any(Self::is_dynamic)
            }
            Self::Conditional(parts) => parts.iter().skip(1).any(Self::is_dynamic),
            Self::Call { function, .. } => {
                !matches!(function.as_str(), "quantity" | "semver" | "size" | "compareTo" | "sign" | "string" | "int")
            }
            _ => true,
        }
    }
}
