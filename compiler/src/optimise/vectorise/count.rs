//! A loop that counts truth values in memory, eight of them at a time: each is a byte of 0 or 1, so that
//! the bits of eight bytes are as many as are true.

use super::lanes::step;
use crate::ir::{BinOp, Expr, Function, Local, MemTy, Stmt, Ty, UnOp};
use crate::optimise::alias::is_invariant;
use crate::optimise::usage::{LocalSet, assigned_in};

/// Values in a pass.
const WIDTH: i64 = 32;
/// Fewer iterations are not worth the condition.
const MIN_ITERATIONS: i64 = 64;

/// What a loop counts.
pub(super) struct Count {
    sum: Local,
    /// In terms of the loop variable and of what does not change.
    addr: Expr,
    offset: u32,
    /// What else the loop assigns may be read afterwards, so that the last iteration must be the original.
    rest: bool,
}

impl Count {
    /// Recognises `for i: sum += flags[i]`.
    pub(super) fn of(stmt: &Stmt, exposed: &LocalSet) -> Option<Count> {
        let Stmt::For { var, step: 1, body, .. } = stmt else { return None };
        let mut assigned = assigned_in(body);
        assigned.insert(*var);
        let mut known: Vec<(Local, Expr)> = Vec::new();
        let mut rest = false;
        let (last, before) = body.split_last()?;
        for stmt in before {
            let Stmt::Set(local, value) = stmt else { return None };
            let mut value = value.clone();
            resolve(&mut value, &known);
            // What an iteration takes from the one before must be computed in each; and a name must not mean
            // something else later.
            let carried =
                value.any(&mut |e| matches!(e, Expr::Local(l) if l != var && assigned.contains(*l)));
            if carried || known.iter().any(|(l, v)| l == local || v.reads_local(*local)) {
                return None;
            }
            rest |= exposed.contains(*local);
            known.push((*local, value));
        }
        let Stmt::Set(sum, Expr::Binary(BinOp::I64Add, a, b)) = last else { return None };
        let mut addend = (**b).clone();
        resolve(&mut addend, &known);
        let (addr, offset) = flag(addend)?;
        let open = addr.any(&mut |e| matches!(e, Expr::Load { .. } | Expr::Global(_) | Expr::MemorySize));
        if open || step(&addr, *var, &assigned) != Some(1) || !is_invariant_but(&addr, *var, &assigned) {
            return None;
        }
        let own = **a == Expr::Local(*sum) && !known.iter().any(|(l, v)| l == sum || v.reads_local(*sum));
        own.then_some(Count { sum: *sum, addr, offset, rest })
    }
}

/// The address and offset of a truth value that is extended.
fn flag(e: Expr) -> Option<(Expr, u32)> {
    let Expr::Unary(UnOp::I64ExtendI32U, value) = e else { return None };
    let load = match *value {
        Expr::Binary(BinOp::I32Ne, value, zero) if *zero == Expr::I32(0) => *value,
        other => other,
    };
    match load {
        Expr::Load { mem: MemTy::Bool, addr, offset } => Some((*addr, offset)),
        _ => None,
    }
}

fn resolve(e: &mut Expr, known: &[(Local, Expr)]) {
    e.visit_mut(&mut |e| {
        if let Expr::Local(local) = e
            && let Some((_, value)) = known.iter().find(|(l, _)| l == local)
        {
            *e = value.clone();
        }
    });
}

fn is_invariant_but(e: &Expr, var: Local, assigned: &LocalSet) -> bool {
    let mut e = e.clone();
    e.substitute(var, &Expr::I64(0));
    is_invariant(&e, assigned)
}

/// Emits the loop over many values, and the original for the rest.
pub(super) fn emit(stmt: Stmt, count: Count, function: &mut Function, out: &mut Vec<Stmt>) {
    let Stmt::For { label, var, start, stop, step, body } = stmt else { return };
    let Count { sum, addr, offset, rest } = count;
    let [first, end, split] = ["first", "end", "split"].map(|name| function.new_local(Ty::I64, name));
    let at = function.new_local(Ty::I32, "flags");
    let many = function.new_label();
    let length = Expr::from(end).i64_sub(first);
    let enough = length.clone().i64_add(-MIN_ITERATIONS).i64_lt_u(1i64 << 32);
    let whole = length.i64_add(-i64::from(rest)).i64_and(-WIDTH);
    let ones = |k: u32| Expr::un(UnOp::I64Popcnt, Expr::load(MemTy::I64, at, offset + 8 * k));
    let total = (1..WIDTH as u32 / 8).fold(ones(0), |total, k| total.i64_add(ones(k)));
    let pass = vec![
        Stmt::Set(at, addr),
        Stmt::set(sum, Expr::from(sum).i64_add(total)),
        Stmt::set(var, Expr::from(var).i64_add(WIDTH)),
        Stmt::if_then(Expr::from(var).i64_lt_s(split), vec![Stmt::Continue(many)]),
        Stmt::Break(many),
    ];
    out.push(Stmt::Set(first, start));
    out.push(Stmt::Set(end, stop));
    out.push(Stmt::set(split, first));
    out.push(Stmt::if_then(
        Expr::from(first).i64_lt_s(end).i32_and(enough),
        vec![
            Stmt::set(split, Expr::from(first).i64_add(whole)),
            Stmt::set(var, first),
            Stmt::Loop { label: many, body: pass },
        ],
    ));
    out.push(Stmt::For { label, var, start: split.into(), stop: end.into(), step, body });
}
