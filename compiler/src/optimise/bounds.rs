//! Function in, function whose loops need fewer bounds checks out.
//!
//! For a loop, or a whole nest of loops, every [`Stmt::Bounds`] is looked at: is its index a sum of
//! loop variables, constants and values that the nest does not change, and its length such a value?
//! Then the least and the greatest index follow from the ends of the ranges. What is certain is
//! replaced at once. Otherwise the nest is *versioned*: conditions before it choose between a copy
//! without these checks and the original. The original raises exactly what it always did, so the
//! conditions may ask for more than is necessary: also for accesses under an `if`.
//!
//! The outermost nest of which every check can go is versioned, so that small inner loops do not pay
//! for conditions; failing that, innermost loops, with those checks that can go. In an innermost
//! loop, loads that do not change in it (the row of a matrix that is a list of lists) are made
//! before it, each guarded by the conditions that come before it in the loop.
//!
//! `while i < n: ... i += step` counts as a range if `step` does not change.

use std::collections::BTreeMap;

mod counted;
mod emit;
mod nest;

use self::nest::Nest;
use super::usage::{any_stmt, is_loop, size};
use crate::ir::{Expr, Function, Stmt};

/// Nests up to this size are copied.
const MAX_SIZE: usize = 700;
/// A function grows by no more than this.
const MAX_GROWTH: usize = 20_000;

/// Removes bounds checks in one function; copies loops if `versioning`.
pub(super) fn bounds(function: &mut Function, versioning: bool) {
    if !any_stmt(&function.body, &mut |stmt| matches!(stmt, Stmt::Bounds { .. })) {
        return;
    }
    let body = std::mem::take(&mut function.body);
    let mut pass = Pass { function, budget: if versioning { MAX_GROWTH } else { 0 } };
    let body = pass.body(body);
    function.body = body;
}

struct Pass<'a> {
    function: &'a mut Function,
    /// What may still be copied.
    budget: usize,
}

impl Pass<'_> {
    fn body(&mut self, stmts: Vec<Stmt>) -> Vec<Stmt> {
        let mut out = Vec::with_capacity(stmts.len());
        for mut stmt in stmts {
            if is_loop(&stmt) {
                self.nest(stmt, &mut out);
                continue;
            }
            for body in stmt.bodies_mut() {
                *body = self.body(std::mem::take(body));
            }
            out.push(stmt);
        }
        out
    }

    /// Treats a loop with all that is in it.
    fn nest(&mut self, mut stmt: Stmt, out: &mut Vec<Stmt>) {
        let mut nest = Nest::of(&stmt, self.function);
        if !nest.certain.is_empty() {
            emit::replace(&mut stmt, &nest.certain);
            nest = Nest::of(&stmt, self.function);
        }
        let size = size(std::slice::from_ref(&stmt));
        let worth = nest.found > 0 && (nest.found == nest.total || nest.innermost);
        if worth && size <= MAX_SIZE.min(self.budget) {
            self.budget -= size;
            emit::version(stmt, nest, self.function, out);
            return;
        }
        if nest.total > 0 {
            for body in stmt.bodies_mut() {
                *body = self.body(std::mem::take(body));
            }
        }
        out.push(stmt);
    }
}

/// New values by the ordinal of the statement (in the order parents first): a `Bounds` or a `Set`
/// becomes an assignment of the value.
type Replacements = BTreeMap<usize, Expr>;
