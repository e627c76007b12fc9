//! Function in, function in which what a local holds already is not computed or loaded again out.
//!
//! `t = load[a]; u = load[a]` becomes `t = load[a]; u = t`. Cranelift does this too, but later: here it
//! shows that `x[i] * x[i]` is a square, so that the check before a square root goes. A forward walk
//! remembers assignments until what they read changes; `alias` says what a store changes.

use super::alias::{Field, Writes};
use super::usage::{any_stmt, each_expr_mut, is_loop};
use crate::ir::build::for_each_assigned_local;
use crate::ir::{BinOp, Expr, Function, Local, Stmt, UnOp};

/// So many assignments are remembered.
const REMEMBERED: usize = 24;
/// Larger values are not remembered.
const MAX_SIZE: usize = 24;
/// How far a value is followed to see that it is not negative.
const MAX_DEPTH: usize = 8;

/// Removes repetitions in one function.
pub(super) fn repeat(function: &mut Function) {
    // Elsewhere it is not worth its time.
    if any_stmt(&function.body, &mut is_loop) {
        Known::default().body(&mut function.body);
    }
}

#[derive(Clone, Default)]
struct Known {
    /// Locals with what they hold.
    held: Vec<(Local, Expr)>,
    /// Locals that equal an earlier one.
    same: Vec<(Local, Local)>,
}

impl Known {
    fn body(&mut self, stmts: &mut [Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &mut Stmt) {
        each_expr_mut(stmt, &mut |e| self.expr(e));
        if let Stmt::Set(local, value) = stmt {
            self.set(*local, value);
            return;
        }
        if let Stmt::If { cond, .. } | Stmt::Check { cond, .. } = stmt {
            self.decide(cond);
        }
        match stmt {
            Stmt::Loop { .. } | Stmt::For { .. } => {
                self.forget(stmt);
                for body in stmt.bodies_mut() {
                    self.clone().body(body);
                }
            }
            Stmt::If { .. } | Stmt::Block { .. } => {
                for body in stmt.bodies_mut() {
                    self.clone().body(body);
                }
                self.forget(stmt);
            }
            _ => self.forget(stmt),
        }
    }

    fn set(&mut self, local: Local, value: &mut Expr) {
        let repeated = self.held.iter().find(|(_, held)| held == value).map(|(known, _)| *known);
        if repeated == Some(local) {
            *value = local.into();
            return;
        }
        self.forget_local(local);
        match repeated {
            Some(known) => {
                *value = known.into();
                self.same.push((local, known));
            }
            None => {
                let worth = matches!(value, Expr::Unary(..) | Expr::Binary(..) | Expr::Load { .. });
                if worth && value.size() <= MAX_SIZE && !value.reads_local(local) && !value.reads_globals() {
                    if self.held.len() == REMEMBERED {
                        self.held.remove(0);
                    }
                    self.held.push((local, value.clone()));
                }
            }
        }
    }

    fn expr(&self, e: &mut Expr) {
        if self.same.is_empty() {
            return;
        }
        e.visit_mut(&mut |e| {
            if let Expr::Local(local) = e
                && let Some((_, known)) = self.same.iter().find(|(l, _)| l == local)
            {
                *e = Expr::Local(*known);
            }
        });
    }

    fn forget_local(&mut self, local: Local) {
        self.held.retain(|(known, value)| *known != local && !value.reads_local(local));
        self.same.retain(|(a, b)| *a != local && *b != local);
    }

    /// Forgets what a statement with all that is in it may change.
    fn forget(&mut self, stmt: &Stmt) {
        if self.held.is_empty() && self.same.is_empty() {
            return;
        }
        let stmts = std::slice::from_ref(stmt);
        for_each_assigned_local(stmts, &mut |local| self.forget_local(local));
        let writes = Writes::of(stmts);
        self.held.retain(|(_, value)| {
            !value.any(&mut |e| match e {
                Expr::Load { mem, .. } => match Field::of(e) {
                    Some(field) => writes.change_field(&field),
                    None => writes.change_raw(*mem),
                },
                // Growth is no write, but rare.
                Expr::MemorySize => true,
                _ => false,
            })
        });
    }

    /// A test for less than zero of what cannot be.
    fn decide(&self, cond: &mut Expr) {
        if let Expr::Binary(BinOp::F64Lt, x, zero) = cond
            && zero.as_f64() == Some(0.0)
            && self.not_negative(x, MAX_DEPTH)
        {
            *cond = Expr::I32(0);
        }
    }

    /// Whether a float is not less than zero: NaN, a zero of either sign, or greater.
    fn not_negative(&self, e: &Expr, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        let sure = |e: &Expr| self.not_negative(e, depth - 1);
        match e {
            Expr::F64(bits) => f64::from_bits(*bits) >= 0.0,
            Expr::Local(local) => self.held.iter().any(|(known, value)| known == local && sure(value)),
            Expr::Unary(UnOp::F64Abs | UnOp::F64Sqrt, _) => true,
            Expr::Binary(BinOp::F64Mul, a, b) if a == b => true,
            Expr::Binary(BinOp::F64Mul | BinOp::F64Add | BinOp::F64Div, a, b) => sure(a) && sure(b),
            _ => false,
        }
    }
}
