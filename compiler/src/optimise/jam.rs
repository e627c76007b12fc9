//! Function in, function whose nests of two loops make several passes of the outer one at a time out
//! ("unroll and jam").
//!
//! `for k: f = a[k]; for j: c[j] += f * b[k, j]` reads and writes each `c[j]` once for four `k`;
//! `for c: s = 0; for d: s += g(p[d], q[c, d]); use s` has four sums going at a time, where one alone
//! waits for each addition. Each place and each sum still sees its operations in their order, so
//! floats keep every bit.
//!
//! The outer body must be plain assignments, one inner loop of assignments and stores whose range does
//! not change, and assignments and choices after it. What the first two assign must belong to one pass.
//! `nest` decides that, `overlap` makes the conditions under which no store of one pass meets what
//! a later pass reads; where they do not hold, one pass is made as it was.

mod nest;
mod overlap;

use self::nest::Nest;
use super::usage::{any_stmt, each_expr_mut, is_loop, relabel, size};
use crate::ir::build::{visit_bodies_mut, visit_stmts_mut};
use crate::ir::{Expr, Function, Local, Stmt, Ty};

/// Passes at a time.
const COPIES: i64 = 4;
/// Inner bodies up to this size are taken.
const MAX_INNER: usize = 70;
/// Outer bodies up to this size are taken.
const MAX_SIZE: usize = 140;
/// A function grows by no more than this.
const MAX_GROWTH: usize = 3000;

/// Jams the nests of one function.
pub(super) fn jam(function: &mut Function) {
    if !any_stmt(&function.body, &mut |stmt| is_loop(stmt)) {
        return;
    }
    let mut body = std::mem::take(&mut function.body);
    let mut budget = MAX_GROWTH;
    visit_bodies_mut(&mut body, &mut |stmts| {
        if !stmts.iter().any(is_loop) {
            return;
        }
        for stmt in std::mem::take(stmts) {
            let growth = COPIES as usize * size(std::slice::from_ref(&stmt));
            match Nest::of(&stmt).filter(|_| growth <= budget) {
                Some(nest) => {
                    budget -= growth;
                    let jammed = emit(&stmt, nest, function);
                    stmts.extend(jammed.unwrap_or_else(|| vec![stmt]));
                }
                None => stmts.push(stmt),
            }
        }
    });
    function.body = body;
}

/// The loop over groups of passes and single ones.
fn emit(stmt: &Stmt, nest: Nest<'_>, function: &mut Function) -> Option<Vec<Stmt>> {
    let Stmt::For { label, var, start, stop, body, .. } = stmt else { return None };
    let (label, var) = (*label, *var);
    let [end, ok] = [("end", Ty::I64), ("jam", Ty::I32)].map(|(name, ty)| function.new_local(ty, name));
    let checks = overlap::conditions(&nest, var, ok, COPIES, function);
    let mut jammed = passes(&nest, var, function);
    jammed.push(Stmt::set(var, Expr::from(var).i64_add(COPIES)));
    let mut single = body.clone();
    single.push(Stmt::set(var, Expr::from(var).i64_add(1i64)));
    let left = Expr::from(end).i64_sub(var);
    let mut pass = vec![
        Stmt::if_then(Expr::from(var).i64_ge_s(end), vec![Stmt::Break(label)]),
        // Less than the end, so that as an unsigned number the distance is exact.
        Stmt::set(ok, left.i64_ge_u(COPIES)),
    ];
    if !checks.is_empty() {
        pass.push(Stmt::if_then(ok, checks));
    }
    pass.push(Stmt::if_else(ok, jammed, single));
    let first = function.new_local(Ty::I64, "first");
    Some(vec![
        Stmt::Set(first, start.clone()),
        Stmt::Set(end, stop.clone()),
        Stmt::set(var, first),
        Stmt::Loop { label, body: pass },
    ])
}

/// The statements of several passes with one inner loop.
fn passes(nest: &Nest<'_>, var: Local, function: &mut Function) -> Vec<Stmt> {
    let (mut before, mut inner, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for k in 0..COPIES {
        let mut renamed: Vec<(Local, Local)> = Vec::new();
        // The last pass leaves what the original loop leaves.
        if k + 1 < COPIES {
            for &local in &nest.own {
                let name = function.locals[local.index()].name.clone();
                renamed.push((local, function.new_local(function.ty(local), &name)));
            }
        }
        let here = Expr::from(var).i64_add(k);
        let copy = |stmts: &[Stmt], out: &mut Vec<Stmt>| {
            let mut stmts = stmts.to_vec();
            rename(&mut stmts, &renamed, var, &here);
            out.extend(stmts);
        };
        copy(nest.before, &mut before);
        copy(nest.inner, &mut inner);
        copy(nest.after, &mut after);
    }
    if let Some(stored) = &nest.stored {
        forward(&mut inner, stored, function);
    }
    let mut jammed = before;
    let mut inner = vec![Stmt::For {
        label: nest.label,
        var: nest.var,
        start: nest.start.clone(),
        stop: nest.stop.clone(),
        step: 1,
        body: inner,
    }];
    relabel(&mut inner, function);
    jammed.extend(inner);
    relabel(&mut after, function);
    jammed.extend(after);
    jammed
}

/// Gives locals other names, and the variable of the outer loop its value in a pass.
fn rename(stmts: &mut [Stmt], renamed: &[(Local, Local)], var: Local, here: &Expr) {
    let new = |local: Local| renamed.iter().find(|(old, _)| *old == local).map(|(_, new)| *new);
    visit_stmts_mut(stmts, &mut |stmt| {
        for local in stmt.assigned_mut() {
            *local = new(*local).unwrap_or(*local);
        }
        each_expr_mut(stmt, &mut |e| {
            e.visit_mut(&mut |e| {
                if let Expr::Local(local) = e {
                    if *local == var {
                        *e = here.clone();
                    } else {
                        *local = new(*local).unwrap_or(*local);
                    }
                }
            });
        });
    });
}

/// Between the copies of an inner body, the stored value stays in a local, and only the last store is made.
fn forward(inner: &mut Vec<Stmt>, stored: &nest::Stored, function: &mut Function) {
    let per_copy = inner.len() / COPIES as usize;
    let mut value: Option<Local> = None;
    let mut out = Vec::with_capacity(inner.len());
    for (i, mut stmt) in std::mem::take(inner).into_iter().enumerate() {
        let (copy, at) = (i / per_copy, i % per_copy);
        if stored.loads.contains(&at)
            && let (Stmt::Set(_, e), Some(value)) = (&mut stmt, value)
        {
            *e = value.into();
        }
        match stmt {
            Stmt::Store { value: new, .. } if copy + 1 < COPIES as usize => {
                let kept = function.new_local(stored.mem.ty(), "kept");
                out.push(Stmt::Set(kept, new));
                value = Some(kept);
            }
            other => {
                if matches!(other, Stmt::Store { .. }) {
                    // What follows in the last copy loads what is stored now.
                    value = None;
                }
                out.push(other);
            }
        }
    }
    *inner = out;
}
