//! Function in, function with constant expressions and branches decided out.
//!
//! Exact: integers wrap, floats follow IEEE 754, and a float operation whose result is NaN is left
//! alone, because its bits are the machine's choice. Identities hold for every operand: `x * 1.0` is
//! `x`, but `x + 0.0` is not (`-0.0`). Constants go to the right of commutative operators, and
//! subtractions of a constant become additions, so that later passes know fewer shapes. Addresses are
//! never folded into the offset of a load or store (see `alias`).

use super::usage::{each_expr_mut, has_break};
use crate::ir::build::visit_bodies_mut;
use crate::ir::{BinOp, Expr, Function, Stmt, UnOp};

/// Folds all of a function.
pub(super) fn fold(function: &mut Function) {
    visit_bodies_mut(&mut function.body, &mut |body| {
        for stmt in body.iter_mut() {
            each_expr_mut(stmt, &mut expr);
            condition_of(stmt);
            choice(stmt);
        }
        if body.iter().any(is_decided) {
            *body = std::mem::take(body).into_iter().fold(Vec::new(), |mut out, stmt| {
                decide(stmt, &mut out);
                out
            });
        }
    });
}

/// Folds an expression.
pub(super) fn expr(e: &mut Expr) {
    e.visit_mut(&mut node);
}

/// Folds a node whose operands are folded.
fn node(e: &mut Expr) {
    let new = match e {
        Expr::Unary(op, a) => unary(*op, a),
        Expr::Binary(op, a, b) => {
            if commutes(*op) && a.is_const() && !b.is_const() {
                std::mem::swap(a, b);
            }
            constants(*op, a, b).or_else(|| identity(*op, a, b)).or_else(|| regroup(*op, a, b))
        }
        Expr::Select { cond, then, orelse } => match cond.as_i32() {
            Some(0) => Some(std::mem::replace(&mut **orelse, Expr::I32(0))),
            Some(_) => Some(std::mem::replace(&mut **then, Expr::I32(0))),
            None if then == orelse => Some(std::mem::replace(&mut **then, Expr::I32(0))),
            None => None,
        },
        _ => None,
    };
    if let Some(new) = new {
        *e = new;
    }
}

fn float(value: f64) -> Option<Expr> {
    (!value.is_nan()).then(|| Expr::f64(value))
}

/// Takes an operand out of an expression that is about to be replaced.
fn take(e: &mut Expr) -> Option<Expr> {
    Some(std::mem::replace(e, Expr::I32(0)))
}

fn unary(op: UnOp, a: &mut Expr) -> Option<Expr> {
    match (op, &mut *a) {
        (UnOp::I32Eqz, Expr::I32(x)) => Some(Expr::bool(*x == 0)),
        (UnOp::I32Eqz, Expr::Binary(op, x, y)) => {
            let op = negated(*op)?;
            Some(Expr::Binary(op, Box::new(take(x)?), Box::new(take(y)?)))
        }
        (UnOp::I32Eqz, Expr::Unary(UnOp::I32Eqz, x)) if is_bool(x) => take(x),
        (UnOp::I64Eqz, Expr::Unary(UnOp::I64ExtendI32U | UnOp::I64ExtendI32S, x)) => {
            Some(Expr::un(UnOp::I32Eqz, take(x)?))
        }
        (UnOp::I32WrapI64, Expr::Unary(UnOp::I64ExtendI32U | UnOp::I64ExtendI32S, x)) => take(x),
        (UnOp::F64Neg, Expr::Unary(UnOp::F64Neg, x)) => take(x),
        (UnOp::F64Abs, Expr::Unary(UnOp::F64Abs, _)) => take(a),
        (UnOp::I64Eqz, Expr::I64(x)) => Some(Expr::bool(*x == 0)),
        (UnOp::I64Clz, Expr::I64(x)) => Some(Expr::I64(i64::from(x.leading_zeros()))),
        (UnOp::I64Ctz, Expr::I64(x)) => Some(Expr::I64(i64::from(x.trailing_zeros()))),
        (UnOp::I64Popcnt, Expr::I64(x)) => Some(Expr::I64(i64::from(x.count_ones()))),
        (UnOp::I32WrapI64, Expr::I64(x)) => Some(Expr::I32(*x as i32)),
        (UnOp::I64ExtendI32S, Expr::I32(x)) => Some(Expr::I64(i64::from(*x))),
        (UnOp::I64ExtendI32U, Expr::I32(x)) => Some(Expr::I64(i64::from(*x as u32))),
        (UnOp::F64ConvertI64S, Expr::I64(x)) => Some(Expr::f64(*x as f64)),
        (UnOp::F64ReinterpretI64, Expr::I64(x)) => Some(Expr::F64(*x as u64)),
        (UnOp::I64ReinterpretF64, Expr::F64(x)) => Some(Expr::I64(*x as i64)),
        (_, Expr::F64(bits)) => unary_float(op, f64::from_bits(*bits)),
        _ => None,
    }
}

fn unary_float(op: UnOp, x: f64) -> Option<Expr> {
    match op {
        UnOp::F64Abs => float(x.abs()),
        UnOp::F64Neg => float(-x),
        UnOp::F64Ceil => float(x.ceil()),
        UnOp::F64Floor => float(x.floor()),
        UnOp::F64Trunc => float(x.trunc()),
        UnOp::F64Nearest => float(x.round_ties_even()),
        UnOp::F64Sqrt => float(x.sqrt()),
        UnOp::F64RoundToF32 => float(f64::from(x as f32)),
        // Rust's cast saturates and maps NaN to 0, too.
        UnOp::I64TruncSatF64S => Some(Expr::I64(x as i64)),
        _ => None,
    }
}

fn constants(op: BinOp, a: &Expr, b: &Expr) -> Option<Expr> {
    match (a, b) {
        (Expr::I32(x), Expr::I32(y)) => constants_i32(op, *x, *y),
        (Expr::I64(x), Expr::I64(y)) => constants_i64(op, *x, *y),
        (Expr::F64(x), Expr::F64(y)) => constants_f64(op, f64::from_bits(*x), f64::from_bits(*y)),
        _ => None,
    }
}

fn constants_i32(op: BinOp, x: i32, y: i32) -> Option<Expr> {
    let (ux, uy) = (x as u32, y as u32);
    Some(match op {
        BinOp::I32Add => Expr::I32(x.wrapping_add(y)),
        BinOp::I32Sub => Expr::I32(x.wrapping_sub(y)),
        BinOp::I32Mul => Expr::I32(x.wrapping_mul(y)),
        BinOp::I32And => Expr::I32(x & y),
        BinOp::I32Or => Expr::I32(x | y),
        BinOp::I32Xor => Expr::I32(x ^ y),
        BinOp::I32Shl => Expr::I32(x.wrapping_shl(uy)),
        BinOp::I32ShrU => Expr::I32(ux.wrapping_shr(uy) as i32),
        BinOp::I32Eq => Expr::bool(x == y),
        BinOp::I32Ne => Expr::bool(x != y),
        BinOp::I32LtS => Expr::bool(x < y),
        BinOp::I32LtU => Expr::bool(ux < uy),
        BinOp::I32LeU => Expr::bool(ux <= uy),
        BinOp::I32GtU => Expr::bool(ux > uy),
        BinOp::I32GeU => Expr::bool(ux >= uy),
        _ => return None,
    })
}

fn constants_i64(op: BinOp, x: i64, y: i64) -> Option<Expr> {
    let (ux, uy) = (x as u64, y as u64);
    // A shift counts modulo 64.
    let shift = (y & 63) as u32;
    Some(match op {
        BinOp::I64Add => Expr::I64(x.wrapping_add(y)),
        BinOp::I64Sub => Expr::I64(x.wrapping_sub(y)),
        BinOp::I64Mul => Expr::I64(x.wrapping_mul(y)),
        BinOp::I64DivS => Expr::I64(x.checked_div(y)?),
        BinOp::I64DivU => Expr::I64(ux.checked_div(uy)? as i64),
        BinOp::I64RemS if y != 0 => Expr::I64(x.wrapping_rem(y)),
        BinOp::I64RemU => Expr::I64(ux.checked_rem(uy)? as i64),
        BinOp::I64And => Expr::I64(x & y),
        BinOp::I64Or => Expr::I64(x | y),
        BinOp::I64Xor => Expr::I64(x ^ y),
        BinOp::I64Shl => Expr::I64(x << shift),
        BinOp::I64ShrS => Expr::I64(x >> shift),
        BinOp::I64ShrU => Expr::I64((ux >> shift) as i64),
        BinOp::I64Rotl => Expr::I64(x.rotate_left(shift)),
        BinOp::I64Eq => Expr::bool(x == y),
        BinOp::I64Ne => Expr::bool(x != y),
        BinOp::I64LtS => Expr::bool(x < y),
        BinOp::I64LeS => Expr::bool(x <= y),
        BinOp::I64GtS => Expr::bool(x > y),
        BinOp::I64GeS => Expr::bool(x >= y),
        BinOp::I64LtU => Expr::bool(ux < uy),
        BinOp::I64GeU => Expr::bool(ux >= uy),
        _ => return None,
    })
}

fn constants_f64(op: BinOp, x: f64, y: f64) -> Option<Expr> {
    match op {
        BinOp::F64Add => float(x + y),
        BinOp::F64Sub => float(x - y),
        BinOp::F64Mul => float(x * y),
        BinOp::F64Div => float(x / y),
        BinOp::F64Copysign => float(x.copysign(y)),
        // Comparisons are exact for NaN as well; minimum and maximum of zeros depend on signs.
        BinOp::F64Min | BinOp::F64Max if x.is_nan() || y.is_nan() || x == y => None,
        BinOp::F64Min => float(x.min(y)),
        BinOp::F64Max => float(x.max(y)),
        BinOp::F64Eq => Some(Expr::bool(x == y)),
        BinOp::F64Ne => Some(Expr::bool(x != y)),
        BinOp::F64Lt => Some(Expr::bool(x < y)),
        BinOp::F64Le => Some(Expr::bool(x <= y)),
        BinOp::F64Gt => Some(Expr::bool(x > y)),
        BinOp::F64Ge => Some(Expr::bool(x >= y)),
        _ => None,
    }
}

fn identity(op: BinOp, a: &mut Expr, b: &mut Expr) -> Option<Expr> {
    match (op, &*b) {
        (BinOp::I32Add | BinOp::I32Sub | BinOp::I32Or | BinOp::I32Xor, Expr::I32(0)) => take(a),
        (BinOp::I32Shl | BinOp::I32ShrU, Expr::I32(0)) => take(a),
        (BinOp::I32Mul, Expr::I32(1)) | (BinOp::I32And, Expr::I32(-1)) => take(a),
        (BinOp::I32Mul | BinOp::I32And, Expr::I32(0)) => Some(Expr::I32(0)),
        (BinOp::I32And, Expr::I32(1)) | (BinOp::I32Ne, Expr::I32(0)) if is_bool(a) => take(a),
        (BinOp::I32Eq, Expr::I32(1)) if is_bool(a) => take(a),
        (BinOp::I32Eq, Expr::I32(0)) => Some(Expr::un(UnOp::I32Eqz, take(a)?)),
        (BinOp::I64Add | BinOp::I64Sub | BinOp::I64Or | BinOp::I64Xor, Expr::I64(0)) => take(a),
        (BinOp::I64Shl | BinOp::I64ShrS | BinOp::I64ShrU | BinOp::I64Rotl, Expr::I64(0)) => take(a),
        (BinOp::I64Mul | BinOp::I64DivS | BinOp::I64DivU, Expr::I64(1)) => take(a),
        (BinOp::I64And, Expr::I64(-1)) => take(a),
        (BinOp::I64Mul | BinOp::I64And, Expr::I64(0)) => Some(Expr::I64(0)),
        (BinOp::I64RemS, Expr::I64(1 | -1)) | (BinOp::I64RemU, Expr::I64(1)) => Some(Expr::I64(0)),
        (BinOp::I64Ne, Expr::I64(0)) => match a {
            Expr::Unary(UnOp::I64ExtendI32U | UnOp::I64ExtendI32S, x) if is_bool(x) => take(x),
            _ => None,
        },
        (BinOp::I64Eq, Expr::I64(0)) => Some(Expr::un(UnOp::I64Eqz, take(a)?)),
        (BinOp::F64Mul | BinOp::F64Div, Expr::F64(bits)) if *bits == 1f64.to_bits() => take(a),
        (BinOp::F64Div, Expr::F64(bits)) => {
            let inverse = exact_inverse(f64::from_bits(*bits))?;
            Some(Expr::bin(BinOp::F64Mul, take(a)?, Expr::f64(inverse)))
        }
        // The sign of a number does not depend on bits that do not include the sign.
        (BinOp::I64LtS, Expr::I64(0)) => match a {
            Expr::Binary(BinOp::I64Xor, x, y) if y.as_i64().is_some_and(|y| y >= 0) => {
                Some(Expr::bin(BinOp::I64LtS, take(x)?, 0i64))
            }
            _ => None,
        },
        // Less than zero, and not zero.
        (BinOp::I32And, Expr::Binary(BinOp::I64LtS, y, zero)) if **zero == Expr::I64(0) => match &*a {
            Expr::Binary(BinOp::I64Ne, x, zero) if **zero == Expr::I64(0) && x == y => take(b),
            _ => None,
        },
        _ if a == b => same(op, a),
        _ => None,
    }
}

/// `1 / x` for powers of two, where multiplying by it gives the same result as dividing by `x`.
fn exact_inverse(x: f64) -> Option<f64> {
    let inverse = 1.0 / x;
    let mantissa = |x: f64| x.to_bits() << 12;
    (x.is_normal() && inverse.is_normal() && mantissa(x) == 0).then_some(inverse)
}

/// Integer operators with equal operands. Expressions have no effects, so both may go.
fn same(op: BinOp, a: &mut Expr) -> Option<Expr> {
    match op {
        BinOp::I32Eq | BinOp::I32LeU | BinOp::I32GeU => Some(Expr::bool(true)),
        BinOp::I64Eq | BinOp::I64LeS | BinOp::I64GeS | BinOp::I64GeU => Some(Expr::bool(true)),
        BinOp::I32Ne | BinOp::I32LtS | BinOp::I32LtU | BinOp::I32GtU => Some(Expr::bool(false)),
        BinOp::I64Ne | BinOp::I64LtS | BinOp::I64GtS | BinOp::I64LtU => Some(Expr::bool(false)),
        BinOp::I32Sub | BinOp::I32Xor => Some(Expr::I32(0)),
        BinOp::I64Sub | BinOp::I64Xor => Some(Expr::I64(0)),
        BinOp::I32And | BinOp::I32Or | BinOp::I64And | BinOp::I64Or => take(a),
        _ => None,
    }
}

/// Brings constants together: `(x + 1) + 2`, `x - 1`, `(x * 4) * 2`.
fn regroup(op: BinOp, a: &mut Expr, b: &mut Expr) -> Option<Expr> {
    match (op, &mut *a, &*b) {
        (BinOp::I64Sub, _, Expr::I64(y)) => {
            let mut sum = Expr::bin(BinOp::I64Add, take(a)?, y.wrapping_neg());
            node(&mut sum);
            Some(sum)
        }
        (BinOp::I32Sub, _, Expr::I32(y)) => {
            let mut sum = Expr::bin(BinOp::I32Add, take(a)?, y.wrapping_neg());
            node(&mut sum);
            Some(sum)
        }
        (BinOp::I64Add | BinOp::I64Mul, Expr::Binary(inner, x, y), Expr::I64(z)) if *inner == op => {
            let y = y.as_i64()?;
            let both = if op == BinOp::I64Add { y.wrapping_add(*z) } else { y.wrapping_mul(*z) };
            let mut new = Expr::bin(op, take(x)?, both);
            node(&mut new);
            Some(new)
        }
        (BinOp::I32Add | BinOp::I32Mul, Expr::Binary(inner, x, y), Expr::I32(z)) if *inner == op => {
            let y = y.as_i32()?;
            let both = if op == BinOp::I32Add { y.wrapping_add(*z) } else { y.wrapping_mul(*z) };
            let mut new = Expr::bin(op, take(x)?, both);
            node(&mut new);
            Some(new)
        }
        _ => None,
    }
}

fn commutes(op: BinOp) -> bool {
    use BinOp::{F64Add, F64Eq, F64Mul, F64Ne, I32Add, I32And, I32Eq, I32Mul, I32Ne, I32Or, I32Xor};
    use BinOp::{I64Add, I64And, I64Eq, I64Mul, I64Ne, I64Or, I64Xor};
    matches!(op, I32Add | I32And | I32Eq | I32Mul | I32Ne | I32Or | I32Xor)
        || matches!(op, I64Add | I64And | I64Eq | I64Mul | I64Ne | I64Or | I64Xor)
        || matches!(op, F64Add | F64Eq | F64Mul | F64Ne)
}

/// The comparison that holds exactly when `op` does not. Ordered float comparisons have none.
fn negated(op: BinOp) -> Option<BinOp> {
    Some(match op {
        BinOp::I32Eq => BinOp::I32Ne,
        BinOp::I32Ne => BinOp::I32Eq,
        BinOp::I32LtU => BinOp::I32GeU,
        BinOp::I32GeU => BinOp::I32LtU,
        BinOp::I32LeU => BinOp::I32GtU,
        BinOp::I32GtU => BinOp::I32LeU,
        BinOp::I64Eq => BinOp::I64Ne,
        BinOp::I64Ne => BinOp::I64Eq,
        BinOp::I64LtS => BinOp::I64GeS,
        BinOp::I64GeS => BinOp::I64LtS,
        BinOp::I64LeS => BinOp::I64GtS,
        BinOp::I64GtS => BinOp::I64LeS,
        BinOp::I64LtU => BinOp::I64GeU,
        BinOp::I64GeU => BinOp::I64LtU,
        BinOp::F64Eq => BinOp::F64Ne,
        BinOp::F64Ne => BinOp::F64Eq,
        _ => return None,
    })
}

/// Whether the value is 0 or 1 for certain.
pub(super) fn is_bool(e: &Expr) -> bool {
    match e {
        Expr::I32(x) => matches!(x, 0 | 1),
        Expr::Unary(op, _) => matches!(op, UnOp::I32Eqz | UnOp::I64Eqz | UnOp::V128AnyTrue),
        Expr::Load { mem, .. } => *mem == crate::ir::MemTy::Bool,
        Expr::Binary(BinOp::I32And, a, b) => is_bool(a) || is_bool(b),
        Expr::Binary(BinOp::I32Or | BinOp::I32Xor, a, b) => is_bool(a) && is_bool(b),
        Expr::Binary(op, ..) => negated(*op).is_some() || is_ordering(*op),
        Expr::Select { then, orelse, .. } => is_bool(then) && is_bool(orelse),
        _ => false,
    }
}

fn is_ordering(op: BinOp) -> bool {
    matches!(op, BinOp::I32LtS | BinOp::F64Lt | BinOp::F64Le | BinOp::F64Gt | BinOp::F64Ge)
}

/// Simplifies what only matters as zero or not zero.
fn condition_of(stmt: &mut Stmt) {
    match stmt {
        Stmt::If { cond, then, orelse } => {
            condition(cond);
            if let Expr::Unary(UnOp::I32Eqz, x) = cond
                && !orelse.is_empty()
            {
                *cond = std::mem::replace(&mut **x, Expr::I32(0));
                std::mem::swap(then, orelse);
                condition(cond);
            }
        }
        Stmt::Check { cond, .. } => condition(cond),
        _ => {}
    }
}

/// `if c: x = a else: x = b` with plain values becomes one assignment: no branch, and the vectoriser
/// can take it.
fn choice(stmt: &mut Stmt) {
    if count(stmt) {
        return;
    }
    let Stmt::If { cond, then, orelse } = stmt else { return };
    let plain = |e: &Expr| e.is_const() || e.as_local().is_some();
    let (local, then, orelse) = match (&mut then[..], &mut orelse[..]) {
        ([Stmt::Set(x, a)], [Stmt::Set(y, b)]) if x == y && plain(a) && plain(b) => (*x, take(a), take(b)),
        ([Stmt::Set(x, a)], []) if plain(a) => (*x, take(a), Some(Expr::Local(*x))),
        _ => return,
    };
    if let (Some(then), Some(orelse)) = (then, orelse) {
        *stmt = Stmt::Set(local, Expr::select(take(cond).unwrap_or(Expr::I32(0)), then, orelse));
    }
}

/// `if c: x = x + 1` becomes `x = x + c`: how often `c` holds is often hard to predict.
fn count(stmt: &mut Stmt) -> bool {
    let Stmt::If { cond, then, orelse } = stmt else { return false };
    let ([Stmt::Set(x, Expr::Binary(BinOp::I64Add, a, b))], []) = (&then[..], &orelse[..]) else {
        return false;
    };
    if **a != Expr::Local(*x) || **b != Expr::I64(1) {
        return false;
    }
    let (x, cond) = (*x, std::mem::replace(cond, Expr::I32(0)));
    let cond = if is_bool(&cond) { cond } else { Expr::bin(BinOp::I32Ne, cond, 0i32) };
    *stmt = Stmt::Set(x, Expr::from(x).i64_add(Expr::un(UnOp::I64ExtendI32U, cond)));
    true
}

fn condition(cond: &mut Expr) {
    loop {
        let inner = match cond {
            Expr::Unary(UnOp::I32Eqz, x) => match &mut **x {
                Expr::Unary(UnOp::I32Eqz, y) => take(y),
                _ => None,
            },
            Expr::Binary(BinOp::I32Ne, x, y) if **y == Expr::I32(0) => take(x),
            _ => None,
        };
        match inner {
            Some(new) => *cond = new,
            None => return,
        }
    }
}

/// Whether [`decide`] does something with this statement.
fn is_decided(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Set(local, value) => *value == Expr::Local(*local),
        Stmt::If { cond, .. } => cond.as_i32().is_some(),
        Stmt::Check { cond, .. } => cond.as_i32().is_some(),
        Stmt::Bounds { index, len, .. } => index.as_i64().is_some() && len.as_i64().is_some(),
        Stmt::Block { label, body } => !has_break(body, *label),
        Stmt::For { start, stop, step, .. } => empty_range(start, stop, *step),
        Stmt::Retain(e) => e.as_i32() == Some(0),
        _ => false,
    }
}

fn empty_range(start: &Expr, stop: &Expr, step: i64) -> bool {
    match (start, stop) {
        (Expr::I64(a), Expr::I64(b)) => {
            if step > 0 {
                a >= b
            } else {
                a <= b
            }
        }
        _ => start == stop,
    }
}

/// Replaces a statement whose effect is known.
fn decide(stmt: Stmt, out: &mut Vec<Stmt>) {
    if !is_decided(&stmt) {
        out.push(stmt);
        return;
    }
    match stmt {
        Stmt::If { cond, then, orelse } => out.extend(if cond == Expr::I32(0) { orelse } else { then }),
        Stmt::Check { cond: Expr::I32(0), site, args } => out.push(Stmt::Raise { site, args }),
        Stmt::Block { body, .. } => out.extend(body),
        Stmt::Bounds { dst, index: Expr::I64(index), len: Expr::I64(len), wrap, site } => {
            let place = if wrap && index < 0 { index.wrapping_add(len) } else { index };
            if 0 <= place && place < len {
                out.push(Stmt::Set(dst, Expr::I64(place)));
            } else {
                out.push(Stmt::Raise { site, args: vec![Expr::I64(index), Expr::I64(len)] });
            }
        }
        _ => {}
    }
}
