//! Dead code out: assignments that nobody reads, statements that are not reached, empty branches;
//! then functions, locals, sites and locs that nothing names, with the rest renumbered.
//!
//! A local is needed if something with an effect reads it, or if it is read to compute a needed
//! local; the set is found from the effects backwards, so that counters that feed only themselves
//! go too. Loops stay even when they are empty: they take time that a limit must see.

use super::usage::{LocalSet, each_expr, each_expr_mut, ends_in_jump, has_break};
use crate::ir::build::{visit_bodies_mut, visit_stmts, visit_stmts_mut};
use crate::ir::{Callee, Expr, FuncId, Function, Label, LocId, Local, Module, SiteId, Stmt};

/// Removes dead statements of one function.
pub(super) fn dce(function: &mut Function) {
    tidy(&mut function.body);
    let needed = needed(function);
    visit_bodies_mut(&mut function.body, &mut |body| {
        body.retain(|stmt| !matches!(stmt, Stmt::Set(local, _) if !needed.contains(*local)));
        body.retain(|stmt| match stmt {
            Stmt::If { then, orelse, .. } => !then.is_empty() || !orelse.is_empty(),
            Stmt::Block { body, .. } => !body.is_empty(),
            _ => true,
        });
    });
}

/// Cuts what is not reached, and dissolves blocks and jumps that do nothing.
fn tidy(body: &mut Vec<Stmt>) {
    for stmt in body.iter_mut() {
        if let Stmt::Block { label, body } = stmt {
            drop_tail_break(body, *label);
        }
        stmt.bodies_mut().for_each(tidy);
        match stmt {
            Stmt::If { cond, then, orelse } if then.is_empty() && !orelse.is_empty() => {
                let old = std::mem::replace(cond, Expr::I32(0));
                *cond = old.not();
                super::fold::expr(cond);
                std::mem::swap(then, orelse);
            }
            Stmt::Loop { label, body } | Stmt::For { label, body, .. } if matches!(body.last(), Some(Stmt::Continue(l)) if l == label) =>
            {
                body.pop();
            }
            _ => {}
        }
    }
    if let Some(end) = body.iter().position(|stmt| ends_in_jump(std::slice::from_ref(stmt))) {
        body.truncate(end + 1);
    }
    let dissolves = |stmt: &Stmt| matches!(stmt, Stmt::Block { label, body } if !has_break(body, *label));
    if body.iter().any(dissolves) {
        let mut out = Vec::with_capacity(body.len());
        for stmt in std::mem::take(body) {
            match stmt {
                Stmt::Block { label, body } if !has_break(&body, label) => out.extend(body),
                other => out.push(other),
            }
        }
        *body = out;
    }
}

/// Removes `Break(label)` where the block ends anyway.
fn drop_tail_break(body: &mut Vec<Stmt>, label: Label) {
    if matches!(body.last(), Some(Stmt::Break(l)) if *l == label) {
        body.pop();
    }
    if let Some(Stmt::If { then, orelse, .. }) = body.last_mut() {
        drop_tail_break(then, label);
        drop_tail_break(orelse, label);
    }
}

/// The locals whose value matters.
fn needed(function: &Function) -> LocalSet {
    let mut needed = LocalSet::default();
    let mut work = Vec::new();
    // For each local, the locals read by its assignments: (local, read) pairs, sorted.
    let mut edges: Vec<(Local, Local)> = Vec::new();
    visit_stmts(&function.body, &mut |stmt| {
        let target = if let Stmt::Set(local, _) = stmt { Some(*local) } else { None };
        each_expr(stmt, &mut |e| {
            e.visit(&mut |e| {
                if let Expr::Local(read) = e {
                    match target {
                        Some(target) => edges.push((target, *read)),
                        None if needed.insert(*read) => work.push(*read),
                        None => {}
                    }
                }
            });
        });
    });
    edges.sort_unstable();
    edges.dedup();
    while let Some(local) = work.pop() {
        let from = edges.partition_point(|edge| edge.0 < local);
        for &(_, read) in edges[from..].iter().take_while(|edge| edge.0 == local) {
            if needed.insert(read) {
                work.push(read);
            }
        }
    }
    needed
}

/// Removes the locals that do not occur, and numbers the others anew.
pub(super) fn unused_locals(function: &mut Function) {
    let mut used = LocalSet::default();
    (0..function.params).for_each(|i| {
        used.insert(Local(i));
    });
    visit_stmts(&function.body, &mut |stmt| {
        stmt.assigned().iter().for_each(|&local| {
            used.insert(local);
        });
        each_expr(stmt, &mut |e| {
            e.visit(&mut |e| {
                if let Expr::Local(local) = e {
                    used.insert(*local);
                }
            });
        });
    });
    let mut new = Vec::with_capacity(function.locals.len());
    let mut kept = Vec::new();
    for (i, decl) in std::mem::take(&mut function.locals).into_iter().enumerate() {
        new.push(Local(kept.len() as u32));
        if used.contains(Local(i as u32)) {
            kept.push(decl);
        }
    }
    function.locals = kept;
    visit_stmts_mut(&mut function.body, &mut |stmt| {
        stmt.assigned_mut().iter_mut().for_each(|local| *local = new[local.index()]);
        each_expr_mut(stmt, &mut |e| {
            e.visit_mut(&mut |e| {
                if let Expr::Local(local) = e {
                    *local = new[local.index()];
                }
            });
        });
    });
}

/// Removes the functions that no export reaches.
pub(super) fn unused_functions(module: &mut Module) {
    let mut reached = vec![false; module.functions.len()];
    let mut work: Vec<FuncId> = module.exports.iter().map(|(_, id)| *id).collect();
    while let Some(id) = work.pop() {
        if std::mem::replace(&mut reached[id.index()], true) {
            continue;
        }
        visit_stmts(&module.functions[id.index()].body, &mut |stmt| match stmt {
            Stmt::Call { callee: Callee::Func(callee), .. } => work.push(*callee),
            Stmt::Release { drop, .. } => work.push(*drop),
            _ => {}
        });
    }
    if reached.iter().all(|&r| r) {
        return;
    }
    let mut new = Vec::with_capacity(reached.len());
    let mut count = 0;
    for &r in &reached {
        new.push(FuncId(count));
        count += u32::from(r);
    }
    let mut index = 0;
    module.functions.retain(|_| {
        index += 1;
        reached[index - 1]
    });
    module.exports.iter_mut().for_each(|(_, id)| *id = new[id.index()]);
    for function in &mut module.functions {
        visit_stmts_mut(&mut function.body, &mut |stmt| match stmt {
            Stmt::Call { callee: Callee::Func(callee), .. } => *callee = new[callee.index()],
            Stmt::Release { drop, .. } => *drop = new[drop.index()],
            _ => {}
        });
    }
}

/// Removes the sites and locs that nothing names.
pub(super) fn unused_places(module: &mut Module) {
    const UNUSED: u32 = u32::MAX;
    let mut sites = vec![UNUSED; module.sites.len()];
    let mut locs = vec![UNUSED; module.locs.len()];
    let (mut kept_sites, mut kept_locs) = (Vec::new(), Vec::new());
    // Sites and locs are numbered in the order in which the statements name them.
    for function in &mut module.functions {
        visit_stmts_mut(&mut function.body, &mut |stmt| match stmt {
            Stmt::Call { loc, .. } => *loc = keep_loc(*loc, &mut locs, &mut kept_locs, &module.locs),
            Stmt::Raise { site, .. } | Stmt::Check { site, .. } | Stmt::Bounds { site, .. } => {
                let new = &mut sites[site.index()];
                if *new == UNUSED {
                    let mut kept = module.sites[site.index()].clone();
                    kept.loc = keep_loc(kept.loc, &mut locs, &mut kept_locs, &module.locs);
                    *new = kept_sites.len() as u32;
                    kept_sites.push(kept);
                }
                *site = SiteId(*new);
            }
            _ => {}
        });
    }
    module.sites = kept_sites;
    module.locs = kept_locs;
}

/// The new number of a loc; keeps its parents first, so that a parent's number is smaller.
fn keep_loc(loc: LocId, new: &mut [u32], kept: &mut Vec<crate::ir::Loc>, old: &[crate::ir::Loc]) -> LocId {
    let mut chain = vec![loc];
    while let Some(&last) = chain.last() {
        match old[last.index()].parent {
            Some(parent) if new[last.index()] == u32::MAX => chain.push(parent),
            _ => break,
        }
    }
    for &loc in chain.iter().rev() {
        if new[loc.index()] == u32::MAX {
            let mut copy = old[loc.index()];
            copy.parent = copy.parent.map(|parent| LocId(new[parent.index()]));
            new[loc.index()] = kept.len() as u32;
            kept.push(copy);
        }
    }
    LocId(new[loc.index()])
}
