//! Function in, function whose simple innermost loops handle two elements at a time out.
//!
//! A loop qualifies if its step is 1 and its body only assigns temporaries and stores 64-bit values,
//! at addresses that move by 8 bytes an iteration, computed from loads that move likewise or do not
//! move, lane by lane with operators that exist for two lanes. A sum of integers may be carried from
//! one iteration to the next in lanes; to a sum of floats the lanes are added one by one, in order.
//!
//! The result is a vector loop for a multiple of 2 (unrolled: 4 or 8) iterations, run if a condition
//! before it finds that no store overlaps what it must not, and then the original loop for the rest.
//! If what the loop assigns may be read afterwards, the rest is never empty, so that it has its last
//! value then.

mod count;
mod emit;
mod lanes;

use self::lanes::Lanes;
pub(super) use self::lanes::step;
use super::exposed::exposed;
use super::unroll::unroll;
use super::usage::{any_stmt, is_loop};
use crate::ir::build::visit_bodies_mut;
use crate::ir::{Function, Stmt};

/// Bodies with more statements are left alone.
const MAX_STATEMENTS: usize = 60;

/// Vectorises loops of one function, if `simd`, and unrolls others.
pub(super) fn vectorise(function: &mut Function, simd: bool) {
    if !any_stmt(&function.body, &mut |stmt| is_loop(stmt)) {
        return;
    }
    let exposed = exposed(function);
    let mut body = std::mem::take(&mut function.body);
    visit_bodies_mut(&mut body, &mut |stmts| {
        if !stmts.iter().any(is_loop) {
            return;
        }
        for stmt in std::mem::take(stmts) {
            if let Some(count) = count::Count::of(&stmt, &exposed) {
                count::emit(stmt, count, function, stmts);
                continue;
            }
            match (simd && is_candidate(&stmt)).then(|| Lanes::of(&stmt, function)).flatten() {
                Some(lanes) => emit::emit(stmt, lanes, &exposed, function, stmts),
                None => unroll(stmt, function, stmts),
            }
        }
    });
    function.body = body;
}

fn is_candidate(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::For { step: 1, body, .. } => {
            body.len() <= MAX_STATEMENTS
                && body.iter().all(|stmt| matches!(stmt, Stmt::Set(..) | Stmt::Store { .. }))
                && !body.iter().any(is_loop)
        }
        _ => false,
    }
}
