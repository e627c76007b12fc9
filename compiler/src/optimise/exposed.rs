//! Which locals are read where their value may come from elsewhere than the statements before, in the
//! same list or the lists around it.
//!
//! What a loop assigns and nothing exposes is a temporary: its value after the loop does not matter, so
//! that a loop may be replaced by one that never sets it. Syntactic and cautious: an assignment counts
//! until the end of its list, and one in a nested list makes what came before it uncertain.

use super::usage::{LocalSet, each_expr};
use crate::ir::build::for_each_assigned_local;
use crate::ir::{Expr, Function, Local, Stmt};

/// The exposed locals of a function.
pub(super) fn exposed(function: &Function) -> LocalSet {
    let mut search = Search { sure: vec![false; function.locals.len()], exposed: LocalSet::default() };
    (0..function.params).for_each(|i| search.sure[i as usize] = true);
    search.body(&function.body);
    search.exposed
}

struct Search {
    /// Assigned before this point, in this list or one around it.
    sure: Vec<bool>,
    exposed: LocalSet,
}

impl Search {
    fn body(&mut self, stmts: &[Stmt]) {
        let mut here: Vec<Local> = Vec::new();
        for stmt in stmts {
            each_expr(stmt, &mut |e| {
                e.visit(&mut |e| {
                    if let Expr::Local(local) = e
                        && !self.sure[local.index()]
                    {
                        self.exposed.insert(*local);
                    }
                });
            });
            for body in stmt.bodies() {
                // A loop comes to the start of its body with what its end assigned.
                let mut assigned = Vec::new();
                for_each_assigned_local(body, &mut |local| assigned.push(local));
                assigned.iter().for_each(|local| self.sure[local.index()] = false);
                if let Stmt::For { var, .. } = stmt {
                    self.sure[var.index()] = true;
                    here.push(*var);
                }
                self.body(body);
                assigned.iter().for_each(|local| self.sure[local.index()] = false);
            }
            for &local in stmt.assigned() {
                if !std::mem::replace(&mut self.sure[local.index()], true) {
                    here.push(local);
                }
            }
        }
        here.iter().for_each(|local| self.sure[local.index()] = false);
    }
}
