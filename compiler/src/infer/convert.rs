//! Joins of types and conversions of values.

use super::{Result, Walker, str_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::UnOp;
use crate::source::Span;
use crate::typed::{Expr, ExprKind};
use crate::types::{Const, Type};

impl Walker<'_, '_> {
    /// The smallest type that holds values of both, if there is one. Binds type variables.
    pub(super) fn join(&mut self, a: &Type, b: &Type) -> Option<Type> {
        if a == b {
            return Some(self.session.shallow(a));
        }
        let (a, b) = (self.session.shallow(a), self.session.shallow(b));
        if a == b {
            return Some(a);
        }
        match (&a, &b) {
            (Type::Never, t) | (t, Type::Never) => Some(t.clone()),
            (Type::Var(id), t) | (t, Type::Var(id)) => {
                let t = t.widened();
                self.session.vars[*id as usize] = Some(t.clone());
                Some(t)
            }
            (Type::Const(_), _) => self.join(&a.widened(), &b),
            (_, Type::Const(_)) => self.join(&a, &b.widened()),
            (Type::Bool | Type::Int, Type::Int) | (Type::Int, Type::Bool) => Some(Type::Int),
            (Type::Bool | Type::Int | Type::Float, Type::Float) | (Type::Float, Type::Bool | Type::Int) => {
                Some(Type::Float)
            }
            (Type::Str | Type::Dataset(_), Type::Str | Type::Dataset(_)) => Some(Type::Str),
            (Type::Tuple(x), Type::Tuple(y)) if x.len() == y.len() => {
                let items: Option<Vec<Type>> = x.iter().zip(y.iter()).map(|(s, t)| self.join(s, t)).collect();
                items.map(Type::tuple)
            }
            (Type::Instance(c, x), Type::Instance(d, y)) if c == d && x.len() == y.len() => {
                let mut fields = Vec::new();
                for (s, t) in x.iter().zip(y.iter()) {
                    // A heap object's fields keep their types; only unknown ones can be filled in.
                    let joined = self.join(s, t)?;
                    if c.heap && self.session.resolve(s).is_closed() && self.session.resolve(s) != joined {
                        return None;
                    }
                    fields.push(joined);
                }
                Some(Type::Instance(c.clone(), fields.into()))
            }
            (Type::TypeValue(x), Type::TypeValue(y)) => {
                let (x, y) = (self.session.resolve(x), self.session.resolve(y));
                match (&x, &y) {
                    (Type::Var(_), _) | (_, Type::Var(_)) => {
                        self.join(&x, &y).map(|t| Type::TypeValue(Box::new(t)))
                    }
                    (Type::Instance(..), Type::Instance(..)) => {
                        let joined = self.join(&x, &y)?;
                        Some(Type::TypeValue(Box::new(joined)))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// True if `coerce` will succeed without loss.
    pub(super) fn can_coerce(&mut self, from: &Type, to: &Type) -> bool {
        let (from, to) = (self.session.resolve(from), self.session.resolve(to));
        if from == to || from == Type::Never {
            return true;
        }
        self.join(&from, &to).is_some_and(|joined| self.session.resolve(&joined) == self.session.resolve(&to))
    }

    /// Converts a value to a type that includes its own.
    pub(super) fn coerce(&mut self, value: Expr, to: &Type, span: Span) -> Result<Expr> {
        let (from, to) = (self.session.resolve(&value.ty), self.session.resolve(to));
        if from == to {
            return Ok(Expr { ty: to, ..value });
        }
        match (&from, &to) {
            (Type::Never, _) => Ok(Expr { kind: value.kind, ty: Type::Never }),
            (_, Type::Var(_)) | (Type::Var(_), _) => {
                if self.join(&from, &to).is_some() {
                    let to = self.session.resolve(&to);
                    return self.coerce(value, &to, span);
                }
                Err(self.mismatch(&from, &to, span))
            }
            (Type::Const(c), _) => {
                let value = self.materialise_const(value, c.clone());
                self.coerce(value, &to, span)
            }
            (Type::Bool, Type::Int) => Ok(unary(UnOp::I64ExtendI32U, value, Type::Int)),
            (Type::Int, Type::Float) => Ok(unary(UnOp::F64ConvertI64S, value, Type::Float)),
            (Type::Bool, Type::Float) => {
                let int = unary(UnOp::I64ExtendI32U, value, Type::Int);
                Ok(unary(UnOp::F64ConvertI64S, int, Type::Float))
            }
            (Type::Dataset(_), Type::Str) => Ok(Expr { kind: value.kind, ty: Type::Str }),
            (Type::Tuple(have), Type::Tuple(want)) if have.len() == want.len() => {
                self.coerce_parts(value, have, want, Type::Tuple(want.clone()), span)
            }
            (Type::Instance(c, have), Type::Instance(d, want)) if c == d && !c.heap => {
                self.coerce_parts(value, have, want, Type::Instance(c.clone(), want.clone()), span)
            }
            (Type::Instance(..), Type::Instance(..)) if self.join(&from, &to).is_some() => {
                let to = self.session.resolve(&to);
                Ok(Expr { kind: value.kind, ty: to })
            }
            _ => Err(self.mismatch(&from, &to, span)),
        }
    }

    fn coerce_parts(
        &mut self,
        value: Expr,
        have: &[Type],
        want: &[Type],
        ty: Type,
        span: Span,
    ) -> Result<Expr> {
        if let ExprKind::Aggregate(parts) = value.kind {
            let parts: Result<Vec<Expr>> =
                parts.into_iter().zip(want).map(|(p, t)| self.coerce(p, t, span)).collect();
            return Ok(Expr { kind: ExprKind::Aggregate(parts?), ty });
        }
        let mut stmts = Vec::new();
        let temp = self.temp(value, "parts", &mut stmts);
        let mut parts = Vec::new();
        for (i, t) in want.iter().enumerate() {
            let part = Expr { kind: ExprKind::Part(Box::new(temp.clone()), i), ty: have[i].clone() };
            parts.push(self.coerce(part, t, span)?);
        }
        let aggregate = Expr { kind: ExprKind::Aggregate(parts), ty: ty.clone() };
        Ok(if stmts.is_empty() {
            aggregate
        } else {
            Expr { kind: ExprKind::Block(stmts, Box::new(aggregate)), ty }
        })
    }

    /// A constant type's value at run time; effects of the expression are kept.
    fn materialise_const(&mut self, value: Expr, constant: Const) -> Expr {
        let literal = Expr::constant(constant);
        if matches!(value.kind, ExprKind::Unit | ExprKind::Const(_) | ExprKind::Local(_) | ExprKind::Part(..))
        {
            return literal;
        }
        let ty = literal.ty.clone();
        Expr { kind: ExprKind::Block(vec![crate::typed::Stmt::Expr(value)], Box::new(literal)), ty }
    }

    /// The value at run time: constants become ordinary values.
    pub(super) fn widen(&mut self, value: Expr, span: Span) -> Result<Expr> {
        let to = self.session.resolve(&value.ty).widened();
        self.coerce(value, &to, span)
    }

    pub(super) fn mismatch(&mut self, from: &Type, to: &Type, span: Span) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::new(Code::TypeMismatch, span, format!("expected `{to}`, found `{from}`"))
                .label(format!("this is `{from}`")),
        )
    }
}

/// A primitive with one operand.
pub(super) fn unary(op: UnOp, value: Expr, ty: Type) -> Expr {
    Expr { kind: ExprKind::Unary(op, Box::new(value)), ty }
}

/// A primitive with two operands.
pub(super) fn binary(op: crate::ir::BinOp, left: Expr, right: Expr, ty: Type) -> Expr {
    Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), ty }
}

/// What is left of an operation one of whose operands does not return: the operands before it, and it.
pub(super) fn never(parts: Vec<Expr>) -> Expr {
    let plain = |e: &Expr| matches!(e.kind, ExprKind::Unit | ExprKind::Const(_) | ExprKind::Local(_));
    let stmts: Vec<_> = parts.into_iter().filter(|e| !plain(e)).map(crate::typed::Stmt::Expr).collect();
    super::expr::wrap(stmts, Expr::unit(Type::Never))
}

/// A value known at compile time.
pub(super) fn const_expr(value: Const) -> Expr {
    Expr::unit(Type::Const(value))
}

/// The compile-time `bool`.
pub(super) fn bool_const(value: bool) -> Expr {
    const_expr(Const::Bool(value))
}

/// The compile-time `str`.
pub(super) fn str_const(text: &str) -> Expr {
    Expr::unit(str_type(text))
}
