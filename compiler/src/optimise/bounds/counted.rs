//! `while` loops that count.

use crate::ir::{BinOp, Expr, Label, Local, Stmt, UnOp};
use crate::optimise::usage::any_stmt;

/// `loop { if !(var < limit) break; ...; var += step; ... }`
pub(super) struct Counted<'a> {
    pub(super) var: Local,
    pub(super) limit: &'a Expr,
    /// The test is `<=`.
    pub(super) inclusive: bool,
    pub(super) step: &'a Expr,
}

impl<'a> Counted<'a> {
    /// Recognises one.
    pub(super) fn of(label: Label, body: &'a [Stmt]) -> Option<Counted<'a>> {
        let (Stmt::If { cond, then, orelse }, rest) = body.split_first()? else { return None };
        let leaves = |stmts: &[Stmt]| matches!(stmts, [Stmt::Break(l)] if *l == label);
        let (test, rest) = match (leaves(then), leaves(orelse)) {
            (true, false) => (Test::of(cond, true)?, if orelse.is_empty() { rest } else { orelse }),
            (false, true) => (Test::of(cond, false)?, if then.is_empty() { rest } else { then }),
            _ => return None,
        };
        let mut step = None;
        for stmt in rest {
            match stmt {
                Stmt::Set(local, Expr::Binary(BinOp::I64Add, a, b)) if *local == test.var => {
                    if **a != Expr::Local(test.var) || step.is_some() {
                        return None;
                    }
                    step = Some(&**b);
                }
                _ => {
                    let sets = |stmt: &Stmt| stmt.assigned().contains(&test.var);
                    if any_stmt(std::slice::from_ref(stmt), &mut |stmt| sets(stmt)) {
                        return None;
                    }
                }
            }
        }
        Some(Counted { var: test.var, limit: test.limit, inclusive: test.inclusive, step: step? })
    }
}

struct Test<'a> {
    var: Local,
    limit: &'a Expr,
    inclusive: bool,
}

impl<'a> Test<'a> {
    /// The condition to go on, from the condition (to leave, if `negated`).
    fn of(cond: &'a Expr, negated: bool) -> Option<Test<'a>> {
        let (op, a, b) = match cond {
            Expr::Unary(UnOp::I32Eqz, inner) => return Test::of(inner, !negated),
            Expr::Binary(op, a, b) => (*op, &**a, &**b),
            _ => return None,
        };
        let (var, limit, inclusive) = match (op, negated) {
            (BinOp::I64LtS, false) | (BinOp::I64GeS, true) => (a, b, false),
            (BinOp::I64LeS, false) | (BinOp::I64GtS, true) => (a, b, true),
            (BinOp::I64GtS, false) | (BinOp::I64LeS, true) => (b, a, false),
            (BinOp::I64GeS, false) | (BinOp::I64LtS, true) => (b, a, true),
            _ => return None,
        };
        Some(Test { var: var.as_local()?, limit, inclusive })
    }
}
