//! The parts of a statement and of an expression, one level down. Ast -> calls of a visitor.

use std::sync::Arc;

use crate::ast::{self, ExprKind, StmtKind};

/// A part of a statement.
pub(super) enum Part<'a> {
    /// An expression that it evaluates or assigns.
    Expr(&'a ast::Expr),
    /// Statements inside it.
    Block(&'a [ast::Stmt]),
    /// The function that it defines.
    Function(&'a Arc<ast::Function>),
}

/// Calls `f` on the parts of a statement from left to right. Classes have none: they are the library's, and
/// what their methods read is looked up when they are used.
pub(super) fn each_part<'a>(stmt: &'a ast::Stmt, f: &mut dyn FnMut(Part<'a>)) {
    match &stmt.kind {
        StmtKind::Expr(e) | StmtKind::Raise(e) | StmtKind::Return(Some(e)) => f(Part::Expr(e)),
        StmtKind::Assign { targets, value } => {
            targets.iter().for_each(|t| f(Part::Expr(t)));
            f(Part::Expr(value));
        }
        StmtKind::AugAssign { target, value, .. } => {
            f(Part::Expr(target));
            f(Part::Expr(value));
        }
        StmtKind::AnnAssign { value, .. } => value.iter().for_each(|v| f(Part::Expr(v))),
        StmtKind::If { test, body, orelse } | StmtKind::While { test, body, orelse } => {
            f(Part::Expr(test));
            f(Part::Block(body));
            f(Part::Block(orelse));
        }
        StmtKind::For { target, iter, body, orelse } => {
            f(Part::Expr(target));
            f(Part::Expr(iter));
            f(Part::Block(body));
            f(Part::Block(orelse));
        }
        StmtKind::Assert { test, message } => {
            f(Part::Expr(test));
            message.iter().for_each(|m| f(Part::Expr(m)));
        }
        StmtKind::Function(def) => f(Part::Function(def)),
        _ => {}
    }
}

/// Calls `f` on the direct sub-expressions of `e` (lambdas have none).
pub(super) fn each_child(e: &ast::Expr, f: &mut dyn FnMut(&ast::Expr)) {
    match &e.kind {
        ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_)
        | ExprKind::Name(_)
        | ExprKind::Lambda(_) => {}
        ExprKind::FString(parts) => {
            for part in parts {
                if let ast::FStringPart::Value { value, .. } = part {
                    f(value);
                }
            }
        }
        ExprKind::Attribute { value, .. }
        | ExprKind::Starred(value)
        | ExprKind::Unary { operand: value, .. } => f(value),
        ExprKind::Subscript { value, index } => {
            f(value);
            f(index);
        }
        ExprKind::Slice { start, stop, step } => {
            [start, stop, step].into_iter().flatten().for_each(|e| f(e));
        }
        ExprKind::Call { func, args, keywords } => {
            f(func);
            args.iter().for_each(&mut *f);
            keywords.iter().for_each(|(_, v)| f(v));
        }
        ExprKind::Binary { left, right, .. } => {
            f(left);
            f(right);
        }
        ExprKind::Compare { left, rights, .. } => {
            f(left);
            rights.iter().for_each(f);
        }
        ExprKind::BoolOp { values: items, .. } | ExprKind::Tuple(items) | ExprKind::List(items) => {
            items.iter().for_each(f);
        }
        ExprKind::IfExp { test, body, orelse } => {
            f(test);
            f(body);
            f(orelse);
        }
        ExprKind::ListComp { element, generators } => {
            for generator in generators {
                f(&generator.target);
                f(&generator.iter);
                generator.ifs.iter().for_each(&mut *f);
            }
            f(element);
        }
    }
}
