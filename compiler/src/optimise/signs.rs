//! Function in, function whose innermost loops need fewer corrections for negative numbers out.
//!
//! Python's `%` and `//` round towards minus infinity, the machine's towards zero; the difference is a
//! branch. For a loop whose variable and whose fixed values lie in `0 .. 2^31` the sign of many
//! expressions is known. A condition before the loop decides between a copy that relies on it and the
//! original.

use super::alias::is_invariant;
use super::range::all_of;
use super::usage::{LocalSet, any_stmt, assigned_in, relabel, size};
use crate::ir::build::{for_each_assigned_local, visit_bodies_mut};
use crate::ir::{BinOp, Expr, Function, Local, Stmt, Ty, UnOp};

/// Bits of the values that the condition allows.
const BITS: u32 = 31;
/// Bits of values that are certainly exact.
const MAX_BITS: u32 = 62;
/// Loops up to this size are copied.
const MAX_SIZE: usize = 120;
/// So many fixed values may be asked for.
const MAX_FIXED: usize = 4;

/// Versions loops of one function.
pub(super) fn signs(function: &mut Function) {
    let mut body = std::mem::take(&mut function.body);
    visit_bodies_mut(&mut body, &mut |stmts| {
        if !stmts.iter().any(|stmt| matches!(stmt, Stmt::For { .. })) {
            return;
        }
        for stmt in std::mem::take(stmts) {
            match version(&stmt, function) {
                Some((condition, mut fast)) => {
                    relabel(&mut fast, function);
                    stmts.push(Stmt::if_else(condition, fast, vec![stmt]));
                }
                None => stmts.push(stmt),
            }
        }
    });
    function.body = body;
}

/// The condition, and the loop that relies on it.
fn version(stmt: &Stmt, function: &Function) -> Option<(Expr, Vec<Stmt>)> {
    let Stmt::For { label, var, start, stop, step, body } = stmt else { return None };
    let test = |stmt: &Stmt| matches!(stmt, Stmt::If { cond, .. } if tests_sign(cond));
    let plain = |stmt: &Stmt| matches!(stmt, Stmt::Set(..) | Stmt::If { .. } | Stmt::Store { .. });
    if *step < 1
        || size(body) > MAX_SIZE
        || !any_stmt(body, &mut |stmt| test(stmt))
        || any_stmt(body, &mut |stmt| !plain(stmt))
    {
        return None;
    }
    let mut assigned = assigned_in(body);
    assigned.insert(*var);
    let mut signs = Signs { function, assigned, known: vec![(*var, BITS)], fixed: Vec::new(), found: 0 };
    let mut fast = body.clone();
    signs.body(&mut fast);
    if signs.found == 0 || signs.fixed.len() > MAX_FIXED {
        return None;
    }
    let limit = 1i64 << BITS;
    let mut conditions = vec![stop.clone().i64_le_s(limit)];
    match start.as_i64() {
        Some(start) if start >= 0 => {}
        Some(_) => return None,
        None => conditions.push(start.clone().i64_ge_s(0i64)),
    }
    conditions.extend(signs.fixed.iter().map(|local| Expr::from(*local).i64_lt_u(limit)));
    let fast = Stmt::For {
        label: *label,
        var: *var,
        start: start.clone(),
        stop: stop.clone(),
        step: *step,
        body: fast,
    };
    Some((all_of(conditions), vec![fast]))
}

fn tests_sign(cond: &Expr) -> bool {
    cond.any(&mut |e| matches!(e, Expr::Binary(BinOp::I64LtS, _, zero) if zero.as_i64() == Some(0)))
}

struct Signs<'a> {
    function: &'a Function,
    /// By the loop.
    assigned: LocalSet,
    /// Locals that are not negative and have at most so many bits.
    known: Vec<(Local, u32)>,
    /// Fixed locals of which that is required.
    fixed: Vec<Local>,
    /// How many tests were decided.
    found: usize,
}

impl Signs<'_> {
    fn body(&mut self, stmts: &mut Vec<Stmt>) {
        for mut stmt in std::mem::take(stmts) {
            match &mut stmt {
                Stmt::Set(local, value) => {
                    let bits = self.bits(value);
                    self.known.retain(|(known, _)| known != local);
                    self.known.extend(bits.map(|bits| (*local, bits)));
                }
                Stmt::If { cond, then, orelse } => {
                    self.decide(cond);
                    if *cond == Expr::I32(0) {
                        self.body(orelse);
                        stmts.append(orelse);
                        continue;
                    }
                    for body in [&mut *then, orelse] {
                        let before = self.known.clone();
                        self.body(body);
                        self.known = before;
                    }
                    for body in [&*then, &*orelse] {
                        for_each_assigned_local(body, &mut |local| self.known.retain(|(l, _)| *l != local));
                    }
                }
                _ => {}
            }
            stmts.push(stmt);
        }
    }

    /// A condition that asks for less than zero.
    fn decide(&mut self, cond: &mut Expr) {
        match cond {
            Expr::Binary(BinOp::I64LtS, x, zero) if zero.as_i64() == Some(0) && self.bits(x).is_some() => {
                self.found += 1;
                *cond = Expr::I32(0);
            }
            Expr::Binary(BinOp::I32And, a, b) => {
                self.decide(a);
                self.decide(b);
                if **a == Expr::I32(0) || **b == Expr::I32(0) {
                    *cond = Expr::I32(0);
                }
            }
            _ => {}
        }
    }

    /// The number of bits of a value that is not negative, if the conditions hold.
    fn bits(&mut self, e: &Expr) -> Option<u32> {
        let bits = match e {
            Expr::I64(value) if *value >= 0 => 64 - value.leading_zeros(),
            Expr::Local(local) => return self.local(*local),
            Expr::Unary(UnOp::I64ExtendI32U, _) => 32,
            Expr::Binary(BinOp::I64Add, a, b) => self.bits(a)?.max(self.bits(b)?) + 1,
            Expr::Binary(BinOp::I64Mul, a, b) => self.bits(a)? + self.bits(b)?,
            Expr::Binary(BinOp::I64Shl, a, by) => {
                self.bits(a)? + u32::try_from(by.as_i64()?).ok().filter(|by| *by < 64)?
            }
            Expr::Binary(BinOp::I64ShrS | BinOp::I64ShrU, a, by) => {
                let by = u32::try_from(by.as_i64()?).ok().filter(|by| *by < 64)?;
                self.bits(a)?.saturating_sub(by)
            }
            // One that is not negative is enough: the constant, if there is one.
            Expr::Binary(BinOp::I64And, a, b) => match b.as_i64() {
                Some(mask) if mask >= 0 => 64 - mask.leading_zeros(),
                _ => self.bits(a)?.min(self.bits(b)?),
            },
            Expr::Binary(BinOp::I64DivS, a, b) => {
                b.as_i64().filter(|b| *b > 0)?;
                self.bits(a)?
            }
            Expr::Binary(BinOp::I64RemS, a, b) => {
                let divisor = b.as_i64().filter(|b| *b > 0)?;
                self.bits(a)?;
                64 - divisor.leading_zeros()
            }
            _ => return None,
        };
        (bits <= MAX_BITS).then_some(bits)
    }

    fn local(&mut self, local: Local) -> Option<u32> {
        if let Some((_, bits)) = self.known.iter().find(|(known, _)| *known == local) {
            return Some(*bits);
        }
        let fixed = is_invariant(&local.into(), &self.assigned) && self.function.ty(local) == Ty::I64;
        if fixed && !self.fixed.contains(&local) {
            self.fixed.push(local);
        }
        fixed.then_some(BITS)
    }
}
