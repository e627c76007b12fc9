//! Operators: constants are folded, numbers map to primitives, everything else to methods.

use super::convert::{binary, bool_const, const_expr, never, str_const, unary};
use super::expr::wrap;
use super::{Result, Walker};
use crate::ast::{self, BinaryOp, CompareOp, UnaryOp};
use crate::budget::CompileLimit;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{BinOp, UnOp};
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use crate::types::{Const, Type};

impl Walker<'_, '_> {
    /// A condition: a `bool`, perhaps known at compile time.
    pub(super) fn condition(&mut self, e: &ast::Expr) -> Result<Expr> {
        let value = self.expr(e)?;
        self.truth(value, e.span)
    }

    /// Python's truth value.
    pub(super) fn truth(&mut self, value: Expr, span: Span) -> Result<Expr> {
        let ty = self.session.resolve(&value.ty);
        match &ty {
            Type::Bool => Ok(value),
            Type::Never => Ok(bool_const(true)),
            Type::Const(constant) => {
                let truth = match constant {
                    Const::Bool(b) => *b,
                    Const::Int(i) => *i != 0,
                    Const::Float(bits) => f64::from_bits(*bits) != 0.0,
                    Const::Str(text) => !text.is_empty(),
                };
                Ok(bool_const(truth))
            }
            Type::None => Ok(bool_const(false)),
            Type::Int => Ok(binary(BinOp::I64Ne, value, Expr::int(0), Type::Bool)),
            Type::Float => {
                let zero = Expr::constant(Const::Float(0));
                Ok(binary(BinOp::F64Ne, value, zero, Type::Bool))
            }
            Type::Tuple(items) => Ok(bool_const(!items.is_empty())),
            Type::Func(..)
            | Type::External(_)
            | Type::Module(_)
            | Type::Package(_)
            | Type::Class(_)
            | Type::TypeValue(_) => Ok(bool_const(true)),
            _ => {
                if self.find_method(&ty, "__bool__")?.is_some() {
                    return self.call_method(value, "__bool__", Vec::new(), span);
                }
                let length = self.call_method(value, "__len__", Vec::new(), span)?;
                let length = self.coerce(length, &Type::Int, span)?;
                Ok(binary(BinOp::I64Ne, length, Expr::int(0), Type::Bool))
            }
        }
    }

    /// `not test`.
    pub(super) fn not(&mut self, test: Expr) -> Expr {
        match test.ty {
            Type::Const(Const::Bool(value)) => bool_const(!value),
            _ => unary(UnOp::I32Eqz, test, Type::Bool),
        }
    }

    pub(super) fn unary_op(&mut self, op: UnaryOp, operand: Expr, span: Span) -> Result<Expr> {
        let ty = self.session.resolve(&operand.ty);
        match (op, &ty) {
            (_, Type::Never) => return Ok(operand),
            (UnaryOp::Neg, Type::Const(Const::Int(i))) => {
                return Ok(const_expr(Const::Int(i.wrapping_neg())));
            }
            (UnaryOp::Neg, Type::Const(Const::Float(bits))) => {
                return Ok(const_expr(Const::Float((-f64::from_bits(*bits)).to_bits())));
            }
            (UnaryOp::Invert, Type::Const(Const::Int(i))) => return Ok(const_expr(Const::Int(!i))),
            (UnaryOp::Pos, Type::Const(Const::Int(_) | Const::Float(_))) => return Ok(operand),
            _ => {}
        }
        let operand = self.widen(operand, span)?;
        match (op, &operand.ty) {
            (UnaryOp::Neg, Type::Float) => Ok(unary(UnOp::F64Neg, operand, Type::Float)),
            (UnaryOp::Neg, Type::Int | Type::Bool) => {
                let value = self.coerce(operand, &Type::Int, span)?;
                Ok(binary(BinOp::I64Sub, Expr::int(0), value, Type::Int))
            }
            (UnaryOp::Pos, Type::Float | Type::Int) => Ok(operand),
            (UnaryOp::Pos, Type::Bool) => self.coerce(operand, &Type::Int, span),
            (UnaryOp::Invert, Type::Int | Type::Bool) => {
                let value = self.coerce(operand, &Type::Int, span)?;
                Ok(binary(BinOp::I64Xor, value, Expr::int(-1), Type::Int))
            }
            _ => {
                let (method, symbol) = match op {
                    UnaryOp::Neg => ("__neg__", "-"),
                    UnaryOp::Pos => ("__pos__", "+"),
                    UnaryOp::Invert | UnaryOp::Not => ("__invert__", "~"),
                };
                let ty = self.session.resolve(&operand.ty);
                if self.find_method(&ty, method)?.is_none() {
                    return Err(Box::new(
                        Diagnostic::new(
                            Code::TypeMismatch,
                            span,
                            format!("`{symbol}` is not supported for `{ty}`"),
                        )
                        .label(format!("this is `{ty}`")),
                    ));
                }
                self.call_method(operand, method, Vec::new(), span)
            }
        }
    }

    /// `left op right`.
    pub(super) fn binary(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Result<Expr> {
        let (lt, rt) = (self.session.resolve(&left.ty), self.session.resolve(&right.ty));
        if lt == Type::Never || rt == Type::Never {
            return Ok(never(vec![left, right]));
        }
        if let (Type::Const(a), Type::Const(b)) = (&lt, &rt)
            && let Some(folded) = fold_binary(op, a, b)
        {
            return Ok(const_expr(folded));
        }
        if let (BinaryOp::Add, Type::Tuple(_), Type::Tuple(_)) = (op, &lt, &rt) {
            return self.concat_tuples(left, right, span);
        }
        match (op, &lt, &rt) {
            (BinaryOp::Mul, Type::Tuple(_), Type::Const(Const::Int(times))) => {
                return self.repeat_tuple(left, *times, span);
            }
            (BinaryOp::Mul, Type::Const(Const::Int(times)), Type::Tuple(_)) => {
                return self.repeat_tuple(right, *times, span);
            }
            _ => {}
        }
        if lt.is_number() && rt.is_number() {
            return self.number_op(op, left, right, span);
        }
        let (forward, backward) = (format!("__{}__", op.method()), format!("__r{}__", op.method()));
        if self.find_method(&lt, &forward)?.is_some() && !self.prefers_reflected(&lt, &rt, &backward)? {
            return self.call_method(left, &forward, vec![right], span);
        }
        if self.find_method(&rt, &backward)?.is_some() {
            let mut stmts = Vec::new();
            let left = self.temp(left, "left", &mut stmts);
            let call = self.call_method(right, &backward, vec![left], span)?;
            return Ok(wrap(stmts, call));
        }
        Err(unsupported_operands(op.symbol(), &lt, &rt, span))
    }

    /// A plain value on the left gives way to an array or column on the right.
    fn prefers_reflected(&mut self, left: &Type, right: &Type, backward: &str) -> Result<bool> {
        let plain = left.is_number() || left.is_str();
        Ok(plain && matches!(right, Type::Instance(..)) && self.find_method(right, backward)?.is_some())
    }

    fn concat_tuples(&mut self, left: Expr, right: Expr, span: Span) -> Result<Expr> {
        let mut stmts = Vec::new();
        let mut parts = self.items_of(left, span, &mut stmts)?;
        if !matches!(right.kind, ExprKind::Aggregate(_)) {
            // The right side is worked out next, so the left one must have been before.
            parts = parts.into_iter().map(|p| self.temp(p, "item", &mut stmts)).collect();
        }
        parts.extend(self.items_of(right, span, &mut stmts)?);
        let ty = Type::Tuple(parts.iter().map(|p| self.session.resolve(&p.ty)).collect());
        self.check_size(&ty, span)?;
        Ok(wrap(stmts, Expr { kind: ExprKind::Aggregate(parts), ty }))
    }

    /// The items of a tuple a number of times over. A number below one gives none, as in Python.
    fn repeat_tuple(&mut self, tuple: Expr, times: i64, span: Span) -> Result<Expr> {
        let times = usize::try_from(times).unwrap_or(0);
        // Before it is made: a few letters can ask for any number of items.
        let nodes = (self.session.resolve(&tuple.ty).size() - 1).saturating_mul(times).saturating_add(1);
        self.session.within(CompileLimit::TypeNodes, nodes, span, "this type is too large")?;
        let mut stmts = Vec::new();
        let tuple = self.temp(tuple, "tuple", &mut stmts);
        let items = self.items_of(tuple, span, &mut stmts)?;
        self.session.steps_for(items.len().saturating_mul(times), span)?;
        let parts: Vec<Expr> = (0..times).flat_map(|_| items.iter().cloned()).collect();
        let ty = Type::Tuple(parts.iter().map(|p| self.session.resolve(&p.ty)).collect());
        Ok(wrap(stmts, Expr { kind: ExprKind::Aggregate(parts), ty }))
    }

    /// The items of a tuple, each to be used once.
    pub(super) fn items_of(
        &mut self,
        tuple: Expr,
        span: Span,
        stmts: &mut Vec<crate::typed::Stmt>,
    ) -> Result<Vec<Expr>> {
        let Type::Tuple(types) = self.session.resolve(&tuple.ty) else { return Ok(Vec::new()) };
        if let ExprKind::Aggregate(parts) = tuple.kind {
            self.session.steps_for(parts.len(), span)?;
            return Ok(parts);
        }
        let whole = self.temp(tuple, "tuple", stmts);
        // Each part that exists at run time names the whole, and with it the whole type.
        let real = types.iter().filter(|t| t.width() > 0).count();
        self.session.steps_for(types.len() + real * types.len() / 16, span)?;
        let part = |(i, ty): (usize, &Type)| match ty.width() == 0 && ty.is_closed() {
            true => Expr::unit(ty.clone()),
            false => self.part(whole.clone(), i),
        };
        Ok(types.iter().enumerate().map(part).collect())
    }

    fn number_op(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Result<Expr> {
        let left = self.widen(left, span)?;
        let right = self.widen(right, span)?;
        let float = left.ty == Type::Float || right.ty == Type::Float;
        let both_bool = left.ty == Type::Bool && right.ty == Type::Bool;
        if both_bool {
            let logical = match op {
                BinaryOp::And => Some(BinOp::I32And),
                BinaryOp::Or => Some(BinOp::I32Or),
                BinaryOp::Xor => Some(BinOp::I32Xor),
                _ => None,
            };
            if let Some(prim) = logical {
                return Ok(binary(prim, left, right, Type::Bool));
            }
        }
        // A literal exponent decides the type of the result; one that is known only at run time cannot.
        let reciprocal =
            op == BinaryOp::Pow && matches!(right.kind, ExprKind::Const(Const::Int(power)) if power < 0);
        let float = float || op == BinaryOp::Div || reciprocal;
        let ty = if float { Type::Float } else { Type::Int };
        let prim = match (op, float) {
            (BinaryOp::Add, true) => Some(BinOp::F64Add),
            (BinaryOp::Sub, true) => Some(BinOp::F64Sub),
            (BinaryOp::Mul, true) => Some(BinOp::F64Mul),
            (BinaryOp::Add, false) => Some(BinOp::I64Add),
            (BinaryOp::Sub, false) => Some(BinOp::I64Sub),
            (BinaryOp::Mul, false) => Some(BinOp::I64Mul),
            (BinaryOp::And, false) => Some(BinOp::I64And),
            (BinaryOp::Or, false) => Some(BinOp::I64Or),
            (BinaryOp::Xor, false) => Some(BinOp::I64Xor),
            _ => None,
        };
        let int_division = op == BinaryOp::Div && left.ty != Type::Float && right.ty != Type::Float;
        if op == BinaryOp::Pow
            && let ExprKind::Const(Const::Int(power @ 0..=4)) = right.kind
        {
            return self.small_power(left, power, span);
        }
        if let (false, ExprKind::Const(Const::Int(shift @ 0..=63))) = (float, &right.kind) {
            let shift = match op {
                BinaryOp::LShift => Some((BinOp::I64Shl, *shift)),
                BinaryOp::RShift => Some((BinOp::I64ShrS, *shift)),
                _ => None,
            };
            if let Some((prim, amount)) = shift {
                let left = self.coerce(left, &Type::Int, span)?;
                return Ok(binary(prim, left, Expr::int(amount), Type::Int));
            }
        }
        let left = self.coerce(left, &ty, span)?;
        let right = self.coerce(right, &ty, span)?;
        if let Some(prim) = prim {
            return Ok(binary(prim, left, right, ty));
        }
        if op == BinaryOp::Div
            && let ExprKind::Const(Const::Float(bits)) = right.kind
            && f64::from_bits(bits) != 0.0
        {
            return Ok(binary(BinOp::F64Div, left, right, Type::Float));
        }
        let folder = if int_division {
            "int"
        } else if float {
            "float"
        } else {
            "int"
        };
        let file = format!("types/{folder}/__{}__", op.method());
        if self.session.resolver.library_module(&file).map_err(first)?.is_none() {
            return Err(unsupported_operands(op.symbol(), &left.ty, &right.ty, span));
        }
        let name = format!("__{}__", op.method());
        self.call_library(&file, &name, vec![left, right], span)
    }

    /// `x ** n` for small constant `n`, by multiplication for ints. Floats go through `pow`, except
    /// for squares, which are exact either way.
    fn small_power(&mut self, left: Expr, power: i64, span: Span) -> Result<Expr> {
        if left.ty == Type::Float && power > 2 {
            let args = vec![left, Expr::constant(Const::Float((power as f64).to_bits()))];
            return self.call_library("types/float/__pow__", "__pow__", args, span);
        }
        let (mul, ty, one) = if left.ty == Type::Float {
            (BinOp::F64Mul, Type::Float, Expr::constant(Const::Float(1f64.to_bits())))
        } else {
            (BinOp::I64Mul, Type::Int, Expr::int(1))
        };
        let left = self.coerce(left, &ty, span)?;
        let mut stmts = Vec::new();
        let base = self.temp(left, "base", &mut stmts);
        let mut value = if power == 0 { one } else { base.clone() };
        for _ in 1..power {
            value = binary(mul, value, base.clone(), ty.clone());
        }
        Ok(wrap(stmts, value))
    }

    /// `a < b <= c`: each operand once, from left to right.
    pub(super) fn compare_chain(
        &mut self,
        left: &ast::Expr,
        ops: &[CompareOp],
        rights: &[ast::Expr],
        span: Span,
    ) -> Result<Expr> {
        let mut stmts = Vec::new();
        let mut current = self.expr(left)?;
        if ops.len() > 1 {
            current = self.temp(current, "compared", &mut stmts);
        }
        let result = self.compare_rest(current, ops, rights, span)?;
        Ok(wrap(stmts, result))
    }

    fn compare_rest(
        &mut self,
        left: Expr,
        ops: &[CompareOp],
        rights: &[ast::Expr],
        span: Span,
    ) -> Result<Expr> {
        let mut stmts = Vec::new();
        let mut right = self.expr(&rights[0])?;
        if ops.len() > 1 {
            right = self.temp(right, "compared", &mut stmts);
        }
        let first = self.compare(ops[0], left, right.clone(), span)?;
        if ops.len() == 1 {
            return Ok(wrap(stmts, first));
        }
        let first = self.truth(first, span)?;
        let rest = self.compare_rest(right, &ops[1..], &rights[1..], span)?;
        let rest = self.truth(rest, span)?;
        let value = match (&first.ty, &rest.ty) {
            (Type::Const(Const::Bool(false)), _) => bool_const(false),
            (Type::Const(Const::Bool(true)), _) => rest,
            _ => {
                let right = self.widen(rest, span)?;
                let kind = ExprKind::Logic { and: true, left: Box::new(first), right: Box::new(right) };
                Expr { kind, ty: Type::Bool }
            }
        };
        Ok(wrap(stmts, value))
    }

    /// One comparison.
    pub(super) fn compare(&mut self, op: CompareOp, left: Expr, right: Expr, span: Span) -> Result<Expr> {
        let (lt, rt) = (self.session.resolve(&left.ty), self.session.resolve(&right.ty));
        if lt == Type::Never || rt == Type::Never {
            return Ok(never(vec![left, right]));
        }
        match op {
            CompareOp::Is | CompareOp::IsNot => return self.identity(op == CompareOp::Is, &lt, &rt, span),
            CompareOp::NotIn => {
                let found = self.compare(CompareOp::In, left, right, span)?;
                let found = self.truth(found, span)?;
                return Ok(self.not(found));
            }
            CompareOp::In => {
                let mut stmts = Vec::new();
                let left = self.temp(left, "member", &mut stmts);
                let call = self.call_method(right, "__contains__", vec![left], span)?;
                return Ok(wrap(stmts, call));
            }
            _ => {}
        }
        if let (Type::Const(a), Type::Const(b)) = (&lt, &rt)
            && let Some(value) = fold_compare(op, a, b)
        {
            return Ok(bool_const(value));
        }
        if lt.is_number() && rt.is_number() {
            return self.number_compare(op, left, right, span);
        }
        if matches!((&lt, &rt), (Type::TypeValue(_), Type::TypeValue(_))) {
            return Ok(bool_const((lt == rt) == (op == CompareOp::Eq)));
        }
        if lt == Type::None || rt == Type::None {
            let equal = lt == rt;
            match op {
                CompareOp::Eq => return Ok(bool_const(equal)),
                CompareOp::Ne => return Ok(bool_const(!equal)),
                _ => return Err(unsupported_operands(op.symbol(), &lt, &rt, span)),
            }
        }
        let method = format!("__{}__", op.method());
        let mirrored = match op {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
            other => other,
        };
        let reflected = format!("__{}__", mirrored.method());
        let plain = lt.is_number() || lt.is_str();
        let right_first =
            plain && matches!(rt, Type::Instance(..)) && self.find_method(&rt, &reflected)?.is_some();
        if !right_first && self.find_method(&lt, &method)?.is_some() && comparable(&lt, &rt) {
            return self.call_method(left, &method, vec![right], span);
        }
        if right_first {
            let mut stmts = Vec::new();
            let left = self.temp(left, "left", &mut stmts);
            let call = self.call_method(right, &reflected, vec![left], span)?;
            return Ok(wrap(stmts, call));
        }
        match op {
            // Values of unrelated types are unequal in Python.
            CompareOp::Eq => Ok(bool_const(false)),
            CompareOp::Ne => Ok(bool_const(true)),
            _ => Err(unsupported_operands(op.symbol(), &lt, &rt, span)),
        }
    }

    fn identity(&mut self, positive: bool, left: &Type, right: &Type, span: Span) -> Result<Expr> {
        let known = match (left, right) {
            (Type::None, Type::None) => true,
            (Type::None, _) | (_, Type::None) => false,
            (Type::Const(Const::Bool(a)), Type::Const(Const::Bool(b))) => a == b,
            (Type::TypeValue(a), Type::TypeValue(b)) => a == b,
            _ => {
                return Err(Box::new(
                    Diagnostic::new(
                        Code::UnsupportedSyntax,
                        span,
                        "`is` is only supported with `None` and types",
                    )
                    .help("compare values with `==`"),
                ));
            }
        };
        Ok(bool_const(known == positive))
    }

    fn number_compare(&mut self, op: CompareOp, left: Expr, right: Expr, span: Span) -> Result<Expr> {
        let left = self.widen(left, span)?;
        let right = self.widen(right, span)?;
        let float = left.ty == Type::Float || right.ty == Type::Float;
        let ty = if float { Type::Float } else { Type::Int };
        let left = self.coerce(left, &ty, span)?;
        let right = self.coerce(right, &ty, span)?;
        let prim = match (op, float) {
            (CompareOp::Eq, true) => BinOp::F64Eq,
            (CompareOp::Ne, true) => BinOp::F64Ne,
            (CompareOp::Lt, true) => BinOp::F64Lt,
            (CompareOp::Le, true) => BinOp::F64Le,
            (CompareOp::Gt, true) => BinOp::F64Gt,
            (CompareOp::Ge, true) => BinOp::F64Ge,
            (CompareOp::Eq, false) => BinOp::I64Eq,
            (CompareOp::Ne, false) => BinOp::I64Ne,
            (CompareOp::Lt, false) => BinOp::I64LtS,
            (CompareOp::Le, false) => BinOp::I64LeS,
            (CompareOp::Gt, false) => BinOp::I64GtS,
            (CompareOp::Ge, false) => BinOp::I64GeS,
            (CompareOp::Is | CompareOp::IsNot | CompareOp::In | CompareOp::NotIn, _) => {
                return Err(unsupported_operands(op.symbol(), &left.ty, &right.ty, span));
            }
        };
        Ok(binary(prim, left, right, Type::Bool))
    }

    /// `str(value)`.
    pub(super) fn str_of(&mut self, value: Expr, span: Span) -> Result<Expr> {
        if value.ty.is_str() {
            return self.coerce(value, &Type::Str, span);
        }
        let shown = self.call_library("builtins/str", "str", vec![value], span)?;
        self.coerce(shown, &Type::Str, span)
    }

    /// `repr(value)`.
    pub(super) fn repr_of(&mut self, value: Expr, span: Span) -> Result<Expr> {
        let shown = self.call_library("builtins/repr", "repr", vec![value], span)?;
        self.coerce(shown, &Type::Str, span)
    }
}

/// A number or string compares with its like, or with an instance; a tuple with a tuple.
fn comparable(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (l, r) if l.is_str() => r.is_str() || matches!(r, Type::Instance(..)),
        (Type::Tuple(_), Type::Tuple(_)) => true,
        (Type::Tuple(_), _) => false,
        _ => true,
    }
}

pub(super) fn first(diagnostics: crate::diagnostic::Diagnostics) -> Box<Diagnostic> {
    Box::new(diagnostics.first().clone())
}

fn unsupported_operands(symbol: &str, left: &Type, right: &Type, span: Span) -> Box<Diagnostic> {
    let (left, right) = (left.widened(), right.widened());
    let message = format!("`{symbol}` is not supported between `{left}` and `{right}`");
    let mut diagnostic = Diagnostic::new(Code::TypeMismatch, span, message);
    if symbol == "+" && (left == Type::Str) != (right == Type::Str) {
        diagnostic = diagnostic.help("convert the number with `str(...)`, or use an f-string");
    }
    Box::new(diagnostic)
}

/// Folds what has the same value at compile time and at run time; errors are left to run time.
fn fold_binary(op: BinaryOp, a: &Const, b: &Const) -> Option<Const> {
    let int = |c: &Const| match c {
        Const::Int(i) => Some(*i),
        Const::Bool(b) => Some(i64::from(*b)),
        Const::Float(_) | Const::Str(_) => None,
    };
    let float = |c: &Const| match c {
        Const::Float(bits) => Some(f64::from_bits(*bits)),
        other => int(other).map(|i| i as f64),
    };
    if let (Const::Str(x), Const::Str(y)) = (a, b) {
        return match op {
            BinaryOp::Add if x.len() + y.len() <= 4096 => {
                let Const::Str(joined) = text_const(&format!("{x}{y}")) else { return None };
                Some(Const::Str(joined))
            }
            _ => None,
        };
    }
    if let (Some(x), Some(y)) = (int(a), int(b)) {
        if let (Const::Bool(p), Const::Bool(q)) = (a, b) {
            match op {
                BinaryOp::And => return Some(Const::Bool(*p && *q)),
                BinaryOp::Or => return Some(Const::Bool(*p || *q)),
                BinaryOp::Xor => return Some(Const::Bool(p != q)),
                _ => {}
            }
        }
        return match op {
            BinaryOp::Add => Some(Const::Int(x.wrapping_add(y))),
            BinaryOp::Sub => Some(Const::Int(x.wrapping_sub(y))),
            BinaryOp::Mul => Some(Const::Int(x.wrapping_mul(y))),
            BinaryOp::Div if y != 0 => Some(Const::Float((x as f64 / y as f64).to_bits())),
            BinaryOp::FloorDiv if y != 0 => {
                let (q, r) = (x.wrapping_div(y), x.wrapping_rem(y));
                Some(Const::Int(if r != 0 && (r < 0) != (y < 0) { q - 1 } else { q }))
            }
            BinaryOp::Mod if y != 0 => {
                let r = x.wrapping_rem(y);
                Some(Const::Int(if r != 0 && (r < 0) != (y < 0) { r + y } else { r }))
            }
            BinaryOp::Pow if (0..=512).contains(&y) => {
                Some(Const::Int((0..y).fold(1i64, |value, _| value.wrapping_mul(x))))
            }
            BinaryOp::LShift if (0..64).contains(&y) => Some(Const::Int(x.wrapping_shl(y as u32))),
            BinaryOp::RShift if (0..64).contains(&y) => Some(Const::Int(x >> y)),
            BinaryOp::And => Some(Const::Int(x & y)),
            BinaryOp::Or => Some(Const::Int(x | y)),
            BinaryOp::Xor => Some(Const::Int(x ^ y)),
            _ => None,
        };
    }
    let (x, y) = (float(a)?, float(b)?);
    let value = match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::Div if y != 0.0 => x / y,
        _ => return None,
    };
    Some(Const::Float(value.to_bits()))
}

fn text_const(text: &str) -> Const {
    match str_const(text).ty {
        Type::Const(constant) => constant,
        _ => Const::Bool(false),
    }
}

fn fold_compare(op: CompareOp, a: &Const, b: &Const) -> Option<bool> {
    use std::cmp::Ordering;
    let number = |c: &Const| match c {
        Const::Int(i) => Some(*i as f64),
        Const::Bool(b) => Some(f64::from(u8::from(*b))),
        Const::Float(bits) => Some(f64::from_bits(*bits)),
        Const::Str(_) => None,
    };
    let order = match (a, b) {
        (Const::Str(x), Const::Str(y)) => Some(x.as_ref().cmp(y.as_ref())),
        (Const::Int(x), Const::Int(y)) => Some(x.cmp(y)),
        _ => match (number(a), number(b)) {
            (Some(x), Some(y)) => x.partial_cmp(&y),
            _ => {
                return match op {
                    CompareOp::Eq => Some(false),
                    CompareOp::Ne => Some(true),
                    _ => None,
                };
            }
        },
    };
    Some(match op {
        CompareOp::Eq => order == Some(Ordering::Equal),
        CompareOp::Ne => order != Some(Ordering::Equal),
        CompareOp::Lt => order == Some(Ordering::Less),
        CompareOp::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        CompareOp::Gt => order == Some(Ordering::Greater),
        CompareOp::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        CompareOp::Is | CompareOp::IsNot | CompareOp::In | CompareOp::NotIn => return None,
    })
}
