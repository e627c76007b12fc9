//! Expressions of the ruff tree -> ours.
//!
//! Recursion is bounded by [`Converter::enter`]. Chains that lean to the left (`a + b + c`,
//! `a.b.c`, `f(x)(y)`, `a[0][1]`) are walked in a loop, so that they may be longer than the
//! nesting limit. An unsupported expression is reported and a placeholder takes its place.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruff_python_ast as py;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::{Converter, scan, unsupported};
use crate::ast::{
    BinaryOp, CompareOp, Comprehension, Expr, ExprKind, FStringPart, Function, Param, ParamKind, Stmt,
    StmtKind, UnaryOp,
};
use crate::budget::CompileLimit;
use crate::diagnostic::{Code, Diagnostic};

impl Converter<'_> {
    /// Converts an expression.
    pub(super) fn expr(&mut self, expr: &py::Expr) -> Expr {
        if !self.enter(expr.range()) {
            return self.placeholder(expr.range());
        }
        let mut spine = Vec::new();
        let mut inner = expr;
        while let Some(left) = left_operand(inner) {
            spine.push(inner);
            inner = left;
        }
        let before = self.height;
        let height = (before + spine.len()) as u64;
        let mut result = if let Err(exceeded) = self.budget.check(CompileLimit::Chain, height) {
            self.refuse(expr.range(), exceeded, scan::too_long_chain);
            self.placeholder(expr.range())
        } else {
            self.height += spine.len();
            Expr { kind: self.kind(inner), span: self.span(inner.range()) }
        };
        for outer in spine.into_iter().rev() {
            self.height = self.height.saturating_sub(1).max(before);
            result = Expr { kind: self.wrap(outer, Box::new(result)), span: self.span(outer.range()) };
        }
        self.leave();
        result
    }

    pub(super) fn boxed(&mut self, expr: &py::Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    pub(super) fn exprs<'e>(&mut self, list: impl IntoIterator<Item = &'e py::Expr>) -> Vec<Expr> {
        list.into_iter().map(|e| self.expr(e)).collect()
    }

    pub(super) fn optional(&mut self, expr: Option<&py::Expr>) -> Option<Expr> {
        expr.map(|e| self.expr(e))
    }

    /// One link of a chain, around its converted left part.
    fn wrap(&mut self, outer: &py::Expr, left: Box<Expr>) -> ExprKind {
        match outer {
            py::Expr::BinOp(e) => ExprKind::Binary { op: binary_op(e.op), left, right: self.boxed(&e.right) },
            py::Expr::Attribute(e) => ExprKind::Attribute { value: left, attr: e.attr.as_str().to_owned() },
            py::Expr::Subscript(e) => ExprKind::Subscript { value: left, index: self.boxed(&e.slice) },
            py::Expr::Call(e) => self.call(e, left),
            // Not a link: `left_operand` finds only the four above.
            _ => left.kind,
        }
    }

    /// Everything but the links of chains. The arms are calls, to keep this frame small.
    fn kind(&mut self, expr: &py::Expr) -> ExprKind {
        match expr {
            py::Expr::NoneLiteral(_) => ExprKind::None,
            py::Expr::BooleanLiteral(e) => ExprKind::Bool(e.value),
            py::Expr::NumberLiteral(e) => self.number(e),
            py::Expr::StringLiteral(e) => ExprKind::Str(e.value.to_str().to_owned()),
            py::Expr::FString(e) => self.fstring(e),
            py::Expr::Name(e) => ExprKind::Name(e.id.as_str().to_owned()),
            py::Expr::UnaryOp(e) => ExprKind::Unary { op: unary_op(e.op), operand: self.boxed(&e.operand) },
            py::Expr::Compare(e) => self.compare(e),
            py::Expr::BoolOp(e) => {
                ExprKind::BoolOp { and: e.op == py::BoolOp::And, values: self.exprs(&e.values) }
            }
            py::Expr::If(e) => self.conditional(e),
            py::Expr::Tuple(e) => ExprKind::Tuple(self.exprs(&e.elts)),
            py::Expr::List(e) => ExprKind::List(self.exprs(&e.elts)),
            py::Expr::ListComp(e) => self.list_comprehension(e),
            py::Expr::Lambda(e) => self.lambda(e),
            py::Expr::Slice(e) => self.slice(e),
            other => self.unsupported_expr(other),
        }
    }

    fn number(&mut self, number: &py::ExprNumberLiteral) -> ExprKind {
        match &number.value {
            py::Number::Float(value) => ExprKind::Float(*value),
            py::Number::Complex { .. } => {
                self.unsupported(number.range, &unsupported::COMPLEX);
                ExprKind::None
            }
            py::Number::Int(value) => match value.as_u64() {
                Some(value) => ExprKind::Int(value as i64),
                None => {
                    self.unsupported(number.range, &unsupported::BIG_INT);
                    ExprKind::Int(0)
                }
            },
        }
    }

    fn compare(&mut self, e: &py::ExprCompare) -> ExprKind {
        let left = self.boxed(&e.left);
        let ops = e.ops.iter().map(|op| compare_op(*op)).collect();
        ExprKind::Compare { left, ops, rights: self.exprs(&e.comparators) }
    }

    fn conditional(&mut self, e: &py::ExprIf) -> ExprKind {
        let test = self.boxed(&e.test);
        let body = self.boxed(&e.body);
        ExprKind::IfExp { test, body, orelse: self.boxed(&e.orelse) }
    }

    fn slice(&mut self, e: &py::ExprSlice) -> ExprKind {
        let start = self.optional(e.lower.as_deref()).map(Box::new);
        let stop = self.optional(e.upper.as_deref()).map(Box::new);
        ExprKind::Slice { start, stop, step: self.optional(e.step.as_deref()).map(Box::new) }
    }

    fn list_comprehension(&mut self, e: &py::ExprListComp) -> ExprKind {
        let generators = e.generators.iter().map(|g| self.comprehension(g)).collect();
        ExprKind::ListComp { element: self.boxed(&e.elt), generators }
    }

    fn comprehension(&mut self, generator: &py::Comprehension) -> Comprehension {
        if generator.is_async {
            let start = generator.range.start();
            self.unsupported(TextRange::at(start, TextSize::of("async")), &unsupported::ASYNC);
        }
        let target = self.target(&generator.target);
        let iter = self.expr(&generator.iter);
        Comprehension { target, iter, ifs: self.exprs(&generator.ifs) }
    }

    /// An expression that is assigned to.
    pub(super) fn target(&mut self, expr: &py::Expr) -> Expr {
        let (py::Expr::Tuple(py::ExprTuple { elts, .. }) | py::Expr::List(py::ExprList { elts, .. })) = expr
        else {
            if let py::Expr::Starred(starred) = expr {
                self.unsupported(starred.range, &unsupported::STARRED_TARGET);
                return self.placeholder(starred.range);
            }
            return self.expr(expr);
        };
        if !self.enter(expr.range()) {
            return self.placeholder(expr.range());
        }
        let elements = elts.iter().map(|e| self.target(e)).collect();
        self.leave();
        let kind = if expr.is_list_expr() { ExprKind::List(elements) } else { ExprKind::Tuple(elements) };
        Expr { kind, span: self.span(expr.range()) }
    }

    fn call(&mut self, call: &py::ExprCall, func: Box<Expr>) -> ExprKind {
        let args = call.arguments.args.iter().map(|arg| self.argument(arg)).collect();
        let mut keywords: Vec<(String, Expr)> = Vec::new();
        let mut seen = BTreeSet::new();
        for keyword in &call.arguments.keywords {
            let value = self.expr(&keyword.value);
            let Some(name) = &keyword.arg else {
                self.unsupported(keyword.range, &unsupported::KEYWORD_UNPACKING);
                continue;
            };
            if !seen.insert(name.as_str()) {
                let message = format!("keyword argument `{}` is repeated", name.as_str());
                let span = self.span(keyword.range);
                self.error(Diagnostic::new(Code::SyntaxError, span, message));
            }
            keywords.push((name.as_str().to_owned(), value));
        }
        ExprKind::Call { func, args, keywords }
    }

    /// A positional argument, the one place for `*values`.
    fn argument(&mut self, expr: &py::Expr) -> Expr {
        let py::Expr::Starred(starred) = expr else { return self.expr(expr) };
        if !self.enter(starred.range) {
            return self.placeholder(starred.range);
        }
        let value = self.boxed(&starred.value);
        self.leave();
        Expr { kind: ExprKind::Starred(value), span: self.span(starred.range) }
    }

    fn lambda(&mut self, lambda: &py::ExprLambda) -> ExprKind {
        let params = lambda.parameters.as_deref().map(|p| self.params(p)).unwrap_or_default();
        let value = self.expr(&lambda.body);
        let body = vec![Stmt { span: value.span, kind: StmtKind::Return(Some(value)) }];
        let name_range = TextRange::at(lambda.range.start(), TextSize::of("lambda"));
        ExprKind::Lambda(Arc::new(Function {
            name: "<lambda>".to_owned(),
            params,
            decorators: Vec::new(),
            returns: None,
            docstring: None,
            body,
            span: self.span(lambda.range),
            name_span: self.span(name_range),
        }))
    }

    /// Parameters in the order of our tree: positional, `*args`, keyword-only.
    pub(super) fn params(&mut self, params: &py::Parameters) -> Vec<Param> {
        let mut result = Vec::new();
        for param in params.posonlyargs.iter().chain(&params.args) {
            result.push(self.param(&param.parameter, param.default.as_deref(), ParamKind::Normal));
        }
        if let Some(param) = &params.vararg {
            result.push(self.param(param, None, ParamKind::VarArgs));
        }
        for param in &params.kwonlyargs {
            result.push(self.param(&param.parameter, param.default.as_deref(), ParamKind::KeywordOnly));
        }
        if let Some(param) = &params.kwarg {
            self.unsupported(param.range, &unsupported::KWARGS_PARAMETER);
        }
        let mut seen = BTreeSet::new();
        for param in &result {
            if !seen.insert(param.name.as_str()) {
                let message = format!("parameter `{}` is repeated", param.name);
                self.error(Diagnostic::new(Code::SyntaxError, param.span, message));
            }
        }
        result
    }

    fn param(&mut self, param: &py::Parameter, default: Option<&py::Expr>, kind: ParamKind) -> Param {
        let annotation = self.optional(param.annotation.as_deref());
        let default = self.optional(default);
        Param {
            name: param.name.as_str().to_owned(),
            annotation,
            default,
            kind,
            span: self.span(param.range),
        }
    }

    /// An f-string with the literals that stand next to it; plain text if it has no fields.
    fn fstring(&mut self, fstring: &py::ExprFString) -> ExprKind {
        let mut parts = Vec::new();
        for part in &fstring.value {
            match part {
                py::FStringPart::Literal(literal) => push_text(&mut parts, &literal.value),
                py::FStringPart::FString(inner) => {
                    for element in &inner.elements {
                        self.fstring_element(element, &mut parts);
                    }
                }
            }
        }
        match parts.as_mut_slice() {
            [] => ExprKind::Str(String::new()),
            [FStringPart::Text(text)] => ExprKind::Str(std::mem::take(text)),
            _ => ExprKind::FString(parts),
        }
    }

    fn fstring_element(&mut self, element: &py::InterpolatedStringElement, parts: &mut Vec<FStringPart>) {
        let field = match element {
            py::InterpolatedStringElement::Literal(literal) => return push_text(parts, &literal.value),
            py::InterpolatedStringElement::Interpolation(field) => field,
        };
        let value = self.expr(&field.expression);
        let debug_text = field.debug_text.as_ref().map(|debug| debug.as_str().to_owned());
        let mut conversion = field.conversion.to_char();
        // `f"{x=}"` shows the repr, unless a conversion or a format asks for something else.
        if debug_text.is_some() && field.format_spec.is_none() {
            conversion = conversion.or(Some('r'));
        }
        let mut spec = String::new();
        for element in field.format_spec.iter().flat_map(|spec| &spec.elements) {
            match element {
                py::InterpolatedStringElement::Literal(literal) => spec.push_str(&literal.value),
                py::InterpolatedStringElement::Interpolation(nested) => {
                    self.unsupported(nested.range, &unsupported::NESTED_SPEC);
                }
            }
        }
        parts.push(FStringPart::Value { value, conversion, spec, debug_text });
    }

    /// Reports an expression that has no form in our tree.
    fn unsupported_expr(&mut self, expr: &py::Expr) -> ExprKind {
        let what = match expr {
            py::Expr::Named(_) => unsupported::WALRUS,
            py::Expr::Dict(_) => unsupported::DICT,
            py::Expr::Set(_) => unsupported::SET,
            py::Expr::SetComp(_) => unsupported::SET_COMPREHENSION,
            py::Expr::DictComp(_) => unsupported::DICT_COMPREHENSION,
            py::Expr::Generator(e) => {
                self.generator(e);
                return ExprKind::None;
            }
            py::Expr::Await(_) => unsupported::AWAIT,
            py::Expr::Yield(_) | py::Expr::YieldFrom(_) => unsupported::YIELD,
            py::Expr::BytesLiteral(_) => unsupported::BYTES,
            py::Expr::TString(_) => unsupported::TEMPLATE,
            py::Expr::EllipsisLiteral(_) => unsupported::ELLIPSIS,
            py::Expr::Starred(_) => unsupported::STARRED,
            // The rest has a form, and `kind` and `wrap` handle it.
            _ => unsupported::ESCAPE_COMMAND,
        };
        self.unsupported(expr.range(), &what);
        ExprKind::None
    }

    /// Reports a generator expression, with the list comprehension spelt out if it is short.
    fn generator(&mut self, generator: &py::ExprGenerator) {
        const SHORT: usize = 60;
        let mut diagnostic = unsupported::GENERATOR.at(self.span(generator.range));
        let text = self.text.get(generator.range.start().to_usize()..generator.range.end().to_usize());
        let inner = text.map(|t| if generator.parenthesized { t[1..t.len() - 1].trim() } else { t });
        if let Some(inner) = inner.filter(|t| t.len() <= SHORT && !t.contains(['\n', '\r', '`'])) {
            diagnostic = diagnostic.help(format!("write a list comprehension: `[{inner}]`"));
        }
        self.error(diagnostic);
    }
}

/// The left part of a link of a chain.
fn left_operand(expr: &py::Expr) -> Option<&py::Expr> {
    match expr {
        py::Expr::BinOp(e) => Some(&e.left),
        py::Expr::Attribute(e) => Some(&e.value),
        py::Expr::Subscript(e) => Some(&e.value),
        py::Expr::Call(e) => Some(&e.func),
        _ => None,
    }
}

/// Appends text, joined with text that is already there.
fn push_text(parts: &mut Vec<FStringPart>, text: &str) {
    match parts.last_mut() {
        Some(FStringPart::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(FStringPart::Text(text.to_owned())),
    }
}

/// An operator of the ruff tree as ours.
pub(super) fn binary_op(op: py::Operator) -> BinaryOp {
    match op {
        py::Operator::Add => BinaryOp::Add,
        py::Operator::Sub => BinaryOp::Sub,
        py::Operator::Mult => BinaryOp::Mul,
        py::Operator::MatMult => BinaryOp::MatMul,
        py::Operator::Div => BinaryOp::Div,
        py::Operator::Mod => BinaryOp::Mod,
        py::Operator::Pow => BinaryOp::Pow,
        py::Operator::LShift => BinaryOp::LShift,
        py::Operator::RShift => BinaryOp::RShift,
        py::Operator::BitOr => BinaryOp::Or,
        py::Operator::BitXor => BinaryOp::Xor,
        py::Operator::BitAnd => BinaryOp::And,
        py::Operator::FloorDiv => BinaryOp::FloorDiv,
    }
}

fn unary_op(op: py::UnaryOp) -> UnaryOp {
    match op {
        py::UnaryOp::Invert => UnaryOp::Invert,
        py::UnaryOp::Not => UnaryOp::Not,
        py::UnaryOp::UAdd => UnaryOp::Pos,
        py::UnaryOp::USub => UnaryOp::Neg,
    }
}

fn compare_op(op: py::CmpOp) -> CompareOp {
    match op {
        py::CmpOp::Eq => CompareOp::Eq,
        py::CmpOp::NotEq => CompareOp::Ne,
        py::CmpOp::Lt => CompareOp::Lt,
        py::CmpOp::LtE => CompareOp::Le,
        py::CmpOp::Gt => CompareOp::Gt,
        py::CmpOp::GtE => CompareOp::Ge,
        py::CmpOp::Is => CompareOp::Is,
        py::CmpOp::IsNot => CompareOp::IsNot,
        py::CmpOp::In => CompareOp::In,
        py::CmpOp::NotIn => CompareOp::NotIn,
    }
}
