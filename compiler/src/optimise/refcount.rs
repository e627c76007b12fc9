//! Function in, function without reference counting that cancels out.
//!
//! `Retain(x) ... Release(x)` of the same unchanged local goes when nothing between can take a
//! reference from anything or leave: the count is only higher in between, and nobody looks. Within
//! one list of statements; whole loops and branches may lie between. The library reads counts only
//! next to a store through the same reference (copy on write), so raw loads of 32 bits block it.

use super::usage::{any_stmt, each_expr};
use crate::ir::build::visit_bodies_mut;
use crate::ir::{Callee, Expr, Function, Local, MemTy, Stmt};

/// How many statements are searched for the partner.
const WINDOW: usize = 200;

/// Removes pairs in one function.
pub(super) fn refcount(function: &mut Function) {
    visit_bodies_mut(&mut function.body, &mut |body| {
        let mut i = body.len();
        // From the end, so that inner pairs go before the pairs around them.
        while i > 0 {
            i -= 1;
            if let Some(Stmt::Retain(Expr::Local(local))) = body.get(i)
                && let Some(end) = partner(&body[i + 1..], *local)
            {
                body.remove(i + 1 + end);
                body.remove(i);
            }
        }
    });
}

/// The release that gives back what a retain before these statements took.
fn partner(stmts: &[Stmt], local: Local) -> Option<usize> {
    for (i, stmt) in stmts.iter().take(WINDOW).enumerate() {
        if matches!(stmt, Stmt::Release { value: Expr::Local(x), .. } if *x == local) {
            return Some(i);
        }
        if any_stmt(std::slice::from_ref(stmt), &mut |stmt| blocks(stmt, local)) {
            return None;
        }
    }
    None
}

fn blocks(stmt: &Stmt, local: Local) -> bool {
    let mut reads_count = false;
    each_expr(stmt, &mut |e| {
        reads_count |= e.any(&mut |e| matches!(e, Expr::Load { mem: MemTy::S32 | MemTy::U32, .. }));
    });
    reads_count
        || stmt.assigned().contains(&local)
        || match stmt {
            Stmt::Release { .. } | Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_) => true,
            Stmt::Call { callee, .. } => !matches!(callee, Callee::Import(_)),
            _ => false,
        }
}
