//! Function in, function with some expensive integer operations as cheaper ones out, where Cranelift
//! does not do so by itself.
//!
//! - `x & 0xFFFFFFFF` is a conversion to 32 bits and back, and a shift below it is made in 32 bits:
//!   no mask is loaded, and the chain of dependent operations is shorter.
//! - `x % c` for a constant like 7 or 10 multiplies the quotient by shifts: the multiplier is already
//!   busy with the quotient.
//! - `x % 2^k` as Python defines it is a mask.
//! - `if x < least: least = x; place = i` has no branch: it is hard to predict, and a choice of floats
//!   by comparing them is one instruction for lanes, where Cranelift makes a jump of a choice.
//!
//! Runs late, because other passes know the simple forms.

use super::usage::each_expr_mut;
use crate::ir::build::visit_bodies_mut;
use crate::ir::{BinOp, Expr, Function, Local, Stmt, Ty, UnOp};

const LOW_32: i64 = 0xFFFF_FFFF;
/// Dividends up to this size are copied (Cranelift computes them once).
const MAX_DIVIDEND: usize = 12;

/// Reduces all of a function; with operations on lanes if `simd`.
pub(super) fn strength(function: &mut Function, simd: bool) {
    let ty = |local: Local| function.locals[local.index()].ty;
    visit_bodies_mut(&mut function.body, &mut |stmts| {
        floor_masks(stmts);
        if simd && stmts.iter().any(|stmt| least(stmt, &ty).is_some()) {
            *stmts = std::mem::take(stmts)
                .into_iter()
                .flat_map(|stmt| least(&stmt, &ty).unwrap_or_else(|| vec![stmt]))
                .collect();
        }
        for stmt in stmts {
            each_expr_mut(stmt, &mut |e| e.visit_mut(&mut node));
        }
    });
}

/// `if x < least: least = x; place = i` (or with `>`) as choices.
fn least(stmt: &Stmt, ty: &impl Fn(Local) -> Ty) -> Option<Vec<Stmt>> {
    let Stmt::If { cond: cond @ Expr::Binary(op, x, y), then, orelse } = stmt else { return None };
    let (x, least) = (x.as_local()?, y.as_local()?);
    let lanes = match op {
        BinOp::F64Lt => BinOp::F64x2Pmin,
        BinOp::F64Gt => BinOp::F64x2Pmax,
        _ => return None,
    };
    if !orelse.is_empty() || then.len() > 4 {
        return None;
    }
    let mut out = Vec::new();
    let mut found = false;
    for stmt in then {
        let Stmt::Set(local, value) = stmt else { return None };
        if *local == least && *value == Expr::Local(x) {
            found = true;
            continue;
        }
        // The values must not depend on the order of the assignments.
        let depends =
            *local == x || then.iter().any(|other| other.assigned().iter().any(|l| value.reads_local(*l)));
        let simple = value.size() <= 3 && !value.reads_memory() && !value.reads_globals();
        if *local == least || depends || !simple || !matches!(ty(*local), Ty::I32 | Ty::I64) {
            return None;
        }
        out.push(Stmt::set(*local, Expr::select(cond.clone(), value.clone(), *local)));
    }
    // Of two values, `pmin` gives the first unless the second is less.
    let [old, new] = [least, x].map(|local| Expr::un(UnOp::F64x2Splat, local));
    out.push(Stmt::set(least, Expr::un(UnOp::F64x2Extract(0), Expr::bin(lanes, old, new))));
    found.then_some(out)
}

fn node(e: &mut Expr) {
    let Expr::Binary(op, a, b) = e else { return };
    let new = match (*op, b.as_i64()) {
        (BinOp::I64And, Some(LOW_32)) => narrow(a),
        (BinOp::I64RemS, Some(divisor)) if a.size() <= MAX_DIVIDEND => remainder(a, divisor),
        _ => None,
    };
    if let Some(new) = new {
        *e = new;
    }
}

/// The low 32 bits of a value.
fn narrow(value: &Expr) -> Option<Expr> {
    let low = match value {
        Expr::Binary(BinOp::I64Shl, x, by) => {
            let by = i32::try_from(by.as_i64()?).ok().filter(|by| (0..32).contains(by))?;
            (**x).clone().i32_wrap().i32_shl(by)
        }
        other => other.clone().i32_wrap(),
    };
    Some(Expr::un(UnOp::I64ExtendI32U, low))
}

/// `x - x / c * c` with shifts for the product, for `c = 2^j * (2^k - 1)` or `2^j * (2^k + 1)`.
fn remainder(x: &Expr, divisor: i64) -> Option<Expr> {
    if !(3..1 << 30).contains(&divisor) {
        return None;
    }
    let low = divisor.trailing_zeros();
    let odd = divisor >> low;
    let quotient = Expr::bin(BinOp::I64DivS, x.clone(), divisor);
    let shifted = |by: u32| Expr::bin(BinOp::I64Shl, quotient.clone(), i64::from(by));
    // `(x + q * 2^j) - q * 2^(j + k)`: no product to wait for.
    let (rest, great) = if odd > 1 && (odd + 1).count_ones() == 1 {
        (x.clone().i64_add(shifted(low)), (odd + 1).trailing_zeros())
    } else if odd > 1 && (odd - 1).count_ones() == 1 {
        (x.clone().i64_sub(shifted(low)), (odd - 1).trailing_zeros())
    } else {
        return None;
    };
    Some(rest.i64_sub(shifted(great + low)))
}

/// `r = x % 2^k; if r < 0: r += 2^k` with the machine's `%` is `r = x & (2^k - 1)`.
fn floor_masks(stmts: &mut Vec<Stmt>) {
    let mut i = 0;
    while i + 1 < stmts.len() {
        if let Some(mask) = floor_mask(&stmts[i], &stmts[i + 1]) {
            stmts[i] = mask;
            stmts.remove(i + 1);
        }
        i += 1;
    }
}

fn floor_mask(first: &Stmt, second: &Stmt) -> Option<Stmt> {
    let Stmt::Set(r, Expr::Binary(BinOp::I64RemS, x, divisor)) = first else { return None };
    let Stmt::If { cond, then, orelse } = second else { return None };
    let divisor = divisor.as_i64().filter(|d| *d > 0 && d.count_ones() == 1)?;
    let negative = Expr::from(*r).i64_lt_s(0i64);
    let mended = Stmt::set(*r, Expr::from(*r).i64_add(divisor));
    let fits = *cond == negative && *then == [mended] && orelse.is_empty();
    fits.then(|| Stmt::set(*r, (**x).clone().i64_and(divisor - 1)))
}
