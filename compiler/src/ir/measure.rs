//! How large code is, in operations: statements and nodes of their expressions. Counted while code is made, between the
//! passes, and when it is judged by the budget, so it must be the same count everywhere.

use super::build::visit_stmts;
use super::{Expr, Function, Stmt};
use crate::budget::charges;

/// Calls `f` with the statement's own expressions.
pub fn each_expr<'a>(stmt: &'a Stmt, f: &mut impl FnMut(&'a Expr)) {
    match stmt {
        Stmt::Set(_, e) | Stmt::SetGlobal(_, e) | Stmt::Retain(e) | Stmt::Charge(e) => f(e),
        Stmt::If { cond: e, .. } | Stmt::Release { value: e, .. } | Stmt::MemoryGrow { pages: e, .. } => f(e),
        Stmt::Block { .. } | Stmt::Loop { .. } | Stmt::Break(_) | Stmt::Continue(_) => {}
        _ => stmt.exprs().into_iter().for_each(f),
    }
}

/// Operations of one statement, without the statements in it.
pub fn own_size(stmt: &Stmt) -> usize {
    let mut n = 1;
    each_expr(stmt, &mut |e| n += e.size());
    n
}

/// Operations of these statements and of those in them.
pub fn size(stmts: &[Stmt]) -> usize {
    let mut n = 0;
    visit_stmts(stmts, &mut |stmt| n += own_size(stmt));
    n
}

/// Bytes of memory that a function is charged for.
pub fn charge(function: &Function) -> u64 {
    charge_of(size(&function.body) as u64, function.locals.len())
}

/// Bytes of memory that so many operations and locals are charged for.
pub fn charge_of(operations: u64, locals: usize) -> u64 {
    operations
        .saturating_mul(charges::OPERATION)
        .saturating_add((locals as u64).saturating_mul(charges::LOCAL))
}
