//! Function in, function whose innermost loops have the fixed parts of addresses computed before them out.
//!
//! `base + (i * columns + j) * 8` in a loop over `j` becomes `row + j * 8` with `row = base + i * columns *
//! 8`: what moves is then the same for many arrays, and the loop keeps one register for each of them.
//! Addresses are sums modulo 2^32, so that the parts may be added in any order. Cranelift hoists as well,
//! but it takes sums as they are.

use super::alias::is_invariant;
use super::usage::{LocalSet, any_stmt, assigned_in, each_expr_mut, is_loop};
use crate::ir::build::{visit_bodies_mut, visit_stmts_mut};
use crate::ir::{BinOp, Expr, Function, Local, Stmt, Ty, UnOp};

/// No more than this many values of one loop: each takes a register or a stack slot.
const MAX_ROWS: usize = 12;
/// Addresses larger than this are left alone.
const MAX_SIZE: usize = 40;

/// Splits the addresses of one function.
pub(super) fn rows(function: &mut Function) {
    let mut body = std::mem::take(&mut function.body);
    visit_bodies_mut(&mut body, &mut |stmts| {
        if stmts.iter().any(is_innermost) {
            for mut stmt in std::mem::take(stmts) {
                if is_innermost(&stmt) {
                    split_loop(&mut stmt, function, stmts);
                }
                stmts.push(stmt);
            }
        }
    });
    function.body = body;
}

fn is_innermost(stmt: &Stmt) -> bool {
    is_loop(stmt) && !stmt.bodies().any(|body| any_stmt(body, &mut is_loop))
}

fn split_loop(stmt: &mut Stmt, function: &mut Function, before: &mut Vec<Stmt>) {
    let var = if let Stmt::For { var, .. } = stmt { Some(*var) } else { None };
    let (Stmt::Loop { body, .. } | Stmt::For { body, .. }) = stmt else { return };
    let mut assigned = assigned_in(body);
    var.map(|var| assigned.insert(var));
    let mut rows: Vec<(Expr, Local)> = Vec::new();
    visit_stmts_mut(body, &mut |stmt| {
        each_expr_mut(stmt, &mut |e| {
            e.visit_mut(&mut |e| {
                let Some((fixed, moving)) = address(e, &assigned) else { return };
                let known = rows.iter().find(|(known, _)| *known == fixed).map(|(_, row)| *row);
                let row = match known {
                    Some(row) => row,
                    None if rows.len() == MAX_ROWS => return,
                    None => {
                        let row = function.new_local(Ty::I32, "row");
                        rows.push((fixed.clone(), row));
                        before.push(Stmt::Set(row, fixed));
                        row
                    }
                };
                *e = match moving {
                    Some(moving) => Expr::from(row).i32_add(moving.i32_wrap()),
                    None => row.into(),
                };
            });
        });
    });
}

/// An address as a part that does not change in the loop, if computing it takes anything, and the rest.
fn address(e: &Expr, assigned: &LocalSet) -> Option<(Expr, Option<Expr>)> {
    let Expr::Binary(BinOp::I32Add, base, index) = e else { return None };
    let Expr::Unary(UnOp::I32WrapI64, index) = &**index else { return None };
    if !is_invariant(base, assigned) || e.size() > MAX_SIZE {
        return None;
    }
    let Parts { fixed, moving, constant } = Parts::of(index, assigned);
    let mut fixed = (**base).clone().i32_add(fixed?.i32_wrap());
    // A constant stays with what moves, where `offset` finds it.
    let moving = match moving {
        Some(moving) if constant != 0 => Some(moving.i64_add(constant)),
        None if constant != 0 => {
            fixed = fixed.i32_add(constant as i32);
            None
        }
        other => other,
    };
    Some((fixed, moving))
}

/// An integer as a sum, modulo 2^64.
struct Parts {
    fixed: Option<Expr>,
    moving: Option<Expr>,
    constant: i64,
}

impl Parts {
    fn of(e: &Expr, assigned: &LocalSet) -> Parts {
        match e {
            Expr::I64(constant) => return Parts { fixed: None, moving: None, constant: *constant },
            Expr::Binary(op @ (BinOp::I64Add | BinOp::I64Sub), a, b) => {
                let (a, b) = (Parts::of(a, assigned), Parts::of(b, assigned));
                let both = |a: Option<Expr>, b: Option<Expr>| match (a, b) {
                    (Some(a), Some(b)) => Some(Expr::bin(*op, a, b)),
                    (None, Some(b)) if *op == BinOp::I64Sub => Some(Expr::I64(0).i64_sub(b)),
                    (a, b) => a.or(b),
                };
                let constant = match op {
                    BinOp::I64Add => a.constant.wrapping_add(b.constant),
                    _ => a.constant.wrapping_sub(b.constant),
                };
                return Parts { fixed: both(a.fixed, b.fixed), moving: both(a.moving, b.moving), constant };
            }
            Expr::Binary(op @ (BinOp::I64Mul | BinOp::I64Shl), a, b) => {
                if let Some(factor) = factor(*op, b) {
                    let a = Parts::of(a, assigned);
                    let scale = |part: Option<Expr>| part.map(|part| Expr::bin(*op, part, (**b).clone()));
                    let constant = a.constant.wrapping_mul(factor);
                    return Parts { fixed: scale(a.fixed), moving: scale(a.moving), constant };
                }
            }
            _ => {}
        }
        if is_invariant(e, assigned) {
            Parts { fixed: Some(e.clone()), moving: None, constant: 0 }
        } else {
            Parts { fixed: None, moving: Some(e.clone()), constant: 0 }
        }
    }
}

/// By what a multiplication or shift multiplies, if that is known.
fn factor(op: BinOp, by: &Expr) -> Option<i64> {
    match (op, by.as_i64()?) {
        (BinOp::I64Mul, factor) => Some(factor),
        (_, shift @ 0..64) => Some(1 << shift),
        _ => None,
    }
}
