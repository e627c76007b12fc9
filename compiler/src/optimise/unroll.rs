//! A loop in, the same loop with several iterations a pass out: small innermost loops only.
//!
//! Every pass of a loop pays for the CPU budget and has a branch and, for what the loop carries,
//! moves; with several iterations a pass there is less of that. A `For` becomes a loop over a multiple
//! of 4 or 8 iterations and the original for the rest; the body of a `Loop` is repeated, tests
//! included. In the copies of a `For`, addresses that move by a small constant keep the address of the
//! first copy and differ in the offset, so that they are computed once.
//!
//! Loops with calls or bounds checks are left alone: they gain little, or are the slow version of
//! another loop. `vectorise` calls this for the loops that it cannot take.

use super::alias::is_invariant;
use super::usage::{LocalSet, any_stmt, assigned_in, each_expr_mut, has_break, is_loop, relabel, size};
use super::vectorise::step;
use crate::ir::build::{falls_through, for_each_assigned_local, visit_exprs, visit_stmts_mut};
use crate::ir::{BinOp, Expr, Function, Label, Local, Stmt, Ty};

/// Copies of bodies up to `MAX_SIZE`.
const COPIES: i64 = 4;
/// Bodies up to this size are copied.
const MAX_SIZE: usize = 60;
/// Copies of bodies up to `MAX_TINY_SIZE`.
const MANY_COPIES: i64 = 8;
/// Bodies up to this size, with at most one load, are copied more often. (Cranelift makes the loads of
/// a pass first, so that with many of them the registers do not suffice.)
const MAX_TINY_SIZE: usize = 30;
/// Bodies of `while` loops up to this size are copied.
const MAX_WHILE_SIZE: usize = 40;
/// Addresses up to this many bytes apart differ in the offset only. The first copy's address may be as
/// far below the byte that a later copy accesses, so it must not reach below address 0: no data lies
/// below `abi::DATA_START`.
const MAX_DISTANCE: u32 = 512;

/// Emits the loop, unrolled if that is of use.
pub(super) fn unroll(stmt: Stmt, function: &mut Function, out: &mut Vec<Stmt>) {
    match stmt {
        Stmt::For { label, var, start, stop, step, body }
            if (1..=16).contains(&step) && suits(&body, MAX_SIZE) =>
        {
            let parts = Counted { label, var, step, body };
            parts.emit(start, stop, function, out);
        }
        Stmt::Loop { label, body } if falls_through(&body) && suits(&body, MAX_WHILE_SIZE) => {
            let mut all = Vec::new();
            for _ in 1..COPIES {
                let mut copy = body.clone();
                relabel(&mut copy, function);
                all.extend(copy);
            }
            all.extend(body);
            out.push(Stmt::Loop { label, body: all });
        }
        other => out.push(other),
    }
}

/// Whether a body is small and has nothing in it that makes copies pointless.
fn suits(body: &[Stmt], limit: usize) -> bool {
    let heavy = |stmt: &Stmt| {
        is_loop(stmt)
            || matches!(
                stmt,
                Stmt::Call { .. }
                    | Stmt::Bounds { .. }
                    | Stmt::Release { .. }
                    | Stmt::Retain(_)
                    | Stmt::MemoryCopy { .. }
                    | Stmt::MemoryFill { .. }
                    | Stmt::MemoryGrow { .. }
                    | Stmt::Charge(_)
            )
    };
    !body.is_empty() && size(body) <= limit && !any_stmt(body, &mut |stmt| heavy(stmt))
}

fn loads(body: &[Stmt]) -> usize {
    let mut count = 0;
    visit_exprs(body, &mut |e| count += usize::from(matches!(e, Expr::Load { .. })));
    count
}

/// A `For` without its bounds.
struct Counted {
    label: Label,
    var: Local,
    step: i64,
    body: Vec<Stmt>,
}

impl Counted {
    fn emit(self, start: Expr, stop: Expr, function: &mut Function, out: &mut Vec<Stmt>) {
        let Counted { label, var, step, body } = self;
        let (scalars, assigned) = Scalars::of(&body, var);
        let tiny = scalars.size_without(&body) <= MAX_TINY_SIZE && loads(&body) <= 1;
        let factor = if tiny { MANY_COPIES } else { COPIES };
        let [first, end, split] = ["first", "end", "split"].map(|name| function.new_local(Ty::I64, name));
        out.push(Stmt::Set(first, start));
        out.push(Stmt::Set(end, stop));
        // As an unsigned number the distance is exact; the split does not go beyond the end.
        let distance = Expr::from(end).i64_sub(first);
        let whole = if step.count_ones() == 1 {
            distance.i64_and(-(factor * step))
        } else {
            let count = Expr::bin(BinOp::I64DivU, distance, factor * step);
            count.i64_mul(factor * step)
        };
        let nonempty = Expr::from(first).i64_lt_s(end);
        out.push(Stmt::set(split, Expr::from(first).i64_add(Expr::select(nonempty, whole, Expr::I64(0)))));
        let mut pass = Vec::new();
        for k in 0..factor {
            let mut copy = body.clone();
            scalars.shift(&mut copy, var, k * step, &assigned);
            let next = function.new_label();
            let continued = redirect(&mut copy, label, next);
            relabel(&mut copy, function);
            if continued {
                pass.push(Stmt::Block { label: next, body: copy });
            } else {
                pass.extend(copy);
            }
        }
        let broken = has_break(&body, label);
        let [main, rest] = [function.new_label(), function.new_label()];
        pass.push(Stmt::set(var, Expr::from(var).i64_add(factor * step)));
        pass.push(Stmt::if_then(Expr::from(var).i64_lt_s(split), vec![Stmt::Continue(main)]));
        pass.push(Stmt::Break(main));
        let mut last = body;
        visit_stmts_mut(&mut last, &mut |stmt| {
            if *stmt == Stmt::Continue(label) {
                *stmt = Stmt::Continue(rest);
            }
        });
        let loops = vec![
            Stmt::if_then(
                Expr::from(first).i64_lt_s(split),
                vec![Stmt::set(var, first), Stmt::Loop { label: main, body: pass }],
            ),
            Stmt::For { label: rest, var, start: split.into(), stop: end.into(), step, body: last },
        ];
        if broken {
            out.push(Stmt::Block { label, body: loops });
        } else {
            out.extend(loops);
        }
    }
}

/// Makes `continue` of a loop leave a block instead; whether there was one.
fn redirect(stmts: &mut [Stmt], label: Label, block: Label) -> bool {
    let mut found = false;
    visit_stmts_mut(stmts, &mut |stmt| {
        if *stmt == Stmt::Continue(label) {
            *stmt = Stmt::Break(block);
            found = true;
        }
    });
    found
}

/// Temporaries that are known in terms of the loop variable and of what does not change.
struct Scalars {
    known: Vec<(Local, Expr)>,
}

impl Scalars {
    /// Finds them, and all locals that the body assigns.
    fn of(body: &[Stmt], var: Local) -> (Scalars, LocalSet) {
        let (mut once, mut twice) = (LocalSet::default(), LocalSet::default());
        for_each_assigned_local(body, &mut |local| {
            if !once.insert(local) {
                twice.insert(local);
            }
        });
        let mut assigned = assigned_in(body);
        assigned.insert(var);
        let mut scalars = Scalars { known: Vec::new() };
        for stmt in body {
            if let Stmt::Set(local, value) = stmt
                && !twice.contains(*local)
            {
                let mut value = value.clone();
                scalars.resolve(&mut value);
                let open = value.any(&mut |e| match e {
                    Expr::Local(local) => *local != var && assigned.contains(*local),
                    Expr::Load { .. } | Expr::Global(_) | Expr::MemorySize => true,
                    _ => false,
                });
                if !open && value.size() <= 30 {
                    scalars.known.push((*local, value));
                }
            }
        }
        (scalars, assigned)
    }

    /// Size of a body without the assignments of these temporaries, most of which vanish.
    fn size_without(&self, body: &[Stmt]) -> usize {
        let counts =
            |stmt: &&Stmt| !matches!(stmt, Stmt::Set(l, _) if self.known.iter().any(|(k, _)| k == l));
        body.iter().filter(counts).map(|stmt| size(std::slice::from_ref(stmt))).sum()
    }

    fn resolve(&self, e: &mut Expr) {
        e.visit_mut(&mut |e| {
            if let Expr::Local(local) = e
                && let Some((_, value)) = self.known.iter().find(|(known, _)| known == local)
            {
                *e = value.clone();
            }
        });
    }

    /// Turns the body of one iteration into that of the iteration `by` later.
    fn shift(&self, body: &mut [Stmt], var: Local, by: i64, assigned: &LocalSet) {
        let mut known = Scalars { known: Vec::new() };
        for stmt in body {
            known.stmt(stmt, var, by, assigned);
            // Only what comes after the assignment may read it in this form.
            if let Stmt::Set(local, _) = stmt
                && let Some(scalar) = self.known.iter().find(|(l, _)| l == local)
            {
                known.known.push(scalar.clone());
            }
        }
    }

    fn stmt(&self, stmt: &mut Stmt, var: Local, by: i64, assigned: &LocalSet) {
        if let Stmt::Store { addr, offset, .. } = stmt {
            self.address(addr, offset, var, by, assigned);
            // The value is treated below; the address has the variable in the right form already.
        }
        let skip = matches!(stmt, Stmt::Store { .. });
        let mut first = true;
        each_expr_mut(stmt, &mut |e| {
            if !(skip && std::mem::replace(&mut first, false)) {
                self.expr(e, var, by, assigned);
            }
        });
        for body in stmt.bodies_mut() {
            for stmt in body {
                self.stmt(stmt, var, by, assigned);
            }
        }
    }

    fn expr(&self, e: &mut Expr, var: Local, by: i64, assigned: &LocalSet) {
        match e {
            Expr::Load { addr, offset, .. } => self.address(addr, offset, var, by, assigned),
            // Temporaries have the value of this iteration already.
            Expr::Local(local) if *local == var => *e = Expr::from(var).i64_add(by),
            _ => e.children_mut().for_each(|e| self.expr(e, var, by, assigned)),
        }
    }

    /// An address: unchanged with a greater offset if it moves by little, else that of the later
    /// iteration.
    fn address(&self, addr: &mut Expr, offset: &mut u32, var: Local, by: i64, assigned: &LocalSet) {
        let mut resolved = addr.clone();
        self.resolve(&mut resolved);
        if is_invariant(&resolved, assigned) {
            *addr = resolved;
            return;
        }
        if let Some(bytes @ 1..) = step(&resolved, var, assigned)
            && let Some(distance) = u32::try_from(by).ok().and_then(|by| by.checked_mul(bytes as u32))
            && distance <= MAX_DISTANCE
        {
            *addr = resolved;
            *offset += distance;
            return;
        }
        self.expr(addr, var, by, assigned);
    }
}
