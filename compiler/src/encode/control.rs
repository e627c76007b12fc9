//! Branches and loops.
//!
//! A `For` tests once before the loop and then at its end, so that a pass has one branch. Every loop
//! begins with its charge; see `meter`.

use super::body::{Body, Scratch, Target, mentions};
use crate::ir::build::falls_through;
use crate::ir::{Expr, Label, Local, Stmt};
use wasm_encoder::BlockType;

impl Body<'_> {
    pub(super) fn if_(&mut self, cond: &Expr, then: &[Stmt], orelse: &[Stmt]) {
        let (then, orelse, negate) =
            if then.is_empty() { (orelse, then, true) } else { (then, orelse, false) };
        if then.is_empty() {
            // Neither the condition nor its absence does anything.
            return;
        }
        if negate {
            self.negated(cond);
        } else {
            self.expr(cond);
        }
        if orelse.is_empty()
            && let Some(depth) = self.plain_jump(then)
        {
            self.out().br_if(depth);
            return;
        }
        if is_cold(then) {
            self.hint(false);
        } else if is_cold(orelse) {
            self.hint(true);
        }
        self.open(None);
        self.out().if_(BlockType::Empty);
        self.stmts(then);
        if !orelse.is_empty() {
            self.out().else_();
            self.stmts(orelse);
        }
        self.close();
    }

    /// Where to, if the statements are a jump and no more than that.
    fn plain_jump(&self, stmts: &[Stmt]) -> Option<u32> {
        match stmts {
            [Stmt::Break(label)] => self.depth(Target::Break(*label)),
            [Stmt::Continue(label)] => self.depth(Target::Continue(*label)),
            _ => None,
        }
    }

    pub(super) fn loop_(&mut self, label: Label, body: &[Stmt]) {
        let cached = self.cache_fuel();
        let left = mentions(body, Target::Break(label));
        if left {
            self.block(Some(Target::Break(label)));
        }
        self.loop_head(Some(Target::Continue(label)), body);
        self.stmts(body);
        if falls_through(body) {
            self.out().br(0);
        }
        self.close_loop();
        if left {
            self.close();
        }
        self.uncache_fuel(cached);
    }

    fn close_loop(&mut self) {
        self.loops -= 1;
        self.close();
    }

    /// Opens a wasm loop. Every loop charges at its head, for one pass over its body.
    fn loop_head(&mut self, target: Option<Target>, body: &[Stmt]) {
        self.open(target);
        self.out().loop_(BlockType::Empty);
        self.loops += 1;
        self.charge(self.plan.cost(body));
    }

    /// Tests once before the loop and then at its end, so that there is one branch a pass.
    pub(super) fn for_(&mut self, stmt: &Stmt) {
        let Stmt::For { label, var, start, stop, step, body } = stmt else { return };
        let bound = if stop.is_const() { None } else { Some(self.scratch(Scratch::I64)) };
        self.expr(start);
        if let Some(bound) = bound {
            self.expr(stop);
            self.out().local_set(bound);
        }
        self.local_set(*var);
        self.local_get(*var);
        self.stop(stop, bound);
        if *step > 0 {
            self.out().i64_lt_s();
        } else {
            self.out().i64_gt_s();
        }
        self.open(None);
        self.out().if_(BlockType::Empty);
        let cached = self.cache_fuel();
        let left = mentions(body, Target::Break(*label));
        if left {
            self.block(Some(Target::Break(*label)));
        }
        self.loop_head(None, body);
        let continued = mentions(body, Target::Continue(*label));
        if continued {
            self.block(Some(Target::Continue(*label)));
        }
        self.stmts(body);
        if continued {
            self.close();
        }
        self.next(*var, stop, bound, *step);
        self.close_loop();
        if left {
            self.close();
        }
        self.uncache_fuel(cached);
        self.close();
        if let Some(bound) = bound {
            self.release_scratch(Scratch::I64, bound);
        }
    }

    pub(super) fn stop(&mut self, stop: &Expr, bound: Option<u32>) {
        match bound {
            Some(bound) => {
                self.out().local_get(bound);
            }
            None => self.expr(stop),
        }
    }

    /// The end of a pass: the next value, and back if it is in range.
    fn next(&mut self, var: Local, stop: &Expr, bound: Option<u32>, step: i64) {
        let var = var.0;
        let exact = match stop {
            Expr::I64(stop) => stop.checked_add(step).is_some(),
            _ => matches!(step, 1 | -1),
        };
        if exact {
            self.out().local_get(var).i64_const(step).i64_add().local_tee(var);
            self.stop(stop, bound);
            if step > 0 {
                self.out().i64_lt_s();
            } else {
                self.out().i64_gt_s();
            }
        } else {
            // `var + step` could wrap: compare what is left, which as an unsigned number never does.
            self.far(var, stop, bound, step > 0);
            self.out().i64_const(step.unsigned_abs() as i64).i64_gt_u();
            self.out().local_get(var).i64_const(step).i64_add().local_set(var);
        }
        self.out().br_if(0);
    }

    /// `[] -> [distance from the variable to the stop]`
    fn far(&mut self, var: u32, stop: &Expr, bound: Option<u32>, up: bool) {
        if up {
            self.stop(stop, bound);
            self.out().local_get(var);
        } else {
            self.out().local_get(var);
            self.stop(stop, bound);
        }
        self.out().i64_sub();
    }
}

/// Whether the statements end by raising.
fn is_cold(stmts: &[Stmt]) -> bool {
    matches!(stmts.last(), Some(Stmt::Raise { .. }))
}
