//! Function in, function with the loads of object fields that no iteration changes moved before the
//! loop out: a list's length and the address of its elements, a table's capacity.
//!
//! Cranelift hoists pure arithmetic by itself but no loads, since it cannot tell a list's header from
//! its elements; `alias` can. Only fields are moved: a reference is null or a block, so that reading
//! a field early cannot trap, also where the loop would not have read it. Module-level variables are
//! moved likewise. Loops are done from the inside out, so that a load leaves several loops at once.

use super::alias::{Field, Writes};
use super::usage::{assigned_in, each_expr_mut};
use crate::ir::build::{visit_bodies_mut, visit_stmts_mut};
use crate::ir::{Expr, Function, GlobalId, Local, LocalDecl, Stmt, Ty};

/// No more than this many values of one loop: each takes a register or a stack slot.
const MAX_HOISTED: usize = 24;

/// Hoists in one function.
pub(super) fn licm(function: &mut Function, globals: &[Ty]) {
    let mut body = std::mem::take(&mut function.body);
    visit_bodies_mut(&mut body, &mut |stmts| {
        if stmts.iter().any(super::usage::is_loop) {
            for mut stmt in std::mem::take(stmts) {
                hoist(&mut stmt, globals, &mut function.locals, stmts);
                stmts.push(stmt);
            }
        }
    });
    function.body = body;
}

/// Moves what is possible out of a loop to `before`.
fn hoist(stmt: &mut Stmt, globals: &[Ty], locals: &mut Vec<LocalDecl>, before: &mut Vec<Stmt>) {
    let var = if let Stmt::For { var, .. } = stmt { Some(*var) } else { None };
    let (Stmt::Loop { body, .. } | Stmt::For { body, .. }) = stmt else { return };
    let writes = Writes::of(body);
    if writes.all && writes.globals {
        return;
    }
    let mut assigned = assigned_in(body);
    var.map(|var| assigned.insert(var));
    let mut found: Vec<(Hoisted, Local)> = Vec::new();
    visit_stmts_mut(body, &mut |stmt| {
        each_expr_mut(stmt, &mut |e| {
            e.visit_mut(&mut |e| {
                let Some((value, ty)) = Hoisted::of(e, globals) else { return };
                let fixed = match &value {
                    Hoisted::Field(field) => field.is_fixed(&assigned) && !writes.change_field(field),
                    Hoisted::Global(_) => !writes.globals,
                };
                if !fixed {
                    return;
                }
                if let Some((_, local)) = found.iter().find(|(known, _)| *known == value) {
                    *e = Expr::Local(*local);
                } else if found.len() < MAX_HOISTED {
                    let local = Local(locals.len() as u32);
                    locals.push(LocalDecl { ty, name: "hoisted".to_owned() });
                    before.push(Stmt::Set(local, e.clone()));
                    found.push((value, local));
                    *e = Expr::Local(local);
                }
            });
        });
    });
}

#[derive(PartialEq)]
enum Hoisted {
    Field(Field),
    Global(GlobalId),
}

impl Hoisted {
    /// What could be hoisted, with its type.
    fn of(e: &Expr, globals: &[Ty]) -> Option<(Hoisted, Ty)> {
        match e {
            Expr::Global(id) => Some((Hoisted::Global(*id), globals[id.index()])),
            _ => Field::of(e).map(|field| {
                let ty = field.mem.ty();
                (Hoisted::Field(field), ty)
            }),
        }
    }
}
