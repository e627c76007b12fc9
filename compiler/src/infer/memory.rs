//! What the typed program takes of the memory for compiling: statements as they are made in, charges out. Every round
//! of a loop and every copy for a unit is paid for; nothing is given back.

use super::{Result, Session, Walker};
use crate::budget::{CompileLimit, charges};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Function, Local, Stmt};
use crate::types::Type;

impl Walker<'_, '_> {
    /// Pays for statements that were made, and for locals that came with them. What is inside them was made by
    /// blocks of its own, which have paid.
    pub(super) fn pay(&mut self, made: &[Stmt], span: Span) -> Result<()> {
        let new = &self.frame.locals[self.frame.paid..];
        let bytes = made.iter().map(own).sum::<u64>() + locals(new);
        self.frame.paid = self.frame.locals.len();
        self.session.pay(bytes, span)
    }
}

impl Session<'_> {
    /// Pays for a copy of a function.
    pub(super) fn pay_for(&mut self, function: &Function) -> Result<()> {
        let span = function.positions.first().copied().unwrap_or_default();
        self.pay(all(&function.body) + locals(&function.locals), span)
    }

    fn pay(&mut self, bytes: u64, span: Span) -> Result<()> {
        let before = self.resolver.account.memory;
        self.resolver.account.memory = before.saturating_add(bytes);
        let used = usize::try_from(self.resolver.account.memory).unwrap_or(usize::MAX);
        self.within(CompileLimit::Memory, used, span, "the program takes too much memory to compile")
    }
}

fn locals(locals: &[Local]) -> u64 {
    locals.iter().map(|local| charges::VARIABLE + width(&local.ty)).sum()
}

/// What a type is charged that is more than one value.
fn width(ty: &Type) -> u64 {
    match ty {
        Type::Tuple(_) | Type::Func(..) | Type::Instance(..) | Type::Method(..) => {
            ty.size() as u64 * charges::TYPE_NODE
        }
        _ => 0,
    }
}

fn all(stmts: &[Stmt]) -> u64 {
    let inside = |stmt: &Stmt| match stmt {
        Stmt::If { then, orelse, .. } => all(then) + all(orelse),
        Stmt::While { body, .. } | Stmt::For { body, .. } | Stmt::Block { body, .. } => all(body),
        _ => 0,
    };
    stmts.iter().map(|stmt| own(stmt) + inside(stmt)).sum()
}

/// A statement and its expressions, without the statements in its blocks.
fn own(stmt: &Stmt) -> u64 {
    charges::TYPED
        + match stmt {
            Stmt::Assign(_, e) | Stmt::Expr(e) | Stmt::Return(e) | Stmt::SetVariable(_, e) => expr(e),
            Stmt::If { test, .. } | Stmt::While { test, .. } => expr(test),
            Stmt::For { start, stop, .. } => expr(start) + expr(stop),
            Stmt::Raise { message, .. } => message.as_ref().map_or(0, expr),
            Stmt::SetField { object, value, .. } => expr(object) + expr(value),
            Stmt::Block { .. } | Stmt::Break(_) | Stmt::Continue(_) => 0,
        }
}

fn expr(e: &Expr) -> u64 {
    charges::TYPED
        + width(&e.ty)
        + match &e.kind {
            ExprKind::Unit
            | ExprKind::Const(_)
            | ExprKind::Local(_)
            | ExprKind::Variable(_)
            | ExprKind::CheckedLocal { .. } => 0,
            ExprKind::Aggregate(items) | ExprKind::New(items) => items.iter().map(expr).sum(),
            ExprKind::Part(inner, _) | ExprKind::Field(inner, _) | ExprKind::Unary(_, inner) => expr(inner),
            ExprKind::Binary(_, a, b) | ExprKind::Logic { left: a, right: b, .. } => expr(a) + expr(b),
            ExprKind::IfExp { test, then, orelse } => expr(test) + expr(then) + expr(orelse),
            ExprKind::Block(stmts, value) => all(stmts) + expr(value),
            ExprKind::Call { args, .. }
            | ExprKind::CallEntry { args, .. }
            | ExprKind::Intrinsic { args, .. } => args.iter().map(expr).sum(),
            ExprKind::TableGet { index, .. } => expr(index),
        }
}
