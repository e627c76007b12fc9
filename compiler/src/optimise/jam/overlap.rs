//! Conditions under which the passes of a nest may be made together: what they load is not what earlier
//! ones among them store.

use super::nest::{Access, Nest};
use crate::ir::{BinOp, Expr, Function, Local, Stmt, Ty, UnOp};
use crate::optimise::range::all_of;
use crate::optimise::usage::LocalSet;
use crate::optimise::vectorise::step;

/// Ranges of inner loops that are worth it; also the limit for exact sums.
const MAX_COUNT: i64 = 1 << 30;
/// Fewer iterations of the inner loop are not worth many comparisons.
const MIN_COUNT: i64 = 4;

/// The bytes that an access touches: from `begin` to before `end`, as I64.
struct Region {
    begin: Expr,
    end: Expr,
}

struct Conditions<'a> {
    function: &'a mut Function,
    nest: &'a Nest<'a>,
    outer: Local,
    /// Number of iterations of the inner loop.
    count: Local,
    lets: Vec<Stmt>,
    all: Vec<Expr>,
}

/// Statements that clear `ok` unless the conditions hold for `copies` passes from the variable on.
pub(super) fn conditions(
    nest: &Nest<'_>,
    outer: Local,
    ok: Local,
    copies: i64,
    function: &mut Function,
) -> Vec<Stmt> {
    if nest.stores.is_empty() || nest.loads.is_empty() {
        return Vec::new();
    }
    let count = function.new_local(Ty::I64, "count");
    let mut conditions = Conditions { function, nest, outer, count, lets: Vec::new(), all: Vec::new() };
    let length = nest.stop.clone().i64_sub(nest.start.clone());
    conditions.lets.push(Stmt::Set(count, length));
    conditions.all.push(nest.start.clone().i64_lt_s(nest.stop.clone()));
    conditions.all.push(Expr::from(count).i64_add(-MIN_COUNT).i64_lt_u(MAX_COUNT));
    let stores: Vec<Region> =
        nest.stores.iter().flat_map(|access| conditions.regions(access, copies)).collect();
    for access in &nest.loads {
        for load in conditions.regions(access, copies) {
            for store in &stores {
                let before = Expr::bin(BinOp::I64LeS, load.end.clone(), store.begin.clone());
                let after = Expr::bin(BinOp::I64LeS, store.end.clone(), load.begin.clone());
                conditions.all.push(before.i32_or(after));
            }
        }
    }
    let Conditions { mut lets, all, .. } = conditions;
    lets.push(Stmt::Set(ok, all_of(all)));
    lets
}

impl Conditions<'_> {
    fn keep(&mut self, value: Expr) -> Expr {
        let local = self.function.new_local(Ty::I64, "edge");
        self.lets.push(Stmt::Set(local, value));
        local.into()
    }

    /// The address in one iteration, as an unsigned number.
    fn at(&self, access: &Access, pass: i64, iteration: Expr) -> Expr {
        let mut addr = access.addr.clone();
        // The outer variable first: the range of the inner loop does not depend on it.
        addr.substitute(self.outer, &Expr::from(self.outer).i64_add(pass));
        addr.substitute(self.nest.var, &self.nest.start.clone().i64_add(iteration));
        Expr::un(UnOp::I64ExtendI32U, addr).i64_add(i64::from(access.offset))
    }

    /// What the passes touch: together, if the address moves by a few bytes from pass to pass, else one by
    /// one.
    fn regions(&mut self, access: &Access, copies: i64) -> Vec<Region> {
        let size = i64::from(access.mem.size());
        let mut variables = LocalSet::default();
        variables.insert(self.outer);
        // With the inner variable as something fixed.
        match step(&access.addr, self.outer, &variables) {
            Some(bytes @ 0..=64) => {
                let extra = i64::from(bytes) * (copies - 1) + size;
                vec![self.region(access, 0, extra)]
            }
            _ => (0..copies).map(|pass| self.region(access, pass, size)).collect(),
        }
    }

    /// What one pass touches, with `extra` bytes at the last place.
    fn region(&mut self, access: &Access, pass: i64, extra: i64) -> Region {
        let mut variables = LocalSet::default();
        variables.insert(self.nest.var);
        let begin = self.keep(self.at(access, pass, Expr::I64(0)));
        match step(&access.addr, self.nest.var, &variables) {
            Some(0) => Region { end: begin.clone().i64_add(extra), begin },
            Some(bytes @ 1..=64) => {
                let last = Expr::from(self.count).i64_add(-1i64).i64_mul(i64::from(bytes));
                let end = self.keep(begin.clone().i64_add(last).i64_add(extra));
                Region { begin, end }
            }
            _ => self.any_step(access, pass, begin, extra),
        }
    }

    /// The address moves by something unknown. If the last place is where as many steps lead without
    /// wrapping, all others lie between the first and the last.
    fn any_step(&mut self, access: &Access, pass: i64, first: Expr, extra: i64) -> Region {
        let second = self.at(access, pass, Expr::I64(1));
        let bytes = Expr::un(UnOp::I64ExtendI32S, second.i64_sub(first.clone()).i32_wrap());
        let steps = Expr::from(self.count).i64_add(-1i64);
        let last = self.keep(self.at(access, pass, steps.clone()));
        let reached = first.clone().i64_add(bytes.i64_mul(steps));
        self.all.push(Expr::bin(BinOp::I64Eq, reached, last.clone()));
        let up = first.clone().i64_lt_s(last.clone());
        let begin = self.keep(Expr::select(up.clone(), first.clone(), last.clone()));
        let end = self.keep(Expr::select(up, last, first).i64_add(extra));
        Region { begin, end }
    }
}
