//! Function in, function whose addresses have their constant parts in the offsets out: the columns of
//! a row, the neighbours of an element. The rest of the address is then the same for several accesses
//! and computed once.
//!
//! `base + (x * c + 3) * 8` becomes `base + x * c * 8` with offset 24. The address must be a sum, or a
//! temporary that holds one and whose parts have not changed. Runs last, because `alias` tells fields
//! from elements by their offsets.

use super::usage::each_expr_mut;
use crate::ir::build::for_each_assigned_local;
use crate::ir::{BinOp, Expr, Function, Local, Stmt, Ty, UnOp};

/// Greatest constant that is moved. What is accessed lies at `abi::DATA_START` or above, so the rest of
/// the address does not reach below address 0.
const MAX_OFFSET: i64 = 512;
/// Addresses larger than this are left in their temporaries.
const MAX_SIZE: usize = 24;
/// So many temporaries are remembered.
const REMEMBERED: usize = 32;

/// Moves constants to offsets in one function.
pub(super) fn offset(function: &mut Function) {
    let mut body = std::mem::take(&mut function.body);
    let mut known = Known { function, sums: Vec::new() };
    known.body(&mut body);
    function.body = body;
}

struct Known<'a> {
    function: &'a Function,
    /// Temporaries with what they hold, without its constant part, and that part.
    sums: Vec<(Local, Expr, u32)>,
}

impl Known<'_> {
    fn body(&mut self, stmts: &mut [Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &mut Stmt) {
        if let Stmt::Store { addr, offset, .. } = stmt {
            self.address(addr, offset);
        }
        each_expr_mut(stmt, &mut |e| {
            e.visit_mut(&mut |e| {
                if let Expr::Load { addr, offset, .. } = e {
                    self.address(addr, offset);
                }
            });
        });
        if stmt.bodies().next().is_some() {
            let mut nested = Vec::new();
            for body in stmt.bodies() {
                for_each_assigned_local(body, &mut |local| nested.push(local));
            }
            if let Stmt::For { var, .. } = stmt {
                nested.push(*var);
            }
            nested.iter().for_each(|local| self.forget(*local));
            let mark = self.sums.clone();
            for body in stmt.bodies_mut() {
                self.body(body);
                self.sums.clone_from(&mark);
            }
            return;
        }
        for local in stmt.assigned().to_vec() {
            self.forget(local);
        }
        if let Stmt::Set(local, value) = stmt
            && self.function.ty(*local) == Ty::I32
            && value.size() <= MAX_SIZE
            && !value.reads_local(*local)
            && let Some((rest, constant)) = split_address(value)
        {
            if self.sums.len() == REMEMBERED {
                self.sums.remove(0);
            }
            self.sums.push((*local, rest, constant));
        }
    }

    fn forget(&mut self, local: Local) {
        self.sums.retain(|(known, sum, _)| *known != local && !sum.reads_local(local));
    }

    fn address(&self, addr: &mut Expr, offset: &mut u32) {
        let found = match addr {
            Expr::Local(local) => {
                self.sums.iter().find(|(known, ..)| known == local).map(|(_, sum, c)| (sum.clone(), *c))
            }
            _ => split_address(addr),
        };
        if let Some((rest, constant)) = found
            && i64::from(*offset) + i64::from(constant) <= MAX_OFFSET
        {
            *addr = rest;
            *offset += constant;
        }
    }
}

/// `base + wrapped integer with a constant part` as the sum without it, and the part.
fn split_address(addr: &Expr) -> Option<(Expr, u32)> {
    let Expr::Binary(BinOp::I32Add, base, index) = addr else { return None };
    let Expr::Unary(UnOp::I32WrapI64, index) = &**index else { return None };
    if index.any(&mut |e| matches!(e, Expr::Load { .. } | Expr::Global(_) | Expr::MemorySize)) {
        return None;
    }
    let (rest, constant) = split(index)?;
    let constant = u32::try_from(constant).ok().filter(|c| (1..=MAX_OFFSET).contains(&i64::from(*c)))?;
    Some(((**base).clone().i32_add(rest.i32_wrap()), constant))
}

/// An integer as a sum of something and a constant, modulo 2^64.
fn split(e: &Expr) -> Option<(Expr, i64)> {
    match e {
        Expr::Binary(BinOp::I64Add, a, b) => {
            if let Some(constant) = b.as_i64() {
                let (rest, inner) = split(a).unwrap_or_else(|| ((**a).clone(), 0));
                return Some((rest, inner.checked_add(constant)?));
            }
            match (split(a), split(b)) {
                (Some((a, x)), Some((b, y))) => Some((a.i64_add(b), x.checked_add(y)?)),
                (Some((a, x)), None) => Some((a.i64_add((**b).clone()), x)),
                (None, Some((b, y))) => Some(((**a).clone().i64_add(b), y)),
                (None, None) => None,
            }
        }
        Expr::Binary(BinOp::I64Mul, a, b) => {
            let factor = b.as_i64()?;
            let (rest, constant) = split(a)?;
            Some((rest.i64_mul(factor), constant.checked_mul(factor)?))
        }
        _ => None,
    }
}
