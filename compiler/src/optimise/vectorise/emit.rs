//! From a body of lanes to statements: the condition, the vector loop and the loop for the rest.

use super::lanes::{Access, Lanes};
use crate::ir::build::for_each_assigned_local;
use crate::ir::{BinOp, Expr, Function, Local, MemTy, Stmt, Ty, UnOp};
use crate::optimise::alias::may_overlap;
use crate::optimise::range::all_of;
use crate::optimise::usage::{LocalSet, each_expr_mut, size};

/// Bodies up to this size have two copies.
const UNROLL: usize = 80;
/// Bodies up to this size have four copies.
const UNROLL_MUCH: usize = 48;
/// Fewer iterations are not worth the condition.
const MIN_ITERATIONS: i64 = 8;

/// Emits both loops.
pub(super) fn emit(
    stmt: Stmt,
    lanes: Lanes,
    exposed: &LocalSet,
    function: &mut Function,
    out: &mut Vec<Stmt>,
) {
    let Stmt::For { label, var, start, stop, step, body } = stmt else { return };
    // Whether the scalar loop must run at least once. Sums are brought up to date by themselves.
    let mut rest = false;
    for_each_assigned_local(&body, &mut |local| {
        let sum = lanes.ordered.contains(&local) || lanes.sums.iter().any(|(sum, _)| *sum == local);
        rest |= exposed.contains(local) && !sum;
    });
    let spare = i64::from(rest);
    let [first, end, split] = ["first", "end", "split"].map(|name| function.new_local(Ty::I64, name));
    out.push(Stmt::Set(first, start));
    out.push(Stmt::Set(end, stop));
    out.push(Stmt::set(split, first));
    let count = Expr::from(end).i64_sub(first);
    let many = count.clone().i64_add(-MIN_ITERATIONS - spare).i64_lt_u(1i64 << 30);
    let mut conditions = vec![Expr::from(first).i64_lt_s(end), many];
    disjoint(&lanes.accesses, var, first, &count, &mut conditions);

    let mut vector = lanes.body;
    // Parts of addresses stay those of the first pair; the offset makes the difference.
    let mut pair = vector.clone();
    pair.retain(|stmt| match stmt {
        Stmt::Set(local, _) => function.ty(*local) == Ty::V128 || lanes.ordered.contains(local),
        _ => true,
    });
    let size = size(&pair);
    let copies = if size <= UNROLL_MUCH { 4 } else { 1 + usize::from(size <= UNROLL) };
    for k in 1..copies {
        let mut next = pair.clone();
        for stmt in &mut next {
            advance(stmt, 16 * k as u32);
        }
        vector.extend(next);
    }
    let width = 2 * copies as i64;
    let mut then = lanes.before;
    let whole = count.i64_add(-spare).i64_and(-width);
    then.push(Stmt::set(split, Expr::from(first).i64_add(whole)));
    let vector_label = function.new_label();
    vector.push(Stmt::set(var, Expr::from(var).i64_add(width)));
    vector.push(Stmt::if_then(Expr::from(var).i64_lt_s(split), vec![Stmt::Continue(vector_label)]));
    vector.push(Stmt::Break(vector_label));
    // There is at least one pass: there are more iterations than one pass has.
    then.push(Stmt::set(var, first));
    then.push(Stmt::Loop { label: vector_label, body: vector });
    for (sum, lanes) in lanes.sums {
        let [low, high] = [0, 1].map(|lane| Expr::un(UnOp::I64x2Extract(lane), lanes));
        then.push(Stmt::set(sum, Expr::from(sum).i64_add(low.i64_add(high))));
    }
    out.push(Stmt::if_then(all_of(conditions), then));
    out.push(Stmt::For { label, var, start: split.into(), stop: end.into(), step, body });
}

/// Moves vector accesses on by some bytes.
fn advance(stmt: &mut Stmt, by: u32) {
    if let Stmt::Store { mem: MemTy::V128, offset, .. } = stmt {
        *offset += by;
    }
    each_expr_mut(stmt, &mut |e| {
        e.visit_mut(&mut |e| {
            if let Expr::Load { mem: MemTy::V128, offset, .. } = e {
                *offset += by;
            }
        });
    });
}

/// The conditions under which two iterations at a time see the same memory as one at a time.
fn disjoint(accesses: &[Access], var: Local, first: Local, count: &Expr, conditions: &mut Vec<Expr>) {
    for (i, a) in accesses.iter().enumerate() {
        for b in &accesses[i + 1..] {
            let same = a.moves && b.moves && a.addr == b.addr && a.offset == b.offset;
            if !(a.store || b.store) || same || !may_overlap(a.mem, b.mem) {
                continue;
            }
            let [start_a, start_b] = [a, b].map(|access| begin(access, var, first));
            let [end_a, end_b] = [(a, &start_a), (b, &start_b)].map(|(access, start)| {
                let bytes = if access.moves { count.clone().i64_mul(8i64) } else { Expr::I64(8) };
                start.clone().i64_add(bytes)
            });
            // A load that runs ahead of a later store may overlap it: what it reads is not written yet
            // either way.
            let ahead = !a.store && a.moves && b.moves;
            let after = if ahead {
                Expr::bin(BinOp::I64GeS, start_a.clone(), start_b.clone())
            } else {
                Expr::bin(BinOp::I64GeS, start_a.clone(), end_b)
            };
            let condition = Expr::bin(BinOp::I32Or, after, end_a.i64_le_s(start_b));
            if !conditions.contains(&condition) {
                conditions.push(condition);
            }
        }
    }
}

/// The address of an access in the first iteration.
fn begin(access: &Access, var: Local, first: Local) -> Expr {
    let mut addr = access.addr.clone();
    addr.substitute(var, &first.into());
    Expr::un(UnOp::I64ExtendI32U, addr).i64_add(i64::from(access.offset))
}
