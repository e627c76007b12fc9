//! From what is known about a nest to statements.

use super::Replacements;
use super::nest::{Group, Nest};
use crate::ir::{Function, Stmt, Ty};
use crate::optimise::range::all_of;
use crate::optimise::usage::relabel;

/// Makes the replacements in a nest.
pub(super) fn replace(stmt: &mut Stmt, new: &Replacements) {
    replace_in(std::slice::from_mut(stmt), new, &mut 0);
}

fn replace_in(stmts: &mut [Stmt], new: &Replacements, ordinal: &mut usize) {
    for stmt in stmts {
        let value = new.get(ordinal);
        *ordinal += 1;
        if let (Some(value), Some(&dst)) = (value, stmt.assigned().first()) {
            *stmt = Stmt::Set(dst, value.clone());
        }
        for body in stmt.bodies_mut() {
            replace_in(body, new, ordinal);
        }
    }
}

/// Emits the conditions, the copy without checks and the original.
pub(super) fn version(stmt: Stmt, nest: Nest, function: &mut Function, out: &mut Vec<Stmt>) {
    let mut fast = vec![stmt.clone()];
    replace(&mut fast[0], &nest.replacements);
    relabel(&mut fast, function);
    let ok = function.new_local(Ty::I32, "in_bounds");
    for (i, Group { lets, conditions }) in nest.groups.into_iter().enumerate() {
        let mut stmts: Vec<Stmt> = lets.into_iter().map(|(local, value)| Stmt::Set(local, value)).collect();
        stmts.push(Stmt::Set(ok, all_of(conditions)));
        if i == 0 {
            out.extend(stmts);
        } else {
            out.push(Stmt::if_then(ok, stmts));
        }
    }
    out.push(Stmt::if_else(ok, fast, vec![stmt]));
}
