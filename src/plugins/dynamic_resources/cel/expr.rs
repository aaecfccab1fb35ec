//! An expression as it is evaluated: kube-cel's tree with operators and macros told apart.

use super::value::Value;

/// A node of the tree.
#[derive(Debug)]
pub(super) enum Expr {
    Literal(Value),
    Ident(String),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    /// `operand.field`
    Select(Box<Expr>, String),
    /// `operand.?field`
    OptionalSelect(Box<Expr>, String),
    /// `has(operand.field)`
    Has(Box<Expr>, String),
    /// `operand[index]`
    Index(Box<Expr>, Box<Expr>),
    /// `operand[?index]`
    OptionalIndex(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// True unless its operand is plainly false: what lets `exists` and `all` run past errors.
    NotStrictlyFalse(Box<Expr>),
    Conditional(Box<[Expr; 3]>),
    Binary(Operator, Box<[Expr; 2]>),
    Call { function: String, target: Option<Box<Expr>>, arguments: Vec<Expr> },
    /// `cel.bind(variable, value, body)`
    Bind { variable: String, value: Box<Expr>, body: Box<Expr> },
    /// `target.optMap(variable, body)`; flat for `optFlatMap`.
    OptionalMap { target: Box<Expr>, variable: String, body: Box<Expr>, flat: bool },
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
pub(super) enum Operator {
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
            Self::Literal(_) => false,
            Self::List(items) => items.iter().any(Self::is_dynamic),
            Self::Map(entries) => entries.iter().any(|(key, value)| key.is_dynamic() || value.is_dynamic()),
            Self::Select(operand, field) => {
                !matches!(operand.as_ref(), Self::Ident(_)) || !matches!(field.as_str(), "driver")
            }
            Self::Not(_) | Self::And(..) | Self::Or(..) | Self::Has(..) => false,
            Self::Negate(operand) => operand.is_dynamic(),
            Self::Binary(operator, operands) => {
                matches!(
                    operator,
                    Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Modulo
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
