//! From an expression's text to the tree that is evaluated (cel-go parser/gen/CEL.g4, parser/parser.go,
//! parser/macro.go).
//!
//! A parser of its own, because the grammar is small: operators by how close they bind. Every node knows
//! how deep its tree is, so that no expression makes a tree that the evaluation could not go down.

use super::expr::{BinaryOperator, Comprehension, Expr};
use super::lex::{Token, tokens};
use super::value::Value;

/// Nesting beyond which an expression is not evaluated; the parser of Kubernetes stops at 250.
const MAX_DEPTH: usize = 200;

/// Brackets in brackets that are read: each takes a few frames of the stack.
const MAX_NESTING: usize = 100;

/// Names that a variable cannot have (cel-go parser/parser.go, reservedIds).
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// What a comprehension of a macro counts or collects in; no identifier of an expression.
const ACCUMULATOR: &str = "@result";

/// Reads `text`; the error says why it cannot be evaluated.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    let mut parser = Parser { tokens: tokens(text)?, position: 0, nesting: 0 };
    let tree = parser.expression()?;
    match parser.peek() {
        None => Ok(tree.expr),
        Some(token) => Err(unexpected(Some(token))),
    }
}

/// A node and how many levels it has.
struct Tree {
    expr: Expr,
    depth: usize,
}

impl Tree {
    fn leaf(expr: Expr) -> Self {
        Self { expr, depth: 1 }
    }

    /// A node above trees of which the deepest has `depth` levels.
    fn above(depth: usize, expr: Expr) -> Result<Self, String> {
        if depth >= MAX_DEPTH {
            return Err(too_deep());
        }
        Ok(Self { expr, depth: depth + 1 })
    }
}

fn too_deep() -> String {
    format!("it is nested more than {MAX_DEPTH} levels deep")
}

fn unexpected(token: Option<&Token>) -> String {
    match token {
        None => "it ends too early".to_owned(),
        Some(Token::Ident(name) | Token::Quoted(name)) => format!("unexpected {name}"),
        Some(Token::Int(number) | Token::Uint(number) | Token::Double(number)) => format!("unexpected {number}"),
        Some(Token::String(text)) => format!("unexpected {text:?}"),
        Some(Token::Sign(sign)) => format!("unexpected {sign}"),
        Some(Token::True) => "unexpected true".to_owned(),
        Some(Token::False) => "unexpected false".to_owned(),
        Some(Token::Null) => "unexpected null".to_owned(),
        Some(Token::In) => "unexpected in".to_owned(),
    }
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    nesting: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.position).cloned();
        self.position += 1;
        token
    }

    /// Goes past `sign` if it comes next.
    fn takes(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.position += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) { Ok(()) } else { Err(unexpected(self.peek())) }
    }

    /// `a ? b : c`, or anything that binds closer.
    fn expression(&mut self) -> Result<Tree, String> {
        if self.nesting >= MAX_NESTING {
            return Err(format!("its brackets are nested more than {MAX_NESTING} levels deep"));
        }
        self.nesting += 1;
        let condition = self.infix(1)?;
        let tree = if self.takes("?") {
            let yes = self.infix(1)?;
            self.expect(":")?;
            let no = self.expression()?;
            let depth = condition.depth.max(yes.depth).max(no.depth);
            Tree::above(depth, Expr::Conditional(Box::new([condition.expr, yes.expr, no.expr])))?
        } else {
            condition
        };
        self.nesting -= 1;
        Ok(tree)
    }

    /// Operands between operators that bind at least as close as `least`, the first two together first.
    fn infix(&mut self, least: u8) -> Result<Tree, String> {
        let mut left = self.unary()?;
        while let Some((closeness, infix)) = self.peek().and_then(infix).filter(|(closeness, _)| *closeness >= least) {
            let operator = match infix {
                Infix::Logical(sign, operator) => {
                    let mut terms = vec![left];
                    while self.takes(sign) {
                        terms.push(self.infix(closeness + 1)?);
                    }
                    left = balanced(terms, operator)?;
                    continue;
                }
                Infix::Plain(operator) => operator,
            };
            self.position += 1;
            let right = self.infix(closeness + 1)?;
            let depth = left.depth.max(right.depth);
            left = Tree::above(depth, Expr::Binary(operator, Box::new([left.expr, right.expr])))?;
        }
        Ok(left)
    }

    /// Signs before an operand: an even number of them is none (cel-go visitLogicalNot, visitNegate), and
    /// the last minus belongs to a number behind it.
    fn unary(&mut self) -> Result<Tree, String> {
        let mut nots = 0_usize;
        while self.takes("!") {
            nots += 1;
        }
        if nots > 0 {
            let operand = self.member()?;
            let depth = operand.depth;
            return if nots.is_multiple_of(2) {
                Ok(operand)
            } else {
                Tree::above(depth, Expr::Not(Box::new(operand.expr)))
            };
        }
        let mut minuses = 0_usize;
        while self.takes("-") {
            minuses += 1;
        }
        if minuses > 0 && matches!(self.peek(), Some(Token::Int(_) | Token::Double(_))) {
            minuses -= 1;
            self.position -= 1;
        }
        let operand = self.member()?;
        let depth = operand.depth;
        if minuses.is_multiple_of(2) { Ok(operand) } else { Tree::above(depth, Expr::Negate(Box::new(operand.expr))) }
    }

    /// A primary and the selections, calls and indices behind it.
    fn member(&mut self) -> Result<Tree, String> {
        let mut tree = self.primary()?;
        loop {
            if self.takes(".") {
                let optional = self.takes("?");
                let name = self.next();
                tree = match name {
                    Some(Token::Ident(name)) if !optional && self.takes("(") => self.method(tree, &name)?,
                    Some(Token::Ident(field) | Token::Quoted(field)) => {
                        let operand = Box::new(tree.expr);
                        let select = if optional { Expr::OptionalSelect } else { Expr::Select };
                        Tree::above(tree.depth, select(operand, field))?
                    }
                    other => return Err(unexpected(other.as_ref())),
                };
            } else if self.takes("[") {
                let optional = self.takes("?");
                let index = self.expression()?;
                self.expect("]")?;
                let (depth, operand, index) = (tree.depth.max(index.depth), Box::new(tree.expr), Box::new(index.expr));
                let of = if optional { Expr::OptionalIndex } else { Expr::Index };
                tree = Tree::above(depth, of(operand, index))?;
            } else {
                return Ok(tree);
            }
        }
    }

    fn primary(&mut self) -> Result<Tree, String> {
        if self.takes("(") {
            let tree = self.expression()?;
            self.expect(")")?;
            return Ok(tree);
        }
        if self.takes("[") {
            let items = self.items("]", true)?;
            return many(items, Expr::List);
        }
        if self.takes("{") {
            return self.map();
        }
        // A leading dot means the outermost name; selectors have one scope.
        self.takes(".");
        match self.next() {
            Some(Token::Ident(name)) => {
                if RESERVED.contains(&name.as_str()) {
                    return Err(format!("{name} is a reserved word"));
                }
                if self.takes("(") {
                    let arguments = self.items(")", false)?;
                    return global(name, arguments);
                }
                Ok(Tree::leaf(Expr::Ident(name)))
            }
            Some(Token::Sign("-")) => match self.next() {
                Some(Token::Int(number)) => int(&format!("-{number}")),
                Some(Token::Double(number)) => double(&format!("-{number}")),
                other => Err(unexpected(other.as_ref())),
            },
            Some(Token::Int(number)) => int(&number),
            Some(Token::Uint(number)) => uint(&number),
            Some(Token::Double(number)) => double(&number),
            Some(Token::String(text)) => Ok(literal(Value::String(text.into()))),
            Some(Token::True) => Ok(literal(Value::Bool(true))),
            Some(Token::False) => Ok(literal(Value::Bool(false))),
            Some(Token::Null) => Ok(literal(Value::Null)),
            other => Err(unexpected(other.as_ref())),
        }
    }

    /// Expressions up to `end`, which is passed; a list may have a comma before it.
    fn items(&mut self, end: &str, trailing_comma: bool) -> Result<Vec<Tree>, String> {
        let mut items = Vec::new();
        if self.takes(end) {
            return Ok(items);
        }
        loop {
            if trailing_comma && matches!(self.peek(), Some(Token::Sign("?"))) {
                return Err("optional items of a list are not supported".to_owned());
            }
            items.push(self.expression()?);
            if self.takes(end) {
                return Ok(items);
            }
            self.expect(",")?;
            if trailing_comma && self.takes(end) {
                return Ok(items);
            }
        }
    }

    fn map(&mut self) -> Result<Tree, String> {
        let mut entries = Vec::new();
        let mut depth = 0;
        while !self.takes("}") {
            if matches!(self.peek(), Some(Token::Sign("?"))) {
                return Err("optional entries of a map are not supported".to_owned());
            }
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            depth = depth.max(key.depth).max(value.depth);
            entries.push((key.expr, value.expr));
            if !self.takes(",") {
                self.expect("}")?;
                break;
            }
        }
        Tree::above(depth, Expr::Map(entries))
    }

    /// `target.name(…)`, of which the brackets' content follows: a macro or a function.
    fn method(&mut self, target: Tree, name: &str) -> Result<Tree, String> {
        let mut arguments = self.items(")", false)?;
        match (name, arguments.len()) {
            ("bind", 3) if matches!(&target.expr, Expr::Ident(namespace) if namespace == "cel") => {
                let variable = variable(&arguments.remove(0))?;
                let depth = deepest(&arguments);
                let [value, body] = exprs(arguments)?;
                Tree::above(depth, Expr::Bind { variable, value: Box::new(value), body: Box::new(body) })
            }
            ("optMap" | "optFlatMap", 2) => {
                let variable = variable(&arguments.remove(0))?;
                let depth = target.depth.max(deepest(&arguments));
                let [body] = exprs(arguments)?;
                let (target, body) = (Box::new(target.expr), Box::new(body));
                Tree::above(depth, Expr::OptionalMap { target, variable, body, flat: name == "optFlatMap" })
            }
            ("all" | "exists" | "exists_one" | "existsOne" | "filter", 2) | ("map", 2 | 3) => {
                comprehension(name, target, arguments)
            }
            _ => {
                let depth = target.depth.max(deepest(&arguments));
                let arguments = arguments.into_iter().map(|tree| tree.expr).collect();
                let target = Some(Box::new(target.expr));
                Tree::above(depth, Expr::Call { function: name.to_owned(), target, arguments })
            }
        }
    }
}

/// An operator between two operands.
enum Infix {
    /// `&&` or `||`, which may have many terms.
    Logical(&'static str, fn(Box<Expr>, Box<Expr>) -> Expr),
    Plain(BinaryOperator),
}

/// The operator that a word is, and how close it binds.
fn infix(token: &Token) -> Option<(u8, Infix)> {
    let plain = |closeness, operator| Some((closeness, Infix::Plain(operator)));
    match token {
        Token::Sign("||") => Some((1, Infix::Logical("||", Expr::Or))),
        Token::Sign("&&") => Some((2, Infix::Logical("&&", Expr::And))),
        Token::Sign("==") => plain(3, BinaryOperator::Equal),
        Token::Sign("!=") => plain(3, BinaryOperator::NotEqual),
        Token::Sign("<") => plain(3, BinaryOperator::Less),
        Token::Sign("<=") => plain(3, BinaryOperator::LessOrEqual),
        Token::Sign(">") => plain(3, BinaryOperator::Greater),
        Token::Sign(">=") => plain(3, BinaryOperator::GreaterOrEqual),
        Token::In => plain(3, BinaryOperator::In),
        Token::Sign("+") => plain(4, BinaryOperator::Add),
        Token::Sign("-") => plain(4, BinaryOperator::Subtract),
        Token::Sign("*") => plain(5, BinaryOperator::Multiply),
        Token::Sign("/") => plain(5, BinaryOperator::Divide),
        Token::Sign("%") => plain(5, BinaryOperator::Modulo),
        _ => None,
    }
}

/// Terms of `&&` or `||` as cel-go balances them, so that many of them make no deep tree.
fn balanced(terms: Vec<Tree>, operator: fn(Box<Expr>, Box<Expr>) -> Expr) -> Result<Tree, String> {
    let mut terms = terms;
    while terms.len() > 1 {
        let mut pairs = Vec::with_capacity(terms.len().div_ceil(2));
        let mut rest = terms.into_iter();
        while let Some(left) = rest.next() {
            pairs.push(match rest.next() {
                Some(right) => {
                    let depth = left.depth.max(right.depth);
                    Tree::above(depth, operator(Box::new(left.expr), Box::new(right.expr)))?
                }
                None => left,
            });
        }
        terms = pairs;
    }
    terms.pop().ok_or_else(|| unexpected(None))
}

/// `name(…)`: a macro or a function.
fn global(name: String, arguments: Vec<Tree>) -> Result<Tree, String> {
    if name == "has" {
        let [argument] = <[Tree; 1]>::try_from(arguments).map_err(|_| "has() takes one field".to_owned())?;
        return match argument.expr {
            Expr::Select(operand, field) => Ok(Tree { expr: Expr::Has(operand, field), depth: argument.depth }),
            _ => Err("has() takes one field".to_owned()),
        };
    }
    many(arguments, |arguments| Expr::Call { function: name, target: None, arguments })
}

fn many(trees: Vec<Tree>, expr: impl FnOnce(Vec<Expr>) -> Expr) -> Result<Tree, String> {
    let depth = deepest(&trees);
    Tree::above(depth, expr(trees.into_iter().map(|tree| tree.expr).collect()))
}

fn deepest(trees: &[Tree]) -> usize {
    trees.iter().map(|tree| tree.depth).max().unwrap_or_default()
}

fn exprs<const N: usize>(trees: Vec<Tree>) -> Result<[Expr; N], String> {
    let exprs: Vec<Expr> = trees.into_iter().map(|tree| tree.expr).collect();
    exprs.try_into().map_err(|_| "a call has the wrong number of arguments".to_owned())
}

fn variable(tree: &Tree) -> Result<String, String> {
    match &tree.expr {
        Expr::Ident(name) => Ok(name.clone()),
        _ => Err("a variable is not a simple name".to_owned()),
    }
}

/// What a macro stands for (cel-go parser/macro.go).
fn comprehension(name: &str, range: Tree, mut arguments: Vec<Tree>) -> Result<Tree, String> {
    let variable = variable(&arguments.remove(0))?;
    // The macro's own nodes are at most three levels above the arguments.
    let depth = range.depth.max(deepest(&arguments) + 3);
    let argument = arguments.remove(0).expr;
    let transformed = arguments.pop().map(|tree| tree.expr);
    let accumulator = || Expr::Ident(ACCUMULATOR.to_owned());
    let boxed = |expr| Box::new(expr);
    let bool = |value| Expr::Literal(Value::Bool(value));
    let add = |item| Expr::Binary(BinaryOperator::Add, Box::new([accumulator(), item]));
    let collect = |item| add(Expr::List(vec![item]));
    let only_if = |condition, step| Expr::Conditional(Box::new([condition, step, accumulator()]));
    let int = |value| Expr::Literal(Value::Int(value));
    let (init, condition, step, result) = match name {
        "all" => (
            bool(true),
            Expr::NotStrictlyFalse(boxed(accumulator())),
            Expr::And(boxed(accumulator()), boxed(argument)),
            accumulator(),
        ),
        "exists" => (
            bool(false),
            Expr::NotStrictlyFalse(boxed(Expr::Not(boxed(accumulator())))),
            Expr::Or(boxed(accumulator()), boxed(argument)),
            accumulator(),
        ),
        "filter" => {
            let step = only_if(argument, collect(Expr::Ident(variable.clone())));
            (Expr::List(Vec::new()), bool(true), step, accumulator())
        }
        "map" => {
            let step = match transformed {
                Some(transformed) => only_if(argument, collect(transformed)),
                None => collect(argument),
            };
            (Expr::List(Vec::new()), bool(true), step, accumulator())
        }
        _ => {
            let is_one = Expr::Binary(BinaryOperator::Equal, Box::new([accumulator(), int(1)]));
            (int(0), bool(true), only_if(argument, add(int(1))), is_one)
        }
    };
    let accumulator = ACCUMULATOR.to_owned();
    let parts = Comprehension { range: range.expr, variable, accumulator, init, condition, step, result };
    Tree::above(depth, Expr::Comprehension(Box::new(parts)))
}

fn literal(value: Value) -> Tree {
    Tree::leaf(Expr::Literal(value))
}

fn int(text: &str) -> Result<Tree, String> {
    let value = match text.strip_prefix("-0x").map(|digits| format!("-{digits}")) {
        Some(digits) => i64::from_str_radix(&digits, 16),
        None => match text.strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(digits, 16),
            None => text.parse(),
        },
    };
    value.map(|value| literal(Value::Int(value))).map_err(|_| format!("{text} is not a 64-bit integer"))
}

fn uint(text: &str) -> Result<Tree, String> {
    let value = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    value.map(|value| literal(Value::Uint(value))).map_err(|_| format!("{text} is not a 64-bit integer"))
}

fn double(text: &str) -> Result<Tree, String> {
    let value = text.parse().ok().filter(|value: &f64| value.is_finite());
    value.map(|value| literal(Value::Double(value))).ok_or_else(|| format!("{text} is not a double"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in words.
    #[track_caller]
    fn case(text: &str, expected: &str) {
        assert_eq!(parse(text).map(|expr| shown(&expr)).as_deref(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn is_refused(text: &str) {
        assert!(parse(text).is_err(), "{text}");
    }

    fn shown(expr: &Expr) -> String {
        let many = |exprs: &[Expr]| exprs.iter().map(shown).collect::<Vec<_>>().join(", ");
        match expr {
            Expr::Literal(Value::Int(value)) => value.to_string(),
            Expr::Literal(Value::Uint(value)) => format!("{value}u"),
            Expr::Literal(Value::Double(value)) => format!("{value:?}"),
            Expr::Literal(Value::String(text)) => format!("{text:?}"),
            Expr::Literal(Value::Bool(value)) => value.to_string(),
            Expr::Literal(_) => "null".to_owned(),
            Expr::Ident(name) => name.clone(),
            Expr::List(items) => format!("[{}]", many(items)),
            Expr::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{}: {}", shown(key), shown(value))).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Expr::Select(operand, field) => format!("{}.{field}", shown(operand)),
            Expr::OptionalSelect(operand, field) => format!("{}.?{field}", shown(operand)),
            Expr::Has(operand, field) => format!("has({}.{field})", shown(operand)),
            Expr::Index(operand, index) => format!("{}[{}]", shown(operand), shown(index)),
            Expr::OptionalIndex(operand, index) => format!("{}[?{}]", shown(operand), shown(index)),
            Expr::And(left, right) => format!("({} and {})", shown(left), shown(right)),
            Expr::Or(left, right) => format!("({} or {})", shown(left), shown(right)),
            Expr::Not(operand) => format!("not({})", shown(operand)),
            Expr::Negate(operand) => format!("minus({})", shown(operand)),
            Expr::NotStrictlyFalse(operand) => format!("maybe({})", shown(operand)),
            Expr::Conditional(parts) => format!("if({})", many(parts.as_slice())),
            Expr::Binary(operator, operands) => format!("{operator:?}({})", many(operands.as_slice())),
            Expr::Call { function, target, arguments } => {
                let target = target.as_ref().map(|target| format!("{}.", shown(target))).unwrap_or_default();
                format!("{target}{function}({})", many(arguments))
            }
            Expr::Bind { variable, value, body } => format!("bind({variable}, {}, {})", shown(value), shown(body)),
            Expr::OptionalMap { target, variable, body, flat } => {
                format!("optional({}, {variable}, {}, {flat})", shown(target), shown(body))
            }
            Expr::Comprehension(parts) => {
                let Comprehension { range, variable, init, condition, step, result, .. } = parts.as_ref();
                let parts = [range, init, condition, step, result].map(shown).join("; ");
                format!("loop({variable}; {parts})")
            }
        }
    }

    #[test]
    fn precedence() {
        case("1 + 2 * 3 - 4", "Subtract(Add(1, Multiply(2, 3)), 4)");
        case("a == b && c < 1 || !d", "((Equal(a, b) and Less(c, 1)) or not(d))");
        case("a ? b : c ? d : e", "if(a, b, if(c, d, e))");
        case("1 < 2 == true", "Equal(Less(1, 2), true)");
        case("\"x\" in [\"x\", 'y',]", "In(\"x\", [\"x\", \"y\"])");
        case("a && b && c && d", "((a and b) and (c and d))");
        case("(1 + 2) * 3", "Multiply(Add(1, 2), 3)");
    }

    #[test]
    fn signs_before_operands() {
        case("-1", "-1");
        case("- 9223372036854775808", "-9223372036854775808");
        case("--1", "minus(-1)");
        case("---1", "-1");
        case("-a", "minus(a)");
        case("--a", "a");
        case("!!a", "a");
        case("!!!a", "not(a)");
        case("1-1", "Subtract(1, 1)");
        case("1 - -1", "Subtract(1, -1)");
        case("-0x10", "-16");
    }

    #[test]
    fn members() {
        case("device.attributes[\"gpu\"].model", "device.attributes[\"gpu\"].model");
        case("a.?b[?0].c", "a.?b[?0].c");
        case("a.`x-y`.size()", "a.x-y.size()");
        case("quantity('1').isLessThan(b, c)", "quantity(\"1\").isLessThan(b, c)");
        case(".a", "a");
        case("has(a.b.c)", "has(a.b.c)");
        case("{'a': 1, 2u: 2.5}.a", "{\"a\": 1, 2u: 2.5}.a");
        case("{}", "{}");
    }

    #[test]
    fn macros() {
        case("l.all(x, x > 0)", "loop(x; l; true; maybe(@result); (@result and Greater(x, 0)); @result)");
        case("l.exists(x, x)", "loop(x; l; false; maybe(not(@result)); (@result or x); @result)");
        case("l.exists_one(x, x)", "loop(x; l; 0; true; if(x, Add(@result, 1), @result); Equal(@result, 1))");
        case("l.map(x, x + 1)", "loop(x; l; []; true; Add(@result, [Add(x, 1)]); @result)");
        case("l.map(x, c, x)", "loop(x; l; []; true; if(c, Add(@result, [x]), @result); @result)");
        case("l.filter(x, c)", "loop(x; l; []; true; if(c, Add(@result, [x]), @result); @result)");
        case("cel.bind(v, 1, v)", "bind(v, 1, v)");
        case("o.optMap(v, v)", "optional(o, v, v, false)");
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in [
            "",
            "1 +",
            "(1",
            "[1",
            "[1,,2]",
            "a.",
            "a.1",
            "f(1,)",
            "{1}",
            "{a: 1",
            "a b",
            "1 2",
            "!",
            "? :",
            "for",
            "a ? b",
            "has(a)",
            "has(a, b)",
            "l.all(a.b, true)",
            "[?a]",
            "{?'a': 1}",
            "T{a: 1}",
            "9223372036854775808",
            "in",
            "a.in",
            "1e999",
            "0xFFFFFFFFFFFFFFFFF",
            "a.?f()",
            "@result",
        ] {
            is_refused(text);
        }
    }

    #[test]
    fn deep_trees_are_refused_and_long_lists_of_terms_are_not() {
        for text in [
            format!("{}1{}", "(".repeat(4000), ")".repeat(4000)),
            format!("{}1", "1+".repeat(4000)),
            format!("a{}", ".a".repeat(4000)),
            format!("{}a{}", "[".repeat(300), "]".repeat(300)),
            format!("a{}", "[0]".repeat(3000)),
            format!("{}1", "a ? b : ".repeat(1000)),
            format!("l{}", ".map(x, x)".repeat(900)),
        ] {
            is_refused(&text);
        }
        assert!(parse(&format!("{}a", "a && ".repeat(1900))).is_ok());
        assert!(parse(&format!("{}true", "!".repeat(9000))).is_ok());
        assert!(parse(&format!("({}1)", "1+".repeat(150))).is_ok());
    }
}
